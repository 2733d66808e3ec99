"""Understanding sentences with a model and no server: Rasa's Python does it in a process of its own."""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from botbay.rasa.project import PYTHON, RasaError, bare_environment, project, require_python
from botbay.settings import load_settings
from botbay.zh.commands import row
from botbay.zh.time import Prefer, TimeExpression
from botbay.zh.time import parse as parse_times

#: Intents that speak of what is to come; a name that fits two days means the last one in all others.
_AHEAD = frozenset({"create_reminder", "snooze_reminder", "subscribe_report", "submit_application"})
#: Characters that are searched for times: as many as the model looks at.
_LONGEST = 300


class Parser:
    """A loaded model. One sentence at a time."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._answer()  # it is loaded

    def parse(self, text: str) -> dict[str, Any]:
        """``text intent confidence entities decision``; raises RasaError when the process has died.

        ``intent`` is the likeliest one, whatever the decision; None where nothing was said. Entities of the kind
        ``time`` also say what ``botbay time parse`` does, seen from now.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(text) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise RasaError("识别的进程停了：再试一次，还不行就运行 botbay doctor。") from None
        found = self._answer()
        found["entities"] = [
            *(entity for entity in found["entities"] if entity["entity"] != "time"),
            *self._times(text[:_LONGEST], found["intent"]),
        ]
        return {"text": text, **found}

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RasaError("识别的进程停了：模型可能读不出来，运行 botbay train 重新训练。")
        answer = json.loads(line)
        assert isinstance(answer, dict)
        return answer

    def _times(self, text: str, intent: str | None) -> list[dict[str, Any]]:
        if intent is None:
            return []
        prefer: Prefer = "future" if intent in _AHEAD else "past"
        base = datetime.now(load_settings().zone)
        return [_time_entity(found) for found in parse_times(text, base, prefer)]


def _time_entity(found: TimeExpression) -> dict[str, Any]:
    told = row(found.text, found)
    del told["text"], told["matched"]
    return {"entity": "time", "value": found.text, "start": found.start, "end": found.end, **told}


@contextlib.contextmanager
def parser(model: Path) -> Iterator[Parser]:
    """A parser with this model; loading takes seconds. Raises RasaError where it cannot be loaded."""
    require_python()
    process = subprocess.Popen(
        [str(PYTHON), "-m", "rasa_project.tools.parse", str(model.resolve())],
        cwd=project(),
        env={**os.environ, **bare_environment()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    )
    with process:
        try:
            yield Parser(process)
        finally:
            with contextlib.suppress(BrokenPipeError):
                process.communicate()
