"""Telling what is due: once a slot, late rather than lost, all that one person missed in one message.

It goes to the outbox by itself, so that no trouble of the dialogue can lose it; beside it a turn is put in, from which
the dialogue knows that it was told, and a bare 完成 is about it.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from botbay import due
from botbay.chat import contacts, conversations, outbox
from botbay.chat.models import Conversation, Room
from botbay.db import now
from botbay.due import Due
from workers.reminders import repository, words
from workers.reminders.models import Reminder, ReminderState
from workers.reminders.repository import Place
from workers.reminders.service import HANDLER, zones_of
from workers.reminders.slots import Passed, Series

#: What the dialogue is told: see ``actions.reminders``.
TRIGGER = "reminder_due"
#: When to look again whether the bot may speak there, and whether another has told it already.
_SILENT, _BUSY = timedelta(minutes=10), timedelta(milliseconds=300)


@dataclass(frozen=True, kw_only=True)
class _Told:
    """A reminder with the slots that have come, the first of them ``slot``; ``zone`` is its asker's."""

    reminder: Reminder
    slot: datetime
    passed: Passed
    zone: ZoneInfo


async def _remind(session: AsyncSession, rows: Sequence[Due]) -> dict[int, due.Outcome]:
    """Tells these, and with them whatever else is due in the same place for the same person."""
    reminders = await repository.by_id(session, [int(row.key) for row in rows])
    leads = {
        row.id: each
        for row in rows
        if (each := reminders.get(int(row.key))) is not None and each.state == ReminderState.WAITING
    }
    results: dict[int, due.Outcome] = {row.id: None for row in rows if row.id not in leads}
    alone = await repository.alone(session, {each.conversation_id for each in leads.values()})
    moment = now()
    found = await repository.due_in(session, HANDLER, alone, [each.id for each in leads.values()], moment)
    told = await _tell(session, found, moment)
    for row, _ in found:
        if row.id not in leads:
            await _move_on(session, row, told[row.id])
    # Those of which another has a part in hand. They come back one by one, and then they are told together.
    busy = {each: due.Later(moment + _BUSY * random.uniform(0.3, 1.7)) for each in leads}
    return results | busy | {each: told[each] for each in leads if each in told}


#: The due handler.
remind = due.Several(_remind, most=40)


async def _tell(
    session: AsyncSession, found: Sequence[tuple[Due, Reminder]], moment: datetime
) -> dict[int, due.Outcome]:
    """Tell what is due; by the id of its row what becomes of that."""
    places = await repository.places(session, {reminder.conversation_id for _, reminder in found})
    people = {each.asker_id for _, each in found} | {each.conversation.contact_id for each in places.values()}
    zones = await zones_of(session, people)
    together: dict[tuple[int, int | None], list[_Told]] = {}
    results: dict[int, due.Outcome] = {}
    for row, reminder in found:
        place = places[reminder.conversation_id]
        if (until := _silent_until(place, reminder, moment)) is not None:
            results[row.id] = due.Later(until)
        elif why := _nobody(place, reminder):
            await _give_up(session, reminder, place, row.at, why)
            results[row.id] = None
        else:
            zone = zones[reminder.asker_id]
            passed = _passed(reminder, row.at, zone, moment)
            told = _Told(reminder=reminder, slot=row.at, passed=passed, zone=zone)
            together.setdefault((reminder.conversation_id, reminder.contact_id), []).append(told)
            results[row.id] = passed.following
    said = []
    for (conversation_id, _), several in together.items():
        place = places[conversation_id]
        several.sort(key=lambda each: (each.passed.last, each.reminder.id))
        said.append(await _words(session, place, several, zones[place.conversation.contact_id], moment))
    await outbox.put_texts(session, said)
    trigger = {"intent": TRIGGER, "entities": {}}
    await conversations.queue_triggers(session, {each.key: each.conversation_id for each in said}, trigger)
    for each, several in zip(said, together.values(), strict=True):
        _note_told(session, several, each.key, moment)
    return results


async def _move_on(session: AsyncSession, row: Due, to: due.Outcome) -> None:
    match to:
        case None:
            await session.delete(row)
        case due.Later(until=until):
            row.not_before = until
        case following:
            row.at = row.not_before = following


def _passed(reminder: Reminder, slot: datetime, zone: ZoneInfo, moment: datetime) -> Passed:
    first = datetime.fromisoformat(reminder.first)
    if reminder.rule is None:
        return Passed(last=slot, count=1, following=None, first=first)
    series = Series(rule=reminder.rule, first=first, zone=zone, workdays=reminder.workdays)
    return series.passed(slot, moment)


async def _words(
    session: AsyncSession, place: Place, told: Sequence[_Told], zone: ZoneInfo, moment: datetime
) -> outbox.Words:
    """What is told in one message. ``zone`` is that of the conversation's person."""
    conversation, lead = place.conversation, told[0]
    key = f"{HANDLER}:{lead.reminder.id}:{lead.slot.isoformat()}"
    everybody = lead.reminder.contact_id is None
    own = lead.zone if everybody and place.room is not None else zone
    said = [
        words.Due(
            what=each.reminder.what,
            by=await _asker(session, each.reminder, place),
            slot=each.passed.last,
            missed=each.passed.count - 1,
            rule=each.reminder.rule,
            first=each.passed.last.astimezone(own).replace(tzinfo=None) if each.reminder.rule else None,
        )
        for each in told
    ]
    if place.room is None:
        return outbox.Words(conversation_id=conversation.id, key=key, text=words.private(said, own, moment))
    text = words.in_room(said, own, moment, everybody=everybody)
    if not everybody:
        text = f"@{await contacts.shown_name(session, conversation.contact_id, place.room.id)}\u2005{text}"
    return outbox.Words(conversation_id=conversation.id, key=key, text=text, mention=not everybody)


def _note_told(session: AsyncSession, told: Sequence[_Told], key: str, moment: datetime) -> None:
    for each in told:
        reminder, passed = each.reminder, each.passed
        reminder.told_at, reminder.told_slot, reminder.told_key = moment, passed.last, key
        reminder.missed = passed.count - 1
        reminder.first = passed.first.isoformat()
        repository.note(session, reminder, "told", slot=passed.last)
        if passed.following is None:
            reminder.state, reminder.at = ReminderState.TOLD, passed.last
        else:
            reminder.at = passed.following


async def _asker(session: AsyncSession, reminder: Reminder, place: Place) -> str:
    """The name of who asked, empty where it was the one who is told."""
    if reminder.asker_id == reminder.contact_id:
        return ""
    return await contacts.shown_name(session, reminder.asker_id, place.room.id if place.room is not None else None)


# --- where it cannot be told -------------------------------------------------------------------------------


def _silent_until(place: Place, reminder: Reminder, moment: datetime) -> datetime | None:
    """When to look again, while the bot is silent there; None where it may speak. What waits is not lost."""
    silenced = place.bot.silenced_at is not None or (place.room is not None and place.room.stopped_at is not None)
    own = reminder.contact_id is not None and reminder.contact_id == reminder.asker_id
    if silenced or (own and place.conversation.stopped_at is not None):
        return moment + _SILENT
    pauses = (place.conversation.paused_until, place.room_bot.paused_until if place.room_bot is not None else None)
    return max((each for each in pauses if each is not None and each > moment), default=None)


def _nobody(place: Place, reminder: Reminder) -> str:
    """Why nobody can be told there, for people; empty where somebody can."""
    if place.room is None:
        return ""
    if place.room_bot is None or place.room_bot.left_at is not None or place.room_bot.engaged_at is None:
        return f"我已经不在「{place.room.topic}」里了"
    if reminder.contact_id is None:
        return ""
    if not place.member:
        return "TA 已经不在群里了"
    return "TA 让我别打扰" if place.conversation.stopped_at is not None else ""


async def _give_up(session: AsyncSession, reminder: Reminder, place: Place, slot: datetime, why: str) -> None:
    """It cannot be told any more, nor will it be: the asker hears of it, where that is possible."""
    assert place.room is not None
    repository.note(session, reminder, "undeliverable", slot=slot)
    repository.ended(reminder, ReminderState.CANCELLED)
    whom = ""
    if reminder.contact_id is not None:
        whom = await contacts.shown_name(session, reminder.contact_id, place.room.id)
    text = words.undelivered(reminder.what, whom if reminder.contact_id != reminder.asker_id else "你", why)
    key = f"{HANDLER}:{reminder.id}:undelivered"
    if (back := await _way_back(session, reminder, place)) is None:
        return
    if back.room_id is not None:
        call = f"@{await contacts.shown_name(session, reminder.asker_id, back.room_id)}\u2005"
        await outbox.put(session, back.id, key, text=call + text, mention=True)
    else:
        await outbox.put(session, back.id, key, text=text)


async def _way_back(session: AsyncSession, reminder: Reminder, place: Place) -> Conversation | None:
    """The asker's conversation: in the room while both are there, else in private where the bot may speak."""
    bot_id, room = place.bot.id, place.room
    assert room is not None
    here = place.room_bot is not None and place.room_bot.left_at is None
    if here and await _is_member(session, room, reminder.asker_id):
        found = await conversations.get(session, bot_id, room.id, reminder.asker_id)
    elif await contacts.engaged(session, bot_id, [reminder.asker_id]):
        found = await conversations.get(session, bot_id, None, reminder.asker_id)
    else:
        return None
    conversation = await session.get_one(Conversation, found)
    return None if conversation.stopped_at is not None else conversation


async def _is_member(session: AsyncSession, room: Room, contact_id: int) -> bool:
    return contact_id in await repository.member_names(session, room.id)
