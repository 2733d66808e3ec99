"""What goes wrong in the night: gateways that die, hang or refuse, servers that are away, a restart in a form."""

import asyncio
import hashlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

from sqlalchemy import select

from botbay import storage
from botbay.chat import conversations, outbox
from botbay.chat.models import Blob, Bot, BotState, Contact, File, Gap, OutboxItem, OutboxState, RefusedLogin
from botbay.db import dispose, transaction
from tests.e2e.conftest import STRANGER_ID, Place, log_in
from tests.e2e.people import befriend, bind_code, bound_friend, make_account
from tests.e2e.stack import eventually
from tests.gateway_fixture import MockGateway

SIX_MB = 6 * 1024 * 1024


async def bot_named(name: str) -> Bot:
    async with transaction() as session:
        bot = await session.scalar(select(Bot).where(Bot.name == name))
    assert bot is not None
    return bot


async def wait_for_state(name: str, state: BotState, timeout: float = 60.0) -> Bot:
    async def reached() -> None:
        bot = await bot_named(name)
        assert bot.state == state, bot.detail

    await eventually(reached, timeout)
    return await bot_named(name)


async def test_a_wrong_token_is_shown_as_such(gateway: MockGateway) -> None:
    bot = await wait_for_state("pirate", BotState.OFFLINE)
    assert "令牌" in bot.detail


async def test_a_login_that_is_not_on_the_whitelist_is_logged_out_and_shown(place: Place, gateway: MockGateway) -> None:
    await place.other.started()
    await place.other.login("不速之客", STRANGER_ID)
    bot = await wait_for_state("lighthouse", BotState.REFUSED)
    assert STRANGER_ID in bot.detail

    async def logged_out() -> None:
        assert (await place.other.state())["userId"] is None

    await eventually(logged_out)
    async with transaction() as session:
        refused = await session.scalars(select(RefusedLogin.wechat_id).where(RefusedLogin.bot_id == bot.id))
        assert STRANGER_ID in set(refused)
    await place.other.contact("wxid_x", "某人")
    await place.other.friendship("wxid_x", "hello bot")
    await asyncio.sleep(1)
    assert (await place.other.accepted())["friendships"] == []


async def test_six_megabytes_come_in_and_go_out_unchanged(gateway: MockGateway, tmp_path: Path, place: Place) -> None:
    chat = await bound_friend(gateway, "wxid_files", "文件", bot_name="小档")
    content = os.urandom(SIX_MB)
    path = tmp_path / "季度报告 📊.bin"
    path.write_bytes(content)
    await gateway.say(chat.contact_id, kind="file", file=path)

    async def stored() -> None:
        async with transaction() as session:
            blob = await session.scalar(select(Blob).join(File).where(File.name == path.name))
        assert blob is not None
        assert (blob.size, blob.sha256) == (SIX_MB, hashlib.sha256(content).hexdigest())

    await eventually(stored)

    async def chunks() -> AsyncIterator[bytes]:
        yield content

    await storage.put("test/outgoing", chunks())
    async with transaction() as session:
        bot = await session.scalar(select(Bot).where(Bot.name == "harbour"))
        contact = await session.scalar(select(Contact).where(Contact.wechat_id == chat.contact_id))
        assert bot is not None
        assert contact is not None
        conversation = await conversations.get(session, bot.id, None, contact.id)
        await outbox.put(session, conversation, "test:file", kind="file", file_key="test/outgoing", file_name=path.name)

    async def arrived() -> None:
        files = [s for s in await gateway.sent() if s["kind"] == "file" and s["conversationId"] == chat.contact_id]
        assert [(f["name"], f["size"], f["sha256"]) for f in files] == [
            (path.name, SIX_MB, hashlib.sha256(content).hexdigest())
        ]

    await eventually(arrived)


async def test_a_send_of_unknown_end_is_reconciled_by_its_echo_and_not_repeated(gateway: MockGateway) -> None:
    chat = await bound_friend(gateway, "wxid_slow", "慢网", bot_name="小慢")
    await gateway.faults(sendDelay=25_000)  # it is sent at once, and its answer comes after every patience
    try:
        assert "小慢" in await chat.ask("你是谁")
    finally:
        await gateway.faults(sendDelay=0)

    async def known_to_be_sent() -> None:
        async with transaction() as session:
            item = await session.scalar(
                select(OutboxItem).where(OutboxItem.text.contains("我是小慢")).order_by(OutboxItem.id.desc()).limit(1)
            )
        assert item is not None
        assert item.state == OutboxState.SENT

    await eventually(known_to_be_sent)
    await chat.silence(5)
    await asyncio.sleep(25)
    await chat.silence(1)


async def test_a_gateway_that_was_killed_and_is_back_is_served_again_and_the_gap_is_known(gateway: MockGateway) -> None:
    await gateway.kill()
    bot = await wait_for_state("harbour", BotState.OFFLINE)
    await gateway.start()
    await log_in(gateway)
    await wait_for_state("harbour", BotState.ONLINE)
    chat = await befriend(gateway, "wxid_after", "后来的人")
    assert "绑定" in await chat.ask("你能干嘛呀")
    async with transaction() as session:
        gaps = (await session.scalars(select(Gap).where(Gap.bot_id == bot.id).order_by(Gap.id.desc()))).all()
    assert gaps[0].ended_at is not None
    assert gaps[0].reason


async def test_a_hung_gateway_is_noticed_within_a_minute(gateway: MockGateway) -> None:
    await wait_for_state("harbour", BotState.ONLINE)
    gateway.freeze()
    try:
        await wait_for_state("harbour", BotState.OFFLINE, timeout=60)
    finally:
        gateway.thaw()
    await wait_for_state("harbour", BotState.ONLINE, timeout=60)


async def test_while_rasa_or_the_actions_are_away_nothing_is_lost(place: Place, gateway: MockGateway) -> None:
    chat = await bound_friend(gateway, "wxid_patient", "有耐心", bot_name="小耐")
    for part in ("-m rasa run", "-m actions"):
        (pid,) = place.stack.process_ids(part)
        os.kill(pid, signal.SIGKILL)
        await chat.tell("你是谁")
        assert "小耐" in (await chat.replies(1, timeout=90))[0]
    await chat.silence(1)


async def test_a_restart_in_the_middle_of_a_form_goes_on(place: Place, gateway: MockGateway) -> None:
    who = "wxid_midway"
    account = await make_account(who, "半路")
    chat = await befriend(gateway, who, "半路")
    assert "验证码" in await chat.ask(who)
    await dispose()
    await asyncio.to_thread(place.stack.stop)
    await asyncio.to_thread(place.stack.start)
    await wait_for_state("harbour", BotState.ONLINE)
    assert "网盘" in await chat.ask(await bind_code(account))
    assert "绑定好了，半路" in (await chat.say("不要", 2))[0]
