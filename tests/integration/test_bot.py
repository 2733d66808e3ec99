"""One bot's runner: what cannot be stored is left out alone, and what was agreed to ends with the bot's stay."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from botbay.chat import consent
from botbay.chat.models import Bot, Gap, Message, Room, RoomBot, Turn
from botbay.db import transaction
from botbay.settings import SIMULATOR, load_settings
from connector.bot import BotRunner
from connector.drivers.base import (
    Connected,
    ContactCard,
    Disconnected,
    Driver,
    DriverError,
    DriverEvent,
    DriverUnavailable,
    Emit,
    InboundMessage,
    Login,
    Media,
    MemberCard,
    MessageKind,
    RoomCard,
    RoomJoin,
    Target,
)

pytestmark = pytest.mark.usefixtures("database")

BOT, OWNER, ROOM = "wxid_bot", "wxid_owner", "1@chatroom"
START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
CARD = RoomCard(
    id=ROOM,
    topic="产品群",
    owner_id=OWNER,
    members=(MemberCard(id=OWNER, name="群主"), MemberCard(id=BOT, name="小港")),
)


class Told(Driver):
    """A driver that says what it is told to say; ``alive`` is whether its gateway answers."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[DriverEvent] = asyncio.Queue()
        self.card: RoomCard | None = CARD
        self.alive = True

    async def run(self, emit: Emit) -> None:
        while True:
            await emit(await self.events.get())

    async def room(self, room_id: str) -> RoomCard:
        if self.card is None:
            raise DriverError("没有这个群")
        return self.card

    async def check(self) -> None:
        if not self.alive:
            raise DriverUnavailable("没有回应")

    async def send_text(self, target: Target, text: str, mention_ids: Sequence[str] = ()) -> str | None:
        raise DriverUnavailable("不发")

    async def send_file(self, target: Target, path: Path, name: str, kind: MessageKind) -> str | None:
        raise DriverUnavailable("不发")

    async def fetch_media(self, source_id: str, kind: MessageKind) -> Media:
        raise DriverUnavailable("没有")

    async def accept_friendship(self, request_id: str) -> None: ...

    async def accept_invitation(self, invitation_id: str) -> None: ...

    async def contact(self, contact_id: str) -> ContactCard:
        return ContactCard(id=contact_id, name=contact_id)

    async def logout(self) -> None: ...


@contextlib.asynccontextmanager
async def running(driver: Told) -> AsyncIterator[BotRunner]:
    runner = BotRunner(SIMULATOR, driver, load_settings(), waits=False)
    task = asyncio.create_task(runner.run())
    try:
        for event in (Connected(), Login(contact=ContactCard(id=BOT, name="小港"))):
            await driver.events.put(event)
        await until(logged_in)
        yield runner
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def logged_in() -> bool:
    async with transaction() as session:
        return await session.scalar(select(Bot.wechat_id)) == BOT


async def until(check: Callable[[], Awaitable[bool]], timeout: float = 20.0) -> None:
    async with asyncio.timeout(timeout):
        while not await check():  # noqa: ASYNC110 (nothing tells)
            await asyncio.sleep(0.05)


def said(number: int, text: str, raw: dict[str, object] | None = None) -> InboundMessage:
    return InboundMessage(
        source_id=f"m{number}",
        kind=MessageKind.TEXT,
        talker=ContactCard(id=OWNER, name="群\x00主"),
        room_id=ROOM,
        listener_id=None,
        text=text,
        sent_at=START + timedelta(minutes=number),
        from_self=False,
        raw=raw or {},
    )


def pulled_in(minute: int) -> RoomJoin:
    return RoomJoin(room=CARD, invitee_ids=(BOT,), inviter_id=OWNER, at=START + timedelta(minutes=minute))


async def record() -> None:
    async with transaction() as session:
        room = await session.scalar(select(Room))
        assert room is not None
        assert room.owner_id is not None
        await consent.start_recording(session, room.id, room.owner_id)


async def texts() -> list[str]:
    async with transaction() as session:
        return list(await session.scalars(select(Message.text).order_by(Message.id)))


async def joined() -> bool:
    async with transaction() as session:
        return await session.scalar(select(RoomBot.engaged_at)) is not None


async def test_a_message_with_a_nul_is_kept_without_it() -> None:
    driver = Told()
    async with running(driver):
        await driver.events.put(pulled_in(0))
        await until(joined)
        await record()
        for event in (said(1, "前\x00后", {"a": "\x00"}), said(2, "@小港 帮\x00助"), said(3, "最后")):
            await driver.events.put(event)

        async def all_kept() -> bool:
            return await texts() == ["前后", "@小港 帮助", "最后"]

        await until(all_kept)
    async with transaction() as session:
        assert "帮助" in list(await session.scalars(select(Turn.text)))


async def test_one_that_cannot_be_stored_is_left_out_alone() -> None:
    driver = Told()
    async with running(driver):
        await driver.events.put(pulled_in(0))
        await until(joined)
        await record()
        lone = said(2, "半个字符 \ud800")  # no UTF-8: PostgreSQL never takes it
        for event in (said(1, "之前"), lone, said(3, "之后")):
            await driver.events.put(event)

        async def the_others_are_kept() -> bool:
            return await texts() == ["之前", "之后"]

        await until(the_others_are_kept)


async def test_pulled_in_again_it_keeps_nothing_without_a_new_yes() -> None:
    driver = Told()
    async with running(driver):
        await driver.events.put(pulled_in(0))
        await until(joined)
        await record()
        await driver.events.put(pulled_in(0))  # heard twice: nothing changes
        await driver.events.put(said(1, "说过可以记"))
        await until(lambda: said_so("说过可以记"))
        await driver.events.put(pulled_in(5))
        await driver.events.put(said(6, "没人说过可以记"))
        await driver.events.put(replace(said(7, "@小港 帮助"), mention_ids=(BOT,)))

        async def the_last_is_there() -> bool:
            async with transaction() as session:
                return "帮助" in list(await session.scalars(select(Turn.text)))

        await until(the_last_is_there)
    assert await texts() == ["说过可以记"]


async def said_so(text: str) -> bool:
    return text in await texts()


async def test_what_a_dead_gateway_said_lies_in_the_gap() -> None:
    driver = Told()
    async with running(driver) as runner:
        async with transaction() as session:
            before = await session.scalar(select(Bot.heard_at))
        driver.alive = False
        await runner._note_hearing()
        async with transaction() as session:
            assert await session.scalar(select(Bot.heard_at)) == before
        await driver.events.put(Disconnected(reason="网关没有回应"))

        async def in_a_gap() -> bool:
            async with transaction() as session:
                gap = await session.scalar(select(Gap).order_by(Gap.id.desc()))
                return gap is not None and gap.started_at == before

        await until(in_a_gap)
