"""Reports at their edges: what is dated ahead, days that begin late, many files, recalled words, the asker's calls."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from botbay.chat import messages
from botbay.chat.access import PRIVATE, Subject
from botbay.chat.housekeeping import forget_messages
from botbay.chat.models import File, Message, Room
from botbay.db import now, transaction
from botbay.jobs import Work
from tests.integration.test_finding_in_chat import Talk
from tests.integration.test_minutes_in_chat import mails, with_mail
from tests.integration.test_report_figures import DAY, NOON, ONE, World, report_of
from tests.integration.test_report_in_chat import ASK, yesterday
from workers.report import commands, service, spans

pytestmark = pytest.mark.usefixtures("database")


def at_the_service(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    monkeypatch.setattr(service, "now", lambda: at)


# --- figures -----------------------------------------------------------------------------------------------


async def test_what_a_clock_ahead_has_dated_is_counted_when_its_time_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    world = await World.build()
    at_the_service(monkeypatch, NOON - timedelta(seconds=1))
    await world.hear([ONE])
    assert (await report_of(world)).total == 0
    at_the_service(monkeypatch, NOON + timedelta(seconds=1))
    assert (await report_of(world)).total == 1


async def test_a_report_of_today_is_compared_with_yesterday_up_to_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was said since it was made; yesterday, much was."""
    world = await World.build()
    await world.hear([replace(ONE, at=NOON - timedelta(hours=3))])
    await world.hear([replace(ONE, source=9 + number, at=NOON - timedelta(days=1)) for number in range(3)])
    at_the_service(monkeypatch, NOON - timedelta(hours=2))
    assert (await report_of(world)).before == 0
    at_the_service(monkeypatch, NOON + timedelta(hours=9))
    made = await report_of(world)
    assert (made.before, made.made_at) == (3, NOON + timedelta(hours=9))


async def test_a_call_waits_again_when_its_answer_was_recalled() -> None:
    """The asker spoke in another room since, long after the report's day."""
    world = await World.build()
    later = NOON + timedelta(days=2)
    said = [
        (replace(ONE, source=1), ["wxid_王"]),
        (replace(ONE, source=2, talker=0, at=later), []),
        (replace(ONE, source=3, talker=0, room=1, at=later + timedelta(hours=1)), []),
    ]
    async with transaction() as session:
        for each, called in said:
            await messages.store(session, [{**world._row(each, world.bots[0]), "mention_ids": called}])
    assert [each.answered for each in (await report_of(world)).mentions] == [True]
    async with transaction() as session:
        await messages.recall(session, Message.source_id == "2")
    assert [each.answered for each in (await report_of(world)).mentions] == [False]


async def test_a_file_goes_to_the_trash_as_another_comes_back() -> None:
    world = await yesterday()
    async with transaction() as session:
        world.session = session
        await world.file("小赵", "另一份.xlsx", now() - timedelta(days=1))
        (first, second) = await session.scalars(select(File).order_by(File.id))
        first.trashed_at = now()
        await session.flush()
        scope = Subject(contact_id=world.people["王"].id)
        room = world.rooms["产品群"].id
    day = spans.between(now() - timedelta(days=3), now() - timedelta(hours=1), ZoneInfo("Asia/Shanghai"))

    async def names() -> list[str]:
        async with transaction() as session:
            return [each.name for each in (await service.of_room(session, scope, PRIVATE, room, day)).report.files]

    assert await names() == ["另一份.xlsx"]
    async with transaction() as session:
        await session.execute(update(File).where(File.id == first.id).values(trashed_at=None))
        await session.execute(update(File).where(File.id == second.id).values(trashed_at=now()))
    assert await names() == ["发布检查清单.xlsx"]


async def test_many_links_hide_no_file_and_each_is_counted() -> None:
    world = await World.build()
    said = [replace(ONE, source=1, kind="file", at=NOON - timedelta(hours=1))]
    said += [replace(ONE, source=number + 2, kind="link", at=NOON + timedelta(seconds=number)) for number in range(510)]
    await world.hear(said)
    made = await report_of(world)
    assert len(made.files) == 1
    assert [each.count for each in made.links] == [510]


@pytest.mark.parametrize("name", ["Africa/Cairo", "America/Santiago", "America/Havana", "Asia/Shanghai"])
def test_a_day_that_begins_or_ends_where_the_clocks_change_is_a_day(name: str) -> None:
    zone = ZoneInfo(name)
    for number in range(366):
        day = spans.day(date(2026, 1, 1) + timedelta(days=number), zone)
        assert spans.between(day.since.astimezone(UTC), day.until.astimezone(UTC), zone) == day


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_that_is_no_day_of_a_chat_is_a_bad_use(day: str) -> None:
    result = CliRunner().invoke(commands.report, ["--date", day])
    assert result.exit_code == 2
    assert "1970" in result.output


# --- what was recalled -------------------------------------------------------------------------------------


async def test_the_address_of_a_report_stays_when_something_of_it_was_recalled() -> None:
    world = await World.build()
    await world.hear([ONE, replace(ONE, source=2)])
    async with transaction() as session:
        first = await service.of_person(session, world.account, DAY)
        ids = list(await session.scalars(select(Message.id).where(Message.source_id == "2")))
        await messages.recall(session, Message.id.in_(ids))
    await forget_messages(Work(payload={"message_ids": ids}, attempt=0, final=False))
    async with transaction() as session:
        kept = await service.get(session, Subject.of_account(world.account), PRIVATE, first.id)
    assert kept is not None
    assert kept.report.total == 1


async def test_a_mail_knows_whose_words_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    with_mail(monkeypatch)
    talk = Talk(await yesterday(), "王")
    await talk.say("昨天的日报发我邮箱", "mail_report")
    (mail,) = await mails()
    async with transaction() as session:
        file = await session.scalar(select(Message.id).where(Message.kind == "file"))
    assert "发布检查清单" in mail.text
    assert file in mail.sources


# --- in chat -----------------------------------------------------------------------------------------------


async def test_who_called_me_in_a_room_is_told_in_private_only() -> None:
    world = await yesterday()
    text, _ = await Talk(world, "王", "产品群").say("昨天谁@我了", ASK)
    assert text == "谁 @了你，私聊问我就告诉你。"
    text, _ = await Talk(world, "王").say("产品群昨天谁@我了", ASK)
    assert text == "昨天「产品群」有 1 次 @你：\n· 建国同志，产品群：@王 发布放到周五，你看行吗（还没回）"
    text, _ = await Talk(world, "王").say("测试群昨天谁@我了", ASK)
    assert text == "昨天「测试群」没有人 @你。"


async def test_who_is_not_bound_is_not_told_that_nobody_called() -> None:
    text, _ = await Talk(await yesterday(bound=False), "王").say("产品群昨天谁@我了", ASK)
    assert "绑定账号" in text


async def test_who_spoke_least_is_not_who_spoke_most() -> None:
    text, _ = await Talk(await yesterday(), "王").say("昨天谁的话最少", ASK)
    assert text == "昨天说过话的 3 人里，话最少的是王，1 条。"


async def test_a_day_long_before_any_chat_is_no_fault() -> None:
    text, _ = await Talk(await yesterday(), "王").say("0001年1月1日的日报", ASK)
    assert text == "那么早还没有微信，换个日子吧。"


async def test_where_no_room_is_kept_that_is_why_there_is_nothing() -> None:
    world = await yesterday()
    async with transaction() as session:
        await session.execute(update(Room).values(recording_at=None))
    text, _ = await Talk(world, "王").say("大前天的日报", ASK)
    assert "没有在记录" in text
    assert "开始记录" in text
