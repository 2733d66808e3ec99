"""What comes again, and when first: 每天早上八点, 每周一三五, 每月最后一个工作日."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import product

from dateutil.rrule import rrulestr

from botbay.zh.time.clock import Clock, DayPart, clock, day_part
from botbay.zh.time.habits import habit
from botbay.zh.time.left_out import some_left_out
from botbay.zh.time.model import Context, Grain
from botbay.zh.time.rules import NAMES, Rule, all_but, rule_at

_ONE_DAY = timedelta(days=1)
_ANY = datetime(2000, 1, 1)
#: So far ahead what comes by the moon is told: feasts of 20 years, days of each month for five.
_YEARS_AHEAD, _TIMES_AHEAD = 20, 120
_AT, _AND_AT = re.compile(r"(?:的|都|在|,)?"), re.compile(r"[、,和及跟]|(?=早|上午|中午|下午|傍晚|晚)")
_LEADING = re.compile(r"[^每,。]{2,12}(?=每[天周个月年逢])")


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A rule, its first time, and how fine that was said."""

    end: int
    rrule: str | None  # none: it names a day that does not exist
    at: datetime | None
    grain: Grain
    ambiguous: bool = False
    readings: tuple[datetime, ...] = ()  # where it is ambiguous: its first time in either half of the day


def recurrence(text: str, at: int, context: Context) -> Recurrence | None:
    """The recurring time that begins here."""
    before: tuple[DayPart | None, list[Clock]] = (None, [])
    found = rule_at(text, at, context)
    if found is None and (lead := _LEADING.match(text, at)):
        # 早上八点每天: the hour may come first.
        stop, part, clocks = _times(text, at)
        if stop == lead.end() and (clocks or part):
            before, found = (part, clocks), rule_at(text, stop, context)
    if found is None:
        return None
    end, rule = found
    if rule is None:
        return Recurrence(end, None, None, Grain.DAY)
    if rule.frequency in ("HOURLY", "MINUTELY", "SECONDLY"):
        return Recurrence(end, rule.text(), _soon(rule, context.base), Grain.MINUTE)
    part, clocks = before
    end = _without_some(text, end, rule)
    if not clocks and "BYHOUR" not in rule.parts:
        if (known := habit(text, end, ahead=True)) is not None:  # 每天下班前
            end, hour = known
            minutes = int(hour.total_seconds()) // 60 % (24 * 60)
            rule.parts["BYHOUR"], rule.parts["BYMINUTE"] = str(minutes // 60), str(minutes % 60)
        else:
            daily = rule.frequency in ("DAILY", "WEEKLY") and rule.interval == 1 and rule.moon is None
            end, part_after, clocks = _times(text, end, apart=daily and rule.parity is None and rule.week is None)
            part = part_after or part
    end = _without_some(text, end, rule)
    midnight, clear, grain, hours = context.today, True, Grain.DAY, [timedelta()]
    if clocks:
        later, clear = clocks[0].usual(context.sentence)
        moments = sorted({each.at(midnight, later and each.open) for each in clocks})
        hours = [each - midnight for each in moments]
        grain = clocks[0].grain
        if rule.moon is None:
            rule.parts |= times_of_day(moments)
            if "," in rule.parts["BYMINUTE"]:
                rule.frequency = "DAILY"
        if hours[0] >= _ONE_DAY and rule.frequency == "WEEKLY" and "BYDAY" in rule.parts:
            # 周五晚上十二点 is Saturday's first moment.
            days = sorted((NAMES.index(each) + 1) % 7 for each in rule.parts["BYDAY"].split(","))
            rule.parts["BYDAY"] = ",".join(NAMES[each] for each in days)
    elif "BYHOUR" in rule.parts:
        grain, hours = Grain.MINUTE, [_first_hour(rule)]
    elif part is not None:
        grain, hours = Grain.PART, [timedelta(hours=part.part.start)]
    since = context.base if grain < Grain.DAY else midnight
    if rule.moon is not None:
        return _by_moon(end, rule.moon, hours[0], since, grain, not clear)
    start = midnight + hours[0] % _ONE_DAY
    first = first_time(rule.text(interval=False), start, since)
    if rule.parity is not None and first is not None and first.isocalendar().week % 2 != rule.parity:
        first = first_time(rule.text(interval=False), start, first - first.weekday() * _ONE_DAY + 7 * _ONE_DAY)
    ending = ""
    if rule.week is not None:
        monday = midnight - midnight.weekday() * _ONE_DAY + 7 * rule.week * _ONE_DAY
        first = first_time(rule.text(), start, max(since, monday))
        if first is None or first >= monday + 7 * _ONE_DAY:
            return None
        ending = f";UNTIL={monday + 6 * _ONE_DAY:%Y%m%d}T235959"
    readings: tuple[datetime, ...] = ()
    if not clear and first is not None and len(clocks) == 1:
        day = first.replace(hour=0, minute=0, second=0)
        readings = (clocks[0].at(day), clocks[0].at(day, True))
    return Recurrence(end, rule.text() + ending, first, grain, not clear, readings)


def times_of_day(moments: Collection[datetime]) -> dict[str, str]:
    """The parts of a rule that comes at these times of every day.

    Where their minutes differ, 9:00 and 17:30, they are picked from all pairs, which only a DAILY rule does day by day.
    """
    hours, minutes = (sorted({getattr(each, part) for each in moments}) for part in ("hour", "minute"))
    parts = {"BYHOUR": ",".join(map(str, hours)), "BYMINUTE": ",".join(map(str, minutes))}
    if len(minutes) > 1:
        pairs = list(product(hours, minutes))
        parts["BYSETPOS"] = ",".join(map(str, sorted({pairs.index((each.hour, each.minute)) + 1 for each in moments})))
    return parts


def _without_some(text: str, end: int, rule: Rule) -> int:
    """The rule without the days of the week that are left out, and where that ends."""
    daily = rule.frequency == "DAILY" and rule.interval == 1
    if not daily or (some := some_left_out(text, end)) is None:
        return end
    rule.frequency, rule.parts["BYDAY"] = "WEEKLY", all_but(some[1])
    return some[0]


def first_time(rule: str, start: datetime, since: datetime) -> datetime | None:
    """The first time of a rule without an interval, counted from ``start``, that is not before ``since``."""
    first: datetime | None = rrulestr(rule, dtstart=start).after(since, inc=True)
    return first


def _first_hour(rule: Rule) -> timedelta:
    return timedelta(hours=int(rule.parts["BYHOUR"].split(",")[0]), minutes=int(rule.parts["BYMINUTE"]))


def _soon(rule: Rule, base: datetime) -> datetime:
    """When what counts hours or minutes comes first: after one of its steps, or at the next full hour."""
    if "BYMINUTE" in rule.parts:
        return base.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    step = {"HOURLY": 3600, "MINUTELY": 60, "SECONDLY": 1}[rule.frequency]
    return base + timedelta(seconds=step * rule.interval)


def _by_moon(
    end: int,
    moon: Callable[[int], Sequence[date | None]],
    hour: timedelta,
    since: datetime,
    grain: Grain,
    ambiguous: bool,
) -> Recurrence:
    """The dates themselves, RFC 5545's RDATE, since no rule can count them."""
    days = (each for year in range(since.year - 1, since.year + _YEARS_AHEAD + 2) for each in moon(year))
    times = sorted(datetime.combine(each, time()) + hour for each in days if each is not None)
    ahead = [each for each in times if each >= since][:_TIMES_AHEAD]
    if not ahead:
        return Recurrence(end, None, None, Grain.DAY)
    return Recurrence(end, "RDATE:" + ",".join(f"{each:%Y%m%dT%H%M%S}" for each in ahead), ahead[0], grain, ambiguous)


def _times(text: str, at: int, *, apart: bool = False) -> tuple[int, DayPart | None, list[Clock]]:
    """The times of the day behind a rule: 早上八点和下午六点; ``apart``: their minutes may differ."""
    clocks: list[Clock] = []
    end, first_part = at, None
    while True:
        joint = (_AND_AT if clocks else _AT).match(text, end)
        if joint is None:
            break
        part = day_part(text, joint.end(), after_day=True)
        known = part.part if part else None
        if part is None and clocks and not clocks[-1].open:
            known = clocks[-1].part  # 晚上9点和11点
        said = clock(text, part.end if part else joint.end(), known, after_day=not clocks)
        if said is not None and known is not None and part is None and said.at(_ANY) < clocks[-1].at(_ANY):
            said = replace(said, part=None, hour=said.hour % 12 + 12)  # 上午9点和3点
        if said is None:
            if part is not None and not clocks:
                first_part, end = part, part.end
            break
        if clocks and said.minute != clocks[0].minute and not apart:
            break
        clocks.append(said)
        end = said.end
    if any(each.part is None and each.hour > 12 for each in clocks):
        clocks = [replace(each, open=False) for each in clocks]  # 9点和18点: hours of 24
    return end, first_part, clocks
