"""What the page of todos shows and to whom, and the calendar that is made of it."""

import io
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import httpx
import pytest
from dateutil.rrule import rruleset, rrulestr
from dateutil.tz import tzical
from fastapi import FastAPI
from icalendar import Calendar, Event
from sqlalchemy import select, update

from botbay.chat import conversations
from botbay.chat.access import PRIVATE, Subject
from botbay.chat.models import Account, Contact, Member
from botbay.db import now, transaction
from botbay.due import Due
from tests.integration.files_world import FilesWorld
from tests.reminders_fixture import group
from web.calendar_files import render, router
from web.pages.todos_items import Entry, ended_entries, group_of, open_entries, when
from web.pages.todos_month import by_day
from web.pages.todos_sentence import understand
from workers.reminders import links, service
from workers.reminders.models import Reminder, TodoLink
from workers.reminders.service import HANDLER, New, ReminderError, When
from workers.reminders.slots import Series

ZONE = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
UTC = ZoneInfo("UTC")


async def add(
    world: FilesWorld, what: str, when: When, *, who: str = "王", whom: str | None = "王", room: str | None = None
) -> int:
    """``whom`` None: for all of the room."""
    asker = world.people[who].id
    contact = None if whom is None else world.people[whom].id
    async with transaction() as session:
        room_id = world.rooms[room].id if room else None
        place = await conversations.get(session, world.bot.id, room_id, contact or asker)
        new = New(conversation_id=place, asker_id=asker, contact_id=contact, what=what, when=when)
        return (await service.create(session, new, ZONE, by=Subject(contact_id=asker))).id


async def account_of(world: FilesWorld, who: str, name: str = "wang") -> Account:
    async with transaction() as session:
        account = await session.scalar(select(Account).where(Account.name == name))
        if account is None:
            account = Account(name=name, display_name=who)
            session.add(account)
            await session.flush()
            await session.execute(
                update(Contact).where(Contact.id == world.people[who].id).values(account_id=account.id)
            )
        return account


async def shown(account: Account) -> dict[str, Entry]:
    async with transaction() as session:
        return {each.what: each for each in await open_entries(session, account)}


def in_hours(hours: float) -> When:
    return When(at=now() + timedelta(hours=hours))


# --- who sees what -----------------------------------------------------------------------------------------


async def test_each_sees_what_is_theirs_and_what_is_for_their_rooms(database: str) -> None:
    world = await group()
    await add(world, "我自己的", in_hours(1))
    await add(world, "给小赵的", in_hours(2), whom="小赵", room="产品群")
    await add(world, "给大家的", in_hours(3), whom=None, room="产品群")
    await add(world, "小赵自己的", in_hours(4), who="小赵", whom="小赵")
    mine = await shown(await account_of(world, "王"))
    theirs = await shown(await account_of(world, "小赵", "zhao"))
    assert set(mine) == {"我自己的", "给小赵的", "给大家的"}
    assert set(theirs) == {"给小赵的", "给大家的", "小赵自己的"}
    assert (mine["给小赵的"].who, theirs["给小赵的"].who) == ("我提醒后端 赵云", "王提醒我")
    assert theirs["给小赵的"].own_words is None
    async with transaction() as session:
        stranger = Account(name="stranger", display_name="外人")
        session.add(stranger)
        await session.flush()
        assert await open_entries(session, stranger) == []
        assert await ended_entries(session, stranger) == []
        await session.execute(update(Member).where(Member.contact_id == world.people["小赵"].id).values(left_at=now()))
    assert set(await shown(await account_of(world, "小赵", "zhao"))) == {"给小赵的", "小赵自己的"}


async def test_numbers_are_masked_and_only_their_writer_has_the_whole_words(database: str) -> None:
    world = await group()
    await add(world, "打 13812345678", in_hours(1), whom="小赵", room="产品群")
    mine = await shown(await account_of(world, "王"))
    theirs = await shown(await account_of(world, "小赵", "zhao"))
    assert list(mine) == list(theirs) == ["打 138****5678"]
    assert [each["打 138****5678"].own_words for each in (mine, theirs)] == ["打 13812345678", None]


async def test_one_slot_is_skipped_and_no_other(database: str) -> None:
    world = await group()
    first = datetime.combine(now().astimezone(ZONE).date() + timedelta(days=1), datetime.min.time(), ZONE)
    first += timedelta(hours=8)
    number = await add(world, "吃药", When(at=first, rule="FREQ=DAILY;BYHOUR=8;BYMINUTE=0"))
    subject = Subject.of_account(await account_of(world, "王"))
    async with transaction() as session:
        await service.skip(session, subject, PRIVATE, number, first)
    async with transaction() as session:
        with pytest.raises(ReminderError, match="已经过去了"):
            await service.skip(session, subject, PRIVATE, number, first)
    async with transaction() as session:
        reminder = await session.get_one(Reminder, number)
        due_at = await session.scalar(select(Due.at).where(Due.handler == HANDLER, Due.key == str(number)))
        assert reminder.at == due_at == first + timedelta(days=1)
        assert [each.what for each in await service.history(session, subject, number)] == ["created", "skipped"]
        other = Subject.of_account(await account_of(world, "小赵", "zhao"))
        with pytest.raises(ReminderError, match="已经不在了"):
            await service.skip(session, other, PRIVATE, number, reminder.at)


async def test_skipping_the_last_slot_ends_it(database: str) -> None:
    world = await group()
    tomorrow = now().astimezone(ZONE).replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=1)
    rule = f"FREQ=DAILY;BYHOUR=8;BYMINUTE=0;UNTIL={tomorrow:%Y%m%d}T235959"
    number = await add(world, "吃药", When(at=tomorrow, rule=rule))
    account = await account_of(world, "王")
    async with transaction() as session:
        await service.skip(session, Subject.of_account(account), PRIVATE, number, tomorrow)
    async with transaction() as session:
        assert await open_entries(session, account) == []
        assert [each.what for each in await ended_entries(session, account)] == ["吃药"]


# --- the groups and the words ------------------------------------------------------------------------------


def entry(at: datetime | None, rule: str | None = None, *, zone: ZoneInfo = ZONE, workdays: bool = False, what: str = "交报告", all_day: bool = False) -> Entry:  # fmt: skip
    series = None
    if rule is not None and at is not None:
        first = Series.starting(rule, at, zone).first
        series = Series(rule=rule, first=first, zone=zone, workdays=workdays)
    return Entry(
        kind="reminder", id=7, what=what, own_words=what, at=at, all_day=all_day, series=series, told=None,
        place="私聊", who="我提醒自己", in_room=False, changeable=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("at", "name", "words"),
    [
        (datetime(2026, 11, 25, 9, 59, tzinfo=ZONE), "过期", "今天 09:59"),
        (datetime(2026, 11, 25, 23, 59, tzinfo=ZONE), "今天", "今天 23:59"),
        (datetime(2026, 11, 26, 0, 0, tzinfo=ZONE), "明天", "明天（周四）00:00"),
        (datetime(2026, 11, 29, 23, 0, tzinfo=ZONE), "本周", "这周日 23:00"),
        (datetime(2026, 11, 30, 0, 0, tzinfo=ZONE), "以后", "下周一 00:00"),
        (None, "没有时间", ""),
    ],
)
def test_a_group_and_a_time_are_as_people_say_them(at: datetime | None, name: str, words: str) -> None:
    moment = datetime(2026, 11, 25, 10, tzinfo=ZONE)  # a Wednesday
    assert group_of(entry(at), ZONE, moment) == name
    assert when(entry(at), ZONE, moment) == words


@pytest.mark.parametrize(
    ("sentence", "what"),
    [
        ("明天下午三点交报告", "交报告"),
        ("提醒我明天下午三点交报告。", "交报告"),
        ("记得后天上午十点提醒我一下给妈妈打电话", "给妈妈打电话"),
        ("每周五下午五点写周报", "写周报"),
    ],
)
def test_what_is_to_be_done_is_what_the_sentence_says_beside_its_time(sentence: str, what: str) -> None:
    assert understand(sentence, ZONE, now()).what == what


# --- the calendar ------------------------------------------------------------------------------------------


def events(data: bytes) -> list[Event]:
    return list(Calendar.from_ical(data).events)


def expanded(event: Event, until: datetime) -> list[datetime]:
    """The times of an event as RFC 5545 counts them: by the clock on the wall of its zone."""
    start, times = event.start, rruleset()
    if (rule := event.get("RRULE")) is not None:
        text = rule.to_ical().decode()
        times.rrule(rrulestr(text, dtstart=start))
    else:
        times.rdate(start)
    for name, put in (("RDATE", times.rdate), ("EXDATE", times.exdate)):
        found = event.get(name)
        for each in found if isinstance(found, list) else [found] if found is not None else []:
            for one in each.dts:
                put(one.dt)
    return [each.astimezone(UTC) for each in times.between(start, until, inc=True)]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYHOUR=9;BYMINUTE=0",
        "FREQ=DAILY;INTERVAL=2",
        "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYHOUR=9;BYMINUTE=30",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;BYHOUR=17;BYMINUTE=0",
        "FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=9;BYMINUTE=0",
        "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=29;BYHOUR=9;BYMINUTE=0",
        "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;UNTIL=20270401T235959",
        "FREQ=HOURLY;INTERVAL=5",
        "RDATE:20270206T080000,20270328T080000,20280126T080000",
    ],
)
def test_what_recurs_comes_at_the_same_times_in_a_calendar_over_changes_of_the_clock(rule: str) -> None:
    before = datetime(2026, 10, 1, tzinfo=BERLIN)
    series = Series(rule=rule, first=datetime(2026, 10, 1, 9), zone=BERLIN)
    at = next(series.slots(before))
    until = datetime(2028, 5, 1, tzinfo=UTC)
    (event,) = events(render([entry(at, rule, zone=BERLIN)], ZONE, before))
    ours = [
        each
        for each in islice(Series.starting(rule, at, BERLIN).slots(at - timedelta(seconds=1)), 4000)
        if each < until
    ]
    assert expanded(event, until) == ours
    assert len(ours) > 1


def test_holidays_are_left_out_and_worked_weekends_taken_in() -> None:
    rule = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9;BYMINUTE=0"
    for begin in (datetime(2026, 9, 1, 9, tzinfo=ZONE), datetime(2026, 9, 20, 9, tzinfo=ZONE)):  # a worked Sunday
        one = entry(begin, rule, workdays=True)
        (event,) = events(render([one], ZONE, begin))
        until = begin + timedelta(days=200)
        assert one.series is not None
        ours = [each for each in islice(one.series.slots(begin - timedelta(seconds=1)), 300) if each <= until]
        assert [each for each in expanded(event, until) if each >= begin] == ours
        days = {each.astimezone(ZONE).date() for each in ours}
        assert date(2026, 10, 1) not in days
        assert date(2026, 9, 20) in days


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe"])
def test_the_zone_in_the_file_is_that_of_the_world(zone: str) -> None:
    """Read by another library, which knows of the zone what the file says."""
    there = ZoneInfo(zone)
    data = render(
        [entry(datetime(2026, 11, 24, 10, tzinfo=there), zone=there)], there, datetime(2026, 11, 24, tzinfo=UTC)
    )
    read = tzical(io.StringIO(data.decode())).get(zone)
    assert read is not None
    # Not the hours that the clocks show twice: a wall time alone does not say which is meant.
    moment = datetime(2026, 1, 1)
    while moment < datetime(2030, 1, 1):
        for hours in (0, 1.5, 2.5, 3.5, 4.5, 12):
            at = moment + timedelta(hours=hours)
            known = at.replace(tzinfo=there)
            if known.utcoffset() == known.replace(fold=1).utcoffset():
                assert at.replace(tzinfo=read).utcoffset() == known.utcoffset(), at
        moment += timedelta(days=1)


def test_what_has_a_day_or_no_time_is_an_event_of_the_day_or_a_todo() -> None:
    day = entry(datetime(2026, 11, 27, 23, 59, tzinfo=ZONE), all_day=True)
    parsed = Calendar.from_ical(render([day, entry(None)], ZONE, now()))
    (event,), (todo,) = parsed.events, parsed.todos
    assert (event.start, event.get("RRULE")) == (date(2026, 11, 27), None)
    assert todo.get("DTSTART") is None
    assert str(todo["STATUS"]) == "NEEDS-ACTION"


def test_an_entry_keeps_its_id() -> None:
    made = [
        events(render([entry(now() + timedelta(hours=hours), what=what)], ZONE, now()))[0]["UID"]
        for hours, what in ((1, "交报告"), (5, "交别的"))
    ]
    assert made[0] == made[1]


def test_the_month_has_each_slot_once_and_what_comes_often_once_a_day() -> None:
    first, last = date(2027, 3, 1), date(2027, 3, 31)
    begin = datetime(2026, 11, 24, 9, tzinfo=BERLIN)
    days = by_day([entry(begin, "FREQ=DAILY;BYHOUR=9;BYMINUTE=0", zone=BERLIN)], first, last, BERLIN)
    assert {each.clock(BERLIN) for slots in days.values() for each in slots} == {"09:00"}
    assert [len(days[first + timedelta(days=number)]) for number in range(31)] == [1] * 31
    often = by_day([entry(begin, "FREQ=MINUTELY;INTERVAL=5")], first, last, ZONE)
    assert [[each.clock(ZONE) for each in slots] for slots in often.values()] == [["每5分钟"]] * 31
    assert by_day([entry(None), entry(begin)], first, last, ZONE) == {}


# --- over HTTP ---------------------------------------------------------------------------------------------


@pytest.fixture
async def guest(database: str) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(router)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def test_an_address_shows_its_owner_s_todos_until_it_is_taken_back(guest: httpx.AsyncClient) -> None:
    world = await group()
    await add(world, "交报告，带逗号, 分号; 和\\反斜线", in_hours(1))
    await add(world, "小赵自己的", in_hours(4), who="小赵", whom="小赵")
    account = await account_of(world, "王")
    async with transaction() as session:
        token = await links.create(session, account)
    answer = await guest.get(f"/todos/{token}.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert [str(each["SUMMARY"]) for each in events(answer.content)] == ["交报告，带逗号, 分号; 和\\反斜线"]
    assert (await guest.head(f"/todos/{token}.ics")).status_code == 200
    async with transaction() as session:
        (link,) = await session.scalars(select(TodoLink))
        assert token not in link.token_hash
        await links.revoke(session, await account_of(world, "小赵", "zhao"), link.id)
    assert (await guest.get(f"/todos/{token}.ics")).status_code == 200
    async with transaction() as session:
        await session.execute(update(Account).where(Account.id == account.id).values(disabled_at=now()))
    assert (await guest.get(f"/todos/{token}.ics")).status_code == 404
    async with transaction() as session:
        await session.execute(update(Account).where(Account.id == account.id).values(disabled_at=None))
        await links.revoke(session, account, link.id)
    for wrong in (token, token[:-1], f"{token}x", "a" * 43, "%00" * 43):
        assert (await guest.get(f"/todos/{wrong}.ics")).status_code == 404


async def test_one_account_has_a_few_addresses(database: str) -> None:
    account = await account_of(await group(), "王")
    async with transaction() as session:
        for _ in range(links.MOST):
            await links.create(session, account)
        with pytest.raises(ReminderError, match="先收回一个"):
            await links.create(session, account)
