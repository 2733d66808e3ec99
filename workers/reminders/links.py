"""Addresses from which calendars read what somebody has to do. Nothing here commits."""

import hashlib
import re
import secrets
from collections.abc import Sequence

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Account
from botbay.db import now
from workers.reminders.models import TodoLink
from workers.reminders.service import ReminderError

#: Of one account.
MOST = 10
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # 256 random bits: there is nothing to guess


async def create(session: AsyncSession, account: Account) -> str:
    """A new address; its token, which is kept nowhere. Raises ReminderError where there are too many."""
    await session.execute(select(Account.id).where(Account.id == account.id).with_for_update())
    count = await session.scalar(select(func.count()).where(TodoLink.account_id == account.id))
    if (count or 0) >= MOST:
        raise ReminderError(f"订阅地址最多 {MOST} 个，先收回一个不用的。")
    token = secrets.token_urlsafe(32)
    session.add(TodoLink(account_id=account.id, token_hash=_hash(token)))
    await session.flush()
    return token


async def own(session: AsyncSession, account: Account) -> Sequence[TodoLink]:
    """The account's addresses, the newest first."""
    found = select(TodoLink).where(TodoLink.account_id == account.id).order_by(TodoLink.id.desc())
    return (await session.scalars(found)).all()


async def revoke(session: AsyncSession, account: Account, link_id: int) -> None:
    """Close an address of one's own at once."""
    await session.execute(delete(TodoLink).where(TodoLink.id == link_id, TodoLink.account_id == account.id))


async def reader(session: AsyncSession, token: str) -> Account | None:
    """Whose todos an address shows; None where it was taken back, or there never was one. Notes that it was read."""
    if not _TOKEN.fullmatch(token):
        return None
    found = select(Account, TodoLink.id).join(TodoLink, TodoLink.account_id == Account.id)
    row = (
        await session.execute(found.where(TodoLink.token_hash == _hash(token), Account.disabled_at.is_(None)))
    ).first()
    if row is None:
        return None
    account, link_id = row
    await session.execute(update(TodoLink).where(TodoLink.id == link_id).values(read_at=now()))
    return account


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
