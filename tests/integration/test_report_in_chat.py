"""Asking for the report in chat, as the actions answer it: at a glance with a picture, one figure, or by mail."""

import io
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from sqlalchemy import select, update

from botbay import storage
from botbay.chat import handing, messages
from botbay.chat.housekeeping import forget_messages
from botbay.chat.models import Account, Contact, Message, OutboxItem, OutboxState, Room
from botbay.db import transaction
from botbay.jobs import Work
from tests.integration.files_world import FilesWorld, build
from tests.integration.test_finding_in_chat import Talk
from tests.integration.test_minutes_in_chat import at, bind, mails, with_mail
from workers.mail.models import MailAttachment
from workers.report.models import ReportRow

pytestmark = pytest.mark.usefixtures("database")

ASK = "ask_daily_report"


async def yesterday(*, bound: bool = True) -> FilesWorld:
    """Yesterday 小赵 said six things and 建国同志 two in 产品群, 王 one in 测试群; the day before, 小赵 three."""
    async with transaction() as session:
        world = await build(session)
        await session.execute(update(Room).values(recording_at=at(-30, 8)))
        for minute in range(6):
            await world.say("小赵", "发布的登录页补丁合了没", at(-1, 15, minute))
        await world.say("建国同志", "@王 发布放到周五，你看行吗", at(-1, 9), mention_ids=["wxid_王"])
        await world.file("建国同志", "发布检查清单.xlsx", at(-1, 9, 5))
        await world.say("王", "测试环境好了", at(-1, 16), room="测试群")
        for minute in range(3):
            await world.say("小赵", "昨天的事", at(-2, 10, minute))
    if bound:
        await bind(world, "王")
    return world


async def picture_of(talk: Talk) -> Image.Image:
    """What the last answer handed over, as it goes out."""
    (given,) = talk.given
    async with transaction() as session:
        assert not await handing.hand_over(session, talk.conversation_id, "reply", given, turn_id=talk.turn_id)
        item = (await session.scalars(select(OutboxItem))).one()
        assert item.kind == "image"
        assert item.file_key is not None
        chunks = [chunk async for chunk in storage.get(item.file_key)]
    return Image.open(io.BytesIO(b"".join(chunks)))


async def test_in_private_it_is_told_over_all_rooms_with_a_picture() -> None:
    talk = Talk(await yesterday(), "王")
    text, _ = await talk.say("昨天的日报", ASK)
    day = at(-1, 0)
    lines = text.splitlines()
    assert lines[0] == f"昨天（{day.month}月{day.day}日 周{'一二三四五六日'[day.weekday()]}）的日报"
    assert lines[1] == "2 个群 9 条消息（比前天多 6 条），3 人说话"
    assert "最热闹是 15 点，6 条" in lines
    assert "群：产品群 8、测试群 1" in lines
    assert "话多的：小赵 6、建国同志 2、王 1" in lines
    assert "@你 1 次，1 次还没回：建国同志（产品群）@王 发布放到周五，你看行吗" in lines
    assert "文件 1 个（发布检查清单.xlsx）" in lines
    assert lines[-1] == "回「今天的呢」看今天的。"
    assert 6 <= len(lines) <= 10
    picture = await picture_of(talk)
    assert picture.width == 1080


async def test_in_a_room_it_is_three_lines_of_that_room_only() -> None:
    talk = Talk(await yesterday(), "王", "产品群")
    text, _ = await talk.say("昨天的日报", ASK)
    assert len(text.splitlines()) <= 3
    assert "8 条消息" in text
    assert "测试群" not in text
    assert "@你" not in text
    assert len(talk.given) == 1


async def test_somebody_of_the_room_without_an_account_sees_its_report() -> None:
    talk = Talk(await yesterday(bound=False), "小赵", "产品群")
    text, _ = await talk.say("昨天的日报", ASK)
    assert "8 条消息" in text


async def test_over_several_rooms_an_account_is_needed_and_one_room_is_told_without() -> None:
    talk = Talk(await yesterday(bound=False), "王")
    text, _ = await talk.say("昨天的日报", ASK)
    assert "绑定账号" in text
    assert talk.given == []
    text, _ = await talk.say("产品群昨天的日报", ASK)
    assert text.startswith("「产品群」昨天")
    assert "8 条消息" in text


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("昨天谁话最多", "昨天话最多的是小赵，6 条。后面是建国同志 2、王 1。"),
        ("产品群昨天的话痨榜", "昨天「产品群」话最多的是后端 赵云，6 条。后面是李建国 2。"),
        ("昨天哪个群最活跃", "昨天最热闹的是「产品群」，8 条。后面是测试群 1。"),
        ("昨天几点最热闹", "昨天最热闹是 15 点，6 条。"),
        ("昨天有几个人说过话", "昨天有 3 人说过话，一共 9 条。"),
        ("昨天发了几个文件", "昨天：文件 1 个。"),
        ("昨天比前天多了吗", "昨天 9 条消息，比前天多 6 条。"),
        ("昨天多少条消息", "昨天 2 个群 9 条消息（比前天多 6 条），3 人说话。"),
        ("昨天谁@我了", "昨天有 1 次 @你：\n· 建国同志，产品群：@王 发布放到周五，你看行吗（还没回）"),
        ("我昨天说了多少", "昨天你说了 1 条，在 3 人里排第 3。"),
        ("前天谁话最多", "前天话最多的是小赵，3 条。"),
    ],
)
async def test_a_question_for_one_figure_gets_that_figure(words: str, answer: str) -> None:
    talk = Talk(await yesterday(), "王")
    text, _ = await talk.say(words, ASK)
    assert text == answer
    assert talk.given == []


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("日报", "今天（"),
        ("前天的日报", "前天（"),
        ("本周的周报", "这周（"),
        ("看周报", "这周（"),
        ("上周的周报", "上周（"),
        ("月报", "{month}月的月报"),
        ("上个月的日报", "{last}月的月报"),
        ("{day}号的日报", "昨天（"),
        ("最近三天的统计", "{ago}–"),
    ],
)
async def test_any_span_can_be_asked_for(words: str, first: str) -> None:
    world = await yesterday()
    async with transaction() as session:
        world.session = session
        await world.say("王", "早", at(0, 0))
        await world.say("王", "早", at(-40, 8))
        await world.say("王", "早", (at(0, 12).replace(day=1) - timedelta(days=3)))
        await world.say("王", "早", at(-8, 8))
    today, day = at(0, 0), at(-1, 0)
    names = {
        "month": today.month,
        "last": (today.month - 2) % 12 + 1,
        "day": f"{day.month}月{day.day}",
        "ago": f"{at(-2, 0).month}月{at(-2, 0).day}日",
    }
    if "上个月" in words and today.month == 1:
        names["last"] = f"{today.year - 1}年12"
    text, _ = await Talk(world, "王").say(words.format(**names), ASK)
    assert text.splitlines()[0].startswith(first.format(**names)), text


async def test_an_empty_day_says_why() -> None:
    world = await yesterday()
    talk = Talk(world, "王")
    text, _ = await talk.say("大前天的日报", ASK)
    assert "没有人说话" in text
    text, _ = await talk.say("明天的日报", ASK)
    assert "还没到" in text
    async with transaction() as session:
        await session.execute(update(Room).values(recording_at=None))
    text, _ = await talk.say("产品群大前天的日报", ASK)
    assert "没有在记录" in text
    assert "开始记录" in text
    assert talk.given == []


async def test_what_was_recalled_is_in_no_report_and_its_picture_is_not_sent() -> None:
    talk = Talk(await yesterday(), "王")
    text, _ = await talk.say("昨天的日报", ASK)
    assert "@王 发布放到周五" in text
    (given,) = talk.given
    async with transaction() as session:
        assert not await handing.hand_over(session, talk.conversation_id, "reply", given, turn_id=talk.turn_id)
        ids = list(await session.scalars(select(Message.id).where(Message.text.contains("放到周五"))))
        await messages.recall(session, Message.id.in_(ids))
    await forget_messages(Work(payload={"message_ids": ids}, attempt=0, final=False))
    async with transaction() as session:
        assert (await session.scalars(select(OutboxItem))).one().state == OutboxState.FAILED
        assert [row.document for row in await session.scalars(select(ReportRow))] == [{}]
    text, _ = await talk.say("昨天的日报", ASK)
    assert "放到周五" not in text
    assert "8 条消息" in text


async def test_it_goes_by_mail_with_its_chart_as_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    with_mail(monkeypatch)
    talk = Talk(await yesterday(), "王")
    text, _ = await talk.say("昨天的日报", ASK)
    assert text.splitlines()[-1] == "回「发我邮箱」就寄给你。"
    text, _ = await talk.say("发我邮箱", "follow_up")
    day = at(-1, 0)
    title = f"昨天（{day.month}月{day.day}日 周{'一二三四五六日'[day.weekday()]}）的日报"
    assert text == f"好，{title}正在发到 wang@corp.example，发到了告诉你。"
    (mail,) = await mails()
    assert mail.subject == title
    assert 'src="cid:report"' in mail.html
    assert "发布检查清单.xlsx" in mail.text
    async with transaction() as session:
        pictures = (await session.scalars(select(MailAttachment).order_by(MailAttachment.id))).all()
    assert [(each.cid, each.mime) for each in pictures] == [("report", "image/png"), ("report-2", "image/png")]


async def test_another_address_is_asked_about_first(monkeypatch: pytest.MonkeyPatch) -> None:
    with_mail(monkeypatch)
    talk = Talk(await yesterday(), "王")
    text, _ = await talk.say("把昨天的日报发到 li@other.example", "mail_report")
    assert text.startswith("要发到 li@other.example 吗？")
    assert await mails() == []
    text, _ = await talk.say("好", "affirm")
    assert "正在发到 li@other.example" in text
    assert len(await mails()) == 1


async def test_no_mail_is_set_up_so_the_picture_comes_here() -> None:
    talk = Talk(await yesterday(), "王")
    text, _ = await talk.say("昨天的日报发我邮箱", "mail_report")
    assert "日报先发在这里" in text
    assert len(talk.given) == 1


async def test_the_day_is_the_persons_own() -> None:
    """王 lives in New York: what was said at noon in Shanghai was said there the evening before."""
    world = await yesterday()
    async with transaction() as session:
        contact = await session.get_one(Contact, world.people["王"].id)
        account = await session.get_one(Account, contact.account_id)
        account.timezone = "America/New_York"
    noon: datetime = at(-1, 9)
    there = noon.astimezone(ZoneInfo("America/New_York"))
    text, _ = await Talk(world, "王").say(f"{there.month}月{there.day}号几点最热闹", ASK)
    assert "最热闹是" in text
