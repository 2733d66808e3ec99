"""Times that belong together: 从下周一起每天, 每天八点到月底为止, 每周三两点到四点, 周三和周五下午三点, 连续三天."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from dateutil.rrule import rrulestr

from botbay.zh.time.clock import clock
from botbay.zh.time.dates import dates
from botbay.zh.time.model import Context, Grain, TimeExpression
from botbay.zh.time.recurring import first_time, recurrence
from botbay.zh.time.rules import WORKING
from botbay.zh.time.values import pick, readings, value_at

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_MORNING, _EVENING, _NIGHT = 9, 18, 22
_ELAPSED = ("FREQ=HOURLY", "FREQ=MINUTELY", "FREQ=SECONDLY")
_FROM_THEN = re.compile(r"(?:里面?|之?内|期间)?[,; ]?(?:的|都|在|就)?")
_UP_TO = re.compile(r"[,; ]?(?:一直|直|持续)?(?:到|至|截止到?|截至)")
_SO_LONG = re.compile(r"[,; ]?(?:连续|连着|坚持|持续|一共|总共|共)")
_DONE = re.compile(r"(?:为止|结束|截止|停止)")
_HOURS = re.compile(r" ?(?:到|至|-{1,2}) ?")
_AND = re.compile(r"[、,和跟与及]|以及|还有")
_ON_END = re.compile(r"(?:连续|连着|一连|接连|连)$")
_BETWEEN = re.compile(r"之?间?,?的?")
_WEEKDAY = re.compile(r"(?:周|星期|礼拜)[一二三四五六日天1-7]")
#: 明天提醒我三点开会: the hour stands behind the call.
_CALL = re.compile(
    r"[,，]?(?:你|请|帮我?|麻烦|记得|要|都|再)*(?:提醒|叫|喊|催|通知|告诉)(?:一下|我们?|咱们?|大家|全体|他们?|她们?|@[^ ,]{1,8})*[,: ]?(?:在|于)?"
)


def joined(text: str, found: list[TimeExpression], context: Context) -> list[TimeExpression]:
    """The times of a sentence, those in one that belong together; only for whoever looks ahead."""
    out: list[TimeExpression] = []
    for one in found:
        while out and (both := _both(text, out[-1], one, context)):
            del out[-1]
            *before, one = both
            if before:
                out += before
                break
        out.append(one)
    return out


def _both(text: str, a: TimeExpression, b: TimeExpression, context: Context) -> list[TimeExpression] | None:
    """What two neighbours mean together."""
    gap = text[a.end : b.start]
    if b.kind == "none" and a.rrule is not None and not gap:
        return [replace(b, start=a.start)]  # 每月32号
    if len(gap) > 6 or "none" in (a.kind, b.kind):
        return None
    if b.rrule is not None and b.rrule.startswith(_ELAPSED):
        return _within_hours(a, b, gap, context)
    if b.rrule is not None:
        return _from_then(text, a, b, gap, context)
    if a.rrule is not None and _CALL.fullmatch(gap):
        return _called_again(text, a, b, context)
    if a.rrule is not None:
        return _up_to(text, a, b, gap) or _so_long(a, b, gap) or _hours(text, a, b, gap)
    if a.kind == "duration" and (on_end := _ON_END.search(text, 0, a.start)) and not gap.strip("的,在"):
        return _days_on_end(a, b, on_end.start(), context)
    if _CALL.fullmatch(gap):
        return _called_at(text, a, b, context)
    return _same_hour(text, a, b, gap, context)


def _from_then(
    text: str, a: TimeExpression, b: TimeExpression, gap: str, context: Context
) -> list[TimeExpression] | None:
    """从下周一起每天, 下周每天, 国庆期间每天早上."""
    if not _FROM_THEN.fullmatch(gap) or b.at is None or str(b.rrule).startswith("RDATE"):
        return None
    if a.kind == "duration" and a.length is not None and (on_end := _ON_END.search(text, 0, a.start)):
        return [_until(replace(b, start=on_end.start()), _midnight(b.at) + max(a.length, _DAY))]
    wide = a.kind == "span" and a.precision >= Grain.DAY
    if a.bound == "before" and a.kind == "point" and a.precision >= Grain.DAY and a.at is not None:
        # 周五之前每天 ends on Thursday; 月底前每周一 may fall on the last day itself.
        last = a.at - _DAY if b.at.date() < a.at.date() else a.at
        return [_until(replace(b, start=a.start), last + _DAY)] if b.at.date() <= last.date() else None
    if a.at is None or not (wide or a.bound == "after"):
        return None
    if a.until is not None and a.until <= context.base:
        return None
    since = max(a.at, context.base if b.precision < Grain.DAY else context.today)
    start = datetime.combine(a.at, b.at.time())
    first = first_time(_without_interval(str(b.rrule)), start, since)
    if first is None or (a.until is not None and first >= a.until):
        return None
    shift = first - b.at
    moved = replace(
        b,
        start=a.start,
        at=first,
        until=b.until and b.until + shift,
        readings=tuple(each.replace(year=first.year, month=first.month, day=first.day) for each in b.readings),
    )
    return [moved if a.until is None else _until(moved, a.until)]


def _up_to(text: str, a: TimeExpression, b: TimeExpression, gap: str) -> list[TimeExpression] | None:
    """每天八点，到月底为止."""
    rule = str(a.rrule)
    if not _UP_TO.fullmatch(gap) or b.at is None or b.bound == "after" or a.at is None:
        return None
    if b.precision < Grain.DAY:
        return _up_to_an_hour(text, a, b)
    done = _DONE.match(text, b.end)
    ended = done is not None or b.bound == "before"
    if not ended and (_WEEKDAY.match(text, b.start) or ("BYMONTHDAY" in rule and "月" not in text[b.start : b.end])):
        return None  # 每月1号到5号 says no end
    if rule.startswith("RDATE"):
        return None
    last = b.until - _DAY if b.until is not None else b.at
    if last < _midnight(a.at):
        return None
    return [_until(replace(a, end=done.end() if done else b.end), last + _DAY)]


def _up_to_an_hour(text: str, a: TimeExpression, b: TimeExpression) -> list[TimeExpression] | None:
    """每三个小时，直到晚上八点."""
    assert a.at is not None and b.at is not None
    if not str(a.rrule).startswith(_ELAPSED) or b.precision > Grain.MINUTE or b.at < a.at:
        return None
    done = _DONE.match(text, b.end)
    return [_until(replace(a, end=done.end() if done else b.end), b.at + timedelta(seconds=1))]


def _so_long(a: TimeExpression, b: TimeExpression, gap: str) -> list[TimeExpression] | None:
    """每天早上7点，连续一周."""
    if not _SO_LONG.fullmatch(gap) or str(a.rrule).startswith("RDATE"):
        return None
    if a.at is None or b.length is None or b.length < _DAY:
        return None
    return [_until(replace(a, end=b.end), _midnight(a.at) + b.length)]


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0)


def _until(one: TimeExpression, end: datetime) -> TimeExpression:
    """The rule up to a moment, itself outside, or up to the end that it has already where that is earlier."""
    rule, _, before = str(one.rrule).partition(";UNTIL=")
    if end != _midnight(end) and one.at is not None and not rule.startswith(_ELAPSED):
        last_time = rrulestr(rule, dtstart=one.at).before(end)
        end = _midnight(last_time or end) + _DAY  # 接下来三天每天中午十二点: told by the day of the last
    last = f"{end - timedelta(seconds=1):%Y%m%dT%H%M%S}"
    return replace(one, rrule=f"{rule};UNTIL={min(before or last, last)}")


def _hours(text: str, a: TimeExpression, b: TimeExpression, gap: str) -> list[TimeExpression] | None:
    """每周三下午三点到五点: the end of each time."""
    if not _HOURS.fullmatch(gap) or a.at is None or b.at is None or a.precision > Grain.MINUTE or a.until is not None:
        return None
    said = clock(text, b.start)
    if b.kind != "point" or b.precision > Grain.MINUTE:
        return None
    until = datetime.combine(a.at, b.at.time())
    if said is not None and said.end == b.end and said.open:
        morning = a.at.replace(hour=said.hour % 12, minute=said.minute, second=said.second)
        until = morning if morning > a.at else morning + timedelta(hours=12)
    if until <= a.at:
        until += _DAY
    return [replace(a, end=b.end, until=until)]


def _within_hours(a: TimeExpression, b: TimeExpression, gap: str, context: Context) -> list[TimeExpression] | None:
    """每天9点到18点每小时, 早上9点到下午6点每两小时: every hour of every day."""
    if a.rrule == "FREQ=DAILY" and not gap:
        return [replace(b, start=a.start)]
    if a.rrule is not None and a.precision is Grain.DAY and _FROM_THEN.fullmatch(gap):
        return _hours_of_days(a, b, context)
    if a.kind == "point" and a.bound == "at" and a.precision is Grain.DAY and _FROM_THEN.fullmatch(gap):
        return _hours_of_one_day(a, b)
    if a.bound == "after" and a.at is not None and b.at is not None and _FROM_THEN.fullmatch(gap):
        return [replace(b, start=a.start, at=a.at if a.at > context.base else b.at)]
    if not _BETWEEN.fullmatch(gap) or a.at is None or a.until is None or a.precision > Grain.MINUTE:
        return None
    if a.until - a.at >= _DAY or not _whole_hours(b):
        return None
    if str(a.rrule).startswith("RDATE"):
        return None  # days of the moon cannot be counted by the hour too
    step = _step(b)
    count = int((a.until - a.at) / timedelta(hours=step))
    hours = sorted({(a.at + each * timedelta(hours=step)).hour for each in range(count + 1)})
    head = str(a.rrule or "FREQ=DAILY").split(";BYHOUR")[0]
    rule = f"{head};BYHOUR={','.join(map(str, hours))};BYMINUTE={a.at.minute}"
    first = first_time(rule, datetime.combine(context.today, a.at.time()), context.base)
    every = replace(a, kind="recurring", end=b.end, at=first, until=None, rrule=rule, ambiguous=False, readings=())
    return [every]


def _hours_of_days(a: TimeExpression, b: TimeExpression, context: Context) -> list[TimeExpression] | None:
    """工作日每小时, 每周六每两小时: by day, and on working days while people work."""
    rule = str(a.rrule)
    if a.at is None or not rule.startswith("FREQ=WEEKLY") or not _whole_hours(b):
        return None
    last = _EVENING if rule.endswith(f"BYDAY={WORKING}") else _NIGHT
    hours = ",".join(str(hour) for hour in range(_MORNING, last + 1, _step(b)))
    rule = f"{rule};BYHOUR={hours};BYMINUTE=0"
    first = first_time(rule, _midnight(a.at) + _MORNING * _HOUR, context.base)
    return [replace(a, end=b.end, at=first, precision=Grain.MINUTE, rrule=rule)]


def _whole_hours(one: TimeExpression) -> bool:
    rule = str(one.rrule)
    return rule.startswith("FREQ=HOURLY") and "BYMINUTE" not in rule


def _step(one: TimeExpression) -> int:
    return int(str(one.rrule).partition("INTERVAL=")[2] or 1)


def _hours_of_one_day(a: TimeExpression, b: TimeExpression) -> list[TimeExpression] | None:
    """今天每隔一小时: up to the end of that day; of another day, from the morning on."""
    if a.at is None or b.at is None or not _whole_hours(b):
        return None
    first = b.at if b.at.date() == a.at.date() else a.at.replace(hour=_MORNING)
    hours = ",".join(str(hour) for hour in range(first.hour, 24, _step(b)))
    rule = f"FREQ=DAILY;BYHOUR={hours};BYMINUTE={first.minute};UNTIL={first:%Y%m%d}T235959"
    return [replace(b, start=a.start, at=first, rrule=rule)]


def _days_on_end(a: TimeExpression, b: TimeExpression, start: int, context: Context) -> list[TimeExpression] | None:
    """连续三天早上8点."""
    if b.at is None or a.length is None or a.length < _DAY or b.bound != "at" or b.precision > Grain.PART:
        return None
    if not context.today <= b.at < context.today + 2 * _DAY:
        return None
    clock = "" if b.precision is Grain.PART else f";BYHOUR={b.at.hour};BYMINUTE={b.at.minute}"
    first = b.at if b.at >= context.base else b.at + _DAY
    every = replace(b, kind="recurring", start=start, at=first, until=None, readings=(), rrule=f"FREQ=DAILY{clock}")
    return [_until(replace(every, ambiguous=False), _midnight(first) + a.length)]


def _called_at(text: str, a: TimeExpression, b: TimeExpression, context: Context) -> list[TimeExpression] | None:
    """明天提醒我下午三点开会: both say the same moment."""
    if a.bound != "at" or b.bound != "at" or a.precision not in (Grain.PART, Grain.DAY) or b.precision >= Grain.DAY:
        return None
    words = text[a.start : a.end] + text[b.start : b.end]
    value = value_at(words, 0, context)
    if value is None or value.end != len(words) or value.clock is None or not value.dated:
        return None
    chosen, ambiguous = pick(value, context)
    meant = replace(
        b,
        kind="point",
        at=chosen.start,
        until=None,
        precision=chosen.grain,
        ambiguous=ambiguous,
        readings=readings(value, chosen) if ambiguous else (),
    )
    return [replace(meant, start=a.start, end=a.end), meant]


def _called_again(text: str, a: TimeExpression, b: TimeExpression, context: Context) -> list[TimeExpression] | None:
    """每天提醒我晚上十点睡觉."""
    words = text[a.start : a.end] + text[b.start : b.end]
    again = recurrence(words, 0, context) if a.precision >= Grain.PART and b.precision < Grain.DAY else None
    if again is None or again.end != len(words) or again.rrule is None:
        return None
    every = replace(
        a, at=again.at, rrule=again.rrule, precision=again.grain, ambiguous=again.ambiguous, readings=again.readings
    )
    return [replace(every, end=b.end)]


def _same_hour(
    text: str, a: TimeExpression, b: TimeExpression, gap: str, context: Context
) -> list[TimeExpression] | None:
    """周三和周五下午三点: the hour is that of both days."""
    if not _AND.fullmatch(gap) or a.at is None or b.at is None or (a.kind, a.precision) != ("point", Grain.DAY):
        return None
    if a.bound != "at" or a.bound != b.bound or b.precision > Grain.PART or dates(text, b.start, context) is None:
        return None
    shift = datetime.combine(a.at, datetime.min.time()) - datetime.combine(b.at, datetime.min.time())
    here = replace(
        b,
        start=a.start,
        end=a.end,
        at=b.at + shift,
        until=b.until and b.until + shift,
        readings=tuple(each + shift for each in b.readings),
    )
    return [here, b]


def _without_interval(rule: str) -> str:
    return ";".join(each for each in rule.split(";") if not each.startswith("INTERVAL="))
