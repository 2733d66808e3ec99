"""Questions that wait for an answer: dropped after a while, once, and never over what was just said."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Update, select, update

from botbay.chat import bots, contacts, conversations
from botbay.chat.models import Bot, Conversation, Room, RoomBot, Turn
from botbay.db import now, transaction

LONG_AGO = timedelta(minutes=11)


async def _asked(minutes_ago: timedelta = LONG_AGO, **values: object) -> int:
    async with transaction() as session:
        bot = await bots.ensure(session, "harbour")
        who = (await contacts.upsert(session, {"wxid_away": "走开的人"}))["wxid_away"]
        conversation_id = await conversations.get(session, bot.id, None, who)
        conversation = await session.get_one(Conversation, conversation_id)
        conversation.asked_at = now() - minutes_ago
        for name, value in values.items():
            setattr(conversation, name, value)
    return conversation_id


async def _drop() -> list[dict[str, object] | None]:
    async with transaction() as session:
        await conversations.drop_questions(session, now() - timedelta(minutes=10))
    async with transaction() as session:
        return list(await session.scalars(select(Turn.trigger)))


async def test_a_question_is_dropped_once(database: None) -> None:
    await _asked()
    assert await _drop() == [{"intent": "question_expired", "entities": {}}]
    assert len(await _drop()) == 1


async def test_a_question_just_asked_waits_on(database: None) -> None:
    await _asked(timedelta(minutes=9))
    assert await _drop() == []


async def test_a_silent_bot_says_nothing_of_it(database: None) -> None:
    await _asked(stopped_at=now())
    assert await _drop() == []


@pytest.mark.parametrize(
    "silenced",
    [
        lambda room_id: update(Bot).values(silenced_at=now()),
        lambda room_id: update(Room).where(Room.id == room_id).values(stopped_at=now()),
        lambda room_id: (
            update(RoomBot).where(RoomBot.room_id == room_id).values(paused_until=now() + timedelta(minutes=5))
        ),
    ],
    ids=["everywhere", "in the room", "while its owner types in the room"],
)
async def test_nor_where_it_was_silenced_for_all(database: None, silenced: Callable[[int], Update]) -> None:
    conversation_id = await _asked()
    async with transaction() as session:
        rooms = [Room(wechat_id=f"room-{name}", topic="产品群") for name in ("here", "elsewhere")]
        session.add_all(rooms)
        await session.flush()
        conversation = await session.get_one(Conversation, conversation_id)
        conversation.room_id = rooms[0].id
        session.add_all(RoomBot(room_id=room.id, bot_id=conversation.bot_id) for room in rooms)
        await session.execute(silenced(rooms[0].id))
    assert await _drop() == []
    async with transaction() as session:
        await session.execute(update(Bot).values(silenced_at=None))
        await session.execute(update(Conversation).values(room_id=rooms[1].id))
    assert len(await _drop()) == 1


async def test_an_answer_that_waits_to_be_worked_on_is_heard_first(database: None) -> None:
    conversation_id = await _asked()
    async with transaction() as session:
        await conversations.queue_turn(session, conversation_id, "late answer", text="第二个")
    assert await _drop() == [None]
    async with transaction() as session:
        turn = (await session.scalars(select(Turn))).one()
        await conversations.finish(session, turn.id, asked=False)
    assert await _drop() == [None]


async def test_a_turn_that_failed_leaves_the_question_as_it_was(database: None) -> None:
    conversation_id = await _asked()
    async with transaction() as session:
        await conversations.queue_turn(session, conversation_id, "broken", text="嗯")
        turn = (await session.scalars(select(Turn))).one()
        await conversations.finish(session, turn.id, error="it broke")
    assert len(await _drop()) == 2
