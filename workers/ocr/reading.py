"""Reading pictures, as a capability: a process that starts its engine with the first picture."""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from botbay import processes as described
from botbay.capabilities import Capability, Reader
from botbay.chat.models import FileKind
from botbay.chat.readings import JOBS, Read
from botbay.jobs import Later
from botbay.settings import Settings, load_settings
from botbay.supervisor import Process

#: An engine that cannot be had is asked for again after this time.
_REST = timedelta(minutes=1)


class _Patient:
    """Reads; a picture waits where there is no engine."""

    def __init__(self, reader: Reader, away: type[Exception]) -> None:
        self._reader, self._away = reader, away

    async def read(self, source: Path) -> Read:
        try:
            return await self._reader.read(source)
        except self._away:
            raise Later(_REST) from None


@contextlib.asynccontextmanager
async def _reader() -> AsyncIterator[Reader]:
    # Not above: the supervisor asks for the processes only, and the engine is large.
    from workers.ocr.service import EngineFailed
    from workers.ocr.service import Reader as Engine

    async with contextlib.AsyncExitStack() as opened:
        engine = await opened.enter_async_context(Engine(load_settings().ocr_engine))
        yield _Patient(engine, EngineFailed)


CAPABILITY = Capability(
    name="ocr", title="读图", what="图片", job=JOBS[FileKind.IMAGE], largest=100 * 1024**2, reader=_reader
)


def processes(settings: Settings) -> list[Process]:
    return described.capability(CAPABILITY.name, CAPABILITY.title, settings.ocr_processes)
