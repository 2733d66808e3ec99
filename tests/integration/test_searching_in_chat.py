"""Asking in chat for what somebody said: the line that answers with its source, and the others with numbers."""

from datetime import timedelta

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import select

from actions.help import DefaultFallback
from botbay.chat import conversations, readings
from botbay.chat.models import Conversation, File, FileKind, Turn
from botbay.chat.readings import Read
from botbay.db import transaction
from tests.conftest import use_settings
from tests.integration.files_world import TODAY, FilesWorld, build
from tests.integration.test_finding_in_chat import Talk

pytestmark = pytest.mark.usefixtures("database")


async def talked() -> FilesWorld:
    async with transaction() as session:
        world = await build(session)
        await world.say("建国同志", "WiFi密码是 shuixiang2026", TODAY - timedelta(days=1))
        await world.say("小赵", "有人知道WiFi密码吗", TODAY - timedelta(minutes=3))
        await world.say("小赵", "客户说报价太高，要再谈", TODAY - timedelta(minutes=2))
        await world.say("建国同志", "报价单我下午改", TODAY - timedelta(minutes=1))
        await world.say("小赵", "报价先按旧的来", TODAY - timedelta(days=20), room="测试群")
    return world


async def ask(world: FilesWorld, text: str, who: str = "王", room: str | None = None) -> str:
    return (await Talk(world, who, room).say(text, "find_message"))[0]


async def test_the_line_that_answers_comes_first_with_its_source() -> None:
    world = await talked()
    text = await ask(world, "谁说过WiFi密码")
    first, source, *others = text.splitlines()
    assert first == "WiFi密码是 shuixiang2026"
    assert source.startswith("（李建国，昨天 ")
    assert source.endswith("，产品群）")
    assert others[0] == "还提到过："
    assert others[1].startswith("1. 有人知道WiFi密码吗（后端 赵云，")


async def test_several_are_listed_with_who_when_and_where_and_a_number_shows_what_was_around() -> None:
    world = await talked()
    talk = Talk(world, "王")
    text, _ = await talk.say("帮我找一下聊天记录里的报价", "find_message")
    first, *lines, last = text.splitlines()
    assert first == "找到 3 条："
    assert [line.split("（")[0] for line in lines] == [
        "1. 报价单我下午改",
        "2. 报价先按旧的来",
        "3. 客户说报价太高，要再谈",
    ]
    assert "，测试群）" in lines[1]
    assert last == "回编号看前后的话。"
    text, _ = await talk.say("3", "choose")
    assert text.splitlines()[0] == "前后是这么说的："
    assert "报价单我下午改" in text
    assert "有人知道WiFi密码吗" in text
    assert "旧的" not in text  # that was in another room
    assert (await talk.say("9", "choose"))[0] == "只有 3 条，回 1 到 3 就行。"


async def test_by_person_and_time_and_what_is_left_out_where_nothing_fits() -> None:
    world = await talked()
    assert "报价单我下午改" in await ask(world, "找一下老李说的报价")
    text = await ask(world, "找一下去年老李说的报价")
    assert text.startswith("去年没有，这是别的时候的：")
    assert (await ask(world, "谁说过退款")).startswith("没找到：退款。换个词试试")


async def test_more_of_a_long_list_until_it_ends() -> None:
    async with transaction() as session:
        world = await build(session)
        for number in range(8):
            await world.say("小赵", f"第 {number} 次发版", TODAY - timedelta(hours=number))
    talk = Talk(world, "王")
    text, _ = await talk.say("谁说过发版", "find_message")
    assert "说「还有吗」接着看" in text
    text, _ = await talk.say("还有吗", "follow_up")
    assert text.startswith("接着的 3 条：")
    assert "6. 第 5 次发版" in text
    assert (await talk.say("还有吗", "follow_up"))[0].startswith("就这些了")


async def test_in_a_room_three_lines_at_most_and_only_what_was_said_there() -> None:
    world = await talked()
    text = await ask(world, "谁说过报价", room="产品群")
    assert len(text.splitlines()) <= 3
    assert "旧的" not in text
    assert "产品群" not in text
    text = await ask(world, "谁说过WiFi密码", room="产品群")
    assert text.splitlines()[0] == "WiFi密码是 shuixiang2026"
    assert len(text.splitlines()) == 2
    assert (await ask(world, "谁说过退款", room="产品群")).startswith("这个群里没找到：退款")


async def test_what_stands_only_in_a_picture_is_found_and_said_to_be_from_one() -> None:
    async with transaction() as session:
        world = await build(session)
        file_id = await world.file("小赵", "IMG_7.jpg", kind=FileKind.IMAGE)
        blob_id = (await session.get_one(File, file_id)).blob_id
        assert blob_id is not None
        await readings.store(session, blob_id, Read(text="取件码 6-3-2045"))
    text = await ask(world, "谁说过取件码")
    assert "取件码 6-3-2045" in text
    assert "图里的字" in text


async def test_who_is_no_member_hears_nothing() -> None:
    world = await talked()
    assert (await ask(world, "谁说过WiFi密码", who="外人")).startswith("没找到")


async def test_with_an_address_for_people_the_rest_has_a_link(monkeypatch: pytest.MonkeyPatch) -> None:
    use_settings(monkeypatch, public_url="https://bot.example.com")
    async with transaction() as session:
        world = await build(session)
        for number in range(8):
            await world.say("小赵", f"第 {number} 次发版", TODAY - timedelta(hours=number))
    assert (await ask(world, "谁说过发版")).splitlines()[-1] == ("https://bot.example.com/search?q=%E5%8F%91%E7%89%88")


async def test_a_plain_question_that_is_no_command_is_answered_where_somebody_said_it() -> None:
    world = await talked()
    talk = Talk(world, "王")

    async def unknown(text: str) -> str:
        await talk.say("谁说过WiFi密码", "find_message")  # makes a turn
        async with transaction() as session:
            await conversations.queue_turn(session, talk.conversation_id, f"q{text}", text=text)
            turn = (await session.scalars(select(Turn).where(Turn.key == f"q{text}"))).one()
            sender = (await session.get_one(Conversation, talk.conversation_id)).sender_id
        said = {"text": text, "intent": {"name": "out_of_scope"}, "entities": [], "metadata": {"turn_id": turn.id}}
        dispatcher = CollectingDispatcher()
        await DefaultFallback().run(dispatcher, Tracker(sender, {}, said, [], False, None, {}, "action_listen"), {})
        return "\n".join(each["text"] for each in dispatcher.messages)

    assert (await unknown("WiFi密码多少")).splitlines()[0] == "WiFi密码是 shuixiang2026"
    assert "没听懂" in await unknown("打印机密码多少")
    assert "没听懂" in await unknown("WiFi真难用")
