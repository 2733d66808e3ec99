"""How often something comes, as RFC 5545 rules: 每周一三五, 隔天, 每月最后一个工作日, 每年农历八月十五."""

import re
from calendar import monthrange
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

from botbay.zh.numbers import NUMBER, number
from botbay.zh.time.almanac import FEAST, WEEKDAY_FEASTS, feast_day, is_fixed
from botbay.zh.time.clock import clock
from botbay.zh.time.left_out import all_but_some
from botbay.zh.time.lunar import lunar_day
from botbay.zh.time.model import Context
from botbay.zh.time.periods import WEEKDAYS

NAMES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WORKING = ",".join(NAMES[:5])
ODD_DATES, EVEN_DATES = (",".join(map(str, range(first, 32, 2))) for first in (1, 2))
_WEEK = r"(?:周|星期|礼拜)"
_DAY = r"[一二三四五六日天]"
_DAYS = rf"{_DAY}(?![次个点回趟遍])(?:{_DAY}(?![点十次个刻半时])|[、,和及跟/]?每?个?{_WEEK}{_DAY}(?![点十次个月])|[、,和及跟/]{_DAY}(?![点十次个月])|(?:到|至|-){_WEEK}?{_DAY}(?![点十]))*|[1-7](?![\d点:])(?:[、,和/][1-7](?![\d点:])|[到至-][1-7](?![\d点:]))*"
_NTH = r"(?:第(?P<nth>[一二三四五六七八九十\d]{1,3})|(?P<last>最后|倒数第)(?P<from>[一二三四五\d])?)个?"
_DATE = r"(?:3[01]|[12]\d|0?[1-9]|三十一?|二十[一二三四五六七八九]?|十[一二三四五六七八九]?|[一二三四五六七八九])"
_MONTH = r"(?P<month>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月份?"
_UNIT = r"(?P<unit>个?(?:星期|礼拜)|周|个?季度|个?工作日|个?月|个?小时|个?钟头|个?钟|刻钟|分钟|天|日|年|秒钟?)"
_MONTHLY = (
    rf"(?P<dates>{_DATE}(?:(?:[日号][、,和及跟/]?|[、,和及跟/]){_DATE})*[日号](?:[、,和及跟]?(?:月底|月末|最后一天))?)"
    rf"(?:(?:到|至|-)(?P<through>{_DATE})[日号](?:[之期]?间)?的?(?:每[天日]|天天))?"
    rf"|(?P<edge>月?(?:初(?![一二三四五六七八九十])|底|末|中旬?(?!秋)))"
    rf"|{_NTH}(?:(?P<day>天|日)|(?P<work>工作日)|(?:{_WEEK}的?)?{_WEEK}(?P<weekday>{_DAY}|末))"
)

_EVERY_OTHER = re.compile(
    rf"(?:每?间?隔|每?双(?={_WEEK}))(?P<count>{NUMBER}|半)?{_UNIT}(?:的?(?:{_WEEK}(?P<days>{_DAYS}))|(?P<close>{_DAYS})(?![号日月]))?(?:一次|1次)?"
)
_NO_WEEKDAY = re.compile(rf"每一?个?{_WEEK}[八九089]")
_PARITY = re.compile(rf"每?逢?(?:单数?|(?P<even>双数))周的?{_WEEK}(?P<days>{_DAYS})")
#: 每逢单号: the dates that are odd.
_PARITY_DAYS = re.compile(r"(?:每一?个?月?的?(?:逢的?)?|逢)(?:(?P<odd>单)|双)数?[日号](?:的?(?:每天|日子|那天|当天))?")
_EVERY_FEW = re.compile(
    rf"每(?:过)?(?P<count>{NUMBER}|半)个?(?P<mid>半)?{_UNIT}(?:的?{_WEEK}(?P<days>{_DAYS}))?(?:一次|1次)?"
)
#: What day of the months or quarters just named: 每两个月的15号.
_ON = re.compile(rf"的?(?:{_MONTHLY})")
_ONCE_IN = re.compile(rf"(?P<count>{NUMBER}|半)个?{_UNIT}(?:一|1)次(?!性)")
_HOUR_AHEAD = r"(?=的?(?:早|上午|中午|下午|晚|\d{1,2}[:点]|[一二两三四五六七八九十]{1,3}点))"
_WEEKLY = re.compile(
    rf"(?:每逢|每一?个?|逢|周)(?=周|星期|礼拜){_WEEK}(?:的?{_WEEK})?的?(?P<days>{_DAYS})"
    rf"|{_WEEK}(?P<list>[一二三四五六](?:[二三四五六日](?![点十次个刻半时百])){{1,}}|[一二三四五](?:[、,][二三四五六日](?![点十次个刻半时百])){{2,}})"
    rf"|(?P<span>{_WEEK}(?:一|1)(?:到|至|-){_WEEK}?(?:[四五六日天4567]))(?:(?=的?每[天日早晚]|都|每隔?{NUMBER}?个?(?:小时|钟头))(?:的?每[天日])?|{_HOUR_AHEAD})"
    rf"|(?P<few>一三五|二四六)(?=早|上午|中午|下午|晚)"
    rf"|(?P<both>{_WEEK}{_DAY}(?:(?:{_WEEK}{_DAY})+|(?:[、,和]{_WEEK}{_DAY}){{2,}}))(?:{_HOUR_AHEAD}|(?=[每都]))"
)
#: Some days of one week: 下周一三五.
_OF_ONE_WEEK = re.compile(
    rf"(?P<rel>(?:下{{1,2}}|这|本)个?){_WEEK}(?P<list>[一二三四五六](?:[、,]?[二三四五六日天](?![点十次个刻半时百])){{2,}}|[一二三四五六](?:[、,和及跟][二三四五六日天])+{_HOUR_AHEAD})"
)
_WEEKEND = re.compile(
    rf"(?:每逢|每一?个?|逢)(?:{_WEEK}末|双休日|休息[日天]|节假日)|(?:休息日|节假日|{_WEEK}末和?节假日)(?=每天|都|早|上午|中午|下午|晚)|非工作日|{_WEEK}末(?=每[天个]|都)(?:每天)?"
)
_WORKDAYS = re.compile(
    r"(?:每逢|每一?个|每|逢)(?:工作日|交易日|上班日|上班天)(?:的?每天)?|(?<![个下上])(?:工作|交易)日(?:的?每天|都)?(?![期数历志记程内之前后])|上班[日天](?:的?每天|都)"
)
_MONTHS = re.compile(rf"(?:(?:每一?个?|逢)月(?:的|中)?|每逢)(?:{_MONTHLY})")
_QUARTERS = re.compile(rf"每一?个?季度?的?(?:第(?P<of>[一二三123])个月的?)?(?:{_MONTHLY})")
_YEAR = r"(?:每一?年|年年)的?"
_MOON = re.compile(
    rf"(?:(?:农历|阴历|旧历){_YEAR}|{_YEAR}(?:农历|阴历|旧历)的?|{_YEAR}(?=[正冬腊]月|[一二三四五六七八九十]{{1,2}}月初))"
    r"(?P<month>[正冬腊]|十[一二]?|[一二三四五六七八九]|\d{1,2})月(?P<day>初[一二三四五六七八九十]|廿[一二三四五六七八九]?|三十|二?十[一二三四五六七八九]?|\d{1,2})[日号]?"
)
_MOON_DAY = r"(?:初[一二三四五六七八九十]|廿[一二三四五六七八九]?|三十|二?十[一二三四五六七八九]?)"
_MOONS = re.compile(
    rf"(?:(?:农历|阴历)?每一?个?月的?(?:(?:农历|阴历)的?|(?=初))|每?逢(?:农历)?(?=初))(?P<days>{_MOON_DAY}(?:[、,和及跟/]?{_MOON_DAY})*)[日号]?"
)
_YEARS = re.compile(
    rf"{_YEAR}(?:{_MONTH}(?P<date>{_DATE})(?![个月\d])[日号]?|(?P<typed>1[0-2]|0?[1-9])[./-](?P<typed_day>3[01]|[12]\d|0?[1-9])(?!\d)[日号]?|{FEAST}(?:当天|那天)?)"
)
_SOME_MONTHS = re.compile(
    rf"{_YEAR}(?P<months>{_MONTH}(?:[、,和及跟/]{_MONTH.replace('?P<month>', '?:')})*)的?(?:{_MONTHLY})?"
)
#: 早晚八点: in both halves of every day.
_BOTH_HALVES = re.compile(r"(?:每[天日]的?)?早晚(?:各|都)?")
_TWICE = re.compile(r"(?:(?:提醒|叫)我?)?(?:早、?中、?晚|早、?晚|[三3两2]次)")
_SHARP = re.compile(r"(?:每个?|每逢)整点|整点(?=提醒|报时|叫|喊)")
_EVERY = re.compile(
    rf"每一?(?:逢)?(?P<part>天|日|夜|晚|早|晨|{_UNIT.replace('?P<unit>', '?:')})(?!次)|(?P<twice>天天|日日|周周|月月|年年)(?![向好学快红有都])|(?P<before>每)(?=早上|上午|中午|下午|晚上|傍晚|凌晨)"
)


@dataclass(slots=True)
class Rule:
    """What is said of how often: the parts of an RFC 5545 rule, or days of the moon that no such rule can count."""

    frequency: str
    interval: int = 1
    parts: dict[str, str] = field(default_factory=dict)
    moon: Callable[[int], Sequence[date | None]] | None = None  # its days in a year, by the moon or the sun's terms
    parity: int | None = None  # in odd weeks, 1, or in even ones, 0
    week: int | None = None  # only in the one so many weeks from now

    def text(self, interval: bool = True) -> str:
        head = f"FREQ={self.frequency}" + (f";INTERVAL={self.interval}" if interval and self.interval != 1 else "")
        order = ("BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "BYHOUR", "BYMINUTE")
        return head + "".join(f";{name}={self.parts[name]}" for name in order if name in self.parts)


def _is_weekly(found: re.Match[str], before: str, context: Context) -> bool:
    """Whether 周一三五 is a list of days; 周六日 is a weekend, 下周一三五 those of one week.

    周一到周五8点 is a stretch for whoever looks back, and every working day for whoever looks ahead.
    """
    if found["days"]:
        return True
    if before and before in "上下这本个一二三四五六七八九十":
        return False
    if found["both"]:  # 周二周四下午三点
        return context.prefer == "future" and context.anchor is None
    if found["span"]:
        return (
            "每" in found[0]
            or found.string[found.end() : found.end() + 1] in ("每", "都")
            or (context.prefer == "future" and context.anchor is None)
        )
    listed = (found["list"] or found["few"]).replace("、", "").replace(",", "")
    order = [WEEKDAYS[each] for each in listed]
    return order == sorted(set(order)) and listed != "六日"


def _weekdays(words: str) -> str:
    """一三五, 一到五, 周二和周四 as 5545 names, Monday first."""
    chosen: set[int] = set()
    last: int | None = None
    through = False
    for each in words:
        if each in WEEKDAYS:
            now = WEEKDAYS[each]
            if through and last is not None:
                chosen.update(range(last, now + 1) if last <= now else [*range(last, 7), *range(now + 1)])
            chosen.add(now)
            last, through = now, False
        elif each in "到至-":
            through = True
    return ",".join(NAMES[each] for each in sorted(chosen))


def all_but(days: Collection[int]) -> str:
    """BYDAY of every day but these, Monday 0."""
    return ",".join(name for day, name in enumerate(NAMES) if day not in days)


_FREQUENCIES = [
    ("星期", "WEEKLY", 1),
    ("礼拜", "WEEKLY", 1),
    ("周", "WEEKLY", 1),
    ("季度", "MONTHLY", 3),
    ("工作日", "WEEKLY", 1),
    ("月", "MONTHLY", 1),
    ("小时", "HOURLY", 1),
    ("钟头", "HOURLY", 1),
    ("刻钟", "MINUTELY", 15),
    ("分钟", "MINUTELY", 1),
    ("秒", "SECONDLY", 1),
    ("钟", "HOURLY", 1),
    ("天", "DAILY", 1),
    ("日", "DAILY", 1),
    ("年", "YEARLY", 1),
]
_HALVES = {"HOURLY": ("MINUTELY", 30), "YEARLY": ("MONTHLY", 6), "MONTHLY": ("DAILY", 15), "MINUTELY": ("SECONDLY", 30)}


def _each(unit: str, count: int = 1, half: bool = False) -> Rule | None:
    frequency, times = next((name, times) for word, name, times in _FREQUENCIES if word in unit)
    if half:
        if frequency not in _HALVES:
            return Rule("DAILY") if frequency == "DAILY" else None
        frequency, small = _HALVES[frequency]
        return Rule(frequency, small * (2 * (count or 0) + 1))
    return Rule(frequency, max(1, min(count * times, 10_000)))


def rule_at(text: str, at: int, context: Context) -> tuple[int, Rule | None] | None:
    """The rule that is named here, and where its name ends."""
    if at and text[at - 1] == "周" and text[at] not in "每工":
        return None
    if (found := _BOTH_HALVES.match(text, at)) and (said := clock(text, found.end(), after_day=True)) and said.open:
        twice = {"BYHOUR": f"{said.hour},{said.hour + 12}", "BYMINUTE": str(said.minute)}
        return said.end, Rule("DAILY", parts=twice)
    if found := _NO_WEEKDAY.match(text, at):
        return found.end(), None
    if found := _PARITY.match(text, at):
        parity = 0 if found["even"] else 1
        return found.end(), Rule("WEEKLY", 2, {"BYDAY": _weekdays(found["days"])}, parity=parity)
    if found := _PARITY_DAYS.match(text, at):
        return found.end(), Rule("MONTHLY", parts={"BYMONTHDAY": ODD_DATES if found["odd"] else EVEN_DATES})
    if found := _SHARP.match(text, at):
        return found.end(), Rule("HOURLY", parts={"BYMINUTE": "0"})
    if found := _OF_ONE_WEEK.match(text, at):
        return found.end(), Rule("WEEKLY", parts={"BYDAY": _weekdays(found["list"])}, week=found["rel"].count("下"))
    if (found := _WEEKLY.match(text, at)) and _is_weekly(found, text[max(at - 1, 0) : at], context):
        words = next(
            each for each in (found["days"], found["list"], found["span"], found["few"], found["both"]) if each
        )
        return found.end(), Rule("WEEKLY", parts={"BYDAY": _weekdays(words)})
    if (some := all_but_some(text, at)) is not None:
        return some[0], Rule("WEEKLY", parts={"BYDAY": all_but(some[1])})
    if found := _WEEKEND.match(text, at):
        return found.end(), Rule("WEEKLY", parts={"BYDAY": "SA,SU"})
    if found := _WORKDAYS.match(text, at):
        if text[max(at - 1, 0) : at] in set("一两二三四五六七八九十0123456789个非") - {""}:
            return None
        return found.end(), Rule("WEEKLY", parts={"BYDAY": WORKING})
    if found := _MOONS.match(text, at):
        places = [_moon_day(each) for each in re.findall(_MOON_DAY, found["days"])]
        return found.end(), Rule(
            "MONTHLY", moon=lambda year: [lunar_day(year, month, day) for month in range(1, 13) for day in places]
        )
    if found := _MONTHS.match(text, at):
        return found.end(), _monthly(found)
    if found := _QUARTERS.match(text, at):
        if (rule := _monthly(found)) is not None:
            from_end = bool(found["last"] or (found["edge"] or "")[-1:] in ("末", "底"))
            of = number(found["of"]) or 1 if found["of"] else 3 if from_end else 1
            rule.parts["BYMONTH"] = ",".join(str(of + 3 * each) for each in range(4))
        return found.end(), rule
    if found := _MOON.match(text, at):
        return found.end(), _by_moon(found)
    if found := _YEARS.match(text, at):
        return found.end(), _yearly(found, context)
    if found := _SOME_MONTHS.match(text, at):
        few_months = [str(number(each.rstrip("月份")) or 0) for each in re.split("[、,和及跟/]", found["months"])]
        placed = found["dates"] or found["edge"] or found["nth"] or found["last"]
        rule = _monthly(found) if placed else Rule("MONTHLY", parts={"BYMONTHDAY": "1"})
        if rule is not None:
            rule.frequency, rule.parts["BYMONTH"] = "YEARLY", ",".join(few_months)
        return found.end(), rule
    if found := _EVERY_OTHER.match(text, at):
        half = found["count"] == "半"
        count = 1 if half or not found["count"] else number(found["count"]) or 0
        timed = any(word in found["unit"] for word in ("时", "钟", "秒"))
        other = _each(found["unit"], count if timed else count + 1, half) if not half else _each(found["unit"], 0, True)
        if other is None or not count:
            return None
        if timed and found[0].startswith("隔") and text.startswith("再", found.end()):
            return None  # 隔十分钟再提醒: once
        if (days := found["days"] or found["close"]) and other.frequency == "WEEKLY":
            other.parts["BYDAY"] = _weekdays(days)
        return _placed(text, found.end(), other)
    found = _EVERY_FEW.match(text, at) or _ONCE_IN.match(text, at)
    if found:
        half = found["count"] == "半"
        count = 0 if half else number(found["count"]) or 0
        mid = bool(found.groupdict().get("mid"))
        few = _each(found["unit"], count, half or mid)
        if few is None or not (count or half):
            return None
        if found.groupdict().get("days") and few.frequency == "WEEKLY":
            few.parts["BYDAY"] = _weekdays(found["days"])
        if "工作日" in found["unit"]:
            few.parts["BYDAY"] = WORKING
        return _placed(text, found.end(), few)
    if found := _EVERY.match(text, at):
        word = found["part"] or (found["twice"] or "天")[0]
        if word in ("夜", "晚", "早", "晨"):
            # The part of the day is read again with the hour that may follow it.
            return found.end() - 1, Rule("DAILY")
        each = _each(word)
        if each is not None and each.frequency == "DAILY" and (parts := _TWICE.match(text, found.end())):
            thrice = re.search("[中三3]", parts[0])
            each.parts = {"BYHOUR": "8,12,18" if thrice else "8,18", "BYMINUTE": "0"}
            return parts.end(), each
        return None if each is None else (found.end(), each)
    return None


def _placed(text: str, end: int, rule: Rule) -> tuple[int, Rule | None]:
    """The rule with the day of its months, where one follows."""
    if rule.frequency == "MONTHLY" and (on := _ON.match(text, end)):
        day = _monthly(on)
        if day is None:
            return on.end(), None
        rule.parts, end = day.parts, on.end()
    return end, rule


def _monthly(found: re.Match[str]) -> Rule | None:
    if found["dates"]:
        days = sorted({number(each) or 0 for each in re.findall(_DATE, found["dates"].replace("最后一天", ""))})
        if found["dates"][-1] not in "日号":
            days.append(-1)
        if found["through"]:  # 10号到15号每天
            days += range(days[-1] + 1, (number(found["through"]) or 0) + 1)
        return Rule("MONTHLY", parts={"BYMONTHDAY": ",".join(map(str, days))})
    if edge := found["edge"]:
        day = {"初": "1", "中": "15"}.get(edge.removeprefix("月")[0], "-1")
        return Rule("MONTHLY", parts={"BYMONTHDAY": day})
    place = number(found["nth"] or "") or -(number(found["from"] or "一") or 1)
    if found["day"]:
        return Rule("MONTHLY", parts={"BYMONTHDAY": str(place)}) if abs(place) <= 31 else None
    if found["work"]:
        return Rule("MONTHLY", parts={"BYDAY": WORKING, "BYSETPOS": str(place)}) if abs(place) <= 23 else None
    which = "六" if found["weekday"] == "末" else found["weekday"]
    return Rule("MONTHLY", parts={"BYDAY": f"{place}{NAMES[WEEKDAYS[which]]}"}) if abs(place) <= 5 else None


def _moon_day(word: str) -> int:
    return number(word.removeprefix("初").replace("廿", "二十")) or 0


def _by_moon(found: re.Match[str]) -> Rule | None:
    """每年农历八月十五: no rule of the solar calendar says when it comes again."""
    month = {"正": 1, "冬": 11, "腊": 12}.get(found["month"]) or number(found["month"]) or 0
    day = _moon_day(found["day"])
    if not (1 <= month <= 12 and 1 <= day <= 30):
        return None
    return Rule("YEARLY", moon=lambda year: [lunar_day(year, month, day)])


def _yearly(found: re.Match[str], context: Context) -> Rule | None:
    if found["month"]:
        month, day = number(found["month"]) or 0, number(found["date"]) or 0
        if not 1 <= month <= 12 or day > monthrange(2000, month)[1]:
            return None
        return Rule("YEARLY", parts={"BYMONTH": str(month), "BYMONTHDAY": str(day)})
    if found["typed"]:
        month, day = int(found["typed"]), int(found["typed_day"])
        if day > monthrange(2000, month)[1]:
            return None
        return Rule("YEARLY", parts={"BYMONTH": str(month), "BYMONTHDAY": str(day)})
    name = found["feast"] or found["mild"]
    if not is_fixed(name):
        return Rule("YEARLY", moon=lambda year: [feast_day(name, year)])
    if name in WEEKDAY_FEASTS:
        month, weekday, nth = WEEKDAY_FEASTS[name]
        return Rule("YEARLY", parts={"BYMONTH": str(month), "BYDAY": f"{nth}{NAMES[weekday]}"})
    this = feast_day(name, context.today.year)
    assert this is not None
    return Rule("YEARLY", parts={"BYMONTH": str(this.month), "BYMONTHDAY": str(this.day)})
