"""The trash: thrown away, taken back, and deleted for good. Nothing here commits."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import files
from botbay.chat.models import Account
from botbay.db import now
from workers.archive import repository
from workers.archive.repository import Entry
from workers.archive.service import DriveError

#: Days that the trash keeps what is in it.
DAYS = 30
#: Most files that the trash shows.
SHOWN = 500
_AT_ONCE = 500

_WHO = "只有发文件的人、群主能把它放进回收站；私聊里的归你自己。"


async def listed(session: AsyncSession, account: Account) -> list[Entry]:
    """What the account may take back, the last thrown away first."""
    return await repository.trashed(session, account, SHOWN)


async def throw_away(session: AsyncSession, account: Account, ids: Collection[int]) -> int:
    """Put files into the trash; how many. Raises DriveError when the account may do so with none of them."""
    own = await repository.own_ids(session, account, ids, trashed=False)
    if not own:
        raise DriveError(_WHO)
    await repository.mark(session, own, now(), account.id)
    return len(own)


async def restore(session: AsyncSession, account: Account, ids: Collection[int]) -> int:
    """Take files back from the trash; how many. Raises DriveError when none of them can be."""
    own = await repository.own_ids(session, account, ids, trashed=True)
    if not own:
        raise DriveError("这些文件已经不在回收站里了。")
    await repository.mark(session, own, None, None)
    return len(own)


async def erase(session: AsyncSession, account: Account, ids: Collection[int]) -> int:
    """Delete files that are in the trash for good; how many. Raises DriveError when none of them can be."""
    own = await repository.own_ids(session, account, ids, trashed=True)
    if not own:
        raise DriveError("这些文件已经不在回收站里了。")
    await _delete(session, own)
    return len(own)


async def purge_some(session: AsyncSession) -> int:
    """Delete a part of what has been in the trash for too long; 0 when nothing has."""
    ids = await repository.overdue(session, now() - timedelta(days=DAYS), _AT_ONCE)
    if ids:
        await _delete(session, ids)
    return len(ids)


async def _delete(session: AsyncSession, ids: Collection[int]) -> None:
    """Only the place is kept; bytes that no other message brought are erased."""
    await files.release(session, await repository.empty(session, ids))
