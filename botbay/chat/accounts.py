"""Accounts, as far as everyone must know them: whether a contact speaks for one."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Account, Contact


async def bound(session: AsyncSession, contact: Contact) -> bool:
    """Whether the contact is bound to an account that is not disabled: a disabled one counts for nothing."""
    if contact.account_id is None:
        return False
    alive = select(Account.id).where(Account.id == contact.account_id, Account.disabled_at.is_(None))
    return await session.scalar(alive) is not None
