"""Where the dialogue server lives: its project, its own Python, its models, and how it is run."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from botbay.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[2]
_OWN = ROOT / "rasa_project"
#: The interpreter is the checkout's, whichever project it works on.
PYTHON = _OWN / ".venv" / "bin" / "python"

#: What decides how the model comes out; anything else may change without a new training.
_SOURCES = ("config.yml", "domain", "data", "components")

#: Keeps Rasa to itself: no telemetry, no warnings of its libraries.
QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONWARNINGS": "ignore",
    # One turn is small: more threads only wait for each other.
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}


class RasaError(Exception):
    """The dialogue server or a model of it cannot be had. The text is one line that says why and what to do."""


def project() -> Path:
    """The folder that holds config, domain, data and components: ``BOTBAY_RASA_PROJECT``, or the checkout's."""
    return load_settings().rasa_project or _OWN


def models() -> Path:
    return project() / "models"


def labelled_path() -> Path:
    """Where sentences that maintainers labelled are exported to; it may be absent."""
    return project() / "data" / "nlu" / "labelled.yml"


def fingerprint() -> str:
    """A hash of all that the model is made from."""
    home = project()
    digest = hashlib.sha256()
    for base, source in (*((home, source) for source in _SOURCES), (_OWN, "requirements.lock")):
        path = base / source
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix in (".yml", ".py"))
        for file in files:
            digest.update(f"{file.relative_to(base)}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def python_path() -> str:
    """What Rasa's Python imports from: the project before the checkout, which has the channel."""
    places = (project().parent, ROOT, project())
    return os.pathsep.join(dict.fromkeys(str(place) for place in places))


def bare_environment() -> Mapping[str, str]:
    """What Rasa is told where it works on files only; added to the process's own environment."""
    return {**QUIET, "PYTHONPATH": python_path()}


def environment(settings: Settings, database_url: str) -> Mapping[str, str]:
    """What the dialogue server's process is told; added to the stack's own environment."""
    return {
        **bare_environment(),
        "BOTBAY_SECRET_KEY": settings.secret(),
        "BOTBAY_ACTIONS_URL": settings.actions_url,
        "BOTBAY_TRACKER_URL": database_url,
        "POSTGRESQL_SCHEMA": "rasa",
    }


def run_command(settings: Settings, model: Path) -> list[str]:
    """The dialogue server in the foreground. The interface is given because Rasa's own choice is all of them."""
    return [
        *(str(PYTHON), "-m", "rasa", "run", "--model", str(model)),
        *("--endpoints", str(project() / "endpoints.yml"), "--credentials", str(project() / "credentials.yml")),
        *("--interface", settings.rasa_host, "--port", str(settings.rasa_port)),
    ]


def require_python() -> None:
    """Raises RasaError where Rasa's environment is not installed."""
    if not PYTHON.exists():
        raise RasaError("对话引擎的环境还没装：运行 make setup。")
