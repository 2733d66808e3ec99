"""What waits or was told gets another time: 晚10分钟, 第二个改到九点, 往后推一天."""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from actions import reminder_moves, reminder_words
from actions.base import Context
from actions.reminder_items import Item, who
from actions.requests import Request
from botbay.db import now
from botbay.zh.time import parse
from workers.reminders import service, times
from workers.reminders.service import New, ReminderError, When
from workers.reminders.times import Unclear

#: 晚点 says no more than that.
_A_WHILE = timedelta(minutes=10)


async def put_off(context: Context, request: Request, items: Sequence[Item]) -> str:
    """Gives each its new time; what to say. The request's part ``said`` is the sentence. Raises ReminderError."""
    session, (subject, audience) = context.session, who(context)
    zone = await service.zone_of(session, context.contact.id)
    if request.parts.get("time") is None and request.parts.get("unreal"):
        raise ReminderError(times.no_such_day(str(request.parts["unreal"])))
    said = request.parts.get("time")
    again, shown = "再", ""
    for each in items:
        try:
            moved = _moved(each, request, zone)
            when = moved or _from_now(request, zone)
        except Unclear as question:
            raise ReminderError(str(question)) from None
        if _waits(each) and each.rule is not None and when.rule is None:
            raise ReminderError(f"「{each.name}」是重复的，要改就说改成每天几点，比如「{each.name}改到每天早上九点」。")
        if each.todo is not None:
            await _remind_of(context, each, when)
        elif moved is not None or when.rule is not None:
            await service.change(session, subject, audience, each.id, zone, when=when)
        else:
            await service.snooze(session, subject, audience, each.id, when.at, zone)
        again, shown = "" if moved else "再", times.shown(when, zone, now())
    hint = "" if said else "要别的时间就说「晚半小时」。"
    lead = "好，" if again else "改好了，"
    return f"{lead}{shown} {again}提醒{_whom(items, context.contact.id)}：{reminder_words.names(items)}。{hint}"


def _waits(item: Item) -> bool:
    return item.row is not None and not item.told and item.at is not None and item.at > now()


def _moved(item: Item, request: Request, zone: ZoneInfo) -> When | None:
    """Where one that waits comes instead; None where it was told, or the words count from now. Raises Unclear."""
    if not _waits(item) or item.row is None or item.at is None:
        return None
    old = When(at=item.at, rule=item.rule, workdays=item.row.reminder.workdays)
    if not request.parts.get("time"):
        return When(at=item.at + _A_WHILE) if item.rule is None else None
    read = reminder_moves.moved(str(request.parts.get("said") or ""), old, zone, now())
    if read is None:
        read = reminder_moves.moved(str(request.parts["time"]["text"]), old, zone, now())
    return None if read is None else read.when


def _from_now(request: Request, zone: ZoneInfo) -> When:
    """Raises Unclear."""
    words = str(request.parts["time"]["text"]) if request.parts.get("time") else ""
    found = parse(words, now().astimezone(zone).replace(tzinfo=None), "future")
    length = next((one.length for one in found if one.length), None)
    read = times.read(words, zone, now(), asked=True) if words and length is None else None
    return read.when if read is not None else When(at=now() + (length or _A_WHILE))


def _whom(items: Sequence[Item], me: int) -> str:
    """Who hears it, as it is said to ``me`` who moved it."""
    rows = [each.row for each in items if each.row is not None]
    if any(row.reminder.contact_id is None for row in rows):
        return "大家"
    others = {row.whom for row in rows if row.reminder.contact_id not in (row.reminder.asker_id, me)}
    return "、".join(sorted(others)) or "你"


async def _remind_of(context: Context, item: Item, when: When) -> None:
    """A todo of the minutes is put off: a reminder is made of it."""
    session, me = context.session, context.contact
    room_id = context.room.id if context.room is not None else None
    place = await service.conversation_for(session, context.bot.id, room_id, me.id, me.id)
    new = New(conversation_id=place, asker_id=me.id, contact_id=me.id, what=item.name, when=when, todo_id=item.id)
    await service.create(session, new, await service.zone_of(session, me.id), by=who(context)[0])
