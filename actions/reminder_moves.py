"""A reminder that waits gets another time: what the new words leave unsaid stays as it was."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from botbay.zh.numbers import number
from botbay.zh.time import Grain, TimeExpression, parse
from workers.reminders.choosing import CLOCK, PART, nearest
from workers.reminders.service import When
from workers.reminders.times import AHEAD, Read, Unclear, no_such_day, read

#: 把3点的提醒改到4点: what stands behind is when.
MOVES = re.compile(r"(?:[改换挪推移拖延][到成为至]|推[迟后]到|延后到|提前到)(?P<to>.+)$")
#: 提前到六点十分, 改到明天: no more than that is said.
_ONLY_MOVES = re.compile(r"^[那就还是把时间给我帮它这个提醒，,\s]*" + MOVES.pattern)
_EARLIER = re.compile(r"提[前早]|早(?![上晨饭])|往前")
_LATER = re.compile(r"[推延][迟后]|顺延|往后|晚(?![上饭间])|后延")
#: Hours at which few want to be reminded.
_NIGHT = 6
_AWAKE = 8


def only_moves(text: str) -> bool:
    """Whether a sentence says that something comes at another time, and not what."""
    return _ONLY_MOVES.match(text) is not None


def moved(words: str, old: When, zone: ZoneInfo, moment: datetime) -> Read | None:
    """The slot that the words make of the one before: a new hour keeps the day and what half of it was meant, a new day
    keeps the hour, 提前半小时 counts from it. None where they name no time. Raises Unclear.
    """
    base = moment.astimezone(zone).replace(tzinfo=None)
    at = old.at.astimezone(zone).replace(tzinfo=None)
    said = found["to"] if (found := MOVES.search(words)) else words
    if (earlier := AHEAD.search(said)) and (by := next((one.length for one in parse(earlier["by"], base)), None)):
        return _shifted(words, by, old, at, zone)
    times = [one for one in parse(said, base, "future") if one.kind != "none"]
    if not times:
        if unreal := next((one for one in parse(said, base, "future") if one.kind == "none"), None):
            raise Unclear(no_such_day(unreal.text))
        return None
    time = nearest(said, times, base)
    if time.length is not None:
        return _shifted(words, time.length, old, at, zone)
    if time.rrule is not None:
        again = read(_half_like(said, time, at) or said, zone, moment, asked=True)
        if again is None or "BYHOUR" in (again.when.rule or "") or time.precision < Grain.DAY:
            return again
        return Read(when=replace(again.when, at=_with_time(again.when.at, at)), text=again.text)
    if time.at is None or time.precision == Grain.PART:
        again = read(said, zone, moment, asked=True)
        if again is None or old.rule is not None or not PART.match(time.text):
            return again
        return Read(when=When(at=_with_time(old.at.astimezone(zone), again.when.at)), text=again.text)
    only_clock = CLOCK.match(time.text) or PART.match(time.text)
    if old.rule is not None and not only_clock:
        return read(said, zone, moment, asked=True)
    if time.precision >= Grain.DAY:
        return Read(when=When(at=datetime.combine(time.at.date(), at.time()).replace(tzinfo=zone)), text=time.text)
    if half := _half_like(said, time, at):
        time = next((one for one in parse(half, base, "future") if one.at is not None), time)
    assert time.at is not None
    if not only_clock:
        return Read(when=When(at=time.at.replace(tzinfo=zone)), text=time.text)
    if old.rule is not None:
        return Read(when=_at_clock(old, at.replace(hour=time.at.hour, minute=time.at.minute), zone), text=time.text)
    slot = datetime.combine(max(at.date(), base.date()), time.at.time())
    while slot <= base:
        slot += timedelta(days=1)
    return Read(when=When(at=slot.replace(tzinfo=zone)), text=time.text)


def _with_time(day: datetime, clock: datetime) -> datetime:
    return day.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)


def _shifted(words: str, length: timedelta, old: When, at: datetime, zone: ZoneInfo) -> Read | None:
    """推迟一天 and 提前十分钟 count from the slot that was; 半小时后 from now, and is none."""
    if _EARLIER.search(words):
        slot = at - length
    elif _LATER.search(words):
        slot = at + length
    else:
        return None
    if old.rule is None:
        return Read(when=When(at=slot.replace(tzinfo=zone)), text=words)
    if slot.date() != at.date():
        raise Unclear("这是重复的提醒，要改就说全，比如「每天早上九点」。")
    return Read(when=_at_clock(old, slot, zone), text=words)


def _at_clock(old: When, slot: datetime, zone: ZoneInfo) -> When:
    """The same rule at another hour."""
    assert old.rule is not None
    clock = re.findall(r"(?:BYHOUR|BYMINUTE)=([\d,]+)", old.rule)
    if not clock or any("," in each for each in clock):
        raise Unclear("这是重复的提醒，要改就说全，比如「每天早上九点」。")
    kept = [part for part in old.rule.split(";") if not part.startswith(("BYHOUR=", "BYMINUTE="))]
    rule = ";".join([*kept, f"BYHOUR={slot.hour}", f"BYMINUTE={slot.minute}"])
    return replace(old, at=slot.replace(tzinfo=zone), rule=rule)


def _half_like(said: str, time: TimeExpression, at: datetime) -> str | None:
    """The time with its half of the day: that which is said apart (六点半吧 晚上), else the nearer to the slot that was.

    None where the time says it itself.
    """
    clock = CLOCK.search(time.text)
    if clock is None or time.at is None or PART.search(time.text):
        return None
    if (number(clock["hour"]) or 0) not in range(1, 13):
        return None
    apart = PART.search(said[: time.start]) or PART.search(said[time.end :])
    if apart is not None:
        return f"{time.text[: clock.start()]}{apart[0]}{time.text[clock.start() :]}"

    def distance(hour: int) -> int:
        asleep = hour < _NIGHT and at.hour >= _AWAKE
        return abs(hour * 60 + minute - at.hour * 60 - at.minute) + (720 if asleep else 0)

    minute = time.at.minute
    hour = min((time.at.hour % 12, time.at.hour % 12 + 12), key=distance)
    part = (
        "凌晨" if hour < _NIGHT else "上午" if hour < 12 else "中午" if hour == 12 else "下午" if hour < 18 else "晚上"
    )
    return f"{time.text[: clock.start()]}{part}{hour % 12 or 12}:{minute:02}"
