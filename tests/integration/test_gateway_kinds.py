"""Each kind of message that the gateway's puppet can make, from the gateway to what is stored and read."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from botbay.chat import consent, contacts, lines
from botbay.chat.models import Bot, BotState, File, Message, Room
from botbay.db import transaction
from botbay.settings import BotConfig, load_settings
from connector.bot import BotRunner
from connector.drivers.wechaty import WechatyDriver
from tests.conftest import use_settings
from tests.gateway_fixture import MockGateway, tiny_png
from tests.integration.drivers.test_wechaty_content import LINK, MERGED, MINI, PIXEL
from tests.integration.test_wechaty_driver import QUICK, endpoint

ROOM, OWNER, GUEST = "19850001@chatroom", "wxid_owner", "wxid_guest"
QUOTE = "「小王：周五交」\n- - - - - - - - - - - - - - -\n好的"


@pytest.fixture(scope="module")
def shared_gateway() -> Iterator[MockGateway]:
    gateway = MockGateway()
    asyncio.run(gateway.start())
    yield gateway
    asyncio.run(gateway.stop())


@pytest_asyncio.fixture
async def gateway(
    shared_gateway: MockGateway, database: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[MockGateway]:
    """A gateway whose bot is at work in a room that is being recorded."""
    gateway = shared_gateway
    use_settings(monkeypatch, login_whitelist=gateway.bot_id)
    config = BotConfig(name="harbour", endpoint=endpoint(gateway))
    driver = WechatyDriver("harbour", endpoint(gateway), timing=QUICK)
    task = asyncio.create_task(BotRunner(config, driver, load_settings(), waits=False).run())
    try:
        await gateway.started()
        for contact_id, name in ((OWNER, "群主"), (GUEST, "小王")):
            await gateway.contact(contact_id, name)
        await gateway.login("小港")
        await until(_logged_in)
        await gateway.room(ROOM, "产品群", {OWNER: "", GUEST: "", gateway.bot_id: ""}, OWNER)
        await gateway.room_join(ROOM, [gateway.bot_id], OWNER)
        await until(_known)
        async with transaction() as session:
            room = (await session.scalars(select(Room))).one()
            owner = await contacts.by_wechat_id(session, OWNER)
            assert owner is not None
            await consent.start_recording(session, room.id, owner.id)
        yield gateway
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await gateway.reset()


async def _logged_in() -> bool:
    async with transaction() as session:
        return await session.scalar(select(Bot.state)) == BotState.ONLINE


async def _known() -> bool:
    async with transaction() as session:
        return await session.scalar(select(Room.id)) is not None


async def until(check: Callable[[], Any]) -> None:
    async with asyncio.timeout(60):
        while not await check():  # noqa: ASYNC110 (nothing tells)
            await asyncio.sleep(0.05)


async def message(source_id: str) -> Message:
    """The message once it is stored."""
    async with asyncio.timeout(60):
        while True:
            async with transaction() as session:
                found = await session.scalar(select(Message).where(Message.source_id == source_id))
            if found is not None:
                return found
            await asyncio.sleep(0.05)


async def notice(number: int) -> Message:
    async with asyncio.timeout(60):
        while True:
            async with transaction() as session:
                found = list(
                    await session.scalars(select(Message).where(Message.kind == "notice").order_by(Message.id))
                )
            if len(found) >= number:
                return found[number - 1]
            await asyncio.sleep(0.05)


async def test_each_kind_is_stored_and_has_its_line(gateway: MockGateway, tmp_path: Path) -> None:
    picture = tmp_path / "白板.png"
    picture.write_bytes(tiny_png())
    told_apart: dict[str, object] = {"title": "官网", "url": "https://example.com", "thumbnailUrl": PIXEL}
    sent: list[tuple[dict[str, Any], str, str, str, dict[str, object]]] = [
        # what is said; the kind, text and line that are kept, and the details
        ({"text": "周五交"}, "text", "周五交", "周五交", {}),
        ({"text": QUOTE}, "text", "好的", "好的", {}),
        ({"text": "#接龙\n聚餐\n1. 小王"}, "text", "#接龙\n聚餐\n1. 小王", "#接龙 聚餐 1. 小王", {}),
        ({"kind": "image", "file": picture, "text": "<msg><img/></msg>"}, "image", "", "[图片]", {}),
        (
            {
                "kind": "voice",
                "file": picture,
                "file_name": "a.silk",
                "text": '<msg><voicemsg voicelength="12345"/></msg>',
            },
            "voice",
            "",
            "[语音 12 秒]",
            {"seconds": 12},
        ),
        ({"kind": "video", "file": picture, "file_name": "a.mp4"}, "video", "", "[视频]", {}),
        ({"kind": "file", "file": picture, "file_name": "合同（终稿）.pdf"}, "file", "", "[文件] 合同（终稿）.pdf", {}),
        ({"kind": "emoticon", "text": '<msg><emoji md5="1"/></msg>'}, "emoticon", "", "[表情]", {}),
        (
            {"kind": "link", "text": LINK},
            "link",
            "年会通知\n周五下午三点，带上家属\nhttps://example.com/a?x=1&y=2",
            "[链接] 年会通知",
            {
                "title": "年会通知",
                "description": "周五下午三点，带上家属",
                "url": "https://example.com/a?x=1&y=2",
                "picture_url": "https://example.com/t.jpg",
            },
        ),
        (
            {"kind": "link", "text": "<msg><appmsg/></msg>", "extra": {"link": told_apart}},
            "link",
            "官网\nhttps://example.com",
            "[链接] 官网",
            {"title": "官网", "description": "", "url": "https://example.com", "picture": PIXEL},
        ),
        (
            {"kind": "mini_program", "extra": {"miniProgram": {"title": "群投票", "description": "聚餐吃什么"}}},
            "mini_program",
            "群投票\n聚餐吃什么",
            "[小程序] 群投票",
            {"title": "群投票", "description": "聚餐吃什么", "url": ""},
        ),
        (
            {"kind": "mini_program", "text": MINI},
            "mini_program",
            "群投票：聚餐吃什么",
            "[小程序] 群投票：聚餐吃什么",
            {"title": "群投票：聚餐吃什么", "description": "", "url": "https://mp.weixin.qq.com/"},
        ),
        ({"kind": "card", "extra": {"contactId": OWNER}}, "card", "群主", "[名片] 群主", {"name": "群主"}),
        (
            {"kind": "notice", "text": "<msg><appmsg><title>群笔记</title></appmsg></msg>"},
            "notice",
            "群笔记",
            "群笔记",
            {},
        ),
        ({"kind": "location", "text": '<msg><location label="家"/></msg>'}, "location", "", "[位置]", {}),
        ({"kind": "transfer", "text": "￥100"}, "transfer", "", "[转账]", {}),
        ({"kind": "red_packet", "text": "恭喜发财"}, "red_packet", "", "[红包]", {}),
        ({"kind": 0, "text": "<msg><appmsg><type>2000</type></appmsg></msg>"}, "transfer", "", "[转账]", {}),
        ({"kind": 99, "text": "<msg><new/></msg>"}, "unknown", "", "[收到一条看不了的消息]", {}),
    ]
    for said, kind, text, line, details in sent:
        kept = await message(await gateway.say(GUEST, room_id=ROOM, **said))
        assert (kept.kind, kept.text, lines.line(kept), kept.details) == (kind, text, line, details)
        assert kept.withheld == (kind in ("location", "transfer", "red_packet"))
        assert kept.withheld == (kept.talker_id is None)
    merged = await message(await gateway.say(GUEST, MERGED, room_id=ROOM, kind="merged"))
    assert lines.line(merged) == "[聊天记录] 群聊的聊天记录（4 条）"
    assert "张三：合同周五交 & 盖章" in merged.text


async def test_a_quote_finds_what_it_quotes(gateway: MockGateway) -> None:
    first = await gateway.say(GUEST, "周五交", room_id=ROOM)
    quoting = await message(await gateway.say(OWNER, QUOTE, room_id=ROOM))
    assert (quoting.text, quoting.quoted_source_id) == ("好的", first)


async def test_a_recalled_file_is_gone(gateway: MockGateway, tmp_path: Path) -> None:
    path = tmp_path / "机密.txt"
    path.write_text("机密")
    source_id = await gateway.say(GUEST, room_id=ROOM, kind="file", file=path)
    await message(source_id)
    await gateway.recall(GUEST, source_id, ROOM)

    async def gone() -> bool:
        return (await message(source_id)).recalled_at is not None

    await until(gone)
    kept = await message(source_id)
    assert (lines.line(kept), kept.file_name, kept.raw) == ("[已撤回]", None, {})
    async with transaction() as session:
        assert await session.scalar(select(File.id).where(File.message_id == kept.id)) is None


async def test_room_events_are_kept_with_their_line(gateway: MockGateway) -> None:
    await asyncio.sleep(1)  # the gateway's clock tells whole seconds
    await gateway.contact("wxid_new", "小新")
    await gateway.room(ROOM, "产品群", {OWNER: "", GUEST: "", "wxid_new": "", gateway.bot_id: ""}, OWNER)
    await gateway.room_join(ROOM, ["wxid_new"], OWNER)
    assert lines.line(await notice(1)) == "群主邀请小新进了群"
    await gateway.room_topic(ROOM, "新产品群", GUEST)
    assert lines.line(await notice(2)) == "小王把群名改成「新产品群」"
    await gateway.room_leave(ROOM, ["wxid_new"])
    left = await notice(3)
    assert lines.line(left) == "小新离开了群"
    assert (left.details["event"], left.details["names"], left.details["by"]) == ("left", ["小新"], "")


async def test_payloads_that_are_wrong_cost_nobody_else_a_message(gateway: MockGateway) -> None:
    wrong: list[dict[str, object]] = [
        {"kind": "link", "text": "<msg><appmsg><title>断", "extra": {"link": {"title": "", "url": ""}}},
        {"kind": "link", "extra": {"link": {"title": "\ud800\x00\u202e", "url": "https://a\x00"}}},
        {"kind": "mini_program", "extra": {"miniProgram": {"title": "长" * 300_000}}},
        {"kind": "mini_program", "extra": {"miniProgram": {}}},
        {"kind": "card", "extra": {"contactId": "wxid_nobody"}},
        {"kind": "merged", "text": "<msg>" * 100_000},
        {"kind": "merged", "text": MERGED[:400]},
        {"kind": "text", "text": "\x00\u2066 好"},
    ]
    for number, said in enumerate(wrong):
        kept = await message(await gateway.say(GUEST, room_id=ROOM, message_id=f"wrong-{number}", **said))  # type: ignore[arg-type]
        assert kept.kind == said["kind"]
        assert "\n" not in lines.line(kept)
