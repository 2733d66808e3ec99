"""Minutes that are kept: made once for a span of a room's talk, made anew when its messages change, edited by people.

Nothing here commits. Who may read a room's messages now may read and edit its minutes (``readable_minutes``), and
nobody else. What was recalled or erased is in none of them, nor in their older versions, from the moment on.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import gaps, handing
from botbay.chat.access import PRIVATE, Audience, Subject, readable_messages, readable_rooms
from botbay.chat.models import Message, Room
from botbay.db import now
from botbay.settings import load_settings
from workers.minutes import forgetting, found, making, repository, talks
from workers.minutes.document import Minutes
from workers.minutes.models import MinutesRow, MinutesVersion
from workers.minutes.repository import readable_minutes

#: Characters of a document as JSON that may be saved.
_LARGEST = 2_000_000


def made_key(minutes_id: int) -> str:
    """What files made of these minutes are kept under until they are sent: see ``botbay.chat.handing``."""
    return f"minutes-{minutes_id}"


class MinutesError(Exception):
    """What was asked cannot be done. The text is for people and says why."""


class Nothing(MinutesError):
    """Nobody said anything in the span that could be minuted; ``noise``: only greetings, stickers and the like."""

    def __init__(self, text: str, *, noise: bool = False) -> None:
        super().__init__(text)
        self.noise = noise


class Conflict(MinutesError):
    """Somebody else saved a version meanwhile."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """Minutes as they stand, or one of their versions. ``until`` is None where the span reached to when it was asked.

    ``version`` counts from 1; ``current`` is the newest one's. ``edited_by`` is the display name of the account that
    wrote this version, None where it was made from the messages. ``made_at`` is when this version was made.
    """

    id: int
    room_id: int
    since: datetime
    until: datetime | None
    document: Minutes
    version: int
    current: int
    edited_by: str | None
    made_at: datetime


@dataclass(frozen=True, kw_only=True)
class Version:
    """One line of the list of versions."""

    number: int
    edited_by: str | None
    made_at: datetime


# --- made --------------------------------------------------------------------------------------------------


async def minutes_of(
    session: AsyncSession, subject: Subject, audience: Audience, room_id: int, since: datetime, until: datetime | None
) -> Stored:
    """The minutes of a room from ``since`` until ``until`` (not itself; None: now). Times are aware.

    The same span asked twice gives the same minutes until its messages change; then a new version is made, and the
    todos found are kept once. What somebody edited stays until something more was said. Raises Nothing where nothing
    was said, MinutesError where the room may not be read here.
    """
    room = await session.scalar(readable_rooms(subject, audience).where(Room.id == room_id))
    if room is None:
        raise MinutesError("你不在这个群里，看不到它的纪要。")
    readable = readable_messages(subject, audience)
    read = await talks.read(session, readable, room, since, until, load_settings().zone)
    if not read.said:
        raise Nothing("这段时间没有人说话。")
    deaf = await gaps.gaps_of(session, [room.id], since, making.end_of(until))
    row = await repository.hold(session, room.id, since, until)
    fingerprint = read.fingerprint(deaf)
    if row.version and row.fingerprint != fingerprint and not await _forget(session, row):
        row = await repository.hold(session, room.id, since, until)
    newest = max(line.id for line in read.said)
    stands = row.version and (
        row.fingerprint == fingerprint or (await _edited(session, row) and newest <= row.newest_id)
    )
    if not stands:
        document = await making.made(session, readable, room, read, since, until, deaf)
        if document is None:
            raise Nothing("这段时间只有打招呼、表情这些，没有能记的。", noise=True)
        await repository.add_version(session, row, document)
        await repository.keep_todos(session, row, document.todos, {int(person.key) for person in read.talk.people})
        row.speakers = {**row.speakers, **{str(key): name for key, name in read.speakers.items()}}
        row.made_at = now()
    row.fingerprint, row.newest_id = fingerprint, newest
    await session.flush()
    return await _stored(session, row, row.version)


async def of_room_for_operator(
    session: AsyncSession,
    room_id: int,
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    highlights: int | float | None = None,
) -> Minutes | None:
    """Minutes for whoever runs the service, by the command line: nothing is stored. None where nothing was said."""
    room = await session.get_one(Room, room_id)
    readable = select(Message).where(Message.withheld.is_(False))
    read = await talks.read(session, readable, room, since, until, load_settings().zone)
    if not read.said:
        return None
    since = since or read.talk.lines[0].at
    deaf = await gaps.gaps_of(session, [room.id], since, making.end_of(until))
    return await making.made(session, readable, room, read, since, until, deaf, highlights=highlights)


async def rooms_for_operator(session: AsyncSession, name: str | None = None) -> Sequence[tuple[int, str]]:
    """Id and topic of the rooms of this name or number (#12), else of those in whose name it is; of all without one."""
    rooms = [(room.id, room.topic) for room in await repository.all_rooms(session)]
    if name is None:
        return rooms
    same = [each for each in rooms if name in (each[1], f"#{each[0]}")]
    return same or [each for each in rooms if name and name in each[1]]


# --- read --------------------------------------------------------------------------------------------------


async def get(session: AsyncSession, subject: Subject, audience: Audience, minutes_id: int) -> Stored | None:
    """The newest version; None where it is not there or may not be read here."""
    row = await _row(session, subject, audience, minutes_id)
    return None if row is None else await _stored(session, row, row.version)


async def list_of(
    session: AsyncSession,
    subject: Subject,
    room_id: int | None = None,
    *,
    before: datetime | None = None,
    limit: int = 30,
) -> list[Stored]:
    """Minutes of one room or of all that may be read in private, those made last first; ``before``: of the last page's end."""
    wanted = readable_minutes(subject, PRIVATE)
    if room_id is not None:
        wanted = wanted.where(MinutesRow.room_id == room_id)
    if before is not None:
        wanted = wanted.where(MinutesRow.made_at < before)
    newest = wanted.order_by(MinutesRow.made_at.desc(), MinutesRow.id.desc()).limit(limit)
    rows = (await session.scalars(newest)).all()
    return [await _stored(session, row, row.version) for row in rows if await _forget(session, row)]


async def versions(session: AsyncSession, subject: Subject, minutes_id: int) -> list[Version]:
    """All versions, the newest first; none where the minutes may not be read."""
    if await _row(session, subject, PRIVATE, minutes_id) is None:
        return []
    return [
        Version(number=each.number, edited_by=_editor(each, name), made_at=each.made_at)
        for each, name in await repository.versions(session, minutes_id)
    ]


async def version(session: AsyncSession, subject: Subject, minutes_id: int, number: int) -> Stored | None:
    """One version; None where it is not there or may not be read."""
    row = await _row(session, subject, PRIVATE, minutes_id)
    if row is None or await repository.version(session, minutes_id, number) is None:
        return None
    return await _stored(session, row, number)


async def _row(session: AsyncSession, subject: Subject, audience: Audience, minutes_id: int) -> MinutesRow | None:
    row = await session.scalar(readable_minutes(subject, audience).where(MinutesRow.id == minutes_id))
    return row if row is not None and await _forget(session, row) else None


async def _stored(session: AsyncSession, row: MinutesRow, number: int) -> Stored:
    found = await repository.version(session, row.id, number)
    assert found is not None
    kept, name = found
    return Stored(
        id=row.id,
        room_id=row.room_id,
        since=row.since,
        until=row.until,
        document=Minutes.model_validate(kept.document),
        version=kept.number,
        current=row.version,
        edited_by=_editor(kept, name),
        made_at=kept.made_at,
    )


def _editor(kept: MinutesVersion, name: str | None) -> str | None:
    return (name or "已注销的账号") if kept.edited else None


async def _edited(session: AsyncSession, row: MinutesRow) -> bool:
    found = await repository.version(session, row.id, row.version)
    return found is not None and found[0].edited


# --- of several rooms --------------------------------------------------------------------------------------

FoundTodo, OpenTodo, Written = found.FoundTodo, found.OpenTodo, found.Written
open_todos, close_todo = found.open_todos, found.close_todo
todos_of, written_of, found_changes = found.todos, found.written, found.changes


# --- edited ------------------------------------------------------------------------------------------------


async def save(session: AsyncSession, subject: Subject, minutes_id: int, edited: Minutes, *, seen: int) -> Stored:
    """Keep an edited document as a new version; ``seen`` is the version that was edited.

    Its room, span, people, counts and gaps stay as they were. Needs an account. Raises Conflict where another version
    came meanwhile, MinutesError where it may not be edited.
    """
    if subject.account_id is None:
        raise MinutesError("改纪要要先登录。")
    row = await repository.held(session, readable_minutes(subject, PRIVATE).where(MinutesRow.id == minutes_id))
    if row is None or not await _forget(session, row):
        raise MinutesError("这份纪要已经不在了，或者你已经不在那个群里。")
    if row.version != seen:
        raise Conflict("刚刚有人改过这份纪要。你改的还在这里，先看看新的一版再存。")
    before = (await _stored(session, row, row.version)).document
    fixed = ("room", "since", "until", "people", "messages", "gaps")
    after = _writable(edited.model_copy(update={name: getattr(before, name) for name in fixed}))
    if after == before:
        return await _stored(session, row, row.version)
    await repository.add_version(session, row, after, edited=True, edited_by=subject.account_id)
    await repository.change_todos(session, row, before.todos, after.todos, {int(each) for each in row.speakers})
    return await _stored(session, row, row.version)


async def restore(session: AsyncSession, subject: Subject, minutes_id: int, number: int, *, seen: int) -> Stored:
    """Bring an old version back, as a new one. Raises as ``save`` does."""
    old = await version(session, subject, minutes_id, number)
    if old is None:
        raise MinutesError("这一版已经不在了。")
    return await save(session, subject, minutes_id, old.document, seen=seen)


def _writable(document: Minutes) -> Minutes:
    """What the database can hold. Raises MinutesError where it is too much."""
    written = json.dumps(document.model_dump(mode="json"), ensure_ascii=False)
    if len(written) > _LARGEST:
        raise MinutesError("这份纪要太长了，存不下，删短一些再存。")
    written = written.replace("\\u0000", "").encode(errors="ignore").decode()
    return Minutes.model_validate_json(written)


# --- forgotten ---------------------------------------------------------------------------------------------


async def forget(session: AsyncSession, message_ids: Collection[int]) -> None:
    """These messages were recalled or erased: what was made of them goes, from all versions, and the todos too."""
    await repository.forget_todos(session, message_ids)
    for row in await repository.touched(session, message_ids):
        await _forget(session, row)


async def _forget(session: AsyncSession, row: MinutesRow) -> bool:
    """Take out of all versions what came from messages that are gone; False when nothing was left and all went."""
    kept = [(each, Minutes.model_validate(each.document)) for each, _ in await repository.versions(session, row.id)]
    made_of = {source for _, document in kept for source in forgetting.sources(document)}
    gone = await repository.gone(session, made_of)
    left = await repository.speakers_left(session, row)
    silent = {key: name for key, name in row.speakers.items() if int(key) not in left}
    if not gone and not silent:
        return True
    await repository.forget_todos(session, gone)
    await handing.withdraw(session, made_key(row.id))
    if not left:
        await repository.remove(session, row)
        return False
    names = set(silent.values()) - {name for key, name in row.speakers.items() if key not in silent}
    said = await repository.still_said(session, row)
    for each, document in kept:
        rest = forgetting.without(document, gone, names, said)
        await repository.rewrite(session, row.id, each.number, rest)
    row.speakers = {key: name for key, name in row.speakers.items() if key not in silent}
    await session.flush()
    return True
