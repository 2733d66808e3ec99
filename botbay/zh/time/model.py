"""What a time expression is, and the periods that it is worked out with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Literal

Kind = Literal["point", "recurring", "span", "duration", "none"]
Prefer = Literal["past", "future"]
Bound = Literal["at", "before", "after"]


class Grain(IntEnum):
    """How fine a time was said."""

    SECOND = 0
    MINUTE = 1
    PART = 2  # of a day: 上午
    DAY = 3
    WEEKEND = 4
    WEEK = 5
    TENDAY = 6  # 上旬
    MONTH = 7
    QUARTER = 8
    HALF = 9  # of a year
    YEAR = 10
    DECADE = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeExpression:
    """One time that a sentence names. All moments are in the zone of the base that it was read against."""

    kind: Kind  # "none": it names a day that does not exist (2月30号)
    text: str  # as it was written
    start: int  # text == sentence[start:end]
    end: int
    at: datetime | None = None  # the moment, the span's beginning, or the first time of what recurs
    until: datetime | None = None  # a span's end, outside; none where open; of what recurs, the end of its first time
    #: RFC 5545, counted from ``at``: a rule, its UNTIL by the clock on the wall, or RDATE for what follows the moon.
    rrule: str | None = None
    length: timedelta | None = None  # of a duration; a month counts 30 days, a year 365
    precision: Grain = Grain.MINUTE
    bound: Bound = "at"  # 周五之前: "before", with the deadline in ``at``; 周五之后: "after"
    ambiguous: bool = False  # worth asking: 明天八点 (上午还是晚上), 待会儿
    readings: tuple[datetime, ...] = ()  # where ambiguous by the half of the day: both moments, the earlier first
    past: bool = False  # all of it lies behind the base


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start`` up to ``end``, which is outside; a moment ends where it starts."""

    start: datetime
    end: datetime
    grain: Grain


@dataclass(frozen=True, slots=True)
class Context:
    """What an expression is read against."""

    base: datetime  # naive: the wall clock of whoever speaks
    prefer: Prefer
    sentence: str
    anchor: datetime | None = None  # the beginning of a range, around which its end is looked for

    @property
    def near(self) -> datetime:
        """The day around which a name without a year, month or week is looked for."""
        return self.today if self.anchor is None else self.anchor.replace(hour=0, minute=0, second=0, microsecond=0)

    @property
    def today(self) -> datetime:
        return self.base.replace(hour=0, minute=0, second=0, microsecond=0)

    def choose(self, periods: Sequence[Period]) -> Period:
        """The candidate that is meant: the next one, or the last one; where there is none, the nearest."""
        if self.prefer == "future":
            coming = [each for each in periods if each.start >= self.base or each.end > self.base]
            return min(coming, key=lambda each: each.start) if coming else max(periods, key=lambda each: each.start)
        gone = [each for each in periods if each.start <= self.base]
        return max(gone, key=lambda each: each.start) if gone else min(periods, key=lambda each: each.start)
