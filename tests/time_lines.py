"""Expressions with what they mean, as ``tests/times/*.txt`` write them down, and whether a reading is right."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from dateutil.rrule import rrulestr

from botbay.zh.time import Grain, TimeExpression

FOLDER = Path(__file__).parent / "times"
#: The hours that a part of the day may begin with.
_PARTS = {"凌晨": (0, 6), "早上": (5, 10), "上午": (8, 12), "中午": (11, 14), "下午": (12, 18), "晚上": (17, 23)}


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence, the moment it was said, and what is meant, in the notation that the files explain at their top."""

    base: datetime
    text: str
    meant: str
    rrule: str | None
    asks: bool

    @property
    def kind(self) -> str:
        if self.rrule:
            return "recurring"
        if self.meant in ("-", "impossible"):
            return "none"
        if self.meant.endswith("m") and self.meant[:-1].isdigit():
            return "duration"
        return "span" if ".." in self.meant else "point"


def lines(name: str) -> list[Line]:
    """The lines of a file; ``@ …`` sets the moment of speaking of those that follow it."""
    found, base = [], datetime.min
    for each in (FOLDER / name).read_text("utf-8").splitlines():
        if each.startswith("@ "):
            base = datetime.fromisoformat(each[2:])
        elif each and not each.startswith("#"):
            text, meant, *rule = (cell.strip() for cell in each.split("|"))
            found.append(Line(base, text, meant.rstrip("?"), rule[0] if rule else None, meant.endswith("?")))
    return found


def right(line: Line, found: TimeExpression | None) -> bool:
    """Whether this is what is meant; a rule is right when its first eight times are."""
    if line.meant == "-":
        return found is None
    if found is None:
        return False
    if line.meant == "impossible":
        return found.kind == "none"
    if found.ambiguous != line.asks:
        return False
    if not line.meant:
        return True
    if line.kind == "duration":
        return found.length == timedelta(minutes=int(line.meant[:-1]))
    if (found.rrule is not None) != (line.rrule is not None) or found.at is None:
        return False
    if line.kind == "span":
        begin, end = line.meant.split("..")
        return found.at == datetime.fromisoformat(begin) and found.until == datetime.fromisoformat(end)
    bound = {"<": "before", ">": "after"}.get(line.meant[0], "at")
    if found.bound != bound or not at_is(line.meant.lstrip("<>"), found.at, found.precision):
        return False
    return line.rrule is None or _first(line.rrule, found.at) == _first(str(found.rrule), found.at)


def at_is(meant: str, at: datetime, precision: Grain | None = None) -> bool:
    """Whether a moment is the one that is meant, as fine as that was said."""
    day, _, part = meant.partition(" ")
    if part:
        first, last = _PARTS[part]
        return at.date().isoformat() == day and first <= at.hour < last
    if "T" in meant:
        return at == datetime.fromisoformat(meant) and (precision is None or precision <= Grain.MINUTE)
    return at.date().isoformat() == meant and (precision is None or precision is Grain.DAY)


def _first(rule: str, at: datetime) -> list[datetime]:
    times: Iterable[datetime] = rrulestr(rule, dtstart=at)
    return list(islice(times, 8))
