"""All SQL of the reminders. What is shown of them begins at ``readable_reminders``."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Integer,
    Select,
    and_,
    cast,
    delete,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from botbay.chat.access import Audience, Subject, readable_rooms
from botbay.chat.models import (
    Account,
    Bot,
    BotState,
    Contact,
    Conversation,
    Friend,
    Member,
    Message,
    OutboxItem,
    Room,
    RoomBot,
)
from botbay.db import now
from botbay.due import Due
from workers.reminders.models import Reminder, ReminderEvent, ReminderState

#: Neither done nor taken back.
OPEN = (ReminderState.WAITING, ReminderState.TOLD)
#: So many are told in one message; what is due beyond them comes in the next.
MOST_AT_ONCE = 20
_MOST = 1000


def own_contacts(subject: Subject) -> Select[int]:
    """The contacts that are this person: the one who asks, and all that are bound to the account."""
    who = [Contact.id == subject.contact_id] if subject.contact_id is not None else []
    who += [Contact.account_id == subject.account_id] if subject.account_id is not None else []
    return select(Contact.id).where(or_(false(), *who))


def readable_reminders(subject: Subject, audience: Audience) -> Select[Reminder]:
    """THE way to reminders: in private those that one asked for, that are for oneself, or for all of one's rooms; in a
    room only those that are told there."""
    own = own_contacts(subject)
    rooms = readable_rooms(subject, audience).with_only_columns(Room.id)
    here = select(Conversation.id).where(Conversation.room_id.in_(rooms))
    for_all = Reminder.contact_id.is_(None) & Reminder.conversation_id.in_(here)
    mine: ColumnElement[bool] = or_(Reminder.asker_id.in_(own), Reminder.contact_id.in_(own), for_all)
    if audience.room_id is not None:
        mine &= Reminder.conversation_id.in_(here)
    return select(Reminder).where(mine)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A reminder with its names as they are known where it is told. ``whom`` is empty for all of the room.

    ``told_by`` is WeChat's id of the message that told it last, None where that is not known.
    """

    reminder: Reminder
    conversation: Conversation
    room: Room | None
    asker: str
    whom: str
    told_by: str | None


async def rows(
    session: AsyncSession, wanted: Select[Reminder], limit: int = _MOST, *, ended: bool = False
) -> list[Row]:
    """The next ones first; ``ended``: those that ended last."""
    asker, whom = aliased(Contact), aliased(Contact)
    as_asker, as_whom = aliased(Member), aliased(Member)
    found = wanted.join(Conversation, Conversation.id == Reminder.conversation_id)
    found = found.outerjoin(Room, Room.id == Conversation.room_id).join(asker, asker.id == Reminder.asker_id)
    found = found.outerjoin(whom, whom.id == Reminder.contact_id)
    found = found.outerjoin(OutboxItem, OutboxItem.key == Reminder.told_key)
    for member, contact in ((as_asker, asker), (as_whom, whom)):
        found = found.outerjoin(member, and_(member.room_id == Room.id, member.contact_id == contact.id))
    names = [
        func.coalesce(func.nullif(member.alias, ""), contact.name, "")
        for member, contact in ((as_asker, asker), (as_whom, whom))
    ]
    order = (Reminder.ended_at.desc(), Reminder.id.desc()) if ended else (Reminder.at, Reminder.id)
    ordered = found.with_only_columns(Reminder, Conversation, Room, *names, OutboxItem.source_id).order_by(*order)
    return [
        Row(reminder=reminder, conversation=conversation, room=room, asker=asked_by, whom=for_whom, told_by=told_by)
        for reminder, conversation, room, asked_by, for_whom, told_by in await session.execute(ordered.limit(limit))
    ]


async def count_open(session: AsyncSession, contact_ids: Collection[int]) -> int:
    """How many reminders that are still to be told these contacts have asked for."""
    waiting = select(func.count()).where(
        Reminder.asker_id.in_(list(contact_ids)), Reminder.state == ReminderState.WAITING
    )
    return await session.scalar(waiting) or 0


async def held(session: AsyncSession, reminder_id: int) -> Reminder | None:
    """Held until the transaction ends. Whoever holds its row of ``due`` too takes that one first."""
    found = (
        select(Reminder).where(Reminder.id == reminder_id).with_for_update().execution_options(populate_existing=True)
    )
    return await session.scalar(found)


async def hold_due(session: AsyncSession, handler: str, reminder_id: int) -> None:
    """Nobody tells it until the transaction ends; waits for whoever does."""
    await session.execute(select(Due.id).where(Due.handler == handler, Due.key == str(reminder_id)).with_for_update())


async def by_id(session: AsyncSession, reminder_ids: Collection[int]) -> dict[int, Reminder]:
    """As they stand now."""
    found = select(Reminder).where(Reminder.id.in_(list(reminder_ids))).execution_options(populate_existing=True)
    return {each.id: each for each in await session.scalars(found)}


async def alone(session: AsyncSession, conversation_ids: Collection[int]) -> set[int]:
    """In which of the conversations this transaction is the only one that tells something, from now to its end."""
    each = func.unnest(cast(list(conversation_ids), ARRAY(BigInteger))).column_valued("each")
    number = cast(each % literal(2**31, BigInteger), Integer)
    lock = func.pg_try_advisory_xact_lock(func.hashtext("botbay.reminders"), number, type_=Boolean)
    return set(await session.scalars(select(each).where(lock)))


async def due_in(
    session: AsyncSession, handler: str, conversation_ids: Collection[int], lead_ids: Collection[int], at: datetime
) -> Sequence[tuple[Due, Reminder]]:
    """What is due by then in conversations, held: the earliest of what is told together, the leads before them.

    Nothing of a conversation where some of it is in others' hands: it waits for nobody, so that no two can wait for each
    other, and what is told together must not come in two messages. What could not be told before is left to be the lead,
    so that it keeps nobody else from being told.
    """
    here = (
        (Due.handler == handler)
        & (Due.key == func.cast(Reminder.id, Due.key.type))
        & Reminder.conversation_id.in_(list(conversation_ids))
        & (Reminder.state == ReminderState.WAITING)
        & (Reminder.id.in_(list(lead_ids)) | ((Reminder.at <= at) & (Due.at <= at) & (Due.attempts == 0)))
    )
    place = func.row_number().over(
        partition_by=(Reminder.conversation_id, Reminder.contact_id),
        order_by=(Reminder.id.not_in(list(lead_ids)), Due.at, Due.id),
    )
    ranked = select(Due.id, Reminder.conversation_id, place.label("place")).join(Reminder, here).subquery()
    wanted = await session.execute(select(ranked.c.id, ranked.c.conversation_id).where(ranked.c.place <= MOST_AT_ONCE))
    where = {due_id: conversation_id for due_id, conversation_id in wanted}
    found = await session.execute(
        select(Due, Reminder)
        .join(Reminder, here)
        .where(Due.id.in_(list(where)))
        .order_by(Due.at, Due.id)
        .with_for_update(of=[Due, Reminder], skip_locked=True)
        .execution_options(populate_existing=True)
    )
    held = {due.id: (due, reminder) for due, reminder in found}
    torn = {conversation_id for due_id, conversation_id in where.items() if due_id not in held}
    return [(due, reminder) for due, reminder in held.values() if reminder.conversation_id not in torn]


async def told_with(session: AsyncSession, key: str) -> Sequence[Reminder]:
    """What was told by the message with this key, in the order of the message."""
    found = select(Reminder).where(Reminder.told_key == key).order_by(Reminder.told_slot, Reminder.id)
    return (await session.scalars(found)).all()


async def of_todo(session: AsyncSession, todo_id: int) -> Sequence[int]:
    """The open reminders that were made of a todo."""
    found = select(Reminder.id).where(Reminder.todo_id == todo_id, Reminder.state.in_(OPEN))
    return (await session.scalars(found)).all()


def note(
    session: AsyncSession, reminder: Reminder, what: str, by_id: int | None = None, slot: datetime | None = None
) -> None:
    """A line of its history."""
    session.add(ReminderEvent(reminder_id=reminder.id, what=what, by_id=by_id, slot=slot or reminder.at))


async def history(session: AsyncSession, reminder_id: int) -> Sequence[ReminderEvent]:
    """The earliest first."""
    found = select(ReminderEvent).where(ReminderEvent.reminder_id == reminder_id)
    return (await session.scalars(found.order_by(ReminderEvent.at, ReminderEvent.id))).all()


# --- places ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where something is told, as it is now. ``contact`` is the conversation's, ``room_bot`` None in private."""

    conversation: Conversation
    bot: Bot
    room: Room | None
    room_bot: RoomBot | None
    member: bool  # the contact is one of the room's


async def places(session: AsyncSession, conversation_ids: Collection[int]) -> dict[int, Place]:
    """By conversation."""
    found = await session.execute(
        select(Conversation, Bot, Room, RoomBot, Member.contact_id)
        .join(Bot, Bot.id == Conversation.bot_id)
        .outerjoin(Room, Room.id == Conversation.room_id)
        .outerjoin(RoomBot, (RoomBot.room_id == Room.id) & (RoomBot.bot_id == Bot.id))
        .outerjoin(
            Member,
            (Member.room_id == Room.id) & (Member.contact_id == Conversation.contact_id) & Member.left_at.is_(None),
        )
        .where(Conversation.id.in_(list(conversation_ids)))
        .execution_options(populate_existing=True)
    )
    return {
        conversation.id: Place(
            conversation=conversation, bot=bot, room=room, room_bot=room_bot, member=member is not None
        )
        for conversation, bot, room, room_bot, member in found
    }


async def zone_names(session: AsyncSession, contact_ids: Collection[int]) -> dict[int, str]:
    """The time zones of contacts' accounts, where they have one."""
    named = select(Contact.id, Account.timezone).join(Account, Contact.account_id == Account.id)
    found = await session.execute(named.where(Contact.id.in_(list(contact_ids)), Account.timezone.is_not(None)))
    return {contact: zone for contact, zone in found if zone}


async def silent_towards(session: AsyncSession, bot_id: int, room_id: int, contact_id: int) -> bool:
    """Whether a member of the room has said 停止应答 there."""
    stopped = select(Conversation.id).where(
        Conversation.bot_id == bot_id,
        Conversation.room_id == room_id,
        Conversation.contact_id == contact_id,
        Conversation.stopped_at.is_not(None),
    )
    return await session.scalar(stopped) is not None


async def member_names(session: AsyncSession, room_id: int) -> dict[int, set[str]]:
    """By contact, the names that the members of a room have there and by themselves; without the bots."""
    bots = select(Bot.wechat_id).where(Bot.wechat_id.is_not(None))
    found = await session.execute(
        select(Contact.id, Member.alias, Contact.name, Account.display_name)
        .join(Member, Member.contact_id == Contact.id)
        .outerjoin(Account, Account.id == Contact.account_id)
        .where(Member.room_id == room_id, Member.left_at.is_(None), Contact.wechat_id.not_in(bots))
    )
    return {contact: {name for name in names if name} for contact, *names in found}


async def private_place(session: AsyncSession, contact_ids: Collection[int]) -> tuple[int, int] | None:
    """A bot that may speak in private to one of these contacts, and which; one that is online, the oldest first."""
    found = await session.execute(
        select(Friend.bot_id, Friend.contact_id)
        .join(Bot, Bot.id == Friend.bot_id)
        .where(Friend.contact_id.in_(list(contact_ids)), Friend.engaged_at.is_not(None))
        .order_by((Bot.state == BotState.ONLINE).desc(), Friend.engaged_at, Friend.bot_id)
        .limit(1)
    )
    row = found.first()
    return None if row is None else (row[0], row[1])


# --- forgotten ---------------------------------------------------------------------------------------------


async def recalled(session: AsyncSession, message_ids: Collection[int]) -> Sequence[int]:
    """The reminders that one of these messages asked for, and that was taken back."""
    gone = select(Message.id).where(Message.id.in_(list(message_ids)), Message.recalled_at.is_not(None))
    return (await session.scalars(select(Reminder.id).where(Reminder.message_id.in_(gone)))).all()


async def quoting(session: AsyncSession, message_ids: Collection[int]) -> Sequence[Reminder]:
    """The reminders that hold words of these messages."""
    return (await session.scalars(select(Reminder).where(Reminder.quoted_id.in_(list(message_ids))))).all()


async def remove(session: AsyncSession, reminder_ids: Collection[int], handler: str) -> None:
    keys = [str(each) for each in reminder_ids]
    await session.execute(delete(Due).where(Due.handler == handler, Due.key.in_(keys)))
    await session.execute(delete(Reminder).where(Reminder.id.in_(list(reminder_ids))))


async def tidy(session: AsyncSession, ended_before: datetime) -> None:
    """Those that ended long ago are forgotten."""
    await session.execute(delete(Reminder).where(Reminder.ended_at < ended_before))


def ended(reminder: Reminder, state: ReminderState) -> None:
    """It is over; nothing of its last slot waits for an answer."""
    reminder.state, reminder.told_slot, reminder.ended_at = state, None, now()
