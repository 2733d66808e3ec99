"""What minutes are made of: the messages of one room in a span of time, as plain values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who speaks or is spoken of. ``key`` tells people apart; ``name`` is the one borne in the room.

    ``others`` are further names of the same person: the contact's own, the account's.
    """

    key: str
    name: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Line:
    """One message. ``id`` is a message's id, or the line's number in a file.

    ``kind`` is that of ``connector.drivers.base.MessageKind``. ``text`` is what was said, or what was read in a
    picture or a document that the message brought. ``who`` and ``mentions`` are keys of people; ``all_mentioned``
    is @所有人. ``replies_to`` is the id of the quoted line, where it is known. ``to_bot`` marks what was said to the
    bot, ``by_bot`` what it said itself: neither counts.
    """

    id: int
    who: str
    at: datetime
    kind: str = "text"
    text: str = ""
    mentions: tuple[str, ...] = ()
    all_mentioned: bool = False
    replies_to: int | None = None
    file_name: str = ""
    link: str = ""
    title: str = ""
    to_bot: bool = False
    by_bot: bool = False


@dataclass(frozen=True, kw_only=True)
class Talk:
    """The lines of a room in the order in which they were sent, and the people of the room, silent ones too.

    Times are aware, in the zone in which the people live.
    """

    room: str
    lines: Sequence[Line]
    people: Sequence[Person]
