"""The chore that erases what a crash left in storage: bytes that were written, and that nothing names.

It must never take what is in use, so it only looks where BotBay's own files lie, only at what is older than a day and
younger than this database, and not at all where more would go than stays: then the storage is another database's.
"""

import logging
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay import storage
from botbay.chat.models import Blob, OutboxItem
from botbay.chat.simulator_models import SimMessage
from botbay.db import now, transaction

log = logging.getLogger(__name__)

#: Folders in storage; what lies there is named by what ``_named`` looks through. Whoever writes elsewhere cleans up there.
FOLDERS = ("files", "previews", "simulator")
_AGE = timedelta(days=1)
#: More go with the next time.
_AT_ONCE = 10_000


async def erase_leftovers() -> None:
    """Erase what nothing names."""
    await storage.sweep_unfinished(_AGE)
    async with transaction() as session:
        born = await session.scalar(select(func.min(Blob.stored_at)))
    if born is None:
        return
    kept, leftovers = 0, list[str]()
    async for keys, named in _pages(born, now() - _AGE):
        kept += len(named)
        leftovers += [key for key in keys if key not in named]
        if len(leftovers) >= _AT_ONCE:
            break
    if len(leftovers) > kept:
        log.error(
            "%d objects in storage are named by nothing and %d are: is this storage another database's? Nothing is erased",
            len(leftovers),
            kept,
        )
        return
    for key in leftovers:
        await storage.delete(key)
    if leftovers:
        log.info("%d objects erased from storage that nothing named", len(leftovers))


async def _pages(born: datetime, before: datetime) -> AsyncIterator[tuple[list[str], set[str]]]:
    """Keys of that age, and those of them that are in use."""
    for folder in FOLDERS:
        async for page in storage.listing(folder):
            keys = [found.key for found in page if born < found.written_at < before]
            async with transaction() as session:
                yield keys, await _named(session, keys)


async def _named(session: AsyncSession, keys: Sequence[str]) -> set[str]:
    """Those of the keys that something needs."""
    found: set[str] = set()
    for column in (Blob.key, Blob.thumb_key, Blob.play_key, OutboxItem.file_key, SimMessage.file_key):
        found.update(key for key in await session.scalars(select(column).where(column.in_(keys))) if key is not None)
    return found


#: The chore, and every how many seconds it is done.
LEFTOVERS = (erase_leftovers, 6 * 3600)
