"""A Rasa project of a test's own to write sentences into."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import use_settings

PROJECT = Path(__file__).resolve().parents[1] / "rasa_project"


def copy_project(folder: Path) -> Path:
    """The product's project in a folder, without its environment and its models."""
    ignored = shutil.ignore_patterns(".venv", ".rasa", "models", "__pycache__")
    return Path(shutil.copytree(PROJECT, folder / "rasa_project", ignore=ignored))


def thin(project: Path, step: int) -> None:
    """Leaves each ``step``th sentence of a copied project: a training takes a fraction of its time.

    Yes and no and what a binding asks for stay whole: what is talked about in a test must be understood.
    """
    for file in sorted((project / "data/nlu").glob("*.yml")):
        if file.name in {"accounts.yml", "help.yml", "naming.yml", "turns.yml"}:
            continue
        kept, count = [], 0
        for line in file.read_text("utf-8").splitlines(keepends=True):
            is_example = line.startswith("      - ")
            count = count + 1 if is_example else 0
            if not is_example or count % step == 1:
                kept.append(line)
        file.write_text("".join(kept), "utf-8")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """This process works on a copy of the project."""
    copy = copy_project(tmp_path)
    use_settings(monkeypatch, rasa_project=copy)
    yield copy
    monkeypatch.undo()
    use_settings(monkeypatch)
