"""The page of todos in a browser, on a phone and on a PC."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import pytest
from icalendar import Calendar
from playwright.async_api import Locator, Page, expect
from sqlalchemy import select

from botbay import jobs
from botbay.chat import conversations
from botbay.chat.access import Subject
from botbay.chat.models import Account, Friend, Message
from botbay.db import dispose, now, transaction
from botbay.postgres import EmbeddedPostgres
from botbay.settings import load_settings
from tests.drive_fixture import Drive, days_ago, new_account, new_drive
from tests.web_fixture import PC, PHONE, Site, chromium, postgres, running_site, window  # noqa: F401 (fixture)
from workers.minutes.models import TodoRow, TodoState
from workers.reminders import service
from workers.reminders.models import Reminder, ReminderState, TodoLink
from workers.reminders.service import New, When

expect.set_options(timeout=30_000)  # the tests' machine may be busy

ZONE = load_settings().zone


@pytest.fixture(scope="module")
def server(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:  # noqa: F811
    with running_site(postgres, tmp_path_factory.mktemp("todos")) as running:
        yield running


@pytest.fixture
async def site(server: Site) -> AsyncIterator[Site]:
    await jobs.install()
    yield server
    await dispose()


@dataclass
class World:
    """王芳 may be spoken to in private, and is in 产品群 with 老李, its owner."""

    drive: Drive
    account: str
    ids: dict[str, int]  # reminders and todos by their words

    def key(self, what: str, kind: str = "reminder") -> str:
        return f"{kind}-{self.ids[what]}"


def at(days: int, hour: int, minute: int = 0) -> datetime:
    day = now().astimezone(ZONE).date() + timedelta(days=days)
    return datetime.combine(day, time(hour, minute), ZONE)


def to_friday() -> int:
    """Days until a Friday that lies ahead."""
    return (3 - now().astimezone(ZONE).weekday()) % 7 + 1


async def make_world() -> World:
    drive = await new_drive()
    async with transaction() as session:
        account = await new_account(session, f"wang{drive.bot.id}")
        account.display_name = "王芳"
        me = await drive.person(session, "王芳", account)
        boss = await drive.person(session, "老李")
        room = await drive.room(session, "产品群", "老李", "王芳", "钱小满")
        session.add(Friend(bot_id=drive.bot.id, contact_id=me.id, alias="", engaged_at=days_ago(3)))
        await session.flush()
        private = await conversations.get(session, drive.bot.id, None, me.id)
        in_room = await conversations.get(session, drive.bot.id, room.id, me.id)
        of_boss = await conversations.get(session, drive.bot.id, room.id, boss.id)
        ids: dict[str, int] = {}

        async def add(
            what: str, when: When, *, place: int = private, asker: int = me.id, whom: int | None = me.id
        ) -> int:
            new = New(conversation_id=place, asker_id=asker, contact_id=whom, what=what, when=when)
            ids[what] = (await service.create(session, new, ZONE, by=Subject(contact_id=asker))).id
            return ids[what]

        await add("给客户回电话 13812345678", When(at=now() + timedelta(minutes=1)))
        await add("交季度报告", When(at=at(1, 15)))
        await add("把合同寄出去", When(at=at(9, 10)), place=in_room, asker=boss.id)
        await add("吃药", When(at=at(1, 8), rule="FREQ=DAILY;BYHOUR=8;BYMINUTE=0"))
        await add("写周报", When(at=at(to_friday(), 17), rule="FREQ=WEEKLY;BYDAY=FR;BYHOUR=17;BYMINUTE=0"))
        await add("开全员会", When(at=at(2, 9, 30)), place=of_boss, asker=boss.id, whom=None)
        told = await session.get_one(Reminder, ids["给客户回电话 13812345678"])
        told.at = told.told_slot = now() - timedelta(hours=1)
        told.state = ReminderState.TOLD
        said = Message(
            bot_id=drive.bot.id, room_id=room.id, talker_id=boss.id, source_id=f"said{drive.bot.id}", kind="text",
            text="王芳把发版公告定稿", sent_at=days_ago(1),
        )  # fmt: skip
        session.add(said)
        await session.flush()
        todo = TodoRow(
            room_id=room.id, message_id=said.id, sources=[said.id], what="把发版公告定稿", who_contact_id=me.id,
            who_name="王芳", shown="",
        )  # fmt: skip
        session.add(todo)
        await session.flush()
        ids["把发版公告定稿"] = todo.id
        return World(drive, account.name, ids)


@pytest.fixture
async def world(site: Site) -> World:
    return await make_world()


@pytest.fixture(params=[PHONE, PC], ids=["phone", "pc"])
async def page(request: pytest.FixtureRequest, site: Site, world: World) -> AsyncIterator[Page]:
    async with chromium() as browser, window(browser, request.param) as opened:
        await enter(opened, site, world.account)
        await opened.goto(f"{site.url}/todos")
        yield opened
        await fits(opened)


async def enter(page: Page, site: Site, account: str) -> None:
    page.set_default_timeout(30_000)
    await page.goto(await site.login_link(account))
    await page.get_by_test_id("sign-in").click()
    await page.wait_for_url(lambda url: "/login" not in url)


async def fits(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def row(page: Page, key: str) -> Locator:
    return page.get_by_test_id("todos").get_by_test_id(key)


async def kept(what: str, asker: int) -> list[Reminder]:
    async with transaction() as session:
        found = select(Reminder).where(Reminder.what == what, Reminder.asker_id == asker).order_by(Reminder.id)
        return list(await session.scalars(found))


async def test_what_waits_stands_in_groups_by_its_time(page: Page, world: World) -> None:
    late = page.get_by_test_id("group-0")
    await expect(late).to_contain_text("给客户回电话 138****5678")
    await expect(late.get_by_test_id("when")).to_have_class("td-when td-late")
    await expect(late).to_contain_text("已提醒，等你回")
    await expect(page.get_by_test_id("group-2")).to_contain_text("交季度报告")
    await expect(row(page, world.key("交季度报告")).get_by_test_id("when")).to_contain_text("15:00")
    await expect(row(page, world.key("交季度报告")).get_by_test_id("from")).to_have_text("私聊 · 我提醒自己")
    await expect(row(page, world.key("把合同寄出去")).get_by_test_id("from")).to_have_text("产品群 · 老李提醒我")
    await expect(row(page, world.key("吃药")).get_by_test_id("rule")).to_have_text("每天 08:00")
    await expect(row(page, world.key("写周报")).get_by_test_id("rule")).to_have_text("每周五 17:00")
    for_all = row(page, world.key("开全员会"))
    await expect(for_all.get_by_test_id("from")).to_have_text("产品群 · 老李提醒大家")
    await expect(for_all.get_by_role("button")).to_have_count(0)
    without = page.get_by_test_id("group-5")
    await expect(without).to_contain_text("把发版公告定稿")
    await expect(without.get_by_test_id("from")).to_have_text("产品群 · 纪要里的待办")


async def test_one_is_added_after_it_was_understood(page: Page, world: World) -> None:
    field, told = page.get_by_test_id("sentence"), page.get_by_test_id("sentence-understood")
    for sentence, problem in (
        ("交报告", "还没看出是什么时候"),
        ("明天下午三点", "提醒你什么"),
        ("2月30号交表", "没有「2月30号」这一天"),
        ("昨天下午三点开会", "已经过了"),
        ("每分钟喝水", "太密了"),
        ("明天三点交报告", "凌晨还是下午"),
        ("2099年1月1号还书", "太远了"),
    ):
        await field.fill(sentence)
        await expect(told).to_contain_text(problem)
        await page.get_by_test_id("add-it").click()
        await expect(field).to_have_value(sentence)
    await field.fill("记得明天下午三点提醒我给妈妈买票")
    await expect(told).to_contain_text("15:00 提醒你：给妈妈买票")
    await field.press("Enter")
    await expect(page.get_by_text("记下了，到时候私聊你")).to_be_visible()
    await expect(field).to_have_value("")
    await expect(page.get_by_test_id("group-2")).to_contain_text("给妈妈买票")
    await field.fill("每周五下午五点对账")
    await expect(told).to_contain_text("每周五 17:00，第一次是")
    await page.get_by_test_id("add-it").dblclick()
    await expect(page.get_by_test_id("todos")).to_contain_text("对账")
    me = world.drive.people["王芳"].id
    (weekly,) = await kept("对账", me)
    assert weekly.rule == "FREQ=WEEKLY;BYDAY=FR;BYHOUR=17;BYMINUTE=0"
    (once,) = await kept("给妈妈买票", me)
    assert once.at == at(1, 15)


async def test_it_is_done_put_off_changed_and_cancelled(page: Page, world: World) -> None:
    me = world.drive.people["王芳"].id
    call = row(page, world.key("给客户回电话 13812345678"))
    await call.get_by_test_id("later").click()
    await fits(page)
    await page.get_by_test_id("later-60").click()
    await expect(page.get_by_test_id("group-0")).to_have_count(0)
    (moved,) = await kept("给客户回电话 13812345678", me)
    assert moved.state == ReminderState.WAITING
    assert timedelta(minutes=58) < moved.at - now() <= timedelta(hours=1)

    report = row(page, world.key("交季度报告"))
    await report.get_by_test_id("later").click()
    await page.get_by_test_id("later-then").click()
    await expect(page.get_by_text("先选好哪天几点")).to_be_visible()
    await page.get_by_test_id("later-at").fill(f"{at(-3, 9):%Y-%m-%dT%H:%M}")
    await page.get_by_test_id("later-then").click()
    await expect(page.get_by_text("已经过了，换个以后的时间吧")).to_be_visible()
    await page.get_by_test_id("later-at").fill(f"{at(3, 9):%Y-%m-%dT%H:%M}")
    await page.get_by_test_id("later-then").click()
    await expect(report.get_by_test_id("when")).to_contain_text("09:00")
    await expect(page.get_by_test_id("todo-dialog")).to_be_hidden()

    await report.get_by_test_id("change").click()
    await expect(page.get_by_test_id("change-what")).to_have_value("交季度报告")
    await page.get_by_test_id("change-what").fill("交年度报告")
    await page.get_by_test_id("change-when").fill("每分钟")
    await expect(page.get_by_test_id("change-when-understood")).to_contain_text("太密了")
    await page.get_by_test_id("change-when").fill("每月15号上午十点")
    await expect(page.get_by_test_id("change-when-understood")).to_contain_text("每月15号 10:00")
    await fits(page)
    await page.get_by_test_id("save-change").click()
    await expect(report).to_contain_text("交年度报告")
    await expect(report.get_by_test_id("rule")).to_have_text("每月15号 10:00")

    theirs = row(page, world.key("把合同寄出去"))
    await theirs.get_by_test_id("change").click()
    await expect(page.get_by_text("字只有设它的人能改")).to_be_visible()
    await page.get_by_test_id("drop-change").click()
    await theirs.get_by_test_id("complete").click()
    await expect(theirs).to_have_count(0)

    pills = row(page, world.key("吃药"))
    await expect(pills.get_by_test_id("complete")).to_have_count(0)
    before = (await kept("吃药", me))[0].at
    await pills.get_by_test_id("cancel").click()
    await page.get_by_test_id("skip").click()
    await expect(page.get_by_text("只取消了这一次")).to_be_visible()
    (daily,) = await kept("吃药", me)
    assert daily.at == before + timedelta(days=1)
    await expect(page.get_by_test_id("todo-dialog")).to_be_hidden()
    await pills.get_by_test_id("cancel").click()
    await page.get_by_test_id("cancel-all").click()
    await expect(pills).to_have_count(0)

    todo = row(page, world.key("把发版公告定稿", "todo"))
    await todo.get_by_test_id("complete").click()
    await expect(todo).to_have_count(0)
    async with transaction() as session:
        assert (await session.get_one(TodoRow, world.ids["把发版公告定稿"])).state == TodoState.DONE

    await page.get_by_test_id("view").get_by_text("结束了的").click()
    await expect(row(page, world.key("吃药"))).to_contain_text("取消了")
    await expect(row(page, world.key("把合同寄出去"))).to_contain_text("完成了")


async def test_a_todo_of_the_minutes_becomes_a_reminder(page: Page, world: World) -> None:
    await row(page, world.key("把发版公告定稿", "todo")).get_by_test_id("later").click()
    await page.get_by_test_id("later-tomorrow").click()
    await expect(page.get_by_test_id("group-2")).to_contain_text("把发版公告定稿")
    await expect(page.get_by_test_id("group-5")).to_have_count(0)
    (made,) = await kept("把发版公告定稿", world.drive.people["王芳"].id)
    assert (made.todo_id, made.at) == (world.ids["把发版公告定稿"], at(1, 9))


async def test_a_very_long_list_says_how_much_more_there_is(page: Page, world: World) -> None:
    async with transaction() as session:
        one = await session.get_one(TodoRow, world.ids["把发版公告定稿"])
        session.add_all(
            TodoRow(
                room_id=one.room_id, message_id=one.message_id, place=number, sources=one.sources, what=f"第 {number} 件事",
                who_contact_id=one.who_contact_id, who_name=one.who_name, shown="",
            )
            for number in range(1, 201)
        )  # fmt: skip
    await page.reload()
    await expect(page.get_by_test_id("rest")).to_contain_text("还有 7 条没列出来：做完或取消上面几条")
    await expect(page.get_by_text("第 193 件事", exact=True)).to_be_visible()
    await expect(page.get_by_text("第 194 件事", exact=True)).to_have_count(0)


async def test_the_calendar_shows_every_time_of_what_recurs(page: Page, world: World) -> None:
    await page.get_by_test_id("view").get_by_text("日历").click()
    phone = page.viewport_size is not None and page.viewport_size["width"] == PHONE[0]
    await page.get_by_test_id("further").click()
    following = (at(0, 0).replace(day=1) + timedelta(days=32)).date().replace(day=1)
    await expect(page.get_by_test_id("month")).to_have_text(f"{following.year}年{following.month}月")
    days = [following + timedelta(days=number) for number in range(28)]
    for day in days:
        shown = page.get_by_test_id(f"{'agenda' if phone else 'day'}-{day}")
        await expect(shown).to_contain_text("08:00吃药")
        await expect(shown.get_by_text("写周报")).to_have_count(int(day.weekday() == 4))
    await fits(page)
    friday = next(day for day in days if day.weekday() == 4)
    await page.get_by_test_id(f"{'agenda' if phone else 'day'}-{friday}").click()
    listed = page.get_by_test_id("day-dialog")
    await expect(listed.get_by_test_id("when")).to_have_text(["08:00", "17:00"])
    await fits(page)
    await listed.get_by_test_id(world.key("写周报")).get_by_test_id("cancel").click()
    await page.get_by_test_id("cancel-all").click()
    await expect(listed.get_by_test_id("when")).to_have_text(["08:00"])
    await listed.get_by_test_id("close-day").click()
    await expect(listed).to_be_hidden()
    if not phone:
        await page.get_by_test_id("this-month").click()
        await page.get_by_test_id("earlier").click()
        first = page.get_by_test_id("calendar").locator(".td-cell:not(.td-other)").first
        await first.click()
        await expect(page.get_by_test_id("free-day")).to_be_visible()
        await page.get_by_test_id("close-day").click()
        await expect(listed).to_be_hidden()


async def test_it_is_taken_along_as_a_file_and_by_an_address(page: Page, site: Site, world: World) -> None:
    async with page.expect_download() as download:
        await page.get_by_test_id("export").click()
    saved = await download.value
    assert saved.suggested_filename == "todos.ics"
    exported = Calendar.from_ical((await saved.path()).read_bytes())
    names = {str(each["summary"]) for each in exported.walk() if each.name in ("VEVENT", "VTODO")}
    assert names == {
        "给客户回电话 138****5678", "交季度报告", "把合同寄出去", "吃药", "写周报", "开全员会", "把发版公告定稿",
    }  # fmt: skip

    await page.get_by_test_id("subscribe").click()
    await page.get_by_test_id("create-address").click()
    address = await page.get_by_test_id("address").inner_text()
    await page.get_by_test_id("copy-address").click()
    await expect(page.get_by_text("复制好了")).to_be_visible()
    await expect(page.get_by_test_id("own-address")).to_contain_text("还没有日历来读过")
    await fits(page)
    async with chromium() as browser, window(browser, PC) as guest:
        answer = await guest.request.get(address)
        assert (answer.status, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
        assert answer.headers["referrer-policy"] == "no-referrer"
        read = Calendar.from_ical(await answer.body())
        assert {str(each["summary"]) for each in read.walk() if each.name in ("VEVENT", "VTODO")} == names
        async with transaction() as session:
            (link,) = await session.scalars(select(TodoLink).order_by(TodoLink.id.desc()).limit(1))
            assert link.read_at is not None
            assert link.token_hash not in address
        await page.get_by_test_id("close-subscribing").click()
        await page.get_by_test_id("subscribe").click()
        await expect(page.get_by_test_id("address")).to_have_count(0)
        await expect(page.get_by_test_id("own-address")).to_contain_text("最近读过")
        await page.get_by_test_id("revoke-address").click()
        await expect(page.get_by_test_id("own-address")).to_have_count(0)
        assert (await guest.request.get(address)).status == 404
        assert (await guest.request.get(f"{site.url}/todos/nothing.ics")).status == 404
        assert "/login" in (await guest.request.get(f"{site.url}/todos.ics")).url
    await page.get_by_test_id("close-subscribing").click()


async def test_nobody_else_sees_it(site: Site, world: World) -> None:
    async with transaction() as session:
        other = await new_account(session, f"other{world.drive.bot.id}")
        await world.drive.person(session, "外人", other)
        await world.drive.room(session, "别的群", "外人")
    async with chromium() as browser, window(browser, PC) as page:
        assert "/login" in (await page.request.get(f"{site.url}/todos")).url
        await enter(page, site, other.name)
        await page.goto(f"{site.url}/todos")
        await expect(page.get_by_text("没有等着的提醒和待办，挺清闲")).to_be_visible()
        await page.get_by_test_id("sentence").fill("明天下午三点开会")
        await page.get_by_test_id("add-it").click()
        await expect(page.get_by_text("机器人还不能私聊你")).to_be_visible()
        await expect(page.get_by_test_id("sentence")).to_have_value("明天下午三点开会")
        for path in ("/todos?view=calendar", "/todos?view=ended", "/todos?view=x&month=2026-99"):
            await page.goto(site.url + path)
            await expect(page.get_by_test_id("view")).to_be_visible()
            source = await page.content()
            assert not [what for what in world.ids if what in source]
        exported = await page.request.get(f"{site.url}/todos.ics")
        assert not [each for each in Calendar.from_ical(await exported.body()).walk() if each.name != "VCALENDAR"]


async def test_rights_that_end_while_the_page_is_open_are_gone_at_once(site: Site, world: World) -> None:
    async with chromium() as browser, window(browser, PC) as page:
        await enter(page, site, world.account)
        await page.goto(f"{site.url}/todos")
        report = row(page, world.key("交季度报告"))
        await report.get_by_test_id("cancel").click()
        async with transaction() as session:
            (await session.merge(world.drive.people["王芳"])).account_id = None
        await page.get_by_test_id("cancel-it").click()
        await expect(page.get_by_text("这条提醒已经不在了")).to_be_visible()
        await expect(report).to_have_count(0)
    assert (await kept("交季度报告", world.drive.people["王芳"].id))[0].state == ReminderState.WAITING


@pytest.mark.parametrize("size", [PHONE, PC], ids=["phone", "pc"])
async def test_an_empty_page_says_what_to_do(site: Site, size: tuple[int, int]) -> None:
    drive = await new_drive()
    async with transaction() as session:
        account: Account = await new_account(session, f"new{drive.bot.id}")
    async with chromium() as browser, window(browser, size) as page:
        await enter(page, site, account.name)
        await page.goto(f"{site.url}/todos")
        await expect(page.get_by_text("还不知道哪个微信是你")).to_be_visible()
        async with transaction() as session:
            await drive.person(session, "新人", account)
        await page.reload()
        await expect(page.get_by_text("没有等着的提醒和待办，挺清闲")).to_be_visible()
        await page.get_by_test_id("view").get_by_text("结束了的").click()
        await expect(page.get_by_text("还没有结束了的提醒")).to_be_visible()
        await page.get_by_test_id("view").get_by_text("日历").click()
        await expect(page.get_by_test_id("month")).to_be_visible()
        if size == PHONE:
            await expect(page.get_by_text("这个月还没有安排")).to_be_visible()
        await fits(page)
