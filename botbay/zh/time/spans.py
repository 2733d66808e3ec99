"""Stretches counted from now, vague ones, and lengths of time: 三天内, 最近一周, 刚才, 半小时."""

import re
from datetime import timedelta

from botbay.zh.time.amounts import WITHIN, amount
from botbay.zh.time.model import Context, Grain, TimeExpression

_DAY = timedelta(days=1)
_BACK = re.compile(r"(?:最近|过去|近|之前|此前|上|前|头|这|刚过去)的?这?")
_AHEAD = re.compile(r"(?:在?未来|接下来|今后|往后|之后|以后|后|下|还剩|还有|从现在(?:开始|起))的?")
_VAGUE = re.compile(
    r"(?P<recent>最近(?!这?[几两]天)(?![的]?(?:一家|一个|的|那家|地铁|车站|医院|超市|电影院|饭店|餐厅|路))|最近(?=的)|近期|近来|近日|这阵子|这段时间|前段时间|前阵子|前些天|前几天|前两天|前些日子)"
    r"|(?P<just>刚才|刚刚(?![好])|方才|适才)|(?P<both>(?:今明|明后)[两二2]?天)|(?P<these>(?:最近)?这几天|(?:最近)?这两天|这些天|最?近[几两]天)"
)


def counted_span(text: str, at: int, context: Context) -> TimeExpression | None:
    """三天内, 最近一周, 未来两小时."""
    if text[max(at - 1, 0) : at] in tuple("最以之然今等吃玩住干待忙睡做"):
        return None
    back, ahead = _BACK.match(text, at), _AHEAD.match(text, at)
    for prefix, sign in ((ahead, 1), (back, -1), (None, 0)):
        if sign and prefix is None:
            continue
        found = amount(text, prefix.end() if prefix else at)
        if found is None:
            continue
        end, much = found
        within = WITHIN.match(text, end)
        if sign == 0 and within is None:
            continue
        if prefix is not None and re.match(r"[之以]?[前后]", text[end : end + 2]) and not within:
            return None
        if prefix is not None and (
            much.bare_minutes
            or (text[prefix.end() : prefix.end() + 2].lstrip("个")[:1] == "半" and prefix[0][-1] in "上下前后头")
        ):
            continue  # 上半年, 后半夜: halves of something
        if sign == 0 or (prefix is not None and prefix[0] in ("这",)):
            sign = 1 if context.prefer == "future" else -1
        there = much.shift(context.base, sign)
        first, last = (context.base, there) if sign > 0 else (there, context.base)
        if prefix is not None and sign < 0 and much.grain >= Grain.DAY:
            first = first.replace(hour=0, minute=0, second=0, microsecond=0)
        if first >= last:
            continue  # half a second
        return TimeExpression(
            kind="span",
            text="",
            start=at,
            end=within.end() if within else end,
            at=first,
            until=last,
            precision=much.grain,
        )
    return None


def vague_span(text: str, at: int, context: Context) -> TimeExpression | None:
    found = _VAGUE.match(text, at)
    if found is None:
        return None
    base, today = context.base, context.today
    if found["just"]:
        return TimeExpression(kind="span", text="", start=at, end=found.end(), at=base - timedelta(hours=1), until=base)
    if found["both"]:
        first = today + (_DAY if found[0].startswith("明") else timedelta())
        return TimeExpression(
            kind="span", text="", start=at, end=found.end(), at=first, until=first + 2 * _DAY, precision=Grain.DAY
        )
    if found["these"] and context.prefer == "future":
        first, last = today, today + 3 * _DAY
    elif found["recent"] and context.prefer == "future":
        if not found[0].startswith(("最近", "近")) or text[found.end() : found.end() + 1] == "的":
            return None
        return TimeExpression(kind="point", text="", start=at, end=found.end(), at=today, precision=Grain.DAY)
    else:
        first, last = today - 7 * _DAY if found["recent"] else today - 3 * _DAY, base
    return TimeExpression(kind="span", text="", start=at, end=found.end(), at=first, until=last, precision=Grain.DAY)


def length_at(text: str, at: int) -> TimeExpression | None:
    """A length of time that stands alone."""
    found = amount(text, at)
    if found is None or found[1].bare_minutes:
        return None
    end, much = found
    if re.match(r"[一两二三四五六七八九十\d]+次|龄|薪|级", text[end:]):
        return None
    return TimeExpression(kind="duration", text="", start=at, end=end, length=much.length, precision=much.grain)
