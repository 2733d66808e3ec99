"""Stretches of the calendar, and the candidates that a name can mean."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta

from botbay.zh.time.model import Context, Grain, Period

_DAY = timedelta(days=1)
WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6, "七": 6} | {
    str(n + 1): n for n in range(7)
}


@dataclass(frozen=True, slots=True)
class Dates:
    """The candidates of a named time, oldest first; none where there is no such day."""

    end: int
    periods: list[Period]
    hosts: tuple[Period, ...] = ()  # 两周后: that week, since 的周五 may follow
    exact: bool = False  # counted from this very moment: 两小时后
    loose: bool = False  # nobody can say exactly when: 待会儿


def day(moment: datetime) -> Period:
    """The day that begins then."""
    return Period(moment, moment + _DAY, Grain.DAY)


def week(moment: datetime, weeks: int = 0) -> Period:
    """The week around a midnight, Monday first, or one some weeks away; the same for month and quarter."""
    start = moment - moment.weekday() * _DAY + 7 * weeks * _DAY
    return Period(start, start + 7 * _DAY, Grain.WEEK)


def month(moment: datetime, months: int = 0) -> Period:
    start = moment.replace(day=1) + relativedelta(months=months)
    return Period(start, start + relativedelta(months=1), Grain.MONTH)


def quarter(moment: datetime, quarters: int = 0) -> Period:
    start = moment.replace(month=(moment.month - 1) // 3 * 3 + 1, day=1) + relativedelta(months=3 * quarters)
    return Period(start, start + relativedelta(months=3), Grain.QUARTER)


def year(number: int) -> Period:
    return Period(datetime(number, 1, 1), datetime(number + 1, 1, 1), Grain.YEAR)


def stretch(start: datetime, first: int, last: int, grain: Grain) -> Period:
    """From one month to another of the year that begins at ``start``."""
    begin = start.replace(month=first)
    return Period(begin, begin + relativedelta(months=last - first + 1), grain)


def on_date(when: date | None) -> Period | None:
    """The day of a date, if there is one."""
    return None if when is None else day(datetime(when.year, when.month, when.day))


def years_around(context: Context, leap: bool = False) -> Iterator[int]:
    """The years that a day without a year may fall into; more of them for 29 February."""
    this, reach = context.near.year, 8 if leap else 2
    return iter(range(max(this - reach, 1), min(this + reach, 9998) + 1))
