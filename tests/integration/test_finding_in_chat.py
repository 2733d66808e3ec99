"""Asking for files in chat, as the actions answer it: a list with numbers, and the thing itself on a number."""

import io
import time
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import delete, select, update

from actions.base import BotBayAction
from actions.offers import TakeChoice
from actions.request_form import AnswerRequest, TakeRequest
from botbay import storage
from botbay.chat import conversations, handing
from botbay.chat.models import Conversation, File, FileKind, FileState, Member, OutboxItem, Turn
from botbay.db import transaction
from botbay.settings import load_settings
from rasa_project.components.finding import find_entities
from tests.integration.files_world import TODAY, FilesWorld, build

pytestmark = pytest.mark.usefixtures("database")


class Talk:
    """What a person says to the bot, and what comes of it: the rules' part is played here, the actions are real."""

    def __init__(self, world: FilesWorld, who: str, room: str | None = None) -> None:
        self.contact_id = world.people[who].id
        self.room_id = world.rooms[room].id if room else None
        self.bot_id = world.bot.id
        self.slots: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []
        self.turn_id = 0
        self.conversation_id = 0
        self.given: list[dict[str, Any]] = []

    async def say(
        self, text: str, intent: str = "find_file", *, message_id: int | None = None
    ) -> tuple[str, list[int]]:
        """The texts of the answer as one, and the ids of the files that it hands over (``given``: as they are told).

        ``message_id``: the kept message that the sentence is.
        """
        async with transaction() as session:
            self.conversation_id = await conversations.get(session, self.bot_id, self.room_id, self.contact_id)
            key = uuid.uuid4().hex
            await conversations.queue_turn(session, self.conversation_id, key, text=text, message_id=message_id)
            turn = (await session.scalars(select(Turn).where(Turn.key == key))).one()
            self.turn_id = turn.id
            sender_id = (await session.get_one(Conversation, self.conversation_id)).sender_id
        said = {
            "text": text,
            "intent": {"name": intent, "confidence": 0.99},
            "entities": find_entities(text, intent),
            "metadata": {"turn_id": self.turn_id},
        }
        self.events.append({"event": "user", "timestamp": time.time(), "metadata": {"turn_id": self.turn_id}})
        messages: list[dict[str, Any]] = []
        for action in [TakeChoice()] if intent in ("choose", "affirm", "deny") else [TakeRequest(), AnswerRequest()]:
            if isinstance(action, AnswerRequest) and self.slots.get("request_state") != "complete":
                continue
            messages += await self._run(action, said, sender_id)
        async with transaction() as session:
            await conversations.finish(session, self.turn_id, asked=False)
        self.given = [each["custom"] for each in messages if each.get("custom")]
        files = [each["file_id"] for each in self.given if "file_id" in each]
        return "\n".join(each["text"] for each in messages if each.get("text")), files

    async def _run(self, action: BotBayAction, said: dict[str, Any], sender_id: str) -> list[dict[str, Any]]:
        tracker = Tracker(sender_id, dict(self.slots), said, list(self.events), False, None, {}, "action_listen")
        dispatcher = CollectingDispatcher()
        events = await action.run(dispatcher, tracker, {})
        again = CollectingDispatcher()
        assert await action.run(again, tracker, {}) == events  # a turn that is run twice
        assert again.messages == dispatcher.messages
        self.slots.update({event["name"]: event["value"] for event in events})
        self.events.append({"event": "action", "name": action.name()})
        return list(dispatcher.messages)


def day_of(moment: datetime) -> str:
    local = moment.astimezone(load_settings().zone)
    return f"{local.month}月{local.day}号"


async def contracts() -> tuple[FilesWorld, dict[str, int]]:
    """Three contracts, the newest first: by 老李, by 小赵, by 老李 in the other room."""
    async with transaction() as session:
        world = await build(session)
        ids = {
            "终稿": await world.file("建国同志", "采购合同-终稿.pdf", TODAY - timedelta(minutes=1)),
            "初稿": await world.file("小赵", "采购合同-初稿.docx", TODAY - timedelta(days=40)),
            "扫描": await world.file(
                "小赵", "合同扫描.png", TODAY - timedelta(days=41), room="测试群", kind=FileKind.IMAGE
            ),
        }
    return world, ids


async def test_several_are_listed_and_a_number_sends_one() -> None:
    world, ids = await contracts()
    talk = Talk(world, "王")
    text, files = await talk.say("帮我找一下合同")
    assert files == []
    first, *lines, last = text.splitlines()
    assert first == "找到 3 个："
    assert [line.split("（")[0] for line in lines] == [
        "1. 采购合同-终稿.pdf",
        "2. 采购合同-初稿.docx",
        "3. 合同扫描.png",
    ]
    assert "（李建国，" in lines[0]
    assert "，产品群，1.2 MB）" in lines[0]
    assert last == "回编号就发给你。"
    assert await talk.say("第二个", "choose") == ("", [ids["初稿"]])
    assert await talk.say("再发第三个") == ("", [ids["扫描"]])
    assert await talk.say("1和3", "choose") == ("", [ids["终稿"], ids["扫描"]])
    assert await talk.say("最后一个", "choose") == ("", [ids["扫描"]])
    assert await talk.say("最新的那个", "choose") == ("", [ids["终稿"]])
    assert await talk.say("第九个", "choose") == ("只有 3 个，回 1 到 3 就行。", [])


async def test_numbers_hold_for_a_while_only_and_belong_to_the_last_answer() -> None:
    world, _ = await contracts()
    talk = Talk(world, "王")
    await talk.say("帮我找一下合同")
    talk.events[0]["timestamp"] -= 3600
    text, files = await talk.say("2", "choose")
    assert files == []
    assert "没有要选的" in text
    await talk.say("帮我找一下合同")
    await talk.say("明天下午三点提醒我开会", "create_reminder")
    assert (await talk.say("2", "choose"))[1] == []


async def test_the_only_hit_is_sent_at_once() -> None:
    world, ids = await contracts()
    text, files = await Talk(world, "王").say("上个月老李传的那份终稿在哪")
    assert files == []
    assert "上个月没有，这是最近的：\n1. 采购合同-终稿.pdf" in text
    text, files = await Talk(world, "王").say("老李传的那份采购合同在哪")
    assert files == [ids["终稿"]]
    assert text.startswith("找到了：采购合同-终稿.pdf（李建国，")


async def test_a_yes_takes_the_only_one_that_was_offered() -> None:
    world, ids = await contracts()
    talk = Talk(world, "王")
    await talk.say("昨天的扫描件")
    assert (await talk.say("好", "affirm"))[1] == [ids["扫描"]]


async def test_a_person_and_a_month() -> None:
    world, ids = await contracts()
    talk = Talk(world, "王")
    day = day_of(TODAY - timedelta(days=40))
    text, files = await talk.say(f"{day}小赵发的合同")
    assert files == [ids["初稿"]]
    # The same of somebody else, and then another file of theirs.
    text, files = await talk.say("那老李的呢", "follow_up")
    assert "1. 采购合同-终稿.pdf" in text


async def test_nothing_found_says_what_was_looked_for_and_what_to_do() -> None:
    world, _ = await contracts()
    text, files = await Talk(world, "王").say("上个月老李传的发票在哪")
    assert files == []
    assert "没找到：上个月、老李、发票" in text
    assert "换文件名里的几个字试试" in text


async def test_a_room_that_nobody_knows_is_said_to_be_unknown() -> None:
    world, _ = await contracts()
    talk = Talk(world, "王")
    assert (await talk.say("火星群里的采购合同"))[0].startswith("没有叫「火星群」的群，你所在的群里有 2 个：")
    text, _ = await talk.say("测试群的呢", "follow_up")
    assert text.startswith("测试群里没有，别处有：")


async def test_in_a_room_only_its_own_files_in_three_lines() -> None:
    world, ids = await contracts()
    async with transaction() as session:
        world.session = session
        await world.file("小赵", "租房合同.pdf", TODAY - timedelta(days=50))
    talk = Talk(world, "王", "产品群")
    text, files = await talk.say("找一下合同")
    assert files == []
    assert text.splitlines()[0] == "找到 3 个，@我 回编号就发，全部的私聊我看："
    assert len(text.splitlines()) == 3
    assert "扫描" not in text
    assert "产品群" not in text
    text, files = await talk.say("1", "choose")
    assert (text, files) == ("给你：采购合同-终稿.pdf", [ids["终稿"]])


async def test_who_is_no_member_gets_nothing() -> None:
    world, ids = await contracts()
    talk = Talk(world, "王")
    await talk.say("帮我找一下合同")
    async with transaction() as session:
        await session.execute(delete(Member).where(Member.contact_id == talk.contact_id))
    assert await talk.say("1", "choose") == ("「采购合同-终稿.pdf」已经拿不到了，可能被撤回或删掉了。", [])
    text, files = await talk.say("帮我找一下合同")
    assert files == []
    assert "没找到：合同" in text
    assert (await Talk(world, "走了的").say("帮我找一下合同"))[1] == []
    # Between the answer and the sending, too.
    async with transaction() as session:
        given = {"file_id": ids["终稿"]}
        assert await handing.hand_over(session, talk.conversation_id, "k", given, turn_id=talk.turn_id) == handing.GONE


async def test_what_is_handed_over_is_the_file_itself_once() -> None:
    world, ids = await contracts()
    talk = Talk(world, "王")
    await talk.say("帮我找一下合同")
    async with transaction() as session:
        for _ in range(2):
            for name in ("终稿", "扫描"):
                given = {"file_id": ids[name]}
                assert not await handing.hand_over(
                    session, talk.conversation_id, f"turn:{name}", given, turn_id=talk.turn_id
                )
    async with transaction() as session:
        items = (await session.scalars(select(OutboxItem).order_by(OutboxItem.id))).all()
        assert [(item.kind, item.file_name) for item in items] == [
            ("file", "采购合同-终稿.pdf"),
            ("image", "合同扫描.png"),
        ]
        await session.execute(update(File).where(File.id == ids["初稿"]).values(trashed_at=TODAY))
        given = {"file_id": ids["初稿"]}
        assert await handing.hand_over(session, talk.conversation_id, "t", given, turn_id=talk.turn_id) == handing.GONE


async def test_what_is_not_there_is_listed_with_its_state_and_not_sent() -> None:
    async with transaction() as session:
        world = await build(session)
        await world.file("小赵", "合同一.pdf", TODAY, state=FileState.PENDING)
        await world.file("小赵", "合同二.pdf", TODAY - timedelta(days=40), state=FileState.FAILED, reason="过期了")
    talk = Talk(world, "王")
    text, _ = await talk.say("找合同")
    assert "合同一.pdf（后端 赵云，" in text
    assert "产品群，还在取）" in text
    assert "产品群，没取到：过期了）" in text
    assert "还在取" in (await talk.say("1", "choose"))[0]
    assert await talk.say("2", "choose") == ("「合同二.pdf」文件没能取下来，请发的人再发一次吧。", [])


async def test_the_next_ones_are_shown_with_numbers_that_go_on() -> None:
    async with transaction() as session:
        world = await build(session)
        ids = [await world.file("小赵", f"合同{n}.pdf", TODAY - timedelta(days=n)) for n in range(1, 8)]
    talk = Talk(world, "王")
    text, _ = await talk.say("找合同")
    assert "后面还有 2 个，说「还有吗」接着看。" in text
    assert "5. 合同5.pdf" in text
    assert "6." not in text
    text, _ = await talk.say("还有吗", "follow_up")
    assert text.startswith("接着的 2 个：\n6. 合同6.pdf")
    assert await talk.say("第七个", "choose") == ("", [ids[6]])
    assert await talk.say("第一个", "choose") == ("", [ids[0]])
    assert "就这些了" in (await talk.say("还有吗", "follow_up"))[0]


async def test_all_files_of_a_day_or_of_the_room() -> None:
    world, _ = await contracts()
    assert "找到 3 个" in (await Talk(world, "王").say("群文件有哪些"))[0]
    day = day_of(TODAY - timedelta(days=41))
    assert (await Talk(world, "王").say(f"{day}的文件"))[1] != []


async def test_a_list_that_a_room_filled_in_comes_as_a_sheet() -> None:
    async with transaction() as session:
        world = await build(session)
        await world.say("小赵", "#接龙\n周五聚餐\n1. 小赵", TODAY - timedelta(hours=2))
        await world.say("王", "#接龙\n周五聚餐\n1. 小赵\n2. 王 不吃辣", TODAY - timedelta(hours=1))
        await world.say("小赵", "#接龙\n团购橙子\n1. 小赵 两箱", TODAY - timedelta(days=3), room="测试群")
        await world.say("外人", "#接龙\n外面的\n1. 外人", TODAY, room="别的群")
    talk = Talk(world, "王")
    text, _ = await talk.say("把接龙发我")
    first, one, two, _ = text.splitlines()
    assert first == "找到 2 个："
    assert one.startswith("1. 周五聚餐（接龙，2 条，")
    assert two.startswith("2. 团购橙子（接龙，1 条，")
    await talk.say("第一个", "choose")
    async with transaction() as session:
        (given,) = talk.given
        assert not await handing.hand_over(session, talk.conversation_id, "turn:9", given, turn_id=talk.turn_id)
        item = (await session.scalars(select(OutboxItem))).one()
        assert (item.kind, item.file_name) == ("file", "周五聚餐.xlsx")
        assert item.file_key is not None
        sheet = load_workbook(io.BytesIO(b"".join([chunk async for chunk in storage.get(item.file_key)]))).active
        assert sheet is not None
        assert [[cell.value for cell in row][1:] for row in sheet.iter_rows(min_row=2)][1] == ["王", "不吃辣"]
    # By its title, the only one; in a room its own; to nobody outside.
    text, _ = await talk.say("团购橙子接龙给我")
    assert text.startswith("找到了：团购橙子（接龙，1 条，")
    assert len(talk.given) == 1
    here = Talk(world, "王", "产品群")
    assert (await here.say("把接龙发我"))[0].startswith("找到了：周五聚餐（接龙，2 条，")
    async with transaction() as session:
        outsider = await conversations.get(session, world.bot.id, None, world.people["外人"].id)
        assert await handing.hand_over(session, outsider, "turn:10", given, turn_id=talk.turn_id) == handing.GONE
