"""Amounts of time: 半小时, 两个半钟头, 三年半, 8天又20个小时."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from dateutil.relativedelta import relativedelta

from botbay.zh.numbers import NUMBER, number
from botbay.zh.time.almanac import workday
from botbay.zh.time.model import Grain

#: Unit by its word: months, days, seconds; how fine it is.
_UNITS: list[tuple[str, str, tuple[int, int, int], Grain]] = [
    ("workday", r"个?工作日", (0, 1, 0), Grain.DAY),
    ("quarter", r"个?季度|个季(?!节)", (3, 0, 0), Grain.DAY),
    ("decade", r"个?世纪", (1200, 0, 0), Grain.DAY),
    ("year", r"周年|年(?!级|轻|龄|前期|代|货|会|糕|夜|检|薪|纪|费|终|报|底|初|末|中(?!国)|度)", (12, 0, 0), Grain.DAY),
    ("month", r"个多?月(?!饼|球|租|薪)|月(?=[之以]?[内后前])", (1, 0, 0), Grain.DAY),
    ("week", r"个?(?:星期|礼拜|周)(?![一二三四五六日天末报岁刊会到边围]|年)", (0, 7, 0), Grain.DAY),
    (
        "hour",
        r"个?(?:小时|钟头)|个钟|时(?=[零又]?[\d一二三四五六七八九十]+分|$)|h(?:(?:ou)?rs?)?(?![a-z])",
        (0, 0, 3600),
        Grain.MINUTE,
    ),
    ("minute", r"分(?:钟(?!热度))?|min(?:ute)?s?(?![a-z])", (0, 0, 60), Grain.MINUTE),
    ("quarter-hour", r"刻钟", (0, 0, 900), Grain.MINUTE),
    ("second", r"秒(?:钟|(?![杀回懂变]))|s(?:ec(?:ond)?s?)?(?![a-z])", (0, 0, 1), Grain.SECOND),
    (
        "day",
        r"个?(?:昼夜|晚上)|天(?!气|赋|空|堂|才|花|然|生|线|使|真|文|津|猫|安)|日(?=[之以]?[内后])",
        (0, 1, 0),
        Grain.DAY,
    ),
]
_UNIT = "|".join(f"(?P<u{at}>{words})" for at, (_, words, _, _) in enumerate(_UNITS))
_PART = re.compile(
    rf"(?P<n>\d+\.\d+|{NUMBER}|半)(?P<mid>个半|半)?(?P<more>个?多(?!少))? ?(?:{_UNIT})"
    r"(?:多(?=[又\d一二两三四五六七八九十]))?(?P<half>半(?![天个年月小分夜路途数]))?"
)
#: 两三天 are two or three, not twenty-three.
_ROUGH = re.compile(r"一两|[两二]三|三四|三五|四五|五六|六七|七八|八九")
#: Behind an amount it makes a stretch of it: 三天内.
WITHIN = re.compile(r"(?:之|以)?内(?![容部存心])|里(?![面程边])|期间|之中")
_JOINT = re.compile(r"[又零余加多,]")
_NOT_AFTER = re.compile(r"[第每隔.\d周期拜.:/点]$|星期$")


@dataclass(frozen=True, slots=True)
class Amount:
    """A length of time in the units that it was said in, since months and working days have no fixed length."""

    months: int
    days: int
    seconds: int
    workdays: int
    grain: Grain
    length: timedelta  # a year counts 365 days, a month 30, a working day one
    unit: str  # of the first part
    bare_minutes: bool  # 5分, which alone may be a mark or money
    rough: bool  # 两三天, 一个多小时

    def shift(self, base: datetime, sign: int) -> datetime:
        """That much after ``base``, or before it. Raises OverflowError or ValueError beyond the calendar."""
        moved: datetime = base + relativedelta(
            months=sign * self.months, days=sign * self.days, seconds=sign * self.seconds
        )
        if self.workdays:
            day = workday(moved.date(), sign * min(self.workdays, 1000))
            moved = datetime.combine(day, moved.time())
        return moved


def amount(text: str, at: int) -> tuple[int, Amount] | None:
    """The amount that begins here, and where it ends."""
    if _NOT_AFTER.search(text, max(at - 2, 0), at):
        return None
    months = days = seconds = workdays = 0.0
    grain, first, end, bare, rough, length = Grain.DAY, "", at, False, False, 0.0
    while True:
        start = end
        if first and (joint := _JOINT.match(text, end)):
            start = joint.end()
        part = _PART.match(text, start)
        if part is None:
            break
        which = next(place for place in range(len(_UNITS)) if part[f"u{place}"])
        name, _, (unit_months, unit_days, unit_seconds), unit_grain = _UNITS[which]
        if part["n"] == "半":
            count = 0.5
        elif "." in part["n"]:
            count = float(part["n"])
        else:
            several = _ROUGH.fullmatch(part["n"])
            rough = rough or several is not None
            whole = number(part["n"][0] if several else part["n"])
            if whole is None or whole > 100_000 or (name == "year" and (whole >= 1000 or part["n"][0] in "0零〇")):
                break  # 2018年 and 07年 are years
            count = float(whole)
        count += 0.5 * bool(part["mid"]) + 0.5 * bool(part["half"])
        length += (
            count * (365 * unit_months / 12 if name == "year" else 30 * unit_months)
            + count * unit_days
            + count * unit_seconds / 86400
        )
        if name == "workday":
            workdays += count
        else:
            months, days, seconds = (
                months + count * unit_months,
                days + count * unit_days,
                seconds + count * unit_seconds,
            )
        rough = rough or part["more"] is not None
        bare = not first and part[f"u{which}"] == "分"
        grain = min(grain, unit_grain)
        first, end = first or name, part.end()
    if not length:
        return None
    # Half a month is 15 days, half a day 12 hours.
    days += (months % 1) * 30
    if days % 1:
        grain = min(grain, Grain.MINUTE)
    seconds += (days % 1) * 86400
    whole_units = (int(months), int(days), int(seconds), int(workdays))
    return end, Amount(*whole_units, grain, timedelta(days=length), first, bare, rough)
