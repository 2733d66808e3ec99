"""Parts of a year, a month, a week: 三月, 国庆, 5号, 最后一个周五, 底. A container is asked for the part that stands next."""

import re
from collections.abc import Callable
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from botbay.zh.numbers import NUMBER, number
from botbay.zh.time.almanac import FEAST, feast_day, holiday, nth_weekday, workday
from botbay.zh.time.lunar import lunar_day
from botbay.zh.time.model import Context, Grain, Period
from botbay.zh.time.periods import WEEKDAYS, Dates, day, month, on_date, stretch, week

_DAY = timedelta(days=1)
Part = tuple[re.Pattern[str], Callable[[re.Match[str], Period, Context], Period | None]]

_NTH = r"(?:第(?P<nth>[一二三四五六七八九十\d]{1,3})|(?P<last>最后|倒数第)(?P<from>[一二三四五\d])?)"


def _nth(found: re.Match[str]) -> int:
    """Which one, from the end where negative; zero where it is no number."""
    if found["nth"]:
        return number(found["nth"]) or 0
    return -(number(found["from"] or "一") or 1)


def _nth_day(found: re.Match[str], host: Period, context: Context) -> Period | None:
    place = _nth(found)
    start = host.start + (place - 1) * _DAY if place > 0 else host.end + place * _DAY
    return day(start) if place and host.start <= start < host.end else None


def _nth_workday(found: re.Match[str], host: Period, context: Context) -> Period | None:
    place = _nth(found)
    if not place:
        return None
    when = workday((host.start - _DAY).date() if place > 0 else host.end.date(), max(-60, min(place, 60)))
    result = on_date(when)
    return result if result and host.start <= result.start < host.end else None


def _nth_week(found: re.Match[str], host: Period, context: Context) -> Period | None:
    place = _nth(found)
    # The first week of a month or a year is the one that begins with its first Monday.
    first = week(host.start + 6 * _DAY)
    start = first.start + 7 * (place - 1) * _DAY if place > 0 else week(host.end - _DAY).start + 7 * (place + 1) * _DAY
    return Period(start, start + 7 * _DAY, Grain.WEEK) if place and host.start <= start < host.end else None


def _nth_month(found: re.Match[str], host: Period, context: Context) -> Period | None:
    place = _nth(found)
    period = month(host.start, place - 1) if place > 0 else month(host.end, place)
    return period if place and host.start <= period.start < host.end else None


def _nth_named_weekday(found: re.Match[str], host: Period, context: Context) -> Period | None:
    place = _nth(found)
    if found["unit_day"] == "末":
        saturday = on_date(nth_weekday(host.start.year, host.start.month, 5, place)) if 0 < abs(place) < 6 else None
        return Period(saturday.start, saturday.start + 2 * _DAY, Grain.WEEKEND) if saturday else None
    if host.grain is not Grain.MONTH or not 0 < abs(place) < 6:
        return None
    return on_date(nth_weekday(host.start.year, host.start.month, WEEKDAYS[found["unit_day"]], place))


def _head(count: int, unit: str, host: Period, from_end: bool) -> Period | None:
    """The first or last few days, weeks, months of a container."""
    steps = {"天": relativedelta(days=count), "周": relativedelta(weeks=count), "月": relativedelta(months=count)}
    if unit == "周":
        inner = week(host.start + 6 * _DAY).start
        last = week(host.end).start
        start, end = (last - 7 * count * _DAY, last) if from_end else (inner, inner + 7 * count * _DAY)
    else:
        start, end = (host.end - steps[unit], host.end) if from_end else (host.start, host.start + steps[unit])
    return Period(start, end, Grain.DAY) if host.start <= start < end <= host.end + 7 * _DAY else None


def _few(found: re.Match[str], host: Period, context: Context) -> Period | None:
    unit = {"天": "天", "日": "天", "月": "月"}.get(found["unit"][-1], "周")
    count = number(found["count"]) or 0
    return _head(count, unit, host, found["side"] == "最后") if 0 < count < 60 else None


_EVERYWHERE: list[Part] = [
    (re.compile(rf"{_NTH}个?工作日"), _nth_workday),
    (re.compile(rf"{_NTH}(?:天|日)"), _nth_day),
    (
        re.compile(
            rf"(?P<side>前|头|最后)(?P<count>{NUMBER})(?P<unit>天|日|(?:个?星期|个?礼拜|周)(?![一二三四五六日天末报])|个月)"
        ),
        _few,
    ),
    (re.compile(rf"{_NTH}个?(?:星期|礼拜|周)(?![一二三四五六日天末报])"), _nth_week),
]


def _edge(found: re.Match[str], host: Period, context: Context) -> Period | None:
    """The beginning, middle, end of a month or year: a stretch for whoever looks back, a day to work by otherwise."""
    where = found["edge"][0]
    if context.prefer == "future":
        if where in "底末尾":
            return day(host.end - _DAY)
        if host.grain is Grain.QUARTER:
            return day(host.start)
        if host.grain is Grain.MONTH:
            return day(host.start + (14 * _DAY if where == "中" else 0 * _DAY))
    if host.grain is Grain.MONTH:
        return _tenday(host, {"初": 0, "头": 0, "中": 1}.get(where, 2))
    if host.grain is not Grain.YEAR:
        return None
    first, last = {"初": (1, 2), "头": (1, 2), "中": (6, 7)}.get(where, (12, 12))
    return stretch(host.start, first, last, Grain.MONTH)


def _tenday(host: Period, which: int) -> Period:
    start = host.start + 10 * which * _DAY
    return Period(start, host.end if which == 2 else start + 10 * _DAY, Grain.TENDAY)


_NUMERAL_DAY = r"(?:3[01]|[12]\d|0?[1-9]|三十一?|二十[一二三四五六七八九]?|廿[一二三四五六七八九]?|十[一二三四五六七八九]?|[一二三四五六七八九])"
_NO_COUNT = r"(?![\d个人块元天岁位名条件万千百次年月点时分秒层楼%多几.:/])"


def day_of_month(found: re.Match[str], host: Period, context: Context) -> Period | None:
    which = number(next(each for each in found.groups() if each)) or 0
    start = host.start + (which - 1) * _DAY
    return day(start) if which >= 1 and start < host.end else None


_SEP = r"(?:-|到|至)"
OF_MONTH: list[Part] = [
    (
        re.compile(
            rf"初?({_NUMERAL_DAY})(?:日(?![本元语期常子报])|日(?=报(?:[告名到]))|日(?=报)|号(?![码楼线院])|(?=(?:{_SEP}|[、和]){_NUMERAL_DAY}[日号](?![码楼线院])))"
        ),
        day_of_month,
    ),
    (
        re.compile(r"(?P<edge>初|头(?!像)|中(?!旬)|底|末|尾)(?![一二三四五六七八九十级中国间心])(?!\d(?!\d?[:点时]))"),
        _edge,
    ),
    (re.compile(r"(?P<ten>[上中下])旬"), lambda found, host, _: _tenday(host, "上中下".index(found["ten"]))),
    (re.compile(rf"{_NTH}个?(?:周|星期|礼拜)(?P<unit_day>[一二三四五六日天末])"), _nth_named_weekday),
    (
        re.compile(r"(?P<side>[上下前后])半个?月"),
        lambda found, host, _: (
            Period(host.start, host.start + 15 * _DAY, Grain.TENDAY)
            if found["side"] in "上前"
            else Period(host.start + 15 * _DAY, host.end, Grain.TENDAY)
        ),
    ),
]
#: 三月十五, 3月5 without 号: only behind a month.
_BARE_DAY: Part = (
    re.compile(rf"(三十一?|二十[一二三四五六七八九]?|十[一二三四五六七八九]?|3[01]|[12]\d|0?[1-9]){_NO_COUNT}"),
    day_of_month,
)


def _weekday(found: re.Match[str], host: Period, context: Context) -> Period | None:
    which = found["day"]
    if which == "末" or len(which) > 1:
        return Period(host.start + 5 * _DAY, host.start + 7 * _DAY, Grain.WEEKEND)
    return day(host.start + WEEKDAYS[which] * _DAY)


WEEK_WORD = r"(?:周|星期|礼拜)"
#: 周三次: three times; 上周日报: last week's report; 上周天气: weather.
WEEK_DAY = r"(?P<day>六[、和]?(?:周|星期|礼拜)?[日天](?![报气])|[一二三四五六](?![次回趟遍])|末|日(?!报(?![告名到])|记|程|志|均|常)|天(?![气空数])|[1-7](?![\d次天个人点:.]|月))"
OF_WEEK: list[Part] = [
    (re.compile(rf"{WEEK_WORD}{WEEK_DAY}"), _weekday),
    (re.compile(r"中(?=[,。之前提叫喊还交]|$)"), lambda found, host, _: day(host.start + 2 * _DAY)),
    (
        re.compile(r"(?P<side>[上下前后])半周"),
        lambda found, host, _: (
            Period(host.start, host.start + 3 * _DAY, Grain.DAY)
            if found["side"] in "上前"
            else Period(host.start + 3 * _DAY, host.end, Grain.DAY)
        ),
    ),
]


def _month_of_year(found: re.Match[str], host: Period, context: Context) -> Period | None:
    which = number(found["month"]) or 0
    return stretch(host.start, which, which, Grain.MONTH) if 1 <= which <= 12 else None


def season(found: re.Match[str], host: Period, context: Context) -> Period:
    first = {"春": 3, "夏": 6, "秋": 9, "冬": 12}[found["season"]]
    start = host.start.replace(month=first)
    return Period(start, start + relativedelta(months=3), Grain.QUARTER)


def quarter_of_year(found: re.Match[str], host: Period, context: Context) -> Period | None:
    which = number(found["q"]) or 0
    return stretch(host.start, 3 * which - 2, 3 * which, Grain.QUARTER) if 1 <= which <= 4 else None


def half(found: re.Match[str], host: Period, context: Context) -> Period:
    return stretch(host.start, *((1, 6) if found["side"] in "上前" else (7, 12)), Grain.HALF)


def _feast(found: re.Match[str], host: Period, context: Context) -> Period | None:
    name, which = found["feast"] or found["mild"], host.start.year
    first = on_date(feast_day(name, which))
    off = holiday(name, which)
    if first is None or off is None:
        return None
    begin, end = (on_date(each) for each in off)
    if begin is None or end is None:
        return None
    if found["next"]:  # 国庆后第一个工作日, 节后第二天
        place = number(found["place"]) or 1
        start = end.start - _DAY
        if found["on"]:
            on = _named_weekday(found["on"])
            return day(end.start + ((on - end.start.weekday()) % 7 + 7 * (place - 1)) * _DAY)
        if found["what"] != "天":
            return on_date(workday(start.date(), place))
        return day(start + place * _DAY)
    if found["back"]:  # 节后上班第一天
        return on_date(workday((end.start - _DAY).date(), 1))
    if found["last_on"]:  # 春节前最后一个周五
        return day(begin.start - ((begin.start.weekday() - _named_weekday(found["last_on"]) - 1) % 7 + 1) * _DAY)
    if found["previous"]:  # 国庆前最后一个工作日
        return on_date(workday(begin.start.date(), -1)) if found["last"] != "天" else day(begin.start - _DAY)
    if found["days"] is not None:
        return Period(begin.start, end.start, Grain.WEEK)
    return first


def _named_weekday(word: str) -> int:
    return 5 if word == "末" else WEEKDAYS[word]


def _lunar_day(found: re.Match[str], host: Period, context: Context) -> Period | None:
    name = found["lunar_month"]
    which = {"正": 1, "腊": 12, "冬": 11}.get(name) or number(name) or 0
    word = found["lunar_day"]
    if word is None:
        return None
    place = number(word.replace("初", "").replace("廿", "二十").replace("卅", "三十")) or 0
    # By now people name the end of a lunar year by the solar one it falls into only where they say no lunar year.
    return on_date(lunar_day(host.start.year, which, place))


_LUNAR_DAY = r"(?P<lunar_day>初[一二三四五六七八九十]|二十[一二三四五六七八九]?|廿[一二三四五六七八九]?|三十|十[一二三四五六七八九]?|\d{1,2}|[一二三四五六七八九](?![点月十]))(?:日|号)?"
_LUNAR: list[Part] = [
    (
        re.compile(
            rf"(?:农历|阴历|旧历)(?P<lunar_month>[正腊冬]|十[一二]?|[一二三四五六七八九]|\d{{1,2}})月{_LUNAR_DAY}"
        ),
        _lunar_day,
    ),
    (re.compile(rf"(?P<lunar_month>[正腊冬])月{_LUNAR_DAY}"), _lunar_day),
    (
        re.compile(r"(?P<lunar_month>十[一二]?|[一二三四五六七八九])月(?P<lunar_day>初[一二三四五六七八九十])"),
        _lunar_day,
    ),
]
_NEW_YEAR: list[Part] = [
    (
        re.compile(r"(?:大年|年)初(?P<lunar_day>[一二三四五六七八九十])"),
        lambda found, host, _: on_date(lunar_day(host.start.year, 1, number(found["lunar_day"]) or 0)),
    ),
]

#: When the days off are over: 假期后, 放假回来, 收假后.
_OVER = r"(?:(?:假期|长假|放假)?(?:结束|回来|完)?(?:之后|以后|后)|(?:假期|长假)结束|放完?假回来|收假(?:之后|以后|后)?)"

OF_YEAR: list[Part] = [
    *_LUNAR,
    *_NEW_YEAR,
    (
        re.compile(
            rf"{FEAST}(?:(?P<next>{_OVER}的?(?:第(?P<place>[一二三四五六七])|首))(?P<what>个?工作日|个?上班日|天|个?(?:周|星期|礼拜)(?P<on>[一二三四五六日天末]))"
            rf"|(?P<back>{_OVER}的?(?:上班|开工|复工)的?(?:第一天|首日|那天))"
            r"|(?P<previous>(?:(?:放假)?(?:之前|以前|前)的?最后一|放假(?:之前|以前|前)的?一)(?P<last>个?工作日|天|个?(?:周|星期|礼拜)(?P<last_on>[一二三四五六日天末])))"
            r"|(?P<days>期间|假期间?|长假期?间?|小长假|黄金周|放假期间|几天|(?=[之以]?[前后](?!的?[一二两三四五六七八九十\d]{1,2}个?(?:天|周|星期|礼拜|月))))|当天|那天|当日)?"
        ),
        _feast,
    ),
    (
        re.compile(
            r"(?P<month>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])(?:月份?(?![饼球租薪票卡供季经票])|(?=(?:-|到|至)(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月(?!\d)))"
        ),
        _month_of_year,
    ),
    (re.compile(r"(?P<season>[春夏秋冬])[天季]"), season),
    (re.compile(r"(?:第?(?P<q>[一二三四1-4])个?季度)"), quarter_of_year),
    (re.compile(r"q(?P<q>[1-4])(?![a-z\d])"), quarter_of_year),
    (re.compile(r"(?P<side>[上下前后])个?半年"), half),
]
_YEAR_ONLY: list[Part] = [
    (re.compile(rf"{_NTH}个?月"), _nth_month),
    (re.compile(r"年?(?P<edge>初|头|中|底|末|尾)(?![一二三四五六七八九十间])"), _edge),
]

_INSIDE = {
    Grain.YEAR: [*OF_YEAR, *_YEAR_ONLY, *_EVERYWHERE],
    Grain.HALF: [*OF_YEAR[-6:-5], *_YEAR_ONLY[:1], *_EVERYWHERE],
    Grain.QUARTER: [*_YEAR_ONLY[:1], (re.compile(r"(?P<edge>初|底|末)"), _edge), *_EVERYWHERE],
    Grain.MONTH: [*_EVERYWHERE, *OF_MONTH],
    Grain.WEEK: [*OF_WEEK, *_EVERYWHERE[:3]],
}


def inside(text: str, at: int, hosts: list[Period], bare: bool, context: Context) -> Dates | None:
    """The part of each host that is named here; ``bare`` allows a day without 号."""
    if not hosts:
        return None
    parts = _INSIDE.get(hosts[0].grain, [])
    if bare and hosts[0].grain is Grain.MONTH:
        parts = [*parts, _BARE_DAY]
    for pattern, build in parts:
        found = pattern.match(text, at)
        if found:
            built = [period for host in hosts if (period := build(found, host, context))]
            if not built and build not in (day_of_month, _lunar_day):
                continue
            return Dates(found.end(), sorted(built, key=lambda each: each.start))
    return None
