"""What comes again: 每天早上八点, 每周一三五, 每月最后一个工作日 — as RFC 5545 rules."""

import re
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dateutil.rrule import rrulestr

from botbay.zh.numbers import NUMBER, number
from botbay.zh.time.almanac import FEAST, WEEKDAY_FEASTS, feast_day, is_fixed
from botbay.zh.time.clock import Clock, DayPart, clock, day_part
from botbay.zh.time.model import Context, Grain
from botbay.zh.time.periods import WEEKDAYS

_ONE_DAY = timedelta(days=1)
_NAMES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WORKING = ",".join(_NAMES[:5])
_WEEK = r"(?:周|星期|礼拜)"
_DAY = r"[一二三四五六日天]"
_DAYS = rf"{_DAY}(?![次个点回趟遍])(?:{_DAY}(?![点十次个刻半时])|[、,和及跟/]每?{_WEEK}?{_DAY}(?![点十次个月])|(?:到|至|-){_WEEK}?{_DAY}(?![点十]))*|[1-7](?![\d点:])(?:[、,和/][1-7](?![\d点:])|[到至-][1-7](?![\d点:]))*"
_NTH = r"(?:第(?P<nth>[一二三四五六七八九十\d]{1,3})|(?P<last>最后|倒数第)(?P<from>[一二三四五\d])?)个?"
_DATE = r"(?:3[01]|[12]\d|0?[1-9]|三十一?|二十[一二三四五六七八九]?|十[一二三四五六七八九]?|[一二三四五六七八九])"
_MONTH = r"(?P<month>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月份?"
_UNIT = r"(?P<unit>个?(?:星期|礼拜)|周|个?季度|个?工作日|个?月|个?小时|个?钟头|个?钟|刻钟|分钟|天|日|年|秒钟?)"
_MONTHLY = rf"(?P<dates>{_DATE}[日号](?:[、,和及跟]?{_DATE}[日号])*)|(?P<edge>初|底|末|月底|月初|月末)|{_NTH}(?:(?P<day>天|日)|(?P<work>工作日)|{_WEEK}(?P<weekday>{_DAY}|末))"

_EVERY_OTHER = re.compile(
    rf"(?:每?间?隔|每?双(?=周))(?P<count>{NUMBER}|半)?{_UNIT}的?(?:{_WEEK}?(?P<days>{_DAYS}))?(?:一次|1次)?"
)
_EVERY_FEW = re.compile(
    rf"每(?:过)?(?P<count>{NUMBER}|半)个?(?P<mid>半)?{_UNIT}的?(?:{_WEEK}(?P<days>{_DAYS}))?(?:一次|1次)?"
)
_ONCE_IN = re.compile(rf"(?P<count>{NUMBER}|半)个?{_UNIT}(?:一|1)次(?!性)")
_WEEKLY = re.compile(
    rf"(?:每逢|每一?个?|逢|周)(?=周|星期|礼拜){_WEEK}(?:的?{_WEEK})?的?(?P<days>{_DAYS})"
    rf"|{_WEEK}(?P<list>[一二三四五六](?:[二三四五六日](?![点十次个刻半时百])){{1,}})"
    rf"|(?P<span>{_WEEK}(?:一|1)(?:到|至|-){_WEEK}?(?:五|5))(?=的?每[天日早晚]|都)(?:的?每[天日])?"
)
_WEEKEND = re.compile(rf"(?:每逢|每一?个?|逢){_WEEK}末|{_WEEK}末(?=每[天个]|都)(?:每天)?")
_WORKDAYS = re.compile(
    r"(?:每逢|每一?个|每|逢)(?:工作日|上班日|上班天)(?:的?每天)?|(?<![个下上])工作日(?:的?每天|都)?(?![期数历志记程内之前后])"
)
_MONTHS = re.compile(rf"(?:每一?个?|逢)月(?:的|中)?(?:{_MONTHLY})")
_QUARTERS = re.compile(rf"每一?个?季度?(?P<edge>末|底|初|的?{_NTH}[天日])")
_YEARS = re.compile(rf"(?:每一?年|年年)的?(?:{_MONTH}(?P<date>{_DATE})[日号]?|{FEAST})")
_LEADING = re.compile(r"[^每,。]{2,12}(?=每[天周个月年逢])")
_EVERY = re.compile(
    rf"每一?(?:逢)?(?P<part>天|日|夜|晚|早|晨|{_UNIT.replace('?P<unit>', '?:')})(?!次)|(?P<twice>天天|日日|周周|月月|年年)(?![向好学快红有都])|(?P<before>每)(?=早上|上午|中午|下午|晚上|傍晚|凌晨)"
)


@dataclass(slots=True)
class _Rule:
    frequency: str
    interval: int = 1
    parts: dict[str, str] = field(default_factory=dict)

    def text(self, interval: bool = True) -> str:
        head = f"FREQ={self.frequency}" + (f";INTERVAL={self.interval}" if interval and self.interval != 1 else "")
        order = ("BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "BYHOUR", "BYMINUTE")
        return head + "".join(f";{name}={self.parts[name]}" for name in order if name in self.parts)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A rule, its first time, and how fine that was said."""

    end: int
    rrule: str | None  # none: it names a day that does not exist
    at: datetime | None
    grain: Grain
    ambiguous: bool


def recurrence(text: str, at: int, context: Context) -> Recurrence | None:
    """The recurring time that begins here."""
    before: tuple[DayPart | None, list[Clock]] = (None, [])
    found = _rule(text, at, context)
    if found is None and (lead := _LEADING.match(text, at)):
        # 早上八点每天: the hour may come first.
        stop, part, clocks = _times(text, at)
        if stop == lead.end() and (clocks or part):
            before, found = (part, clocks), _rule(text, stop, context)
    if found is None:
        return None
    end, rule = found
    if rule is None:
        return Recurrence(end, None, None, Grain.DAY, False)
    if rule.frequency in ("HOURLY", "MINUTELY", "SECONDLY"):
        step = {"HOURLY": 3600, "MINUTELY": 60, "SECONDLY": 1}[rule.frequency]
        soon = context.base + timedelta(seconds=step * rule.interval)
        return Recurrence(end, rule.text(), soon, Grain.MINUTE, False)
    part, clocks = before
    if not clocks:
        end, part_after, clocks = _times(text, end)
        part = part_after or part
    midnight, clear, grain, hour = context.today, True, Grain.DAY, timedelta()
    if clocks:
        later, clear = clocks[0].usual(context.sentence)
        moments = sorted(each.at(midnight, later and each.open) for each in clocks)
        rule.parts["BYHOUR"] = ",".join(dict.fromkeys(str(each.hour) for each in moments))
        rule.parts["BYMINUTE"] = str(moments[0].minute)
        grain, hour = clocks[0].grain, moments[0] - midnight
        if hour >= _ONE_DAY and rule.frequency == "WEEKLY" and "BYDAY" in rule.parts:
            # 周五晚上十二点 is Saturday's first moment.
            days = sorted((_NAMES.index(each) + 1) % 7 for each in rule.parts["BYDAY"].split(","))
            rule.parts["BYDAY"] = ",".join(_NAMES[each] for each in days)
    elif part is not None:
        grain, hour = Grain.PART, timedelta(hours=part.part.start)
    first: datetime | None = rrulestr(rule.text(interval=False), dtstart=midnight + hour % _ONE_DAY).after(
        context.base if grain < Grain.DAY else midnight, inc=True
    )
    return Recurrence(end, rule.text(), first, grain, not clear)


def _times(text: str, at: int) -> tuple[int, DayPart | None, list[Clock]]:
    """The times of the day behind a rule: 早上八点和下午六点."""
    clocks: list[Clock] = []
    end, first_part = at, None
    while True:
        joint = re.compile(r"[、,和及跟]" if clocks else r"(?:的|都|在|,)?").match(text, end)
        if joint is None:
            break
        part = day_part(text, joint.end(), after_day=True)
        said = clock(text, part.end if part else joint.end(), part.part if part else None, after_day=not clocks)
        if said is None:
            if part is not None and not clocks:
                first_part, end = part, part.end
            break
        if clocks and said.minute != clocks[0].minute:
            break
        clocks.append(said)
        end = said.end
    return end, first_part, clocks


def _ascending(listed: str, before: str) -> bool:
    """Whether 周一三五 is a list of days; 周六日 is a weekend, 下周一三五 those of one week."""
    order = [WEEKDAYS[each] for each in listed]
    return not order or (order == sorted(set(order)) and listed != "六日" and before not in tuple("上下这本个"))


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
    return ",".join(_NAMES[each] for each in sorted(chosen))


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


def _each(unit: str, count: int = 1, half: bool = False) -> _Rule | None:
    frequency, times = next((name, times) for word, name, times in _FREQUENCIES if word in unit)
    if half:
        if frequency not in _HALVES:
            return _Rule("DAILY") if frequency == "DAILY" else None
        frequency, small = _HALVES[frequency]
        return _Rule(frequency, small * (2 * (count or 0) + 1))
    return _Rule(frequency, max(1, min(count * times, 10_000)))


def _rule(text: str, at: int, context: Context) -> tuple[int, _Rule | None] | None:
    """The rule that is named here, and where its name ends."""
    if text[at - 1 : at] == "周" and at:
        return None
    if (found := _WEEKLY.match(text, at)) and _ascending(found["list"] or "", text[max(at - 1, 0) : at]):
        return found.end(), _Rule(
            "WEEKLY", parts={"BYDAY": _WORKING if found["span"] else _weekdays(found["days"] or found["list"])}
        )
    if found := _WEEKEND.match(text, at):
        return found.end(), _Rule("WEEKLY", parts={"BYDAY": "SA,SU"})
    if found := _WORKDAYS.match(text, at):
        if text[max(at - 1, 0) : at] in set("一两二三四五六七八九十0123456789个非") - {""}:
            return None
        return found.end(), _Rule("WEEKLY", parts={"BYDAY": _WORKING})
    if found := _MONTHS.match(text, at):
        return found.end(), _monthly(found)
    if found := _QUARTERS.match(text, at):
        rule = _Rule("MONTHLY", 3, {"BYMONTH": "3,6,9,12", "BYMONTHDAY": "-1"})
        if not (found["last"] or found["edge"][0] in "末底"):
            rule.parts = {"BYMONTH": "1,4,7,10", "BYMONTHDAY": str(number(found["nth"] or "一") or 1)}
        rule.interval = 1
        return found.end(), rule
    if (found := _YEARS.match(text, at)) and not _by_moon(found):
        return found.end(), _yearly(found, context)
    if found := _EVERY_OTHER.match(text, at):
        half = found["count"] == "半"
        count = 1 if half or not found["count"] else number(found["count"]) or 0
        timed = any(word in found["unit"] for word in ("时", "钟", "秒"))
        other = _each(found["unit"], count if timed else count + 1, half) if not half else _each(found["unit"], 0, True)
        if other is None or not count:
            return None
        if found["days"] and other.frequency == "WEEKLY":
            other.parts["BYDAY"] = _weekdays(found["days"])
        return found.end(), other
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
            few.parts["BYDAY"] = _WORKING
        return found.end(), few
    if found := _EVERY.match(text, at):
        word = found["part"] or (found["twice"] or "天")[0]
        if word in ("夜", "晚", "早", "晨"):
            # The part of the day is read again with the hour that may follow it.
            return found.end() - 1, _Rule("DAILY")
        rule_found = _each(word)
        return None if rule_found is None else (found.end(), rule_found)
    return None


def _monthly(found: re.Match[str]) -> _Rule | None:
    if found["dates"]:
        days = sorted({number(each) or 0 for each in re.findall(_DATE, found["dates"])})
        return _Rule("MONTHLY", parts={"BYMONTHDAY": ",".join(map(str, days))})
    if edge := found["edge"]:
        return _Rule("MONTHLY", parts={"BYMONTHDAY": "1" if edge.endswith("初") else "-1"})
    place = number(found["nth"] or "") or -(number(found["from"] or "一") or 1)
    if found["day"]:
        return _Rule("MONTHLY", parts={"BYMONTHDAY": str(place)}) if abs(place) <= 31 else None
    if found["work"]:
        return _Rule("MONTHLY", parts={"BYDAY": _WORKING, "BYSETPOS": str(place)}) if abs(place) <= 23 else None
    which = "六" if found["weekday"] == "末" else found["weekday"]
    return _Rule("MONTHLY", parts={"BYDAY": f"{place}{_NAMES[WEEKDAYS[which]]}"}) if abs(place) <= 5 else None


def _by_moon(found: re.Match[str]) -> bool:
    """Whether a feast moves by the moon or the sun: no rule of the solar calendar says when it comes again."""
    name = found["feast"] or found["mild"]
    return name is not None and not is_fixed(name)


def _yearly(found: re.Match[str], context: Context) -> _Rule | None:
    if found["month"]:
        month, day = number(found["month"]) or 0, number(found["date"]) or 0
        if not 1 <= month <= 12 or day > monthrange(2000, month)[1]:
            return None
        return _Rule("YEARLY", parts={"BYMONTH": str(month), "BYMONTHDAY": str(day)})
    name = found["feast"] or found["mild"]
    if name in WEEKDAY_FEASTS:
        month, weekday, nth = WEEKDAY_FEASTS[name]
        return _Rule("YEARLY", parts={"BYMONTH": str(month), "BYDAY": f"{nth}{_NAMES[weekday]}"})
    this = feast_day(name, context.today.year)
    assert this is not None
    return _Rule("YEARLY", parts={"BYMONTH": str(this.month), "BYMONTHDAY": str(this.day)})
