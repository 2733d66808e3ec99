"""What minutes found in several rooms, for whoever tells of more than one room: todos, and the minutes themselves."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.access import PRIVATE, Audience, Subject, readable_messages
from botbay.chat.models import Message, Room
from workers.minutes.document import Minutes
from workers.minutes.models import MinutesRow, MinutesVersion, TodoRow, TodoState
from workers.minutes.repository import readable_minutes

_MOST = 50
#: Open todos of all rooms: far more than anybody keeps, for whoever looks for one person's among them.
_MOST_OPEN = 1000


@dataclass(frozen=True, kw_only=True)
class FoundTodo:
    """An open todo; ``shown`` is its time in people's words, ``who`` empty where nobody was named."""

    what: str
    who: str
    who_contact_id: int | None
    shown: str
    room: str
    sources: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class OpenTodo:
    """An open todo with its id; ``shown`` is its time in people's words."""

    id: int
    what: str
    who: str
    shown: str
    due: datetime | None
    room_id: int
    room: str


@dataclass(frozen=True, kw_only=True)
class Written:
    """Minutes that were made of a span of talk."""

    id: int
    title: str
    room: str
    since: datetime
    until: datetime


async def todos(
    session: AsyncSession,
    subject: Subject,
    audience: Audience,
    rooms: Collection[int],
    since: datetime,
    until: datetime,
) -> list[FoundTodo]:
    """The open ones that were said in these rooms from ``since`` until ``until`` (not itself), in the order of the talk."""
    readable = readable_messages(subject, audience).with_only_columns(Message.id)
    found = await session.execute(
        select(TodoRow, Room.topic)
        .join(Message, Message.id == TodoRow.message_id)
        .join(Room, Room.id == TodoRow.room_id)
        .where(
            TodoRow.room_id.in_(rooms),
            TodoRow.state == TodoState.OPEN,
            Message.id.in_(readable),
            Message.sent_at >= since,
            Message.sent_at < until,
            Message.recalled_at.is_(None),
        )
        .order_by(Message.sent_at, TodoRow.id)
        .limit(_MOST)
    )
    return [
        FoundTodo(
            what=row.what,
            who=row.who_name,
            who_contact_id=row.who_contact_id,
            shown=row.shown,
            room=topic,
            sources=tuple(row.sources),
        )
        for row, topic in found
    ]


async def open_todos(
    session: AsyncSession, subject: Subject, audience: Audience, *, who: Collection[int] | None = None
) -> list[OpenTodo]:
    """The open ones of the rooms that may be shown here, those due first; ``who``: of these contacts only."""
    found = _open(subject, audience)
    if who is not None:
        found = found.where(TodoRow.who_contact_id.in_(list(who)))
    rows = await session.execute(found.order_by(TodoRow.due.asc().nulls_last(), TodoRow.id).limit(_MOST_OPEN))
    return [
        OpenTodo(
            id=row.id,
            what=row.what,
            who=row.who_name,
            shown=row.shown,
            due=row.due,
            room_id=row.room_id,
            room=topic,
        )
        for row, topic in rows
    ]


async def close_todo(session: AsyncSession, subject: Subject, audience: Audience, todo_id: int, *, done: bool) -> bool:
    """An open one is done, or dropped; False where there is none that may be shown here."""
    found = _open(subject, audience).where(TodoRow.id == todo_id).with_for_update(of=TodoRow)
    row = (await session.execute(found)).first()
    if row is None:
        return False
    row[0].state = TodoState.DONE if done else TodoState.DROPPED
    await session.flush()
    return True


def _open(subject: Subject, audience: Audience) -> Select[TodoRow, str]:
    readable = readable_messages(subject, audience).with_only_columns(Message.id)
    return (
        select(TodoRow, Room.topic)
        .join(Message, Message.id == TodoRow.message_id)
        .join(Room, Room.id == TodoRow.room_id)
        .where(TodoRow.state == TodoState.OPEN, Message.id.in_(readable), Message.recalled_at.is_(None))
    )


async def written(
    session: AsyncSession, subject: Subject, rooms: Collection[int], since: datetime, until: datetime
) -> list[Written]:
    """The minutes of talk in a span, by room and time."""
    rows = readable_minutes(subject, PRIVATE).subquery()
    end = func.least(func.coalesce(rows.c.until, rows.c.made_at), rows.c.made_at)
    found = await session.execute(
        select(rows.c.id, MinutesVersion.document, Room.topic, rows.c.since, end)
        .join(MinutesVersion, (MinutesVersion.minutes_id == rows.c.id) & (MinutesVersion.number == rows.c.version))
        .join(Room, Room.id == rows.c.room_id)
        .where(rows.c.room_id.in_(rooms), rows.c.since < until, end > since)
        .order_by(Room.topic, rows.c.since)
        .limit(_MOST)
    )
    return [
        Written(id=key, title=Minutes.model_validate(document).title, room=topic, since=begin, until=end_)
        for key, document, topic, begin, end_ in found
    ]


async def changes(session: AsyncSession, rooms: Collection[int]) -> tuple[object, ...]:
    """What is the same as long as ``todos`` and ``written`` find the same in these rooms."""
    todo = await session.execute(
        select(func.count(), func.max(TodoRow.id), func.count().filter(TodoRow.state == TodoState.OPEN)).where(
            TodoRow.room_id.in_(rooms)
        )
    )
    rows = await session.execute(
        select(func.count(), func.max(MinutesRow.made_at), func.sum(MinutesRow.version)).where(
            MinutesRow.room_id.in_(rooms)
        )
    )
    return *todo.one(), *rows.one()
