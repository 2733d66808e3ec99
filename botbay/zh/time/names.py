"""Names of days, weeks, months, years: 大后天, 下礼拜3, 月底, 前年, 三天后; and the parts of them that stand alone."""

import re
from datetime import datetime, timedelta

from botbay.zh.numbers import number
from botbay.zh.time.almanac import FEAST, workday
from botbay.zh.time.amounts import amount
from botbay.zh.time.model import Context, Grain, Period
from botbay.zh.time.parts import (
    OF_MONTH,
    OF_WEEK,
    OF_YEAR,
    WEEK_DAY,
    WEEK_WORD,
    day_of_month,
    half,
    quarter_of_year,
    season,
)
from botbay.zh.time.periods import WEEKDAYS, Dates, day, month, on_date, quarter, week, year, years_around

_DAY = timedelta(days=1)

_TODAY = re.compile(
    r"(?P<big>大{1,2})?(?P<word>[前后])(?:天|日(?![本期子])|儿(?![子童女媳])个?)|(?P<near>[昨今明])(?:天|日(?!头条|方舟|之后》)|儿个?|个儿?(?![月季星礼人])|(?=[早晚晨夜]))|(?P<cantonese>(?<!打)[听寻琴]日)(?=$|[,。、]|朝早|上[昼午]|下[昼午]|晏昼|中午|晚|早|[提叫]|\d|[一二三四五六七八九十]{1,3}点)|这个(?=早上|上午|中午|下午|傍晚|晚上)"
)
_NOT_BEFORE = re.compile(r"[目以之此从先提面午最声证文黎饭]$")
_CANTONESE = {"听日": "明", "寻日": "昨", "琴日": "昨"}
_SHIFT = {"前": -2, "昨": -1, "今": 0, "明": 1, "后": 2}


def named_day(text: str, at: int, context: Context) -> Dates | None:
    """昨天, 后儿, 大前天."""
    found = _TODAY.match(text, at)
    if found is None:
        return None
    word = found["word"] or found["near"] or _CANTONESE.get(found["cantonese"], "今")
    if found["word"] and _NOT_BEFORE.search(text, 0, at) and text[at - 1 : at + 1] != "从后":
        return None
    days = _SHIFT[word]
    if found["big"]:
        days += len(found["big"]) * (1 if days > 0 else -1)
    return Dates(found.end(), [day(context.today + days * _DAY)])


_REL = r"(?P<rel>(?:大?(?:上{1,3}|下{1,3})|这|本|当)(?:一个|一|个)?|今)"
_WEEK = re.compile(
    rf"{_REL}?(?:{WEEK_WORD}{WEEK_DAY}|(?P<whole>{WEEK_WORD})(?![一二三四五六](?![次回趟遍])|[岁年到边围刊转折]))|(?P<weekend>双休日)"
)


#: 三周 are weeks, 周三周四 are days.
_COUNTING = re.compile(
    r"(?<![周期拜])[一二两三四五六七八九十百几每第半隔单双\d]$|(?:^|[^周期拜])[\d几两三四五六七八九十]个$"
)


def _steps(word: str) -> int:
    return word.count("下") - word.count("上")


#: 记一下周五要交房租 says this Friday.
_A_BIT = re.compile(r"[^周期拜一]一$")


def named_week(text: str, at: int, context: Context) -> Dates | None:
    """下周, 上礼拜3, 周五, 周末."""
    found = _WEEK.match(text, at)
    if found is None or (text[at] == "下" and _A_BIT.search(text, max(at - 2, 0), at)):
        return None
    rel, which = found["rel"], found["day"] or ("末" if found["weekend"] else None)
    if rel is None and which is None:
        return None
    if rel is None and _COUNTING.search(text, max(at - 2, 0), at):
        return None
    this = [week(context.today, _steps(rel))] if rel else [week(context.near, k) for k in range(-2, 3)]
    if which is None:
        return Dates(found.end(), this)
    if which == "末" or len(which) > 1:
        return Dates(found.end(), [Period(each.start + 5 * _DAY, each.end, Grain.WEEKEND) for each in this])
    return Dates(found.end(), [day(each.start + WEEKDAYS[which] * _DAY) for each in this])


_MONTH = re.compile(
    rf"{_REL}月(?:份)?(?![饼球亮租薪票台])|月(?=[初底末尾](?![一二三四五]))|月(?=中(?:旬|[,。之前提叫喊还交]|$))"
)


def named_month(text: str, at: int, context: Context) -> Dates | None:
    """上个月, 本月; 月 alone before 底 and the like."""
    found = _MONTH.match(text, at)
    if found is None or (text[at] == "下" and _A_BIT.search(text, max(at - 2, 0), at)):
        return None
    rel = found["rel"]
    if rel is None:
        if text[max(at - 1, 0) : at] in set("一二三四五六七八九十个每0123456789份腊正") - {""}:
            return None
        return Dates(found.end(), [month(context.near, k) for k in (-1, 0, 1)])
    return Dates(found.end(), [month(context.today, _steps(rel))])


_QUARTER = re.compile(rf"{_REL}季度?(?![节])")


def named_quarter(text: str, at: int, context: Context) -> Dates | None:
    """上季度, 下个季度."""
    found = _QUARTER.match(text, at)
    return Dates(found.end(), [quarter(context.today, _steps(found["rel"]))]) if found else None


_YEAR = re.compile(
    r"(?P<word>大前年|前年|去年|上一?年(?!级)|今年|本年度?|这一?年(?!级|头)|明年|下一?年(?!级)|来年|后年|大后年)度?"
    r"|(?P<digits>\d{4}|(?<!\d)\d{2,3}|[零〇一二三四五六七八九]{2,4}|[一二两]千(?:零|[一二三四五六七八九]百)?[零一二三四五六七八九十]*)年度?(?![级轻龄代来])"
    r"|(?P<range>(?:19|20)\d\d)(?= ?(?:-|到|至) ?(?:19|20)\d\d(?![\d-]))"
    r"|年(?=[初底末尾](?!一)|[之以]?内)|年中(?=[之前,。]|$)"
)
_RANGE_END = re.compile(r"(?:19|20)\d\d(?![\d-])")
_YEARS = {"大前年": -3, "前年": -2, "去年": -1, "今年": 0, "明年": 1, "来年": 1, "后年": 2, "大后年": 3}
_IN_YEAR = re.compile(
    r"的?(?:(?:农历|阴历)?(?:\d{1,2}|[一二三四五六七八九十正腊冬]{1,2})月|第?[一二三四1-4]季度|[上下前后]半年|[初底末]|[春夏秋冬][天季]|q[1-4]|"
    + FEAST.replace("?P<feast>", "").replace("?P<mild>", "")
    + ")|度"
)


def named_year(text: str, at: int, context: Context) -> Dates | None:
    """去年, 2027年, 二零零四年; two digits only where a month, a feast … follows: 10年 alone is a length."""
    if (
        context.anchor is not None
        and (last := _RANGE_END.match(text, at))
        and text[last.end() : last.end() + 1] != "年"
    ):
        return Dates(last.end(), [year(int(last[0]))])
    found = _YEAR.match(text, at)
    if found is None:
        return None
    if found["range"] and not text[max(at - 1, 0) : at].isdigit():
        return Dates(found.end(), [year(int(found["range"]))])
    this = context.today.year
    before = text[max(at - 1, 0) : at]
    if word := found["word"]:
        shift = _YEARS.get(word, _steps(word))
        return Dates(found.end(), [year(this + shift)])
    digits = found["digits"]
    if digits is None:
        if before and before in "一二两三四五六七八九十每半整多周0123456789几今去明前后":
            return None
        return Dates(found.end(), [year(context.near.year + k) for k in (-1, 0, 1)])
    if before and before in "零一二三四五六七八九十百千每第近过.0123456789满":
        return None
    which = number(digits) or 0
    full = len(digits) == 4 or which >= 1000
    if not full:
        named = _IN_YEAR.match(text, found.end()) or digits[0] in "09零〇九"
        if (
            not named
            or which >= 1000
            or (which > 99 and len(digits) > 2 and digits[0] not in "一二三四五六七八九123456789")
        ):
            return None
        if which < 100:
            which += 2000 if which < 70 else 1900
    return Dates(found.end(), [year(which)]) if 1 <= which <= 9998 else Dates(found.end(), [])


def lonely(text: str, at: int, context: Context) -> Dates | None:
    """A part of a year, month or week that stands alone: 三月5号, 5号, 国庆, 上半年."""
    before = text[max(at - 1, 0) : at]
    if before and (before.isdigit() or before in "零一二三四五六七八九十百千两第每几./"):
        return None
    if before == ":" and text[at - 2 : at - 1].isdigit():
        return None
    if before == "-" and context.anchor is None:
        return None
    february = text.startswith(("2月", "02月", "二月"), at)
    for pattern, build in OF_YEAR:
        found = pattern.match(text, at)
        if found:
            if build is season and text[max(at - 1, 0) : at] in ("青", "立"):
                continue
            hosts = [year(which) for which in years_around(context, leap=february)]
            if build in (half, quarter_of_year) and context.anchor is None:
                # 上半年 is this year's, over or not; for whoever looks back before it has begun, the last one.
                hosts = [year(context.today.year - k) for k in ((1, 0) if context.prefer == "past" else (0,))]
            built = [period for host in hosts if (period := build(found, host, context))]
            if build is half and found["side"] in "前后":
                return None  # 后半年 of which year? 前半年 alone is a length
            return Dates(found.end(), built, exact=False)
    for pattern, build in (OF_MONTH[0], OF_MONTH[2], OF_MONTH[4]):
        found = pattern.match(text, at)
        if found:
            if (
                build is day_of_month
                and text[found.end() : found.end() + 1] in set("内后前") - {""}
                and "日" in found[0]
            ):
                return None
            reach = (0,) if pattern is OF_MONTH[4][0] else range(-4, 5)
            hosts = [month(context.near, k) for k in reach]
            return Dates(found.end(), [period for host in hosts if (period := build(found, host, context))])
    if found := OF_WEEK[1][0].match(text, at):
        period = OF_WEEK[1][1](found, week(context.near), context)
        return Dates(found.end(), [period] if period else [])
    return None


_NOW = re.compile(r"现在|目前(?!为止)|此刻|眼下|当前|这会儿|即刻|马上|立刻|立即|当下")
_SOON = re.compile(
    r"待会儿?|等会儿?|等一?下儿?再?(?=提醒|叫)|过一?会儿?|一会(?:儿后?|后|(?=再|提醒|叫|去|$|[,。]))|稍后|稍晚|晚些时候|回头(?=提醒|叫)"
)


def moment(text: str, at: int, context: Context) -> Dates | None:
    """现在; 待会儿, which nobody can know exactly."""
    if found := _NOW.match(text, at):
        return Dates(found.end(), [Period(context.base, context.base, Grain.MINUTE)], exact=True)
    if found := _SOON.match(text, at):
        soon = context.base + timedelta(minutes=30)
        return Dates(found.end(), [Period(soon, soon, Grain.MINUTE)], exact=True, loose=True)
    return None


_AFTER = re.compile(
    r"[之以过]?后(?![天面台端]|续(?![费签约租订保期借写]))|[之以]?前(?!天|面|台|端|后|辈)|过去了?$(?<=过)"
)
_PASS = re.compile(r"再?过|再?等|隔")
#: 等 and 隔 say a time to come only where somebody then is to be called: 等20分钟叫我, 隔十分钟再提醒.
_THEN = re.compile(r"之?后?(?:再|就)?(?:提醒|叫|喊|催|通知|告诉)")


def counted(text: str, at: int, context: Context) -> Dates | None:
    """三天后, 半小时前, 再过两周."""
    passing = None if text[max(at - 1, 0) : at] in tuple("经不超通度渡路难没") else _PASS.match(text, at)
    begin = passing.end() if passing else at
    # What 隔 stands before is looked at alone: elsewhere it begins what comes again.
    found = amount(text[begin:], 0) if passing else amount(text, begin)
    if found is None:
        return None
    end, much = found[0] + (begin if passing else 0), found[1]
    side = _AFTER.match(text, end)
    if side is None and not passing:
        return None
    if passing and passing[0][-1] in "等隔" and not _THEN.match(text, end):
        return None
    sign = -1 if side and "前" in side[0] else 1
    try:
        there = much.shift(context.base, sign)
    except (OverflowError, ValueError):
        return Dates(side.end() if side else end, [])
    stop = side.end() if side else end
    if much.grain < Grain.DAY:
        return Dates(stop, [Period(there, there, Grain.MINUTE)], exact=True, loose=much.rough)
    moment = there.replace(hour=0, minute=0, second=0, microsecond=0)
    hosts = {"week": (week(moment),), "month": (month(moment),), "year": (year(moment.year),)}.get(much.unit, ())
    return Dates(stop, [day(moment)], hosts, loose=much.rough)


_NO_SUCH_DAY = re.compile(
    r"(?:0{1,2}|1[3-9]|[2-9]\d|十[三四五六七八九])月(?:\d{1,2}|[一二三十]{1,3})[日号]"
    r"|(?:(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月)?(?:3[2-9]|[4-9]\d|三十[二三四五六七八九])[日号](?=$|[,。]|之?前|提醒|叫|喊|凌晨|早|上午|中午|下午|晚|\d{1,2}[点:])"
)


def no_such_day(text: str, at: int, context: Context) -> Dates | None:
    """13月1日, 32号: what looks like a day and is none."""
    found = _NO_SUCH_DAY.match(text, at)
    if found is None or text[max(at - 1, 0) : at] in set("0123456789第./-零一二三四五六七八九十") - {""}:
        return None
    return Dates(found.end(), [])


_WORKDAY = re.compile(r"(?P<side>[上下])一?个工作日")


def named_workday(text: str, at: int, context: Context) -> Dates | None:
    """下个工作日."""
    found = _WORKDAY.match(text, at)
    if found is None:
        return None
    when = on_date(workday(context.today.date(), 1 if found["side"] == "下" else -1))
    return Dates(found.end(), [when] if when else [])


_DECADE = re.compile(
    r"(?:(?P<century>\d{1,2}|十[一二三四五六七八九]|二十一?|[上本])个?世纪)?(?P<ten>[1-9一二三四五六七八九])[0十]年代"
)


def named_decade(text: str, at: int, context: Context) -> Dates | None:
    """八十年代, 上世纪90年代."""
    found = _DECADE.match(text, at)
    if found is None or text[max(at - 1, 0) : at].isdigit():
        return None
    ten, century = 10 * (number(found["ten"]) or 0), found["century"]
    if century is None:
        first = (1900 if ten > 20 else 2000) + ten
    elif century in "上本":
        first = (context.today.year // 100 - (century == "上")) * 100 + ten
    else:
        first = ((number(century) or 1) - 1) * 100 + ten
    return Dates(found.end(), [Period(datetime(first, 1, 1), datetime(first + 10, 1, 1), Grain.DECADE)])
