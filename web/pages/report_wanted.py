"""Which report is wanted: the span and the room, as they stand in the address of the page."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from workers.report import spans
from workers.report.document import Grain, Report
from workers.report.spans import Span

#: Most days of a span that somebody chooses.
LONGEST = 366
#: Reports are of days from the first until the last (not itself).
FIRST, LAST = date(2000, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """``last`` is the last day of a span that somebody chose, and of no meaning else; ``room_id`` None is all rooms."""

    grain: Grain
    day: date
    last: date
    room_id: int | None

    def span(self, zone: ZoneInfo) -> Span:
        match self.grain:
            case "day":
                return spans.day(self.day, zone)
            case "week":
                return spans.week(self.day, zone)
            case "month":
                return spans.month(self.day, zone)
            case "span":
                first, end = spans.day(self.day, zone), spans.day(self.last, zone)
                return spans.between(first.since, end.until, zone)

    def days(self, zone: ZoneInfo) -> tuple[date, date]:
        """The first and the last day."""
        span = self.span(zone)
        return span.since.date(), (span.until - timedelta(microseconds=1)).astimezone(zone).date()

    def moved(self, steps: int, zone: ZoneInfo) -> "Wanted":
        """The one before (-1) or after (1), of the same kind or length."""
        first, last = self.days(zone)
        by = timedelta(days=(last - first).days + 1)
        if self.grain == "span":
            return replace(self, day=self.day + steps * by, last=self.last + steps * by)
        return replace(self, day=first - timedelta(days=1) if steps < 0 else last + timedelta(days=1))

    def changed(self, grain: Grain, zone: ZoneInfo, today: date) -> "Wanted":
        """Another kind of span around the same time: the newest day of a longer one that has been."""
        first, last = self.days(zone)
        if grain == "span":
            return replace(self, grain=grain, day=first, last=max(first, min(last, today)))
        return replace(self, grain=grain, day=max(first, min(last, today)) if grain == "day" else first)

    @property
    def path(self) -> str:
        query: dict[str, str | int] = {}
        if self.grain == "span":
            query = {"since": self.day.isoformat(), "until": self.last.isoformat()}
        else:
            query = {"grain": self.grain, "day": self.day.isoformat()}
        if self.room_id is not None:
            query["room"] = self.room_id
        return f"/reports?{urlencode(query)}"


def read(grain: str, day: str, since: str, until: str, room_id: int | None, today: date) -> Wanted:
    """What an address says; what it says badly is today. A span is no longer than ``LONGEST`` days."""
    first, last = day_of(since), day_of(until)
    if first is not None or last is not None:
        first, last = sorted((first or last or today, last or first or today))
        return Wanted(grain="span", day=max(first, last - timedelta(days=LONGEST - 1)), last=last, room_id=room_id)
    of = day_of(day) or today
    match grain:
        case "week" | "month":
            return Wanted(grain=grain, day=of, last=of, room_id=room_id)
    return Wanted(grain="day", day=of, last=of, room_id=room_id)


def of_report(report: Report) -> Wanted:
    """The address of a stored one."""
    zone = ZoneInfo(report.zone)
    first = report.since.astimezone(zone).date()
    last = (report.until - timedelta(microseconds=1)).astimezone(zone).date()
    return Wanted(grain=report.grain, day=first, last=last, room_id=report.room_id)


def day_of(words: str) -> date | None:
    """A day that a report can be of."""
    try:
        found = datetime.fromisoformat(words).date()
    except ValueError:
        return None
    return found if FIRST <= found < LAST else None
