"""All SQL of searching: what was said, what files are called and what was read in them, within what may be read.

Of a frequent word half of all messages may hold it: the newest messages are walked first, and where they hold enough,
no more is looked at. What is rarer has few entries in the index of lexemes, and all of them can be looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    lateral,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from botbay.chat.access import Audience, Subject, readable_messages
from botbay.chat.models import Contact, File, FileKind, FileState, Member, Message, Reading, Room, Turn
from botbay.chat.search import holds, indexed, matches, plain, spellings

#: So many of the newest messages of a place are walked before the index is asked.
WALKED = 2_000
#: Of a text that was read in a file, so much around what was found goes to be looked at. Characters.
_AROUND = 400
#: Aliases are dear to make, and the same in each statement.
_ONE, _BROUGHT = aliased(Message), aliased(File)

#: When a message was sent, and its id: the order of all that is found.
Place = tuple[datetime, int]


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What a message must be, its words aside; an empty part is no bound.

    ``talkers``: ids of contacts; ``mentions``: WeChat ids, one of which it names. ``said``: kinds of what was said
    and brought, among text, link and file; ``read``: in what it was read, pictures (True) or documents (False).
    """

    room_id: int | None = None
    talkers: frozenset[int] | None = None
    mentions: frozenset[str] | None = None
    since: datetime | None = None
    until: datetime | None = None
    said: frozenset[str] = frozenset({"text", "link", "file"})
    read: frozenset[bool] = frozenset({True, False})


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The messages among which is looked."""

    messages: Select[Message]

    @classmethod
    def of(cls, subject: Subject, audience: Audience) -> "Reach":
        return cls(messages=readable_messages(subject, audience))

    @classmethod
    def of_operator(cls, room_ids: Sequence[int]) -> "Reach":
        """Of rooms, for whoever runs the service, by the command line; never what was said in private."""
        return cls(messages=select(Message).where(Message.room_id == func.any(_array(room_ids)), ~Message.withheld))


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A message that fits, as it stands in the database. ``name``: of the file that it brought."""

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


async def said(session: AsyncSession, reach: Reach, bounds: Bounds, parts: Sequence[str], limit: int) -> list[Place]:
    """Messages whose words, or whose file's name, hold all parts: the newest first. Without parts all of the bounds."""
    if not bounds.said:
        return []
    fits = and_(_is_said(bounds), *_within(bounds), *_kept())
    rechecked = and_(true(), *(or_(holds(Message.text, part), holds(Message.file_name, part)) for part in _long(parts)))
    walk = reach.messages.with_only_columns(Message.sent_at, Message.id).where(fits, rechecked, *_ours(Message))
    if parts:
        walk = walk.where(matches(Message.search, parts))
    walk = walk.order_by(Message.sent_at.desc(), Message.id.desc()).limit(limit)
    edge = await _edge(session, bounds)
    found = await _places(session, walk if edge is None else walk.where(Message.sent_at >= edge))
    if edge is None or len(found) == limit:
        return found
    if not parts:
        return await _places(session, walk)
    # The whole of the index's answer first: else the planner may rather walk by time, for long. What is dear to know
    # of a message comes after, for no more of them than are needed.
    entries = (
        reach.messages.with_only_columns(Message.sent_at, Message.id)
        .where(fits, indexed(Message.search, parts))
        .cte("entries")
        .prefix_with("MATERIALIZED")
    )
    newest = select(entries).order_by(entries.c.sent_at.desc(), entries.c.id.desc()).offset(0).subquery()
    rechecked = and_(true(), *(or_(holds(_ONE.text, part), holds(_ONE.file_name, part)) for part in _long(parts)))
    whole = lateral(select(_ONE.id).where(_ONE.id == newest.c.id, rechecked, *_ours(_ONE)).offset(0))
    wanted = (
        select(newest.c.sent_at, newest.c.id)
        .join(whole, true())
        .order_by(newest.c.sent_at.desc(), newest.c.id.desc())
        .limit(limit)
    )
    return await _places(session, wanted)


async def read(session: AsyncSession, reach: Reach, bounds: Bounds, parts: Sequence[str], limit: int) -> list[Place]:
    """Messages that brought a file in which all parts were read: the newest first.

    Without parts all that were read, where nothing but what was read is wanted.
    """
    if not bounds.read or (bounds.said and not parts):
        return []
    fits = indexed(Reading.search, parts) if parts else Reading.text != ""
    blobs = select(Reading.blob_id).where(fits).cte("blobs").prefix_with("MATERIALIZED")
    pictures = File.kind == FileKind.IMAGE
    newest = (
        reach.messages.join(File, File.message_id == Message.id)
        .join(blobs, blobs.c.blob_id == File.blob_id)
        .with_only_columns(Message.sent_at, Message.id, File.blob_id)
        .where(
            pictures if bounds.read == {True} else ~pictures if bounds.read == {False} else true(),
            *_within(bounds),
            *_kept(),
        )
        .order_by(Message.sent_at.desc(), Message.id.desc())
        .offset(0)
        .subquery()
    )
    rechecked = and_(true(), *(holds(Reading.text, part) for part in _long(parts)))
    whole = lateral(select(Reading.blob_id).where(Reading.blob_id == newest.c.blob_id, rechecked).offset(0))
    ours = lateral(select(_ONE.id).where(_ONE.id == newest.c.id, *_ours(_ONE)).offset(0))
    wanted = (
        select(newest.c.sent_at, newest.c.id)
        .join(ours, true())
        .join(whole, true())
        .order_by(newest.c.sent_at.desc(), newest.c.id.desc())
        .limit(limit)
    )
    return await _places(session, wanted)


async def candidates(session: AsyncSession, message_ids: Sequence[int]) -> dict[int, Candidate]:
    """These messages as they stand in the database."""
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
        )
        .outerjoin(File, (File.message_id == Message.id) & (File.state != FileState.DELETED))
        .outerjoin(Contact, Contact.id == Message.talker_id)
        .outerjoin(Member, (Member.room_id == Message.room_id) & (Member.contact_id == Message.talker_id))
        .outerjoin(Room, Room.id == Message.room_id)
        .where(Message.id == func.any(_array(message_ids)))
    )
    return {row["message_id"]: Candidate(**row) for row in (await session.execute(rows)).mappings()}


async def read_around(session: AsyncSession, message_ids: Sequence[int], part: str) -> dict[int, str]:
    """By message, what was read in its file, around the first place at which a part stands."""
    # Most texts hold it as it is typed; the whole of a long one in its plain form takes its time.
    places = [
        func.nullif(func.strpos(form, one), 0)
        for form in (func.lower(Reading.text), plain(Reading.text))
        for one in spellings(part)
    ]
    start = func.greatest(1, func.coalesce(*places, 1) - _AROUND // 2)
    rows = (
        select(File.message_id, func.substr(Reading.text, start, _AROUND))
        .join(Reading, Reading.blob_id == File.blob_id)
        .where(File.message_id == func.any(_array(message_ids)))
    )
    return {message_id: text for message_id, text in await session.execute(rows)}


async def all_rooms(session: AsyncSession) -> list[tuple[int, str]]:
    """Ids and topics."""
    return [(room_id, topic) for room_id, topic in await session.execute(select(Room.id, Room.topic).order_by(Room.id))]


def _array(ids: Sequence[int]) -> BindParameter[Sequence[int]]:
    """As one parameter, so that the statement is not made anew for each number of them."""
    return bindparam(None, list(ids), type_=ARRAY(BigInteger))


def _long(parts: Sequence[str]) -> list[str]:
    """Those to be rechecked: a lexeme is a character or two, and for so short a part the index is right as it is."""
    return [part for part in parts if len(part) > 2]


async def _places(session: AsyncSession, rows: Select[*tuple[Any, ...]]) -> list[Place]:
    return [(sent_at, message_id) for sent_at, message_id in await session.execute(rows)]


async def _edge(session: AsyncSession, bounds: Bounds) -> datetime | None:
    """When the last message to be walked was sent, whoever may read it; None where there are not so many."""
    edge = select(Message.sent_at).order_by(Message.sent_at.desc()).offset(WALKED).limit(1)
    if bounds.room_id is not None:
        edge = edge.where(Message.room_id == bounds.room_id)
    if bounds.since is not None:
        edge = edge.where(Message.sent_at >= bounds.since)
    if bounds.until is not None:
        edge = edge.where(Message.sent_at < bounds.until)
    return await session.scalar(edge)


def _within(bounds: Bounds) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if bounds.room_id is not None:
        wanted.append(Message.room_id == bounds.room_id)
    if bounds.talkers is not None:
        wanted.append(Message.talker_id.in_(sorted(bounds.talkers)))
    if bounds.mentions is not None:
        named = (Message.mention_ids.contains([one]) for one in sorted(bounds.mentions))
        wanted += [Message.mention_ids != [], or_(false(), *named)]
    if bounds.since is not None:
        wanted.append(Message.sent_at >= bounds.since)
    if bounds.until is not None:
        wanted.append(Message.sent_at < bounds.until)
    return wanted


def _is_said(bounds: Bounds) -> ColumnElement[bool]:
    kind = case(
        (Message.kind == "link", "link"),
        (Message.file_name.is_not(None), "file"),
        else_="text",
    )
    return true() if len(bounds.said) == 3 else kind.in_(sorted(bounds.said))


def _kept() -> list[ColumnElement[bool]]:
    return [Message.by_bot.is_(False), Message.recalled_at.is_(None), Message.kind != "notice"]


def _ours(message: Any) -> list[ColumnElement[bool]]:
    """What people said to each other and not to the bot, and no file that lies in the trash."""
    asked = exists().where(Turn.message_id == message.id)
    thrown = exists().where(_BROUGHT.message_id == message.id, _BROUGHT.trashed_at.is_not(None))
    return [or_(message.file_name.is_not(None), ~asked), ~thrown]
