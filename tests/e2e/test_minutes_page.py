"""The pages of minutes in a browser, on a phone and on a PC."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pypdfium2
import pytest
from docx import Document
from playwright.async_api import Download, Locator, Page, expect
from sqlalchemy import select

from botbay import jobs
from botbay.chat.access import PRIVATE, Subject
from botbay.chat.models import Account, Member, Message
from botbay.db import dispose, now, transaction
from botbay.postgres import EmbeddedPostgres
from botbay.settings import load_settings
from tests.drive_fixture import Drive, days_ago, new_account, new_drive
from tests.minutes_fixture import made
from tests.web_fixture import PC, PHONE, Site, chromium, postgres, running_site, window  # noqa: F401 (fixture)
from workers.mail.models import Mail, MailAttachment, MailState
from workers.minutes import html, repository, service

expect.set_options(timeout=30_000)  # the tests' machine may be busy

_LONG = "2026 年第一季度产品与研发同步群（华东华南联合，外包同事也在）"


@pytest.fixture(scope="module")
def server(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:  # noqa: F811
    settings = {"smtp_url": "smtp://bot:secret@127.0.0.1:9", "mail_from": "bot@example.com"}
    with running_site(postgres, tmp_path_factory.mktemp("minutes"), **settings) as running:
        yield running


@pytest.fixture
async def site(server: Site) -> AsyncIterator[Site]:
    await jobs.install()
    yield server
    await dispose()


@dataclass
class World:
    """王芳 is in 产品群, of which minutes are stored, and in a group of a long name, of which there are none."""

    drive: Drive
    account: str
    minutes: int
    said: list[int]


async def say(drive: Drive, room: str, texts: list[tuple[str, str]], *, start: datetime) -> list[int]:
    """Who said what, a minute apart; the messages' ids."""
    async with transaction() as session:
        messages = [
            Message(
                bot_id=drive.bot.id,
                room_id=drive.rooms[room].id,
                talker_id=drive.people[who].id,
                source_id=f"{room}-{start}-{number}",
                kind="text",
                text=text,
                sent_at=start + timedelta(minutes=number),
            )
            for number, (who, text) in enumerate(texts)
        ]
        session.add_all(messages)
        await session.flush()
        return [message.id for message in messages]


TALK = [
    ("王芳", "大家早，今天把 2.0 发版的事定一下"),
    ("老李", "好的"),
    ("王芳", "周五晚上 8 点发 2.0 版，先灰度 10% 的用户。"),
    ("钱小满", "支付页的崩溃要在发版前修好，昨天又有 37 个用户遇到。\n日志我发群里了"),
    ("王芳", "那就这么定了，周五晚上 8 点发版"),
    ("王芳", "@老李 你把支付页的崩溃修了，周五之前"),
    ("老李", "收到，我来修"),
    ("钱小满", "发版公告谁来写一下？"),
    ("老李", "需求文档在这里 https://example.com/prd/v2?tab=1&x=a_b_c#top"),
    ("钱小满", "设计稿按新的蓝色版改，旧的绿色不用了。"),
    ("老李", "旧用户的优惠券要不要一起迁过去？"),
    ("王芳", "哈哈哈哈 等会儿说"),
]


@pytest.fixture
async def world(site: Site) -> World:
    return await make_world()


async def make_world() -> World:
    drive = await new_drive()
    async with transaction() as session:
        account = await new_account(session, f"wang{drive.bot.id}")
        account.display_name, account.email = "王芳", "wang@example.com"
        await drive.person(session, "王芳", account)
        room = await drive.room(session, "产品群", "老李", "王芳", "钱小满", "阿May😀")
        await drive.room(session, _LONG, "老李", "王芳", "钱小满")
    zone = load_settings().zone
    since = days_ago(1).astimezone(zone).replace(hour=9, minute=0, second=0, microsecond=0)
    said = await say(drive, "产品群", TALK, start=since + timedelta(minutes=2))
    await say(drive, _LONG, TALK, start=now() - timedelta(minutes=20))
    async with transaction() as session:
        document = made(ids=tuple(said), since=since)
        row = await repository.hold(session, room.id, document.since, document.until)
        await repository.add_version(session, row, document)
        return World(drive, account.name, row.id, said)


@pytest.fixture(params=[PHONE, PC], ids=["phone", "pc"])
async def page(request: pytest.FixtureRequest, site: Site, world: World) -> AsyncIterator[Page]:
    async with chromium() as browser, window(browser, request.param) as opened:
        await enter(opened, site, world.account)
        await opened.goto(f"{site.url}/minutes")
        yield opened
        await fits(opened)


async def enter(page: Page, site: Site, account: str) -> None:
    page.set_default_timeout(30_000)
    await page.goto(await site.login_link(account))
    await page.get_by_test_id("sign-in").click()
    await page.wait_for_url(lambda url: "/login" not in url)


async def fits(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def part(page: Page, name: str) -> Locator:
    return page.get_by_test_id(f"part-{name}")


async def open_it(page: Page, world: World) -> None:
    await page.get_by_test_id(f"minutes-{world.minutes}").click()
    await expect(part(page, "todos")).to_be_visible()


async def saved(download: Download) -> bytes:
    return await asyncio.to_thread(Path(await download.path()).read_bytes)


async def exported(page: Page, extension: str) -> tuple[str, bytes]:
    await page.get_by_test_id("export").click()
    async with page.expect_download() as coming:
        await page.get_by_test_id(f"export-{extension}").click()
    download = await coming.value
    return download.suggested_filename, await saved(download)


async def test_every_item_opens_its_message_among_what_was_said_around_it(page: Page, world: World) -> None:
    await expect(page.get_by_test_id(f"minutes-{world.minutes}")).to_contain_text("3 件待办")
    await open_it(page, world)
    await expect(page.get_by_test_id("gap")).to_contain_text("不在线（网关断了）")
    await expect(page.get_by_test_id("todo").nth(1)).to_contain_text("待确认")
    await expect(part(page, "decisions")).to_contain_text("<b>6 月</b> | 之后下线")
    await expect(page.get_by_test_id("topic")).to_have_count(2)
    await fits(page)
    await part(page, "decisions").get_by_test_id("item").nth(1).click()
    panel = page.get_by_test_id("source")
    await expect(panel.get_by_test_id("source-message")).to_have_count(1)
    await expect(panel.get_by_test_id("source-message")).to_contain_text("日志我发群里了")
    await expect(panel.get_by_test_id("context-message").first).to_contain_text("大家早")
    await fits(page)
    await panel.get_by_test_id("close-source").click()
    await page.get_by_test_id("todo").first.click()
    await expect(panel.get_by_test_id("source-message")).to_contain_text("那就这么定了")
    await panel.get_by_test_id("close-source").click()
    async with transaction() as session:
        here = (world.drive.rooms["产品群"].id, world.drive.people["王芳"].id)
        (await session.get_one(Member, here)).left_at = now()
    await page.get_by_test_id("todo").first.click()
    await expect(panel.get_by_text("这条消息现在看不到了")).to_be_visible()
    await panel.get_by_test_id("close-source").click()
    answer = await page.request.get(page.url)
    assert answer.status == 404


async def test_editing_keeps_versions_and_brings_one_back(page: Page, world: World) -> None:
    await open_it(page, world)
    await page.get_by_test_id("edit").click()
    todos = page.get_by_test_id("edit-todos").get_by_test_id("line")
    await todos.nth(1).get_by_test_id("who").fill("钱小满")
    await todos.nth(1).get_by_test_id("text").fill("写发版公告，周四给大家看")
    await todos.nth(1).get_by_test_id("due-day").fill("2030-01-05")
    await todos.nth(1).get_by_test_id("due-hour").fill("18:30")
    await todos.nth(2).get_by_test_id("remove").click()
    await page.get_by_test_id("add-decisions").click()
    await page.get_by_test_id("edit-decisions").get_by_test_id("text").last.fill("下周一复盘")
    await fits(page)
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("todo")).to_have_count(2)
    changed = page.get_by_test_id("todo").nth(1)
    for words in ("钱小满", "写发版公告，周四给大家看", "2030年1月5日 周六 18:30"):
        await expect(changed).to_contain_text(words)
    await expect(part(page, "decisions")).to_contain_text("下周一复盘")
    await expect(page.get_by_test_id("made")).to_contain_text("王芳改的")

    await page.get_by_test_id("edit").click()
    await page.get_by_test_id("edit-summary").get_by_test_id("text").first.fill("")
    await page.get_by_test_id("save").click()
    await expect(page.get_by_text("有一条空着")).to_be_visible()
    await page.get_by_test_id("drop").click()

    await page.get_by_test_id("history").click()
    await expect(page.get_by_test_id("version-2")).to_contain_text("现在的")
    await fits(page)
    await page.get_by_test_id("version-1").get_by_text("看看").click()
    await expect(page.get_by_test_id("old-version")).to_contain_text("这是第 1 版（按聊天记录整理的）")
    await expect(page.get_by_test_id("todo")).to_have_count(3)
    await page.get_by_test_id("restore-this").click()
    await page.wait_for_url(lambda url: "version" not in url)
    await expect(page.get_by_test_id("todo")).to_have_count(3)
    await expect(page.get_by_test_id("todo").nth(1)).to_contain_text("待确认")
    await page.get_by_test_id("history").click()
    await expect(page.get_by_test_id("version-3")).to_contain_text("现在的")
    await page.get_by_test_id("close-history").click()


async def test_whoever_is_slower_loses_nothing(page: Page, world: World) -> None:
    await open_it(page, world)
    await page.get_by_test_id("edit").click()
    await page.get_by_test_id("title").fill("我起的标题")
    async with transaction() as session:
        account = (await session.scalars(select(Account).where(Account.name == world.account))).one()
        subject = Subject.of_account(account)
        stored = await service.get(session, subject, PRIVATE, world.minutes)
        assert stored is not None
        other = stored.document.model_copy(update={"title": "别人起的标题"})
        await service.save(session, subject, world.minutes, other, seen=1)
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("conflict")).to_contain_text("你改的还在")
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("title")).to_have_value("我起的标题")
    await page.reload()
    await expect(page.get_by_role("heading", name="别人起的标题")).to_be_visible()


async def test_exports_are_downloads_with_chinese_names(page: Page, world: World) -> None:
    await open_it(page, world)
    since = days_ago(1).astimezone(load_settings().zone)
    name, data = await exported(page, "md")
    assert name == f"产品群 纪要 {since:%Y-%m-%d}.md"
    assert "| 老李 | 把支付页的崩溃修了 |" in data.decode()
    name, data = await exported(page, "docx")
    assert name == f"产品群 纪要 {since:%Y-%m-%d}.docx"
    assert Document(io.BytesIO(data)).tables[0].rows[2].cells[1].text == "写发版公告"
    name, data = await exported(page, "pdf")
    assert name == f"产品群 纪要 {since:%Y-%m-%d}.pdf"
    document = pypdfium2.PdfDocument(data)
    sheet = document[0].get_textpage()
    assert "把支付页的崩溃修了" in sheet.get_text_bounded()
    sheet.close()
    document.close()
    for path in (f"/minutes/{world.minutes}/export/exe", "/minutes/999999/export/md", "/minutes/999999"):
        assert (await page.request.get(f"{page.url.split('/minutes')[0]}{path}")).status == 404


async def test_a_mail_goes_to_ones_own_address_and_its_fate_is_told(page: Page, world: World) -> None:
    await open_it(page, world)
    await page.get_by_test_id("mail").click()
    await expect(page.get_by_test_id("mail-to")).to_contain_text("wang@example.com")
    await page.get_by_test_id("send-mail").click()
    await expect(page.get_by_test_id("mail-fate")).to_contain_text("正在发")
    await fits(page)
    async with transaction() as session:
        mail = (
            await session.scalars(select(Mail).where(Mail.recipient == "wang@example.com").order_by(Mail.id))
        ).all()[-1]
        attached = (await session.scalars(select(MailAttachment).where(MailAttachment.mail_id == mail.id))).one()
        assert attached.name.endswith(".docx") and set(world.said[:3]) <= set(mail.sources)
        assert "把支付页的崩溃修了" in mail.html and "把支付页的崩溃修了" in mail.text
        mail.state, mail.ended_at = MailState.SENT, now()
    await expect(page.get_by_test_id("mail-fate")).to_contain_text("已发到 wang@example.com")
    await page.get_by_test_id("close-mail").click()


async def test_new_minutes_are_made_of_a_span(page: Page, world: World) -> None:
    await page.get_by_test_id("new-room").click()
    await page.get_by_role("option", name=_LONG).click()
    await page.get_by_test_id("make").click()
    await page.wait_for_url(lambda url: url.rstrip("/").split("/")[-1].isdigit())
    await expect(page.get_by_test_id("facts")).to_contain_text(_LONG)
    await expect(page.get_by_test_id("minutes")).to_contain_text("支付页的崩溃")
    await page.get_by_test_id("item").first.click()
    await expect(page.get_by_test_id("source-message").first).to_be_visible()
    await page.get_by_test_id("close-source").click()
    await fits(page)
    await page.go_back()
    await expect(page.get_by_test_id("day").first).to_contain_text(_LONG)
    await fits(page)
    await page.get_by_role("button", name="自选").click()
    await page.get_by_test_id("new-since").fill("2020-01-01T09:00")
    await page.get_by_test_id("new-until").fill("2020-01-01T08:00")
    await page.get_by_test_id("make").click()
    await expect(page.get_by_text("开始要早于结束")).to_be_visible()
    await page.get_by_test_id("new-until").fill("2020-01-01T18:00")
    await page.get_by_test_id("make").click()
    await expect(page.get_by_text("这段时间没有人说话")).to_be_visible()
    await page.get_by_test_id("filter-room").click()
    await page.get_by_role("option", name="产品群").click()
    await expect(page.get_by_test_id("day")).to_have_count(1)
    await expect(page.get_by_test_id(f"minutes-{world.minutes}")).to_be_visible()
    await page.get_by_test_id("filter-day").fill("2020-01-01")
    await expect(page.get_by_text("那一天和之前都没有纪要")).to_be_visible()


@pytest.mark.parametrize("size", [PHONE, PC], ids=["phone", "pc"])
async def test_an_empty_list_says_why(site: Site, size: tuple[int, int]) -> None:
    drive = await new_drive()
    name = f"new{drive.bot.id}"
    async with transaction() as session:
        account = await new_account(session, name)
    async with chromium() as browser, window(browser, size) as page:
        await enter(page, site, name)
        await page.goto(f"{site.url}/minutes")
        await expect(page.get_by_text("还不知道哪个微信是你")).to_be_visible()
        async with transaction() as session:
            await drive.person(session, "新人", account)
            room = await drive.room(session, "安静群", "新人", recording=False)
        await page.reload()
        await expect(page.get_by_text("还没有记录任何群")).to_be_visible()
        async with transaction() as session:
            (await session.merge(room)).recording_at = days_ago(0)
        await page.reload()
        await expect(page.get_by_text("在群里 @我 说「今天的纪要」")).to_be_visible()
        await page.get_by_test_id("make").click()
        await expect(page.get_by_text("这段时间没有人说话")).to_be_visible()
        await fits(page)


@pytest.mark.parametrize("width", [360, 720])
async def test_the_mail_fits_a_phone_and_a_desk(width: int) -> None:
    async with chromium() as browser, window(browser, (width, 900)) as page:
        await page.set_content(html.render(made(room=_LONG), "https://bot.example/minutes/3"))
        await fits(page)
        assert await page.locator("h2").all_inner_texts() == [
            "摘要",
            "决定",
            "待办",
            "待解决的问题",
            "重点",
            "链接",
            "文件",
            "关键词",
        ]
