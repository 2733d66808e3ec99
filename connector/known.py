"""What the database knows of the people and rooms of a batch; who has to be known is written down, nobody else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import contacts
from botbay.chat.models import Bot, Contact, Member, Room, RoomBot
from botbay.db import now
from connector import owner
from connector.drivers.base import InboundMessage, MessageKind

#: A sentence that wakes a silent bot is short; longer ones from people it does not serve are not even looked at.
WAKE_LENGTH = 30
#: WeChat's own accounts; public ones begin with gh_. Neither are people.
_SYSTEM = frozenset({"weixin", "wexin", "fmessage", "medianote", "floatbottle", "qmessage", "notifymessage"})


@dataclass(frozen=True, kw_only=True)
class Known:
    """People and rooms by WeChat id; ``members`` by (room, contact), ``engaged`` are contacts it may speak to."""

    bot: Bot
    contacts: dict[str, Contact]
    rooms: dict[str, Room]
    room_bots: dict[int, RoomBot]
    members: dict[tuple[int, int], Member]
    engaged: set[int]


async def look_up(session: AsyncSession, bot_id: int, batch: Sequence[InboundMessage]) -> Known:
    bot = await session.get_one(Bot, bot_id)
    room_ids = {m.room_id for m in batch if m.room_id is not None}
    found_rooms = await session.scalars(select(Room).where(Room.wechat_id.in_(room_ids)))
    rooms: dict[str, Room] = {room.wechat_id: room for room in found_rooms}
    await contacts.upsert(session, _newcomers(batch, rooms))
    wanted = {m.talker.id for m in batch} | {m.listener_id for m in batch if m.listener_id}
    people = await session.scalars(select(Contact).where(Contact.wechat_id.in_(filter(is_person, wanted))))
    by_id: dict[str, Contact] = {contact.wechat_id: contact for contact in people}
    room_bots = await session.scalars(
        select(RoomBot).where(RoomBot.bot_id == bot_id, RoomBot.room_id.in_([room.id for room in rooms.values()]))
    )
    pairs = {
        (rooms[m.room_id].id, by_id[m.talker.id].id)
        for m in batch
        if m.room_id is not None and m.room_id in rooms and m.talker.id in by_id
    }
    return Known(
        bot=bot,
        contacts=by_id,
        rooms=rooms,
        room_bots={room_bot.room_id: room_bot for room_bot in room_bots},
        members=await _members(session, pairs),
        engaged=await contacts.engaged(session, bot_id, [contact.id for contact in by_id.values()]),
    )


def is_person(wechat_id: str) -> bool:
    return wechat_id not in _SYSTEM and not wechat_id.startswith("gh_")


def _newcomers(batch: Sequence[InboundMessage], rooms: dict[str, Room]) -> dict[str, str]:
    """The people who have to be known: who speaks in a known room, might wake the bot, or is named by its owner."""
    names: dict[str, str] = {}
    for message in batch:
        if message.from_self and message.room_id is None and message.listener_id and owner.commands(message.text):
            names.setdefault(message.listener_id, "")
        might_wake = message.kind == MessageKind.TEXT and len(message.text) <= WAKE_LENGTH
        concerned = message.room_id in rooms if message.room_id is not None else might_wake
        if concerned:
            names[message.talker.id] = message.talker.name
    return {wechat_id: name for wechat_id, name in names.items() if is_person(wechat_id)}


async def _members(session: AsyncSession, pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Member]:
    """The memberships of those who speak, made where WeChat told nothing of them: who speaks in a room is in it."""
    wanted = set(pairs)
    if not wanted:
        return {}
    at = now()
    statement = insert(Member).values(
        [{"room_id": room, "contact_id": contact, "alias": "", "joined_at": at} for room, contact in sorted(wanted)]
    )
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[Member.room_id, Member.contact_id],
            set_={"left_at": None},
            # What was said just before leaving may be heard after it.
            where=Member.left_at < at - timedelta(minutes=1),
        )
    )
    found = await session.scalars(
        select(Member).where(
            Member.room_id.in_({room for room, _ in wanted}), Member.contact_id.in_({contact for _, contact in wanted})
        )
    )
    return {(member.room_id, member.contact_id): member for member in found}
