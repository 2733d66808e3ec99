"""Links by which somebody shows files to people without an account. Nothing here commits."""

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Account
from botbay.db import now
from workers.archive import repository
from workers.archive.models import Share
from workers.archive.repository import Entry
from workers.archive.service import DriveError

#: For how many days a link may open.
DAYS = (1, 7, 30)
#: Most files under one link, and in one zip.
MOST = 1000
#: Days after which an ended link is forgotten.
_FORGOTTEN = 30
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # 256 random bits: there is nothing to guess


@dataclass(frozen=True, kw_only=True)
class Shared:
    """A link of one's own that still opens; ``name`` is that of one of its ``count`` files."""

    id: int
    name: str
    count: int
    created_at: datetime
    expires_at: datetime
    opened: int


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What a link shows: the files that its maker may read now."""

    share_id: int
    maker: str
    expires_at: datetime
    entries: list[Entry]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def create(session: AsyncSession, account: Account, ids: Collection[int], days: int) -> str:
    """A new link to files; its token, which is kept nowhere. Raises DriveError."""
    if days not in DAYS:
        raise DriveError("链接可以开 1 天、7 天或 30 天。")
    if len(ids) > MOST:
        raise DriveError(f"一个链接最多放 {MOST} 个文件，请少选一些。")
    found = [entry.id for entry in await repository.found(session, account, ids) if entry.stored]
    if not found:
        raise DriveError("这些文件现在还不能分享：等它们取到，或已经不在了。")
    token = secrets.token_urlsafe(32)
    share = Share(account_id=account.id, token_hash=_hash(token), expires_at=now() + timedelta(days=days))
    await repository.add_share(session, share, found)
    return token


async def own(session: AsyncSession, account: Account) -> list[Shared]:
    """The account's links that still open, the newest first."""
    return [
        Shared(
            id=share.id,
            name=name,
            count=count,
            created_at=share.created_at,
            expires_at=share.expires_at,
            opened=share.opened,
        )
        for share, count, name in await repository.shares_of(session, account)
    ]


async def revoke(session: AsyncSession, account: Account, share_id: int) -> None:
    """Close a link of one's own at once. Raises DriveError when there is none such."""
    if not await repository.revoke(session, account, share_id):
        raise DriveError("这个链接已经收回了。")


async def look(session: AsyncSession, token: str, *, only: int | None = None) -> Opened | None:
    """What is under a link; None where it has ended, nothing is left, or there never was one.

    ``only``: the one file that is asked for.
    """
    if not _TOKEN.fullmatch(token):
        return None
    found = await repository.share_by_hash(session, _hash(token))
    if found is None:
        return None
    share, maker = found
    entries = [entry for entry in await repository.shared(session, share, maker, only) if entry.stored]
    if not entries:
        return None
    return Opened(share_id=share.id, maker=maker.display_name, expires_at=share.expires_at, entries=entries)


async def count_opening(session: AsyncSession, share_id: int) -> None:
    await repository.count_opening(session, share_id)


async def forget(session: AsyncSession) -> None:
    """Delete links that ended long ago."""
    await repository.forget_shares(session, now() - timedelta(days=_FORGOTTEN))
