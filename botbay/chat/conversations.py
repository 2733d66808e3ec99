"""Conversations and their turns: put in once, taken in order, by one dispatcher at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from botbay.chat.models import ActionRun, Bot, Conversation, Gate, Room, RoomBot, Turn, TurnState
from botbay.db import notify, now

CHANNEL = "turns"

#: How long a dispatcher may hold a conversation; longer than the longest answer takes.
CLAIM = timedelta(seconds=60)


async def get(session: AsyncSession, bot_id: int, room_id: int | None, contact_id: int) -> int:
    """The id of a bot's conversation with a contact, in private or in a room; made when it is new."""
    same = select(Conversation.id).where(
        Conversation.bot_id == bot_id,
        Conversation.room_id == room_id if room_id is not None else Conversation.room_id.is_(None),
        Conversation.contact_id == contact_id,
    )
    found = await session.scalar(same)
    if found is None:
        await session.execute(
            insert(Conversation)
            .values(bot_id=bot_id, room_id=room_id, contact_id=contact_id)
            .on_conflict_do_nothing(constraint="uq_conversations_parties")
        )
        found = await session.scalar(same)
    assert found is not None
    return found


async def queue_turn(
    session: AsyncSession,
    conversation_id: int,
    key: str,
    *,
    text: str | None = None,
    trigger: Mapping[str, Any] | None = None,
    gate: Gate = Gate.OPEN,
    message_id: int | None = None,
) -> None:
    """Put a turn in; a second one with the same key changes nothing. Dispatchers are woken."""
    await session.execute(
        insert(Turn)
        .values(
            conversation_id=conversation_id,
            key=key,
            text=text,
            trigger=trigger,
            gate=gate,
            message_id=message_id,
        )
        .on_conflict_do_nothing(index_elements=[Turn.key])
    )
    await notify(session, CHANNEL)


async def queue_triggers(session: AsyncSession, keys: Mapping[str, int], trigger: Mapping[str, Any]) -> None:
    """As ``queue_turn``, of the same in many conversations at once: by key the conversation."""
    if keys:
        new = insert(Turn).on_conflict_do_nothing(index_elements=[Turn.key])
        turns = [{"conversation_id": each, "key": key, "trigger": dict(trigger)} for key, each in keys.items()]
        await session.execute(new, turns)
        await notify(session, CHANNEL)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A conversation held until ``until``; whoever lost the token may no longer finish its turn."""

    conversation_id: int
    turn_id: int
    token: UUID


async def claim(session: AsyncSession) -> Claim | None:
    """Hold the conversation whose first waiting turn is due and the oldest; None when there is none."""
    earlier = aliased(Turn)
    at = now()
    first = (
        select(Conversation.id, Turn.id)
        .join(Turn, Turn.conversation_id == Conversation.id)
        .where(
            Turn.state == TurnState.QUEUED,
            Turn.not_before <= at,
            or_(Conversation.claim_until.is_(None), Conversation.claim_until < at),
            ~select(earlier.id)
            .where(
                earlier.conversation_id == Turn.conversation_id,
                earlier.state == TurnState.QUEUED,
                earlier.id < Turn.id,
            )
            .exists(),
        )
        .order_by(Turn.id)
        .limit(1)
        .with_for_update(of=Conversation, skip_locked=True)
    )
    row = (await session.execute(first)).first()
    if row is None:
        return None
    conversation_id, turn_id = row
    # What was read before the row was locked may have been done by whoever held it: look again.
    held = await session.execute(
        select(Conversation.claim_until, Turn.state)
        .join(Turn, Turn.conversation_id == Conversation.id)
        .where(Conversation.id == conversation_id, Turn.id == turn_id)
    )
    claim_until, state = held.one()
    if state != TurnState.QUEUED or (claim_until is not None and claim_until >= at):
        return None
    await begin_anew(session, conversation_id)
    token = uuid4()
    await session.execute(
        update(Conversation).where(Conversation.id == conversation_id).values(claim_token=token, claim_until=at + CLAIM)
    )
    return Claim(conversation_id=conversation_id, turn_id=turn_id, token=token)


async def release(session: AsyncSession, held: Claim) -> bool:
    """Give the conversation back; False when the claim had run out and another has it: then undo what you did."""
    released = await session.execute(
        update(Conversation)
        .where(Conversation.id == held.conversation_id, Conversation.claim_token == held.token)
        .values(claim_token=None, claim_until=None)
        .returning(Conversation.id)
    )
    return released.first() is not None


async def finish(session: AsyncSession, turn_id: int, *, error: str = "", asked: bool | None = None) -> None:
    """The turn is over; its words are forgotten here (what may be kept stands in ``messages``).

    ``asked``: whether the bot ended it with a question and waits for the answer; None where that is as before.
    """
    if asked is not None:
        spoken_in = select(Turn.conversation_id).where(Turn.id == turn_id).scalar_subquery()
        await session.execute(
            update(Conversation).where(Conversation.id == spoken_in).values(asked_at=now() if asked else None)
        )
    await session.execute(delete(ActionRun).where(ActionRun.turn_id == turn_id))
    await session.execute(
        update(Turn)
        .where(Turn.id == turn_id)
        .values(
            state=TurnState.FAILED if error else TurnState.DONE,
            error=error,
            text=None,
            trigger=None,
            done_at=now(),
        )
    )


async def drop_questions(session: AsyncSession, asked_before: datetime) -> None:
    """Questions that have waited for too long are dropped, and the dialogue says so.

    Not while the bot is silent there, whoever silenced it: it would be dropped without a word. Nor while something
    that was said still waits to be worked on.
    """
    at = now()
    waiting = select(Turn.id).where(Turn.conversation_id == Conversation.id, Turn.state == TurnState.QUEUED).exists()
    dropped = await session.scalars(
        update(Conversation)
        .where(
            Conversation.asked_at < asked_before,
            Conversation.stopped_at.is_(None),
            or_(Conversation.paused_until.is_(None), Conversation.paused_until < at),
            ~_silenced(at),
            ~waiting,
        )
        .values(asked_at=None)
        .returning(Conversation.id)
    )
    for conversation_id in dropped.all():
        trigger = {"intent": "question_expired", "entities": {}}
        await queue_turn(session, conversation_id, f"expired:{conversation_id}:{uuid4()}", trigger=trigger)


def _silenced(at: datetime) -> ColumnElement[bool]:
    """Whether the bot says nothing in a conversation's room, or anywhere."""
    everywhere = exists().where(Bot.id == Conversation.bot_id, Bot.silenced_at.is_not(None))
    room = exists().where(Room.id == Conversation.room_id, Room.stopped_at.is_not(None))
    paused = exists().where(
        RoomBot.room_id == Conversation.room_id, RoomBot.bot_id == Conversation.bot_id, RoomBot.paused_until >= at
    )
    return everywhere | room | paused


async def forget(session: AsyncSession, turn_id: int) -> None:
    """The turn was nothing for the bot: not even that it was there is kept."""
    await session.execute(delete(Turn).where(Turn.id == turn_id))


async def withdraw(session: AsyncSession, key: str) -> None:
    """The message behind a turn was taken back: the dialogue forgets it, and if it still waits it is not answered."""
    spoken_in = select(Turn.conversation_id).where(Turn.key == key)
    await forget_dialogues(session, Conversation.id.in_(spoken_in))
    await session.execute(
        update(Turn)
        .where(Turn.key == key, Turn.state == TurnState.QUEUED)
        .values(state=TurnState.DONE, text=None, trigger=None, done_at=now())
    )


async def postpone(session: AsyncSession, turn_id: int, until: datetime, error: str, *, counts: bool) -> None:
    """Try the turn again later; ``counts`` when the failure is the turn's own and not an outage."""
    await session.execute(
        update(Turn)
        .where(Turn.id == turn_id)
        .values(not_before=until, error=error, attempts=Turn.attempts + (1 if counts else 0))
    )


async def forget_dialogues(session: AsyncSession, which: ColumnElement[bool]) -> None:
    """What was said in these conversations is to be forgotten by the dialogue too, once no turn is in hand there."""
    await session.execute(update(Conversation).where(which).values(forget=True))


async def begin_anew(session: AsyncSession, conversation_id: int | None = None) -> None:
    """Give dialogues that are to be forgotten a new tracker; the old ones are swept away."""
    which = Conversation.forget & or_(Conversation.claim_until.is_(None), Conversation.claim_until < now())
    if conversation_id is not None:
        which &= Conversation.id == conversation_id
    await session.execute(
        update(Conversation).where(which).values(epoch=Conversation.epoch + 1, forget=False, asked_at=None)
    )


async def stop(session: AsyncSession, conversation_ids: Sequence[int]) -> None:
    """停止应答: silent in these conversations until they are woken."""
    await session.execute(
        update(Conversation)
        .where(Conversation.id.in_(conversation_ids), Conversation.stopped_at.is_(None))
        .values(stopped_at=now())
    )


async def wake(session: AsyncSession, conversation_id: int) -> None:
    await session.execute(
        update(Conversation).where(Conversation.id == conversation_id).values(stopped_at=None, paused_until=None)
    )
