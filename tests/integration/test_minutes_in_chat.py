"""Asking for minutes in chat, as the actions answer it: short, with a link or the document, and by mail."""

import io
from datetime import datetime, time, timedelta

import pytest
from docx import Document
from sqlalchemy import select, update

from botbay import storage
from botbay.chat import consent, conversations, handing, messages
from botbay.chat.models import Account, Bot, Contact, Gap, Member, Message, OutboxItem, OutboxState, Room, RoomBot
from botbay.db import now, transaction
from botbay.settings import load_settings
from tests.conftest import use_settings
from tests.integration.files_world import FilesWorld, build
from tests.integration.test_finding_in_chat import Talk
from workers.mail.models import Mail
from workers.minutes.models import MinutesRow

pytestmark = pytest.mark.usefixtures("database")

SAID = [
    ("王", "大家看下周三的发布，登录页的按钮在小屏上被挡住了"),
    ("小赵", "是缓存的问题，我昨天查到了原因"),
    ("建国同志", "那发布推迟到周五，就这么定了"),
    ("小赵", "收到"),
    ("王", "@后端 赵云 你明天下班前把登录页的补丁提交一下"),
    ("小赵", "好的，明天下午提交"),
    ("建国同志", "回归用例一共 42 条，覆盖支付和登录两块"),
    ("小赵", "灰度的比例谁来定？"),
]


def at(days: int, hour: int, minute: int = 0) -> datetime:
    """That time of a day, counted from today, where the people are."""
    zone = load_settings().zone
    day = now().astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, time(hour, minute), zone)


async def talked(world: FilesWorld, start: datetime, room: str = "产品群") -> list[int]:
    return [
        await world.say(who, text, start + timedelta(minutes=number), room=room)
        for number, (who, text) in enumerate(SAID)
    ]


async def morning(*, recording: bool = True) -> FilesWorld:
    """Yesterday from 9:00 to 9:07 was talked; the rooms are kept since long ago."""
    async with transaction() as session:
        world = await build(session)
        if recording:
            await session.execute(update(Room).values(recording_at=at(-30, 8)))
        await talked(world, at(-1, 9))
    return world


async def bind(world: FilesWorld, who: str, email: str | None = "wang@corp.example") -> None:
    async with transaction() as session:
        account = Account(name=f"account-{who}", display_name=who, email=email)
        session.add(account)
        await session.flush()
        await session.execute(update(Contact).where(Contact.id == world.people[who].id).values(account_id=account.id))


def with_mail(monkeypatch: pytest.MonkeyPatch, **more: str) -> None:
    use_settings(monkeypatch, smtp_url="smtp://bot%40corp.example:secret@127.0.0.1:2525", **more)


async def mails() -> list[Mail]:
    async with transaction() as session:
        return list(await session.scalars(select(Mail).order_by(Mail.id)))


async def document_of(talk: Talk) -> str:
    """What the document says that the last answer handed over."""
    (given,) = talk.given
    async with transaction() as session:
        assert not await handing.hand_over(
            session, talk.conversation_id, f"turn:{talk.turn_id}:f", given, turn_id=talk.turn_id
        )
        item = (await session.scalars(select(OutboxItem).order_by(OutboxItem.id.desc()))).first()
    assert item is not None and item.file_key is not None
    assert item.file_name is not None and item.file_name.endswith(".docx")
    content = b"".join([chunk async for chunk in storage.get(item.file_key)])
    return "\n".join(paragraph.text for paragraph in Document(io.BytesIO(content)).paragraphs)


async def test_in_private_twelve_lines_and_the_document() -> None:
    world = await morning()
    talk = Talk(world, "王")
    text, _ = await talk.say("昨天产品群的纪要", "ask_minutes")
    lines = text.splitlines()
    assert lines[0].startswith("「产品群」昨天（周")
    assert "李建国" in lines[1] and "条消息" in lines[1]
    assert any(line.startswith("决定：") and "推迟到周五" in line for line in lines)
    assert any(line.startswith("待办：后端 赵云 · ") and "补丁" in line for line in lines)
    assert lines[-1].startswith("全文在文件里。")
    assert 7 <= len(lines) <= 13
    whole = await document_of(talk)
    assert "推迟到周五" in whole


async def test_with_a_public_address_a_link_takes_the_place_of_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    world = await morning()
    use_settings(monkeypatch, public_url="https://bot.example")
    talk = Talk(world, "王")
    text, _ = await talk.say("昨天产品群的纪要", "ask_minutes")
    async with transaction() as session:
        (row,) = await session.scalars(select(MinutesRow))
    assert f"全文：https://bot.example/minutes/{row.id}\n" in text
    assert talk.given == []
    # In a room the document itself comes: a page wants a sign-in.
    here = Talk(world, "王", "产品群")
    text, _ = await here.say("昨天的纪要", "ask_minutes")
    assert "https://" not in text
    assert len(here.given) == 1


async def test_in_a_room_three_lines_of_its_own() -> None:
    world = await morning()
    talk = Talk(world, "王", "产品群")
    text, _ = await talk.say("昨天的纪要", "ask_minutes")
    assert len(text.splitlines()) == 3
    assert "推迟到周五" in text
    assert "推迟到周五" in await document_of(talk)
    text, _ = await talk.say("测试群昨天的纪要", "ask_minutes")
    assert "私聊我说" in text


async def test_follow_ups_change_the_day_and_the_room() -> None:
    world = await morning()
    async with transaction() as session:
        world.session = session
        await talked(world, at(-2, 10), room="测试群")
    talk = Talk(world, "王")
    text, _ = await talk.say("产品群今天的纪要", "ask_minutes")
    assert "今天没人说话" in text
    text, _ = await talk.say("昨天的呢", "follow_up")
    assert text.startswith("「产品群」")
    assert "推迟到周五" in text
    text, _ = await talk.say("那测试群的", "follow_up")
    assert "「测试群」昨天" in text and "没人说话" in text
    text, _ = await talk.say("前天的呢", "follow_up")
    assert text.startswith("「测试群」")


async def test_the_room_talked_of_last_is_meant_and_else_it_is_asked() -> None:
    world = await morning()
    talk = Talk(world, "王")
    text, _ = await talk.say("昨天的纪要", "ask_minutes")
    assert talk.slots["request_state"] == "missing"
    assert [choice["name"] for choice in talk.slots["request"]["choices"]] == ["产品群", "测试群"]
    talk = Talk(world, "王")
    await talk.say("产品群昨天的纪要", "ask_minutes")
    text, _ = await talk.say("再看下前天的纪要", "ask_minutes")
    assert "「产品群」前天" in text


async def test_a_part_of_a_day_and_the_talk_in_it() -> None:
    world = await morning()
    async with transaction() as session:
        world.session = session
        await world.say("小赵", "午饭订了三十份盒饭，十二点送到前台", at(-1, 11, 50))
    talk = Talk(world, "王")
    text, _ = await talk.say("产品群昨天上午九点到九点半的纪要", "ask_minutes")
    assert "09:00–09:30" in text
    text, _ = await talk.say("产品群昨天上午那场的纪要", "ask_minutes")
    assert "09:00–09:07" in text
    assert "盒饭" not in text


async def test_what_was_said_while_the_asker_was_away() -> None:
    world = await morning()
    talk = Talk(world, "建国同志")  # spoke last at 9:06
    text, _ = await talk.say("我不在的时候产品群说了啥", "ask_minutes")
    assert "灰度" in text
    assert "推迟" not in text
    # Who never spoke is told of the last day.
    async with transaction() as session:
        world.session = session
        session.add(Member(room_id=world.rooms["产品群"].id, contact_id=world.people["外人"].id))
        await talked(world, now() - timedelta(minutes=30))
    text, _ = await Talk(world, "外人").say("产品群我错过了什么", "ask_minutes")
    assert "推迟到周五" in text


async def test_since_the_last_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    with_mail(monkeypatch)
    world = await morning()
    await bind(world, "王")
    talk = Talk(world, "王")
    await talk.say("产品群昨天的纪要", "ask_minutes")
    async with transaction() as session:
        world.session = session
        await world.say("小赵", "灰度比例就定百分之十，明天上午十点开始", now() - timedelta(seconds=5))
    text, _ = await talk.say("上次纪要之后说了啥", "ask_minutes")
    assert "灰度比例" in text
    assert "推迟到周五" not in text
    # And the same by mail, though there are newer minutes now: these.
    text, _ = await talk.say("也发我邮箱", "follow_up")
    assert text.startswith("好，「产品群」")
    (mail,) = await mails()
    assert "灰度比例" in mail.text


async def test_nothing_to_tell_is_said_with_what_to_do() -> None:
    world = await morning(recording=False)
    talk = Talk(world, "王")
    text, _ = await talk.say("测试群今天的纪要", "ask_minutes")
    assert text.startswith("「测试群」没有在记录")
    assert "开始记录" in text
    text, _ = await Talk(world, "王", "测试群").say("纪要", "ask_minutes")
    assert "@我 说「开始记录」" in text
    async with transaction() as session:
        world.session = session
        await session.execute(update(Room).values(recording_at=at(-1, 8)))
        await world.say("小赵", "哈哈哈哈", now(), room="测试群")
    text, _ = await talk.say("测试群今天的纪要", "ask_minutes")
    assert "打招呼" in text
    text, _ = await talk.say("测试群上周的纪要", "ask_minutes")
    assert "08:00 才开始记录" in text


async def test_the_time_in_which_the_bot_was_deaf_is_said() -> None:
    world = await morning()
    async with transaction() as session:
        await session.execute(update(Bot).values(heard_at=now()))
        session.add(RoomBot(room_id=world.rooms["产品群"].id, bot_id=world.bot.id, joined_at=at(-20, 9)))
        session.add(Gap(bot_id=world.bot.id, started_at=at(-1, 10), ended_at=at(-1, 11), reason="网关断开"))
    text, _ = await Talk(world, "王").say("产品群昨天的纪要", "ask_minutes")
    assert "注意：昨天 10:00–11:00 不在线（网关断开）" in text
    text, _ = await Talk(world, "王", "产品群").say("昨天的纪要", "ask_minutes")
    assert len(text.splitlines()) == 3
    assert "10:00–11:00 不在线" in text


async def test_who_is_no_member_gets_nothing_and_no_document() -> None:
    world = await morning()
    talk = Talk(world, "王")
    await talk.say("产品群昨天的纪要", "ask_minutes")
    (given,) = talk.given
    async with transaction() as session:
        gone = update(Member).where(Member.contact_id == world.people["王"].id).values(left_at=now())
        await session.execute(gone)
    async with transaction() as session:
        assert await handing.hand_over(session, talk.conversation_id, "k", given, turn_id=talk.turn_id) == handing.GONE
    text, _ = await talk.say("昨天的呢", "follow_up")
    assert "推迟" not in text
    async with transaction() as session:
        outsider = await conversations.get(session, world.bot.id, None, world.people["外人"].id)
        bad = {"made": {**given["made"], "of": "../minutes-1"}}
        for each in (given, bad):
            assert await handing.hand_over(session, outsider, "k2", each, turn_id=talk.turn_id) == handing.GONE


async def test_a_document_that_waits_is_not_sent_when_what_it_says_is_taken_back() -> None:
    world = await morning()
    talk = Talk(world, "王")
    await talk.say("产品群昨天的纪要", "ask_minutes")
    await document_of(talk)
    async with transaction() as session:
        await consent.refuse(session, world.people["建国同志"].id, world.rooms["产品群"].id)
    text, _ = await talk.say("产品群昨天的纪要", "ask_minutes")
    assert "推迟到周五" not in text
    async with transaction() as session:
        item = (await session.scalars(select(OutboxItem))).one()
        assert item.state == OutboxState.FAILED


# --- mail --------------------------------------------------------------------------------------------------


async def test_mail_goes_to_ones_own_address_with_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    with_mail(monkeypatch)
    world = await morning()
    await bind(world, "王")
    talk = Talk(world, "王")
    text, _ = await talk.say("产品群昨天的纪要", "ask_minutes")
    assert text.endswith("回「发我邮箱」就寄给你。")
    text, _ = await talk.say("也发我邮箱", "follow_up")
    assert "正在发到 wang@corp.example，发到了告诉你。" in text
    (mail,) = await mails()
    assert mail.recipient == "wang@corp.example"
    assert "推迟到周五" in mail.html and "推迟到周五" in mail.text
    assert mail.conversation_id == talk.conversation_id
    async with transaction() as session:
        ids = set(await session.scalars(select(Message.id).where(Message.text.contains("推迟到周五"))))
    assert ids <= set(mail.sources)
    # In a room nobody is told the address.
    text, _ = await Talk(world, "王", "产品群").say("昨天的纪要发我邮箱", "mail_minutes")
    assert "wang@" not in text
    assert "正在发到 你的邮箱" in text
    assert [each.recipient for each in await mails()] == ["wang@corp.example"] * 2


async def test_a_strange_address_is_asked_about_first(monkeypatch: pytest.MonkeyPatch) -> None:
    with_mail(monkeypatch, mail_domains="friends.example")
    world = await morning()
    await bind(world, "王")
    talk = Talk(world, "王")
    text, _ = await talk.say("产品群昨天的纪要发到 li@other.example", "mail_minutes")
    assert text.startswith("要发到 li@other.example 吗？")
    assert await mails() == []
    assert await talk.say("不用了", "deny") == ("好，不发了。", [])
    text, _ = await talk.say("好", "affirm")
    assert await mails() == []
    await talk.say("产品群昨天的纪要发到 li@other.example", "mail_minutes")
    text, _ = await talk.say("好", "affirm")
    assert "正在发到 li@other.example" in text
    # Only just after the question; and a second yes sends nothing more.
    await talk.say("好", "affirm")
    assert [each.recipient for each in await mails()] == ["li@other.example"]
    text, _ = await talk.say("产品群昨天的纪要发到 an@friends.example", "mail_minutes")
    assert "正在发到 an@friends.example" in text
    assert len(await mails()) == 2


async def test_without_a_mail_server_the_document_comes_here() -> None:
    world = await morning()
    await bind(world, "王")
    talk = Talk(world, "王")
    text, _ = await talk.say("产品群昨天的纪要发我邮箱", "mail_minutes")
    assert "还没有设置发信的邮箱" in text
    assert "纪要先发在这里" in text
    assert "推迟到周五" in await document_of(talk)


async def test_mail_needs_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    with_mail(monkeypatch)
    world = await morning()
    text, _ = await Talk(world, "小赵").say("产品群昨天的纪要发我邮箱", "mail_minutes")
    assert "绑定账号" in text
    assert await mails() == []


async def test_the_same_asked_twice_is_the_same_until_something_is_taken_back() -> None:
    world = await morning()
    talk = Talk(world, "王")
    first, _ = await talk.say("产品群昨天的纪要", "ask_minutes")
    assert (await talk.say("产品群昨天的纪要", "ask_minutes"))[0] == first
    async with transaction() as session:
        await messages.recall(session, Message.text.contains("推迟到周五"))
    later, _ = await talk.say("产品群昨天的纪要", "ask_minutes")
    assert "推迟到周五" not in later
