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
from botbay.db import dispose, now, transaction
from botbay.settings import SIMULATOR, BotConfig, GatewayEndpoint, load_settings
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
    Failure,
    InboundMessage,
    Login,
    Logout,
    Media,
    MemberCard,
    MessageKind,
    RoomCard,
    RoomJoin,
    RoomLeave,
    RoomTopic,
    Scan,
    Target,
)
from tests.conftest import use_settings

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
    """A driver that says what it is told to say; ``alive`` is whether its gateway answers, ``told`` whether it keeps nothing back."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[DriverEvent] = asyncio.Queue()
        self.card: RoomCard | None = CARD
        self.alive = self.told = True

    async def run(self, emit: Emit) -> None:
        while True:
            await emit(await self.events.get())

    async def room(self, room_id: str) -> RoomCard:
        if self.card is None:
            raise DriverError("没有这个群")
        return self.card

    async def check(self) -> bool:
        if not self.alive:
            raise DriverUnavailable("没有回应")
        return self.told

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
async def running(driver: Told, config: BotConfig = SIMULATOR) -> AsyncIterator[BotRunner]:
    runner = BotRunner(config, driver, load_settings(), waits=False)
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


async def until(check: Callable[[], Awaitable[bool]], timeout: float = 60.0) -> None:
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


async def test_a_message_with_what_the_database_does_not_take_is_kept_without_it() -> None:
    driver = Told()
    async with running(driver):
        await driver.events.put(pulled_in(0))
        await until(joined)
        await record()
        half = said(3, "半个字符 \ud800", {"a": ["\udc00"]})
        for event in (said(1, "前\x00后", {"a": "\x00"}), said(2, "@小港 帮\x00助"), half, said(4, "最后")):
            await driver.events.put(event)

        async def all_kept() -> bool:
            return await texts() == ["前后", "@小港 帮助", "半个字符 ?", "最后"]

        await until(all_kept)
    async with transaction() as session:
        assert "帮助" in list(await session.scalars(select(Turn.text)))


async def test_one_that_cannot_be_stored_is_left_out_alone() -> None:
    driver = Told()
    async with running(driver):
        await driver.events.put(pulled_in(0))
        await until(joined)
        await record()
        lone = replace(said(2, "没有时区"), sent_at=datetime(2026, 11, 22))
        for event in (said(1, "之前"), lone, said(3, "之后")):
            await driver.events.put(event)

        async def the_others_are_kept() -> bool:
            return await texts() == ["之前", "之后"]

        await until(the_others_are_kept)


async def test_who_comes_in_is_written_down_where_the_room_is_recorded() -> None:
    driver = Told()
    async with running(driver):
        await driver.events.put(pulled_in(0))
        await until(joined)
        at = now() + timedelta(minutes=1)
        newcomer = MemberCard(id="wxid_new", name="小新")
        came = RoomJoin(
            room=replace(CARD, members=(*CARD.members, newcomer)), invitee_ids=("wxid_new",), inviter_id=OWNER, at=at
        )
        renamed = RoomTopic(room_id=ROOM, topic="新产品群", changer_id=OWNER, at=at)
        await driver.events.put(renamed)  # nobody has said yet that it may be kept
        await driver.events.put(said(1, "还没说可以记"))
        await asyncio.sleep(0.5)
        await record()
        left = RoomLeave(room_id=ROOM, leaver_ids=("wxid_new",), remover_id=None, at=at)
        out = RoomLeave(room_id=ROOM, leaver_ids=(BOT,), remover_id=OWNER, at=at)
        for event in (came, came, renamed, left, out, replace(came, at=at + timedelta(hours=1))):
            await driver.events.put(event)
        wanted = ["群主邀请小新进了群", "群主把群名改成「新产品群」", "小新离开了群", "群主把小港移出了群"]

        async def all_kept() -> bool:
            return await texts() == wanted

        await until(all_kept)
        await asyncio.sleep(0.5)
    assert await texts() == wanted


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
        for driver.alive, driver.told in ((True, False), (False, True)):
            await runner._note_hearing()
            async with transaction() as session:
                assert await session.scalar(select(Bot.heard_at)) == before
        await driver.events.put(Disconnected(reason="网关没有回应"))

        async def in_a_gap() -> bool:
            async with transaction() as session:
                gap = await session.scalar(select(Gap).order_by(Gap.id.desc()))
                return gap is not None and gap.started_at == before

        await until(in_a_gap)


# --- every way of being deaf is written down ---------------------------------------------------------------


async def gaps() -> list[tuple[str, bool]]:
    """Reasons, and whether the gap is still open."""
    async with transaction() as session:
        return [(gap.reason, gap.ended_at is None) for gap in await session.scalars(select(Gap).order_by(Gap.id))]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (Disconnected(reason="网关没有回应。"), "网关没有回应"),
        (Logout(reason="手机上退出"), "微信退出了登录"),
        (Scan(qrcode="https://login", status="waiting"), "微信退出了登录"),  # no logout was told before
        (Connected(), "和网关的连接断开过"),  # the driver broke down and could not tell
        (Login(contact=ContactCard(id="wxid_stranger", name="生人")), "登录的账号不在白名单里"),
    ],
    ids=["gateway down", "logged out", "to scan", "driver broken", "refused"],
)
async def test_a_deaf_bot_has_an_open_gap_until_it_is_logged_in(
    event: DriverEvent, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_settings(monkeypatch, login_whitelist=BOT)
    endpoint = GatewayEndpoint(token="t", host="127.0.0.1", port=1, tls=False, ca=None)
    driver = Told()
    async with running(driver, BotConfig(name="harbour", endpoint=endpoint)) as runner:
        await driver.events.put(event)

        async def open_gap() -> bool:
            return await gaps() == [(reason, True)]

        await until(open_gap)
        async with transaction() as session:
            before = await session.scalar(select(Bot.heard_at))
        await runner._note_hearing()
        async with transaction() as session:
            assert await session.scalar(select(Bot.heard_at)) == before
        await driver.events.put(Login(contact=ContactCard(id=BOT, name="小港")))

        async def over() -> bool:
            return await gaps() == [(reason, False)]

        await until(over)


async def test_a_connector_that_was_stopped_or_killed_was_deaf() -> None:
    async with running(Told()):
        assert await gaps() == []
    await dispose()  # a process that ends lets go of the bot
    async with running(Told()):

        async def told() -> bool:
            return await gaps() == [("BotBay 没有在运行", False)]

        await until(told)


async def test_a_message_that_could_not_be_had_is_a_moment_in_which_something_was_lost() -> None:
    driver = Told()
    async with running(driver):
        await driver.events.put(pulled_in(0))
        await until(joined)
        await record()
        await driver.events.put(replace(said(1, "没有时区"), sent_at=datetime(2026, 11, 22)))
        await driver.events.put(Failure(reason="有一条消息没能取到内容", lost=True))
        await driver.events.put(Failure(reason="网关说内存不够"))
        await driver.events.put(said(2, "之后"))
        await until(lambda: said_so("之后"))
    async with transaction() as session:
        found = list(await session.scalars(select(Gap).order_by(Gap.id)))
    assert [gap.reason for gap in found] == ["有一条消息存不下来", "有一条消息没能取到内容"]
    assert all(gap.started_at == gap.ended_at for gap in found)


async def test_what_waits_for_the_database_is_kept_and_until_then_nothing_counts_as_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    driver = Told()
    async with running(driver) as runner:
        await driver.events.put(pulled_in(0))
        await until(joined)
        await record()
        async with transaction() as session:
            before = await session.scalar(select(Bot.heard_at))
        handle, away = runner._handle, True

        async def handle_unless_away(events: Sequence[DriverEvent], at: datetime) -> None:
            if away:
                raise ConnectionRefusedError
            await handle(events, at)

        monkeypatch.setattr(runner, "_handle", handle_unless_away)
        await driver.events.put(said(1, "还没存下"))
        await asyncio.sleep(0.2)
        await runner._note_hearing()
        async with transaction() as session:
            assert await session.scalar(select(Bot.heard_at)) == before  # killed now, the message lies in the gap
        away = False
        await until(lambda: said_so("还没存下"))
