"""The telling of what is due: once a slot, late rather than lost, missed ones together, and never where it may not speak."""

import asyncio
import contextlib
import os
import signal
import sys
from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from botbay import due
from botbay.chat import conversations, messages
from botbay.chat.access import PRIVATE, Subject
from botbay.chat.housekeeping import forget_messages
from botbay.chat.models import Bot, Conversation, Member, Message, OutboxItem, Room, RoomBot, Turn
from botbay.db import now, transaction
from botbay.due import Due
from botbay.jobs import Work
from tests.integration.files_world import FilesWorld
from tests.reminders_fixture import ACTING, Chat, all_reminders, group, only, passes, said, since, slots_due, work
from workers.minutes import service as minutes
from workers.minutes.models import TodoRow, TodoState
from workers.reminders import service
from workers.reminders.models import Reminder, ReminderState
from workers.reminders.service import New, When

pytestmark = pytest.mark.usefixtures("database")

ZONE = ZoneInfo("Asia/Shanghai")
#: A worker that tells what is due, says so, and then never commits.
STUCK = """
import asyncio
from botbay import due
from workers.reminders import telling

async def stuck(session, row):
    await telling.remind(session, row)
    await session.flush()
    print("done", flush=True)
    await asyncio.sleep(60)

asyncio.run(due.step({"reminders.remind": stuck}))
"""


async def reminder(
    world: FilesWorld,
    what: str,
    *,
    at: datetime | None = None,
    rule: str | None = None,
    who: str = "王",
    whom: str | None = None,
    room: str | None = None,
    everybody: bool = False,
    zone: ZoneInfo = ZONE,
) -> int:
    """One that is set; for the asker where nobody else is named."""
    asker = world.people[who].id
    contact = None if everybody else world.people[whom or who].id
    room_id = world.rooms[room].id if room else None
    async with transaction() as session:
        place = await service.conversation_for(session, world.bot.id, room_id, asker, contact)
        when = When(at=at or now() + timedelta(hours=1), rule=rule)
        new = New(conversation_id=place, asker_id=asker, contact_id=contact, what=what, when=when)
        return (await service.create(session, new, zone, by=Subject(contact_id=asker))).id


async def state_of(reminder_id: int) -> ReminderState:
    async with transaction() as session:
        return (await session.get_one(Reminder, reminder_id)).state


# --- once, and late rather than lost -----------------------------------------------------------------------


async def test_one_that_came_due_while_nobody_worked_is_told_late_with_its_time() -> None:
    world = await group()
    one = await reminder(world, "交报告")
    await since(one, now() - timedelta(hours=3))
    (told,) = await work()
    assert told.startswith("⏰ 交报告\n你让我这时候提醒的，本来是")
    assert "，我晚了 3 小时。" in told
    assert await work() == []
    assert await slots_due() == []


async def test_two_workers_tell_each_slot_once() -> None:
    world = await group()
    slot = now() - timedelta(minutes=1)
    ids = [await reminder(world, f"第{number}件", who=who) for number in range(15) for who in ("王", "小赵")]
    for one in ids:
        await since(one, slot)
    tasks = [asyncio.create_task(due.run(ACTING)) for _ in range(2)]
    async with asyncio.timeout(60):
        while await slots_due():  # noqa: ASYNC110 (it offers no event)
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    told = "\n".join(await said())
    counts = Counter({number: told.count(f"第{number}件") for number in range(15)})
    assert set(counts.values()) == {2}  # once to each of the two people
    assert {each.state for each in await all_reminders()} == {ReminderState.TOLD}


async def test_a_worker_that_dies_while_telling_has_told_nothing(database: str) -> None:
    world = await group()
    one = await reminder(world, "交报告")
    await since(one, now() - timedelta(minutes=1))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STUCK, stdout=asyncio.subprocess.PIPE, env={**os.environ}
    )
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 60) == b"done\n"
    assert not await due.step(ACTING)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert await said() == []
    async with asyncio.timeout(60):
        while not await due.step(ACTING):  # noqa: ASYNC110 (it offers no event)
            await asyncio.sleep(0.1)
    assert len(await said()) == 1
    assert await state_of(one) == ReminderState.TOLD


async def test_what_was_missed_comes_in_one_message_with_its_times() -> None:
    world = await group()
    first, second = await reminder(world, "交报告"), await reminder(world, "取快递")
    daily = await reminder(world, "吃药", rule="FREQ=DAILY;BYHOUR=8;BYMINUTE=0")
    today = now().astimezone(ZONE).replace(hour=8, minute=0, second=0, microsecond=0)
    slot = today - timedelta(days=3)
    await since(first, now() - timedelta(hours=30))
    await since(second, now() - timedelta(hours=5))
    await since(daily, slot)
    missed = 3 if today <= now() else 2
    (told,) = await work()
    lines = told.splitlines()
    assert lines[0] == "⏰ 有 3 条提醒我没能按时说，一起补上："
    assert [line[:6] for line in lines[1:4]] == sorted(line[:6] for line in lines[1:4])
    (medicine,) = [line for line in lines if "吃药" in line]
    assert f"08:00，错过 {missed} 次）" in medicine
    assert lines[-1].startswith("回「完成 1」")
    assert await work() == []
    (row,) = await slots_due()
    assert row.key == str(daily)
    assert timedelta(0) < row.at - now() <= timedelta(days=1)
    assert row.at.astimezone(ZONE).hour == 8


async def test_missed_ones_of_two_people_go_to_each() -> None:
    world = await group()
    for who in ("王", "小赵"):
        for what in ("交报告", "取快递"):
            await since(await reminder(world, f"{who}{what}", who=who), now() - timedelta(hours=1))
    told = await work()
    assert len(told) == 2
    assert sorted(("王交报告" in each, "小赵交报告" in each) for each in told) == [(False, True), (True, False)]


async def test_it_stands_in_the_dialogue_once() -> None:
    world = await group()
    one = await reminder(world, "交报告")
    slot = now() - timedelta(minutes=1)
    for _ in range(2):  # were the same slot done a second time, it would still be told once
        async with transaction() as session:
            (await session.get_one(Reminder, one)).state = ReminderState.WAITING
        await since(one, slot)
        await work()
    async with transaction() as session:
        (turn,) = (await session.scalars(select(Turn))).all()
        (item,) = (await session.scalars(select(OutboxItem))).all()
    assert turn.trigger == {"intent": "reminder_due", "entities": {}}
    assert (turn.key, turn.conversation_id) == (item.key, item.conversation_id)


# --- where it may not speak --------------------------------------------------------------------------------


async def test_who_said_stop_hears_it_once_they_call_the_bot_back() -> None:
    world = await group()
    one = await reminder(world, "交报告")
    await since(one, now() - timedelta(hours=1))
    async with transaction() as session:
        here = await conversations.get(session, world.bot.id, None, world.people["王"].id)
        await conversations.stop(session, [here])
    assert await work() == []
    (row,) = await slots_due()
    assert now() < row.not_before <= now() + timedelta(minutes=10)
    async with transaction() as session:
        await conversations.wake(session, here)
        await session.execute(update(Due).values(not_before=now()))
    (told,) = await work()
    assert "我晚了 60 分钟" in told or "我晚了 1 小时" in told


@pytest.mark.parametrize("how", ["bot silenced", "room stopped", "owner typing"])
async def test_while_the_bot_is_silent_nothing_is_told_and_nothing_is_lost(how: str) -> None:
    world = await group()
    one = await reminder(world, "开会", room="产品群", everybody=True)
    await since(one, now() - timedelta(minutes=5))
    until = now() + timedelta(minutes=30)
    room_id = world.rooms["产品群"].id
    async with transaction() as session:
        if how == "bot silenced":
            await session.execute(update(Bot).values(silenced_at=now()))
        elif how == "room stopped":
            await session.execute(update(Room).where(Room.id == room_id).values(stopped_at=now()))
        else:
            await session.execute(update(RoomBot).values(paused_until=until))
    assert await work() == []
    (row,) = await slots_due()
    assert row.not_before == until if how == "owner typing" else row.not_before > now()
    async with transaction() as session:
        await session.execute(update(Bot).values(silenced_at=None))
        await session.execute(update(Room).values(stopped_at=None))
        await session.execute(update(RoomBot).values(paused_until=None))
        await session.execute(update(Due).values(not_before=now()))
    (told,) = await work()
    assert "开会" in told


async def test_for_somebody_who_left_the_asker_hears_that() -> None:
    world = await group()
    one = await reminder(world, "交方案", whom="小赵", room="产品群")
    await since(one, now())
    async with transaction() as session:
        gone = (Member.contact_id == world.people["小赵"].id) & (Member.room_id == world.rooms["产品群"].id)
        await session.execute(update(Member).where(gone).values(left_at=now()))
    (told,) = await work()
    assert told == "@王\u2005没能提醒后端 赵云「交方案」：TA 已经不在群里了。"
    assert await state_of(one) == ReminderState.CANCELLED
    assert await slots_due() == []


async def test_where_the_bot_is_out_of_the_room_the_asker_hears_it_in_private() -> None:
    world = await group()
    one = await reminder(world, "开会", room="产品群", everybody=True)
    await since(one, now())
    async with transaction() as session:
        await session.execute(update(RoomBot).values(left_at=now(), engaged_at=None))
    (told,) = await work()
    assert told == "没能提醒大家「开会」：我已经不在「产品群」里了。"
    async with transaction() as session:
        item = (await session.scalars(select(OutboxItem))).one()
        assert (await session.get_one(Conversation, item.conversation_id)).room_id is None


# --- from a message, from the minutes ----------------------------------------------------------------------


async def quoting(world: FilesWorld, quoted: int | None, text: str, *, room: str | None = "产品群") -> int:
    async with transaction() as session:
        world.session = session
        source = None if quoted is None else (await session.get_one(Message, quoted)).source_id
        return await world.say("王", text, now(), room=room, quoted_source_id=source)


async def test_a_quoted_message_is_what_to_be_reminded_of() -> None:
    world = await group()
    async with transaction() as session:
        world.session = session
        asked = await world.say("小赵", "报价单周五前要给客户，电话 13812345678")
    chat = Chat(world, "王", "产品群")
    message = await quoting(world, asked, "@小港 明天上午九点提醒我处理这个")
    text = await chat.say("明天上午九点提醒我处理这个", "create_reminder", message=message)
    assert "处理「报价单周五前要给客户，电话 138****5678」（后端 赵云）" in text
    # Without a time it is asked for, and the message is not forgotten.
    message = await quoting(world, asked, "@小港 提醒我处理一下这条")
    assert "什么时候提醒" in await chat.say("提醒我处理一下这条", "create_reminder", message=message)
    assert "处理「报价单周五前" in await chat.say("后天下午三点", "out_of_scope")
    assert {each.quoted_id for each in await all_reminders()} == {asked}


async def test_what_points_at_nothing_is_asked_for() -> None:
    chat = Chat(await group(), "王")
    text = await chat.say("明天上午九点提醒我处理这个", "create_reminder")
    assert text.startswith("我看不到你说的是哪条")
    assert text.endswith("09:00提醒你做什么？")


async def test_quoted_words_that_are_taken_back_are_in_no_reminder() -> None:
    world = await group()
    async with transaction() as session:
        world.session = session
        asked = await world.say("小赵", "报价单周五前要给客户")
    chat = Chat(world, "王", "产品群")
    message = await quoting(world, asked, "@小港 明天上午九点提醒我处理这个")
    await chat.say("明天上午九点提醒我处理这个", "create_reminder", message=message)
    async with transaction() as session:
        await messages.recall(session, Message.id == asked)
    await forget_messages(Work(payload={"message_ids": [asked]}, attempt=0, final=False))
    assert "报价单" not in (await only()).what
    # And one whose own words were taken back is set no more.
    async with transaction() as session:
        await messages.recall(session, Message.id == message)
    await forget_messages(Work(payload={"message_ids": [message]}, attempt=0, final=False))
    assert await all_reminders() == []
    assert await slots_due() == []


async def test_quoting_what_was_told_says_which_one() -> None:
    world = await group()
    chat = Chat(world, "王")
    await chat.say("明天上午九点提醒我交报告", "create_reminder")
    await passes()
    async with transaction() as session:
        await session.execute(update(OutboxItem).values(source_id="told-1"))
    await chat.say("明天上午十点提醒我取快递", "create_reminder")
    await passes()
    async with transaction() as session:
        world.session = session
        message = await world.say("王", "完成", now(), room=None, quoted_source_id="told-1")
    assert await chat.say("完成", "complete_todo", message=message) == "好，「交报告」完成了 ✅"


async def todo(world: FilesWorld, what: str, who: str, *, room: str = "产品群") -> int:
    async with transaction() as session:
        world.session = session
        message = await world.say(who, what, room=room)
        row = TodoRow(
            room_id=world.rooms[room].id,
            message_id=message,
            sources=[message],
            what=what,
            who_contact_id=world.people[who].id,
            who_name=who,
            shown="周五之前",
        )
        session.add(row)
        await session.flush()
        return row.id


async def todo_state(todo_id: int) -> TodoState:
    async with transaction() as session:
        return (await session.get_one(TodoRow, todo_id)).state


async def test_todos_of_the_minutes_stand_in_the_list_and_are_done_by_number() -> None:
    world = await group()
    mine, theirs = await todo(world, "写发版公告", "王"), await todo(world, "修支付页", "小赵")
    chat = Chat(world, "王")
    await chat.say("明天下午三点提醒我交报告", "create_reminder")
    text = await chat.say("我的待办", "list_todos")
    assert text.splitlines()[2] == "2. 写发版公告（待办，周五之前，产品群）"
    assert "修支付页" not in text
    assert await chat.say("第二个完成了", "complete_todo") == "好，「写发版公告」完成了 ✅"
    assert (await todo_state(mine), await todo_state(theirs)) == (TodoState.DONE, TodoState.OPEN)
    assert "修支付页" in await Chat(world, "王", "产品群").say("小赵还有哪些没做", "list_todos")


async def test_somebodys_todo_is_found_among_very_many_of_others() -> None:
    world = await group()
    others = [await todo(world, f"第 {number} 件事", "王") for number in range(60)]
    await todo(world, "修支付页", "小赵")
    assert "修支付页" in await Chat(world, "王", "产品群").say("小赵还有哪些没做", "list_todos")
    mine = await Chat(world, "王").say("我的待办", "list_todos")
    assert mine.splitlines()[0] == f"你有 {len(others)} 条："


async def test_a_todo_is_reminded_of_and_done_with_its_reminder() -> None:
    world = await group()
    mine = await todo(world, "写发版公告", "王")
    chat = Chat(world, "王")
    await chat.say("我的待办", "list_todos")
    assert "提醒你：写发版公告" in await chat.say("第一个明天上午九点提醒我", "create_reminder")
    assert (await only()).todo_id == mine
    assert "你有 1 条" in await chat.say("我的待办", "list_todos")
    await passes()
    assert await chat.say("完成", "complete_todo") == "好，「写发版公告」完成了 ✅"
    assert await todo_state(mine) == TodoState.DONE


async def test_a_todo_may_be_put_off_or_dropped() -> None:
    world = await group()
    mine = await todo(world, "写发版公告", "王")
    chat = Chat(world, "王")
    assert "再提醒你：「写发版公告」" in await chat.say("写公告那个晚半小时", "snooze_reminder")
    assert (await only()).todo_id == mine
    async with transaction() as session:
        subject = Subject.of_contact(world.people["王"])
        await minutes.close_todo(session, subject, PRIVATE, mine, done=True)
        await service.todo_closed(session, mine)
    assert await slots_due() == []
    other = await todo(world, "订会议室", "王")
    assert await chat.say("取消订会议室的待办", "cancel_reminder") == "好，「订会议室」取消了。"
    assert await todo_state(other) == TodoState.DROPPED


# --- for pages ---------------------------------------------------------------------------------------------


async def test_its_history_is_kept_and_only_its_people_see_it() -> None:
    world = await group()
    one = await reminder(world, "交报告")
    await since(one, now())
    await work()
    subject, other = (Subject.of_contact(world.people[name]) for name in ("王", "小赵"))
    async with transaction() as session:
        await service.snooze(session, subject, PRIVATE, one, now() + timedelta(hours=1), ZONE)
        await service.change(session, subject, PRIVATE, one, ZONE, what="交月报")
        await service.complete(session, subject, PRIVATE, one)
        lines = await service.history(session, subject, one)
        assert [line.what for line in lines] == ["created", "told", "snoozed", "changed", "done"]
        assert await service.history(session, other, one) == []
        assert [row.reminder.what for row in await service.ended_of(session, subject, 10)] == ["交月报"]
        with pytest.raises(service.ReminderError, match="已经不在了"):
            await service.cancel(session, other, PRIVATE, one)


async def test_what_ended_long_ago_is_forgotten() -> None:
    world = await group()
    old, new = await reminder(world, "交报告"), await reminder(world, "交月报")
    async with transaction() as session:
        await service.cancel(session, Subject.of_contact(world.people["王"]), PRIVATE, old)
        await session.execute(update(Reminder).where(Reminder.id == old).values(ended_at=now() - timedelta(days=91)))
        await service.tidy(session)
    assert [each.id for each in await all_reminders()] == [new]


async def test_told_while_it_is_being_cancelled_ends_one_way() -> None:
    """Who cancels and who tells hold the same rows in the same order: neither waits for the other for ever."""
    world = await group()
    subject = Subject.of_contact(world.people["王"])
    for number in range(10):
        one = await reminder(world, f"第{number}件")
        await since(one, now())

        async def cancel(reminder_id: int) -> None:
            async with transaction() as session:
                with contextlib.suppress(service.ReminderError):
                    await service.cancel(session, subject, PRIVATE, reminder_id)

        async with asyncio.timeout(60):
            await asyncio.gather(cancel(one), due.step(ACTING))
        async with transaction() as session:
            failed = await session.scalar(select(func.count()).select_from(Due).where(Due.attempts > 0))
        assert failed == 0
        assert await state_of(one) == ReminderState.CANCELLED
    assert await slots_due() == []
