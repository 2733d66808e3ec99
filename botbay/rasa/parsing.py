"""Understanding sentences with a model and no server: Rasa's Python does it in a process of its own."""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from botbay.rasa.intents import AHEAD
from botbay.rasa.project import PYTHON, RasaError, bare_environment, project, require_python
from botbay.settings import load_settings
from botbay.zh.commands import row
from botbay.zh.time import Prefer
from botbay.zh.time import parse as parse_times


class Parser:
    """A loaded model. One sentence at a time."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._answer()  # it is loaded

    def parse(self, text: str) -> dict[str, Any]:
        """``text intent confidence entities decision``; raises RasaError when the process has died.

        ``intent`` is the likeliest one, whatever the decision; None where nothing was said. Entities are the
        pipeline's; those of the kind ``time`` also say what ``botbay time parse`` does of their value, seen from now.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(text) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise RasaError("识别的进程停了：再试一次，还不行就运行 botbay doctor。") from None
        found = self._answer()
        base = datetime.now(load_settings().zone)
        found["entities"] = [
            resolved(entity, found["intent"], base) if entity["entity"] == "time" else entity
            for entity in found["entities"]
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


def resolved(entity: Mapping[str, Any], intent: str, base: datetime) -> dict[str, Any]:
    """An entity of the kind ``time`` with what its value means, seen from ``base``.

    ``kind`` is ``none`` where that cannot be said, as of 睡前 or 提前十分钟; ``matched`` is what of the value could be
    read where that is only its beginning.
    """
    value = str(entity["value"])
    prefer: Prefer = "future" if intent in AHEAD else "past"
    # What only ends like a time means something else: 前十分钟 in 提前十分钟.
    found = next((time for time in parse_times(value, base, prefer) if time.start == 0), None)
    told = row(value, found)
    del told["text"]
    if told["matched"] in (None, value):
        del told["matched"]
    return {**entity, **told}


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
