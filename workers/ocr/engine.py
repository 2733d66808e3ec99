"""The engine: a child process that holds the models, reads one picture after another, and may be killed."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from botbay import sandbox
from botbay.chat.readings import Line, Unreadable
from workers.ocr.pictures import Picture

Kind = Literal["onnx", "paddle"]

#: Seconds until the models are loaded, and for one picture.
START, TIME = 180.0, 120.0


class EngineFailed(Exception):
    """The engine does not run; what it was asked may be asked again. The text is for people."""


class Engine:
    """One child, started with the first picture and again after it died; it reads one picture at a time."""

    def __init__(self, kind: Kind, folder: Path, *, time: float = TIME) -> None:
        """``folder`` is for the child's files; ``time`` are the seconds for a picture."""
        self._kind, self._folder, self._time = kind, folder, time
        self._child: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """Of the child that runs now."""
        return None if self._child is None else self._child.pid

    async def read(self, picture: Picture) -> Sequence[Line]:
        """The lines of a picture in reading order. Raises Unreadable when it kills or outstays the engine,
        EngineFailed."""
        async with self._turn:
            if self._child is None:
                await self._start()
            question = {"pixels": str(picture.pixels), "width": picture.width, "height": picture.height}
            try:
                answer = await self._ask(question, self._time)
            except TimeoutError:
                raise Unreadable("图上的字读不出来：太费时间了") from None
            if answer is None:
                raise Unreadable("图上的字读不出来：识别时出了错")
            if "problem" in answer:
                raise Unreadable(answer["problem"])
            return [
                Line(text=line["text"], box=tuple((x, y) for x, y in line["box"]), confidence=line["confidence"])  # type: ignore[arg-type]
                for line in answer["lines"]
            ]

    async def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is not None:
            await sandbox.end(child)

    async def _start(self) -> None:
        home = self._folder / "engine"
        home.mkdir(exist_ok=True)
        self._child = await sandbox.start(
            "workers.ocr.child",
            [self._kind],
            home,
            talks=True,
            environment={
                # It looks for nothing outside: neither settings in a home nor models in the network.
                "HOME": str(home),
                "PADDLE_PDX_CACHE_HOME": str(home),
                "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True",
                "HF_HUB_OFFLINE": "1",
            },
        )
        try:
            answer = await self._ask(None, START)
        except TimeoutError:
            raise EngineFailed("OCR 引擎启动不了：太费时间了") from None
        if answer is None or "problem" in answer:
            await self.close()
            raise EngineFailed((answer or {}).get("problem") or "OCR 引擎启动不了：一启动就退出了")

    async def _ask(self, question: object, time: float) -> dict[str, Any] | None:
        """The child's next answer; None when it died or talked nonsense. Whatever goes wrong ends it."""
        child = self._child
        assert child is not None and child.stdin is not None and child.stdout is not None
        answer = None
        try:
            async with asyncio.timeout(time):
                if question is not None:
                    child.stdin.write(json.dumps(question).encode() + b"\n")
                    await child.stdin.drain()
                line = await child.stdout.readuntil(b"\n")
            answer = json.loads(line)
        except TimeoutError:  # which is an OSError, too
            raise
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            if not isinstance(answer, dict):
                answer = None
                await self.close()
        return answer
