"""What is looked for: the words and the filters, as they stand in the address of the page."""

from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from workers.search.service import Kind, Order, Query

#: Characters of what is looked for, and of a name.
LONGEST, LONGEST_NAME = 200, 60
#: Own days lie between these.
_FIRST, _LAST = date(2000, 1, 1), date(2100, 1, 1)


class When(StrEnum):
    ALL = "all"
    TODAY = "today"
    WEEK = "week"
    MONTH = "month"
    OWN = "own"


#: How many days back, today counted.
_DAYS = {When.TODAY: 1, When.WEEK: 7, When.MONTH: 30}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """``since`` and ``until`` are the first and the last own day; ``kind`` None is all kinds."""

    words: str = ""
    room_id: int | None = None
    person: str = ""
    kind: Kind | None = None
    when: When = When.ALL
    since: date | None = None
    until: date | None = None
    order: Order = Order.BEST

    @property
    def narrow(self) -> bool:
        """Whether a filter leaves something out."""
        return self != Wanted(words=self.words, order=self.order)

    @property
    def looks(self) -> bool:
        """Whether it is enough to look for: words, or at least who, when or what kind."""
        return bool(self.words or self.person or self.kind or self.when != When.ALL)

    @property
    def bare(self) -> "Wanted":
        return Wanted(words=self.words, order=self.order)

    def query(self, zone: ZoneInfo, today: date) -> Query:
        first, last = self.since, self.until
        if self.when != When.OWN:
            days = _DAYS.get(self.when)
            first, last = None if days is None else today - timedelta(days=days - 1), None
        return Query(
            words=self.words,
            room_id=self.room_id,
            person=self.person,
            kinds=frozenset() if self.kind is None else frozenset({self.kind}),
            since=None if first is None else datetime.combine(first, time(), zone),
            until=None if last is None else datetime.combine(last + timedelta(days=1), time(), zone),
            order=self.order,
        )

    @property
    def path(self) -> str:
        """The address, in which only stands what is not as it is anyway."""
        names = {"words": "q", "room_id": "room"}
        plain = Wanted()
        own = self if self.when == When.OWN else replace(self, since=None, until=None)
        query = {
            names.get(field.name, field.name): str(value)
            for field in fields(own)
            if (value := getattr(own, field.name)) != getattr(plain, field.name)
        }
        return f"/search?{urlencode(query)}" if query else "/search"


def read(q: str, person: str, kind: str, when: str, since: str, until: str, order: str, room_id: int | None) -> Wanted:
    """What an address says; what it says badly is left out."""
    return Wanted(
        words=clean(q, LONGEST),
        room_id=room_id,
        person=clean(person, LONGEST_NAME),
        kind=Kind(kind) if kind in set(Kind) else None,
        when=When(when) if when in set(When) else When.ALL,
        since=day_of(since),
        until=day_of(until),
        order=Order(order) if order in set(Order) else Order.BEST,
    )


def clean(words: str, longest: int) -> str:
    """Words as somebody may have meant to type them: in one line, without what cannot be seen."""
    shown = "".join(each if each.isprintable() else " " for each in words)
    return " ".join(shown.split())[:longest].strip()


def day_of(words: str) -> date | None:
    try:
        found = date.fromisoformat(words)
    except ValueError:
        return None
    return found if _FIRST <= found < _LAST else None
