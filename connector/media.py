"""Fetches what messages bring before it expires, and puts it into storage."""

import logging
from uuid import uuid4

from sqlalchemy import select

from botbay import storage
from botbay.chat.models import File, FileState, Message
from botbay.db import now, transaction
from botbay.jobs import Handler, Later, Work
from connector.drivers.base import Driver, DriverError, DriverUnavailable, MediaGone, MessageKind

log = logging.getLogger(__name__)


def fetcher(driver: Driver) -> Handler:
    """The handler of this bot's ``fetch_media`` jobs; the payload is {"file_id": …}."""

    async def fetch(work: Work) -> None:
        file_id = int(work.payload["file_id"])
        async with transaction() as session:
            found = await session.execute(
                select(Message.source_id, Message.kind, Message.received_at, File.state)
                .join(File, File.message_id == Message.id)
                .where(File.id == file_id)
            )
            row = found.first()
        if row is None or row.state == FileState.STORED:
            return  # erased since, or done by a run that died after its effect
        key = f"files/{row.received_at:%Y/%m}/{uuid4().hex}"
        try:
            media = await driver.fetch_media(row.source_id, MessageKind(row.kind))
            stored = await storage.put(key, media.chunks)
        except MediaGone as error:
            await _fail(file_id, str(error))
            return
        except (DriverUnavailable, storage.StorageError) as error:
            log.warning("media of file %d waits: %s", file_id, error)
            raise Later(work.backoff()) from None
        except DriverError as error:
            if work.final:
                await _fail(file_id, str(error))
            log.warning("media of file %d not fetched: %s", file_id, error)
            raise
        async with transaction() as session:
            file = await session.scalar(
                select(File).where(File.id == file_id, File.state != FileState.STORED).with_for_update()
            )
            if file is not None:
                file.state, file.reason, file.stored_at = FileState.STORED, "", now()
                file.key, file.size, file.sha256 = stored.key, stored.size, stored.sha256
                file.name = file.name or media.name
        if file is None:
            await storage.delete(key)  # erased, or stored by another run, while we fetched

    return fetch


async def _fail(file_id: int, reason: str) -> None:
    async with transaction() as session:
        file = await session.get(File, file_id)
        if file is not None:
            file.state, file.reason = FileState.FAILED, reason
