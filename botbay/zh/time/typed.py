"""Dates in digits: 2026-12-05, 5/12/2026, 12/5, 12.5号."""

import re
from datetime import datetime

from botbay.zh.time.model import Context
from botbay.zh.time.periods import Dates, day, month, years_around

_D = r"(?:0?[1-9]|[12]\d|3[01])"
_M = r"(?:0?[1-9]|1[0-2])"
_NUMERIC: list[re.Pattern[str]] = [
    re.compile(r"(?P<y>\d{4})(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})(?:日|号)?(?![\d/]|\.\d)(?:t(?=\d))?"),
    re.compile(r"(?P<y>(?:19|20)\d\d) (?P<m>[01]?\d) (?P<d>[0-3]?\d)(?!\d)"),
    re.compile(r"(?P<d>\d{1,2})(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<y>\d{4})(?!\d)"),
    re.compile(r"(?P<y>[1-9]\d)(?P<sep>[-/])(?P<m>\d{1,2})(?P=sep)(?P<d>0?[1-9]|[12]\d|3[01])(?![\d/-])"),
    re.compile(r"(?P<d>0?[1-9]|[12]\d|3[01])(?P<sep>[-/])(?P<m>\d{1,2})(?P=sep)(?P<y>\d{2})(?![\d/-])"),
    re.compile(r"(?P<y>20\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?!\d)"),
]
_YEAR_MONTH = re.compile(r"(?P<y>(?:19|20)\d\d)[-/.](?P<m>0?[1-9]|1[0-2])(?:月|(?![\d/.-]))")
#: Without a year a pair of numbers may be a fraction, a score, a version: its signs and neighbours decide.
_PAIR = re.compile(
    rf"(?P<m>{_M})(?P<sep>[-/.])(?P<d>{_D})(?P<unit>日(?!报)|号(?![码楼线院]))?(?![\d/]|-(?!{_M}[./]{_D})|\.\d)"
)
_PAIR_THEN = re.compile(
    rf" ?(?:凌晨|早上|上午|中午|下午|傍晚|晚上|早(?!就)|晚(?!会)|之?前|之?后|开始|起|放假|当天|那天|[(]?(?:周|星期|礼拜)[一二三四五六日天]|[到至-]{_M}[./-]{_D}|[到至]|\d{{1,2}}[:点])|开会|截止"
)
_PAIR_UNIT = re.compile(r"[\d个人元块天岁页%级米点时分秒版倍折折的]|月|楼|层|号楼|v")
_PAIR_BEFORE = re.compile(r"[a-z室楼栋区第版本v￥$¥:_+*=#.\d-]$|比分$|占|完成了$")

#: 12.1交房租, 提醒我12.1续费: a pair at the head of something to do is a day.
_HEAD = re.compile(r"(?:^|[,。;:]|提醒(?:我|大家|一下)?|记得|别忘了?)(?:在|于|到)?$")
_CALL = re.compile(r"提醒|叫我|喊我|记得|别忘|闹钟|到期|截止")
_DO = re.compile(r"[交还去考办寄取搬]|出发|到期|面试|体检|续费|回家|生日|考试|上线|发布|付款|出差|报名")


def typed_date(text: str, at: int, context: Context) -> Dates | None:
    """The date that is written in digits here; none of its candidates where there is no such day."""
    if not text[at].isascii() or text[max(at - 1, 0) : at] in set(
        "0123456789./:￥$¥v" + "-" * (context.anchor is None)
    ):
        return None
    for pattern in _NUMERIC:
        found = pattern.match(text, at)
        if found:
            which = int(found["y"])
            if len(found["y"]) == 2:
                which += 2000 if which < 70 else 1900
            if not 1 <= int(found["m"]) <= 12 and pattern is not _NUMERIC[0]:
                continue
            try:
                return Dates(found.end(), [day(datetime(which, int(found["m"]), int(found["d"])))])
            except ValueError:
                return Dates(found.end(), [])
    if found := _YEAR_MONTH.match(text, at):
        return Dates(found.end(), [month(datetime(int(found["y"]), int(found["m"]), 1))])
    found = _PAIR.match(text, at)
    if found is None or (context.anchor is None and _PAIR_BEFORE.search(text, 0, at)):
        return None
    rest_at, m, d = found.end(), int(found["m"]), int(found["d"])
    if found["unit"] and found["sep"] == "-":
        return None  # 5-7号 are three days
    if (
        not found["unit"]
        and context.anchor is None
        and not (_PAIR_THEN.match(text, rest_at) or _is_task(found, context))
    ):
        if found["sep"] == "." or _PAIR_UNIT.match(text, rest_at):
            return None
        if found["sep"] == "-" and not (len(found["d"]) == 2 and len(found["m"]) == 2):
            return None
        fraction = m < d <= 10 and len(found["d"]) == 1
        if found["sep"] == "/" and fraction and not (len(text) <= len(found[0]) + 4 and at == 0):
            return None
    built = []
    for which in years_around(context, leap=(m, d) == (2, 29)):
        try:
            built.append(day(datetime(which, m, d)))
        except ValueError:
            continue
    return Dates(found.end(), built)


def _is_task(pair: re.Match[str], context: Context) -> bool:
    """Whether something is to be done on a pair of numbers, which then are a month and a day."""
    text, end = context.sentence, pair.end()
    if context.prefer == "past" or pair["sep"] != "." or _PAIR_UNIT.match(text, end):
        return False
    return bool(_HEAD.search(text, 0, pair.start()) and (_DO.match(text, end) or _CALL.search(text)))
