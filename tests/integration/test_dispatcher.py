"""Turns are answered in order, once, by any number of dispatchers; outages postpone them and lose none.

The dialogue server here is a small HTTP server that keeps the channel's contract and misbehaves on demand; the real
one answers in the end-to-end tests.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import func, select, update

from botbay.chat import bots, contacts, conversations, messages
from botbay.chat.models import (
    Blob,
    Conversation,
    File,
    FileKind,
    FileState,
    Gate,
    Message,
    OutboxItem,
    Turn,
    TurnState,
)
from botbay.db import now, transaction
from botbay.settings import load_settings
from connector.dispatcher import DialogueClient, Dispatcher
from tests.conftest import use_settings
from tests.gateway_fixture import free_port

pytestmark = pytest.mark.usefixtures("database")


@dataclass
class Dialogue:
    """Echoes what it is told, and hands over ``files``; ``status`` makes it fail, ``intent`` is what it understands."""

    port: int
    status: int = 200
    delay: float = 0.0
    intent: tuple[str, float] = ("start_bot", 0.99)
    files: list[int] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    busy: set[str] = field(default_factory=set)
    overlaps: int = 0

    async def turn(self, request: Request) -> Response:
        if self.status != 200:
            return JSONResponse({"error": "action_x failed"}, self.status)
        content = await request.body()
        at = request.headers["x-botbay-timestamp"]
        wanted = hmac.new(load_settings().secret().encode(), f"{at}.".encode() + content, hashlib.sha256).hexdigest()
        assert request.headers["x-botbay-signature"] == f"sha256={wanted}"
        body = json.loads(content)
        sender = body["sender_id"]
        self.overlaps += sender in self.busy
        self.busy.add(sender)
        await asyncio.sleep(self.delay)
        self.busy.discard(sender)
        self.heard.append(body["text"])
        replies = [{"text": f"答：{body['text']}"}, *({"custom": {"file_id": each}} for each in self.files)]
        return JSONResponse({"replies": replies, "asked": False})

    async def parse(self, request: Request) -> Response:
        name, confidence = self.intent
        return JSONResponse({"intent": {"name": name, "confidence": confidence}, "entities": []})


@pytest.fixture
async def dialogue(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Dialogue]:
    server = Dialogue(free_port())
    use_settings(monkeypatch, rasa_port=server.port)
    app = FastAPI()
    app.post("/webhooks/botbay/turn")(server.turn)
    app.post("/webhooks/botbay/parse")(server.parse)
    uvicorn_server = uvicorn.Server(uvicorn.Config(app, port=server.port, log_level="error"))
    task = asyncio.create_task(uvicorn_server.serve())
    while not uvicorn_server.started:  # noqa: ASYNC110 (it offers no event)
        await asyncio.sleep(0.01)
    yield server
    uvicorn_server.should_exit = True
    await task


@contextlib.asynccontextmanager
async def dispatchers(number: int) -> AsyncIterator[None]:
    clients = [DialogueClient(load_settings()) for _ in range(number)]
    tasks = [asyncio.create_task(Dispatcher(load_settings(), client).run()) for client in clients]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for client in clients:
            await client.close()


async def talk(people: int, sentences: int, *, gate: Gate = Gate.OPEN) -> None:
    async with transaction() as session:
        bot = await bots.ensure(session, "harbour")
        ids = await contacts.upsert(session, {f"wxid_{n}": f"第{n}人" for n in range(people)})
        for number in range(sentences):
            for who, contact_id in ids.items():
                conversation = await conversations.get(session, bot.id, None, contact_id)
                await conversations.queue_turn(
                    session, conversation, f"{who}:{number}", text=f"{who} {number:03}", gate=gate
                )


async def all_done(timeout: float = 30.0) -> None:
    async with asyncio.timeout(timeout):
        while True:
            async with transaction() as session:
                left = await session.scalar(
                    select(func.count()).select_from(Turn).where(Turn.state == TurnState.QUEUED)
                )
            if not left:
                return
            await asyncio.sleep(0.05)


async def said() -> list[str]:
    async with transaction() as session:
        return list(await session.scalars(select(OutboxItem.text).order_by(OutboxItem.id)))


async def test_three_dispatchers_answer_each_conversation_in_order_and_once(dialogue: Dialogue) -> None:
    dialogue.delay = 0.01
    await talk(people=8, sentences=10)
    async with dispatchers(3):
        await all_done()
    assert dialogue.overlaps == 0
    for person in range(8):
        own = [words for words in dialogue.heard if words.startswith(f"wxid_{person} ")]
        assert own == [f"wxid_{person} {n:03}" for n in range(10)]
    answers = await said()
    assert len(answers) == len(set(answers)) == 80
    async with transaction() as session:
        assert await session.scalar(select(func.count()).where(Turn.text.is_not(None))) == 0


async def test_a_file_that_an_answer_hands_over_follows_its_words_or_is_said_to_be_gone(dialogue: Dialogue) -> None:
    await talk(people=1, sentences=1)
    async with transaction() as session:
        conversation = (await session.scalars(select(Conversation))).one()
        blob = Blob(sha256="s", size=3, key="files/ab/abc", mime="application/pdf", kind=FileKind.PDF)
        session.add(blob)
        await session.flush()
        for owner in (conversation.contact_id, None):
            message = Message(
                bot_id=conversation.bot_id, peer_id=owner, source_id=f"of {owner}", kind="file", sent_at=now()
            )
            session.add(message)
            await session.flush()
            file = File(message_id=message.id, name="合同.pdf", state=FileState.STORED, blob_id=blob.id)
            session.add(file)
            await session.flush()
            dialogue.files.append(file.id)  # the second one is nobody's that asks
    async with dispatchers(1):
        await all_done()
    async with transaction() as session:
        items = (await session.scalars(select(OutboxItem).order_by(OutboxItem.id))).all()
        assert [(item.kind, item.file_key, item.file_name) for item in items] == [
            ("text", None, None),
            ("file", "files/ab/abc", "合同.pdf"),
            ("text", None, None),
        ]
        assert "拿不到了" in items[2].text


@pytest.mark.parametrize("status", [503, 401])
async def test_an_outage_postpones_and_counts_against_nobody(dialogue: Dialogue, status: int) -> None:
    dialogue.status = status
    await talk(people=2, sentences=2)
    async with dispatchers(1):
        await asyncio.sleep(2.5)
        dialogue.status = 200
        await all_done()
    assert sorted(dialogue.heard) == ["wxid_0 000", "wxid_0 001", "wxid_1 000", "wxid_1 001"]


async def test_a_turn_that_cannot_be_answered_is_given_up_with_a_word(dialogue: Dialogue) -> None:
    dialogue.status = 500
    await talk(people=1, sentences=1)
    async with transaction() as session:
        await session.execute(update(Turn).values(attempts=4))
    async with dispatchers(1):
        await all_done()
    assert ["抱歉" in words for words in await said()] == [True]
    async with transaction() as session:
        turn = await session.scalar(select(Turn))
        assert turn is not None
        assert (turn.state, "action_x failed" in turn.error) == (TurnState.FAILED, True)


async def test_a_claim_that_ran_out_makes_the_result_void(dialogue: Dialogue) -> None:
    dialogue.delay = 1.0
    await talk(people=1, sentences=1)
    async with dispatchers(1):
        await asyncio.sleep(0.5)
        async with transaction() as session:  # somebody else holds the conversation by now
            await session.execute(update(Conversation).values(claim_token=None, claim_until=now()))
        await all_done()
    assert len(dialogue.heard) == 2  # posted again: the real channel then answers from its tracker
    assert len(await said()) == 1


@pytest.mark.parametrize(
    ("gate", "intent", "answered"),
    [
        (Gate.WAKE, ("start_bot", 0.95), True),
        (Gate.WAKE, ("start_bot", 0.5), False),
        (Gate.WAKE, ("help", 0.99), False),
        (Gate.WAKE, ("forget_me", 0.95), True),
        (Gate.WAKE, ("stop_recording", 0.95), True),
        (Gate.SILENCED, ("start_bot", 0.99), False),
        (Gate.COMMAND, ("help", 0.95), True),
        (Gate.COMMAND, ("chitchat", 0.95), False),
        (Gate.COMMAND, ("nlu_fallback", 0.95), False),
    ],
)
async def test_what_is_not_plainly_for_it_must_be_sure(
    dialogue: Dialogue, gate: Gate, intent: tuple[str, float], answered: bool
) -> None:
    dialogue.intent = intent
    await talk(people=1, sentences=1, gate=gate)
    async with dispatchers(1):
        await all_done()
    assert len(await said()) == int(answered)
    if not answered:
        async with transaction() as session:  # not even that it was there is kept
            assert await session.scalar(select(func.count()).select_from(Turn)) == 0


async def test_silenced_by_its_owner_it_obeys_a_no_and_says_nothing(dialogue: Dialogue) -> None:
    dialogue.intent = ("forget_me", 0.95)
    await talk(people=1, sentences=1, gate=Gate.SILENCED)
    async with dispatchers(1):
        await all_done()
    assert dialogue.heard == ["wxid_0 000"]
    assert await said() == []


async def test_a_dialogue_that_is_to_be_forgotten_begins_anew_but_not_under_a_turn_in_hand() -> None:
    await talk(people=1, sentences=2)

    async def sender_id() -> str:
        async with transaction() as session:
            conversation = await session.scalar(select(Conversation))
            assert conversation is not None
            return conversation.sender_id

    before = await sender_id()
    async with transaction() as session:
        held = await conversations.claim(session)
        assert held is not None
    async with transaction() as session:
        await conversations.withdraw(session, "wxid_0:0")  # the message is taken back while it is being answered
    async with transaction() as session:
        await conversations.begin_anew(session)
    assert await sender_id() == before
    async with transaction() as session:
        await conversations.release(session, held)
        await conversations.begin_anew(session)
    assert await sender_id() != before


async def test_who_erases_by_a_kept_sentence_still_gets_an_answer_to_it() -> None:
    await talk(people=1, sentences=1)
    async with transaction() as session:
        turn = await session.scalar(select(Turn))
        conversation = await session.scalar(select(Conversation))
        assert turn is not None
        assert conversation is not None
        message = Message(
            bot_id=conversation.bot_id,
            peer_id=conversation.contact_id,
            talker_id=conversation.contact_id,
            source_id="m",
            kind="text",
            text="不要记录我",
            mention_ids=[],
            raw={},
            sent_at=now(),
        )
        session.add(message)
        await session.flush()
        turn.message_id = message.id
    async with transaction() as session:
        assert await conversations.claim(session) is not None
    async with transaction() as session:
        assert await messages.erase(session, Message.peer_id == message.peer_id) == 1
    async with transaction() as session:
        assert await session.scalar(select(Turn.state)) == TurnState.QUEUED  # it is in hand, and ends by itself
