"""Reads pictures: the one door of this worker."""

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from botbay.chat.readings import Read
from workers.ocr import pictures
from workers.ocr.engine import TIME, Engine, EngineFailed, Kind
from workers.ocr.scanned import PAGES

__all__ = ["EngineFailed", "Reader"]


class Reader:
    """Reads one picture at a time; the engine starts with the first and ends with the context."""

    def __init__(self, kind: Kind, *, time: float = TIME) -> None:
        """``kind`` as ``BOTBAY_OCR_ENGINE`` has it; ``time`` are the seconds that the engine has for a picture."""
        self._kind, self._time = kind, time
        self._scratch = tempfile.TemporaryDirectory(prefix="botbay-ocr-", ignore_cleanup_errors=True)
        self.engine = Engine(kind, Path(self._scratch.name), time=time)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.engine.close()
        self._scratch.cleanup()

    async def read(self, source: Path) -> Read:
        """What is written in the picture of a file, or on the first pages of a PDF; the text is empty where nothing is.

        Boxes are in pixels of the picture as browsers show it, and so are its width and height; a PDF has none. Raises Unreadable:
        this file never; EngineFailed: later, or when the engine was mended.
        """
        with tempfile.TemporaryDirectory(dir=self._scratch.name) as folder:
            picture = await pictures.decode(source, Path(folder))
            lines = await self.engine.read(picture)
        text = "\n".join(line.text for line in lines)
        if picture.pages:
            return Read(text=text, cut=picture.pages > PAGES)
        return Read(text=text, lines=lines, width=picture.width, height=picture.height)
