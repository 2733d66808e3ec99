"""Days that are left out of every day: 除了周三每天九点, 每天早上9点（节假日除外）, 每天九点提醒我打卡，周末不用."""

import re

from botbay.zh.time.periods import WEEKDAYS

_WEEK = r"(?:周|星期|礼拜)"
_DAYS = rf"{_WEEK}[一二三四五六日天](?:[、,和及]?{_WEEK}?[一二三四五六日天](?![点号]))*"
_REST = (
    r"(?:(?:法定)?节假日|双休日?|休息[日天]|周末|(?:周|星期|礼拜)六[、和]?(?:周|星期|礼拜)?[日天])"
    r"(?:[、和及](?:(?:法定)?节假日|周末))?"
)
_LEFT = rf"(?:{_REST}|{_DAYS})"
_BEFORE = re.compile(rf"除(?:了|去|开)?(?P<left>{_LEFT})(?:[之以]?外)?,?(?:[的都]?每[天日]|天天)")
_REST_NOT = (
    rf"(?:(?:除了?|不(?:包?含|包括|算)|跳过){_LEFT}(?:[之以]?外|除外|不算)?"
    rf"|{_LEFT}(?:除外|[之以]外|休息|不(?:算|用|要|需要?)?(?:提醒|叫我?)?了?)(?=$|[\s,，。.!！)）]|提醒|叫))"
)
_BEHIND = re.compile(rf" ?[,(]?{_REST_NOT}\)?")
_AT_THE_END = re.compile(rf"(?:每[天日早晚]|天天).*(?P<rest>[,，(（ ]{_REST_NOT}[)）]?)[。.!！]?$")


def all_but_some(text: str, at: int) -> tuple[int, frozenset[int]] | None:
    """Where 除了周末每天 ends that begins here, and which days of the week it leaves out, Monday 0."""
    found = _BEFORE.match(text, at)
    return (found.end(), _days(found["left"])) if found else None


def some_left_out(text: str, at: int) -> tuple[int, frozenset[int]] | None:
    """Where 周末除外 ends that stands here, behind 每天, and which days it leaves out."""
    found = _BEHIND.match(text, at)
    return (found.end(), _days(found[0])) if found else None


def _days(words: str) -> frozenset[int]:
    if re.search(r"节假日|双休|休息[日天]|周末", words):
        return frozenset({5, 6})
    days = re.search(_DAYS, words)
    return frozenset(WEEKDAYS[each] for each in re.findall("[一二三四五六日天]", days[0] if days else ""))


def left_out_apart(text: str) -> tuple[int, int] | None:
    """Where 周末除外 stands at the end of a sentence that says every day."""
    found = _AT_THE_END.search(text)
    return found.span("rest") if found else None
