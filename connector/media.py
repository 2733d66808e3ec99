"""Fetches what messages bring before it expires, and puts it into storage.

What is away is waited for as long as it takes: the gateway, the account's login, the storage, the database. What is
there and yet does not give the file is asked again some times, ever more rarely; then the file says why it is missing.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from botbay import jobs, storage
from botbay.chat import files, names, quota
from botbay.chat.intake import Incomplete, Taken, take_in
from botbay.chat.models import Bot, BotState, File, FileState, Message
from botbay.db import is_away, transaction
from botbay.jobs import Handler, Later, Work
from botbay.postgres import PostgresError
from connector.drivers.base import Driver, DriverError, DriverUnavailable, MediaGone, MessageKind

log = logging.getLogger(__name__)

#: How long to wait before the second try, the third …; WeChat keeps media for some days.
_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (2, 10, 60, 300, 900, 1800, 3600))
#: A file whose bytes look cut off is fetched so often; then it is kept as it came.
_LOOKS = 3
#: Seconds without a byte after which a file does not come.
_SILENCE = 120.0
#: Files that one bot fetches at once: each holds some memory on its way.
_AT_ONCE = 8
_CUT_OFF = "文件好像不完整：结尾缺了一段。"


@dataclass(frozen=True, kw_only=True)
class _Row:
    """The file that is awaited, and its message."""

    file_id: int
    name: str
    bot: str
    source_id: str
    kind: str
    received_at: datetime


def fetcher(driver: Driver) -> Handler:
    """The handler of this bot's ``fetch_media`` jobs; the payload is {"file_id": …, "tries": how many failed}."""
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def fetch(work: Work) -> None:
        async with at_once:
            try:
                row = await _awaited(int(work.payload["file_id"]))
                if row is not None:
                    await _Fetch(driver, row, work).run()
            except (SQLAlchemyError, PostgresError) as error:
                if is_away(error):
                    raise Later(work.backoff()) from None
                raise

    return fetch


async def _awaited(file_id: int) -> _Row | None:
    """The file, if it is still awaited: it may be erased since, or stored by a run that died after its effect."""
    async with transaction() as session:
        found = await session.execute(
            select(
                File.id.label("file_id"),
                File.name,
                Bot.name.label("bot"),
                Message.source_id,
                Message.kind,
                Message.received_at,
            )
            .select_from(File)
            .join(Message, Message.id == File.message_id)
            .join(Bot, Bot.id == Message.bot_id)
            .where(File.id == file_id, File.state == FileState.PENDING)
        )
        row = found.mappings().first()
    return None if row is None else _Row(**row)


async def _within(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The chunks; raises DriverUnavailable when the next one does not come."""
    while True:
        try:
            async with asyncio.timeout(_SILENCE):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise DriverUnavailable("文件传到一半就没有动静了") from None
        yield chunk


class _Fetch:
    def __init__(self, driver: Driver, row: _Row, work: Work) -> None:
        self._driver, self._row, self._work = driver, row, work
        self._tries = int(work.payload.get("tries", 0))

    async def run(self) -> None:
        """One try. Raises Later while something is away."""
        try:
            name, taken = await self._take_in()
        except (MediaGone, quota.NoRoom) as error:
            await self._give_up(str(error))
        except Incomplete as error:
            await self._miss(str(error))
        except storage.StorageError as error:
            log.warning("media of file %d waits for the storage: %s", self._row.file_id, error)
            raise Later(self._work.backoff()) from None
        except (DriverError, TimeoutError) as error:
            if isinstance(error, (DriverUnavailable, TimeoutError)) and await self._something_is_away():
                log.warning("media of file %d waits: %s", self._row.file_id, error)
                raise Later(self._work.backoff()) from None
            await self._miss(str(error) or "文件一直没有传过来")
        except (SQLAlchemyError, PostgresError):
            raise
        except Exception as error:
            log.exception("media of file %d met something unforeseen", self._row.file_id)
            await self._miss(f"取的时候出了意外（{type(error).__name__}）")
        else:
            await self._keep(name, taken)

    async def _take_in(self) -> tuple[str, Taken]:
        row = self._row
        async with transaction() as session:
            room = await quota.room(session)
        async with asyncio.timeout(_SILENCE):
            media = await self._driver.fetch_media(row.source_id, MessageKind(row.kind))
        key = f"files/{row.received_at:%Y/%m}/{uuid4().hex}"
        name = row.name or media.name
        try:
            taken = await take_in(key, _within(media.chunks), room, size=media.size, name=name)
        finally:
            if isinstance(media.chunks, AsyncGenerator):
                await media.chunks.aclose()
        return name, taken

    async def _keep(self, name: str, taken: Taken) -> None:
        row = self._row
        cut_off = taken.cut_off and self._tries + 1 < _LOOKS
        async with transaction() as session:
            if cut_off:
                await files.erase_bytes(session, [taken.stored.key])
            elif await files.attach(
                session, row.file_id, taken.stored, taken.mime, taken.kind, problem=_CUT_OFF if taken.cut_off else ""
            ):
                file = await session.get_one(File, row.file_id)
                file.name = names.safe(name, taken.kind, taken.mime)
        if cut_off:
            await self._miss(_CUT_OFF)

    async def _miss(self, reason: str) -> None:
        """Try again later, or give up. A new job, so that waiting for what was away does not count as a try."""
        log.warning("media of file %d not fetched at try %d: %s", self._row.file_id, self._tries + 1, reason)
        if self._tries >= len(_PAUSES):
            await self._give_up(f"{reason.rstrip('。')}（试了 {self._tries + 1} 次）")
            return
        tries = self._tries + 1
        job = jobs.NewJob(
            name=files.fetch_job(self._row.bot),
            payload={"file_id": self._row.file_id, "tries": tries},
            key=f"media:{self._row.file_id}:{tries}",
            delay=_PAUSES[self._tries],
        )
        async with transaction() as session:
            await jobs.enqueue(session, [job])

    async def _give_up(self, reason: str) -> None:
        async with transaction() as session:
            await files.fail(session, self._row.file_id, reason)

    async def _something_is_away(self) -> bool:
        """Whether it was not the file's own fault: the gateway, the login or the storage is not there."""
        async with transaction() as session:
            state = await session.scalar(select(Bot.state).where(Bot.name == self._row.bot))
        if state != BotState.ONLINE:
            return True
        try:
            await self._driver.check()
        except DriverError:
            return True
        return await storage.check() is not None
