"""Contacts: WeChat users, and which of them a bot may speak to."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Contact, Friend, Member


async def upsert(session: AsyncSession, names: Mapping[str, str]) -> dict[str, int]:
    """Make or rename contacts, given as WeChat id -> name; the database's ids by WeChat id.

    An empty name leaves the one that is known.
    """
    if not names:
        return {}
    rows = [{"wechat_id": wechat_id, "name": name} for wechat_id, name in sorted(names.items())]
    statement = insert(Contact).values(rows)
    changed = statement.on_conflict_do_update(
        index_elements=[Contact.wechat_id],
        set_={"name": statement.excluded.name},
        where=(Contact.name != statement.excluded.name) & (statement.excluded.name != ""),
    )
    await session.execute(changed)
    found = await session.execute(select(Contact.wechat_id, Contact.id).where(Contact.wechat_id.in_(list(names))))
    return {wechat_id: contact_id for wechat_id, contact_id in found}


async def by_wechat_id(session: AsyncSession, wechat_id: str) -> Contact | None:
    return await session.scalar(select(Contact).where(Contact.wechat_id == wechat_id))


async def engage(session: AsyncSession, bot_id: int, contact_id: int, at: datetime) -> None:
    """From now on the bot may speak to this contact in private."""
    statement = insert(Friend).values(bot_id=bot_id, contact_id=contact_id, engaged_at=at, alias="")
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[Friend.bot_id, Friend.contact_id],
            set_={"engaged_at": func.coalesce(Friend.engaged_at, statement.excluded.engaged_at)},
        )
    )


async def engaged(session: AsyncSession, bot_id: int, contact_ids: Iterable[int]) -> set[int]:
    """Those of the contacts to whom the bot may speak in private."""
    found = await session.scalars(
        select(Friend.contact_id).where(
            Friend.bot_id == bot_id, Friend.contact_id.in_(list(contact_ids)), Friend.engaged_at.is_not(None)
        )
    )
    return set(found)


async def name_bot(session: AsyncSession, contact_id: int, nickname: str) -> None:
    """The name that this contact calls the bot by."""
    await session.execute(update(Contact).where(Contact.id == contact_id).values(nickname=nickname))


async def shown_name(session: AsyncSession, contact_id: int, room_id: int | None) -> str:
    """The name as people in the room know it; in private the contact's own."""
    alias = None
    if room_id is not None:
        alias = await session.scalar(
            select(Member.alias).where(Member.room_id == room_id, Member.contact_id == contact_id)
        )
    return alias or await session.scalar(select(Contact.name).where(Contact.id == contact_id)) or ""
