"""The simulator's driver on a real database: what is said in the simulated WeChat is heard, in order."""

import asyncio
import contextlib
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from botbay import db, schema, storage
from botbay.chat import lines, simulator, simulator_line, simulator_phone
from botbay.chat.simulator import SimulatorError, private_chat, room_chat
from botbay.chat.simulator_models import SimEvent, SimMessage, SimRoom
from botbay.db import transaction
from botbay.postgres import EmbeddedPostgres
from connector.drivers import base
from connector.drivers.base import MessageKind, Target
from connector.drivers.simulator import SimulatorDriver
from tests.conftest import use_settings
from tests.integration.drivers.conformance import DriverConformance
from tests.integration.drivers.simulator_world import SimulatorWorld

BOT = simulator_line.bot_id("simulator")
E = TypeVar("E", bound=base.DriverEvent)


class Ear:
    """Runs a driver and keeps what it heard; ``take`` refuses events on purpose when it is set."""

    def __init__(self, driver: SimulatorDriver) -> None:
        self.driver = driver
        self.heard: list[base.DriverEvent] = []
        self.take: Callable[[base.DriverEvent], None] = lambda event: None
        self._changed = asyncio.Condition()

    async def emit(self, event: base.DriverEvent) -> None:
        self.take(event)
        async with self._changed:
            self.heard.append(event)
            self._changed.notify_all()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["Ear"]:
        task = asyncio.create_task(self.driver.run(self.emit))
        try:
            await self.until(base.Connected)
            yield self
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def until(self, kind: type[E], count: int = 1) -> list[E]:
        async with asyncio.timeout(60), self._changed:
            await self._changed.wait_for(lambda: len(self.of(kind)) >= count)
        return self.of(kind)

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.heard if isinstance(event, kind)]


@pytest.fixture
async def driver(people: None) -> AsyncIterator[SimulatorDriver]:
    """Running, logged in; nobody listens to what it hears."""
    async with Ear(SimulatorDriver("simulator")).listening() as ear:
        yield ear.driver


@pytest.fixture
async def people(database: str) -> None:
    async with transaction() as session:
        await simulator_line.open_account(session, "simulator")
        for contact_id, name in (("li", "老李"), ("wang", "小王")):
            await simulator.create_contact(session, name, id=contact_id)


async def _make_friends(*contact_ids: str) -> None:
    async with transaction() as session:
        for contact_id in contact_ids:
            await simulator.befriend(session, BOT, contact_id)


async def _say(chat: simulator.Chat, talker_id: str, words: str, **options: object) -> SimMessage:
    async with transaction() as session:
        return await simulator.say(session, chat, talker_id, words, **options)  # type: ignore[arg-type]


async def _chunks(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 100_000):
        yield data[start : start + 100_000]


async def test_a_bot_is_logged_in_from_the_start(database: str) -> None:
    async with Ear(SimulatorDriver("simulator")).listening() as ear:
        [login] = await ear.until(base.Login)
    assert login.contact == base.ContactCard(id="sim-bot", name="小助手")
    assert [type(event) for event in ear.heard] == [base.Connected, base.Login]


async def test_logging_out_asks_for_a_scan_and_what_was_said_meanwhile_is_heard_after_the_login(
    people: None,
) -> None:
    await _make_friends("li")
    driver = SimulatorDriver("simulator")
    async with Ear(driver).listening() as ear:
        await ear.until(base.Login)
        await driver.logout()
        [scan] = await ear.until(base.Scan)
        assert [event.reason for event in ear.of(base.Logout)] == ["机器人退出了登录。"]
        assert (scan.status, scan.qrcode[:8]) == ("waiting", "https://")
        with pytest.raises(base.DriverUnavailable, match="没有登录"):
            await driver.send_text(Target(room_id=None, contact_id="li"), "在吗")
        await _say(private_chat(BOT, "li"), "li", "在吗")
        async with transaction() as session:
            await simulator_line.log_in(session, await simulator_line.open_account(session, "simulator"))
        await ear.until(base.InboundMessage)
    assert [type(event) for event in ear.heard[-3:]] == [base.Scan, base.Login, base.InboundMessage]


async def test_a_driver_that_starts_while_logged_out_hears_the_qr_code(people: None) -> None:
    async with transaction() as session:
        await simulator_line.log_out(session, await simulator_line.open_account(session, "simulator"), "手机上退出")
    async with Ear(SimulatorDriver("simulator")).listening() as ear:
        await ear.until(base.Scan)
        await asyncio.sleep(0.2)
    assert [type(event) for event in ear.heard] == [base.Connected, base.Scan]


async def test_many_people_at_once_are_heard_in_the_order_of_the_chat(people: None) -> None:
    await _make_friends("li", "wang")
    async with Ear(SimulatorDriver("simulator")).listening() as ear:
        await asyncio.gather(*(_say(private_chat(BOT, who), who, f"{n}") for n in range(20) for who in ("li", "wang")))
        heard = await ear.until(base.InboundMessage, 40)
    async with transaction() as session:
        queued = list(await session.scalars(select(SimEvent).order_by(SimEvent.id)))
    assert [message.source_id for message in heard] == [event.payload["source_id"] for event in queued]
    assert len({message.source_id for message in heard}) == 40


async def test_what_was_not_taken_over_is_heard_again_by_the_next_connector(people: None) -> None:
    await _make_friends("li")
    first = Ear(SimulatorDriver("simulator"))

    class Killed(Exception):
        pass

    def die(event: base.DriverEvent) -> None:
        if isinstance(event, base.InboundMessage) and event.text == "二":
            raise Killed

    first.take = die
    for words in ("一", "二", "三"):
        await _say(private_chat(BOT, "li"), "li", words)
    with pytest.raises(Killed):
        await first.driver.run(first.emit)
    async with Ear(SimulatorDriver("simulator")).listening() as second:
        heard = await second.until(base.InboundMessage, 2)
    assert [message.text for message in first.of(base.InboundMessage)] == ["一"]
    assert [message.text for message in heard] == ["二", "三"]


@pytest.fixture
async def own_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[EmbeddedPostgres]:
    """A database server that only this test uses, so that it may be stopped."""
    server = EmbeddedPostgres(tmp_path / "postgres")
    await asyncio.to_thread(server.start)
    use_settings(monkeypatch, database_url=server.url(), data_dir=tmp_path / "data")
    await schema.migrate()
    yield server
    await db.dispose()
    await asyncio.to_thread(server.stop)


async def test_a_database_restart_is_told_and_lived_through(own_server: EmbeddedPostgres) -> None:
    async with transaction() as session:
        await simulator_line.open_account(session, "simulator")
        await simulator.create_contact(session, "老李", id="li")
    await _make_friends("li")
    driver = SimulatorDriver("simulator")
    async with Ear(driver).listening() as ear:
        await ear.until(base.Login)
        await asyncio.to_thread(own_server.stop)
        await ear.until(base.Disconnected)
        with pytest.raises(base.DriverUnavailable):
            await driver.check()
        with pytest.raises(base.DriverUnavailable):
            await driver.send_text(Target(room_id=None, contact_id="li"), "听得到吗")
        await asyncio.to_thread(own_server.start)
        await ear.until(base.Connected, 2)
        await driver.check()
        await _say(private_chat(BOT, "li"), "li", "回来了？")
        [message] = await ear.until(base.InboundMessage)
    assert message.text == "回来了？"
    assert len(ear.of(base.Disconnected)) == 1


async def test_a_friend_request_is_heard_and_only_an_accepted_one_lets_them_talk(people: None) -> None:
    driver = SimulatorDriver("simulator")
    chat = private_chat(BOT, "li")
    with pytest.raises(SimulatorError, match="还不是好友"):
        await _say(chat, "li", "你好")
    async with Ear(driver).listening() as ear:
        async with transaction() as session:
            await simulator.ask_to_be_friends(session, BOT, "li", "hello bot")
        [asked] = await ear.until(base.Friendship)
        assert (asked.kind, asked.contact.name, asked.hello) == (
            base.FriendshipKind.RECEIVED,
            "老李",
            "hello bot",
        )
        assert not asked.contact.is_friend
        await driver.accept_friendship(asked.request_id)
        await driver.accept_friendship(asked.request_id)
        confirmed = (await ear.until(base.Friendship, 2))[-1]
        assert (confirmed.kind, confirmed.contact.is_friend) == (base.FriendshipKind.CONFIRMED, True)
        await _say(chat, "li", "你好")
        [message] = await ear.until(base.InboundMessage)
        with pytest.raises(base.DriverError, match="没有这个好友申请"):
            await driver.accept_friendship("sim-request-0")
    assert (message.text, message.room_id, message.listener_id, message.from_self) == (
        "你好",
        None,
        BOT,
        False,
    )
    assert len(ear.of(base.Friendship)) == 2


async def test_a_friend_of_old_comes_without_a_word(people: None) -> None:
    await _make_friends("li")
    async with Ear(SimulatorDriver("simulator")).listening() as ear:
        await _say(private_chat(BOT, "li"), "li", "在吗")
        await ear.until(base.InboundMessage)
    assert ear.of(base.Friendship) == []


async def test_a_group_with_its_names_mentions_quotes_and_comings_and_goings(people: None) -> None:
    driver = SimulatorDriver("simulator")
    async with Ear(driver).listening() as ear:
        async with transaction() as session:
            room = await simulator.create_room(session, "li", "产品群", ["wang"])
            await simulator.say(session, room_chat(room.id), "wang", "机器人还没来")
            await simulator.invite(session, room.id, "wang", [BOT])
            await simulator.set_room_alias(session, room.id, "wang", "王(测试)")
        [joined] = await ear.until(base.RoomJoin)
        assert (joined.invitee_ids, joined.inviter_id, joined.room.owner_id) == ((BOT,), "wang", "li")
        assert [member.name for member in joined.room.members] == ["老李", "小王", "小助手"]
        answer = await driver.send_text(Target(room_id=room.id, contact_id=None), "@王(测试)\u2005收到", ["wang"])
        assert answer is not None
        async with transaction() as session:
            chat = room_chat(room.id)
            quoted = int(answer.removeprefix("sim-"))
            said = await simulator.say(session, chat, "wang", "@小助手\u2005谁", mention_ids=[BOT], quoted_id=quoted)
            await simulator.recall(session, said.id, "wang")
            await simulator.set_topic(session, room.id, "li", "产品二群")
            await simulator.kick(session, room.id, "li", "wang")
            await simulator.leave(session, room.id, BOT)
        left = await ear.until(base.RoomLeave, 2)
        assert (await driver.room(room.id)).topic == "产品二群"
        with pytest.raises(base.DriverError, match="不在这个群"):
            await driver.send_text(Target(room_id=room.id, contact_id=None), "还在吗")
    echo, question, recalled = ear.of(base.InboundMessage)
    assert (echo.source_id, echo.from_self, echo.mention_ids) == (answer, True, ("wang",))
    assert (question.mention_ids, question.quoted_id, question.text) == ((BOT,), answer, "@小助手\u2005谁")
    assert (recalled.kind, recalled.recalled_id) == (MessageKind.RECALL, question.source_id)
    assert [event.topic for event in ear.of(base.RoomTopic)] == ["产品二群"]
    assert [(event.leaver_ids, event.remover_id) for event in left] == [(("wang",), "li"), ((BOT,), None)]


async def test_an_invitation_is_joined_once_it_is_accepted(people: None) -> None:
    driver = SimulatorDriver("simulator")
    async with Ear(driver).listening() as ear:
        async with transaction() as session:
            room = await simulator.create_room(session, "li", "大群")
            await simulator.send_invitation(session, room.id, "li", BOT)
        [invited] = await ear.until(base.RoomInvite)
        assert (invited.topic, invited.inviter.name) == ("大群", "老李")
        await driver.accept_invitation(invited.invitation_id)
        await ear.until(base.RoomJoin)
        assert BOT in {member.id for member in (await driver.room(room.id)).members}


async def test_the_owner_typing_on_the_phone_sounds_like_the_bot_itself(people: None) -> None:
    await _make_friends("li")
    async with transaction() as session:
        await simulator.set_remark(session, BOT, "li", "李总")
    driver = SimulatorDriver("simulator")
    async with Ear(driver).listening() as ear:
        typed = await _say(private_chat(BOT, "li"), BOT, "我是本人")
        [message] = await ear.until(base.InboundMessage)
        assert (await driver.contact("li")).alias == "李总"
    assert (message.source_id, message.from_self, message.listener_id) == (typed.source_id, True, "li")


async def test_a_file_of_6_mb_goes_both_ways_unharmed(driver: SimulatorDriver, tmp_path: Path) -> None:
    await _make_friends("li")
    data = os.urandom(6 * 1024 * 1024)
    file = await simulator.keep_file("方案.pdf", _chunks(data))
    async with transaction() as session:
        sent = await simulator.say_file(session, private_chat(BOT, "li"), "li", "file", file)
    media = await driver.fetch_media(sent.source_id, MessageKind.FILE)
    digest = hashlib.sha256(b"".join([chunk async for chunk in media.chunks])).hexdigest()
    assert (media.name, media.size, digest) == ("方案.pdf", len(data), hashlib.sha256(data).hexdigest())
    path = tmp_path / "out.bin"
    path.write_bytes(data)
    source_id = await driver.send_file(Target(room_id=None, contact_id="li"), path, "回执.bin", MessageKind.FILE)
    assert source_id is not None
    async with transaction() as session:
        shown = (await simulator_phone.history(session, private_chat(BOT, "li"), "li"))[-1]
        key = await session.scalar(select(SimMessage.file_key).where(SimMessage.id == shown.id))
    assert key is not None
    assert (shown.file_name, shown.file_size) == ("回执.bin", len(data))
    assert (
        hashlib.sha256(b"".join([chunk async for chunk in storage.get(key)])).digest() == hashlib.sha256(data).digest()
    )


async def test_links_cards_and_emoticons_are_heard_with_what_they_bring(people: None) -> None:
    await _make_friends("li")
    chat = private_chat(BOT, "li")
    told = (
        ("link", "年会通知\n带上家属\nhttps://example.com"),
        ("card", "王五"),
        ("emoticon", "抱拳"),
        ("emoticon", ""),
        ("red_packet", "恭喜发财"),
    )
    async with transaction() as session:
        for kind, words in told:
            await simulator.say_special(session, chat, "li", kind, words)
        with pytest.raises(SimulatorError):
            await simulator.say_special(session, chat, "li", "card", " ")
    async with Ear(SimulatorDriver("simulator")).listening() as ear:
        heard = await ear.until(base.InboundMessage, len(told))
    assert [lines.words(message.kind, details=message.details) for message in heard] == [
        "[链接] 年会通知",
        "[名片] 王五",
        "[表情] 抱拳",
        "[表情]",
        "[红包]",
    ]
    assert heard[0].details == {"title": "年会通知", "description": "带上家属", "url": "https://example.com"}


async def test_a_recalled_file_is_gone_everywhere(driver: SimulatorDriver) -> None:
    await _make_friends("li")
    file = await simulator.keep_file("草稿.txt", _chunks(b"x"))
    async with transaction() as session:
        sent = await simulator.say_file(session, private_chat(BOT, "li"), "li", "file", file)
        await simulator.recall(session, sent.id, "li")
        [*_, shown] = await simulator_phone.history(session, private_chat(BOT, "li"), BOT)
    assert (shown.recalled, shown.file_name) == (True, None)
    with pytest.raises(base.MediaGone):
        await driver.fetch_media(sent.source_id, MessageKind.FILE)
    with pytest.raises(storage.NotStored):
        [chunk async for chunk in storage.get(file.key)]


async def test_nothing_of_a_recalled_text_stays(people: None) -> None:
    await _make_friends("li")
    async with Ear(SimulatorDriver("simulator")).listening() as ear:
        said = await _say(private_chat(BOT, "li"), "li", "这是秘密")
        async with transaction() as session:
            await simulator.recall(session, said.id, "li")
        await ear.until(base.InboundMessage, 2)
        await _say(private_chat(BOT, "li"), "li", "没事")
        await ear.until(base.InboundMessage, 3)  # by now the first two are marked as heard
    async with transaction() as session:
        events = [str(event.payload) for event in await session.scalars(select(SimEvent))]
        chat = [str(vars(message)) for message in await session.scalars(select(SimMessage))]
    assert "秘密" not in "".join(events + chat)


async def test_two_bots_in_one_group_hear_each_other_and_nobody_elses_private_chats(people: None) -> None:
    other = simulator_line.bot_id("second")
    async with transaction() as session:
        await simulator_line.open_account(session, "second")
        room = await simulator.create_room(session, "li", "双机群", [BOT, other])
    await _make_friends("li")
    one, two = Ear(SimulatorDriver("simulator")), Ear(SimulatorDriver("second"))
    async with one.listening(), two.listening():
        await _say(private_chat(BOT, "li"), "li", "只给一号")
        await one.driver.send_text(Target(room_id=room.id, contact_id=None), "一号说")
        [heard] = await two.until(base.InboundMessage)
        await one.until(base.InboundMessage, 2)
    assert (heard.text, heard.from_self, heard.talker.id) == ("一号说", False, BOT)


async def test_a_phone_shows_its_chats_and_a_newcomer_nothing_of_before(people: None) -> None:
    await _make_friends("li")
    async with transaction() as session:
        room = await simulator.create_room(session, "li", "产品群", [BOT])
        await simulator.say(session, room_chat(room.id), "li", "早先的话")
        await simulator.invite(session, room.id, "li", ["wang"])
        await simulator.say(session, room_chat(room.id), "li", "欢迎")
        await simulator.set_room_alias(session, room.id, "li", "李工")
        heads = {head.title: head for head in await simulator_phone.chats(session, "wang")}
        lines = await simulator_phone.history(session, room_chat(room.id), "wang")
        stranger = await simulator_phone.history(session, private_chat(BOT, "li"), "wang")
        of_bot = await simulator_phone.chats(session, BOT)
    assert heads["产品群"].last_text == "李工：欢迎"
    assert not heads["小助手"].can_talk
    assert [line.text for line in lines if line.talker_id] == ["欢迎"]
    assert lines[-1].talker == "李工"
    assert stranger == []
    assert {head.title for head in of_bot} == {"产品群", "老李"}


async def test_the_sample_group_is_made_once(database: str) -> None:
    for _ in range(2):
        async with transaction() as session:
            room = await simulator.seed_demo(session)
    async with transaction() as session:
        seats = await simulator_phone.seats(session, room.id)
        assert await session.scalar(select(func.count()).select_from(SimRoom)) == 1
    assert (room.topic, [seat.name for seat in seats]) == (
        "产品群",
        ["老李", "小王", "张姐", "赵敏", "小助手"],
    )


@pytest.mark.parametrize("words", ["", "  \n", "\x00", "长" * (simulator.LONGEST_TEXT + 1)])
async def test_what_wechat_would_refuse_is_refused(driver: SimulatorDriver, words: str) -> None:
    await _make_friends("li")
    with pytest.raises(SimulatorError):
        await _say(private_chat(BOT, "li"), "li", words)
    with pytest.raises(base.DriverError):
        await driver.send_text(Target(room_id=None, contact_id="li"), words)


class TestSimulatorDriver(DriverConformance):
    @pytest_asyncio.fixture
    async def world(self, database: str) -> SimulatorWorld:
        world = SimulatorWorld()
        await world.open()
        return world
