"""What falls on the days of a span: recurring reminders with each of their slots."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from web.pages.todos_items import Entry, rule

#: Months ahead of this one, and before it, that a calendar shows.
AHEAD, BACK = 24, 24
_DAY = timedelta(days=1)
#: What comes so often that a day shows it once.
_OFTEN = ("FREQ=HOURLY", "FREQ=MINUTELY", "FREQ=SECONDLY")


@dataclass(frozen=True, kw_only=True)
class Slot:
    """An entry on a day. ``at`` is None where only the day counts or it comes ``often``, which says how often."""

    entry: Entry
    at: datetime | None
    often: str = ""

    def clock(self, zone: ZoneInfo) -> str:
        return self.often or ("" if self.at is None else f"{self.at.astimezone(zone):%H:%M}")


def weeks_of(month: date) -> list[list[date]]:
    """The weeks, from Monday on, that hold days of the month."""
    first = month.replace(day=1)
    last = moved(first, 1) - _DAY
    start = first - timedelta(days=first.weekday())
    return [
        [start + timedelta(days=7 * week + day) for day in range(7)] for week in range(((last - start).days // 7) + 1)
    ]


def moved(month: date, by: int) -> date:
    """The first day of the month that many months later."""
    number = month.year * 12 + month.month - 1 + by
    return date(number // 12, number % 12 + 1, 1)


def by_day(entries: Iterable[Entry], first: date, last: date, zone: ZoneInfo) -> dict[date, list[Slot]]:
    """The slots of the days from ``first`` to ``last``, on each in their order; days with none are not there.

    Computes for a while where much recurs.
    """
    days: dict[date, list[Slot]] = {}
    for entry in entries:
        for day, slot in _slots(entry, first, last, zone):
            days.setdefault(day, []).append(slot)
    for slots in days.values():
        slots.sort(key=lambda each: (each.at is not None, each.at, each.entry.key) if each.at else (False, None, ""))
    return days


def _slots(entry: Entry, first: date, last: date, zone: ZoneInfo) -> Iterator[tuple[date, Slot]]:
    if entry.at is None:
        return
    if entry.series is None:
        day = entry.at.astimezone(zone).date()
        if first <= day <= last:
            yield day, Slot(entry=entry, at=None if entry.all_day else entry.at)
        return
    begin = max(datetime.combine(first, time(), zone), entry.at)
    parts = entry.series.rule.split(";")
    if entry.series.rule.startswith(_OFTEN) and not any(part.startswith(("BY", "UNTIL=", "COUNT=")) for part in parts):
        day = begin.astimezone(zone).date()
        while day <= last:
            yield day, Slot(entry=entry, at=None, often=rule(entry))
            day += _DAY
        return
    shown: dict[date, int] = {}
    for at in entry.series.slots(begin - timedelta(seconds=1)):
        day = at.astimezone(zone).date()
        if day > last:
            return
        shown[day] = shown.get(day, 0) + 1
        if shown[day] == 1 or not entry.series.rule.startswith(_OFTEN):
            yield day, Slot(entry=entry, at=at)
