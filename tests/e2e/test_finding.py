"""上个月老李传的那份合同在哪: the sentence in, the file itself out, through the whole stack."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from botbay import storage
from botbay.chat import files
from botbay.chat.models import File, FileKind, FileState
from botbay.db import now, transaction
from botbay.settings import load_settings
from tests.e2e.conftest import BOT_ID, BOT_NAME
from tests.e2e.people import Chat, bound_friend
from tests.e2e.stack import eventually
from tests.gateway_fixture import MockGateway

MENTION = (BOT_ID,)


async def share(gateway: MockGateway, folder: Path, who: str, room: str, name: str, *, days_ago: float = 0) -> str:
    """Somebody sends a file to the room and its bytes are kept; their sha256."""
    content = f"what stands in {name} of {room}".encode()
    path = folder / f"{hashlib.sha256(content).hexdigest()[:8]}-{name}"
    path.write_bytes(content)
    at = now() - timedelta(days=days_ago)
    await gateway.say(who, kind="file", room_id=room, file=path, file_name=name, sent_at=int(at.timestamp()))

    async def is_known() -> None:
        async with transaction() as session:
            assert await session.scalar(select(File.id).where(File.name == name)) is not None

    await eventually(is_known)

    async def chunks() -> AsyncIterator[bytes]:
        yield content

    async with transaction() as session:
        file_id = await session.scalar(select(File.id).where(File.name == name, File.state != FileState.STORED))
        if file_id is not None:  # as the job that fetches does
            stored = await storage.put(f"test/{path.stem}", chunks())
            await files.attach(session, file_id, stored, "application/pdf", FileKind.PDF)
    return hashlib.sha256(content).hexdigest()


async def sent(chat: Chat, count: int, timeout: float = 20.0) -> list[dict[str, Any]]:
    """The next things that the bot sends here, texts and files."""
    deadline = time.monotonic() + timeout
    while True:
        new = [each for each in await chat.gateway.sent() if each["conversationId"] == chat.place][chat.seen :]
        if len(new) >= count:
            chat.seen += count
            return new[:count]
        assert time.monotonic() < deadline, f"{len(new)} of {count} came: {new}"
        await asyncio.sleep(0.05)


async def test_a_file_is_asked_for_and_comes_itself(gateway: MockGateway, tmp_path: Path) -> None:
    owner, li, stranger = "wxid_finder", "wxid_finder_li", "wxid_finder_stranger"
    product, family = "finding1@chatroom", "finding2@chatroom"
    await gateway.contact(li, "李建国")
    chat = await bound_friend(gateway, owner, "群主", bot_name="小贝")
    other = await bound_friend(gateway, stranger, "路人", bot_name="小船")
    rooms = {}
    for room, topic in ((product, "产品群"), (family, "家人群")):
        await gateway.room(room, topic, {owner: "", li: "", BOT_ID: ""}, owner)
        await gateway.room_join(room, [BOT_ID], owner)
        rooms[room] = Chat(gateway, owner, room)
        await rooms[room].replies(1)
        await rooms[room].ask(f"@{BOT_NAME}\u2005开始记录", MENTION)
    today = now().astimezone(load_settings().zone)
    final = await share(
        gateway, tmp_path, li, product, "采购合同-终稿.pdf", days_ago=today.day
    )  # the last of last month
    await share(gateway, tmp_path, li, product, "采购清单.pdf")
    lease = await share(gateway, tmp_path, owner, family, "租房合同.pdf")

    # By a part of the name, a person and a month: the only one that fits comes at once.
    await chat.tell("上个月老李传的那份合同在哪")
    word, file = await sent(chat, 2)
    assert "找到了：采购合同-终稿.pdf（李建国，" in word["text"]
    assert "，产品群，" in word["text"]
    assert (file["kind"], file["name"], file["sha256"]) == ("file", "采购合同-终稿.pdf", final)

    # Several: a list, and then the one whose number is said.
    listed = await chat.ask("帮我找一下合同")
    assert "1. 租房合同.pdf（你，" in listed
    assert "2. 采购合同-终稿.pdf（李建国，" in listed
    await chat.tell("第二个")
    assert [each["sha256"] for each in await sent(chat, 1)] == [final]
    await chat.tell("1")
    assert [each["sha256"] for each in await sent(chat, 1)] == [lease]

    assert "没找到" in await chat.ask("帮我找一下施工图纸")

    # In a room only what is its own, whoever asks.
    await rooms[product].tell(f"@{BOT_NAME}\u2005帮我找一下合同", MENTION)
    word, file = await sent(rooms[product], 2)
    assert "采购合同-终稿.pdf" in word["text"]
    assert "租房" not in word["text"]
    assert file["sha256"] == final
    listed = await rooms[product].ask(f"@{BOT_NAME}\u2005李建国发的采购文件有哪些", MENTION)
    assert len(listed.splitlines()) <= 3

    # What a room filled in together comes as a sheet.
    await gateway.say(li, "#接龙\n团建报名\n1. 李建国 带帐篷", room_id=product)
    await chat.tell("找团建接龙的excel")
    word, file = await sent(chat, 2)
    assert "找到了：团建报名（接龙，1 条，" in word["text"]
    assert file["name"] == "团建报名.xlsx"

    # Who is in none of the rooms gets nothing.
    assert "没找到" in await other.ask("帮我找一下采购合同")
