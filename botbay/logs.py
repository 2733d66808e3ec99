"""Logging of the processes: one line an event on stderr, which the supervisor puts into a file. No message text."""

import logging
import sys


def configure_logging() -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # These tell of every request or job by name; what matters of them is logged by us.
    for noisy in ("httpx", "httpcore", "apscheduler", "pgqueuer"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
