"""Reading documents, as a capability: each in a child process (``workers.documents.extract``)."""

import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from botbay import processes as described
from botbay import sandbox
from botbay.capabilities import Capability
from botbay.chat.models import FileKind
from botbay.chat.readings import JOBS, LONGEST, Pictured, Read, Unreadable
from botbay.settings import Settings
from botbay.supervisor import Process
from workers.documents import extract

#: Wall time of one child, in seconds; its CPU time and memory it limits itself.
TIME = 75.0


class Reader:
    """Reads one document after the other."""

    async def read(self, source: Path, *, time: float = TIME) -> Read:
        """The text of a document, a little more than is kept of it. Raises Unreadable, and Pictured for a PDF that was scanned."""
        with tempfile.TemporaryDirectory(prefix="botbay-text-") as folder:
            answer = Path(folder) / "answer.json"
            arguments = [str(source), str(answer), str(LONGEST + 1)]
            try:
                found = await sandbox.run(
                    "workers.documents.extract", arguments, answer, time=time, longest=extract.LIMITS.output
                )
            except sandbox.TooSlow:
                raise Unreadable("文档没读出来：太费时间了") from None
            except sandbox.Astray:
                raise Unreadable(extract.BROKEN) from None
        if found.get("pictured") is True:
            raise Pictured
        text = found.get("text")
        if not isinstance(text, str):
            raise Unreadable(str(found.get("problem") or extract.BROKEN)[:200])
        return Read(text=text)


@contextlib.asynccontextmanager
async def _reader() -> AsyncIterator[Reader]:
    yield Reader()


CAPABILITY = Capability(
    name="documents", title="读文档", what="文档", job=JOBS[FileKind.PDF], largest=100 * 1024**2, reader=_reader
)


def processes(settings: Settings) -> list[Process]:
    return described.capability(CAPABILITY.name, CAPABILITY.title)
