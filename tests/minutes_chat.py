"""Short chats for tests: a line is ``name: text``, a minute apart; ``name +90: text`` comes 90 minutes later."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from workers.minutes.talk import Line, Person, Talk

SHANGHAI = ZoneInfo("Asia/Shanghai")
#: A Wednesday morning.
START = datetime(2026, 3, 4, 9, tzinfo=SHANGHAI)
_LINE = re.compile(r"(?P<who>[^:+]+?)(?: \+(?P<later>\d+))?: (?P<text>.*)", re.DOTALL)


def chat(*said: str, people: Sequence[str] = ()) -> Talk:
    """A talk; ids are the places of the lines, keys the names. ``people`` are members who say nothing."""
    lines: list[Line] = []
    at = START
    for place, each in enumerate(said):
        found = _LINE.fullmatch(each)
        assert found is not None, each
        at += timedelta(minutes=int(found["later"] or 1))
        lines.append(Line(id=place, who=found["who"], at=at, text=found["text"].replace("\\n", "\n")))
    names = dict.fromkeys([*(line.who for line in lines), *people])
    return Talk(room="群", lines=lines, people=[Person(key=name, name=name) for name in names])


def at(day: int, hour: int | None = None, minute: int = 0) -> datetime:
    """A moment of March 2026; the last second of the day where no hour is given."""
    if hour is None:
        return datetime(2026, 3, day, 23, 59, 59, tzinfo=SHANGHAI)
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)
