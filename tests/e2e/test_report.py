"""The report as people ask for it, on the whole stack with the trained model: each phrasing, the picture, the mail."""

import base64
import io
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select, update

from botbay import storage
from botbay.chat import simulator
from botbay.chat.models import Message, OutboxItem
from botbay.db import dispose, now, transaction
from botbay.settings import load_settings
from tests.e2e.phone import Phone, bound_person, recorded_room
from tests.e2e.stack import Stack, eventually, running
from tests.gateway_fixture import free_port
from tests.smtp_fixture import smtp_server
from tests.web_fixture import PC, PHONE, chromium, window

OWN = "xiaoman@corp.example"
SAID = [
    ("sim-xiaoman", "登录页的补丁合了没"),
    ("sim-zhao", "合了，登录页的补丁昨天就提交了"),
    ("sim-zhao", "发布的灰度比例还没定"),
    ("sim-zhao", "回归用例我跑完了"),
    ("sim-xiaoman", "好，发布放到周五"),
]


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Stack]:
    settings = {"smtp_url": f"smtp://127.0.0.1:{port}?tls=none", "mail_from": "BotBay <bot@corp.example>"}
    with running(Stack(tmp_path_factory.mktemp("reported") / "data", **settings)) as up:
        yield up


@pytest.fixture(autouse=True)
async def rested() -> AsyncIterator[None]:
    """Whatever comes of the test, the next one has a database of its own."""
    yield
    await dispose()


async def talked() -> tuple[Phone, Phone]:
    """The phone of a room's owner in private, and in the room; what was said there was said yesterday."""
    phone = await bound_person("xiaoman", "钱小满", OWN)
    here = await recorded_room("sim-xiaoman", "产品群", sim_zhao="赵云")
    for who, words in SAID:
        async with transaction() as session:
            await simulator.say(session, here.chat, who, words)

    async def kept() -> None:
        async with transaction() as session:
            texts = set(await session.scalars(select(Message.text)))
            assert {words for _, words in SAID} <= texts
            noon = now().astimezone(load_settings().zone).replace(hour=12, minute=0) - timedelta(days=1)
            await session.execute(update(Message).values(sent_at=noon))

    await eventually(kept, timeout=90)
    return phone, here


async def last_picture() -> Image.Image:
    async with transaction() as session:
        found = select(OutboxItem.file_key).where(OutboxItem.kind == "image").order_by(OutboxItem.id.desc()).limit(1)
        key = await session.scalar(found)
    assert key is not None
    return Image.open(io.BytesIO(b"".join([chunk async for chunk in storage.get(key)])))


async def test_every_way_of_asking_for_the_report(stack: Stack, port: int, tmp_path: Path) -> None:
    phone, here = await talked()
    day = now().astimezone(load_settings().zone) - timedelta(days=1)

    await phone.say("日报")
    await phone.hears("今天还没有人说话")
    await phone.say("昨天的呢")
    told = await phone.hears("昨天（")
    assert "「产品群」5 条消息，2 人说话" in told
    assert "赵云 3" in told
    assert 6 <= len(told.splitlines()) <= 10
    assert (await last_picture()).width == 1080

    await phone.say("前天的")
    await phone.hears("前天没有人说话")
    await phone.say("产品群昨天的日报")
    await phone.hears("「产品群」昨天（")
    await phone.say(f"{day.month}月{day.day}号的日报")
    await phone.hears("昨天（")
    await phone.say("上个月的日报")
    await phone.hears("月")
    await phone.say("昨天谁话最多")
    assert "赵云，3 条" in await phone.hears("话最多的是")
    await phone.say("测试群的日报")
    await phone.hears("测试群")
    await phone.say("谁有日报的模板")
    await phone.say("昨天多少条消息")
    assert "日报" not in await phone.hears("条消息")

    await here.say("@小助手\u2005昨天的日报")
    told = await here.hears("昨天（")
    assert len(told.splitlines()) <= 3

    async with smtp_server(port=port) as mails:
        await phone.say("昨天的日报")
        await phone.hears("回「发我邮箱」")
        await phone.say("也发我邮箱")
        await phone.hears("正在发到")

        async def came() -> None:
            assert len(mails.received) == 1

        await eventually(came, timeout=90)
        await phone.hears("已发到")
    (mail,) = mails.received
    assert mail.recipients == [OWN]
    html = mail.message.get_body(("html",))
    assert html is not None
    pictures = {
        part["Content-ID"].strip("<>"): base64.b64encode(part.get_payload(decode=True)).decode()
        for part in mail.message.walk()
        if part.get_content_type() == "image/png"
    }
    body = html.get_content()
    assert 'src="cid:report"' in body
    for cid, picture in pictures.items():
        body = body.replace(f'"cid:{cid}"', f'"data:image/png;base64,{picture}"')
    assert "cid:" not in body
    async with chromium() as browser:
        for size in (PHONE, PC):
            async with window(browser, size) as page:
                await page.set_content(body)
                assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
                widths = await page.evaluate("[...document.images].map(image => image.naturalWidth)")
                assert widths == [1080] * len(pictures)
                await page.get_by_text("在聊").first.wait_for(state="visible")
                await page.screenshot(path=tmp_path / "mail.png", full_page=True)
