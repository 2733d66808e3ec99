"""One end of what is said: a day, a time on it, or both."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from botbay.zh.time.clock import Clock, DayPart, clock, day_part
from botbay.zh.time.dates import dates
from botbay.zh.time.habits import beside, habit
from botbay.zh.time.model import Context, Grain, Period
from botbay.zh.time.periods import Dates

_DAY = timedelta(days=1)
#: 明天25点: what looks like a time of day and is none.
NO_SUCH_HOUR = re.compile(r"(?:2[5-9]|[3-9]\d)(?:点|:[0-5]\d(?!\d))|(?:[01]?\d|2[0-4]):[6-9]\d(?!\d)")
#: 明天这个时候: the hour of now.
_SAME_HOUR = re.compile(r"这个?(?:时候|时间|时刻)|此时|同一?(?:个)?时间|这会儿")


@dataclass(frozen=True, slots=True)
class Value:
    """One end of what is said: a day, a time on it, or both, with its candidates."""

    end: int
    options: list[Period]
    dated: bool = False
    part: DayPart | None = None
    clock: Clock | None = None
    exact: bool = False
    loose: bool = False


def value_at(text: str, at: int, context: Context) -> Value | None:
    """A day, a part of it, a time, as far as they stand here together."""
    day = dates(text, at, context)
    if day is not None and (not day.periods or day.exact):
        return Value(day.end, day.periods, True, exact=True, loose=day.loose)
    end = day.end if day else at
    if day is not None and day.periods[0].grain > Grain.DAY:
        # 月底 is a stretch for whoever looks back, but 月底下午三点 is its last day's.
        ahead = dates(text, at, replace(context, prefer="future"))
        timed = day_part(text, end, True) or clock(text, end, after_day=True)
        if timed is not None and day.periods[0].grain is Grain.WEEKEND:
            # 周末上午十点: on Saturday, if nobody says otherwise.
            saturdays = [Period(each.start, each.start + _DAY, Grain.DAY) for each in day.periods]
            day = Dates(day.end, saturdays, loose=True)
        elif timed is None or ahead is None or ahead.end != end or ahead.periods[0].grain > Grain.DAY:
            return Value(day.end, day.periods, True)
        else:
            day = ahead
    joint = re.compile(r"(?:的|在|,| |当天|那天)?").match(text, end) if day else None
    begin = joint.end() if joint else end
    if day is not None and (unreal := NO_SUCH_HOUR.match(text, begin)):
        return Value(unreal.end(), [], True)
    part = day_part(text, begin, after_day=day is not None)
    middle = re.compile(r"的|,").match(text, part.end) if part else None
    if day is not None and part is None and (same := _SAME_HOUR.match(text, begin)):
        moments = [datetime.combine(each.start, context.base.time()) for each in day.periods]
        return Value(same.end(), [Period(each, each, Grain.MINUTE) for each in moments], True)
    said = clock(text, part.end if part else begin, part.part if part else None, day is not None)
    if said is None and part and middle:
        said = clock(text, middle.end(), part.part, True)
    if (
        said is not None
        and day is not None
        and joint
        and joint[0] == ","
        and part is None
        and ":" not in text[begin : said.end]
        and "点" not in text[begin : said.end]
    ):
        said = None
    if day is None and part is None and said is None:
        return _by_habit(text, at, at, None, context)
    if day is not None and part is None and said is None:
        return _by_habit(text, begin, at, day, context) or Value(day.end, day.periods, True, loose=day.loose)
    options: list[Period]
    if said is not None:
        options = _clock_options(said, day, context)
        if shifted := beside(text, said.end):
            end, shift = shifted
            moved = [Period(each.start + shift, each.start + shift, each.grain) for each in options]
            return Value(end, moved, day is not None, part)
        return Value(said.end, options, day is not None, part, said, loose=day is not None and day.loose)
    assert part is not None
    days = [each.start for each in day.periods] if day else _days_around(context)
    return Value(
        part.end, [part.on(each, context) for each in days], day is not None, part, loose=day is not None and day.loose
    )


def _by_habit(text: str, at: int, start: int, day: Dates | None, context: Context) -> Value | None:
    """下班前, 周五下班前, 睡觉前: by the hours that most people keep."""
    found = habit(text, at, ahead=context.prefer == "future")
    if found is None:
        return None
    end, hour = found
    days = [each.start for each in day.periods] if day else _days_around(context)
    return Value(end, [Period(each + hour, each + hour, Grain.MINUTE) for each in days], day is not None)


def _days_around(context: Context) -> list[datetime]:
    if context.anchor is not None:
        return [context.near, context.near + _DAY]
    return [context.today - _DAY, context.today, context.today + _DAY]


def _clock_options(said: Clock, day: Dates | None, context: Context) -> list[Period]:
    """The moments that a time of day can mean on the days that it can mean."""
    later, _ = said.usual(context.sentence)
    options: list[datetime] = []
    days = [each.start for each in day.periods] if day else _days_around(context)
    for midnight in days:
        both = said.open and (context.anchor is not None or (day is not None and midnight == context.today))
        halves = (False, True) if both else (later,)
        options += [said.at(midnight, half) for half in halves]
    return [Period(each, each, said.grain) for each in sorted(set(options))]


def pick(value: Value, context: Context) -> tuple[Period, bool]:
    """The candidate that is meant, and whether that is worth asking."""
    said = value.clock
    if said is None or not said.open:
        return context.choose(value.options), value.loose
    _later, sure = said.usual(context.sentence)
    if value.dated:
        chosen = context.choose(value.options)
        today = chosen.start.date() == context.base.date()
        return chosen, not sure and not today
    if sure:
        return context.choose(value.options), False
    # Nothing but an hour: the nearest one, unless that is at night and nobody is up.
    both = [
        Period(moment, moment, said.grain)
        for midnight in _days_around(context)
        for moment in (said.at(midnight), said.at(midnight, True))
    ]
    nearest = context.choose(both)
    if nearest.start.hour >= 6 or context.base.hour < 6:
        return nearest, False
    return context.choose(value.options), True


def readings(value: Value, chosen: Period) -> tuple[datetime, ...]:
    """What an hour can mean on the day that was chosen, in either half of it; nothing where that is not the question."""
    if value.clock is None or not value.clock.open:
        return ()
    midnight = chosen.start.replace(hour=0, minute=0, second=0, microsecond=0)
    return value.clock.at(midnight), value.clock.at(midnight, True)
