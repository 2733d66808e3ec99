"""When somebody wants to be reminded: the slot that a sentence means, or the question that it leaves open."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from botbay.zh.time import Grain, TimeExpression, describe, no_such_time, parse
from botbay.zh.time.almanac import FEAST
from botbay.zh.time.recurring import first_time
from botbay.zh.time.rule_words import RDATE, parts_of
from botbay.zh.time.rules import NAMES
from workers.reminders.choosing import CALL, CLOCK, choose, half_is_open
from workers.reminders.service import When
from workers.reminders.slots import in_words, point_in_words

_MUCH = r"[\d零一二两三四五六七八九十半个刻]+"
AHEAD = re.compile(rf"提前\s*(?P<by>{_MUCH}(?:分钟?|小时|钟头?|天)半?)")
#: 开会前10分钟叫我.
_BEFORE_IT = re.compile(
    rf"(?<=[\u4e00-\u9fff\d])(?<![之以目班天日周月年睡觉])前\s*(?P<by>{_MUCH}(?:分钟|小时|钟头|刻钟)半?)"
    rf"(?=[就再先]?(?:{CALL.pattern}))",
    re.IGNORECASE,
)
_AHEAD_BY_NOTHING = re.compile(r"提前一?点?(?=[叫喊提催告通说])")
_AHEAD_BY = timedelta(minutes=10)
_HALF = re.compile(r"^(?:凌晨|清晨|早上?|早晨|上午|中午|下午|傍晚|晚上?|夜里|半夜)$")
_FEAST = re.compile(FEAST)
_WORKDAYS = re.compile(r"(?:工作|上班|交易)[日天]|节假日")
#: The hour at which a part of a day, or a whole day, is meant.
_HOURS = (
    (re.compile(r"凌晨|半夜"), 0),
    (re.compile(r"早|清晨"), 8),
    (re.compile(r"上午"), 9),
    (re.compile(r"中午|正午|晌午"), 12),
    (re.compile(r"下午|午后"), 15),
    (re.compile(r"傍晚|黄昏"), 18),
    (re.compile(r"晚|夜"), 20),
)
_MORNING = 9
_BEFORE_DEADLINE = timedelta(hours=1)
_SOON = timedelta(minutes=30)
_ONE_DAY = timedelta(days=1)


_NO_LEAP_YEAR, _SHORTEST_MONTH = 2025, 28


class Unclear(Exception):
    """No slot is meant for certain. The text is the question; ``half``: only which half of the day is open."""

    def __init__(self, text: str, *, half: bool = False) -> None:
        super().__init__(text)
        self.half = half


@dataclass(frozen=True, kw_only=True)
class Read:
    """The slot that is meant, the words that were read, and how long before that time it is: 提前一小时."""

    when: When
    text: str
    ahead: timedelta = timedelta()


def read(sentence: str, zone: ZoneInfo, moment: datetime, *, asked: bool = False) -> Read | None:
    """The slot of a sentence; None where it names no time. ``moment`` is aware; ``asked``: no more about the half of the day.

    Raises Unclear.
    """
    base = moment.astimezone(zone).replace(tzinfo=None)
    before = timedelta()
    if ahead := AHEAD.search(sentence) or _BEFORE_IT.search(sentence):
        before = next((one.length for one in parse(ahead["by"], base) if one.length is not None), timedelta())
        sentence = f"{sentence[: ahead.start()]}{' ' * len(ahead[0])}{sentence[ahead.end() :]}"
    elif _AHEAD_BY_NOTHING.search(sentence):
        before = _AHEAD_BY
    found = parse(sentence, base, "future")
    times = [one for one in found if one.kind != "none"]
    if not times:
        if unreal := next((one for one in found if one.kind == "none"), None):
            raise Unclear(no_such_day(unreal.text))
        return None
    one = choose(sentence, times, base, before)
    if one.rrule is not None:
        if not asked and half_is_open(one):
            raise Unclear(_half_question(one, base), half=True)
        return Read(when=_recurring(one, zone, before, base), text=one.text)
    at = _slot(one, base, asked=asked) - before
    return Read(when=When(at=at.replace(tzinfo=zone)), text=one.text, ahead=before)


def no_such_day(words: str) -> str:
    return f"{no_such_time(words)}，换一个吧，什么时候提醒？"


def with_half(open_time: str, half: str) -> str | None:
    """The time that was asked about with its half of the day: 明天三点 and 下午 are 明天下午三点. None where that is no answer."""
    if not _HALF.match(half.strip()) or (clock := CLOCK.search(open_time)) is None:
        return None
    return f"{open_time[: clock.start()]}{half.strip()}{open_time[clock.start() :]}"


def shown(when: When, zone: ZoneInfo, moment: datetime) -> str:
    """The slot as it is said back: 明天（周三）15:00, 每天 08:00."""
    if when.rule is None:
        return point_in_words(when.at, zone, moment)
    return in_words(when.rule, when.at.astimezone(zone).replace(tzinfo=None))


def _slot(time_: TimeExpression, base: datetime, *, asked: bool) -> datetime:
    """A moment of the clock on the wall."""
    if time_.length is not None:
        return base + time_.length
    at = time_.at if time_.at is not None else time_.until
    assert at is not None
    if time_.precision <= Grain.MINUTE and time_.until is not None and at <= base < time_.until:
        return time_.until  # 半小时之内
    if time_.precision <= Grain.MINUTE:
        if not asked and half_is_open(time_):
            raise Unclear(_half_question(time_, base), half=True)
        if time_.bound == "before" and at - _BEFORE_DEADLINE > base:
            return at - _BEFORE_DEADLINE
        return at
    hour = next((hour for words, hour in _HOURS if words.search(time_.text)), _MORNING)
    slot = datetime.combine(at.date(), time(hour))
    if time_.bound == "before" and _FEAST.search(time_.text):  # 五一前: on the day itself it is too late
        slot -= _ONE_DAY
    if hour == 0 and at.hour >= 18:  # 半夜 begins the evening before
        slot += _ONE_DAY
    if slot > base:
        return slot
    if time_.precision == Grain.PART and time_.until is not None and base + _SOON < time_.until:
        return (base + _SOON).replace(second=0, microsecond=0)
    if slot.date() < base.date() and time_.until is None:
        raise Unclear(f"{describe(time_, base)}已经过了，换个以后的时间吧，什么时候提醒？")
    raise Unclear(f"{describe(time_, base)}几点提醒你？比如「下午三点」。" if slot.date() == base.date() else _ASK_DAY)


_ASK_DAY = "具体哪天、几点提醒？比如「周五上午十点」。"


def _half_question(time_: TimeExpression, base: datetime) -> str:
    at = time_.at
    assert at is not None
    early, late = ("凌晨", "下午") if at.hour % 12 < 6 else ("早上", "晚上")
    clock = f"{at.hour % 12 or 12}:{at.minute:02}" if at.minute else f"{at.hour % 12 or 12}点"
    day = "每次" if time_.rrule is not None else describe(replace(time_, precision=Grain.DAY, at=_midnight(at)), base)
    return f"{day}的{clock}，是{early}还是{late}？"


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _recurring(time_: TimeExpression, zone: ZoneInfo, before: timedelta, moment: datetime) -> When:
    assert time_.rrule is not None
    if time_.at is None:
        raise Unclear("这个重复的规律我没看懂，换个说法，比如「每周五下午五点」。")
    rule, at = time_.rrule, time_.at
    if time_.precision >= Grain.PART:
        hour = next((hour for words, hour in _HOURS if words.search(time_.text)), _MORNING)
        at = at.replace(hour=hour, minute=0, second=0, microsecond=0)
    if before >= _ONE_DAY:
        rule, at = _days_earlier(rule, at, before.days, moment)
    elif before and "BYHOUR" in rule and "," not in rule.partition("BYHOUR=")[2].partition(";")[0]:
        earlier = at - before
        if earlier.date() == at.date():
            kept = [part for part in rule.split(";") if not part.startswith(("BYHOUR=", "BYMINUTE="))]
            rule = ";".join([*kept, f"BYHOUR={earlier.hour}", f"BYMINUTE={earlier.minute}"])
            at = earlier
    workdays = (
        "BYDAY=MO,TU,WE,TH,FR" in rule
        and not rule.startswith("FREQ=MONTHLY")
        and _WORKDAYS.search(time_.text) is not None
    )
    return When(at=at.replace(tzinfo=zone), rule=rule, workdays=workdays and "INTERVAL" not in rule)


def _days_earlier(rule: str, at: datetime, days: int, moment: datetime) -> tuple[str, datetime]:
    """A rule of days of the week, the month or the year so many days earlier, 每月10号还款，提前3天; others as they are."""
    by = timedelta(days=days)
    parts = parts_of(rule)
    if not parts:  # days of the moon, one by one
        dates = [datetime.fromisoformat(each) - by for each in rule.removeprefix(RDATE).split(",")]
        left = [each for each in dates if each.date() >= moment.date()]
        return RDATE + ",".join(f"{each:%Y%m%dT%H%M%S}" for each in left), at - by if at - by > moment else at
    day = parts.get("BYMONTHDAY", "")
    if parts["FREQ"] == "WEEKLY" and "BYDAY" in parts:
        moved = sorted((NAMES.index(each) - days) % 7 for each in parts["BYDAY"].split(","))
        parts["BYDAY"] = ",".join(NAMES[each] for each in moved)
    elif parts["FREQ"] == "YEARLY" and day.isdigit() and parts.get("BYMONTH", "").isdigit():
        early = datetime(_NO_LEAP_YEAR, int(parts["BYMONTH"]), int(day)) - by
        parts |= {"BYMONTH": str(early.month), "BYMONTHDAY": str(early.day)}
    elif parts["FREQ"] == "MONTHLY" and day.isdigit() and "BYMONTH" not in parts and days < _SHORTEST_MONTH:
        place = int(day) - days
        parts["BYMONTHDAY"] = str(place if place > 0 else place - 1)  # the day before the 1st is the last
    else:
        return rule, at
    rule = ";".join(f"{name}={part}" for name, part in parts.items())
    return rule, first_time(rule, at - by, moment) or at
