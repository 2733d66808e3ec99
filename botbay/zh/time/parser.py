"""Finds the times in a sentence and says what they mean, seen from a moment, looking back or ahead."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from botbay.zh.text import Plain, plain
from botbay.zh.time.amounts import WITHIN
from botbay.zh.time.joined import joined
from botbay.zh.time.model import Bound, Context, Grain, Kind, Period, Prefer, TimeExpression
from botbay.zh.time.recurring import recurrence
from botbay.zh.time.spans import counted_span, length_at, vague_span
from botbay.zh.time.values import Value, pick, readings, value_at

_DAY = timedelta(days=1)
LONGEST = 2000  # characters that are looked at: nobody hides a deadline deeper in a message

#: Words that hold a time word and name none.
_NO_TIMES = re.compile(
    r"(?<![点时零一二三四五六七八九十差过\d])十分(?![钟之内后前]|以[内后前])|两天打鱼,?三天晒网|三天打鱼,?两天晒网|两天打鱼|三天两头|一天到晚"
    r"|[三五几]分钟热度|(?<!同)一时[半一间想之]|一年四季|一日[三之千]|今日头条|明日方舟|《[^》]{0,30}》|天天向上|分分钟|早晚(?:会|都|要|高峰)"
    r"|[一二三四五六七八九\d]年级|星期五餐厅|先天后天|半天(?=[没才也都不]|了)|(?<=[等忙搞弄找说了好大老])半天"
    r"|下一?次|上一?次|周年(?=庆|纪念)|一点(?:都|也|儿?不)|1[3-9]\d{9}|0\d{2,3}-\d{7,8}|百分之[一二三四五六七八九十百\d]+|\d+(?:\.\d+)*版"
    r"|(?:第[一二三四五六七八九十\d]+|双|单)周(?:报|刊|会|赛)|https?://\S+|[A-Za-z0-9_.+-]+@[A-Za-z0-9_.-]+|(?:24|二十四)小时(?=便利|营业|客服|在线|服务|值班|热线|自助|开放)|周[一二三四五六日](?=杂志)|现在进行时|五月天|(?:农历)?(?:八月十五(?=中秋)|五月初五(?=端午)|九月初九(?=重阳)|正月十五(?=元宵)|七月初七(?=七夕)|腊月初八(?=腊八))|[上下]一秒|(?:总|终|会|某|那|这|只)?有(?:那么)?一天|[那某]一天|一天比一天|平日|昔日|生日|节日"
)
#: 十一 is the feast where days off or a place beside them follow.
_NATIONAL_DAY = re.compile(
    r"(?<![\d一二三四五六七八九十月第周期拜初])十一(?=假期|长假|小长假|放假|黄金周|期间|之?[前后](?:第|首个|最后|一[天周]|[两三]天|上班|$|[,。提]))"
)
_NEW_YEAR = re.compile(r"过年(?=之?[前后](?![进去来])|期间|那天|当天)")
_STARTS = re.compile(
    r"[单高俩仨第廿卅双\d零〇一二两三四五六七八九十半今明昨前后大上下这本当周星礼每隔逢周天日月年元春除清五端中国教六双圣平情愚光重腊小农阴旧正冬夏秋q凌拂清一早晨晚夜午正晌傍黄深差未近最过再现目此眼马立即刚方稍待等回接往还之刻工去来初底母父感黑劳青儿妇女三植建护程万跨龙七立雨惊谷芒处白寒霜从自由截到头余新消世今睡临起吃非节休北南八听寻琴]"
)
_SPAN_SEP = re.compile(r"[,]? ?(?:一直|直)?(?:到|至)了? ?| ?-{1,2} ?|(?:和|与|跟)(?=.{1,14}之?间)")
_BEFORE = re.compile(
    r"的?(?:或者?|及|以及)?(?:之前|以前)|前(?![天面台端后几段者期言辈列沿景途程三两])|前(?=三天|两天)|(?:为止|截止)"
)
_AFTER = re.compile(r"的?(?:或者?|及|以及)?(?:之后|以后|过后)|后(?![天面台端续果悔期勤备半者辈儿])|以来|至今")
_SINCE = re.compile(r"开始(?!前)|起(?![床来飞码草伏因航])")
_DEADLINE = re.compile(r"(?:截止(?:时间|日期)?到?|截至|最迟|最晚|不晚于|不迟于|赶在|在?截止)(?:是|在|于|到)?$")
_FROM = re.compile(r"(?:从|自从|自|由)")
_ABOUT = re.compile(r"左右|前后|上下|许")


def parse(text: str, base: datetime, prefer: Prefer = "future") -> list[TimeExpression]:
    """The times that a sentence names, in its order, never overlapping.

    ``base`` is the moment of speaking; results are naive or in its zone as it is. ``prefer`` says whether a name that
    fits both (周五, 3月5号) means the last one or the next. Never raises on any text.
    """
    clean = plain(text[:LONGEST])
    sentence = _NATIONAL_DAY.sub("国庆", _NO_TIMES.sub(lambda found: "\0" * len(found[0]), clean.text))
    sentence = _NEW_YEAR.sub("春节", sentence)
    base = base.replace(microsecond=0)  # rules count whole seconds
    context = Context(base.replace(tzinfo=None), prefer, sentence)
    found: list[TimeExpression] = []
    at = 0
    last: TimeExpression | None = None
    while begin := _STARTS.search(sentence, at):
        at = begin.start()
        try:
            one = (_also(sentence, at, last, context) if last else None) or _expression(sentence, at, context)
        except (ValueError, OverflowError):  # beyond the calendar: the year 9999 and a bit
            one = None
        if one is None:
            at += 1
            continue
        at, last = one.end, one
        found.append(one)
    if prefer == "future" and len(found) > 1:
        found = joined(sentence, found, context)
    return [_placed(one, clean, text, base) for one in found]


def _placed(one: TimeExpression, clean: Plain, text: str, base: datetime) -> TimeExpression:
    """The expression where it stood in what was typed, in the zone of the base."""
    start, end = clean.span(one.start, one.end)
    zone = base.tzinfo
    return replace(
        one,
        start=start,
        end=end,
        text=text[start:end],
        at=one.at and one.at.replace(tzinfo=zone),
        until=one.until and one.until.replace(tzinfo=zone),
        readings=tuple(each.replace(tzinfo=zone) for each in one.readings),
        past=_is_past(one, base.replace(tzinfo=None)),
    )


def _is_past(one: TimeExpression, base: datetime) -> bool:
    if one.rrule is not None or one.kind not in ("point", "span") or one.bound == "after":
        return False
    if one.until is not None:
        return one.until <= base
    assert one.at is not None
    return one.at.date() < base.date() if one.precision >= Grain.DAY else one.at < base


def _expression(text: str, at: int, context: Context) -> TimeExpression | None:
    """The time that begins here."""
    again = recurrence(text, at, context)
    if again is not None:
        kind: Kind = "recurring" if again.rrule else "none"
        return TimeExpression(
            kind=kind,
            text="",
            start=at,
            end=again.end,
            at=again.at,
            rrule=again.rrule,
            precision=again.grain,
            ambiguous=again.ambiguous,
            readings=again.readings,
        )
    return (
        counted_span(text, at, context)
        or vague_span(text, at, context)
        or _named(text, at, context)
        or length_at(text, at)
    )


_AND = re.compile(r"[、和或及跟]者?|还是")
_OF_OTHER_WEEK = re.compile(r"(?:[上下]+个?|这个?|本)(?:周|星期|礼拜)")


def _also(text: str, at: int, last: TimeExpression, context: Context) -> TimeExpression | None:
    """What goes on with the day or week just named: 下周三、周四, 明天上午或者下午."""
    if not _AND.fullmatch(text, last.end, at) or last.at is None or last.kind not in ("point", "span"):
        return None
    if last.bound != "at" or last.precision > Grain.DAY:
        return None
    there = replace(context, anchor=last.at, prefer="future", base=last.at)
    value = value_at(text, at, there)
    if value is None or not value.options:
        return None
    weekday = re.match(r"周|星期|礼拜", text[at:]) and _OF_OTHER_WEEK.match(text, last.start)
    if value.dated and not weekday:
        return None
    one = _single(at, value, there)
    return one if one.at and one.at > last.at and text[one.end : one.end + 1] not in tuple("到至-前后") else None


def _named(text: str, at: int, context: Context) -> TimeExpression | None:
    since = _FROM.match(text, at)
    begin = since.end() if since else at
    first = value_at(text, begin, context)
    if first is None:
        return None
    if not first.options:
        # 11月31号下午三点: the hour of no day is none.
        hour = value_at(text, first.end, context)
        end = hour.end if hour is not None and not hour.dated else first.end
        return TimeExpression(kind="none", text="", start=at, end=end, precision=Grain.DAY)
    return (
        _range(text, at, first, context)
        or _bounded(text, at, first, bool(since), context)
        or _single(begin, first, context)
    )


def _single(at: int, value: Value, context: Context) -> TimeExpression:
    chosen, ambiguous = pick(value, context)
    kind: Kind = (
        "point"
        if chosen.grain <= Grain.MINUTE or (chosen.grain is Grain.DAY and chosen.end - chosen.start == _DAY)
        else "span"
    )
    return TimeExpression(
        kind=kind,
        text="",
        start=at,
        end=value.end,
        at=chosen.start,
        until=chosen.end if kind == "span" else None,
        precision=chosen.grain,
        ambiguous=ambiguous,
        readings=readings(value, chosen) if ambiguous else (),
    )


def _bounded(text: str, at: int, value: Value, since: bool, context: Context) -> TimeExpression | None:
    """周五之前, 十点以后, 从上周二开始, 今年以来, 本周内."""
    about = _ABOUT.match(text, value.end)
    end = about.end() if about else value.end
    chosen, ambiguous = pick(value, context)
    due = _DEADLINE.search(text, 0, at)
    before, after = _BEFORE.match(text, end), _AFTER.match(text, end)
    start_word = _SINCE.match(text, end)
    if start_word and not since and chosen.grain < Grain.DAY:
        start_word = None
    if (before or due) and not value.exact:
        last = before.end() if before else end
        inclusive = (before is not None and before[0][0] in "或及以") or (due is not None and before is None)
        said = readings(value, chosen) if ambiguous else ()
        return replace(_until(at, last, chosen, inclusive, ambiguous, context), readings=said)
    if after or start_word or since:
        edge = after or start_word
        inclusive = after is None or after[0][0] in "或及" or after[0] in ("以来", "至今")
        from_start = inclusive or chosen.grain < Grain.PART
        return TimeExpression(
            kind="span" if edge or (since and text[value.end : value.end + 1] != "的") else "point",
            text="",
            start=at,
            end=edge.end() if edge else end,
            at=chosen.start if from_start else chosen.end,
            precision=chosen.grain,
            bound="after",
            ambiguous=ambiguous,
            readings=readings(value, chosen) if ambiguous else (),
        )
    if chosen.grain >= Grain.PART and (inside := WITHIN.match(text, end)) and chosen.end - chosen.start >= _DAY:
        return TimeExpression(
            kind="span", text="", start=at, end=inside.end(), at=chosen.start, until=chosen.end, precision=chosen.grain
        )
    if about:
        return replace(_single(at, value, context), end=end)
    return None


def _until(at: int, end: int, chosen: Period, inclusive: bool, ambiguous: bool, context: Context) -> TimeExpression:
    """A deadline for whoever looks ahead; everything before it for whoever looks back."""
    bound: Bound = "before"
    if context.prefer == "past":
        until = chosen.end if inclusive else chosen.start
        return TimeExpression(
            kind="span",
            text="",
            start=at,
            end=end,
            until=until,
            precision=chosen.grain,
            bound=bound,
            ambiguous=ambiguous,
        )
    last = chosen.start
    grain = chosen.grain
    if inclusive and grain > Grain.DAY:
        last, grain = chosen.end - _DAY, Grain.DAY
    return TimeExpression(
        kind="point", text="", start=at, end=end, at=last, precision=grain, bound=bound, ambiguous=ambiguous
    )


_SHORT_WEEKDAY = re.compile(r"[一二三四五六日天1-6](?![点号日月年个十天:.\d])")


def _range(text: str, at: int, first: Value, context: Context) -> TimeExpression | None:
    """上午九点到十一点, 3月5号到7号, 周一至五."""
    sep = _SPAN_SEP.match(text, first.end)
    if sep is None or (first.loose):
        return None
    chosen, _ = pick(first, context)
    if first.clock is not None and first.clock.open and not first.dated:
        chosen = context.choose(first.options)
    ambiguous = first.clock is not None and first.clock.open and pick(first, context)[1]
    meant = _range_end(text, sep.end(), first, chosen, context)
    if context.prefer == "future" and not first.exact:
        # 周一到周三, said on Tuesday, is under way; but 周四到下周二 does not begin last Thursday.
        for earlier in [each for each in first.options if each.start < chosen.start][-1:]:
            under_way = _range_end(text, sep.end(), first, earlier, context)
            if under_way and under_way[1] > context.base and (meant is None or under_way[1] < meant[1]):
                chosen, meant = earlier, under_way
    if meant is None:
        return None
    end, until, closing = meant
    return TimeExpression(
        kind="span",
        text="",
        start=at,
        end=end,
        at=chosen.start,
        until=until,
        precision=min(chosen.grain, closing),
        ambiguous=ambiguous,
        readings=readings(first, chosen) if ambiguous else (),
    )


def _range_end(text: str, at: int, first: Value, start: Period, context: Context) -> tuple[int, datetime, Grain] | None:
    """Where a range that begins there ends: in the text, in time (outside), how fine."""
    inside = replace(context, anchor=start.start)
    last = value_at(text, at, inside)
    if (
        last is None
        and start.grain is Grain.DAY
        and re.search(r"(?:周|星期|礼拜)[一二三四五六日天1-7]$", text[: first.end])
    ):
        short = _SHORT_WEEKDAY.match(text, at)
        last = value_at("周" + text[at:], 0, inside) if short else None
        if last is not None and short is not None:
            last = replace(last, end=last.end + at - 1)
    if last is None or not last.options:
        return None
    options = last.options
    if (
        last.clock is not None
        and last.part is None
        and not last.dated
        and first.part is not None
        and last.clock.hour <= 12
    ):
        # 下午两点到四点: the same part of the day goes on; 晚上十点到十二点 too.
        same = replace(last.clock, part=first.part.part).at(
            start.start.replace(hour=0, minute=0, second=0, microsecond=0)
        )
        options = [Period(same, same, last.clock.grain), *options]
    later = [
        each for each in options if each.start > start.start or (each.end > start.end and each.start >= start.start)
    ]
    if not later:
        return None
    meant = min(later, key=lambda each: each.start)
    until = meant.end if meant.grain >= Grain.PART else meant.start
    close = re.compile(r"之?间|这段时间|期间").match(text, last.end)
    return (close.end() if close else last.end), until, meant.grain
