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


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """This process works on a copy of the project."""
    copy = copy_project(tmp_path)
    use_settings(monkeypatch, rasa_project=copy)
    yield copy
    monkeypatch.undo()
    use_settings(monkeypatch)
