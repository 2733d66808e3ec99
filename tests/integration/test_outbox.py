"""What is to be said is put in once, begun by one sender, and known by its echo whichever comes first."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import bots, contacts, conversations, outbox
from botbay.chat.models import OutboxItem, OutboxState
from botbay.db import now, transaction

pytestmark = pytest.mark.usefixtures("database")


async def put(session: AsyncSession, *texts: str) -> int:
    bot = await bots.ensure(session, "harbour")
    ids = await contacts.upsert(session, {"wxid_li": "老李"})
    conversation = await conversations.get(session, bot.id, None, ids["wxid_li"])
    for number, text in enumerate(texts):
        await outbox.put(session, conversation, f"k{number}", text=text)
        await outbox.put(session, conversation, f"k{number}", text=text)
    return conversation


async def test_it_is_put_in_once_and_begun_by_one_sender() -> None:
    async with transaction() as session:
        await put(session, "你好")
    async with transaction() as session:
        (item,) = await session.scalars(select(OutboxItem))
        assert await outbox.begin(session, item.id) is not None
    async with transaction() as session:
        assert await outbox.begin(session, item.id) is None


async def test_only_the_first_of_a_conversation_is_due() -> None:
    async with transaction() as session:
        await put(session, "一", "二")
        (bot_id,) = [bot.id for bot in [await bots.ensure(session, "harbour")]]
        assert [item.text for item in await outbox.next_items(session, bot_id)] == ["一"]


async def test_an_echo_that_comes_before_the_answer_is_recognised() -> None:
    since = now() - timedelta(minutes=1)
    async with transaction() as session:
        conversation = await put(session, "好的", "好的")
        first, second = (await session.scalars(select(OutboxItem).order_by(OutboxItem.id))).all()
    for item, source in ((first, "w1"), (second, "w2")):
        async with transaction() as session:
            attempt = await outbox.begin(session, item.id)
            assert attempt is not None
        async with transaction() as session:
            assert await outbox.recognise_echo(session, [conversation], source, "好的", since)
        async with transaction() as session:
            await outbox.end(session, item.id, attempt, OutboxState.UNKNOWN, "unknown", detail="超时")
            assert await outbox.recognise_echo(session, [conversation], source, "好的", since)  # heard twice
    async with transaction() as session:
        found = await session.execute(select(OutboxItem.state, OutboxItem.source_id).order_by(OutboxItem.id))
        assert [tuple(row) for row in found] == [(OutboxState.SENT, "w1"), (OutboxState.SENT, "w2")]
        # What the owner types is no echo, even if the bot might have said it.
        assert not await outbox.recognise_echo(session, [conversation], "w3", "好的", since)
