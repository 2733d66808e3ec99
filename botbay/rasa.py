"""Where the dialogue server lives: its project, its own Python, its model, and how it is run."""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from botbay.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "rasa_project"
PYTHON = PROJECT / ".venv" / "bin" / "python"
MODELS = PROJECT / "models"

#: What decides how the model comes out; anything else may change without a new training.
_SOURCES = ("config.yml", "domain", "data", "components", "requirements.lock")

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


_COMPONENT = re.compile(r"Starting to train component '([\w.]+)'")


class RasaError(Exception):
    """The dialogue server cannot be made ready. The text is one line that says why and what to do."""


def fingerprint() -> str:
    """A hash of all that the model is made from."""
    digest = hashlib.sha256()
    for source in _SOURCES:
        path = PROJECT / source
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix in (".yml", ".py"))
        for file in files:
            digest.update(f"{file.relative_to(PROJECT)}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def model_path() -> Path:
    """The model of the project as it is now; it may not have been trained yet."""
    return MODELS / f"botbay-{fingerprint()}.tar.gz"


def _cached(model: Path) -> Path:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "botbay" / "models" / model.name


def check() -> str | None:
    """What is missing, in one line, or None."""
    if not PYTHON.exists():
        return "对话引擎的环境还没装：运行 make setup。"
    if not model_path().exists():
        return "对话模型还没训练，或训练之后资料又改过：运行 botbay train。"
    return None


def environment(settings: Settings, database_url: str) -> Mapping[str, str]:
    """What the dialogue server's process is told; added to the stack's own environment."""
    return {
        **QUIET,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(PROJECT)]),
        "BOTBAY_SECRET_KEY": settings.secret(),
        "BOTBAY_ACTIONS_URL": settings.actions_url,
        "BOTBAY_TRACKER_URL": database_url,
        "POSTGRESQL_SCHEMA": "rasa",
    }


def run_command(settings: Settings, model: Path) -> list[str]:
    """The dialogue server in the foreground. The interface is given because Rasa's own choice is all of them."""
    return [
        *(str(PYTHON), "-m", "rasa", "run", "--model", str(model)),
        *("--endpoints", str(PROJECT / "endpoints.yml"), "--credentials", str(PROJECT / "credentials.yml")),
        *("--interface", settings.rasa_host, "--port", str(settings.rasa_port)),
    ]


def train(progress: Callable[[str], None]) -> tuple[Path, bool]:
    """The model of the project as it is, and whether it had to be trained now. Blocks; raises RasaError.

    ``progress`` is told each component that is being trained. A model of the same content that was trained for
    another checkout is taken from the user's cache.
    """
    model = model_path()
    if model.exists():
        return model, False
    MODELS.mkdir(exist_ok=True)
    cached = _cached(model)
    if cached.exists():
        _copy(cached, model)
        return model, False
    if not PYTHON.exists():
        raise RasaError("对话引擎的环境还没装：运行 make setup。")
    log = MODELS / "train.log"
    fresh = MODELS / f".new-{model.name}"
    code = _train(fresh.name, log, progress)
    if code != 0 or not fresh.exists():
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        raise RasaError(f"对话模型没训练成：{lines[-1] if lines else '没有输出'}（全部输出在 {log}）")
    fresh.rename(model)
    for old in MODELS.glob("botbay-*.tar.gz"):
        if old != model:
            old.unlink()
    cached.parent.mkdir(parents=True, exist_ok=True)
    _copy(model, cached)
    return model, True


def _train(name: str, log: Path, progress: Callable[[str], None]) -> int:
    command = [
        *(
            str(PYTHON),
            "-m",
            "rasa",
            "train",
            "--config",
            "config.yml",
            "--domain",
            "domain",
            "--data",
            "data",
        ),
        *("--out", str(MODELS), "--fixed-model-name", name.removesuffix(".tar.gz")),
    ]
    environment = {**os.environ, **QUIET, "PYTHONPATH": os.pathsep.join([str(ROOT), str(PROJECT)])}
    with (
        log.open("w") as out,
        subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            out.write(line)
            if match := _COMPONENT.search(line):
                progress(match[1])
    return process.returncode


def _copy(source: Path, target: Path) -> None:
    part = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.copyfile(source, part)
    part.rename(target)
