"""The dialogue server's project and models: training, versions, swapping one in, parsing with one."""

from botbay.rasa.project import (
    PYTHON,
    QUIET,
    ROOT,
    RasaError,
    environment,
    fingerprint,
    labelled_path,
    models,
    project,
    run_command,
)
from botbay.rasa.swapping import swap_in, why_not_swapped
from botbay.rasa.training import train
from botbay.rasa.versions import (
    Mistake,
    Report,
    Version,
    check,
    compare,
    model_path,
    served,
    served_before,
    serving_path,
    settle,
    use,
    versions,
)

__all__ = [
    "PYTHON",
    "QUIET",
    "ROOT",
    "Mistake",
    "RasaError",
    "Report",
    "Version",
    "check",
    "compare",
    "environment",
    "fingerprint",
    "labelled_path",
    "model_path",
    "models",
    "project",
    "run_command",
    "served",
    "served_before",
    "serving_path",
    "settle",
    "swap_in",
    "train",
    "use",
    "versions",
    "why_not_swapped",
]
