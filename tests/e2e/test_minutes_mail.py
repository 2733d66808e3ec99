"""纪要, then 也发我邮箱: the minutes in chat, and the mail as a real server got it, looked at in a browser."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from docx import Document
from playwright.async_api import Page

from botbay.chat import simulator
from botbay.db import dispose, transaction
from tests.e2e.phone import Phone, bound_person, recorded_room
from tests.e2e.stack import Stack, eventually, running
from tests.gateway_fixture import free_port
from tests.smtp_fixture import MailServer, smtp_server
from tests.web_fixture import PC, PHONE, chromium, window

OWN = "xiaoman@corp.example"
SAID = [
    ("sim-xiaoman", "大家看下周三的发布，登录页的按钮在小屏上被挡住了"),
    ("sim-zhao", "我查到了，是样式缓存的问题，改一行就好"),
    ("sim-xiaoman", "那发布推迟到周五，就这么定了"),
    ("sim-zhao", "收到"),
    ("sim-xiaoman", "@赵云\u2005你明天下班前把登录页的补丁提交一下"),
    ("sim-zhao", "好的，明天下午提交"),
    ("sim-zhao", "灰度的比例谁来定？"),
    ("sim-zhao", "我的电话 13812345678，有事打我"),
]


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Stack]:
    settings = {"smtp_url": f"smtp://127.0.0.1:{port}?tls=none", "mail_from": "BotBay <bot@corp.example>"}
    with running(Stack(tmp_path_factory.mktemp("mailed") / "data", **settings)) as up:
        yield up


async def talked() -> Phone:
    """A room whose talk is kept, and the phone of its owner."""
    phone = await bound_person("xiaoman", "钱小满", OWN)
    here = await recorded_room("sim-xiaoman", "产品群", sim_zhao="赵云")
    for who, words in SAID:
        async with transaction() as session:
            await simulator.say(session, here.chat, who, words)
    return phone


async def look(page: Page, html: str, picture: Path) -> bytes:
    """The mail as a page of its own; nothing may come from elsewhere, nothing stand over the edge."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.set_content(html)
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert [url for url in asked if not url.startswith(("data:", "about:"))] == []
    return await page.screenshot(path=picture, full_page=True)


async def received(mails: MailServer, count: int) -> None:
    async def came() -> None:
        assert len(mails.received) == count

    await eventually(came, timeout=90)


async def test_from_the_question_to_the_mail(stack: Stack, port: int, tmp_path: Path) -> None:
    phone = await talked()
    async with smtp_server(port=port) as mails:
        await phone.say("产品群今天的纪要")
        told = await phone.hears("产品群")
        assert "推迟到周五" in told
        assert "赵云" in told
        assert "补丁" in told
        await phone.say("也发我邮箱")
        await phone.hears("正在发到")
        await received(mails, 1)
        await phone.hears("已发到")

        # To somebody else only after a yes.
        await phone.say("纪要发到 boss@other.example")
        assert "boss@other.example" in await phone.hears("吗")
        await phone.say("不用")
        await phone.hears("不发")

    (mail,) = mails.received
    assert mail.recipients == [OWN]
    message = mail.message
    assert "产品群" in message["Subject"]
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None and html is not None
    for part in (plain.get_content(), html.get_content()):
        assert "推迟到周五" in part
        assert "补丁" in part
        assert "13812345678" not in part
    (attached,) = message.iter_attachments()
    assert (attached.get_filename() or "").endswith(".docx")
    document = Document(io.BytesIO(attached.get_content()))
    assert any("推迟到周五" in paragraph.text for paragraph in document.paragraphs)

    async with chromium() as browser:
        for size in (PHONE, PC):
            async with window(browser, size) as page:
                picture = await look(page, html.get_content(), tmp_path / "mail.png")
                assert len(picture) > 10_000  # an empty page is smaller
                await page.get_by_text("推迟到周五").first.wait_for(state="visible")
    await dispose()
