"""Days, weeks, months, years as they are named; each gives its candidates, and the wish for past or future picks one.

A name is read from the large to the small, as Chinese says it: 明年 | 三月 | 5号, 下个月 | 最后一个 | 周五. Whatever is a
container (a year, a month, a week) is asked for the part that stands next, and the parts alone (三月, 5号, 周五) are the
parts of the containers around today.
"""

import re
from datetime import datetime, timedelta

from dateutil.relativedelta import relativedelta

from botbay.zh.numbers import number
from botbay.zh.time.model import Context, Grain, Period
from botbay.zh.time.names import (
    counted,
    lonely,
    moment,
    named_day,
    named_decade,
    named_month,
    named_quarter,
    named_week,
    named_workday,
    named_year,
    no_such_day,
)
from botbay.zh.time.parts import inside
from botbay.zh.time.periods import WEEKDAYS, Dates, day, stretch
from botbay.zh.time.typed import typed_date

_DAY = timedelta(days=1)

_STARTS = (
    no_such_day,
    named_quarter,
    named_decade,
    named_workday,
    counted,
    typed_date,
    named_day,
    named_week,
    named_year,
    named_month,
    moment,
    lonely,
)
_OF = re.compile(r"的|[,，]? ?(?=农历|阴历)")
_SAME_DAY = re.compile(r"的?(?:今天|今日|这一?天|同一天)")
_SAME_MONTH = re.compile(r"的?(?:本月|这个?月)")
_BESIDE = re.compile(
    r"的?[之以]?(?P<side>[前后])的?(?P<count>[一两二三四五六七八九]|\d{1,2})"
    r"(?P<unit>天|个?(?:周|星期|礼拜)(?![一二三四五六日天末])|个月)(?!内)"
)
_ALSO_WEEKDAY = re.compile(
    r"[,，]?[(（]?(?:周|星期|礼拜)([一二三四五六日天])[)）]?|[(（]\d{1,2}(?:(?:月\d{1,2})?[日号]|/\d{1,2})[)）]"
)


def dates(text: str, at: int, context: Context) -> Dates | None:
    """The day, week, month … that is named from here on, with its candidates."""
    if at >= len(text):
        return None
    found = next((each for start in _STARTS if (each := start(text, at, context))), None)
    if found is None:
        return None
    while found.periods and not found.exact:
        hosts = list(found.hosts or found.periods)
        if hosts[0].grain <= Grain.DAY:
            break
        if (same := _SAME_DAY.match(text, found.end)) and len(hosts) == 1:
            shifted = _same_day(context.today, hosts[0])
            found = Dates(same.end(), [shifted] if shifted else [])
            break
        if hosts[0].grain is Grain.YEAR and (same_month := _SAME_MONTH.match(text, found.end)):
            this = context.today.month
            found = Dates(same_month.end(), [stretch(each.start, this, this, Grain.MONTH) for each in hosts])
            continue
        joint = _OF.match(text, found.end)
        inner = inside(text, joint.end() if joint else found.end, hosts, joint is None, context)
        if inner is None:
            break
        found = inner
    if (
        found.periods
        and not found.exact
        and found.periods[0].grain is Grain.DAY
        and (beside := _BESIDE.match(text, found.end))
    ):
        count = (1 if beside["side"] == "后" else -1) * (number(beside["count"]) or 0)
        match beside["unit"][-1]:
            case "天":
                shift = relativedelta(days=count)
            case "月":
                shift = relativedelta(months=count)
            case _:
                shift = relativedelta(weeks=count)
        return Dates(beside.end(), [day(each.start + shift) for each in found.periods])
    if found.periods and found.periods[0].grain is Grain.DAY and (named := _ALSO_WEEKDAY.match(text, found.end)):
        return _with_weekday(found, named, context)
    return found


def _with_weekday(found: Dates, named: re.Match[str], context: Context) -> Dates:
    """A date with its weekday or its number beside it, 12月5日（周六）: it may pick the year, if that is close by."""
    if named[1] is None:
        return Dates(named.end(), found.periods)
    right = [each for each in found.periods if each.start.weekday() == WEEKDAYS[named[1]]]
    if not right or (len(found.periods) == 1 and named[0][0] not in ",，(（"):
        return found
    close = any(abs((each.start - context.today).days) < 400 for each in right)
    return Dates(named.end(), right if close and len(found.periods) > 1 else found.periods)


def _same_day(today: datetime, host: Period) -> Period | None:
    if host.grain is Grain.WEEK:
        return day(host.start + today.weekday() * _DAY)
    try:
        if host.grain is Grain.MONTH:
            return day(host.start.replace(day=today.day))
        if host.grain is Grain.YEAR:
            return day(host.start.replace(month=today.month, day=today.day))
    except ValueError:
        pass
    return None
