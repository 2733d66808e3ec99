"""Reminders as people speak of them: set, told, answered, listed, moved, taken back."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from botbay.chat.models import Conversation, Member
from botbay.db import now, transaction
from botbay.settings import load_settings
from tests.reminders_fixture import Chat, all_reminders, group, only, passes
from workers.reminders.models import ReminderState
from workers.reminders.slots import Series

pytestmark = pytest.mark.usefixtures("database")


async def test_it_is_set_said_back_told_and_done() -> None:
    chat = Chat(await group(), "王")
    text = await chat.say("明天下午三点提醒我交报告", "create_reminder")
    assert text.startswith("好，明天（周")
    assert "15:00 提醒你：交报告。" in text
    reminder = await only()
    local = reminder.at.astimezone(load_settings().zone)
    assert (local.hour, local.minute) == (15, 0)
    (told,) = await passes()
    assert told == "⏰ 交报告\n你让我这时候提醒的。做完回「完成」，等会儿再说回「晚10分钟」，不用了回「取消」。"
    assert await chat.say("完成", "complete_todo") == "好，「交报告」完成了 ✅"
    (reminder,) = await all_reminders()
    assert reminder.state == ReminderState.DONE
    assert await passes() == []
    assert "没有等着的" in await chat.say("完成", "complete_todo")


async def test_put_off_by_ten_minutes_it_comes_again() -> None:
    chat = Chat(await group(), "王")
    await chat.say("明天下午三点提醒我交报告", "create_reminder")
    await passes()
    text = await chat.say("晚10分钟", "snooze_reminder")
    assert text.startswith("好，")
    assert text.endswith("再提醒你：「交报告」。")
    reminder = await only()
    assert timedelta(minutes=9) < reminder.at - now() <= timedelta(minutes=10)
    (told,) = await passes()
    assert told.startswith("⏰ 交报告\n")
    assert "取消了" in await chat.say("取消", "cancel")
    (reminder,) = await all_reminders()
    assert reminder.state == ReminderState.CANCELLED


async def test_a_bare_cancel_after_setting_takes_that_one_back() -> None:
    chat = Chat(await group(), "王")
    await chat.say("每周五下午五点提醒我交周报", "create_reminder")
    assert await chat.say("取消", "cancel") == "好，「交周报」以后都不提醒了。"
    assert await chat.say("取消", "cancel") == "utter_nothing_to_cancel"


async def test_a_correction_moves_it() -> None:
    chat = Chat(await group(), "王")
    await chat.say("明天下午三点提醒我交报告", "create_reminder")
    text = await chat.say("不对，改到下午四点", "correct")
    assert text.startswith("改好了，明天（周")
    assert "16:00 提醒你：交报告" in text
    reminder = await only()
    assert reminder.at.astimezone(load_settings().zone).hour == 16


async def test_what_is_missing_is_asked_for() -> None:
    chat = Chat(await group(), "王")
    assert await chat.say("提醒我一下", "create_reminder") == "要提醒什么事？"
    assert "什么时候提醒" in await chat.say("交房租", "out_of_scope")
    assert "09:00 提醒你：交房租" in await chat.say("明天", "out_of_scope")


async def test_half_an_hour_counts_from_when_it_was_said() -> None:
    chat = Chat(await group(), "王")
    began = now()
    await chat.say("半小时后提醒我", "create_reminder")
    await chat.say("关火", "out_of_scope")
    assert began + timedelta(minutes=29) < (await only()).at < began + timedelta(minutes=31)


async def test_the_half_of_the_day_is_asked_only_where_nobody_can_tell() -> None:
    chat = Chat(await group(), "王")
    text = await chat.say("明天三点提醒我吃药", "create_reminder")
    assert "的3点，是凌晨还是下午？" in text
    assert "15:00 提醒你：吃药" in await chat.say("下午", "out_of_scope")
    assert "10:00 提醒你：交方案" in await chat.say("后天十点提醒我交方案", "create_reminder")


async def test_how_often_and_at_what_hour_may_be_said_apart() -> None:
    chat = Chat(await group(), "王")
    assert "每天 16:00 提醒你：喝水" in await chat.say("每天提醒我喝水，下午4点", "create_reminder")
    assert "每个工作日 09:30 提醒你：打卡" in await chat.say("每天早上9点半提醒我打卡，周末不用", "create_reminder")


async def test_at_two_hours_of_one_day_it_is_told_twice_and_then_no_more() -> None:
    chat = Chat(await group(), "王")
    text = await chat.say("明天上午十点和下午四点提醒我量血压", "create_reminder")
    assert "号 10:00、16:00 提醒你：量血压。" in text
    reminder, zone = await only(), load_settings().zone
    series = Series.starting(str(reminder.rule), reminder.at, zone)
    slots = [each.astimezone(zone) for each in series.slots(now())]
    tomorrow = (now().astimezone(zone) + timedelta(days=1)).date()
    assert [(each.date(), each.hour, each.minute) for each in slots] == [(tomorrow, 10, 0), (tomorrow, 16, 0)]


async def test_several_told_together_are_numbered_and_a_bare_word_asks_which() -> None:
    chat = Chat(await group(), "王")
    await chat.say("明天下午三点提醒我交报告", "create_reminder")
    await chat.say("明天下午四点提醒我订会议室", "create_reminder")
    (told,) = await passes()
    assert told.splitlines()[0] == "⏰ 2 条提醒到点了："
    assert told.splitlines()[1].startswith("1. 交报告（今天 ")
    text = await chat.say("完成", "complete_todo")
    assert text.splitlines()[0] == "要完成哪一条？"
    assert await chat.say("第二个", "choose") == "好，「订会议室」完成了 ✅"
    assert await chat.say("完成", "complete_todo") == "好，「交报告」完成了 ✅"


async def test_all_of_them_are_done_at_once() -> None:
    chat = Chat(await group(), "王")
    await chat.say("明天下午三点提醒我交报告", "create_reminder")
    await chat.say("明天下午四点提醒我订会议室", "create_reminder")
    await passes()
    assert await chat.say("都完成了", "complete_todo") == "好，「交报告」、「订会议室」完成了 ✅"
    assert {each.state for each in await all_reminders()} == {ReminderState.DONE}


async def test_the_list_has_numbers_and_they_act() -> None:
    chat = Chat(await group(), "王")
    await chat.say("明天下午三点提醒我交报告", "create_reminder")
    await chat.say("每天早上八点提醒我吃药", "create_reminder")
    await chat.say("后天下午四点提醒我订会议室", "create_reminder")
    text = await chat.say("我有哪些提醒", "list_todos")
    lines = text.splitlines()
    assert lines[0] == "你有 3 条："
    assert any("吃药（每天 08:00，下次" in line for line in lines)
    assert lines[-1] == "回「完成 1」「取消 2」「1 晚半小时」都行。"
    number = next(line[0] for line in lines if "交报告" in line)
    assert await chat.say(f"取消{number}", "cancel_reminder") == "好，「交报告」取消了。"
    assert "已经不在了" in await chat.say(f"完成 {number}", "complete_todo")
    place = next(line[0] for line in lines if "订会议室" in line)
    before = [each.at for each in await all_reminders() if each.what == "订会议室"]
    await chat.say(f"第{place}个晚半小时", "snooze_reminder")
    after = [each.at for each in await all_reminders() if each.what == "订会议室"]
    assert after == [before[0] + timedelta(minutes=30)]
    assert "要怎么办？" in await chat.say("1", "choose")
    assert "只有 3 条" in await chat.say("取消第九个", "cancel_reminder")


async def test_an_unsure_sentence_with_a_number_is_about_the_list() -> None:
    chat = Chat(await group(), "王")
    await chat.say("明天下午三点提醒我交报告", "create_reminder")
    await chat.say("看看提醒", "list_todos")
    unsure = await chat.say("取消第一个", "cancel_reminder", decision="clarify", options=("cancel_reminder", "reject"))
    assert unsure == "好，「交报告」取消了。"


async def test_the_list_of_a_day() -> None:
    chat = Chat(await group(), "王")
    await chat.say("明天下午三点提醒我交报告", "create_reminder")
    await chat.say("后天下午三点提醒我订会议室", "create_reminder")
    text = await chat.say("明天有什么提醒", "list_todos")
    assert "交报告" in text
    assert "订会议室" not in text


async def test_cancelling_by_its_words_or_time_and_asking_where_two_could_be_meant() -> None:
    chat = Chat(await group(), "王")
    await chat.say("明天下午三点提醒我交报告", "create_reminder")
    await chat.say("后天下午三点提醒我交房租", "create_reminder")
    await chat.say("后天下午四点提醒我交房租给房东", "create_reminder")
    assert await chat.say("取消交报告的提醒", "cancel_reminder") == "好，「交报告」取消了。"
    text = await chat.say("取消提醒", "cancel_reminder")
    assert text.splitlines()[0] == "要取消哪一条？"
    assert len([each for each in await all_reminders() if each.state == ReminderState.WAITING]) == 2
    text = await chat.say("把交房租的提醒取消了", "cancel_reminder")
    assert text.splitlines()[0] == "要取消哪一条？"
    assert "取消了" in await chat.say("2", "choose")
    (left,) = [each for each in await all_reminders() if each.state == ReminderState.WAITING]
    assert left.what == "交房租"
    assert "没有提醒" in await chat.say("取消大后天的提醒", "cancel_reminder")


async def test_all_are_cancelled_after_a_yes_only() -> None:
    chat = Chat(await group(), "王")
    await chat.say("明天下午三点提醒我交报告", "create_reminder")
    await chat.say("后天下午三点提醒我交房租", "create_reminder")
    text = await chat.say("取消所有提醒", "cancel_reminder")
    assert text == "「交报告」、「交房租」这 2 条都要取消吗？回「好」就办，不办回「不用」。"
    assert await chat.say("不用", "deny") == "好，都留着。"
    assert await chat.say("好", "affirm") != "好，「交报告」、「交房租」取消了。"
    await chat.say("取消所有提醒", "cancel_reminder")
    assert await chat.say("好", "affirm") == "好，「交报告」、「交房租」取消了。"


async def test_one_that_recurs_is_done_this_time_and_comes_again() -> None:
    chat = Chat(await group(), "王")
    text = await chat.say("每天早上八点提醒我吃药", "create_reminder")
    assert "每天 08:00 提醒你：吃药。第一次是" in text
    (told,) = await passes()
    assert "每天 " in told
    assert "会重复来" in await chat.say("取消", "cancel")
    assert (await chat.say("完成", "complete_todo")).startswith("「吃药」这次记完成了，下次")
    assert (await only()).at > now()
    await passes()
    text = await chat.say("晚10分钟", "snooze_reminder")
    assert text.startswith("好，")
    waiting = [each for each in await all_reminders() if each.state == ReminderState.WAITING]
    assert sorted(each.rule is None for each in waiting) == [False, True]


async def test_moved_by_its_words() -> None:
    chat = Chat(await group(), "王")
    await chat.say("明天下午三点提醒我交报告", "create_reminder")
    await chat.say("每天早上八点提醒我吃药", "create_reminder")
    assert "09:00 提醒你：「交报告」" in await chat.say("交报告那个改到后天上午九点", "snooze_reminder")
    assert "每天 09:00" in await chat.say("吃药改到每天早上九点", "snooze_reminder")
    rules = [each.rule for each in await all_reminders() if each.rule]
    assert rules == ["FREQ=DAILY;BYHOUR=9;BYMINUTE=0"]
    assert "是重复的" in await chat.say("吃药改到后天上午十点", "snooze_reminder")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("昨天下午三点提醒我开会", "已经过了，换个以后的时间吧"),
        ("2月30号提醒我交房租", "没有「2月30号」这一天"),
        ("一百年后提醒我开会", "我最多记十年以内的事"),
        ("每分钟提醒我喝水", "最多 5 分钟一次"),
        ("每30秒提醒我喝水", "最多 5 分钟一次"),
    ],
)
async def test_a_time_that_cannot_be_is_said_so_and_another_one_is_taken(said: str, answer: str) -> None:
    chat = Chat(await group(), "王")
    assert answer in await chat.say(said, "create_reminder")
    assert await all_reminders() == []
    assert "提醒你：" in await chat.say("明天下午三点", "out_of_scope")
    await only()


async def test_one_person_cannot_have_thousands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.reminders.service.MOST", 3)
    chat = Chat(await group(), "王")
    for number in range(3):
        await chat.say(f"明天下午三点提醒我做第{number}件事", "create_reminder")
    text = await chat.say("明天下午三点提醒我交报告", "create_reminder")
    assert text == "你已经有 3 条提醒在等着了，先取消几条再加吧。说「我的提醒」看有哪些。"
    assert len(await all_reminders()) == 3


async def test_for_somebody_in_the_room_and_told_there() -> None:
    world = await group()
    king, zhao = Chat(world, "王", "产品群"), Chat(world, "小赵", "产品群")
    text = await king.say("@小赵 后天十点交方案", "create_reminder")
    assert text.splitlines()[0].endswith("10:00 在这里提醒后端 赵云：交方案。")
    (told,) = await passes()
    assert told == "@后端 赵云\u2005⏰ 交方案\n王让我提醒的。\n@我 回「完成」「晚10分钟」或「取消」。"
    assert len(told.splitlines()) <= 3
    assert await zhao.say("完成", "complete_todo") == "好，「交方案」完成了 ✅"


async def test_it_is_for_whom_it_was_said() -> None:
    world = await group()
    king = Chat(world, "王", "产品群")
    await king.say("提醒小赵后天十点交方案", "create_reminder")
    await king.say("小赵明天出差，早上六点半提醒他带护照", "create_reminder")
    await king.say("提醒大家明天下午三点开会", "create_reminder")
    await king.say("明天下午五点提醒我找小赵要方案", "create_reminder")
    found = {each.what: each.contact_id for each in await all_reminders()}
    zhao, own = world.people["小赵"].id, world.people["王"].id
    assert found == {"交方案": zhao, "带护照": zhao, "开会": None, "找小赵要方案": own}


async def test_for_the_whole_room() -> None:
    world = await group()
    king, zhao = Chat(world, "王", "产品群"), Chat(world, "小赵", "产品群")
    text = await king.say("提醒大家明天下午三点开会", "create_reminder")
    assert "在这里提醒大家：开会。" in text
    assert "王给大家设的" in await zhao.say("取消开会的提醒", "cancel_reminder")
    (told,) = await passes()
    assert told == "大家注意 ⏰ 开会\n王让我提醒的。"
    assert await king.say("完成", "complete_todo") == "好，「开会」完成了 ✅"


async def test_who_is_no_member_or_cannot_be_told_apart_is_said_so() -> None:
    world = await group()
    king = Chat(world, "王", "产品群")
    assert "群里没找到「小孙」" in await king.say("提醒小孙明天下午三点开会", "create_reminder")
    assert "群里没找到「走了的」" in await king.say("@走了的 明天下午三点开会", "create_reminder")
    async with transaction() as session:
        for name in ("小赵", "建国同志"):
            await session.execute(
                update(Member)
                .where(Member.contact_id == world.people[name].id, Member.room_id == world.rooms["产品群"].id)
                .values(alias="小周")
            )
    assert "叫「小周」的有 2 位" in await king.say("提醒小周明天下午三点开会", "create_reminder")
    assert await all_reminders() == []


async def test_others_are_reminded_in_a_room_only() -> None:
    chat = Chat(await group(), "王")
    text = await chat.say("提醒小赵后天十点交方案", "create_reminder")
    assert text.startswith("提醒小赵要在群里说")
    assert await all_reminders() == []


async def test_who_wants_no_word_from_the_bot_is_left_alone() -> None:
    world = await group()
    king, zhao = Chat(world, "王", "产品群"), Chat(world, "小赵", "产品群")
    await king.say("提醒小赵后天十点交方案", "create_reminder")
    await zhao.say("帮助", "list_todos")
    async with transaction() as session:
        await session.execute(
            update(Conversation).where(Conversation.contact_id == world.people["小赵"].id).values(stopped_at=now())
        )
    assert "让我别打扰" in await king.say("提醒小赵后天十一点交方案", "create_reminder")
    (told,) = await passes()
    assert told == "@王\u2005没能提醒后端 赵云「交方案」：TA 让我别打扰。"


async def test_what_is_ones_own_is_told_in_private_and_no_room_hears_of_it() -> None:
    world = await group()
    here, private = Chat(world, "王", "产品群"), Chat(world, "王")
    text = await here.say("明天下午三点提醒我去体检", "create_reminder")
    assert "到时候私聊你" in text
    assert "没有等着的" in await here.say("我有哪些提醒", "list_todos")
    assert "体检" in await private.say("我有哪些提醒", "list_todos")
    assert "没有等着的" in await here.say("取消去体检的提醒", "cancel_reminder")
    (told,) = await passes()
    assert told.startswith("⏰ 去体检\n")
    assert await private.say("完成", "complete_todo") == "好，「去体检」完成了 ✅"


async def test_who_is_no_friend_of_the_bot_is_told_in_the_room() -> None:
    world = await group()
    chat = Chat(world, "建国同志", "产品群")
    assert "到时候在这里 @你" in await chat.say("明天下午三点提醒我交报告", "create_reminder")
    (told,) = await passes()
    assert told.startswith("@李建国\u2005⏰ 交报告")
    assert await chat.say("完成", "complete_todo") == "好，「交报告」完成了 ✅"


async def test_others_see_and_change_nothing_of_mine() -> None:
    world = await group()
    king, zhao = Chat(world, "王"), Chat(world, "小赵")
    await king.say("明天下午三点提醒我去体检", "create_reminder")
    assert "体检" not in await zhao.say("我有哪些提醒", "list_todos")
    assert "没有等着的" in await zhao.say("取消去体检的提醒", "cancel_reminder")
    await only()


async def test_in_a_room_the_list_is_short() -> None:
    world = await group()
    king = Chat(world, "王", "产品群")
    for hour in ("一", "两", "四"):
        await king.say(f"提醒大家明天下午{hour}点开{hour}号会", "create_reminder")
    text = await king.say("有哪些提醒", "list_todos")
    assert len(text.splitlines()) == 3
    assert "有 3 条，其余的私聊我看，@我 回「完成 1」「取消 2」就行：" in text
    assert len((await king.say("取消提醒", "cancel_reminder")).splitlines()) <= 3


async def test_by_the_persons_own_clock() -> None:
    chat = Chat(await group(timezone="Europe/Berlin"), "王")
    text = await chat.say("明天下午三点提醒我交报告", "create_reminder")
    assert "15:00（按 Europe/Berlin 的时间） 提醒你" in text
    local = (await only()).at.astimezone(load_settings().zone)
    assert local.hour in (21, 22)
