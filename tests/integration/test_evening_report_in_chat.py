"""晚上九点自动发我一份 and 别再每天发了, as the actions answer them."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from botbay.chat import conversations
from botbay.chat.models import Account, Contact
from botbay.db import now, transaction
from botbay.due import Due
from botbay.settings import load_settings
from tests.integration.files_world import FilesWorld, build
from tests.integration.test_finding_in_chat import Talk
from workers.report.evening import HANDLER

pytestmark = pytest.mark.usefixtures("database")


async def bound(*, timezone: str | None = None) -> FilesWorld:
    async with transaction() as session:
        world = await build(session)
        account = Account(name="wang", display_name="王", timezone=timezone)
        session.add(account)
        await session.flush()
        await session.execute(update(Contact).where(Contact.name == "王").values(account_id=account.id))
    return world


async def rows() -> list[Due]:
    async with transaction() as session:
        return list(await session.scalars(select(Due).where(Due.handler == HANDLER)))


def clock(row: Due) -> str:
    local = row.at.astimezone(load_settings().zone)
    return f"{local:%H:%M}"


async def test_it_is_set_up_and_says_when_the_next_comes_and_how_to_stop_it() -> None:
    world = await bound()
    talk = Talk(world, "王")
    text, _ = await talk.say("晚上九点自动发我一份", "subscribe_report")
    local = now().astimezone(load_settings().zone)
    assert text.startswith("好，每天 21:00 自动发你日报")
    assert ("今天 21:00" if local.hour < 21 else "明天 21:00") in text
    assert "别再每天发了" in text
    assert len(text.splitlines()) <= 3
    (row,) = await rows()
    assert clock(row) == "21:00"
    assert now() < row.at <= now() + timedelta(days=1)
    async with transaction() as session:
        private = await conversations.get(session, world.bot.id, None, world.people["王"].id)
    assert row.payload["conversation_id"] == private


@pytest.mark.parametrize(
    ("said", "shown", "rule"),
    [
        ("每天晚上自动发我日报", "每天 21:00", "FREQ=DAILY;BYHOUR=21"),
        ("工作日下午六点把日报发我", "每个工作日 18:00", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=18"),
        ("周一到周五晚上七点发日报给我", "每个工作日 19:00", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=19"),
        ("每周五晚上八点自动发", "每周五 20:00", "FREQ=WEEKLY;BYDAY=FR;BYHOUR=20"),
        ("周末晚上八点自动发", "每周六、日 20:00", "FREQ=WEEKLY;BYDAY=SA,SU;BYHOUR=20"),
        ("每周一三五晚上9点半发日报", "每周一、三、五 21:30", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYHOUR=21"),
    ],
)
async def test_on_the_days_that_were_said(said: str, shown: str, rule: str) -> None:
    talk = Talk(await bound(), "王")
    text, _ = await talk.say(said, "subscribe_report")
    assert shown in text
    (row,) = await rows()
    assert row.payload["rule"].startswith(rule)


async def test_in_the_morning_it_says_that_it_tells_of_the_day_before() -> None:
    talk = Talk(await bound(), "王")
    text, _ = await talk.say("每天早上八点给我发日报", "subscribe_report")
    assert "前一天" in text


async def test_the_hour_is_asked_for_and_hourly_is_too_much() -> None:
    talk = Talk(await bound(), "王")
    await talk.say("以后每天自动把日报发给我", "subscribe_report")
    assert talk.slots["request_state"] == "missing"
    text, _ = await talk.say("每小时自动发我一份", "subscribe_report")
    assert "一天最多" in text
    assert await rows() == []


async def test_asked_twice_it_changes_the_time() -> None:
    talk = Talk(await bound(), "王")
    await talk.say("每天晚上九点自动发我一份", "subscribe_report")
    text, _ = await talk.say("改到晚上十点半", "follow_up")
    assert text.startswith("好，改成每天 22:30")
    (row,) = await rows()
    assert clock(row) == "22:30"
    text, _ = await talk.say("日报推送挪到每天晚上八点", "subscribe_report")
    assert "改成每天 20:00" in text
    assert len(await rows()) == 1


async def test_in_a_room_it_is_set_up_and_comes_in_private() -> None:
    world = await bound()
    text, _ = await Talk(world, "王", "产品群").say("晚上九点自动发我一份", "subscribe_report")
    assert "私聊" in text
    assert len(text.splitlines()) <= 3
    (row,) = await rows()
    async with transaction() as session:
        private = await conversations.get(session, world.bot.id, None, world.people["王"].id)
    assert row.payload["conversation_id"] == private


async def test_off_is_off_and_said_twice_it_says_so() -> None:
    talk = Talk(await bound(), "王")
    await talk.say("晚上九点自动发我一份", "subscribe_report")
    text, _ = await talk.say("别再每天发了", "unsubscribe_report")
    assert "不自动发日报了" in text
    assert await rows() == []
    text, _ = await talk.say("别再每天发了", "unsubscribe_report")
    assert "本来就没有" in text


async def test_only_for_people_with_an_account() -> None:
    world = await bound()
    text, _ = await Talk(world, "小赵").say("晚上九点自动发我一份", "subscribe_report")
    assert "绑定账号" in text
    assert await rows() == []


async def test_the_hour_is_by_the_persons_own_clock() -> None:
    talk = Talk(await bound(timezone="Europe/London"), "王")
    text, _ = await talk.say("晚上九点自动发我一份", "subscribe_report")
    assert "21:00" in text
    (row,) = await rows()
    assert clock(row) in ("04:00", "05:00")  # in Shanghai, in summer and in winter
