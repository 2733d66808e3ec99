"""Sums of money as people write them: 1,280.5, 3万5, 一千二, 三十五块五."""

import re
from decimal import Decimal

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_DIGITS |= {char: value for value, char in enumerate("零壹贰叁肆伍陆柒捌玖")}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "k": 1000, "万": 10**4, "w": 10**4}
_UNITS |= {"亿": 10**8}
_BIG = (10**4, 10**8)
_CN = "".join([*_DIGITS, *(unit for unit in _UNITS if not unit.isascii())])
_MONEY = r"(?:元|块|圆)(?:钱|整)?"
_NUMBER = rf"(?:\d[\d,]*(?:\.\d+)?|[{_CN}])(?:[\d,.{_CN}]|[kw](?![a-z]))*"
_SUM = re.compile(
    rf"(?P<sign>[¥￥]|rmb|人民币)?\s*(?P<number>{_NUMBER})\s*(?P<money>{_MONEY})?"
    rf"(?:(?<=[元块圆])(?P<tenth>[\d{_CN}])(?:毛|角|(?![\d{_CN}毛角])))?(?:(?P<cent>[\d{_CN}])分)?",
    re.IGNORECASE,
)
_FOREIGN = re.compile(r"美元|美金|美刀|欧元|英镑|日元|港币|港元|台币|[$€£]|usd|eur|hkd", re.IGNORECASE)
_VAGUE = re.compile(r"几[十百千万]|[十百千万]几|多(?=块|元|吧|点|[，,。]|$)|左右|大概|大约|差不多|上下")
_NEGATIVE = re.compile(r"负(?:[\d¥￥]|$)|^\s*[-−]")
_PARTS = re.compile(rf"(\d+(?:\.\d+)?|[{''.join(_DIGITS)}])|([{''.join(_UNITS)}])", re.IGNORECASE)


class AmountProblem(ValueError):
    """What was said is a sum that cannot be taken. The text is for people and says what to say instead."""


def amount(text: str) -> Decimal | None:
    """The sum in yuan that a text names, None where it names none or several. Raises AmountProblem."""
    text = text.replace("，", ",").replace("．", ".")
    found = [one for one in _SUM.finditer(text) if _value(one["number"]) is not None]
    marked = [one for one in found if one["sign"] or one["money"]]
    sums = {_whole(one) for one in marked or found}
    if not sums and not _VAGUE.search(text):
        return None
    if _FOREIGN.search(text):
        raise AmountProblem("我只会记人民币，换算成多少元告诉我就行。")
    if _VAGUE.search(text):
        raise AmountProblem("要个准数，比如「1280 元」。")
    if len(sums) > 1:
        return None
    value = sums.pop()
    if _NEGATIVE.search(text) or value <= 0:
        raise AmountProblem("金额要大于 0，比如「1280 元」。")
    if value != value.quantize(Decimal("0.01")):
        raise AmountProblem("金额最多到分，比如「99.50 元」。")
    return value.quantize(Decimal("0.01"))


def shown(value: Decimal) -> str:
    """1,280 元, 99.50 元."""
    return f"{value:,.0f} 元" if value == value.to_integral_value() else f"{value:,.2f} 元"


def _whole(found: re.Match[str]) -> Decimal:
    value = _value(found["number"])
    assert value is not None
    for part, share in ((found["tenth"], Decimal("0.1")), (found["cent"], Decimal("0.01"))):
        value += (_value(part) or Decimal(0)) * share if part else 0
    return value


def _value(words: str) -> Decimal | None:
    """The number that these digits and units say; a last digit behind a unit counts in tenths of it: 一千二, 3万5."""
    words = words.replace(",", "").lower().rstrip(".")
    if re.fullmatch(r"\d+(?:\.\d+)?", words):
        return Decimal(words)
    total, section, last, unit, gap = Decimal(0), Decimal(0), None, 1, False
    place = 0
    for part in _PARTS.finditer(words):
        if part.start() != place:
            return None
        place = part.end()
        digit, name = part.groups()
        if digit is not None:
            if digit in "零〇":
                gap = True
                continue
            if last is not None:
                return None  # 一二三 is no sum of money
            last = Decimal(_DIGITS[digit]) if digit in _DIGITS else Decimal(digit)
            continue
        unit, gap = _UNITS[name], False
        if unit in _BIG:
            total, section = (
                (total + section + (last or 0)) * unit if unit > 10**4 else (total + (section + (last or 0)) * unit),
                Decimal(0),
            )
            if not total:
                return None
        else:
            section += (Decimal(1) if last is None and unit == 10 else (last or Decimal(0))) * unit
            if not section:
                return None
        last = None
    if place != len(words):
        return None
    if last is not None:
        colloquial = unit > 1 and not gap and last < 10 and last == last.to_integral_value()
        section += last * (unit // 10 if colloquial else 1)
    return total + section
