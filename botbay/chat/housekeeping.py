"""Chores of the chat: what has served its purpose goes, and what was promised to go after some days goes."""

import logging
from datetime import timedelta
from importlib.metadata import entry_points

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from botbay import storage
from botbay.chat import conversations, messages, readings
from botbay.chat.models import Message, OutboxItem, OutboxState, Turn, TurnState
from botbay.chat.simulator_models import SimEvent
from botbay.db import now, transaction
from botbay.jobs import Later, Work
from botbay.settings import load_settings

log = logging.getLogger(__name__)

#: A finished turn is only needed while its message might be heard again.
_TURN_DAYS = 7
#: What was sent is only needed for its echo, and to know a quote of it.
_OUTBOX_DAYS = 7
#: The dialogue server's own log of a conversation that rests.
_TRACKER_DAYS = 7
#: A blob that nobody has read for so long has lost its job.
_UNREAD = timedelta(hours=1)
_UNREAD_AT_ONCE = 500


async def erase_file(work: Work) -> None:
    """The job that removes an erased message's bytes; the payload is {"key": …}."""
    try:
        await storage.delete(str(work.payload["key"]))
    except storage.StorageError:
        raise Later(work.backoff()) from None  # erased is erased: it never gives up


async def forget_messages(work: Work) -> None:
    """The job that takes recalled and erased messages out of all that was made of them; the payload is {"message_ids": […]}.

    Whoever makes something of messages names under ``botbay.forgetting`` what takes ids out of it.
    """
    message_ids = [int(each) for each in work.payload["message_ids"]]
    async with transaction() as session:
        for entry in entry_points(group="botbay.forgetting"):
            await entry.load()(session, message_ids)


async def tidy() -> None:
    """Forget what is done with."""
    async with transaction() as session:
        await session.execute(
            delete(OutboxItem).where(
                OutboxItem.state.in_((OutboxState.SENT, OutboxState.FAILED, OutboxState.LOST)),
                OutboxItem.created_at < now() - timedelta(days=_OUTBOX_DAYS),
            )
        )
        await session.execute(
            delete(Turn).where(Turn.state != TurnState.QUEUED, Turn.done_at < now() - timedelta(days=_TURN_DAYS))
        )
        await session.execute(delete(SimEvent).where(SimEvent.taken_at < now() - timedelta(days=1)))
        await conversations.begin_anew(session)
        await _tidy_trackers(session)


async def drop_questions() -> None:
    """Nobody has to answer: what waited for too long is dropped."""
    async with transaction() as session:
        await conversations.drop_questions(session, now() - timedelta(minutes=load_settings().question_minutes))


async def expire() -> None:
    """Erase what was promised to be kept for some days only."""
    days = load_settings().retention_days
    if not days:
        return
    while True:
        async with transaction() as session:
            old = Message.received_at < now() - timedelta(days=days)
            erased = await messages.erase_some(session, old)
        if not erased:
            return
        log.info("%d messages erased after %d days", erased, days)


async def read_forgotten() -> None:
    """Enqueue what lost its job, and what was stored before anything was read."""
    async with transaction() as session:
        waiting = await readings.unread(session, now() - _UNREAD, _UNREAD_AT_ONCE)
        await readings.want(session, waiting)


async def _tidy_trackers(session: AsyncSession) -> None:
    """Dialogues that rest, and those that were begun anew because their erasing was asked for."""
    if await session.scalar(text("SELECT to_regclass('rasa.events')")) is None:
        return  # the dialogue server has not run yet
    await session.execute(
        text("""
        DELETE FROM rasa.events WHERE sender_id IN (
            SELECT e.sender_id FROM rasa.events e
            LEFT JOIN conversations c ON 'c' || c.id || '-' || c.epoch = e.sender_id
            GROUP BY e.sender_id, c.id
            HAVING c.id IS NULL OR max(e.timestamp) < extract(epoch FROM now()) - :seconds
        )"""),
        {"seconds": _TRACKER_DAYS * 86400},
    )


#: The chore, and every how many seconds it is done.
TIDY = (tidy, 60)
QUESTIONS = (drop_questions, 20)
EXPIRE = (expire, 3600)
UNREAD = (read_forgotten, 1800)
