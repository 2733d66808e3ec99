"""The day that a talk is about, on which bare hours and 头天晚上 are to be read: 周日爬山… 七点集合."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from workers.minutes import due
from workers.minutes.said import Said, Scene

_DAY = re.compile(r"[号日周天晚早今明后]|星期|礼拜|月|节")
_NAMED = re.compile(r"[明后][天早晚]|周[一二三四五六日末]|星期|礼拜|\d+\s*[号日]|[一二三十]号|月\d|\d[./]\d")
#: What people do together at an hour of that day.
_THERE = re.compile(r"集合|碰头|出发|到(?![位底])|接|签到|报到|上车|下货|进场|见(?!过)|过去|过来|开[始饭]|抽血|发车")
_BY = re.compile(r"前|之内|截止")
_DAY_BEFORE = re.compile(r"(?:提前|前|头)(?:一|1)?(?:天|晚|日)(?!就)|前一[天晚]")
_FAR_LINES, _FAR_MINUTES, _NEAR_LINES = 40, 2 * 24 * 60.0, 8
Due = tuple[datetime, str]


def on_its_day(when: Due, clause: str, said: Said, scene: Scene) -> Due:
    """A bare hour at which people meet, put on the day that was spoken of, in the half of it that suits."""
    moment, shown = when
    if (
        _NAMED.search(clause)
        or _DAY.search(shown)
        or _BY.search(shown)
        or not (_THERE.search(clause) or "那天" in clause)
    ):
        return when
    if clause[clause.find(shown) + len(shown) :][:1] == "前" or any(
        word in said.text for word in ("今天", "今晚", "现在")
    ):
        return when
    for day, at in _days(said, scene):
        if day.date() <= moment.date():
            return when
        hour = moment.hour
        if re.search(r"晚|下午", said.text) is None and hour > 12:
            known = at.hour if at is not None else (9 if 5 <= hour - 12 <= 11 else hour)
            hour = min((hour, hour - 12), key=lambda each: abs(each - known))
        return day.replace(hour=hour, minute=moment.minute, second=moment.second), shown
    return when


def day_before(clause: str, said: Said, scene: Scene) -> Due | None:
    """The eve of the day that was spoken of: 头天晚上, 提前一天发我."""
    found = _DAY_BEFORE.search(clause)
    if found is None:
        return None
    own = due.find(_DAY_BEFORE.sub("，", clause), said.line.at)
    day = own[0] if own is not None and _NAMED.search(own[1]) else next((each for each, _ in _days(said, scene)), None)
    if day is None:
        return None
    hour = due.find(clause[found.end() :], said.line.at)
    eve = (day - timedelta(days=1)).replace(hour=23, minute=59, second=59)
    if hour is not None and not _NAMED.search(hour[1]):
        eve = eve.replace(hour=hour[0].hour, minute=hour[0].minute, second=hour[0].second)
    return eve, found[0]


def _days(said: Said, scene: Scene) -> Iterator[tuple[datetime, datetime | None]]:
    """The days to come that were named before, the nearest first, those on the same matter or close by; with its hour."""
    for other in scene.before(said, _FAR_LINES, _FAR_MINUTES):
        close = said.place - other.place <= _NEAR_LINES
        if not _NAMED.search(other.text) or not (close or said.about & other.about or _THERE.search(other.text)):
            continue
        found = due.find(other.text, other.line.at)
        if found is not None and found[0].date() > said.line.at.date():
            exact = found[0].second == 0 and found[0].hour not in (12, 18)
            yield found[0], found[0] if exact else None
