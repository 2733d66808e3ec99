"""All SQL of the minutes. What is shown begins at ``readable_minutes``."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, false, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.access import Audience, Subject, readable_rooms
from botbay.chat.models import Account, Contact, File, Message, Reading, Room, Turn
from botbay.db import now
from workers.minutes.document import Minutes, Todo
from workers.minutes.models import MinutesRow, MinutesVersion, TodoRow, TodoState


def readable_minutes(subject: Subject, audience: Audience) -> Select[MinutesRow]:
    """THE way to minutes: of the rooms whose messages the asker may read here and now."""
    rooms = readable_rooms(subject, audience).with_only_columns(Room.id)
    return select(MinutesRow).where(MinutesRow.room_id.in_(rooms), MinutesRow.version > 0)


# --- minutes and their versions ----------------------------------------------------------------------------


async def hold(session: AsyncSession, room_id: int, since: datetime, until: datetime | None) -> MinutesRow:
    """The row of a span, made when it is new, and held until the transaction ends."""
    new = insert(MinutesRow).values(
        room_id=room_id, since=since, until=until, fingerprint="", newest_id=0, speakers={}, version=0, made_at=now()
    )
    await session.execute(new.on_conflict_do_nothing(constraint="uq_minutes_span"))
    same = MinutesRow.until.is_(None) if until is None else MinutesRow.until == until
    held = select(MinutesRow).where(MinutesRow.room_id == room_id, MinutesRow.since == since, same)
    return (await session.scalars(held.with_for_update().execution_options(populate_existing=True))).one()


async def held(session: AsyncSession, readable: Select[MinutesRow]) -> MinutesRow | None:
    """The one readable row, held until the transaction ends."""
    return await session.scalar(readable.with_for_update(of=MinutesRow).execution_options(populate_existing=True))


async def version(session: AsyncSession, minutes_id: int, number: int) -> tuple[MinutesVersion, str | None] | None:
    """A version and the name of who edited it."""
    found = await session.execute(_versions(minutes_id).where(MinutesVersion.number == number))
    row = found.first()
    return None if row is None else (row[0], row[1])


async def versions(session: AsyncSession, minutes_id: int) -> list[tuple[MinutesVersion, str | None]]:
    """The newest first."""
    found = await session.execute(_versions(minutes_id).order_by(MinutesVersion.number.desc()))
    return [(each, name) for each, name in found]


def _versions(minutes_id: int) -> Select[MinutesVersion, str | None]:
    name = func.coalesce(func.nullif(Account.display_name, ""), Account.name)
    return (
        select(MinutesVersion, name)
        .outerjoin(Account, Account.id == MinutesVersion.edited_by)
        .where(MinutesVersion.minutes_id == minutes_id)
        .execution_options(populate_existing=True)
    )


async def add_version(
    session: AsyncSession, row: MinutesRow, document: Minutes, *, edited: bool = False, edited_by: int | None = None
) -> None:
    """The document becomes the newest version. One that nobody edited takes the place of another such one."""
    if not edited:
        await session.execute(
            delete(MinutesVersion).where(
                MinutesVersion.minutes_id == row.id,
                MinutesVersion.number == row.version,
                MinutesVersion.edited.is_(False),
            )
        )
    row.version += 1
    session.add(
        MinutesVersion(
            minutes_id=row.id,
            number=row.version,
            document=document.model_dump(mode="json"),
            edited=edited,
            edited_by=edited_by,
        )
    )
    await session.flush()


async def last_of(session: AsyncSession, readable: Select[MinutesRow], room_id: int) -> MinutesRow | None:
    """The room's minutes that reach furthest."""
    reaches = func.least(func.coalesce(MinutesRow.until, MinutesRow.made_at), MinutesRow.made_at)
    return await session.scalar(
        readable.where(MinutesRow.room_id == room_id).order_by(reaches.desc(), MinutesRow.id.desc()).limit(1)
    )


async def remove(session: AsyncSession, row: MinutesRow) -> None:
    """Nothing of what it was made from is left: the minutes go with all their versions."""
    await session.execute(delete(MinutesRow).where(MinutesRow.id == row.id))


# --- what is gone ------------------------------------------------------------------------------------------


async def gone(session: AsyncSession, message_ids: Collection[int]) -> set[int]:
    """Those of the messages that are erased, recalled, or not there."""
    alive = select(Message.id).where(
        Message.id.in_(list(message_ids)), Message.withheld.is_(False), Message.recalled_at.is_(None)
    )
    return set(message_ids) - set(await session.scalars(alive))


async def still_said(session: AsyncSession, row: MinutesRow) -> str:
    """What is still known to have been said in the span, or to stand in what was brought, a message a line."""
    found = await session.execute(
        select(Message.text, Message.file_name, Reading.text)
        .outerjoin(File, (File.message_id == Message.id) & File.trashed_at.is_(None))
        .outerjoin(Reading, (Reading.blob_id == File.blob_id) & Message.kind.in_(("image", "file")))
        .where(*_within(row), Message.withheld.is_(False))
    )
    return "\n".join(f"{text} {file_name or ''} {read or ''}" for text, file_name, read in found)


async def speakers_left(session: AsyncSession, row: MinutesRow) -> set[int]:
    """Those who spoke in the span and are still known to have."""
    named = [int(each) for each in row.speakers]
    found = await session.scalars(
        select(Message.talker_id).where(*_within(row), Message.talker_id.in_(named)).distinct()
    )
    return {talker for talker in found if talker is not None}


def _within(row: MinutesRow) -> list[ColumnElement[bool]]:
    """The messages of a span that were not recalled."""
    within = [Message.room_id == row.room_id, Message.sent_at >= row.since, Message.recalled_at.is_(None)]
    return within if row.until is None else [*within, Message.sent_at < row.until]


async def touched(session: AsyncSession, message_ids: Collection[int]) -> list[MinutesRow]:
    """Minutes in whose span one of these messages was sent, held."""
    hit = (
        select(Message.id)
        .where(
            Message.id.in_(list(message_ids)),
            Message.room_id == MinutesRow.room_id,
            Message.sent_at >= MinutesRow.since,
            or_(MinutesRow.until.is_(None), Message.sent_at < MinutesRow.until),
        )
        .exists()
    )
    rows = select(MinutesRow).where(hit).order_by(MinutesRow.id).with_for_update()
    return list(await session.scalars(rows.execution_options(populate_existing=True)))


async def rewrite(session: AsyncSession, minutes_id: int, number: int, document: Minutes) -> None:
    """A version is changed in its place: for what must be in none of them."""
    await session.execute(
        update(MinutesVersion)
        .where(MinutesVersion.minutes_id == minutes_id, MinutesVersion.number == number)
        .values(document=document.model_dump(mode="json"))
    )


async def forget_todos(session: AsyncSession, message_ids: Collection[int]) -> None:
    """Todos that lean on these messages go."""
    await session.execute(delete(TodoRow).where(TodoRow.sources.overlap(list(message_ids))))


# --- todos -------------------------------------------------------------------------------------------------


async def keep_todos(session: AsyncSession, row: MinutesRow, todos: Sequence[Todo], contacts: Collection[int]) -> None:
    """The todos found in the messages: each once, open ones made what they are now, those not found any more gone.

    ``contacts`` are the ids that ``who_key`` may hold.
    """
    found = _placed(todos)
    await session.execute(
        delete(TodoRow).where(
            TodoRow.minutes_id == row.id,
            TodoRow.state == TodoState.OPEN,
            TodoRow.edited.is_(False),
            tuple_(TodoRow.message_id, TodoRow.place).not_in(list(found)),
        )
    )
    if not found:
        return
    new = insert(TodoRow).values(
        [
            {
                "room_id": row.room_id,
                "minutes_id": row.id,
                "message_id": message_id,
                "place": place,
                "state": TodoState.OPEN,
                "edited": False,
                "found_at": now(),
                **_told(todo, contacts),
            }
            for (message_id, place), todo in found.items()
        ]
    )
    told = ("minutes_id", "sources", "what", "who_contact_id", "who_name", "due", "shown")
    await session.execute(
        new.on_conflict_do_update(
            constraint="uq_todos_source",
            set_={name: new.excluded[name] for name in told},
            where=(TodoRow.state == TodoState.OPEN) & TodoRow.edited.is_(False),
        )
    )


async def change_todos(
    session: AsyncSession, row: MinutesRow, before: Sequence[Todo], after: Sequence[Todo], contacts: Collection[int]
) -> None:
    """Somebody edited the minutes: their todos become what they say now, those taken out are dropped."""
    old, new = _placed(before), _placed(after)
    for key in old.keys() | new.keys():
        if old.get(key) == new.get(key):
            continue
        values: dict[str, Any] = {"edited": True}
        if (todo := new.get(key)) is None:
            values["state"] = TodoState.DROPPED
        else:
            values |= _told(todo, contacts)
            if key not in old:
                values["state"] = TodoState.OPEN  # taken out once, and brought back
        same = (TodoRow.message_id == key[0]) & (TodoRow.place == key[1])
        await session.execute(update(TodoRow).where(TodoRow.room_id == row.room_id, same).values(**values))


def _placed(todos: Sequence[Todo]) -> dict[tuple[int, int], Todo]:
    """The todos that messages say, by the message that says each first and its place among those of that message."""
    places: Counter[int] = Counter()
    placed = {}
    for todo in todos:
        if todo.source:
            placed[todo.source[0], places[todo.source[0]]] = todo
            places[todo.source[0]] += 1
    return placed


def _told(todo: Todo, contacts: Collection[int]) -> Mapping[str, Any]:
    contact = int(todo.who_key) if todo.who_key.isdecimal() else None
    return {
        "sources": list(todo.source),
        "what": todo.what,
        "who_contact_id": contact if contact in contacts else None,
        "who_name": todo.who,
        "due": todo.due,
        "shown": todo.shown,
    }


# --- the room ----------------------------------------------------------------------------------------------


async def spoke_last(
    session: AsyncSession, readable: Select[Message], room_id: int, subject: Subject
) -> datetime | None:
    """When the asker last said something in the room, commands to a bot aside."""
    own = [Contact.id == subject.contact_id] if subject.contact_id is not None else []
    own += [Contact.account_id == subject.account_id] if subject.account_id is not None else []
    contacts = select(Contact.id).where(or_(false(), *own))
    to_bot = select(Turn.id).where(Turn.message_id == Message.id).exists()
    found: datetime | None = await session.scalar(
        readable.with_only_columns(func.max(Message.sent_at)).where(
            Message.room_id == room_id, Message.talker_id.in_(contacts), Message.by_bot.is_(False), ~to_bot
        )
    )
    return found


async def times(
    session: AsyncSession, readable: Select[Message], room_id: int, since: datetime, until: datetime
) -> Sequence[datetime]:
    """When messages were sent, the earliest first."""
    sent = readable.with_only_columns(Message.sent_at).where(
        Message.room_id == room_id, Message.sent_at >= since, Message.sent_at < until, Message.by_bot.is_(False)
    )
    found: Sequence[datetime] = (await session.scalars(sent.order_by(Message.sent_at))).all()
    return found


async def all_rooms(session: AsyncSession) -> list[Room]:
    return list(await session.scalars(select(Room).order_by(Room.id)))
