"""What the database knows of the people and rooms of a batch; who has to be known is written down, nobody else."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import contacts
from botbay.chat.models import Bot, Contact, Conversation, Member, Room, RoomBot
from botbay.db import now
from connector import owner
from connector.drivers.base import InboundMessage, MessageKind

#: A sentence that wakes a silent bot is short; longer ones from people it does not serve are not even looked at.
WAKE_LENGTH = 30
#: WeChat's own accounts; public ones begin with gh_. Neither are people.
_SYSTEM = frozenset({"weixin", "wexin", "fmessage", "medianote", "floatbottle", "qmessage", "notifymessage"})

#: WeChat's clock and that of who heard somebody leave may differ by this much.
_CLOCKS_DIFFER = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Known:
    """People and rooms by WeChat id; ``members`` by (room, contact), ``engaged`` are contacts it may speak to.

    ``conversations`` are the bot's with those people, by (room or None, contact). ``names`` is filled by ``names_in``.
    """

    bot: Bot
    contacts: dict[str, Contact]
    rooms: dict[str, Room]
    room_bots: dict[int, RoomBot]
    members: dict[tuple[int, int], Member]
    engaged: set[int]
    conversations: dict[tuple[int | None, int], Conversation]
    names: dict[int, "Names"] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names borne in a room now: by the bot, and by everybody else."""

    own: frozenset[str]
    others: frozenset[str]


async def look_up(session: AsyncSession, bot_id: int, batch: Sequence[InboundMessage]) -> Known:
    bot = await session.get_one(Bot, bot_id)
    room_ids = {m.room_id for m in batch if m.room_id is not None}
    found_rooms = await session.scalars(select(Room).where(Room.wechat_id.in_(room_ids)))
    rooms: dict[str, Room] = {room.wechat_id: room for room in found_rooms}
    by_id = await _people(session, batch, rooms)
    room_bots = await session.scalars(
        select(RoomBot).where(RoomBot.bot_id == bot_id, RoomBot.room_id.in_([room.id for room in rooms.values()]))
    )
    spoke: dict[tuple[int, int], datetime] = {}
    for m in batch:
        if m.room_id is not None and m.room_id in rooms and m.talker.id in by_id:
            pair = (rooms[m.room_id].id, by_id[m.talker.id].id)
            spoke[pair] = max(m.sent_at, spoke.get(pair, m.sent_at))
    return Known(
        bot=bot,
        contacts=by_id,
        rooms=rooms,
        room_bots={room_bot.room_id: room_bot for room_bot in room_bots},
        members=await _members(session, spoke),
        engaged=await contacts.engaged(session, bot_id, [contact.id for contact in by_id.values()]),
        conversations=await _conversations(session, bot_id, rooms.values(), by_id.values()),
    )


async def look_again(session: AsyncSession, known: Known) -> None:
    """The account's owner may just have begun or changed a conversation, or let somebody in."""
    found = await _conversations(session, known.bot.id, known.rooms.values(), known.contacts.values())
    known.conversations.update(found)
    ids = [contact.id for contact in known.contacts.values()]
    known.engaged.update(await contacts.engaged(session, known.bot.id, ids))


async def names_in(session: AsyncSession, known: Known, room: Room) -> Names:
    """Asked of the database once a batch and room."""
    found = known.names.get(room.id)
    if found is None:
        rows = await session.execute(
            select(Contact.wechat_id, Contact.name, Member.alias)
            .join(Member, Member.contact_id == Contact.id)
            .where(Member.room_id == room.id, Member.left_at.is_(None))
        )
        own, others = {known.bot.wechat_name}, set[str]()
        for wechat_id, *names in rows:
            (own if wechat_id == known.bot.wechat_id else others).update(names)
        found = Names(own=frozenset(filter(None, own)), others=frozenset(filter(None, others)))
        known.names[room.id] = found
    return found


def is_person(wechat_id: str) -> bool:
    return wechat_id not in _SYSTEM and not wechat_id.startswith("gh_")


async def _people(session: AsyncSession, batch: Sequence[InboundMessage], rooms: dict[str, Room]) -> dict[str, Contact]:
    """Those of the batch who are known, and those who have to be, under their present names."""
    wanted = {m.talker.id for m in batch} | {m.listener_id for m in batch if m.listener_id}
    statement = select(Contact).where(Contact.wechat_id.in_(list(filter(is_person, wanted))))
    by_id = {contact.wechat_id: contact for contact in await session.scalars(statement)}
    # Most people are known already: writing only the others spares every batch the locks on all of its talkers.
    new = {
        wechat_id: name
        for wechat_id, name in _newcomers(batch, rooms).items()
        if wechat_id not in by_id or (name and by_id[wechat_id].name != name)
    }
    if new:
        await contacts.upsert(session, new)
        people = await session.scalars(statement.execution_options(populate_existing=True))
        by_id = {contact.wechat_id: contact for contact in people}
    return by_id


async def _conversations(
    session: AsyncSession, bot_id: int, rooms: Iterable[Room], people: Iterable[Contact]
) -> dict[tuple[int | None, int], Conversation]:
    found = await session.scalars(
        select(Conversation).where(
            Conversation.bot_id == bot_id,
            Conversation.contact_id.in_([contact.id for contact in people]),
            or_(Conversation.room_id.is_(None), Conversation.room_id.in_([room.id for room in rooms])),
        )
    )
    return {(conversation.room_id, conversation.contact_id): conversation for conversation in found}


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


async def _members(session: AsyncSession, spoke: Mapping[tuple[int, int], datetime]) -> dict[tuple[int, int], Member]:
    """The memberships of those who speak, made where WeChat told nothing of them: who speaks in a room is in it.

    ``spoke``: when they said their last. Who has left since stays out, however late that is heard.
    """
    if not spoke:
        return {}
    statement = select(Member).where(
        Member.room_id.in_({room for room, _ in spoke}), Member.contact_id.in_({contact for _, contact in spoke})
    )
    members = {(member.room_id, member.contact_id): member for member in await session.scalars(statement)}
    at = now()
    back = [
        {"room_id": pair[0], "contact_id": pair[1], "alias": "", "joined_at": at}
        for pair, last in sorted(spoke.items())
        if pair not in members or _left_before(members[pair], last)
    ]
    if back:
        joined = insert(Member).values(back)
        await session.execute(
            joined.on_conflict_do_update(
                index_elements=[Member.room_id, Member.contact_id],
                set_={"left_at": None},
                where=Member.left_at < at - _CLOCKS_DIFFER,
            )
        )
        found = await session.scalars(statement.execution_options(populate_existing=True))
        members = {(member.room_id, member.contact_id): member for member in found}
    return members


def _left_before(member: Member, spoke: datetime) -> bool:
    return member.left_at is not None and member.left_at < min(spoke, now()) - _CLOCKS_DIFFER
