"""Says back how often something comes: 每周一、三、五 08:00, 每季度最后一天, 每年春节."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import product

from botbay.zh.time.almanac import MOVING_FEASTS, feast_day
from botbay.zh.time.lunar import lunar_day
from botbay.zh.time.model import Grain
from botbay.zh.time.rules import EVEN_DATES, ODD_DATES

_NAMES = {"MO": "一", "TU": "二", "WE": "三", "TH": "四", "FR": "五", "SA": "六", "SU": "日"}
_UNITS = {
    "YEARLY": "年",
    "MONTHLY": "个月",
    "WEEKLY": "周",
    "DAILY": "天",
    "HOURLY": "小时",
    "MINUTELY": "分钟",
    "SECONDLY": "秒钟",
}
_NUMERALS = "零一二三四五六七八九十"
_QUARTERS = {"1,4,7,10": "一", "2,5,8,11": "二", "3,6,9,12": "三"}
_PARITIES = {ODD_DATES: "单号", EVEN_DATES: "双号"}
RDATE = "RDATE:"


def parts_of(rule: str) -> dict[str, str]:
    """The parts of an RFC 5545 rule by their names; none of dates."""
    return {} if rule.startswith(RDATE) else dict(each.split("=", 1) for each in rule.split(";"))


def said_again(rule: str, at: datetime, until: datetime | None, precision: Grain) -> str:
    """A rule in words, its UNTIL left out. ``until`` ends its first time, which is at ``at``."""
    parts = parts_of(rule)
    words = _cycle(parts) if parts else _by_moon([datetime.fromisoformat(each) for each in _dates(rule)])
    if precision >= Grain.DAY or (parts.get("FREQ") in ("HOURLY", "MINUTELY", "SECONDLY")):
        return words
    hours, minutes = (
        sorted(int(each) for each in parts.get(name, str(usual)).split(","))
        for name, usual in (("BYHOUR", at.hour), ("BYMINUTE", at.minute))
    )
    times = [f"{hour:02}:{minute:02}" for hour, minute in product(hours, minutes)]
    if parts.get("FREQ") == "DAILY" and (places := parts.get("BYSETPOS")):
        times = [times[int(each) - 1] for each in places.split(",")]
    clock = "、".join(times)
    return f"{words} {clock}" + (f"–{until:%H:%M}" if until is not None else "")


def _cycle(parts: dict[str, str]) -> str:
    """How often, and on which days."""
    interval, frequency, days = int(parts.get("INTERVAL", "1")), parts["FREQ"], parts.get("BYDAY", "")
    unit = _UNITS[frequency]
    every = f"每{unit.removeprefix('个')}" if interval == 1 else f"每{interval}{unit}"
    if frequency == "HOURLY" and "BYMINUTE" in parts:
        return "每个整点"
    if frequency not in ("MONTHLY", "YEARLY"):
        if days == "MO,TU,WE,TH,FR" and interval == 1:
            return "每个工作日"
        names = "、".join(_NAMES[each] for each in days.split(",") if each)
        return every if not days else f"每周{names}" if interval == 1 else f"每{interval}周的周{names}"
    place = _place(parts)
    if (parts.get("BYMONTH"), place) in (("1,4,7,10", "1号"), ("3,6,9,12", "最后一天")):
        return "每季度最后一天" if place == "最后一天" else "每季度第一天"
    return _months(parts, every if interval == 1 else f"{every}的") + place if place else every


def _months(parts: dict[str, str], every: str) -> str:
    """Of which months: 每月, 每年3月, 每年6月、12月, 每季度, 每季度第三个月."""
    months = parts.get("BYMONTH")
    if months is None:
        return every
    if of := _QUARTERS.get(months):
        return f"每季度第{of}个月"
    return "每年" + "、".join(f"{each}月" for each in months.split(","))


def _place(parts: dict[str, str]) -> str:
    """Which days of a month: 15号, 最后一天, 第一个周一, 最后一个工作日."""
    days = parts.get("BYDAY", "")
    if place := parts.get("BYSETPOS"):
        return f"{_nth(int(place))}工作日"
    if days:
        return f"{_nth(int(days[:-2]))}周{_NAMES[days[-2:]]}"
    if parity := _PARITIES.get(parts.get("BYMONTHDAY", "")):
        return parity
    dates = [int(each) for each in parts.get("BYMONTHDAY", "").split(",") if each]
    if len(dates) > 1:
        return "、".join("最后一天" if each < 0 else f"{each}号" for each in dates)
    if dates:
        return f"{dates[0]}号" if dates[0] > 0 else f"{_nth(dates[0]).removesuffix('个')}天"
    return ""


def _nth(place: int) -> str:
    if place == -1:
        return "最后一个"
    many = str(abs(place)) if abs(place) > 10 else _NUMERALS[abs(place)]
    return f"倒数第{many}个" if place < 0 else f"第{many}个"


def _dates(rule: str) -> list[str]:
    return rule.removeprefix(RDATE).split(",")


def _by_moon(times: Sequence[datetime]) -> str:
    """The feast or the day of the moon that such dates are."""
    days = [each.date() for each in times]
    for name in MOVING_FEASTS:
        if all(feast_day(name, each.year) == each for each in days):
            return f"每年{name}"
    named = [lunar_name(each) for each in days]
    if len(set(named)) == 1:
        [(month, day)] = set(named)
        return f"每年农历{'正一二三四五六七八九十冬腊'[month] if month > 1 else '正'}月{_moon_day(day)}"
    return "每月农历" + "、".join(_moon_day(each) for each in sorted({day for _, day in named}))


def _moon_day(day: int) -> str:
    if day <= 10:
        return f"初{_NUMERALS[day]}"
    tens, ones = divmod(day, 10)
    return ("" if tens == 1 else _NUMERALS[tens]) + "十" + (_NUMERALS[ones] if ones else "")


def lunar_name(day: date) -> tuple[int, int]:
    """The month and day of the moon that a date is; the last of a short month is its 29th."""
    for year in (day.year, day.year - 1):
        for month in range(12, 0, -1):
            first = lunar_day(year, month, 1)
            if first is not None and 0 <= (day - first).days < 30:
                return month, (day - first).days + 1
    return 1, 1
