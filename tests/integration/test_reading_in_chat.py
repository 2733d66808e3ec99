"""Asking in chat what a picture says: which one is meant, who may hear it, and what is said where it cannot be read."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from actions import picture_later
from botbay import due
from botbay.chat import conversations, readings
from botbay.chat.models import (
    Blob,
    Contact,
    File,
    FileKind,
    FileState,
    Member,
    Message,
    OutboxItem,
    Room,
    RoomBot,
)
from botbay.chat.readings import Read, Unreadable
from botbay.db import now, transaction
from botbay.due import Due
from tests.integration.files_world import FilesWorld, build
from tests.integration.test_finding_in_chat import Talk

pytestmark = pytest.mark.usefixtures("database")

AGO = timedelta(minutes=1)


async def picture(
    world: FilesWorld,
    who: str,
    says: str | Unreadable | None,
    at: datetime,
    room: str | None = "产品群",
    **more: object,
) -> int:
    """Somebody sends a picture that says this; None: nobody has read it yet. The file's id."""
    file_id = await world.file(who, "", at, room=room, kind=FileKind.IMAGE, **more)  # type: ignore[arg-type]
    if says is not None:
        await read(world, file_id, says)
    return file_id


async def read(world: FilesWorld, file_id: int, says: str | Unreadable) -> None:
    file = await world.session.get_one(File, file_id)
    assert file.blob_id is not None
    found = says if isinstance(says, Unreadable) else Read(text=says)
    assert await readings.store(world.session, file.blob_id, found)


async def ask(talk: Talk, text: str, intent: str = "read_image", message_id: int | None = None) -> str:
    said, files = await talk.say(text, intent, message_id=message_id)
    assert files == []
    return said


async def agreed(world: FilesWorld, who: str) -> None:
    await world.session.execute(update(Contact).where(Contact.id == world.people[who].id).values(keep_private_at=now()))


# --- which one ---------------------------------------------------------------------------------------------


async def test_in_private_it_is_the_picture_that_was_just_sent() -> None:
    async with transaction() as session:
        world = await build(session)
        await agreed(world, "王")
        await picture(world, "王", "早先的一张", now() - 60 * AGO, None)
        await picture(world, "王", "WiFi 密码：12345678\n\n打印机在 302", now() - AGO, None)
        await picture(world, "小赵", "群里的", now())
    talk = Talk(world, "王")
    assert await ask(talk, "图上那几行字是什么") == "图上写着：\nWiFi 密码：12345678\n打印机在 302"
    assert "早先的一张" in await ask(talk, "倒数第二张图写了什么")
    # Nobody else's private chat, whoever asks.
    assert "早先" not in await ask(Talk(world, "小赵"), "图上写了什么")


async def test_in_a_room_it_is_the_last_one_there_and_ones_own_first() -> None:
    async with transaction() as session:
        world = await build(session)
        await picture(world, "王", "我发的", now() - AGO)
        await picture(world, "小赵", "小赵后发的", now() - AGO / 2)
        await picture(world, "小赵", "别的群里的", now(), "测试群")
        await picture(world, "王", "私下的", now(), None)
    assert await ask(Talk(world, "王", "产品群"), "识别一下") == "图上写着：我发的"
    told = await ask(Talk(world, "建国同志", "产品群"), "刚才那张图写了什么")
    assert told.startswith("后端 赵云")
    assert told.endswith("发的图上写着：小赵后发的")


async def test_a_quoted_picture_is_the_one() -> None:
    async with transaction() as session:
        world = await build(session)
        first = await picture(world, "小赵", "引用的这张", now() - 60 * AGO)
        await picture(world, "小赵", "最后一张", now() - AGO)
        document = await world.file("小赵", "合同.pdf", now() - AGO, kind=FileKind.PDF)
        await read(world, document, "第一条\n第二条")
        voice = await world.file("小赵", "", now() - AGO, kind=FileKind.AUDIO)
        sources = {
            each: await session.scalar(select(Message.source_id).join(File).where(File.id == each))
            for each in (first, document, voice)
        }
        asking = {
            each: await world.say("王", "@小港 写了什么", now(), quoted_source_id=source)
            for each, source in sources.items()
        }
        lost = await world.say("王", "@小港 写了什么", now(), quoted_source_id="没存的")
        plain = await world.say("王", "@小港 写了什么", now())
    talk = Talk(world, "王", "产品群")
    assert await ask(talk, "写了什么", message_id=asking[first]) == "图上写着：引用的这张"
    assert await ask(talk, "写了什么", message_id=asking[document]) == "「合同.pdf」里写着：\n第一条\n第二条"
    assert "不是图" in await ask(talk, "写了什么", message_id=asking[voice])
    assert "没有我存下的图" in await ask(talk, "写了什么", message_id=lost)
    assert "最后一张" in await ask(talk, "写了什么", message_id=plain)


async def test_a_picture_named_by_place_person_time_or_room() -> None:
    async with transaction() as session:
        world = await build(session)
        await session.execute(update(Room).values(recording_at=now()))
        old = now() - timedelta(days=3)
        await picture(world, "建国同志", "老李三天前的", old)
        for number in (1, 2, 3):
            await picture(world, "小赵", f"小赵第{number}张", now() - timedelta(minutes=10) + number * AGO)
        await picture(world, "小赵", "测试群里的", now() - timedelta(minutes=90), "测试群")
    here = Talk(world, "王", "产品群")
    assert (await ask(here, "第二张图写了什么")).endswith("小赵第2张")
    assert (await ask(here, "最后一张图写了什么")).endswith("小赵第3张")
    assert (await ask(here, "第一张呢", "follow_up")).endswith("小赵第1张")
    assert "一起发的只有 3 张" in await ask(here, "第五张图写了什么")
    assert (await ask(here, "老李发的那张图上写了什么")).endswith("老李三天前的")
    assert (await ask(here, "刚才老李发的图写了什么")).startswith("刚才没有图，这是最近的。\n李建国")
    assert "没找到图：老刘" in await ask(here, "老刘发的图写了什么")
    private = Talk(world, "王")
    assert "在测试群发的图上写着：\n测试群里的" in await ask(private, "测试群那张图写了什么")
    assert "小赵第3张" in await ask(private, "小赵发的图写了什么")
    assert "没有叫「火星群」的群" in await ask(private, "火星群里的图写了什么")
    assert "发给我，或者引用" in await ask_agreed(world, private)


async def ask_agreed(world: FilesWorld, talk: Talk) -> str:
    async with transaction() as session:
        world.session = session
        await agreed(world, "王")
    return await ask(talk, "图上写了什么")


# --- who hears what ----------------------------------------------------------------------------------------

LONG = "\n".join(["电话 13812345678", *(f"第 {number} 行" for number in range(2, 13))])


async def test_in_a_room_three_lines_and_the_rest_in_private() -> None:
    async with transaction() as session:
        world = await build(session)
        await picture(world, "王", LONG, now() - AGO)
    told = await ask(Talk(world, "王", "产品群"), "图上写了什么")
    assert told.splitlines() == [
        "图上写着：电话 13812345678",  # it stays in its conversation
        "第 2 行",
        "…共 12 行，看全部就私聊我说「产品群那张图写了什么」。",
    ]
    told = await ask(Talk(world, "王"), "产品群那张图写了什么")
    assert told.splitlines()[0].startswith("你")
    assert told.splitlines()[1:] == ["电话 138****5678", *LONG.splitlines()[1:]]
    assert "第 12 行" not in await ask(Talk(world, "外人"), "产品群那张图写了什么")
    async with transaction() as session:
        await session.execute(delete(Member).where(Member.contact_id == world.people["王"].id))
    assert "第 2 行" not in await ask(Talk(world, "王"), "产品群那张图写了什么")


async def test_a_long_text_comes_in_parts_and_says_where_the_rest_is() -> None:
    async with transaction() as session:
        world = await build(session)
        await agreed(world, "王")
        await picture(world, "王", "很长的一行" * 2000, now() - AGO, None)
    told = await ask(Talk(world, "王"), "图上写了什么")
    assert 4000 < len(told) < 4700
    assert told.endswith("……太长了，先给你这些，其余的在网盘里打开看。")


@pytest.mark.parametrize(
    ("says", "told"),
    [
        ("", "图上没有文字。"),
        (" \n ", "图上没有文字。"),
        (Unreadable("图片坏了，打不开"), "图上的字读不了：图片坏了，打不开。"),
    ],
)
async def test_what_says_nothing_is_told(says: str | Unreadable, told: str) -> None:
    async with transaction() as session:
        world = await build(session)
        await agreed(world, "王")
        await picture(world, "王", says, now() - AGO, None)
    assert await ask(Talk(world, "王"), "图上写了什么") == told


async def test_what_is_not_kept_is_told_and_how_to_keep_it() -> None:
    async with transaction() as session:
        world = await build(session)
    assert await ask(Talk(world, "王"), "图上写了什么") == (
        "私聊里的图，你同意了我才会存。说「开始记录」，再把图发我一次，就能读了。"
    )
    room = Talk(world, "王", "产品群")
    assert (await ask(room, "图上写了什么")).startswith("这个群没有在记录")
    async with transaction() as session:
        await session.execute(update(Room).values(recording_at=now()))
    assert await ask(room, "图上写了什么") == "这个群里还没有我存下的图，发一张再问我。"
    async with transaction() as session:
        await session.execute(update(Member).values(consent="refused"))
    assert "说「可以记录我」" in await ask(room, "图上写了什么")


async def test_what_did_not_come_is_told() -> None:
    async with transaction() as session:
        world = await build(session)
        await agreed(world, "王")
        await picture(world, "王", None, now() - AGO, None, state=FileState.FAILED)
    assert await ask(Talk(world, "王"), "图上写了什么") == "这张图没能取下来，请再发一次。"


# --- while it is being read --------------------------------------------------------------------------------


async def look() -> None:
    """The worker looks at what is due."""
    async with transaction() as session:
        await session.execute(update(Due).values(not_before=now()))
    assert await due.step({picture_later.HANDLER: picture_later.tell}) or True


async def said() -> list[str]:
    async with transaction() as session:
        return [item.text for item in await session.scalars(select(OutboxItem).order_by(OutboxItem.id))]


async def waiting() -> int:
    async with transaction() as session:
        return len(list(await session.scalars(select(Due.id))))


async def engage(world: FilesWorld) -> None:
    world.session.add(RoomBot(room_id=world.rooms["产品群"].id, bot_id=world.bot.id, engaged_at=now()))
    await world.session.flush()


async def test_it_is_told_as_soon_as_it_is_read() -> None:
    async with transaction() as session:
        world = await build(session)
        await agreed(world, "王")
        file_id = await picture(world, "王", None, now(), None)
    assert await ask(Talk(world, "王"), "图上写了什么") == "图上的字还在读，读好了马上告诉你。"
    await look()
    assert await said() == []
    async with transaction() as session:
        world.session = session
        await read(world, file_id, "读好了")
    await look()
    await look()
    assert await said() == ["图上写着：\n读好了"]
    assert await waiting() == 0


async def test_in_a_room_it_calls_who_asked() -> None:
    async with transaction() as session:
        world = await build(session)
        await engage(world)
        file_id = await picture(world, "小赵", None, now(), state=FileState.PENDING)
    assert "的字还在读" in await ask(Talk(world, "王", "产品群"), "图上写了什么")
    async with transaction() as session:
        blob = Blob(sha256="later", size=9, key="later", mime="image/png", kind=FileKind.IMAGE)
        session.add(blob)
        await session.flush()
        await session.execute(update(File).where(File.id == file_id).values(state=FileState.STORED, blob_id=blob.id))
        await readings.store(session, blob.id, Read(text=LONG))
    await look()
    (told,) = await said()
    assert told.startswith("@王\u2005后端 赵云")
    assert len(told.splitlines()) == 3


async def test_who_may_not_see_it_any_more_hears_nothing() -> None:
    async with transaction() as session:
        world = await build(session)
        await engage(world)
        file_id = await picture(world, "小赵", None, now())
    await ask(Talk(world, "王", "产品群"), "图上写了什么")
    async with transaction() as session:
        world.session = session
        await session.execute(delete(Member).where(Member.contact_id == world.people["王"].id))
        await read(world, file_id, "读好了")
    await look()
    assert (await said(), await waiting()) == ([], 0)


async def test_where_the_bot_was_told_to_be_quiet_it_stays_quiet() -> None:
    async with transaction() as session:
        world = await build(session)
        await agreed(world, "王")
        file_id = await picture(world, "王", None, now(), None)
    talk = Talk(world, "王")
    await ask(talk, "图上写了什么")
    async with transaction() as session:
        world.session = session
        await conversations.stop(session, [talk.conversation_id])
        await read(world, file_id, "读好了")
    await look()
    assert (await said(), await waiting()) == ([], 1)
    async with transaction() as session:
        await conversations.wake(session, talk.conversation_id)
    await look()
    assert await said() == ["图上写着：\n读好了"]


async def test_what_is_never_read_ends_with_a_word() -> None:
    async with transaction() as session:
        world = await build(session)
        await agreed(world, "王")
        await picture(world, "王", None, now(), None)
    await ask(Talk(world, "王"), "图上写了什么")
    async with transaction() as session:
        await session.execute(update(Due).values(at=now() - timedelta(hours=1)))
    await look()
    assert await said() == ["那张图到现在还没读出来，过一阵再问我吧。"]
    assert await waiting() == 0
