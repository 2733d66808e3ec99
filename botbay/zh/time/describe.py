"""Says a time back as people would: 明天（周三）15:00, 上周五, 3月5号 09:00–11:00, 每周一、三、五 08:00."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

from dateutil.rrule import rrulestr

from botbay.zh.text import halfwidth
from botbay.zh.time.clock import PARTS
from botbay.zh.time.model import Grain, Period, TimeExpression
from botbay.zh.time.periods import month, quarter, week, year
from botbay.zh.time.rule_words import parts_of, said_again
from botbay.zh.time.values import NO_SUCH_HOUR

_DAY = timedelta(days=1)
_LAST = time(23, 59, 59)
_WEEKDAYS = "一二三四五六日"
_NEAR = {-2: "前天", -1: "昨天", 0: "今天", 1: "明天", 2: "后天"}


def describe(expression: TimeExpression, base: datetime) -> str:
    """What was understood, in words; the year only where it is another one than the base's.

    Said again to ``parse``, with the past preferred for what has gone by, it means the same.
    """
    base = base.replace(tzinfo=None)
    if expression.rrule is not None and expression.at is not None:
        return _recurring(expression, expression.at.replace(tzinfo=None), base)
    if expression.length is not None:
        return _length(expression.length, expression.text)
    at = None if expression.at is None else expression.at.replace(tzinfo=None)
    until = None if expression.until is None else expression.until.replace(tzinfo=None)
    if at is None:
        return expression.text if until is None else f"{_point(until, expression.precision, base)}之前"
    if until is not None:
        return _span(at, until, expression.precision, base, expression.text)
    said = _point(at, expression.precision, base)
    if expression.bound == "before":
        return f"{said}之前"
    if expression.bound == "after":
        return f"从{said}开始" if expression.precision >= Grain.PART else f"{said}以后"
    return said


def _date(moment: datetime, base: datetime) -> str:
    """A day: by word near by, by weekday in the weeks around, by date beyond."""
    days = (moment.date() - base.date()).days
    weekday = _WEEKDAYS[moment.weekday()]
    if days in _NEAR:
        return _NEAR[days] if days == 0 else f"{_NEAR[days]}（周{weekday}）"
    weeks = (week(moment).start.date() - week(base).start.date()).days // 7
    if weeks in (-1, 0, 1):
        return f"{('上', '这', '下')[weeks + 1]}周{weekday}"
    return _plain_date(moment, base)


def _plain_date(moment: datetime, base: datetime) -> str:
    ahead = "" if moment.year == base.year else f"{moment.year}年"
    return f"{ahead}{moment.month}月{moment.day}号"


def _time(moment: datetime) -> str:
    return moment.strftime("%H:%M:%S" if moment.second else "%H:%M")


def _with(day: str, rest: str) -> str:
    return day + rest if day.endswith("）") else f"{day} {rest}"


def _point(moment: datetime, precision: Grain, base: datetime) -> str:
    if precision >= Grain.PART and moment.time() == moment.min.time():
        return _date(moment, base)
    return _with(_date(moment, base), _time(moment))


def _whole(at: datetime, until: datetime, base: datetime) -> str | None:
    """The name of a span that is a week, a month, a year … by itself."""
    start = at.replace(hour=0, minute=0, second=0, microsecond=0)
    today = base.replace(hour=0, minute=0, second=0, microsecond=0)
    builders: list[tuple[Callable[[datetime, int], Period], tuple[str, str, str]]] = [
        (week, ("上周", "这周", "下周")),
        (month, ("上个月", "这个月", "下个月")),
        (quarter, ("上个季度", "这个季度", "下个季度")),
    ]
    for build, names in builders:
        for step, name in zip((-1, 0, 1), names, strict=True):
            period = build(today, step)
            if (period.start, period.end) == (at, until):
                return name
    for step, name in zip((-1, 0, 1), ("上周末", "这周末", "下周末"), strict=True):
        saturday = week(today, step).start + 5 * _DAY
        if (saturday, saturday + 2 * _DAY) == (at, until):
            return name
    whole = year(start.year)
    if (whole.start, whole.end) == (at, until):
        return {-1: "去年", 0: "今年", 1: "明年"}.get(start.year - base.year, f"{start.year}年")
    named = "" if start.year == base.year else f"{start.year}年"
    if (at, until) == (whole.start, datetime(start.year, 7, 1)):
        return f"{named}上半年"
    if (at, until) == (datetime(start.year, 7, 1), whole.end):
        return f"{named}下半年"
    if at == start and (month(start).start, month(start).end) == (at, until) and at.year != base.year:
        return f"{at.year}年{at.month}月"
    return None


def _span(at: datetime, until: datetime, precision: Grain, base: datetime, words: str) -> str:
    if name := _whole(at, until, base):
        return name
    start = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if precision is Grain.PART:
        for name, part in PARTS.items():
            if start + timedelta(hours=part.end) == until and at.hour in (part.start, part.early):
                return f"{_date(at, base)}{'上午' if '上午' in words else name}"
    days = at == start and until.time() == until.min.time()
    if days:
        last = until - _DAY
        first = _plain_date(at, base)
        if at == last:
            return _date(at, base)
        return f"{first}–{_plain_date(last, at if at.year == base.year or last.year != base.year else base)}"
    if at.date() == until.date() or until == start + _DAY:
        closing = "24:00" if until == start + _DAY else _time(until)
        return _with(_date(at, base), f"{_time(at)}–{closing}")
    begin, end = (_moment(each, base) for each in (at, until))
    return f"{begin}到{end}"


def _moment(moment: datetime, base: datetime) -> str:
    if moment == base:
        return "现在"
    return _date(moment, base) if moment.time() == moment.min.time() else _with(_date(moment, base), _time(moment))


def _length(length: timedelta, words: str) -> str:
    seconds = int(length.total_seconds())
    days, rest = divmod(seconds, 86400)
    if rest == 43200 and "天" in words:  # 两天半
        return f"{days}天半" if days else "半天"
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    if (days, hours, minutes, rest) == (0, 0, 30, 0):
        return "半小时"
    parts = ((days, "天"), (hours, "小时"), (minutes, "分钟"), (rest, "秒"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0秒"


def _recurring(expression: TimeExpression, at: datetime, base: datetime) -> str:
    """A rule, from when on where that is not its next time, and until when."""
    rule = str(expression.rrule)
    until = expression.until and expression.until.replace(tzinfo=None)
    words = said_again(rule, at, until, expression.precision)
    parts = parts_of(rule)
    counts_days = parts.get("FREQ") in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
    if counts_days and at.date() > base.date() and _starts_late(rule, at, base, expression.precision < Grain.DAY):
        words = f"从{_date(at, base)}开始，{words}"
    if last := parts.get("UNTIL"):
        end = datetime.fromisoformat(last)
        clock = "" if end.time() == _LAST else f" {_time(end)}"
        words += f"，到{_date(end, base)}{clock}为止"
    return words


def _starts_late(rule: str, at: datetime, base: datetime, fine: bool) -> bool:
    """Whether the rule alone would have begun before ``at``: from the hour on where it names one, else that day."""
    alone = ";".join(each for each in rule.split(";") if not each.startswith(("INTERVAL=", "UNTIL=")))
    start = datetime.combine(base, at.time())
    first = rrulestr(alone, dtstart=start).after(base if fine else start, inc=True)
    return first is None or first.date() < at.date()


def no_such_time(words: str) -> str:
    """没有「2月30号」这一天, 没有「明天25点」这个时间: what to say of words of which ``parse`` makes a ``none``."""
    return f"没有「{words}」这{'个时间' if NO_SUCH_HOUR.search(halfwidth(words)) else '一天'}"


def question(expression: TimeExpression) -> str | None:
    """What to ask where it is unclear: 明天三点：凌晨 03:00还是下午 15:00？ Nothing where it is clear."""
    if not expression.ambiguous:
        return None
    if not expression.readings:
        return f"“{expression.text}”是什么时候？比如“半小时后”“明天上午九点”。"
    return f"{expression.text}：{'还是'.join(_half(each) for each in expression.readings)}？"


def _half(moment: datetime) -> str:
    names = ((6, "凌晨"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
    return f"{next(name for end, name in names if moment.hour < end)} {_time(moment)}"
