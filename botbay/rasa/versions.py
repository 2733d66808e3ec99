"""The trained models that are kept: which one counts, how each did on held-out sentences, going back to one."""

import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botbay.rasa.project import PYTHON, RasaError, fingerprint, models

#: As many are kept.
KEPT = 5
#: So many uses are remembered: more than are kept, as one that is gone may come back from the user's cache.
_USES = 4 * KEPT
_PATTERN = "botbay-*.tar.gz"


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A held-out sentence that was not answered as it should be.

    ``got`` is the likeliest intent: the wanted one where it was understood and only not surely enough.
    """

    text: str
    wanted: str
    got: str
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Report:
    """How a version did on sentences that it was not trained on.

    ``right``, ``asked`` (asked back) and ``wrong`` (another command carried out) are shares of the ``sentences`` that
    ask for something. Of the ``others``, which ask for nothing, ``acted`` were taken for a command.
    """

    sentences: int
    right: float
    asked: float
    wrong: float
    confusions: list[tuple[str, str, int]]  # wanted, got, times; the most frequent first
    mistakes: list[Mistake]
    picture: Path | None  # the confusion matrix
    others: int = 0
    acted: int = 0
    texts: frozenset[str] = field(default=frozenset(), repr=False)  # all that was asked


@dataclass(frozen=True, kw_only=True)
class Version:
    """A trained model. ``report`` is None where there was nothing to try it on."""

    name: str
    trained_at: datetime
    path: Path
    current: bool
    report: Report | None


def report_of(model: Path) -> Path:
    return model.with_name(f"{_name(model)}.json")


def picture_of(model: Path) -> Path:
    return model.with_name(f"{_name(model)}.png")


def belongings(model: Path) -> tuple[Path, ...]:
    """The files that make up a version, the model last."""
    return report_of(model), picture_of(model), model


def model_of_sources() -> Path:
    """The model of the project as it is now; it may not have been trained yet."""
    return models() / f"botbay-{fingerprint()}.tar.gz"


def model_path() -> Path:
    """The model that counts: of the project as it is now, or the one chosen for just this project.

    It may not have been trained yet.
    """
    chosen = _choice()
    if chosen.get("project") == fingerprint():
        model = models() / f"{chosen.get('model')}.tar.gz"
        if model.exists():
            return model
    return model_of_sources()


def serving_path() -> Path:
    """The name under which the dialogue server loads the model that counts, also when it is started again later."""
    return models() / "current.tar.gz"


def settle() -> None:
    """Make ``serving_path`` lead to the model that counts; nowhere while that is still to be trained."""
    if not model_path().exists():  # the sources were changed while a model was trained
        if not serving_path().exists():
            serving_path().unlink(missing_ok=True)  # Rasa trips over a link that leads nowhere
        return
    model = model_path()
    _remember_use(model)
    _replace(serving_path(), lambda part: part.symlink_to(model.name))


def check() -> str | None:
    """What is missing, in one line, or None."""
    if not PYTHON.exists():
        return "对话引擎的环境还没装：运行 make setup。"
    if not model_path().exists():
        return "对话模型还没训练，或训练之后资料又改过：运行 botbay train。"
    return None


def versions() -> list[Version]:
    """Every model that is kept, the newest first."""
    counting = _counting()
    found = [_version(path, counting) for path in models().glob(_PATTERN)]
    return sorted(found, key=lambda version: version.trained_at, reverse=True)


def version_of(model: Path) -> Version:
    return _version(model, _counting())


def served() -> Version | None:
    """The version that was made to count last; None before the first."""
    link = serving_path()
    return version_of(link.resolve()) if link.exists() else None


def served_before() -> Version | None:
    """The kept version that counted before the one that does now, whenever it was trained; None where there is none."""
    counting = _counting()
    for name in reversed(_used()):
        model = models() / f"{name}.tar.gz"
        if model.exists() and (counting is None or model.name != counting.name):
            return version_of(model)
    return None


def use(name: str) -> Version:
    """Let a kept version count from now on, until the project's content changes. Raises RasaError."""
    model = models() / f"{name}.tar.gz"
    if name not in {version.name for version in versions()}:
        raise RasaError(f"没有 {name} 这个版本：botbay train --list 列出全部。")
    if model == model_of_sources():
        _chosen_file().unlink(missing_ok=True)
    else:
        choice = json.dumps({"model": name, "project": fingerprint()})
        _replace(_chosen_file(), lambda part: part.write_text(choice))
    settle()
    return version_of(model)


def use_newest() -> None:
    """Forget an earlier choice: the model of the project as it is counts."""
    _chosen_file().unlink(missing_ok=True)
    settle()


def prune() -> None:
    """Remove all but the last versions, never the one that counts."""
    kept = sorted(versions(), key=lambda version: version.current, reverse=True)
    for version in kept[KEPT:]:
        for file in reversed(belongings(version.path)):
            file.unlink(missing_ok=True)


def compare(new: Report, old: Report) -> tuple[list[Mistake], list[Mistake]]:
    """What is better (mistakes of ``old`` that are gone) and worse (new mistakes), where both saw the sentence."""
    now, before = ({mistake.text for mistake in report.mistakes} for report in (new, old))
    return (
        [mistake for mistake in old.mistakes if mistake.text in new.texts - now],
        [mistake for mistake in new.mistakes if mistake.text in old.texts - before],
    )


def read_report(model: Path) -> Report | None:
    """What was written when the version was tried out."""
    try:
        data = json.loads(report_of(model).read_text("utf-8"))
    except FileNotFoundError:
        return None
    mistakes = [Mistake(**mistake) for mistake in data["mistakes"]]
    return Report(
        **{name: data[name] for name in ("sentences", "right", "asked", "wrong", "others", "acted")},
        confusions=_confusions(data["confusions"]),
        mistakes=mistakes,
        picture=picture if (picture := picture_of(model)).exists() else None,
        texts=frozenset(data["texts"]),
    )


def _confusions(pairs: Iterable[list[str]]) -> list[tuple[str, str, int]]:
    counts = Counter((wanted, got) for wanted, got in pairs)
    return [(wanted, got, times) for (wanted, got), times in counts.most_common()]


def _name(model: Path) -> str:
    return model.name.removesuffix(".tar.gz")


def _counting() -> Path | None:
    """The model that counts; before it is trained the one that counted last."""
    model = model_path()
    if model.exists():
        return model
    link = serving_path()
    return link.resolve() if link.exists() else None


def _version(model: Path, counting: Path | None) -> Version:
    return Version(
        name=_name(model),
        trained_at=datetime.fromtimestamp(model.stat().st_mtime, UTC),
        path=model,
        current=counting is not None and model.name == counting.name,
        report=read_report(model),
    )


def _used_file() -> Path:
    return models() / "used.json"


def _used() -> list[str]:
    """The names of the versions that have counted, each once, the last one last."""
    try:
        used = json.loads(_used_file().read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return []
    return [str(name) for name in used] if isinstance(used, list) else []


def _remember_use(model: Path) -> None:
    used = _used()
    if not used and (now := served()) is not None:
        used = [now.name]
    if not used or used[-1] != _name(model):
        names = [*(name for name in used if name != _name(model)), _name(model)]
        _replace(_used_file(), lambda part: part.write_text(json.dumps(names[-_USES:])))


def _chosen_file() -> Path:
    return models() / "current.json"


def _choice() -> dict[str, Any]:
    try:
        choice = json.loads(_chosen_file().read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return choice if isinstance(choice, dict) else {}


def _replace(path: Path, make: Any) -> None:
    """Put a file or a link in place at once."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    make(part)
    part.replace(path)
