"""The slots of a reminder: times by the clock on a person's wall, and the rules by which they come again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from botbay.zh.time import TimeExpression, describe
from botbay.zh.time.almanac import is_workday

#: These count time that goes by, not hours of a wall: an hour that the clocks leave out or repeat is one like others.
_ELAPSED = ("FREQ=HOURLY", "FREQ=MINUTELY", "FREQ=SECONDLY")
#: So many slots tell how close together a rule's slots come.
_LOOKED_AT = 24
_UTC = ZoneInfo("UTC")
_DAYS_END = time(23, 59, 59)


@dataclass(frozen=True, kw_only=True)
class Series:
    """``rule`` is RFC 5545, counted from ``first``: naive, by the clock on the wall of ``zone``, or by that of UTC where
    the rule counts time that goes by. ``workdays``: not on holidays, and on the days that are worked instead."""

    rule: str
    first: datetime
    zone: ZoneInfo
    workdays: bool = False

    @classmethod
    def starting(cls, rule: str, at: datetime, zone: ZoneInfo, *, workdays: bool = False) -> "Series":
        """The one that is counted from an aware moment."""
        wall = _UTC if _is_elapsed(rule) else zone
        return cls(rule=rule, first=at.astimezone(wall).replace(tzinfo=None), zone=zone, workdays=workdays)

    def after(self, moment: datetime) -> datetime | None:
        """The next slot after an aware moment, aware; None where the rule ends."""
        return next(self.slots(moment), None)

    def slots(self, moment: datetime) -> Iterator[datetime]:
        """All slots after an aware moment, in order. Raises ValueError where the rule is none."""
        return (slot for slot, _ in self._slots(moment))

    def passed(self, since: datetime, now: datetime) -> "Passed":
        """What lies from ``since``, a slot, up to ``now``: the slots that have come, and the next one."""
        last, count, first = since, 1, self.first
        for slot, local in self._slots(since):
            if slot > now:
                return Passed(last=last, count=count, following=slot, first=local)
            last, count, first = slot, count + 1, local
        return Passed(last=last, count=count, following=None, first=first)

    def closest(self) -> timedelta | None:
        """The shortest time between two of the next slots; None where there is only one."""
        start = self.first.replace(tzinfo=self.wall) - timedelta(seconds=1)
        return min(
            (later - earlier for earlier, later in pairwise(islice(self.slots(start), _LOOKED_AT))), default=None
        )

    @property
    def counted(self) -> str:
        """The rule with its UNTIL by the same clock as ``first``."""
        head, until, last = self.rule.partition(";UNTIL=")
        if not until or not _is_elapsed(self.rule):
            return self.rule
        end = datetime.fromisoformat(last).replace(tzinfo=self.zone).astimezone(_UTC)
        return f"{head};UNTIL={end:%Y%m%dT%H%M%S}"

    @property
    def wall(self) -> ZoneInfo:
        """Whose clock ``first`` goes by."""
        return _UTC if _is_elapsed(self.rule) else self.zone

    def _slots(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Slots, and beside each the time of the rule: what may be ``first`` from then on."""
        rule = rrulestr(_daily(self.rule) if self.workdays else self.counted, dtstart=self.first)
        last = moment.timestamp()
        # From a day earlier: a time that the clocks leave out comes an hour later than the rule says.
        start = moment.astimezone(self.wall).replace(tzinfo=None) - timedelta(days=1)
        for local in rule.xafter(start):
            slot = local.replace(tzinfo=self.wall)
            if slot.timestamp() > last and not (self.workdays and not is_workday(local.date())):
                last = slot.timestamp()
                yield slot.astimezone(_UTC), local


@dataclass(frozen=True, kw_only=True)
class Passed:
    """Slots that have come: the last of them, how many, the next, and a time of the rule to count on from."""

    last: datetime
    count: int
    following: datetime | None
    first: datetime


def in_words(rule: str, first: datetime) -> str:
    """每天 08:00, 每周一、三 09:30, 每天 07:00，到12月15号为止. ``first`` is naive.

    The last day is told by its date: nobody knows from here when that is read.
    """
    parts = rule.split(";")
    alone = ";".join(part for part in parts if not part.startswith("UNTIL="))
    words = describe(TimeExpression(kind="recurring", text="", start=0, end=0, at=first, rrule=alone), first)
    last = next(
        (datetime.fromisoformat(part.removeprefix("UNTIL=")) for part in parts if part.startswith("UNTIL=")), None
    )
    if last is None:
        return words
    if last.date() == first.date() and words.startswith("每天 "):  # 明天十点和四点: that day alone
        return f"{last.month}月{last.day}号 {words.removeprefix('每天 ')}"
    clock = "" if last.time() == _DAYS_END else f" {last:%H:%M}"
    return f"{words}，到{'' if last.year == first.year else f'{last.year}年'}{last.month}月{last.day}号{clock}为止"


def point_in_words(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """明天（周三）15:00, by the clock on the wall."""
    local = at.astimezone(zone).replace(tzinfo=None, microsecond=0)
    time = TimeExpression(kind="point", text="", start=0, end=0, at=local.replace(second=0))
    return describe(time, now.astimezone(zone).replace(tzinfo=None))


def _daily(rule: str) -> str:
    """The rule on every day: which of them are worked the almanac knows."""
    kept = [part for part in rule.split(";") if not part.startswith(("FREQ=", "BYDAY="))]
    return ";".join(["FREQ=DAILY", *kept])


def _is_elapsed(rule: str) -> bool:
    return rule.startswith(_ELAPSED) and "BYHOUR" not in rule
