"""Minutes of what was said in a room: what mattered, what was decided, who does what by when."""

import os

# numpy multiplies small matrices here; the threads of its BLAS burn more in waiting than they save.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
