"""All SQL of finding files: candidates by name or by what was said around them, within what the asker may read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Interval, Select, and_, cast, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.access import Audience, Subject, readable_files, readable_messages
from botbay.chat.models import Blob, Contact, File, FileKind, FileState, Member, Message, Room
from botbay.chat.search import holds, indexed
from workers.archive.matching import endings_of

#: What is said this long before or after a file, by the same person, is said about it.
_AROUND = timedelta(minutes=2)
#: Of more candidates the oldest are not looked at.
MOST = 2000


@dataclass(frozen=True, kw_only=True)
class FoundFile:
    """A file with what people know it by. ``size``: bytes, None until they are there; ``reason``: why they never will.

    ``who`` is the name that the talker bears in the room; ``room`` is None in private.
    """

    id: int
    blob_id: int | None
    name: str
    kind: FileKind
    state: FileState
    reason: str
    size: int | None
    sent_at: datetime
    talker_id: int | None
    who: str
    room_id: int | None
    room: str | None


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What a file must be, its words aside; an empty part is no bound. ``talkers``: ids of contacts.

    ``private``: only what came in private chats.
    """

    since: datetime | None = None
    until: datetime | None = None
    talkers: frozenset[int] | None = None
    kinds: frozenset[FileKind] = frozenset()
    room_id: int | None = None
    private: bool = False


def _files(subject: Subject, audience: Audience, bounds: Bounds) -> Select[*tuple[Any, ...]]:
    """Rows for ``FoundFile``; what the bot itself sent is no find."""
    readable = readable_files(subject, audience).with_only_columns(File.id)
    rows = (
        select(
            File.id,
            File.blob_id,
            File.name,
            File.kind,
            File.state,
            File.reason,
            Blob.size,
            Message.sent_at,
            Message.talker_id,
            func.coalesce(func.nullif(Member.alias, ""), Contact.name, "").label("who"),
            Message.room_id,
            Room.topic.label("room"),
        )
        .join(Message, Message.id == File.message_id)
        .outerjoin(Contact, Contact.id == Message.talker_id)
        .outerjoin(Member, (Member.room_id == Message.room_id) & (Member.contact_id == Message.talker_id))
        .outerjoin(Room, Room.id == Message.room_id)
        .outerjoin(Blob, Blob.id == File.blob_id)
        .where(File.id.in_(readable), File.trashed_at.is_(None), Message.by_bot.is_(False))
    )
    if bounds.since is not None:
        rows = rows.where(Message.sent_at >= bounds.since)
    if bounds.until is not None:
        rows = rows.where(Message.sent_at < bounds.until)
    if bounds.talkers is not None:
        rows = rows.where(Message.talker_id.in_(sorted(bounds.talkers)))
    if bounds.room_id is not None:
        rows = rows.where(Message.room_id == bounds.room_id)
    if bounds.private:
        rows = rows.where(Message.room_id.is_(None))
    if bounds.kinds:
        ending = rf"\.({'|'.join(endings_of(bounds.kinds))})$"
        rows = rows.where(File.kind.in_(sorted(bounds.kinds)) | File.name.op("~*")(ending))
    return rows.order_by(Message.sent_at.desc(), File.id.desc()).limit(MOST)


async def _fetch(session: AsyncSession, rows: Select[*tuple[Any, ...]]) -> list[FoundFile]:
    return [FoundFile(**row) for row in (await session.execute(rows)).mappings()]


async def by_id(session: AsyncSession, subject: Subject, audience: Audience, file_id: int) -> FoundFile | None:
    found = await _fetch(session, _files(subject, audience, Bounds()).where(File.id == file_id))
    return found[0] if found else None


async def newest(session: AsyncSession, subject: Subject, audience: Audience, bounds: Bounds) -> list[FoundFile]:
    """All within the bounds, the newest first."""
    return await _fetch(session, _files(subject, audience, bounds))


async def by_name(
    session: AsyncSession, subject: Subject, audience: Audience, bounds: Bounds, runs: Sequence[str], *, near: bool
) -> list[FoundFile]:
    """Files whose names may hold the runs of words, the newest first: to be looked at closer.

    ``near``: those too that hold but a pair of neighbouring characters.
    """
    if near:
        pairs = {run[at : at + 2] for run in runs for at in range(max(1, len(run) - 1))}
        matches = or_(*(holds(File.name, pair) for pair in sorted(pairs)))
    else:
        # Whatever the order: each character of a Chinese run stands somewhere in the name.
        parts = {part for run in runs for part in ([run] if run.isascii() else run)}
        matches = and_(*(holds(File.name, part) for part in sorted(parts)))
    return await _fetch(session, _files(subject, audience, bounds).where(matches))


async def by_words_around(
    session: AsyncSession, subject: Subject, audience: Audience, bounds: Bounds, runs: Sequence[str]
) -> list[FoundFile]:
    """Files whose sender said all of the runs of words just before or after, the newest first."""
    said = (
        readable_messages(subject, audience)
        .with_only_columns(Message.room_id, Message.peer_id, Message.talker_id, Message.sent_at)
        .where(
            indexed(Message.search, list(runs)),
            Message.kind == "text",
            *(holds(Message.text, run) for run in runs),
        )
        .cte("said")
    )
    within = cast(_AROUND, Interval)
    around = exists().where(
        said.c.room_id.is_not_distinct_from(Message.room_id),
        said.c.peer_id.is_not_distinct_from(Message.peer_id),
        said.c.talker_id == Message.talker_id,
        Message.sent_at.between(said.c.sent_at - within, said.c.sent_at + within),
    )
    return await _fetch(session, _files(subject, audience, bounds).where(around))
