"""What somebody has to do, for the page and for calendars: reminders, and todos that minutes found."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.access import PRIVATE, Subject
from botbay.chat.lines import flat
from botbay.chat.models import Account
from botbay.settings import load_settings
from botbay.zh.masking import masked
from botbay.zh.time import Grain, TimeExpression, describe
from workers.minutes import service as minutes
from workers.minutes.found import OpenTodo
from workers.reminders import service
from workers.reminders.models import ReminderState
from workers.reminders.repository import Row
from workers.reminders.slots import Series, in_words, point_in_words

#: So many rows a phone still scrolls smoothly.
SHOWN = 200
#: In this order they stand on the page.
GROUPS = ("过期", "今天", "明天", "本周", "以后", "没有时间")
#: A todo of a day is due at its end.
_END_OF_DAY = time(23, 59)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A reminder, or a todo of the minutes. ``what`` is masked; ``own_words`` are the whole ones, for who wrote them.

    ``at`` is the slot that comes next, or the last one; None where no time was said; ``all_day``: only its day counts.
    ``series`` is there where it recurs. ``told`` is the slot that was told and waits for a word. ``place`` is where it
    comes from, ``who`` asked and for whom, in words.
    """

    kind: str  # reminder or todo
    id: int
    what: str
    own_words: str | None
    at: datetime | None
    all_day: bool
    series: Series | None
    told: datetime | None
    place: str
    who: str
    in_room: bool
    changeable: bool
    state: ReminderState | None = None
    ended_at: datetime | None = None

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.id}"


def zone_of(account: Account) -> ZoneInfo:
    return ZoneInfo(account.timezone) if account.timezone else load_settings().zone


async def open_entries(session: AsyncSession, account: Account) -> list[Entry]:
    """What waits, by its time; that without one last. What a reminder was made of stands there once."""
    subject = Subject.of_account(account)
    own = await service.own_contacts(session, subject)
    rows = await service.list_of(session, subject, PRIVATE)
    entries = [await _of_row(session, subject, row, own) for row in rows]
    reminded = {row.reminder.todo_id for row in rows}
    zone = zone_of(account)
    todos = await minutes.open_todos(session, subject, PRIVATE, who=own)
    entries += [_of_todo(todo, zone) for todo in todos if todo.id not in reminded]
    last = datetime.max.replace(tzinfo=UTC)
    return sorted(entries, key=lambda each: (each.at or last, each.kind, each.id))


async def ended_entries(session: AsyncSession, account: Account) -> list[Entry]:
    """The ``SHOWN`` reminders that were done or cancelled last, the last first."""
    subject = Subject.of_account(account)
    own = await service.own_contacts(session, subject)
    return [await _of_row(session, subject, row, own) for row in await service.ended_of(session, subject, SHOWN)]


async def _of_row(session: AsyncSession, subject: Subject, row: Row, own: set[int]) -> Entry:
    reminder, series = row.reminder, None
    if reminder.rule is not None:
        series = Series(
            rule=reminder.rule,
            first=datetime.fromisoformat(reminder.first),
            zone=await service.zone_of(session, reminder.asker_id),
            workdays=reminder.workdays,
        )
    mine = reminder.asker_id in own
    return Entry(
        kind="reminder",
        id=reminder.id,
        what=masked(flat(reminder.what)),
        own_words=reminder.what if mine else None,
        at=reminder.at,
        all_day=False,
        series=series,
        told=reminder.told_slot,
        place=_place(row),
        who=_who(row, own),
        in_room=row.room is not None,
        changeable=await service.may_change(session, subject, row),
        state=reminder.state,
        ended_at=reminder.ended_at,
    )


def _of_todo(todo: OpenTodo, zone: ZoneInfo) -> Entry:
    return Entry(
        kind="todo",
        id=todo.id,
        what=masked(flat(todo.what)),
        own_words=None,
        at=todo.due,
        all_day=todo.due is not None and todo.due.astimezone(zone).time() >= _END_OF_DAY,
        series=None,
        told=None,
        place=masked(flat(todo.room)) or "没有名字的群",
        who="纪要里的待办",
        in_room=True,
        changeable=True,
    )


def _place(row: Row) -> str:
    return "私聊" if row.room is None else masked(flat(row.room.topic)) or "没有名字的群"


def _who(row: Row, own: set[int]) -> str:
    reminder = row.reminder
    asker = "我" if reminder.asker_id in own else masked(flat(row.asker)) or "有人"
    if reminder.contact_id is None:
        return f"{asker}提醒大家"
    if reminder.contact_id in own:
        return "我提醒自己" if asker == "我" else f"{asker}提醒我"
    return f"{asker}提醒{masked(flat(row.whom)) or '群里的人'}"


# --- in words ----------------------------------------------------------------------------------------------


def group_of(entry: Entry, zone: ZoneInfo, moment: datetime) -> str:
    """One of ``GROUPS``."""
    if entry.at is None:
        return "没有时间"
    if entry.at <= moment:
        return "过期"
    day, today = entry.at.astimezone(zone).date(), moment.astimezone(zone).date()
    if day == today:
        return "今天"
    if day == today + timedelta(days=1):
        return "明天"
    return "本周" if day <= today + timedelta(days=6 - today.weekday()) else "以后"


def when(entry: Entry, zone: ZoneInfo, moment: datetime) -> str:
    """今天 15:00, or only its day; empty where no time was said."""
    if entry.at is None:
        return ""
    if not entry.all_day:
        return point_in_words(entry.at, zone, moment)
    day = datetime.combine(entry.at.astimezone(zone).date(), time())
    said = TimeExpression(kind="point", text="", start=0, end=0, at=day, precision=Grain.DAY)
    return describe(said, moment.astimezone(zone).replace(tzinfo=None))


def rule(entry: Entry) -> str:
    """每天 08:00, by the clock of who asked for it; empty where it comes once."""
    if entry.series is None or entry.at is None:
        return ""
    return in_words(entry.series.rule, entry.at.astimezone(entry.series.zone).replace(tzinfo=None))
