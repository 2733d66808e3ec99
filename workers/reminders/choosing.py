"""Of the times that a sentence names, the one at which to remind, and how often: 周四上午十点的高铁，早上七点提醒我出发."""

import re
from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import pairwise

from botbay.zh.time import Grain, TimeExpression, describe, parse
from botbay.zh.time.left_out import left_out_apart
from botbay.zh.time.recurring import times_of_day

#: What asks for it: the time is the one nearest to it.
CALL = re.compile(r"提[醒型示]|题醒|[叫喊催闹]|通知|说一[声下]|告诉|记得|别忘|remind", re.IGNORECASE)
#: 坚持21天, 一直到年底 behind how often.
_SO_LONG = re.compile(r"(?:连续|连着|坚持|持续|一共|总共|共|(?P<till>(?:一直|持续|直)?(?:到|至|截止到?)))\s*$")
_END = re.compile(r"\s*(?P<done>为止|结束|截止|停止?|就停)|\s*(?=[，,。.!！~]|$)")
CLOCK = re.compile(r"(?P<hour>\d{1,2}|[零一二两三四五六七八九十]{1,3})(?:点|:|：|时)")
PART = re.compile(r"凌晨|清晨|早上?|上午|中午|下午|傍晚|晚上?|夜里|半夜")
_AND = re.compile(r"\s*(?:[、，,和及跟]|还有|以及)\s*")
_BESIDE = re.compile(r"(?:(?P<before>[前头]一[天日]?|头[天日]|提前一天的?)|第二天|次日|后一天)(?:的|在)?$")
#: Nobody can say when these are; some time from now is as good as another.
_VAGUE = re.compile(r"一?会儿?|回头|稍|等一?下")
#: 九点 to 十一点 are hours of the morning, unless the evening is said.
_CLEAR_HOURS = range(9, 12)
_ONE_DAY, _MOMENT = timedelta(days=1), timedelta(seconds=1)


def choose(
    sentence: str, times: list[TimeExpression], base: datetime, before: timedelta = timedelta()
) -> TimeExpression:
    """The slot, or the rule, of the times of a sentence, of which there is one at least.

    ``before``: how long before it, 提前一天.
    """
    return _hours_of_a_day(sentence, times) or _each_day(nearest(sentence, times, base, before), base)


def nearest(
    sentence: str, times: list[TimeExpression], base: datetime, before: timedelta = timedelta()
) -> TimeExpression:
    """Of several times the one at which to remind: 明天要交报告，今晚八点提醒我 means this evening.

    ``before``: how long before it, 提前一天.
    """
    if recurring := next((one for one in times if one.rrule is not None), None):
        rest = left_out_apart(sentence)
        if rest is not None and recurring.end <= rest[0]:  # 每天九点提醒我打卡，周末不用
            without = parse(f"{recurring.text}{sentence[slice(*rest)]}", base, "future")
            times = [one for one in times if one.start < rest[0]]
            recurring = without[0] if len(without) == 1 else recurring
        return _so_long(sentence, _with_hour(recurring, times, base), times, base)
    if len(times) == 1:
        return times[0]
    call = CALL.search(sentence)
    chosen = times[0]
    if call is not None:
        ahead = [one for one in times if one.end <= call.start()]
        chosen = ahead[-1] if ahead else min(times, key=lambda one: abs(one.start - call.end()))
    return _on_its_day(sentence, chosen, times, base, before) or _with_its_hour(sentence, chosen, times, base)


def _with_its_hour(
    sentence: str, chosen: TimeExpression, times: list[TimeExpression], base: datetime
) -> TimeExpression:
    """明天要交房租，别忘了提醒我，上午十点: the hour stands at the end."""
    hour = times[-1]
    alone = sentence[: hour.start].endswith(("，", ",")) and not sentence[hour.end :].strip(" 。.!！~")
    if chosen.precision == Grain.DAY and alone and (CLOCK.match(hour.text) or PART.match(hour.text)):
        both = parse(f"{chosen.text}{hour.text}", base, "future")
        if len(both) == 1 and both[0].at is not None:
            return both[0]
    return chosen


def _on_its_day(
    sentence: str, chosen: TimeExpression, times: list[TimeExpression], base: datetime, before: timedelta
) -> TimeExpression | None:
    """明天要开会，三点提醒我: of that day; 12月5号考试，前一天晚上八点: of the day beside it; 明后两天早上八点: of each."""
    dated = ((one, one.at) for one in times if one.end <= chosen.start and one.at is not None)
    day, at = next(
        ((one, at) for one, at in dated if one.precision == Grain.DAY or at.date() != base.date()), (None,) * 2
    )
    if day is None or at is None or chosen.at is None or not (CLOCK.match(chosen.text) or PART.match(chosen.text)):
        return None
    last = at if day.until is None else day.until - _MOMENT
    several = last.date() > at.date()
    if several and chosen.precision <= Grain.MINUTE and not sentence[day.end : chosen.start].strip("的都,， "):
        return replace(day, text=f"{day.text}{chosen.text}", until=datetime.combine(last, chosen.at.time()))
    beside = _BESIDE.search(sentence, day.end, chosen.start)
    shift = "" if beside is None else "前一天" if beside["before"] else "后一天"
    exact = day.precision < Grain.DAY
    words = f"{at:%Y年%m月%d日}" if exact or several else day.text
    both = parse(f"{words}{shift}{chosen.text}", base, "future")
    if len(both) != 1 or both[0].at is None:
        return None
    if not exact or shift or before >= _ONE_DAY:
        return both[0]
    # 周四上午十点的高铁，早上七点提醒我: before it on its day.
    earlier = [each for each in both[0].readings or (both[0].at,) if each < at]
    return replace(both[0], at=max(earlier), ambiguous=False, readings=()) if earlier else None


def _each_day(chosen: TimeExpression, base: datetime) -> TimeExpression:
    """周三到周五上午九点: on each of these days at that hour, and not from midnight on."""
    at, until = chosen.at, chosen.until
    if chosen.rrule is not None or at is None or until is None or until.date() <= at.date():
        return chosen
    if (chosen.precision > Grain.MINUTE and until.time() == time()) or at.time() != time() or until <= base:
        return chosen
    first = max(datetime.combine(at, until.time()), datetime.combine(base, until.time()))
    first += _ONE_DAY * (first <= base)
    rule = f"FREQ=DAILY;BYHOUR={until.hour};BYMINUTE={until.minute};UNTIL={until:%Y%m%d}T235959"
    return replace(chosen, kind="recurring", rrule=rule, at=first, until=None, precision=Grain.MINUTE)


def _hours_of_a_day(sentence: str, times: list[TimeExpression]) -> TimeExpression | None:
    """明天上午十点和下午四点提醒我: on that day at both."""
    moments = [one.at for one in times if one.at is not None]
    exact = all((one.kind, one.bound, one.precision) == ("point", "at", Grain.MINUTE) for one in times)
    if len(times) < 2 or not exact or len({each.date() for each in moments}) > 1:
        return None
    if not all(_AND.fullmatch(sentence[one.end : following.start]) for one, following in pairwise(times)):
        return None
    of_24 = any(
        each.hour > 12 and one.text.startswith(str(each.hour)) for one, each in zip(times, moments, strict=True)
    )
    if not of_24 and any(map(half_is_open, times)):
        return None
    first, last = min(moments), times[-1]
    parts = {"FREQ": "DAILY", **times_of_day(moments), "UNTIL": f"{first:%Y%m%d}T235959"}
    rule = ";".join(f"{name}={part}" for name, part in parts.items())
    text = sentence[times[0].start : last.end]
    return replace(last, kind="recurring", rrule=rule, at=first, text=text, ambiguous=False, readings=())


def so_long(sentence: str, one: TimeExpression) -> tuple[str, slice] | None:
    """How long something goes on, where a time says that: 坚持21天, 到年底为止; and where in the sentence."""
    found = _SO_LONG.search(sentence, 0, one.start)
    end = _END.match(sentence, one.end)
    if found is None or (end is None if found["till"] else one.length is None):
        return None
    if not found["till"]:
        return f"{found[0].strip()}{one.text}", slice(found.start(), one.end)
    return f"{found[0].strip()}{one.text}为止", slice(found.start(), end.end() if end else one.end)


def _so_long(sentence: str, recurring: TimeExpression, times: list[TimeExpression], base: datetime) -> TimeExpression:
    """每天六点提醒我跑步，坚持21天: how long it goes on, or until when, stands apart from how often."""
    for one in times:
        apart = one.start >= len(recurring.text) or (one.end <= recurring.start and "一直" in sentence[: one.start])
        if apart and (lasting := so_long(sentence, one)):
            both = parse(f"{recurring.text}，{lasting[0]}", base, "future")
            if len(both) == 1 and both[0].rrule is not None:
                return both[0]
    return recurring


def _with_hour(recurring: TimeExpression, times: list[TimeExpression], base: datetime) -> TimeExpression:
    """每天提醒我喝水，下午四点: the hour, or the day of the week, stands apart from how often."""
    others = [one.text for one in times if one.kind in ("point", "span") and one.bound == "at"]
    if str(recurring.rrule).startswith("FREQ=HOURLY"):  # 每两小时提醒我喝水，早上九点到晚上九点
        ways = [f"{one.text}{recurring.text}" for one in times if one.kind == "span" and one.precision <= Grain.MINUTE]
    elif recurring.precision >= Grain.DAY and others:
        often = (recurring.text, describe(recurring, base))  # 一周一次 is 每周
        ways = [f"{how_often}{words}" for how_often in often for words in ["和".join(others), *others]]
    else:
        return recurring
    for words in ways:
        both = parse(words, base, "future")
        if len(both) == 1 and both[0].rrule is not None:
            return both[0]
    return recurring


def half_is_open(time_: TimeExpression) -> bool:
    """Whether nobody can tell if the morning or the afternoon is meant."""
    if not time_.ambiguous or _VAGUE.search(time_.text) or time_.at is None:
        return False
    if PART.search(time_.text) and not time_.readings:  # 周末下午三点: only the day is open
        return False
    return time_.at.hour not in _CLEAR_HOURS
