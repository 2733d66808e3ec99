"""Rooms: their topic, their members now and formerly, and the bots in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import contacts
from botbay.chat.models import Contact, Member, Room, RoomBot


@dataclass(frozen=True, kw_only=True)
class RoomFacts:
    """A room as WeChat tells it: members as WeChat id -> (name, alias in the room)."""

    wechat_id: str
    topic: str
    owner_id: str | None
    members: Mapping[str, tuple[str, str]]


async def upsert(session: AsyncSession, facts: RoomFacts, at: datetime) -> int:
    """Make the room and its membership what WeChat says it is; the room's id.

    Who is no longer among the members becomes a former member; who is again, a member as before.
    """
    names = {wechat_id: name for wechat_id, (name, _) in facts.members.items()}
    if facts.owner_id is not None:
        names.setdefault(facts.owner_id, "")
    ids = await contacts.upsert(session, names)
    owner = ids.get(facts.owner_id) if facts.owner_id else None
    statement = insert(Room).values(wechat_id=facts.wechat_id, topic=facts.topic, owner_id=owner)
    room_id: int | None = await session.scalar(
        statement.on_conflict_do_update(
            index_elements=[Room.wechat_id],
            set_={
                "topic": statement.excluded.topic,
                "owner_id": func.coalesce(statement.excluded.owner_id, Room.owner_id),
            },
        ).returning(Room.id)
    )
    assert room_id is not None
    if facts.members:
        rows = [
            {"room_id": room_id, "contact_id": ids[wechat_id], "alias": alias, "joined_at": at}
            for wechat_id, (_, alias) in sorted(facts.members.items())
        ]
        joined = insert(Member).values(rows)
        await session.execute(
            joined.on_conflict_do_update(
                index_elements=[Member.room_id, Member.contact_id],
                set_={"alias": joined.excluded.alias, "left_at": None},
                where=(Member.alias != joined.excluded.alias) | Member.left_at.is_not(None),
            )
        )
        await session.execute(
            update(Member)
            .where(
                Member.room_id == room_id,
                Member.left_at.is_(None),
                Member.contact_id.not_in([ids[w] for w in facts.members]),
            )
            .values(left_at=at)
        )
    return room_id


async def leave(session: AsyncSession, room_id: int, wechat_ids: Sequence[str], at: datetime) -> None:
    """These members have left; what only members may see is closed to them from now on."""
    leavers = select(Contact.id).where(Contact.wechat_id.in_(wechat_ids))
    await session.execute(
        update(Member)
        .where(Member.room_id == room_id, Member.contact_id.in_(leavers), Member.left_at.is_(None))
        .values(left_at=at)
    )


async def add_bot(
    session: AsyncSession, room_id: int, bot_id: int, inviter_id: int | None, at: datetime, *, engaged: bool
) -> None:
    """The bot is in the room; ``engaged`` when it was pulled in under our eyes and so may speak."""
    statement = insert(RoomBot).values(
        room_id=room_id,
        bot_id=bot_id,
        inviter_id=inviter_id,
        joined_at=at,
        engaged_at=at if engaged else None,
    )
    changes: dict[str, Any] = {
        "left_at": None,
        "engaged_at": func.coalesce(RoomBot.engaged_at, statement.excluded.engaged_at),
    }
    if inviter_id is not None:
        changes["inviter_id"] = inviter_id
    if engaged:
        changes["joined_at"] = at
    await session.execute(
        statement.on_conflict_do_update(index_elements=[RoomBot.room_id, RoomBot.bot_id], set_=changes)
    )


async def remove_bot(session: AsyncSession, room_id: int, bot_id: int, at: datetime) -> None:
    """The bot is out of the room: nothing is recorded there until somebody asks again."""
    await session.execute(
        update(RoomBot).where(RoomBot.room_id == room_id, RoomBot.bot_id == bot_id).values(left_at=at, engaged_at=None)
    )
    others = select(RoomBot.bot_id).where(RoomBot.room_id == room_id, RoomBot.left_at.is_(None))
    if (await session.scalar(others.limit(1))) is None:
        await session.execute(update(Room).where(Room.id == room_id).values(recording_at=None, recording_by=None))


async def may_decide(session: AsyncSession, room_id: int, contact_id: int) -> bool:
    """Whether the contact answers for the room: its owner, or who pulled a bot in; a member still."""
    member = select(Member.contact_id).where(
        Member.room_id == room_id, Member.contact_id == contact_id, Member.left_at.is_(None)
    )
    owns = select(Room.id).where(Room.id == room_id, Room.owner_id == contact_id)
    invited = select(RoomBot.room_id).where(
        RoomBot.room_id == room_id, RoomBot.inviter_id == contact_id, RoomBot.left_at.is_(None)
    )
    return bool(await session.scalar(select(member.exists() & (owns.exists() | invited.exists()))))


async def names_in(session: AsyncSession, room_id: int) -> set[str]:
    """Every name that a current member bears in the room: aliases and own names."""
    rows = await session.execute(
        select(Member.alias, Contact.name)
        .join(Contact, Contact.id == Member.contact_id)
        .where(Member.room_id == room_id, Member.left_at.is_(None))
    )
    return {name for row in rows for name in row if name}
