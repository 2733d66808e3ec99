"""The report that comes by itself: for whom, when by the person's own clock, of which day, and asked for once."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import select, update

from actions.heard import Heard
from actions.request_form import TakeRequest, ValidateRequestForm
from botbay import due
from botbay.chat import conversations
from botbay.chat.models import Account, Bot, Contact, Conversation, Turn
from botbay.db import now, transaction
from botbay.due import Due
from botbay.settings import load_settings
from tests.integration.files_world import FilesWorld, build
from workers.report import evening
from workers.report.evening import HANDLER, EveningError, Subscription
from workers.training import service as training
from workers.training.models import Reason, Sentence

pytestmark = pytest.mark.usefixtures("database")

DAILY = "FREQ=DAILY;BYHOUR=21;BYMINUTE=0"
ACTING = {HANDLER: evening.send}


def at(days: int, hour: int = 10) -> datetime:
    """That hour of a day, counted from today, where the people are."""
    zone = load_settings().zone
    return datetime.combine(now().astimezone(zone).date() + timedelta(days=days), time(hour), zone)


def chinese(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


async def people(*, timezone: str | None = None) -> tuple[FilesWorld, int, int]:
    """王 with an account; the ids of the account and of 王's private conversation."""
    async with transaction() as session:
        world = await build(session)
        account = Account(name="wang", display_name="王", timezone=timezone)
        session.add(account)
        await session.flush()
        await session.execute(update(Contact).where(Contact.name == "王").values(account_id=account.id))
        private = await conversations.get(session, world.bot.id, None, world.people["王"].id)
    return world, account.id, private


async def talked(world: FilesWorld, *when: datetime) -> None:
    async with transaction() as session:
        world.session = session
        for moment in when:
            await world.say("小赵", "登录页的补丁提交了", moment)


async def subscribed(account_id: int, private: int, rule: str = DAILY, first: datetime | None = None) -> Subscription:
    async with transaction() as session:
        account = await session.get_one(Account, account_id)
        return await evening.subscribe(session, account, private, rule, first or datetime(2026, 1, 1, 21))


async def since(account_id: int, moment: datetime) -> None:
    """Nobody has worked since that slot."""
    async with transaction() as session:
        row = await due.find(session, HANDLER, str(account_id))
        assert row is not None
        await due.put(session, HANDLER, str(account_id), moment, row.payload)


async def work() -> None:
    while await due.step(ACTING):
        pass


async def asked() -> list[dict[str, Any]]:
    async with transaction() as session:
        return [trigger or {} for trigger in await session.scalars(select(Turn.trigger).order_by(Turn.id))]


async def standing(account_id: int) -> Due | None:
    async with transaction() as session:
        return await due.find(session, HANDLER, str(account_id))


async def test_at_its_time_the_dialogue_is_asked_for_that_day_once() -> None:
    world, account_id, private = await people()
    await talked(world, at(-1))
    comes = await subscribed(account_id, private)
    assert (comes.following.hour, comes.following.minute) == (21, 0)
    assert timedelta(0) < comes.following - now() <= timedelta(days=1)
    await work()
    assert await asked() == []  # not due yet
    await since(account_id, at(-1, 21))
    await work()
    expected = [{"intent": "ask_daily_report", "entities": {"time": chinese(at(-1).date())}}]
    assert await asked() == expected
    row = await standing(account_id)
    assert row is not None and row.at == comes.following
    # Were the same slot done a second time, it would still be asked for once.
    await since(account_id, at(-1, 21))
    await work()
    assert await asked() == expected
    async with transaction() as session:
        turn = (await session.scalars(select(Turn))).one()
    assert turn.conversation_id == private


async def test_days_that_were_missed_come_late_each_once_and_empty_days_not_at_all() -> None:
    world, account_id, private = await people()
    await talked(world, at(-4), at(-3), at(-1))
    await subscribed(account_id, private)
    await since(account_id, at(-4, 21))
    await work()
    assert [each["entities"]["time"] for each in await asked()] == [chinese(at(days).date()) for days in (-4, -3, -1)]
    row = await standing(account_id)
    assert row is not None and row.at > now()


async def test_what_was_said_where_the_person_is_not_is_no_reason_to_send() -> None:
    world, account_id, private = await people()
    async with transaction() as session:
        world.session = session
        await world.say("外人", "只有我们知道", at(-1), room="别的群")
    await subscribed(account_id, private)
    await since(account_id, at(-1, 21))
    await work()
    assert await asked() == []


async def test_nine_in_the_evening_stays_so_when_the_clocks_change() -> None:
    _, account_id, private = await people(timezone="Europe/Berlin")
    await subscribed(account_id, private)
    row = await standing(account_id)
    assert row is not None
    berlin = ZoneInfo("Europe/Berlin")
    slots: list[datetime] = []
    async with transaction() as session:
        for start in (datetime(2026, 3, 28, 21, tzinfo=berlin), datetime(2026, 10, 24, 21, tzinfo=berlin)):
            following: datetime | None = start
            for _ in range(3):
                assert following is not None
                slot = Due(handler=HANDLER, key="1", at=following, payload=row.payload)
                following = await evening.send(session, slot)
                assert following is not None
                slots.append(following)
    assert [slot.astimezone(berlin).hour for slot in slots] == [21] * 6
    assert [slot.astimezone(ZoneInfo("UTC")).hour for slot in slots] == [19, 19, 19, 20, 20, 20]
    assert [slot.astimezone(berlin).day for slot in slots] == [29, 30, 31, 25, 26, 27]


async def test_an_hour_that_is_left_out_or_comes_twice_is_one_time() -> None:
    _, account_id, private = await people(timezone="Europe/Berlin")
    await subscribed(account_id, private, "FREQ=DAILY;BYHOUR=2;BYMINUTE=30", datetime(2026, 1, 1, 2, 30))
    row = await standing(account_id)
    assert row is not None
    utc = ZoneInfo("UTC")
    async with transaction() as session:

        async def after(*moment: int) -> str:
            slot = Due(handler=HANDLER, key="1", at=datetime(*moment, tzinfo=utc), payload=row.payload)
            following = await evening.send(session, slot)
            assert following is not None
            return f"{following.astimezone(utc):%m-%d %H:%M}"

        assert await after(2026, 3, 28, 1, 30) == "03-29 01:30"  # 3:30 by the new time
        assert await after(2026, 3, 29, 1, 30) == "03-30 00:30"
        assert await after(2026, 10, 24, 0, 30) == "10-25 00:30"  # the first 2:30
        assert await after(2026, 10, 25, 0, 30) == "10-26 01:30"
        assert await after(2026, 10, 25, 1, 10) == "10-26 01:30"  # asked within the second hour from 2:00


async def test_the_day_is_the_persons_own() -> None:
    """9 in the evening in New York is the next morning in Shanghai."""
    world, account_id, private = await people(timezone="America/New_York")
    await subscribed(account_id, private)
    new_york = ZoneInfo("America/New_York")
    slot = datetime.combine(now().astimezone(new_york).date() - timedelta(days=1), time(21), new_york)
    await talked(world, slot - timedelta(minutes=5))
    await since(account_id, slot)
    await work()
    assert await asked() == [{"intent": "ask_daily_report", "entities": {"time": chinese(slot.date())}}]


async def test_in_the_morning_it_tells_of_the_day_before() -> None:
    world, account_id, private = await people()
    await talked(world, at(-2), at(-1, 1))
    comes = await subscribed(account_id, private, "FREQ=DAILY;BYHOUR=8;BYMINUTE=0", datetime(2026, 1, 1, 8))
    assert comes.day == comes.following.date() - timedelta(days=1)
    await since(account_id, at(-1, 8))
    await work()
    assert [each["entities"]["time"] for each in await asked()][:1] == [chinese(at(-2).date())]


async def test_on_the_days_of_the_week_that_were_said() -> None:
    _, account_id, private = await people()
    comes = await subscribed(
        account_id, private, "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=18;BYMINUTE=0", datetime(2026, 1, 1, 18)
    )
    assert comes.following.weekday() < 5
    row = await standing(account_id)
    assert row is not None
    friday = datetime(2026, 11, 20, 18, tzinfo=load_settings().zone)
    async with transaction() as session:
        following = await evening.send(session, Due(handler=HANDLER, key="1", at=friday, payload=row.payload))
    assert following == friday + timedelta(days=3)


async def test_asked_for_again_it_changes_its_time_and_off_is_off() -> None:
    _, account_id, private = await people()
    await subscribed(account_id, private)
    await subscribed(account_id, private, "FREQ=DAILY;BYHOUR=22;BYMINUTE=30", datetime(2026, 1, 1, 22, 30))
    async with transaction() as session:
        account = await session.get_one(Account, account_id)
        stands = await evening.status(session, account)
        assert stands is not None
        assert (stands.following.hour, stands.following.minute) == (22, 30)
        assert stands.conversation_id == private
        assert len((await session.scalars(select(Due))).all()) == 1
        assert await evening.unsubscribe(session, account)
        assert not await evening.unsubscribe(session, account)
        assert await evening.status(session, account) is None


async def test_more_than_hourly_is_refused() -> None:
    _, account_id, private = await people()
    with pytest.raises(EveningError, match="一天"):
        await subscribed(account_id, private, "FREQ=HOURLY")
    assert await standing(account_id) is None


async def test_nothing_where_the_bot_is_silent_but_it_comes_again_later() -> None:
    world, account_id, private = await people()
    await talked(world, at(-1))
    await subscribed(account_id, private)
    silent = update(Conversation).where(Conversation.id == private)
    for off, on in (
        (silent.values(stopped_at=now()), silent.values(stopped_at=None)),
        (update(Bot).values(silenced_at=now()), update(Bot).values(silenced_at=None)),
    ):
        async with transaction() as session:
            await session.execute(off)
        await since(account_id, at(-1, 21))
        await work()
        assert await asked() == []
        row = await standing(account_id)
        assert row is not None and row.at > now()
        async with transaction() as session:
            await session.execute(on)
    await since(account_id, at(-1, 21))
    await work()
    assert len(await asked()) == 1


async def test_while_the_owner_of_the_bot_types_there_it_waits() -> None:
    world, account_id, private = await people()
    await talked(world, at(-1))
    await subscribed(account_id, private)
    paused = now() + timedelta(minutes=5)
    async with transaction() as session:
        await session.execute(update(Conversation).where(Conversation.id == private).values(paused_until=paused))
    await since(account_id, at(-1, 21))
    await work()
    assert await asked() == []
    row = await standing(account_id)
    assert row is not None and (row.at, row.not_before) == (at(-1, 21), paused)


@pytest.mark.parametrize("how", ["unbound", "bound to another", "disabled"])
async def test_over_with_the_account(how: str) -> None:
    world, account_id, private = await people()
    await talked(world, at(-1))
    await subscribed(account_id, private)
    async with transaction() as session:
        contact = await session.get_one(Contact, world.people["王"].id)
        if how == "disabled":
            (await session.get_one(Account, account_id)).disabled_at = now()
        else:
            contact.account_id = world.people["建国同志"].account_id if how == "bound to another" else None
    await since(account_id, at(-1, 21))
    await work()
    assert await asked() == []
    assert await standing(account_id) is None


async def test_a_question_that_waits_does_not_take_it_for_its_answer() -> None:
    """什么时候提醒？, and then the report comes: its day is no time for the reminder."""
    _, _, private = await people()
    async with transaction() as session:
        await conversations.queue_turn(session, private, "t", trigger={"intent": "ask_daily_report", "entities": {}})
        turn = (await session.scalars(select(Turn))).one()
        sender_id = (await session.get_one(Conversation, private)).sender_id
    message = {
        "text": "/ask_daily_report",
        "intent": {"name": "ask_daily_report", "confidence": 1.0},
        "entities": [{"entity": "time", "value": chinese(at(0).date())}],
        "metadata": {"turn_id": turn.id},
    }
    waiting = {"intent": "create_reminder", "parts": {"what": "交报告"}, "choices": []}
    slots = {"request": waiting, "requested_slot": "part", "part": None}
    events = [{"event": "user", **message}, {"event": "action", "name": "request_form"}]
    tracker = Tracker(sender_id, slots, message, events, False, None, {"name": "request_form"}, "action_listen")
    domain = {"forms": {"request_form": {"required_slots": ["part"]}}}
    told = await ValidateRequestForm().run(CollectingDispatcher(), tracker, domain)
    assert [event for event in told if event["name"] == "request" or event["value"]] == []


async def test_the_dialogue_reads_exactly_that_day_and_takes_it_for_no_sentence() -> None:
    """Not today, when it is late; no room's name is found in it; what was said before it is explained by nobody."""
    world, account_id, private = await people()
    await talked(world, at(-3))
    async with transaction() as session:
        said = Turn(conversation_id=private, key="said", text="整一个那啥")
        session.add(said)
        await session.flush()
        contact = await session.get_one(Contact, world.people["王"].id)
        contact.keep_private_at = now() - timedelta(days=1)
        await session.flush()
        await training.note(
            session, turn=said, text="整一个那啥", reason=Reason.UNKNOWN, ranking=[], people=[], rooms=[], accounts=[]
        )
        await conversations.finish(session, said.id, asked=False)
    await subscribed(account_id, private)
    await since(account_id, at(-3, 21))
    await work()
    async with transaction() as session:
        turn = (await session.scalars(select(Turn).order_by(Turn.id.desc()).limit(1))).one()
        sender_id = (await session.get_one(Conversation, private)).sender_id
    assert turn.trigger is not None
    about = {"audience": "private", "bound": True, "named": True}
    entities = {**about, **turn.trigger["entities"]}
    # As the channel makes it.
    message = {
        "text": f"/{turn.trigger['intent']}",
        "intent": {"name": turn.trigger["intent"], "confidence": 1.0},
        "entities": [{"entity": name, "value": value} for name, value in entities.items()],
        "metadata": {"turn_id": turn.id},
    }
    tracker = Tracker(sender_id, {}, message, [], False, None, {}, "action_listen")
    heard = Heard.of(tracker)
    assert heard.triggered
    assert heard.text == chinese(at(-3).date())
    events = await TakeRequest().run(CollectingDispatcher(), tracker, {})
    told = {event["name"]: event["value"] for event in events}
    assert told["request_state"] == "complete"
    assert told["request"]["parts"].keys() == {"time"}
    assert told["request"]["parts"]["time"]["text"] == chinese(at(-3).date())
    async with transaction() as session:
        assert list(await session.scalars(select(Sentence.suggestion))) == [None]
