"""Times of the day by what people do then: 下班前, 睡前, 起床后, 晚饭后半小时."""

import re
from datetime import timedelta

from botbay.zh.time.amounts import WITHIN, amount
from botbay.zh.time.model import Grain

_HABIT = re.compile(
    r"(?:(?P<work>[下上]班)|(?P<bed>临?睡觉?(?![之以]?后))|(?P<up>起床)|(?:吃完?)?(?P<meal>[早午中晚])[饭餐])"
    r"(?P<side>之?前|以前|之?后|以后|的?时候|时(?!间))(?![\d零一二两三四五六七八九十]{1,3}[点:])"
    r"|吃完(?P<eaten>[早午中晚])[饭餐]"
)
_SIDE = re.compile(r"的?[之以]?[前后]的?|的?提前")
_WORK, _BED, _UP = {"下": 18, "上": 9}, 22, 7
_MEALS = {"早": 7, "午": 12, "中": 12, "晚": 18}
_EATEN = 1  # hours from before a meal to after it


def habit(text: str, at: int, *, ahead: bool) -> tuple[int, timedelta] | None:
    """Where 下班前 or 下班前半小时 ends that begins here, and the time of day by the hours that most people keep.

    下班前 is a deadline: its bare 前 is left out. Others than of work are meant only by who looks ``ahead``.
    """
    found = _HABIT.match(text, at + text.startswith("的", at))
    if found is None or not (ahead or found["work"]):
        return None
    side = found["side"] or "后"
    if found["work"]:
        hour = _WORK[found["work"][0]]
    elif meal := found["meal"] or found["eaten"]:
        hour = _MEALS[meal] + _EATEN * ("后" in side)
    else:
        hour = _BED if found["bed"] else _UP
    if found["side"] and (shifted := beside(text, found.start("side"))):
        return shifted[0], timedelta(hours=hour) + shifted[1]
    is_deadline = found["work"] and "时" not in side
    return (found.start("side") if is_deadline else found.end()), timedelta(hours=hour)


def beside(text: str, at: int) -> tuple[int, timedelta] | None:
    """三点前十分钟, 下班后半小时: so much before or after a time of day."""
    side = _SIDE.match(text, at)
    found = amount(text, side.end()) if side else None
    if side is None or found is None or found[1].grain >= Grain.DAY or WITHIN.match(text, found[0]):
        return None
    return found[0], found[1].length * (-1 if "前" in side[0] else 1)
