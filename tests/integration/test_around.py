"""A message, and what was said around it."""

from datetime import timedelta

import pytest

from botbay.chat.access import Subject
from botbay.chat.around import around
from botbay.chat.models import FileKind, Member, Message, Room
from botbay.db import now, transaction
from tests.drive_fixture import Drive, new_account, new_drive, picture


@pytest.fixture
async def drive(database: str) -> Drive:
    drive = await new_drive()
    async with transaction() as session:
        await drive.person(session, "王芳", await new_account(session, "wang"))
        await drive.room(session, "产品群", "老李", "王芳")
        await drive.room(session, "别的群", "老李")
    return drive


async def say(drive: Drive, room: Room, *texts: str, who: str = "老李") -> list[int]:
    start = now() - timedelta(hours=1)
    async with transaction() as session:
        messages = [
            Message(
                bot_id=drive.bot.id,
                room_id=room.id,
                talker_id=drive.people[who].id,
                source_id=f"{room.id}-{number}-{text}",
                kind="text",
                text=text,
                sent_at=start + timedelta(seconds=number),
            )
            for number, text in enumerate(texts)
        ]
        session.add_all(messages)
        await session.flush()
        return [message.id for message in messages]


def asker(drive: Drive, name: str = "王芳") -> Subject:
    return Subject.of_contact(drive.people[name])


async def test_a_message_comes_with_what_was_said_before_and_after(drive: Drive) -> None:
    room = drive.rooms["产品群"]
    ids = await say(drive, room, *(f"第 {number} 句\n第二行" for number in range(40)))
    await say(drive, drive.rooms["别的群"], "这里听不到")
    async with transaction() as session:
        member = await session.get_one(Member, (room.id, drive.people["老李"].id))
        member.alias = "李工"
        shown = await around(session, asker(drive), room.id, [ids[20]], count=3)
    assert [each.id for each in shown] == ids[17:24]
    assert {each.who for each in shown} == {"李工"}
    assert shown[3].text == "第 20 句\n第二行"


async def test_several_messages_are_shown_together(drive: Drive) -> None:
    room = drive.rooms["产品群"]
    ids = await say(drive, room, *map(str, range(60)))
    async with transaction() as session:
        near = await around(session, asker(drive), room.id, [ids[12], ids[10]], count=2)
        far = await around(session, asker(drive), room.id, [ids[5], ids[50]], count=2)
    assert [each.id for each in near] == ids[8:15]
    assert [each.id for each in far] == [*ids[3:12], ids[50], *ids[51:53]]


async def test_a_picture_can_be_opened(drive: Drive) -> None:
    room = drive.rooms["产品群"]
    async with transaction() as session:
        file_id = await drive.sent(
            session, "图.png", "老李", picture("#0f766e"), room="产品群", mime="image/png", kind=FileKind.IMAGE
        )
    (message_id,) = await say(drive, room, "看图")
    async with transaction() as session:
        shown = await around(session, asker(drive), room.id, [message_id])
    assert [(each.text, each.file_id) for each in shown] == [("看图", None), ("[文件]", file_id)]


async def test_what_was_said_in_private_is_shown_to_the_two_alone(drive: Drive) -> None:
    me, boss = drive.people["王芳"], drive.people["老李"]
    async with transaction() as session:
        said = [
            Message(
                bot_id=drive.bot.id,
                peer_id=peer.id,
                talker_id=peer.id,
                source_id=f"p{number}",
                kind="text",
                text=f"{peer.name} {number}",
                sent_at=now() - timedelta(minutes=30 - number),
            )
            for number, peer in enumerate([me, boss, me, boss, me])
        ]
        session.add_all(said)
        await session.flush()
        ids = [message.id for message in said]
        shown = await around(session, asker(drive), None, [ids[2], ids[1]])
        assert [each.text for each in shown] == ["王芳 0", "王芳 2", "王芳 4"]
        assert await around(session, asker(drive), None, [ids[1]]) == []
        assert await around(session, asker(drive), drive.rooms["产品群"].id, [ids[2]]) == []


async def test_what_one_may_not_see_is_not_shown(drive: Drive) -> None:
    room, other = drive.rooms["产品群"], drive.rooms["别的群"]
    ids = await say(drive, room, "一", "二", "三")
    (secret,) = await say(drive, other, "秘密")
    async with transaction() as session:
        (await session.get_one(Message, ids[0])).withheld = True
        (await session.get_one(Message, ids[2])).recalled_at = now()
        shown = await around(session, asker(drive), room.id, [ids[1]])
        assert [each.text for each in shown] == ["二", "[已撤回]"]
        assert await around(session, asker(drive), room.id, [ids[0]]) == []
        assert await around(session, asker(drive), other.id, [secret]) == []
        assert await around(session, asker(drive), room.id, [secret]) == []
        (await session.get_one(Member, (room.id, drive.people["王芳"].id))).left_at = now()
        await session.flush()
        assert await around(session, asker(drive), room.id, [ids[1]]) == []
