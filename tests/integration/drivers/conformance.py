"""What every driver must do. ``world.py`` says how a driver is put to this test."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from connector.drivers.base import (
    Connected,
    DriverError,
    DriverUnavailable,
    Friendship,
    FriendshipKind,
    InboundMessage,
    Login,
    Logout,
    MemberCard,
    MessageKind,
    RoomInvite,
    RoomJoin,
    RoomLeave,
    RoomTopic,
    Target,
)
from tests.integration.drivers.world import Ear, World, sha256

ZHANG, LI, BOT_NAME = "wxid_zhangsan", "wxid_lisi", "小港"
ROOM = "19850001@chatroom"


def private(contact_id: str) -> Target:
    return Target(room_id=None, contact_id=contact_id)


def in_room(room_id: str) -> Target:
    return Target(room_id=room_id, contact_id=None)


async def logged_in(world: World, ear: Ear) -> None:
    """Two contacts, a room, and the account logged in."""
    await ear.next(Connected)
    await world.login(BOT_NAME)
    await ear.next(Login)
    await world.contact(ZHANG, "张三", alias="老张")
    await world.contact(LI, "李四（测试）", is_friend=False)
    await world.room(ROOM, "项目一组", {ZHANG: "三哥", LI: "", world.bot_id: "港湾"}, ZHANG)


class DriverConformance:
    @pytest_asyncio.fixture
    async def ear(self, world: World) -> AsyncIterator[Ear]:
        """The driver running and logged in."""
        async with Ear(world.driver) as ear:
            await logged_in(world, ear)
            yield ear

    # --- the account ---------------------------------------------------------------------------------------

    async def test_connected_then_login(self, world: World) -> None:
        async with Ear(world.driver) as ear:
            await ear.next(Connected)
            await world.login(BOT_NAME)
            login = await ear.next(Login)
            assert (login.contact.id, login.contact.name) == (world.bot_id, BOT_NAME)

    async def test_an_account_that_is_logged_in_already_is_told(self, world: World) -> None:
        async with Ear(world.driver) as ear:
            await logged_in(world, ear)
        async with Ear(world.driver) as again:
            await again.next(Connected)
            assert (await again.next(Login)).contact.id == world.bot_id

    async def test_logout_and_login_again(self, world: World, ear: Ear) -> None:
        await world.logout("在手机上退出")
        await ear.next(Logout)
        with pytest.raises(DriverUnavailable):
            await world.driver.send_text(private(ZHANG), "在吗")
        await world.login(BOT_NAME)
        await ear.next(Login)
        await world.driver.send_text(private(ZHANG), "回来了")
        assert [sent.text for sent in await world.sent()] == ["回来了"]

    async def test_the_bot_logs_the_account_out(self, world: World, ear: Ear) -> None:
        await world.driver.logout()
        await ear.next(Logout)
        await world.driver.check()

    async def test_nothing_can_be_done_while_it_does_not_run(self, world: World, tmp_path: Path) -> None:
        driver = world.driver
        (tmp_path / "a.txt").write_text("a")
        with pytest.raises(DriverUnavailable):
            await driver.check()
        with pytest.raises(DriverUnavailable):
            await driver.send_text(private(ZHANG), "在吗")
        with pytest.raises(DriverUnavailable):
            await driver.send_file(private(ZHANG), tmp_path / "a.txt", "a.txt", MessageKind.FILE)

    async def test_nothing_is_sent_before_login(self, world: World) -> None:
        async with Ear(world.driver) as ear:
            await ear.next(Connected)
            with pytest.raises(DriverUnavailable):
                await world.driver.send_text(private(ZHANG), "在吗")
        assert not await world.sent()

    async def test_it_ends_when_it_is_cancelled(self, world: World) -> None:
        async with Ear(world.driver) as ear:
            await logged_in(world, ear)
        with pytest.raises(DriverUnavailable):
            await world.driver.send_text(private(ZHANG), "在吗")

    async def test_check_answers(self, world: World, ear: Ear) -> None:
        await world.driver.check()

    # --- what people say -----------------------------------------------------------------------------------

    async def test_private_text(self, world: World, ear: Ear) -> None:
        message = await ear.message(await world.say(ZHANG, "你好，今天的日报？"))
        assert message.kind is MessageKind.TEXT
        assert message.text == "你好，今天的日报？"
        assert (message.talker.id, message.talker.name, message.talker.alias) == (ZHANG, "张三", "老张")
        assert message.talker.is_friend
        assert message.room_id is None
        assert message.listener_id == world.bot_id
        assert not message.from_self
        assert abs(message.sent_at - datetime.now(UTC)) < timedelta(minutes=1)

    async def test_room_text_with_mention_ids(self, world: World, ear: Ear) -> None:
        text = "@港湾\u2005纪要"
        message = await ear.message(await world.say(LI, text, room_id=ROOM, mention_ids=[world.bot_id]))
        assert message.text == text
        assert message.room_id == ROOM
        assert message.mention_ids == (world.bot_id,)
        assert (message.talker.id, message.talker.name, message.talker.is_friend) == (
            LI,
            "李四（测试）",
            False,
        )

    async def test_room_text_without_mention_ids(self, world: World, ear: Ear) -> None:
        text = "@港湾\u3000 日报\n第二行 🙂 <b>&amp;"
        message = await ear.message(await world.say(ZHANG, text, room_id=ROOM))
        assert message.text == text
        assert message.mention_ids == ()

    async def test_long_text(self, world: World, ear: Ear) -> None:
        text = "长" * 16_000
        assert (await ear.message(await world.say(ZHANG, text))).text == text

    async def test_order_is_kept(self, world: World, ear: Ear) -> None:
        ids = [await world.say(ZHANG if n % 2 else LI, f"第{n}句", room_id=ROOM) for n in range(40)]
        await ear.message(ids[-1])
        assert [event.source_id for event in ear.events if isinstance(event, InboundMessage)] == ids

    async def test_it_works_while_events_wait_to_be_taken_over(self, world: World, ear: Ear) -> None:
        ear.hold.clear()
        ids = [await world.say(ZHANG, f"第{n}句") for n in range(60)]
        await world.driver.check()
        await world.driver.send_text(private(ZHANG), "收到")
        ear.hold.set()
        await ear.message(ids[-1])
        heard = [e.source_id for e in ear.events if isinstance(e, InboundMessage) and not e.from_self]
        assert heard == ids

    async def test_quote(self, world: World, ear: Ear) -> None:
        source_id = await world.say(LI, "这个什么时候要？", room_id=ROOM, quoted=("三哥", "周五交方案：初稿"))
        message = await ear.message(source_id)
        assert message.text == "这个什么时候要？"
        assert message.quoted_id is not None or (message.quoted_name, message.quoted_text) == (
            "三哥",
            "周五交方案：初稿",
        )

    async def test_recall(self, world: World, ear: Ear) -> None:
        source_id = await world.say(ZHANG, "说错了", room_id=ROOM)
        await world.recall(ZHANG, source_id, room_id=ROOM)
        recall = await ear.next(InboundMessage, where=lambda message: message.kind is MessageKind.RECALL)
        assert recall.recalled_id == source_id
        assert recall.room_id == ROOM
        assert recall.text == ""

    async def test_the_owner_on_the_phone(self, world: World, ear: Ear) -> None:
        message = await ear.message(await world.type_on_phone("我自己来说", to=ZHANG))
        assert message.from_self
        assert (message.talker.id, message.listener_id, message.room_id) == (world.bot_id, ZHANG, None)
        message = await ear.message(await world.type_on_phone("我在群里说", room_id=ROOM))
        assert message.from_self
        assert message.room_id == ROOM

    # --- media ---------------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("kind", "name"),
        [
            (MessageKind.IMAGE, "现场照片.png"),
            (MessageKind.VOICE, "语音.silk"),
            (MessageKind.VIDEO, "演示.mp4"),
            (MessageKind.FILE, "方案（终稿）.docx"),
        ],
    )
    async def test_media_arrive(self, world: World, ear: Ear, tmp_path: Path, kind: MessageKind, name: str) -> None:
        path = tmp_path / name
        path.write_bytes(os.urandom(3000))
        message = await ear.message(await world.send_media(ZHANG, path, kind, room_id=ROOM))
        assert message.kind is kind
        if kind is MessageKind.FILE:
            assert message.file_name == name
        assert await self.fetched(world, message) == sha256(path)

    async def test_large_media_both_ways(self, world: World, ear: Ear, tmp_path: Path) -> None:
        path = tmp_path / "大文件.zip"
        path.write_bytes(os.urandom(6_000_000))
        message = await ear.message(await world.send_media(ZHANG, path, MessageKind.FILE))
        assert await self.fetched(world, message) == sha256(path)
        await world.driver.send_file(private(ZHANG), path, "大文件.zip", MessageKind.FILE)
        (sent,) = await world.sent()
        assert (sent.file_name, sent.size, sent.sha256) == ("大文件.zip", 6_000_000, sha256(path))

    async def test_media_of_nobody_knows_what(self, world: World, ear: Ear) -> None:
        with pytest.raises(DriverError):
            async for _ in (await world.driver.fetch_media("no-such-message", MessageKind.FILE)).chunks:
                pass

    async def fetched(self, world: World, message: InboundMessage) -> str:
        media = await world.driver.fetch_media(message.source_id, message.kind)
        digest, size = hashlib.sha256(), 0
        async for chunk in media.chunks:
            digest.update(chunk)
            size += len(chunk)
        assert media.size in (None, size)
        return digest.hexdigest()

    # --- what the bot sends --------------------------------------------------------------------------------

    async def test_send_text_and_hear_its_echo(self, world: World, ear: Ear) -> None:
        source_id = await world.driver.send_text(private(ZHANG), "您好，我是您的专属助手 🙂")
        (sent,) = await world.sent()
        assert (sent.conversation_id, sent.text) == (ZHANG, "您好，我是您的专属助手 🙂")
        assert source_id in (None, sent.source_id)
        echo = await ear.message(sent.source_id)
        assert echo.from_self
        assert (echo.text, echo.listener_id) == (sent.text, ZHANG)

    async def test_send_to_a_room_with_mentions(self, world: World, ear: Ear) -> None:
        await world.driver.send_text(in_room(ROOM), "@三哥\u2005收到", [ZHANG])
        (sent,) = await world.sent()
        assert (sent.conversation_id, sent.text, sent.mention_ids) == (ROOM, "@三哥\u2005收到", (ZHANG,))
        echo = await ear.message(sent.source_id)
        assert (echo.room_id, echo.from_self) == (ROOM, True)

    async def test_send_a_picture_under_another_name(self, world: World, ear: Ear, tmp_path: Path) -> None:
        path = tmp_path / "tmp-4711"
        path.write_bytes(os.urandom(900))
        await world.driver.send_file(in_room(ROOM), path, "日报.png", MessageKind.IMAGE)
        (sent,) = await world.sent()
        assert (sent.conversation_id, sent.file_name, sent.sha256) == (ROOM, "日报.png", sha256(path))

    async def test_sends_from_several_tasks(self, world: World, ear: Ear) -> None:
        texts = [f"第{n}条" for n in range(10)]
        await asyncio.gather(*(world.driver.send_text(private(ZHANG), text) for text in texts))
        assert sorted(sent.text for sent in await world.sent()) == sorted(texts)

    # --- friends and rooms ---------------------------------------------------------------------------------

    async def test_friendship_is_heard_and_accepted(self, world: World, ear: Ear) -> None:
        await world.contact("wxid_new", "新朋友", is_friend=False)
        request_id = await world.request_friendship("wxid_new", "hello bot")
        friendship = await ear.next(Friendship)
        assert (friendship.request_id, friendship.kind) == (request_id, FriendshipKind.RECEIVED)
        assert (friendship.contact.id, friendship.contact.name) == ("wxid_new", "新朋友")
        assert friendship.hello == "hello bot"
        assert (await world.accepted()).friendship_ids == ()
        await world.driver.accept_friendship(request_id)
        assert (await world.accepted()).friendship_ids == (request_id,)

    async def test_a_request_that_nobody_made(self, world: World, ear: Ear) -> None:
        with pytest.raises(DriverError):
            await world.driver.accept_friendship("no-such-request")

    async def test_invitation_is_heard_and_accepted(self, world: World, ear: Ear) -> None:
        invitation_id = await world.invite(ZHANG, "新项目群")
        invite = await ear.next(RoomInvite)
        assert (invite.invitation_id, invite.topic, invite.inviter.name) == (
            invitation_id,
            "新项目群",
            "张三",
        )
        await world.driver.accept_invitation(invitation_id)
        assert (await world.accepted()).invitation_ids == (invitation_id,)

    async def test_join(self, world: World, ear: Ear) -> None:
        room_id = "20000002@chatroom"
        await world.room(room_id, "新群", {ZHANG: "", world.bot_id: ""}, ZHANG)
        await world.join(room_id, [world.bot_id], ZHANG)
        join = await ear.next(RoomJoin)
        assert (join.invitee_ids, join.inviter_id) == ((world.bot_id,), ZHANG)
        assert (join.room.id, join.room.topic, join.room.owner_id) == (room_id, "新群", ZHANG)
        assert {member.id for member in join.room.members} == {ZHANG, world.bot_id}
        assert join.at.tzinfo is not None

    async def test_leave(self, world: World, ear: Ear) -> None:
        await world.leave(ROOM, [LI], remover_id=ZHANG)
        leave = await ear.next(RoomLeave)
        assert (leave.room_id, leave.leaver_ids, leave.remover_id) == (ROOM, (LI,), ZHANG)
        await world.leave(ROOM, [world.bot_id])
        assert (await ear.next(RoomLeave)).leaver_ids == (world.bot_id,)

    async def test_topic(self, world: World, ear: Ear) -> None:
        assert (await world.driver.room(ROOM)).topic == "项目一组"
        await world.rename(ROOM, "项目二组", ZHANG)
        topic = await ear.next(RoomTopic)
        assert (topic.room_id, topic.topic, topic.changer_id) == (ROOM, "项目二组", ZHANG)
        assert (await world.driver.room(ROOM)).topic == "项目二组"

    async def test_room_is_fresh(self, world: World, ear: Ear) -> None:
        room = await world.driver.room(ROOM)
        assert room.owner_id == ZHANG
        assert MemberCard(id=ZHANG, name="张三", alias="三哥") in room.members
        assert MemberCard(id=LI, name="李四（测试）") in room.members
        await world.room(ROOM, "改过的名", {LI: "四姐", world.bot_id: ""}, LI)
        room = await world.driver.room(ROOM)
        assert (room.topic, room.owner_id) == ("改过的名", LI)
        assert {member.id: member.alias for member in room.members} == {LI: "四姐", world.bot_id: ""}

    async def test_contact_is_fresh(self, world: World, ear: Ear) -> None:
        assert (await world.driver.contact(LI)).is_friend is False
        await world.contact(LI, "李四改名", alias="小李", is_friend=True)
        card = await world.driver.contact(LI)
        assert (card.name, card.alias, card.is_friend) == ("李四改名", "小李", True)

    async def test_nobody(self, world: World, ear: Ear) -> None:
        with pytest.raises(DriverError):
            await world.driver.contact("wxid_nobody")
        with pytest.raises(DriverError):
            await world.driver.room("nowhere@chatroom")
