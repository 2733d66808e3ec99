"""The simulator's page in a browser, on a phone and on a PC: somebody talks to a bot that the test plays."""

import asyncio
import contextlib
import os
import re
import struct
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from playwright.async_api import Locator, Page, expect
from sqlalchemy import select, text

from botbay.chat import simulator, simulator_line
from botbay.chat.simulator_models import SimEvent, SimMessage
from botbay.db import Base, dispose, now, transaction
from botbay.postgres import EmbeddedPostgres
from connector.drivers import base
from connector.drivers.base import MessageKind, Target
from connector.drivers.simulator import SimulatorDriver
from tests.web_fixture import PC, PHONE, Site, chromium, postgres, running_site, window  # noqa: F401 (fixture)

E = TypeVar("E", bound=base.DriverEvent)
BOT = simulator_line.bot_id("simulator")
expect.set_options(timeout=30_000)  # the tests' machine may be busy
SIZES = pytest.mark.parametrize("size", [PHONE, PC], ids=["phone", "pc"])


@pytest.fixture(scope="module")
def server(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:  # noqa: F811
    with running_site(postgres, tmp_path_factory.mktemp("simulator")) as running:
        yield running


@pytest.fixture
async def site(server: Site) -> AsyncIterator[Site]:
    """The site, with nobody in the simulator."""
    tables = [table for table in Base.metadata.tables if table.startswith("sim_")]
    async with transaction() as session:
        await session.execute(text(f"TRUNCATE {', '.join(tables)}"))
    yield server
    await dispose()


@contextlib.asynccontextmanager
async def maintainer(site: Site, size: tuple[int, int]) -> AsyncIterator[Page]:
    """A browser's window in which a maintainer has the simulator open."""
    async with chromium() as browser, window(browser, size) as page:
        page.set_default_timeout(30_000)
        await page.goto(await site.login_link())
        await page.locator("button[type=submit]").click()
        await page.wait_for_url("**/me**")
        await page.goto(f"{site.url}/simulator")
        yield page
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


class Connector:
    """Runs the simulator's driver, keeps what it hears, and accepts every friend."""

    def __init__(self) -> None:
        self.driver = SimulatorDriver("simulator")
        self._heard: list[base.DriverEvent] = []
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> "Connector":
        self._run = asyncio.create_task(self.driver.run(self._emit))
        await self.heard(base.Connected)
        return self

    async def __aexit__(self, *error: object) -> None:
        self._run.cancel()
        await asyncio.wait([self._run])

    async def _emit(self, event: base.DriverEvent) -> None:
        if isinstance(event, base.Friendship) and event.kind is base.FriendshipKind.RECEIVED:
            await self.driver.accept_friendship(event.request_id)
        async with self._changed:
            self._heard.append(event)
            self._changed.notify_all()

    async def heard(self, kind: type[E], count: int = 1, *, from_self: bool = False) -> list[E]:
        """The events of a kind, once there are so many; of messages those of others, or of the bot's account."""

        def found() -> list[E]:
            events = [event for event in self._heard if isinstance(event, kind)]
            return [e for e in events if not isinstance(e, base.InboundMessage) or e.from_self == from_self]

        async with asyncio.timeout(60), self._changed:
            await self._changed.wait_for(lambda: len(found()) >= count)
        return found()


def chat(page: Page, title: str) -> Locator:
    return page.get_by_test_id("chat").filter(has=page.get_by_text(title, exact=True))


def said(page: Page, words: str) -> Locator:
    return page.get_by_test_id("text").filter(has_text=re.compile(f"^{re.escape(words)}$"))


async def write(page: Page, words: str) -> None:
    await expect(page.get_by_test_id("input")).to_be_visible()
    await page.get_by_test_id("input").press_sequentially(words)
    await page.get_by_test_id("input").press("Enter")
    await expect(page.get_by_test_id("input")).to_have_value("")


async def back(page: Page, size: tuple[int, int]) -> None:
    if size == PHONE:
        await page.get_by_test_id("back").click()


def png() -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\0" + bytes((n, 120, 160)) * 80 for n in range(60))
    head = struct.pack(">IIBBBBB", 80, 60, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@SIZES
async def test_a_newcomer_becomes_a_friend_and_talks_with_the_bot(site: Site, size: tuple[int, int]) -> None:
    async with maintainer(site, size) as page, Connector() as bot:
        await page.get_by_test_id("first-person").click()
        await page.get_by_test_id("new-person-form").get_by_role("textbox").fill("钱小满")
        await page.get_by_test_id("ok").click()
        await expect(page.get_by_test_id("me")).to_contain_text("钱小满")
        await chat(page, "小助手").click()
        await expect(page.get_by_test_id("hello")).to_have_value("hello bot")
        await page.get_by_test_id("add-friend").click()
        await expect(page.get_by_test_id("notice")).to_have_text("已经是好友了，现在可以开始聊天。")

        await write(page, "你好，<b>今天</b>的日报")
        await expect(said(page, "你好，<b>今天</b>的日报")).to_be_visible()
        [message] = await bot.heard(base.InboundMessage, 1)
        assert (message.talker.name, message.text, message.room_id) == (
            "钱小满",
            "你好，<b>今天</b>的日报",
            None,
        )
        async with transaction() as session:
            [event] = await session.scalars(select(SimEvent).where(SimEvent.kind == "message"))
        assert event.payload["source_id"] == message.source_id

        await bot.driver.send_text(Target(room_id=None, contact_id=message.talker.id), "日报来了\n第二行")
        await expect(page.get_by_test_id("text").last).to_have_text("日报来了\n第二行", use_inner_text=True)
        await back(page, size)
        await expect(chat(page, "小助手")).to_contain_text("日报来了 第二行")


@SIZES
async def test_pictures_and_files_of_any_size_go_both_ways(site: Site, size: tuple[int, int], tmp_path: Path) -> None:
    picture, large = tmp_path / "现场 照片.png", tmp_path / "方案（终稿）#1.docx"
    await asyncio.to_thread(picture.write_bytes, png())
    data = os.urandom(6_000_000)
    await asyncio.to_thread(large.write_bytes, data)
    await one_friend()
    async with maintainer(site, size) as page, Connector() as bot:
        await chat(page, "小助手").click()
        async with page.expect_file_chooser() as chosen:
            await page.get_by_test_id("pick-picture").click()
        await (await chosen.value).set_files(picture)
        shown = page.get_by_test_id("picture").locator("img")
        await expect(shown).to_have_js_property("naturalWidth", 80)
        async with page.expect_file_chooser() as chosen:
            await page.get_by_test_id("pick-file").click()
        await (await chosen.value).set_files(large)
        await expect(page.get_by_test_id("file")).to_contain_text("方案（终稿）#1.docx5.7 MB")
        first, second = await bot.heard(base.InboundMessage, 2)
        assert (first.kind, second.kind) == (MessageKind.IMAGE, MessageKind.FILE)
        assert second.file_name == "方案（终稿）#1.docx"
        media = await bot.driver.fetch_media(second.source_id, second.kind)
        assert b"".join([chunk async for chunk in media.chunks]) == data

        target = Target(room_id=None, contact_id="li")
        await bot.driver.send_file(target, large, "回执.bin", MessageKind.FILE)
        await expect(page.get_by_test_id("file").last).to_contain_text("回执.bin")
        async with page.expect_download() as download:
            await page.get_by_test_id("file").last.click()
        kept = await (await download.value).path()
        assert (await download.value).suggested_filename == "回执.bin"
        assert await asyncio.to_thread(kept.read_bytes) == data


@SIZES
async def test_in_a_group_names_are_mentioned_quoted_and_taken_back(site: Site, size: tuple[int, int]) -> None:
    async with maintainer(site, size) as page, Connector() as bot:
        await page.get_by_test_id("demo").click()
        await chat(page, "产品群").click()
        await expect(page.get_by_test_id("title")).to_have_text("产品群（5）")
        await page.get_by_test_id("at").click()
        await page.get_by_test_id("mention").filter(has_text="小助手").click()
        await expect(page.get_by_test_id("input")).to_have_value("@小助手\u2005")
        await write(page, "纪要")
        await write(page, "@小助手 手打的")
        meant, typed = await bot.heard(base.InboundMessage, 2)
        assert (meant.text, meant.mention_ids) == ("@小助手\u2005纪要", (BOT,))
        assert (typed.text, typed.mention_ids) == ("@小助手 手打的", ())
        assert meant.room_id == "sim-demo@chatroom"

        room = Target(room_id=meant.room_id, contact_id=None)
        answer = await bot.driver.send_text(room, "@老李\u2005好的", ["sim-laoli"])
        await menu_of(page, "@老李\u2005好的", "quote-it")
        await expect(page.get_by_test_id("quoting")).to_contain_text("小助手：@老李")
        await write(page, "谢谢")
        assert (await bot.heard(base.InboundMessage, 3))[-1].quoted_id == answer
        await expect(page.get_by_test_id("quote")).to_contain_text("小助手：@老李")

        await menu_of(page, "谢谢", "recall-it")
        await expect(page.get_by_test_id("recalled")).to_have_text("你撤回了一条消息")
        recalled = (await bot.heard(base.InboundMessage, 4))[-1]
        assert recalled.kind is MessageKind.RECALL

        # What cannot be said comes back into the box, with what it quotes.
        await menu_of(page, "@老李\u2005好的", "quote-it")
        async with transaction() as session:
            (await session.get_one(SimMessage, int(answer.removeprefix("sim-")))).recalled_at = now()
        await page.get_by_test_id("input").press_sequentially("再问一句")
        await page.get_by_test_id("input").press("Enter")
        await expect(page.get_by_text("这条消息不能引用了。")).to_be_visible()
        await expect(page.get_by_test_id("input")).to_have_value("再问一句")
        await page.get_by_role("button", name="不引用了").click()
        await page.get_by_test_id("input").press("Enter")
        await expect(said(page, "再问一句")).to_be_visible()


async def menu_of(page: Page, words: str, item: str) -> None:
    message = page.get_by_test_id("message").filter(has=said(page, words))
    await message.hover()
    await message.get_by_test_id("message-more").click()
    await page.get_by_test_id(item).click()


@SIZES
async def test_a_group_is_made_the_bot_pulled_in_and_somebody_put_out(site: Site, size: tuple[int, int]) -> None:
    async with transaction() as session:
        await simulator_line.open_account(session, "simulator")
        for name in ("老李", "小王"):
            await simulator.create_contact(session, name)
    async with maintainer(site, size) as page, Connector() as bot:
        await page.get_by_test_id("add").click()
        await page.get_by_test_id("new-room").click()
        form = page.get_by_test_id("room-form")
        await form.get_by_role("textbox").fill("新项目")
        await form.get_by_role("checkbox", name="小王").click()
        await form.get_by_test_id("ok").click()
        await expect(page.get_by_test_id("title")).to_have_text("新项目（2）")

        await page.get_by_test_id("room-info").click()
        await page.get_by_test_id("invite").click()
        await page.get_by_test_id("invite-form").get_by_role("checkbox", name="小助手").click()
        await page.get_by_test_id("ok").click()
        await expect(page.get_by_test_id("title")).to_have_text("新项目（3）")
        await page.get_by_test_id("room-info").click()
        await page.get_by_role("button", name="把小王移出群聊").click()
        await expect(page.get_by_test_id("title")).to_have_text("新项目（2）")
        await page.get_by_test_id("room-info").click()
        await page.get_by_test_id("set-alias").click()
        await page.get_by_test_id("alias-form").get_by_role("textbox").fill("李工")
        await page.get_by_test_id("ok").click()
        await expect(page.get_by_test_id("alias-form")).to_be_hidden()
        [joined] = await bot.heard(base.RoomJoin)
        [left] = await bot.heard(base.RoomLeave)
    assert joined.invitee_ids == (BOT,)
    assert left.remover_id == joined.inviter_id


async def one_friend() -> None:
    async with transaction() as session:
        await simulator_line.open_account(session, "simulator")
        await simulator.create_contact(session, "老李", id="li")
        await simulator.befriend(session, BOT, "li")


@SIZES
async def test_the_owner_types_logs_out_and_scans(site: Site, size: tuple[int, int]) -> None:
    await one_friend()
    async with maintainer(site, size) as page, Connector() as bot:
        await page.get_by_test_id("owner").click()
        await expect(page.get_by_test_id("me")).to_contain_text("小助手的主人")
        await chat(page, "老李").click()
        await write(page, "我是本人")
        await expect(page.get_by_test_id("message")).to_have_attribute("data-mine", "true")
        await bot.heard(base.InboundMessage, from_self=True)
        await back(page, size)
        await page.get_by_test_id("owner").click()
        await expect(page.get_by_test_id("me")).to_contain_text("老李")

        await page.get_by_test_id("account").click()
        await page.get_by_test_id("log-out").click()
        await expect(page.get_by_text("等待扫码")).to_be_visible()
        await page.get_by_test_id("account").click()
        await page.get_by_test_id("scan").click()
        await expect(page.get_by_alt_text("登录二维码")).to_be_visible()
        await page.get_by_test_id("qr").get_by_test_id("ok").click()
        await expect(page.get_by_text("在线", exact=True)).to_be_visible()
        await bot.heard(base.Login, 2)
        scans = await bot.heard(base.Scan, 2)
    assert [scan.qrcode != "" for scan in scans] == [True, False]


async def test_a_deaf_bot_is_told_of_and_two_phones_see_each_other(site: Site) -> None:
    async with maintainer(site, PC) as page:
        await page.get_by_test_id("demo").click()
        await chat(page, "产品群").click()
        other = await page.context.new_page()
        await other.goto(f"{site.url}/simulator?me=sim-xiaowang")
        await expect(chat(other, "产品群")).to_be_visible()
        await write(page, "大家好")
        await expect(chat(other, "产品群")).to_contain_text("老李：大家好")
        await expect(other.get_by_test_id("unread")).to_be_visible()
        await chat(other, "产品群").click()
        await expect(said(other, "大家好")).to_be_visible()
        await expect(other.get_by_test_id("unread")).to_be_hidden()
        await expect(page.get_by_test_id("deaf")).to_contain_text("没有在听", timeout=30_000)
        async with Connector():
            await expect(page.get_by_test_id("deaf")).to_be_hidden()


async def test_only_maintainers_get_in_and_only_pictures_show_in_the_page(site: Site) -> None:
    await one_friend()

    async def chunks() -> AsyncIterator[bytes]:
        yield b"<script>alert(1)</script>"

    file = await simulator.keep_file("页面.html", chunks())
    async with transaction() as session:
        sent = await simulator.say_file(session, simulator.private_chat(BOT, "li"), "li", "file", file)
    async with chromium() as browser, window(browser, PC) as page:
        await page.goto(f"{site.url}/simulator")
        await page.wait_for_url("**/login**")
        await page.goto(f"{site.url}/simulator/files/{sent.id}")
        await page.wait_for_url("**/login**")
    async with maintainer(site, PC) as page:
        answer = await page.request.get(f"{site.url}/simulator/files/{sent.id}")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E9%A1%B5")
        assert (await page.request.get(f"{site.url}/simulator/files/999")).status == 404
