"""All SQL of searching: what was said, what files are called and what was read in them, within what may be read.

A rare word is had from the index of lexemes. Of a frequent one, half of all messages may hold it: then each room is
walked from its newest message back until there are enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    exists,
    func,
    lateral,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from botbay.chat.access import Audience, Subject, own_contacts, readable_messages, readable_rooms
from botbay.chat.models import Contact, File, FileKind, FileState, Member, Message, Reading, Room, Turn
from botbay.chat.search import holds, indexed

#: So many entries of the index are looked at for a word; one that has more is frequent.
RARE = 5_000
#: How far back a frequent word is looked for at first; each further step is three times as long, up to the last.
_FIRST_STEP, _LAST_STEP = timedelta(hours=6), timedelta(days=3000)
#: Of a text that was read in a file, so much around what was found goes to be looked at. Characters.
_AROUND = 400

#: When a message was sent, and its id: the order of all that is found.
Place = tuple[datetime, int]


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What a message must be, its words aside; an empty part is no bound. ``talkers``: ids of contacts."""

    room_id: int | None = None
    talkers: frozenset[int] | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What is searched: messages that may be read, the ids of the rooms that they are in, and of the contacts in private."""

    readable: Select[Message]
    rooms: Select[int]
    people: Select[int] | None

    @classmethod
    def of(cls, subject: Subject, audience: Audience) -> "Scope":
        """What the asker may read and the audience may see."""
        return cls(
            readable=readable_messages(subject, audience),
            rooms=readable_rooms(subject, audience).with_only_columns(Room.id),
            people=own_contacts(subject) if audience.room_id is None else None,
        )

    @classmethod
    def of_operator(cls, rooms: Sequence[int]) -> "Scope":
        """These rooms as a whole, for whoever runs the service."""
        return cls(
            readable=select(Message).where(Message.withheld.is_(False), Message.room_id.in_(rooms)),
            rooms=select(Room.id).where(Room.id.in_(rooms)),
            people=None,
        )


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A message that fits, as it stands in the database; ``read``: what was read in its file, as far as it matters."""

    message_id: int
    room_id: int | None
    place: str
    talker_id: int | None
    sender: str
    sent_at: datetime
    kind: str
    text: str
    name: str
    file_id: int | None
    file_kind: FileKind | None
    read: str = ""


async def is_frequent(session: AsyncSession, parts: Sequence[str]) -> bool:
    """Whether the index has more than ``RARE`` entries for all parts."""
    some = select(Message.id).where(indexed(Message.search, list(parts))).limit(RARE + 1).subquery()
    count = await session.scalar(select(func.count()).select_from(some))
    return int(count or 0) > RARE


async def said(
    session: AsyncSession,
    scope: Scope,
    bounds: Bounds,
    parts: Sequence[str],
    limit: int,
    *,
    frequent: bool,
) -> list[Place]:
    """Messages whose words, or whose file's name, hold all parts: the newest first. Without parts, all of them."""
    fits = and_(
        *([indexed(Message.search, list(parts))] if parts else []),
        *(or_(holds(Message.text, part), holds(Message.file_name, part)) for part in _long(parts)),
        *_within(bounds),
        *_ours(),
    )
    if frequent:
        return await _walk(session, scope, bounds, fits, limit)
    # The whole of the index's answer first: else the planner may rather walk by time, for long.
    readable = scope.readable.with_only_columns(Message.sent_at, Message.id)
    entries = readable.where(fits).cte("entries").prefix_with("MATERIALIZED")
    newest = (
        select(entries.c.sent_at, entries.c.id).order_by(entries.c.sent_at.desc(), entries.c.id.desc()).limit(limit)
    )
    return [(sent_at, message_id) for sent_at, message_id in await session.execute(newest)]


async def read(
    session: AsyncSession,
    scope: Scope,
    bounds: Bounds,
    parts: Sequence[str],
    limit: int,
) -> list[Place]:
    """Messages that brought a file in which all parts were read: the newest first."""
    blobs = select(Reading.blob_id).where(
        indexed(Reading.search, list(parts)), *(holds(Reading.text, part) for part in _long(parts))
    )
    ids = list(await session.scalars(blobs))
    if not ids:
        return []
    readable = scope.readable.with_only_columns(Message.id)
    newest = (
        select(Message.sent_at, Message.id)
        .join(File, File.message_id == Message.id)
        .where(File.blob_id == func.any(_array(ids)), Message.id.in_(readable), *_within(bounds), *_ours())
        .order_by(Message.sent_at.desc(), Message.id.desc())
        .limit(limit)
    )
    return [(sent_at, message_id) for sent_at, message_id in await session.execute(newest)]


async def candidates(session: AsyncSession, message_ids: Sequence[int], word: str) -> dict[int, Candidate]:
    """These messages as they stand in the database, with what was read in their files around a word."""
    around = func.greatest(1, func.strpos(func.lower(Reading.text), word.lower()) - _AROUND // 2)
    rows = (
        select(
            Message.id.label("message_id"),
            Message.room_id,
            func.coalesce(Room.topic, "").label("place"),
            Message.talker_id,
            func.coalesce(func.nullif(Member.alias, ""), Contact.name, "").label("sender"),
            Message.sent_at,
            Message.kind,
            Message.text,
            func.coalesce(File.name, Message.file_name, "").label("name"),
            File.id.label("file_id"),
            File.kind.label("file_kind"),
            func.coalesce(func.substr(Reading.text, around, _AROUND), "").label("read"),
        )
        .outerjoin(File, (File.message_id == Message.id) & (File.state != FileState.DELETED))
        .outerjoin(Reading, Reading.blob_id == File.blob_id)
        .outerjoin(Contact, Contact.id == Message.talker_id)
        .outerjoin(Member, (Member.room_id == Message.room_id) & (Member.contact_id == Message.talker_id))
        .outerjoin(Room, Room.id == Message.room_id)
        .where(Message.id == func.any(_array(message_ids)))
    )
    return {row["message_id"]: Candidate(**row) for row in (await session.execute(rows)).mappings()}


def _array(ids: Sequence[int]) -> BindParameter[Sequence[int]]:
    """As one parameter, so that the statement is not made anew for each number of them."""
    return bindparam(None, list(ids), type_=ARRAY(BigInteger))


def _long(parts: Sequence[str]) -> list[str]:
    """Those to be rechecked: a lexeme is a character or two, and for so short a part the index is right as it is."""
    return [part for part in parts if len(part) > 2]


def _within(bounds: Bounds) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if bounds.room_id is not None:
        wanted.append(Message.room_id == bounds.room_id)
    if bounds.talkers is not None:
        wanted.append(Message.talker_id.in_(sorted(bounds.talkers)))
    if bounds.since is not None:
        wanted.append(Message.sent_at >= bounds.since)
    if bounds.until is not None:
        wanted.append(Message.sent_at < bounds.until)
    return wanted


def _ours() -> list[ColumnElement[bool]]:
    """What people said to each other: neither what the bot said, nor what was said to it."""
    asked = exists().where(Turn.message_id == Message.id)
    brought = aliased(File)
    thrown = exists().where(brought.message_id == Message.id, brought.trashed_at.is_not(None))
    return [
        Message.by_bot.is_(False),
        Message.recalled_at.is_(None),
        Message.kind != "notice",
        or_(~asked, Message.file_name.is_not(None)),
        ~thrown,
    ]


async def _walk(
    session: AsyncSession, scope: Scope, bounds: Bounds, fits: ColumnElement[bool], limit: int
) -> list[Place]:
    """The newest of the rooms and private talks of the scope, which is what its ``readable`` lets through."""
    rooms = scope.rooms if bounds.room_id is None else scope.rooms.where(Room.id == bounds.room_id)
    found: list[Place] = []
    for conversation, places in ((Message.room_id, rooms), (Message.peer_id, scope.people)):
        ids = list(await session.scalars(places)) if places is not None else []
        if ids:
            found += await _walk_back(session, conversation, ids, fits, limit)
    return sorted(found, reverse=True)[:limit]


async def _walk_back(
    session: AsyncSession, conversation: Any, ids: Sequence[int], fits: ColumnElement[bool], limit: int
) -> list[Place]:
    """The newest that fit of all these conversations together: from the newest message back, in growing steps."""
    places = func.unnest(_array(ids)).table_valued("id", name="places").render_derived()
    of_place = (conversation == places.c.id, Message.withheld.is_(False))
    last = lateral(select(Message.sent_at).where(*of_place).order_by(Message.sent_at.desc()).limit(1))
    until = await session.scalar(select(func.max(last.c.sent_at)).select_from(places.join(last, true())))
    found: list[Place] = []
    span: timedelta | None = _FIRST_STEP
    while until is not None and len(found) < limit:
        # Until itself is inside of the first step only.
        step = [Message.sent_at <= until if not found and span == _FIRST_STEP else Message.sent_at < until]
        if span is not None:
            step.append(Message.sent_at >= until - span)
        newest = lateral(
            select(Message.id, Message.sent_at)
            .where(*of_place, *step, fits)
            .order_by(Message.sent_at.desc())
            .limit(limit - len(found))
        )
        rows = await session.execute(
            select(newest.c.sent_at, newest.c.id)
            .select_from(places.join(newest, true()))
            .order_by(newest.c.sent_at.desc(), newest.c.id.desc())
            .limit(limit - len(found))
        )
        found += [(sent_at, message_id) for sent_at, message_id in rows]
        if span is None:
            break
        until, span = until - span, (span * 3 if span < _LAST_STEP else None)
    return found


async def rooms_named(session: AsyncSession, name: str | None) -> list[int]:
    """The ids of the rooms of this name or number (#12), else of those in whose name it is; of all without one."""
    rooms = [(room.id, room.topic) for room in await session.scalars(select(Room).order_by(Room.id))]
    same = [each for each in rooms if name is None or name in (each[1], f"#{each[0]}")]
    return [room_id for room_id, _ in same or [each for each in rooms if name and name in each[1]]]
