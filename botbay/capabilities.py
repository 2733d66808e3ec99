"""What makes text of files: each capability is a process of its own, fed by the job queue and by nothing else.

``python -m botbay.capabilities NAME``. A further one is a ``Capability`` under the entry points ``botbay.capabilities``
and its process under ``botbay.processes`` (``botbay.processes.capability``), both of its name.
"""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol, Self

from sqlalchemy import select

from botbay import jobs, storage
from botbay.chat import readings
from botbay.chat.models import Blob, Reading
from botbay.chat.readings import Pictured, Read, Unreadable
from botbay.db import transaction
from botbay.jobs import Later, Work
from botbay.logs import configure_logging
from botbay.service import run_service
from botbay.settings import load_settings
from botbay.zh.sizes import size_words

log = logging.getLogger(__name__)

#: A file on which the process was killed so often is not read any more.
_DEATHS = 3


class Reader(Protocol):
    """Makes text of files, one at a time."""

    async def read(self, source: Path) -> Read:
        """What a file says, within a time and a memory of its own.

        Raises Unreadable where nobody will ever read it, Pictured where it is to be read as a picture, ``jobs.Later`` where what it needs is away just now. All else
        that it raises is tried again a few times.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Capability:
    """Something that makes text of files. ``what`` it reads is said to people; ``job`` is one of ``readings.JOBS``.

    ``largest``: bytes; a larger file is not read. ``reader`` is opened with the first file, and anew after a failure.
    """

    name: str
    title: str
    what: str
    job: str
    largest: int
    reader: Callable[[], AbstractAsyncContextManager[Reader]]


def names() -> list[str]:
    """Of all that are installed."""
    return sorted(entry.name for entry in entry_points(group="botbay.capabilities"))


def load(name: str) -> Capability:
    """The one of this name. Raises KeyError."""
    capability: Capability = entry_points(group="botbay.capabilities")[name].load()
    return capability


class Worker:
    """A capability at work on its jobs; an async context manager, which ends its reader."""

    def __init__(self, capability: Capability) -> None:
        self._capability = capability
        self._reader: Reader | None = None
        self._opened = contextlib.AsyncExitStack()
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._close()

    async def handle(self, work: Work) -> None:
        """Read a blob and keep what it says, or why it says nothing; the payload is {"blob_id": …}.

        Done again it changes nothing.
        """
        blob_id = int(work.payload["blob_id"])
        async with transaction() as session:
            blob = await session.get(Blob, blob_id)
            known = await session.scalar(select(Reading.blob_id).where(Reading.blob_id == blob_id))
        if blob is None or known is not None:
            return
        try:
            found: Read | Unreadable = await self._found(blob)
        except Unreadable as unreadable:
            found = unreadable
        except Pictured:
            async with transaction() as session:
                await readings.want_as_picture(session, blob_id)
            return
        except storage.NotStored:
            found = Unreadable("文件的内容不见了")
            log.error("blob %d has no bytes in storage", blob_id)
        except storage.StorageError as error:
            log.warning("reading of blob %d waits for the storage: %s", blob_id, error)
            raise Later(work.backoff()) from None
        except Later:
            raise
        except Exception as error:
            # What it says may quote the file: the kind of failure must do.
            log.warning("reading of blob %d failed at try %d: %s", blob_id, work.attempt + 1, type(error).__name__)
            if not work.final:
                raise RuntimeError(f"not read: {type(error).__name__}") from None
            found = Unreadable(f"{self._capability.what}没读出来，试了几次都不成")
        async with transaction() as session:
            await readings.store(session, blob_id, found)

    async def _found(self, blob: Blob) -> Read:
        if blob.size > self._capability.largest:
            raise Unreadable(f"{self._capability.what}太大（超过 {size_words(self._capability.largest)}），没有读")
        async with storage.at_hand(blob.key) as source, self._turn:
            with self._marked(blob.id):
                return await self._read(source)

    async def _read(self, source: Path) -> Read:
        try:
            if self._reader is None:
                self._reader = await self._opened.enter_async_context(self._capability.reader())
            return await self._reader.read(source)
        except (Unreadable, Pictured):
            raise
        except BaseException:
            await self._close()
            raise

    async def _close(self) -> None:
        self._reader = None
        await self._opened.aclose()

    @contextlib.contextmanager
    def _marked(self, blob_id: int) -> Iterator[None]:
        """Leave a mark that stays only where this process is killed at it: the queue gives such a job to the next one.

        Raises Unreadable where that happened again and again.
        """
        mark = load_settings().data_dir / "reading" / f"{self._capability.name}-{blob_id}"
        mark.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        deaths = mark.stat().st_size if mark.exists() else 0
        with mark.open("ab") as file:
            file.write(b".")
        try:
            if deaths >= _DEATHS:
                raise Unreadable(f"{self._capability.what}没读出来，一读程序就停了")
            yield
        finally:
            mark.unlink(missing_ok=True)


async def serve(capability: Capability) -> None:
    """Read what is to be read until cancelled."""
    async with Worker(capability) as worker:
        while True:
            try:
                await jobs.run({capability.job: worker.handle}, concurrency=1)
            except Exception as error:
                log.warning("reading stopped and starts anew: %s", type(error).__name__)
            await asyncio.sleep(1)


def main(name: str) -> None:
    """Run one until a signal."""
    try:
        capability = load(name)
    except KeyError:
        sys.exit(f"botbay：没有叫 {name} 的，有：{'、'.join(names())}")
    configure_logging()
    run_service(lambda: serve(capability))


if __name__ == "__main__":
    main(sys.argv[1])
