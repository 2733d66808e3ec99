"""All SQL of accounts."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Account, Contact, Role
from workers.accounts.models import BindCode, LoginLink

#: One name at a time is added, so that ``Li`` and ``li`` cannot both slip in (an arbitrary number).
_ADD_LOCK = 7_240_701


def _named(key: str) -> ColumnElement[bool]:
    return func.lower(Account.name) == key


async def account_by_key(session: AsyncSession, key: str) -> Account | None:
    return await session.scalar(select(Account).where(_named(key)).order_by(Account.id).limit(1))


async def account_by_id(session: AsyncSession, account_id: int, *, lock: bool = False) -> Account | None:
    query = select(Account).where(Account.id == account_id).execution_options(populate_existing=True)
    return await session.scalar(query.with_for_update() if lock else query)


async def all_accounts(session: AsyncSession) -> Sequence[Account]:
    return (await session.scalars(select(Account).order_by(func.lower(Account.name)))).all()


async def bound_counts(session: AsyncSession) -> dict[int, int]:
    """Account id -> number of contacts bound to it, where there are any."""
    rows = await session.execute(
        select(Contact.account_id, func.count()).where(Contact.account_id.is_not(None)).group_by(Contact.account_id)
    )
    return {account_id: count for account_id, count in rows if account_id is not None}


async def lock_names(session: AsyncSession) -> None:
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADD_LOCK})


async def other_maintainers(session: AsyncSession, account_id: int) -> int:
    """How many accounts beside this one can sign in as maintainers. Locks them until the transaction ends."""
    query = select(Account.id).where(
        Account.id != account_id, Account.role == Role.MAINTAINER, Account.disabled_at.is_(None)
    )
    return len((await session.scalars(query.with_for_update())).all())


# --- links -------------------------------------------------------------------------------------------------


async def clear_links(session: AsyncSession, account_id: int, expired_before: datetime | None = None) -> None:
    """Delete the account's links: those that ended before a time, or all."""
    query = delete(LoginLink).where(LoginLink.account_id == account_id)
    await session.execute(query if expired_before is None else query.where(LoginLink.expires_at < expired_before))


def _usable(token_hash: str, at: datetime) -> tuple[ColumnElement[bool], ...]:
    return LoginLink.token_hash == token_hash, LoginLink.used_at.is_(None), LoginLink.expires_at > at


async def link_account(session: AsyncSession, token_hash: str, at: datetime) -> int | None:
    return await session.scalar(select(LoginLink.account_id).where(*_usable(token_hash, at)))


async def use_link(session: AsyncSession, token_hash: str, at: datetime) -> int | None:
    """Mark the link used and give its account's id; None when it is unknown, used or expired."""
    return await session.scalar(
        update(LoginLink).where(*_usable(token_hash, at)).values(used_at=at).returning(LoginLink.account_id)
    )


# --- binding -----------------------------------------------------------------------------------------------


async def supersede_codes(session: AsyncSession, account_id: int, at: datetime) -> None:
    await session.execute(
        update(BindCode)
        .where(BindCode.account_id == account_id, BindCode.used_at.is_(None), BindCode.superseded_at.is_(None))
        .values(superseded_at=at)
    )


async def clear_codes(session: AsyncSession, account_id: int, expired_before: datetime) -> None:
    await session.execute(
        delete(BindCode).where(BindCode.account_id == account_id, BindCode.expires_at < expired_before)
    )


async def code_by_hash(
    session: AsyncSession, account_id: int, code_hash: str, *, lock: bool = False
) -> BindCode | None:
    """The newest code of the account with this hash."""
    query = (
        select(BindCode)
        .where(BindCode.account_id == account_id, BindCode.code_hash == code_hash)
        .order_by(BindCode.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return await session.scalar(query.with_for_update() if lock else query)


async def count_wrong_try(session: AsyncSession, account_id: int) -> None:
    """Count a wrong code against the one that stands."""
    await session.execute(
        update(BindCode)
        .where(BindCode.account_id == account_id, BindCode.used_at.is_(None), BindCode.superseded_at.is_(None))
        .values(wrong_tries=BindCode.wrong_tries + 1)
    )


async def contacts_of(session: AsyncSession, account_id: int) -> Sequence[Contact]:
    return (
        await session.scalars(select(Contact).where(Contact.account_id == account_id).order_by(Contact.bound_at))
    ).all()


async def contact_by_id(session: AsyncSession, contact_id: int) -> Contact | None:
    return await session.get(Contact, contact_id)


async def insert_admin(session: AsyncSession, name: str) -> None:
    await session.execute(
        insert(Account).values(name=name, display_name="管理员", role=Role.MAINTAINER).on_conflict_do_nothing()
    )
