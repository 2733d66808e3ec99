"""The fields of an application: read from an answer, checked however it came, and shown to people.

Values as they are kept: a text; an amount "1200.00"; a date "2026-11-25"; a span {"from", "to"} of naive ISO times,
``to`` outside; a choice; pictures as a list of file ids.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from botbay.db import now
from botbay.zh.numbers import number
from botbay.zh.text import simplified
from botbay.zh.time import Grain, TimeExpression, no_such_time, parse
from workers.approvals import amounts
from workers.approvals.kinds import FieldSpec, FieldType, Kind

_DAY = timedelta(days=1)
_FURTHEST = timedelta(days=730)
#: So much is half a day, whichever.
_HALF = timedelta(hours=6)
_NOON = timedelta(hours=12)
#: How long 半天 is where its length is all that is said.
_HALF_A_DAY = timedelta(hours=12)
_THROUGH = re.compile(r"^.{0,3}(?:到|至)了?$")
_UP_TO = re.compile(r"(?:到|至)$")
_MOST_PICTURES = 9


class FieldProblem(ValueError):
    """This is no value of the field. The text is for people and says what to say instead."""


# --- reading -----------------------------------------------------------------------------------------------


def read(field: FieldSpec, text: str, moment: datetime) -> Any | None:
    """The value that an answer gives, None where it gives none; ``moment`` is the speaker's naive wall clock.

    Raises FieldProblem where it gives one that cannot be.
    """
    text = text.strip()
    match field.type:
        case FieldType.TEXT:
            return checked(field, text, moment) if text else None
        case FieldType.AMOUNT:
            try:
                value = amounts.amount(text)
            except amounts.AmountProblem as problem:
                raise FieldProblem(str(problem)) from None
            return None if value is None else checked(field, str(value), moment)
        case FieldType.CHOICE:
            return _choice(field, text)
        case FieldType.DATE:
            day = next((one.at for one in _times(text, moment) if one.at is not None), None)
            return None if day is None else checked(field, day.date().isoformat(), moment)
        case FieldType.SPAN:
            span = _span(text, _times(text, moment))
            return None if span is None else checked(field, span, moment)
        case _:
            return None  # a picture is not told in words


def _choice(field: FieldSpec, text: str) -> str | None:
    text = simplified(text)
    named = [choice for choice in field.choices if choice in text]
    named = [one for one in named if not any(one != other and one in other for other in named)]
    if len(named) == 1:
        return named[0]
    place = number(text.strip("第个号种条 。."))
    return field.choices[place - 1] if not named and place and 0 < place <= len(field.choices) else None


def _times(text: str, moment: datetime) -> list[TimeExpression]:
    found = parse(text, moment, "future")
    if wrong := next((one for one in found if one.kind == "none"), None):
        raise FieldProblem(f"{no_such_time(wrong.text)}，看看时间？")
    return found


def _span(text: str, found: list[TimeExpression]) -> Mapping[str, str] | None:
    if any(one.kind == "recurring" for one in found):
        raise FieldProblem("每次单独提一张吧，说这一次从什么时候到什么时候。")
    begun = [one for one in found if one.at is not None and one.bound != "before"]
    length = next((one.length for one in found if one.length is not None), None)
    if not begun:
        if length is not None:
            raise FieldProblem("从哪天开始？比如「下周一开始」。")
        return None
    since, until = _stretch(text, begun) if len(begun) > 1 else _one(text, begun[0], length)
    return {"from": since.isoformat(), "to": until.isoformat()}


def _stretch(text: str, begun: list[TimeExpression]) -> tuple[datetime, datetime]:
    """周四和周五, 12月1号、2号、3号, 从12月1号请到12月5号."""
    first, last = begun[0], begun[-1]
    through = len(begun) == 2 and _THROUGH.search(text[first.end : last.start])
    days = [one.at.date() for one in begun if one.at is not None]
    if not through and any(later - earlier > _DAY for earlier, later in pairwise(days)):
        raise FieldProblem("要连着的一段：分开的日子分两张提，先说第一段。")
    assert first.at is not None
    return first.at, _end(last)


def _one(text: str, said: TimeExpression, length: timedelta | None) -> tuple[datetime, datetime]:
    """明天, 明天下午, 下周一起三天, 明天半天; what leaves it open is asked about."""
    assert said.at is not None
    if said.bound == "at" and _UP_TO.search(text[: said.start]):
        raise FieldProblem("从哪天开始？比如「下周一到下周三」。")
    if length is None:
        if said.bound == "after" and said.until is None:
            raise FieldProblem("到什么时候？比如「下周一到周三」，或者「下周一开始三天」。")
        return said.at, _end(said)
    if said.until is None or said.bound == "after":
        return said.at, said.at + length
    if length < said.until - said.at and not (said.precision == Grain.PART and length == _HALF_A_DAY):
        hours = length < _DAY
        raise FieldProblem(
            "从几点到几点？比如「明天下午两点到四点」。" if hours else "从哪天开始？比如「下周一开始两天」。"
        )
    return said.at, said.until


def _end(said: TimeExpression) -> datetime:
    if said.until is not None:
        return said.until
    if said.at is None or said.precision < Grain.DAY:
        raise FieldProblem("从几点到几点？比如「明天下午两点到五点」。")
    return said.at + _DAY


# --- checking ----------------------------------------------------------------------------------------------


def checked(field: FieldSpec, value: Any, moment: datetime) -> Any:
    """The value as it is kept. Raises FieldProblem."""
    match field.type:
        case FieldType.TEXT:
            text = " ".join(_text(field, value).split())
            if len(text) > field.longest:
                raise FieldProblem(f"{field.name}最多 {field.longest} 个字，短一点吧。")
            return text
        case FieldType.AMOUNT:
            return _amount(field, value)
        case FieldType.CHOICE:
            if value not in field.choices:
                raise FieldProblem(f"{field.name}只能是：{'、'.join(field.choices)}。")
            return value
        case FieldType.DATE:
            try:
                day = date.fromisoformat(_text(field, value))
            except ValueError:
                raise FieldProblem(f"{field.name}要写成 2026-11-25 这样的日子，而且要真有这一天。") from None
            _near(field, day, moment)
            return day.isoformat()
        case FieldType.SPAN:
            return _checked_span(field, value, moment)
        case _:
            if not isinstance(value, list) or not all(type(one) is int for one in value):
                raise FieldProblem(f"{field.name}要的是图片。")
            if len(value) > _MOST_PICTURES:
                raise FieldProblem(f"{field.name}最多 {_MOST_PICTURES} 张。")
            return value


def _text(field: FieldSpec, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise FieldProblem(f"{field.name}还没有写。")
    return value.strip()


def _amount(field: FieldSpec, value: Any) -> str:
    try:
        yuan = Decimal(str(value))
        if not yuan.is_finite() or yuan <= 0 or yuan != yuan.quantize(Decimal("0.01")):
            raise InvalidOperation
    except InvalidOperation:
        raise FieldProblem(f"{field.name}要大于 0，最多到分，比如 99.50。") from None
    if yuan > field.most:
        raise FieldProblem(f"{field.name}最多 {amounts.shown(field.most)}，看看是不是多写了个零？")
    return str(yuan.quantize(Decimal("0.01")))


def _checked_span(field: FieldSpec, value: Any, moment: datetime) -> Mapping[str, str]:
    try:
        since, until = (datetime.fromisoformat(value[name]) for name in ("from", "to"))
        if since.tzinfo is not None or until.tzinfo is not None:
            raise ValueError
    except (TypeError, KeyError, ValueError):
        raise FieldProblem(f"{field.name}要写明 from 和 to，比如 2026-11-25T14:00，不带时区。") from None
    if until <= since:
        raise FieldProblem("结束要在开始之后，再说一遍从什么时候到什么时候？")
    if until - since > field.most_days * _DAY:
        raise FieldProblem(f"{field.name}最长 {field.most_days} 天，看看日期？")
    _near(field, since.date(), moment)
    return {"from": since.isoformat(), "to": until.isoformat()}


def _near(field: FieldSpec, day: date, moment: datetime) -> None:
    """Neither longer ago than the field allows, nor years on."""
    if field.back_days is not None and day < moment.date() - field.back_days * _DAY:
        raise FieldProblem(f"{day.year}年{day.month}月{day.day}日已经过去太久了，看看日期？")
    if day > moment.date() + _FURTHEST:
        raise FieldProblem(f"{day.year}年{day.month}月{day.day}日太远了，看看日期？")


def complete(kind: Kind, values: Mapping[str, Any], moment: datetime) -> dict[str, Any]:
    """All values of an application as they are kept, in the order of its fields. Raises FieldProblem."""
    if unknown := [name for name in values if kind.field(name) is None]:
        raise FieldProblem(f"{kind.name}没有「{unknown[0]}」这一项。")
    kept: dict[str, Any] = {}
    for field in kind.fields:
        value = values.get(field.name)
        if value is not None:
            kept[field.name] = checked(field, value, moment)
        elif not field.optional:
            raise FieldProblem(f"还差「{field.name}」。")
    return kept


# --- measuring and showing ---------------------------------------------------------------------------------


def measure(field: FieldSpec, value: Any) -> Decimal:
    """Yuan of an amount, days of a span: a day of which only the morning or the afternoon is meant is half a one."""
    if field.type == FieldType.AMOUNT:
        return Decimal(value)
    since, until = datetime.fromisoformat(value["from"]), datetime.fromisoformat(value["to"])
    if until - since <= _HALF:
        return Decimal("0.5")
    days, day = Decimal(0), _day_of(since)
    while day < until:
        begin, end = max(since - day, timedelta()), min(until - day, _DAY)
        days += Decimal("0.5") if end <= _NOON or begin >= _NOON or end - begin <= _HALF else Decimal(1)
        day += _DAY
    return days


def shown(field: FieldSpec, value: Any) -> str:
    """The value in people's words, right whenever it is read."""
    match field.type:
        case FieldType.AMOUNT:
            return amounts.shown(Decimal(value))
        case FieldType.DATE:
            return _day(date.fromisoformat(value))
        case FieldType.SPAN:
            return _shown_span(field, value)
        case FieldType.PICTURE:
            return f"{len(value)} 张"
        case _:
            return str(value)


def _day(day: date) -> str:
    year = "" if day.year == now().year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日（周{'一二三四五六日'[day.weekday()]}）"


def _day_of(moment: datetime) -> datetime:
    return datetime.combine(moment.date(), datetime.min.time())


def _shown_span(field: FieldSpec, value: Mapping[str, str]) -> str:
    since, until = datetime.fromisoformat(value["from"]), datetime.fromisoformat(value["to"])
    length = f"{measure(field, value).normalize():f} 天"
    begin, end = since - _day_of(since), until - _day_of(until)
    if {begin, end} <= {timedelta(), _NOON}:
        last = until.date() if end else until.date() - _DAY
        if since.date() == last:
            half = "上午" if end else "下午" if begin else ""
            return f"{_day(last)}{half}，{length}"
        return f"{_day(since.date())}{'下午' if begin else ''}–{_day(last)}{'上午' if end else ''}，{length}"
    if since.date() == until.date():
        hours = (until - since).total_seconds() / 3600
        return f"{_day(since.date())} {since:%H:%M}–{until:%H:%M}，{hours:g} 小时"
    return f"{_day(since.date())} {since:%H:%M}–{_day(until.date())} {until:%H:%M}，{length}"
