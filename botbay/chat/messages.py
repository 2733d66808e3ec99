"""Messages that are kept: stored once however often they are heard, and erased for good."""

import functools
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Text,
    and_,
    bindparam,
    cast,
    column,
    false,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningInsert

from botbay import jobs
from botbay.chat import files
from botbay.chat.models import Conversation, Message, Turn, TurnState
from botbay.chat.search import grams
from botbay.db import now

#: The job that takes erased messages out of what was made of them; the payload is {"message_ids": […]}.
FORGET_JOB = "forget_messages"

#: The kind of a place kept for a message that was recalled before it was heard.
RECALL = "recall"

#: Where a message stands: (bot, room or None, in private the peer or None, source id).
Place = tuple[int, int | None, int | None, str]
_PLACE = (Message.bot_id, Message.room_id, Message.peer_id, Message.source_id)

_AT_ONCE = 5000  # messages erased by one statement

_TABLE = Message.metadata.tables[Message.__tablename__]
_GRAMS, _BETWEEN = "grams", "\x1f"  # white space to ``grams``: no lexeme holds it


async def store(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Store messages, given as columns of ``Message``, with their search entries; those heard before are left.

    Returns the ids of the new ones by source id (one bot's, so source ids differ). One that was recalled before it was
    heard is not among them: it only tells who left the place that is kept for it, and when.
    """
    if not rows:
        return {}
    told = [{**row, _GRAMS: _BETWEEN.join(grams(_searched(row)))} for row in rows]
    written = json.dumps(told, ensure_ascii=False, default=_moment)
    stored = await session.execute(_store(tuple(rows[0])), {"rows": written})
    new: dict[str, int] = {row.source_id: row.id for row in stored}
    if len(new) < len(rows):
        await _fill_places(session, [row for row in rows if row["source_id"] not in new])
    return new


@functools.cache
def _store(names: tuple[str, ...]) -> ReturningInsert[str, int]:
    """The statement for these columns: all rows are one parameter, so that it is not made anew for each batch."""
    columns = [column(name, _TABLE.c[name].type) for name in names]
    rows = func.json_to_recordset(cast(bindparam("rows", type_=Text), JSON))
    told = rows.table_valued(*columns, column(_GRAMS, Text)).render_derived(name="told", with_types=True)
    lexemes = func.array_to_tsvector(func.string_to_array(told.c[_GRAMS], _BETWEEN))
    return (
        insert(_TABLE)
        .from_select([*names, "search"], select(*(told.c[name] for name in names), lexemes))
        .on_conflict_do_nothing(constraint="uq_messages_source")
        .returning(_TABLE.c.source_id, _TABLE.c.id)
    )


def _moment(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError("naive datetime")
    return value.isoformat()


def _searched(row: Mapping[str, Any]) -> str:
    """What a message can be found by. The name comes first: of a long text only the beginning is indexed."""
    return "\n".join(filter(None, (row.get("file_name"), row.get("text"))))


async def _fill_places(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    told = {_place(row): row for row in rows if row["kind"] != RECALL}
    empty = select(Message.id, *_PLACE).where(_at(told), Message.kind == RECALL, Message.recalled_at.is_not(None))
    for message_id, bot_id, room_id, peer_id, source_id in await session.execute(empty):
        row = told[bot_id, room_id, peer_id, source_id]
        facts = {key: row[key] for key in ("kind", "talker_id", "sent_at", "from_self", "by_bot", "withheld")}
        await session.execute(update(Message).where(Message.id == message_id).values(facts))


async def recalled(session: AsyncSession, places: Collection[Place]) -> set[Place]:
    """Those places at which a message is known to be recalled."""
    if not places:
        return set()
    found = await session.execute(select(*_PLACE).where(_at(places), Message.recalled_at.is_not(None)))
    return {(bot_id, room_id, peer_id, source_id) for bot_id, room_id, peer_id, source_id in found}


def _place(row: Mapping[str, Any]) -> Place:
    return row["bot_id"], row["room_id"], row["peer_id"], row["source_id"]


def _at(places: Collection[Place]) -> ColumnElement[bool]:
    """By conversation, as the index has it."""
    chats: dict[tuple[int, int | None, int | None], list[str]] = {}
    for bot_id, room_id, peer_id, source_id in places:
        chats.setdefault((bot_id, room_id, peer_id), []).append(source_id)
    return or_(
        false(),
        *(
            and_(
                Message.bot_id == bot_id,
                Message.room_id.is_(None) if room_id is None else Message.room_id == room_id,
                Message.peer_id.is_(None) if peer_id is None else Message.peer_id == peer_id,
                Message.source_id.in_(source_ids),
            )
            for (bot_id, room_id, peer_id), source_ids in chats.items()
        ),
    )


async def erase(session: AsyncSession, which: ColumnElement[bool]) -> int:
    """Erase messages: talker, text, raw, search entry and bytes go; their place and time stay as a number.

    Returns how many were erased.
    """
    erased = 0
    while some := await erase_some(session, which):
        erased += some
    return erased


async def erase_some(session: AsyncSession, which: ColumnElement[bool]) -> int:
    """Erase a part of what is to be erased, so that much of it does not have to go at once; 0 when all is gone."""
    found = select(Message.id).where(which, Message.withheld.is_(False)).limit(_AT_ONCE).with_for_update()
    ids = list(await session.scalars(found))
    await _wipe(session, ids, {"withheld": True, "talker_id": None})
    return len(ids)


async def recall(session: AsyncSession, which: ColumnElement[bool]) -> int:
    """Erase recalled messages; who and when stay, so that their place can be shown. How many of them are known.

    Recalling them again changes nothing.
    """
    found = await session.execute(select(Message.id, Message.recalled_at).where(which).with_for_update())
    known = {message_id: recalled_at for message_id, recalled_at in found}
    await _wipe(session, [each for each, recalled_at in known.items() if recalled_at is None], {"recalled_at": now()})
    return len(known)


async def _wipe(session: AsyncSession, ids: Sequence[int], also: dict[str, Any]) -> None:
    if not ids:
        return
    await files.remove(session, ids)
    await session.execute(
        update(Message)
        .where(Message.id.in_(ids))
        .values(text="", details={}, raw={}, mention_ids=[], quoted_source_id=None, file_name=None, search=None, **also)
    )
    # A turn that still waits would carry the text on. One in hand ends by itself: it may be the very one that erases.
    in_hand = select(Conversation.id).where(Conversation.id == Turn.conversation_id, Conversation.claim_until > now())
    await session.execute(
        update(Turn)
        .where(Turn.message_id.in_(ids), Turn.state == TurnState.QUEUED, ~in_hand.exists())
        .values(state=TurnState.DONE, text=None, trigger=None, done_at=now())
    )
    await jobs.enqueue(session, [jobs.NewJob(name=FORGET_JOB, payload={"message_ids": list(ids)})])
