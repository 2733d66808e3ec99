"""Spans of whole days in somebody's time zone, however long those days are."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from workers.report.document import Grain


@dataclass(frozen=True, kw_only=True)
class Span:
    """From ``since`` until ``until`` (not itself), both aware and in ``zone``."""

    grain: Grain
    since: datetime
    until: datetime
    zone: ZoneInfo


def day(of: date, zone: ZoneInfo) -> Span:
    return _days("day", of, of + timedelta(days=1), zone)


def week(of: date, zone: ZoneInfo) -> Span:
    """The week, Monday to Sunday, in which a day lies."""
    monday = of - timedelta(days=of.weekday())
    return _days("week", monday, monday + timedelta(days=7), zone)


def month(of: date, zone: ZoneInfo) -> Span:
    first = of.replace(day=1)
    return _days("month", first, (first + timedelta(days=32)).replace(day=1), zone)


def between(since: datetime, until: datetime, zone: ZoneInfo) -> Span:
    """Any span; one that is a day, a week or a month is called so. Times are aware."""
    since, until = since.astimezone(zone), until.astimezone(zone)
    for whole in (day, week, month):
        span = whole(since.date(), zone)
        # As moments: where the clocks go forward at midnight, the day begins at a time that the wall never shows.
        if (span.since.timestamp(), span.until.timestamp()) == (since.timestamp(), until.timestamp()):
            return span
    return Span(grain="span", since=since, until=until, zone=zone)


def _days(grain: Grain, first: date, end: date, zone: ZoneInfo) -> Span:
    return Span(
        grain=grain,
        since=datetime.combine(first, time(), zone),
        until=datetime.combine(end, time(), zone),
        zone=zone,
    )


def before(span: Span) -> Span:
    """The span of the same kind, else of the same length, that ends where this one begins."""
    yesterday = span.since.date() - timedelta(days=1)
    match span.grain:
        case "day":
            return day(yesterday, span.zone)
        case "week":
            return week(yesterday, span.zone)
        case "month":
            return month(yesterday, span.zone)
        case "span":
            return Span(grain="span", since=_back(span.since, _length(span)), until=span.since, zone=span.zone)


def same_moment(earlier: Span, span: Span, at: datetime) -> datetime:
    """The moment that lies in an earlier span as ``at`` does in this one, by the days and the clock."""
    local = at.astimezone(span.zone).replace(tzinfo=None)
    moved = local - (span.since.replace(tzinfo=None) - earlier.since.replace(tzinfo=None))
    return moved.replace(tzinfo=span.zone)


def counted_to(span: Span, at: datetime) -> datetime:
    """Up to when a report counts that is made at this moment: its end, or now where that lies in it."""
    return min(span.until, max(at, span.since))


def _length(span: Span) -> timedelta:
    return span.until.replace(tzinfo=None) - span.since.replace(tzinfo=None)


def _back(at: datetime, by: timedelta) -> datetime:
    """Earlier by the clock on the wall."""
    return (at.replace(tzinfo=None) - by).replace(tzinfo=at.tzinfo)
