"""Messages that are kept: stored once however often they are heard, and erased for good."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from botbay import jobs
from botbay.chat.models import Conversation, File, Message, Turn, TurnState
from botbay.chat.search import grams
from botbay.db import now

#: Removes the bytes of an erased message from storage; its payload is {"key": …}.
ERASE_FILE_JOB = "erase_file"


_AT_ONCE = 5000  # messages erased by one statement


async def store(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Store messages, given as columns of ``Message``, with their search entries; those heard before are left.

    Returns the ids of the new ones by source id (one bot's, so source ids differ).
    """
    if not rows:
        return {}
    values = [{**row, "search": func.array_to_tsvector(grams(row.get("text", "")))} for row in rows]
    statement = insert(Message).values(values).on_conflict_do_nothing(constraint="uq_messages_source")
    new = await session.execute(statement.returning(Message.source_id, Message.id))
    return {source_id: message_id for source_id, message_id in new}


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
    """Erase recalled messages; who and when stay, so that their place can be shown. How many there were."""
    ids = list(await session.scalars(select(Message.id).where(which).with_for_update()))
    await _wipe(session, ids, {"recalled_at": now()})
    return len(ids)


async def _wipe(session: AsyncSession, ids: Sequence[int], also: dict[str, Any]) -> None:
    if not ids:
        return
    keys = await session.scalars(select(File.key).where(File.message_id.in_(ids), File.key.is_not(None)))
    await jobs.enqueue(session, [jobs.NewJob(name=ERASE_FILE_JOB, payload={"key": key}) for key in keys])
    await session.execute(delete(File).where(File.message_id.in_(ids)))
    await session.execute(
        update(Message)
        .where(Message.id.in_(ids))
        .values(text="", raw={}, mention_ids=[], quoted_source_id=None, file_name=None, search=None, **also)
    )
    # A turn that still waits would carry the text on. One in hand ends by itself: it may be the very one that erases.
    in_hand = select(Conversation.id).where(Conversation.id == Turn.conversation_id, Conversation.claim_until > now())
    await session.execute(
        update(Turn)
        .where(Turn.message_id.in_(ids), Turn.state == TurnState.QUEUED, ~in_hand.exists())
        .values(state=TurnState.DONE, text=None, trigger=None, done_at=now())
    )
