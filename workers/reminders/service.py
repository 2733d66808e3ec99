"""Reminders: set, listed, moved, done, taken back. Their time is a row of ``botbay.due``; ``telling`` says them.

Nothing here commits. Who asked for a reminder and whom it is for may change it; one for a whole room is its asker's,
and that of whoever answers for the room.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from botbay import due
from botbay.chat import contacts, conversations, rooms
from botbay.chat.access import PRIVATE, Audience, Subject
from botbay.chat.models import Conversation
from botbay.db import now
from botbay.settings import load_settings
from workers.minutes import service as minutes
from workers.reminders import repository
from workers.reminders.models import Reminder, ReminderEvent, ReminderState
from workers.reminders.repository import OPEN, Row, readable_reminders
from workers.reminders.slots import Series, point_in_words

#: The name under ``botbay.due``.
HANDLER = "reminders.remind"
#: Reminders that wait, of one person.
MOST = 200
LONGEST = 200  # characters
_FARTHEST = timedelta(days=3653)
_OFTENEST, _OFTENEST_IN_ROOM = timedelta(minutes=5), timedelta(hours=1)
_KEPT = timedelta(days=90)
#: What stands for quoted words that were taken back.
_TAKEN_BACK = "（原来引用的那条消息已经不在了）"


class ReminderError(Exception):
    """It cannot be done so. The text is for people: what is wrong, and what to do."""


@dataclass(frozen=True, kw_only=True)
class When:
    """A slot, and where it comes again the rule (RFC 5545) by the clock on the person's wall.

    ``workdays``: not on holidays, and on the days that are worked instead.
    """

    at: datetime
    rule: str | None = None
    workdays: bool = False


@dataclass(frozen=True, kw_only=True)
class New:
    """``conversation_id`` is where it is told, ``contact_id`` for whom, None for all of the room."""

    conversation_id: int
    asker_id: int
    contact_id: int | None
    what: str
    when: When
    message_id: int | None = None
    quoted_id: int | None = None
    todo_id: int | None = None


async def zone_of(session: AsyncSession, contact_id: int) -> ZoneInfo:
    """The time zone by whose clock a person speaks of times."""
    return (await zones_of(session, [contact_id]))[contact_id]


async def zones_of(session: AsyncSession, contact_ids: Collection[int]) -> dict[int, ZoneInfo]:
    """That of each of some people."""
    named = await repository.zone_names(session, contact_ids)
    usual = load_settings().zone
    return {each: ZoneInfo(named[each]) if each in named else usual for each in contact_ids}


async def members(session: AsyncSession, room_id: int) -> dict[int, set[str]]:
    """Whom somebody in a room may have reminded there: by contact, the names that each bears."""
    return await repository.member_names(session, room_id)


async def conversation_for(
    session: AsyncSession, bot_id: int, room_id: int | None, asker_id: int, contact_id: int | None
) -> int:
    """Where it is told: what is one's own in private, if the bot may speak there; for others in the room.

    Raises ReminderError where the one whom it is for does not want to be spoken to.
    """
    if contact_id == asker_id and await contacts.engaged(session, bot_id, [asker_id]):
        return await conversations.get(session, bot_id, None, asker_id)
    if contact_id is not None and contact_id != asker_id and room_id is not None:
        if await repository.silent_towards(session, bot_id, room_id, contact_id):
            raise ReminderError("TA 在这个群里让我别打扰，没法提醒 TA。要我到时候提醒你去说一声，就说「提醒我」。")
        return await conversations.get(session, bot_id, room_id, contact_id)
    return await conversations.get(session, bot_id, room_id, asker_id)


async def own_place(session: AsyncSession, subject: Subject) -> tuple[int, int]:
    """Where one is told in private what one sets elsewhere than in chat: the conversation, and the contact that one is.

    Raises ReminderError where no bot may speak there.
    """
    found = await repository.private_place(session, await own_contacts(session, subject))
    if found is None:
        raise ReminderError("机器人还不能私聊你：先在微信里加它好友，跟它打个招呼，再来设提醒。")
    bot_id, contact_id = found
    return await conversations.get(session, bot_id, None, contact_id), contact_id


def check(when: When, zone: ZoneInfo, *, in_room: bool) -> When:
    """The slot as it will come: one that recurs begins with the next. Raises ReminderError where it cannot be."""
    moment = now()
    if when.rule is None:
        if when.at <= moment:
            shown = point_in_words(when.at, zone, moment)
            raise ReminderError(f"{shown} 已经过了，换个以后的时间吧，比如「明天下午三点」。")
        _near(when.at, moment)
        return when
    try:
        series = Series.starting(when.rule, when.at, zone, workdays=when.workdays)
        closest, coming = series.closest(), when.at if when.at > moment else series.after(moment)
    except (ValueError, OverflowError):
        raise ReminderError("这个重复的规律我没看懂，换个说法，比如「每周五下午五点」。") from None
    least = _OFTENEST_IN_ROOM if in_room else _OFTENEST
    if closest is not None and closest < least:
        often = "在群里最多一小时一次，免得吵到大家" if in_room else "最多 5 分钟一次"
        raise ReminderError(f"这样提醒太密了，{often}。要隔多久？比如「每小时」。")
    if coming is None:
        raise ReminderError("这个时间不会再来了，换一个吧，比如「每周五下午五点」。")
    _near(coming, moment)
    return When(at=coming, rule=when.rule, workdays=when.workdays)


def _near(at: datetime, moment: datetime) -> None:
    if at > moment + _FARTHEST:
        raise ReminderError("太远了，我最多记十年以内的事。换个近一点的时间吧。")


# --- set ---------------------------------------------------------------------------------------------------


async def create(session: AsyncSession, new: New, zone: ZoneInfo, *, by: Subject) -> Reminder:
    """Set it. Raises ReminderError where the time will not do or one person has too many."""
    conversation = await session.get_one(Conversation, new.conversation_id)
    when = check(new.when, zone, in_room=conversation.room_id is not None)
    if await repository.count_open(session, await own_contacts(session, by)) >= MOST:
        raise ReminderError(f"你已经有 {MOST} 条提醒在等着了，先取消几条再加吧。说「我的提醒」看有哪些。")
    what = new.what.replace("\x00", "").strip()
    reminder = Reminder(
        conversation_id=new.conversation_id,
        asker_id=new.asker_id,
        contact_id=new.contact_id,
        what=what if len(what) <= LONGEST else f"{what[: LONGEST - 1]}…",
        message_id=new.message_id,
        quoted_id=new.quoted_id,
        todo_id=new.todo_id,
        state=ReminderState.WAITING,
        at=when.at,
        first="",
    )
    _set(reminder, when, zone)
    session.add(reminder)
    await session.flush()
    repository.note(session, reminder, "created", new.asker_id)
    await due.put(session, HANDLER, str(reminder.id), reminder.at, {})
    return reminder


def _set(reminder: Reminder, when: When, zone: ZoneInfo) -> None:
    reminder.at, reminder.rule, reminder.workdays = when.at, when.rule, when.workdays
    series = Series.starting(when.rule or "", when.at, zone)
    reminder.first = series.first.isoformat()


# --- read --------------------------------------------------------------------------------------------------


async def list_of(session: AsyncSession, subject: Subject, audience: Audience) -> list[Row]:
    """The open ones that may be shown here, the next first."""
    return await repository.rows(session, readable_reminders(subject, audience).where(Reminder.state.in_(OPEN)))


async def ended_of(session: AsyncSession, subject: Subject, limit: int) -> list[Row]:
    """Those of one's own that are done or cancelled, for some months, the last first."""
    ended = readable_reminders(subject, PRIVATE).where(Reminder.state.not_in(OPEN))
    return await repository.rows(session, ended, limit, ended=True)


async def get(session: AsyncSession, subject: Subject, audience: Audience, reminder_id: int) -> Row | None:
    """One, whatever its state; None where it is not there or may not be shown here."""
    wanted = readable_reminders(subject, audience).where(Reminder.id == reminder_id)
    return next(iter(await repository.rows(session, wanted, 1)), None)


async def told_by(session: AsyncSession, key: str) -> Sequence[Reminder]:
    """What was told by the turn and the message with this key, in the message's order, and still waits for a word."""
    return [each for each in await repository.told_with(session, key) if each.told_slot is not None]


async def own_contacts(session: AsyncSession, subject: Subject) -> set[int]:
    """The contacts that are this person."""
    return set(await session.scalars(repository.own_contacts(subject)))


async def history(session: AsyncSession, subject: Subject, reminder_id: int) -> Sequence[ReminderEvent]:
    """What became of it, the earliest first; nothing where it may not be seen."""
    if await get(session, subject, PRIVATE, reminder_id) is None:
        return []
    return await repository.history(session, reminder_id)


# --- changed -----------------------------------------------------------------------------------------------


async def cancel(session: AsyncSession, subject: Subject, audience: Audience, reminder_id: int) -> Row:
    """It comes no more, nor again. Raises ReminderError where it is over or not theirs to change."""
    row, by = await _held(session, subject, audience, reminder_id)
    await due.remove(session, HANDLER, str(reminder_id))
    repository.note(session, row.reminder, "cancelled", by)
    repository.ended(row.reminder, ReminderState.CANCELLED)
    await session.flush()
    return row


async def complete(session: AsyncSession, subject: Subject, audience: Audience, reminder_id: int) -> Row:
    """Done; of one that recurs this time is, and the next will come. A todo that it was made of is done too.

    Raises ReminderError as ``cancel`` does.
    """
    row, by = await _held(session, subject, audience, reminder_id)
    reminder = row.reminder
    repository.note(session, reminder, "done", by, reminder.told_slot)
    if reminder.rule is not None and reminder.state == ReminderState.WAITING:
        reminder.told_slot = None
    else:
        await due.remove(session, HANDLER, str(reminder_id))
        repository.ended(reminder, ReminderState.DONE)
        if reminder.todo_id is not None:
            await minutes.close_todo(session, subject, audience, reminder.todo_id, done=True)
    await session.flush()
    return row


async def snooze(
    session: AsyncSession, subject: Subject, audience: Audience, reminder_id: int, at: datetime, zone: ZoneInfo
) -> Row:
    """Told again at another time. Of one that recurs the slot that was told last is, beside the rule.

    Raises ReminderError as ``cancel`` and ``check`` do.
    """
    row, by = await _held(session, subject, audience, reminder_id)
    reminder = row.reminder
    when = check(When(at=at), zone, in_room=row.room is not None)
    repository.note(session, reminder, "snoozed", by, reminder.told_slot)
    if reminder.rule is None:
        _set(reminder, when, zone)
        reminder.state, reminder.told_slot = ReminderState.WAITING, None
        await session.flush()
        await due.put(session, HANDLER, str(reminder_id), when.at, {})
        return row
    reminder.told_slot = None
    new = New(
        conversation_id=reminder.conversation_id,
        asker_id=reminder.asker_id,
        contact_id=reminder.contact_id,
        what=reminder.what,
        when=when,
        message_id=reminder.message_id,
        quoted_id=reminder.quoted_id,
        todo_id=reminder.todo_id,
    )
    await create(session, new, zone, by=subject)
    return row


async def change(
    session: AsyncSession,
    subject: Subject,
    audience: Audience,
    reminder_id: int,
    zone: ZoneInfo,
    *,
    when: When | None = None,
    what: str | None = None,
) -> Row:
    """Another time or other words, from now on. Raises ReminderError as ``snooze`` does."""
    row, by = await _held(session, subject, audience, reminder_id)
    reminder = row.reminder
    if what is not None and what.strip():
        reminder.what = what.strip()[:LONGEST]
    if when is not None:
        _set(reminder, check(when, zone, in_room=row.room is not None), zone)
        reminder.state, reminder.told_slot = ReminderState.WAITING, None
        await due.put(session, HANDLER, str(reminder_id), reminder.at, {})
    repository.note(session, reminder, "changed", by)
    await session.flush()
    return row


async def skip(session: AsyncSession, subject: Subject, audience: Audience, reminder_id: int, slot: datetime) -> Row:
    """The next slot of one that recurs is left out, as long as it is ``slot``; where none follows, it is cancelled.

    Raises ReminderError as ``cancel`` does, and where another slot comes next by now.
    """
    row, by = await _held(session, subject, audience, reminder_id)
    reminder = row.reminder
    if reminder.rule is None or reminder.state != ReminderState.WAITING or reminder.at != slot:
        raise ReminderError("这一次已经过去了，看看下一次是什么时候，再决定要不要取消。")
    first, zone = datetime.fromisoformat(reminder.first), await zone_of(session, reminder.asker_id)
    series = Series(rule=reminder.rule, first=first, zone=zone, workdays=reminder.workdays)
    coming = series.passed(reminder.at, reminder.at)
    if coming.following is None:
        return await cancel(session, subject, audience, reminder_id)
    repository.note(session, reminder, "skipped", by, reminder.at)
    reminder.at, reminder.first = coming.following, coming.first.isoformat()
    await due.put(session, HANDLER, str(reminder_id), reminder.at, {})
    await session.flush()
    return row


async def may_change(session: AsyncSession, subject: Subject, row: Row) -> bool:
    """Whether it is theirs to change."""
    own = await own_contacts(session, subject)
    return bool(own & {row.reminder.asker_id, row.reminder.contact_id}) or await _answers_for(session, row, own)


async def todo_closed(session: AsyncSession, todo_id: int) -> None:
    """A todo is done: nobody is reminded of it any more."""
    for reminder_id in await repository.of_todo(session, todo_id):
        await repository.hold_due(session, HANDLER, reminder_id)
        reminder = await repository.held(session, reminder_id)
        if reminder is not None and reminder.state in OPEN:
            await due.remove(session, HANDLER, str(reminder_id))
            repository.note(session, reminder, "done")
            repository.ended(reminder, ReminderState.DONE)


async def _held(
    session: AsyncSession, subject: Subject, audience: Audience, reminder_id: int
) -> tuple[Row, int | None]:
    """An open one that they may change, held until the transaction ends, and the contact that changes it."""
    await repository.hold_due(session, HANDLER, reminder_id)
    await repository.held(session, reminder_id)
    row = await get(session, subject, audience, reminder_id)
    if row is None or row.reminder.state not in OPEN:
        raise ReminderError("这条提醒已经不在了，说「我的提醒」看看现在有哪些。")
    own = await own_contacts(session, subject)
    reminder = row.reminder
    if not own & {reminder.asker_id, reminder.contact_id} and not await _answers_for(session, row, own):
        raise ReminderError(f"「{reminder.what}」是{row.asker}给大家设的，要改就找 TA 或群主。")
    return row, subject.contact_id if subject.contact_id is not None else min(own, default=None)


async def _answers_for(session: AsyncSession, row: Row, own: Collection[int]) -> bool:
    return row.room is not None and any([await rooms.may_decide(session, row.room.id, each) for each in own])


# --- forgotten ---------------------------------------------------------------------------------------------


async def forget(session: AsyncSession, message_ids: Collection[int]) -> None:
    """These messages were recalled or erased: what a recalled one asked for goes, and what was quoted from any."""
    gone = await repository.recalled(session, message_ids)
    await repository.remove(session, gone, HANDLER)
    for reminder in await repository.quoting(session, message_ids):
        reminder.what, reminder.quoted_id = _TAKEN_BACK, None


async def tidy(session: AsyncSession) -> None:
    """What ended long ago is forgotten."""
    await repository.tidy(session, now() - _KEPT)
