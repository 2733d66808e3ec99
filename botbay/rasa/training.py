"""Training the model of the project as it is, and trying it on sentences that it has not seen."""

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from botbay.rasa.project import PYTHON, RasaError, bare_environment, models, project, require_python
from botbay.rasa.versions import (
    Version,
    belongings,
    model_of_sources,
    model_path,
    picture_of,
    prune,
    report_of,
    settle,
    use_newest,
    version_of,
)

_COMPONENT = re.compile(r"Starting to train component '(?:[\w.]+\.)?(\w+)'")
_TITLES = {
    "NormalisingJiebaTokenizer": "分词",
    "GramClassifier": "意图分类",
    "MemoizationPolicy": "对话的例子",
    "RulePolicy": "对话的规则",
}


def train(progress: Callable[[str], None]) -> tuple[Version, bool]:
    """The version that counts, and whether it had to be trained now. Blocks; raises RasaError.

    ``progress`` gets short lines for people. A model of the same content that was trained for another checkout is
    taken from the user's cache. A model stands in its place only once it has been tried out.
    """
    models().mkdir(exist_ok=True)
    with _alone(progress):
        if model_path().exists():
            settle()
            return version_of(model_path()), False
        model = model_of_sources()
        settle()
        trained = not _from_cache(model)
        if trained:
            require_python()
            _train(model, progress)
            _to_cache(model)
        use_newest()
        prune()
        return version_of(model), trained


def held_out() -> list[Path]:
    """The files of sentences that a version is tried out on."""
    return sorted((project() / "tests").glob("test_nlu*.yml"))


def train_command(out: Path, name: str) -> list[str]:
    """Rasa's own training, in the project's folder."""
    return [
        *(str(PYTHON), "-m", "rasa", "train", "--config", "config.yml", "--domain", "domain", "--data", "data"),
        *("--out", str(out), "--fixed-model-name", name),
    ]


def _train(model: Path, progress: Callable[[str], None]) -> None:
    fresh = models() / f".new-{model.name}"
    log = models() / "train.log"
    log.unlink(missing_ok=True)

    def component(line: str) -> None:
        if match := _COMPONENT.search(line):
            progress(f"训练{_TITLES.get(match[1], match[1])}")

    try:
        progress("读资料")
        _run(train_command(models(), fresh.name.removesuffix(".tar.gz")), log, component)
        if not fresh.exists():
            raise RasaError(f"对话模型没训练成，全部输出在 {log}")
        if files := held_out():
            progress("用没见过的句子考一考")
            command = [str(PYTHON), "-m", "rasa_project.tools.evaluate", "--model", str(fresh)]
            command += ["--report", str(report_of(model)), "--picture", str(picture_of(model))]
            _run([*command, *map(str, files)], log, lambda _: None)
        fresh.rename(model)
    finally:
        fresh.unlink(missing_ok=True)


def _run(command: Sequence[str], log: Path, line: Callable[[str], None]) -> None:
    environment = {
        **os.environ,
        **bare_environment(),
        # Rasa's cache knows a component by its own source and not by what that imports.
        "RASA_MAX_CACHE_SIZE": "0",
    }
    with (
        log.open("a") as out,
        subprocess.Popen(
            command, cwd=project(), env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process,
    ):
        assert process.stdout is not None
        try:
            for text in process.stdout:
                out.write(text)
                line(text)
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        said = [text for text in log.read_text(errors="replace").splitlines() if text.strip()]
        raise RasaError(f"对话模型没训练成：{said[-1] if said else '没有输出'}（全部输出在 {log}）")


@contextlib.contextmanager
def _alone(progress: Callable[[str], None]) -> Iterator[None]:
    """One training at a time: the second waits, and mostly finds it done."""
    with (models() / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("等另一个训练结束")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _cache() -> Path:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "botbay" / "models"


def _from_cache(model: Path) -> bool:
    """Take a version over; one that was never tried out though it could have been does not count."""
    cached = _cache() / model.name
    if not cached.exists() or (held_out() and not report_of(cached).exists()):
        return False
    _copy(cached, model)
    return True


def _to_cache(model: Path) -> None:
    _cache().mkdir(parents=True, exist_ok=True)
    _copy(model, _cache() / model.name)


def _copy(source: Path, target: Path) -> None:
    """Copy a version, the model last: where it stands the rest is there."""
    for here, there in zip(belongings(source), belongings(target), strict=True):
        if here.exists():
            part = there.with_name(f".{there.name}.{os.getpid()}")
            shutil.copy2(here, part)
            part.rename(there)
