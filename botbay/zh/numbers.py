"""Numbers as they are written in Chinese."""

import re

_DIGITS = {
    "零": 0,
    "〇": 0,
    "○": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_DIGITS |= {"壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9, "俩": 2, "仨": 3, "首": 1}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_TENS = {"廿": 20, "卅": 30}

#: What a whole number is made of, for patterns.
NUMBER = r"(?:\d+|[零〇一二两三四五六七八九十百廿卅俩仨]+)"


def number(text: str) -> int | None:
    """The whole number that a word says: 15, 十五, 二零二七, 两千零四, 廿三; nothing where it says none."""
    if re.fullmatch(r"[0-9]+", text):
        return int(text)
    if not text or any(each not in _DIGITS and each not in _UNITS and each not in _TENS for each in text):
        return None
    if all(each in _DIGITS for each in text):
        return int("".join(str(_DIGITS[each]) for each in text))
    total, last = 0, 0
    for each in text:
        if each in _UNITS:
            total += (last or (1 if total % _UNITS[each] == total else 0)) * _UNITS[each]
            last = 0
        elif each in _TENS:
            total += _TENS[each]
        else:
            last = _DIGITS[each]
    return total + last
