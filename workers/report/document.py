"""A report as a document: the figures of a span, as they are stored, shown, drawn and mailed.

What is counted are the messages of people in rooms: not those of bots, nor what was recalled or erased. Who gave no
yes of their own counts in the figures of a room and of its hours, and is named nowhere.
"""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

Kind = Literal["text", "image", "voice", "video", "file", "link", "other"]
Grain = Literal["day", "week", "month", "span"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KindCount(_Part):
    kind: Kind
    count: int


class DayCount(_Part):
    """A day of the report's time zone."""

    day: date
    count: int


class RoomCount(_Part):
    room_id: int
    name: str
    count: int
    people: int  # who said something, without those who are named nowhere


class PersonCount(_Part):
    """``contact_id`` is None for those who are named nowhere, together."""

    contact_id: int | None
    name: str
    count: int


class Mention(_Part):
    """Somebody called the reader of the report by @; ``answered`` when the reader said something there after it."""

    message_id: int
    room_id: int
    room: str
    who: str
    text: str
    at: AwareDatetime
    answered: bool


class Keyword(_Part):
    """``weight`` 0..1 tells how much more it was spoken of than before in these rooms, ``count`` in how many messages."""

    word: str
    weight: float
    count: int


class FileEntry(_Part):
    """A file or a link; ``source`` are its messages, ``count`` how often it was sent. ``url`` of a link only."""

    name: str
    room: str
    who: str
    count: int
    source: tuple[int, ...]
    at: AwareDatetime
    url: str = ""
    file_id: int | None = None


class Joined(_Part):
    name: str
    room: str
    at: AwareDatetime


class TodoEntry(_Part):
    """``due`` in people's words, empty where none was said; ``mine``: the reader of the report has to do it."""

    what: str
    who: str
    due: str
    room: str
    mine: bool
    source: tuple[int, ...]


class MinutesEntry(_Part):
    minutes_id: int
    title: str
    room: str
    since: AwareDatetime
    until: AwareDatetime


class Report(_Part):
    """The figures from ``since`` until ``until`` (not itself), days being those of the time zone ``zone`` (IANA name).

    ``room_id`` is None where it is a person's, over all rooms which that person shares with a bot. ``title`` is the
    room's name, or empty. ``made_at``: a span that had not ended then is counted up to then, and ``open`` says so.
    ``before`` is the count of the span before: of the same length, up to the same moment of it where the span is
    open; None where nothing was kept then. ``kinds`` hold every kind, the most first. ``hours`` are the counts by hour
    of the day (24). ``trend`` are the days of the span, but at least the seven up to its last one. ``mentions`` and
    ``todos`` that are ``mine`` are of the reader, so a room's report has none. ``gaps`` are in people's words.
    Stored as ``model_dump(mode="json")``.
    """

    grain: Grain
    room_id: int | None
    title: str
    zone: str
    since: AwareDatetime
    until: AwareDatetime
    made_at: AwareDatetime
    open: bool
    total: int
    before: int | None
    people_count: int
    kinds: tuple[KindCount, ...]
    hours: tuple[int, ...]
    trend: tuple[DayCount, ...]
    rooms: tuple[RoomCount, ...] = ()
    people: tuple[PersonCount, ...] = ()
    mentions: tuple[Mention, ...] = ()
    keywords: tuple[Keyword, ...] = ()
    files: tuple[FileEntry, ...] = ()
    links: tuple[FileEntry, ...] = ()
    joined: tuple[Joined, ...] = ()
    todos: tuple[TodoEntry, ...] = ()
    minutes: tuple[MinutesEntry, ...] = ()
    gaps: tuple[str, ...] = ()
