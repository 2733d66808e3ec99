"""Applications by chat: what is said in, what the bot says out."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select, update

from botbay import storage
from botbay.chat import conversations, handing, messages
from botbay.chat.models import (
    Account,
    Blob,
    Bot,
    Contact,
    Conversation,
    File,
    FileKind,
    FileState,
    Message,
    OutboxItem,
    Room,
    Turn,
)
from botbay.db import now, transaction
from tests.integration.approvals_world import Office, office, state, submitted, work
from workers.approvals import service
from workers.approvals.models import Application, ApplicationEvent, What

pytestmark = pytest.mark.usefixtures("database")


async def asked(world: Office, who: str = "李建国", **values: object) -> tuple[int, list[str]]:
    number = await submitted(world, **values)
    return number, await world.talk(who).cards()


# --- asking ------------------------------------------------------------------------------------------------


async def test_what_is_missing_is_asked_one_by_one_shown_back_and_sent() -> None:
    world = await office()
    talk = world.talk("小王")
    assert "一共多少钱" in await talk.say("我要报销", "submit_application")
    assert "用在哪儿" in await talk.say("一千二")
    assert "发票" in await talk.say("拜访客户打车")
    shown = await talk.say("没有", "deny")
    assert "金额：1,200 元" in shown and "用途：拜访客户打车" in shown and "提交吗" in shown
    done = await talk.say("好", "affirm")
    assert done.startswith("提交了：#") and "主管（1/2） 李建国" in done
    async with transaction() as session:
        application = (await session.scalars(select(Application))).one()
        assert application.values == {"金额": "1200.00", "用途": "拜访客户打车"}


async def test_what_the_first_sentence_tells_is_not_asked_again() -> None:
    talk = (await office()).talk("小王")
    assert "什么事由" in await talk.say("明天下午请半天年假", "submit_application")
    shown = await talk.say("带孩子看牙")
    assert "类型：年假" in shown and "12:00–18:00" in shown and "事由：带孩子看牙" in shown


async def test_a_kind_is_offered_where_none_is_named() -> None:
    talk = (await office()).talk("小王")
    text = await talk.say("提交申请", "submit_application")
    assert "1. 请假" in text and "5. 加班" in text
    assert "哪种假" in await talk.say("1", "choose")
    assert "从什么时候" in await talk.say("2", "choose")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("2月30号", "没有「2月30号」这一天"),
        ("三天", "从哪天开始"),
        ("2036年5月1号", "太远"),
        ("每周五", "单独提一张"),
        ("嗯嗯那个啥", "没读出时间"),
    ],
)
async def test_a_time_that_cannot_be_is_said_so_and_asked_again(said: str, answer: str) -> None:
    talk = (await office()).talk("小王")
    await talk.say("请年假", "submit_application")
    text = await talk.say(said)
    assert answer in text and "从什么时候到什么时候" in text


async def test_how_long_is_remembered_while_when_is_asked() -> None:
    talk = (await office()).talk("小王")
    assert "从什么时候" in await talk.say("请三天年假", "submit_application")
    await talk.say("下周一开始")
    assert "3 天" in await talk.say("回老家")


@pytest.mark.parametrize(
    ("said", "answer"), [("几百块", "准数"), ("0元", "大于 0"), ("两百万", "最多"), ("天气真好", "没读出金额")]
)
async def test_an_amount_that_cannot_be_is_said_so_and_asked_again(said: str, answer: str) -> None:
    talk = (await office()).talk("小王")
    await talk.say("我要报销", "submit_application")
    text = await talk.say(said)
    assert answer in text and "一共多少钱" in text


async def test_it_can_be_changed_before_it_goes_out_and_left() -> None:
    world = await office()
    talk = world.talk("小王")
    await talk.say("报销56元", "submit_application")
    await talk.say("打车")
    assert "金额：56 元" in await talk.say("没有", "deny")
    assert "金额：500 元" in await talk.say("不对，金额是500", "correct")
    assert "用途：请客户吃饭" in await talk.say("用途改成请客户吃饭", "correct")
    assert "放下" in await talk.say("算了", "cancel")
    async with transaction() as session:
        assert (await session.scalars(select(Application))).all() == []


async def test_another_question_in_between_is_answered_and_the_form_goes_on() -> None:
    talk = (await office()).talk("小王")
    await talk.say("我要报销", "submit_application")
    text = await talk.say("有什么要我批的", "list_approvals")
    assert "没有等你审批" in text and "一共多少钱" in text


async def test_a_picture_needs_a_yes_to_keeping_what_is_said_in_private() -> None:
    talk = (await office()).talk("小王")
    await talk.say("报销56元", "submit_application")
    await talk.say("打车")
    assert "同意我保存" in await talk.say("发好了", "chitchat")


async def test_pictures_sent_while_the_form_waits_go_to_the_approver_in_private() -> None:
    world = await office()
    me = world.talk("小王")
    await me.say("报销56元", "submit_application")
    assert "发给我" in await me.say("打车")
    async with transaction() as session:
        contact = await session.get_one(Contact, world.contacts["小王"])
        contact.keep_private_at = now()
        row = {"bot_id": world.bot_id, "room_id": None, "peer_id": contact.id, "talker_id": contact.id}
        row |= {"source_id": "p1", "kind": "image", "text": "", "mention_ids": [], "details": {}, "raw": {}}
        row |= {"sent_at": now(), "received_at": now(), "from_self": False, "by_bot": False, "withheld": False}
        (message_id,) = (await messages.store(session, [row])).values()

        async def chunks() -> AsyncIterator[bytes]:
            yield b"picture"

        stored = await storage.put("picture", chunks())
        blob = Blob(sha256="x", size=7, key=stored.key, mime="image/png", kind=FileKind.IMAGE)
        session.add(blob)
        await session.flush()
        session.add(File(message_id=message_id, name="", kind=FileKind.IMAGE, state=FileState.STORED, blob_id=blob.id))
    assert "发票：1 张" in await me.say("好了", "affirm")
    await me.say("好", "affirm")
    await work()
    boss = world.talk("李建国")
    await boss.cards()
    (given,) = boss.given
    async with transaction() as session:
        private = await conversations.get(session, world.bot_id, None, world.contacts["李建国"])
        turn_id = (await session.scalars(select(Turn.id).where(Turn.conversation_id == private))).one()
        assert not await handing.hand_over(session, private, "k", given, turn_id=turn_id)
        item = (await session.scalars(select(OutboxItem).where(OutboxItem.key == "k"))).one()
        assert item.kind == "image" and item.file_key is not None
        assert b"".join([chunk async for chunk in storage.get(item.file_key)]) == b"picture"
    # What was recalled since is not shown any more.
    async with transaction() as session:
        await session.execute(update(Message).values(withheld=True))
    await boss.say("有什么要我批的", "list_approvals")
    assert boss.given == []


async def test_nobody_is_asked_for_fields_when_nobody_could_approve() -> None:
    talk = (await office(without=["主管", "总经理"])).talk("小王")
    assert "「主管」这一步还没有别人能批" in await talk.say("我要请假", "submit_application")


async def test_it_is_no_matter_for_a_room_nor_for_who_is_not_bound() -> None:
    world = await office()
    async with transaction() as session:
        await session.execute(update(Contact).where(Contact.name == "小王").values(account_id=None))
    assert "绑定账号" in await world.talk("小王").say("我要请假", "submit_application")


# --- deciding ----------------------------------------------------------------------------------------------


async def test_the_approver_gets_a_card_in_private_and_a_bare_yes_is_about_it() -> None:
    world = await office()
    async with transaction() as session:
        room = Room(wechat_id="r@chatroom", topic="产品群")
        session.add(room)
        await session.flush()
        session.add(Conversation(bot_id=world.bot_id, room_id=room.id, contact_id=world.contacts["李建国"]))
    number = await submitted(world)
    boss = world.talk("李建国")
    (card,) = await boss.cards()
    assert f"小王的申请 #{number} 报销（1,200 元）" in card and "用途：拜访客户打车" in card and "回「同意」" in card
    async with transaction() as session:
        where = await session.scalars(select(Conversation.room_id).join(Turn, Turn.conversation_id == Conversation.id))
        assert set(where) == {None}
    text = await boss.say("同意", "approve", decision="clarify")
    assert text == f"好，同意了小王的 #{number} 报销（1,200 元），接着等财务（2/2） 小赵。"
    assert await state(number) == ("open", 1)
    notice = (await world.talk("小王").cards())[-1]
    assert notice == f"#{number} 报销（1,200 元）：李建国同意了。现在到财务（2/2） 小赵那儿。"


async def test_the_last_yes_ends_it_and_the_applicant_hears() -> None:
    world = await office()
    number, _ = await asked(world)
    async with transaction() as session:
        boss = await session.get_one(Account, world.accounts["李建国"])
        await service.decide(session, number, boss, approve=True, via="page")
    await work()
    money = world.talk("小赵")
    await money.cards()
    assert "全部通过" in await money.say("可以", "affirm")
    assert await state(number) == ("approved", 2)
    assert "通过了 ✅ 李建国、小赵已同意" in (await world.talk("小王").cards())[-1]


async def test_a_no_keeps_its_reason() -> None:
    world = await office()
    number = await submitted(world)
    boss = world.talk("李建国")
    await boss.cards()
    assert "没同意" in await boss.say("不行，发票抬头写错了", "reject")
    assert await state(number) == ("rejected", 0)
    assert "李建国不同意，说「发票抬头写错了」" in (await world.talk("小王").cards())[-1]
    async with transaction() as session:
        event = (await session.scalars(select(ApplicationEvent).where(ApplicationEvent.what == What.REJECTED))).one()
        assert event.words == "发票抬头写错了"


async def test_a_bare_yes_is_never_taken_while_two_are_open() -> None:
    world = await office()
    one, two = await submitted(world), await submitted(world, 金额="300")
    boss = world.talk("李建国")
    assert len(await boss.cards()) == 2
    text = await boss.say("同意", "approve", decision="clarify")
    assert f"#{one} 报销（1,200 元）" in text and f"#{two} 报销（300 元）" in text and "哪张" in text
    assert "同意了" in await boss.say(f"{two}号", "choose")
    assert (await state(one), await state(two)) == (("open", 0), ("open", 1))
    # 可以 and 行 are no better.
    await submitted(world, 金额="400")
    await boss.cards()
    assert "哪张" in await boss.say("可以", "affirm")


async def test_a_yes_with_a_number_is_about_that_one() -> None:
    world = await office()
    numbers = [await submitted(world) for _ in range(5)]
    boss = world.talk("李建国")
    await boss.cards()
    assert "同意了" in await boss.say(f"{numbers[4]}号可以", "affirm")
    assert "没同意" in await boss.say(f"{numbers[3]}号不行，日期不对", "nlu_fallback")
    assert "同意了" in await boss.say(f"申请 #{numbers[2]} 同意", "approve")
    assert [(await state(number))[0] for number in numbers] == ["open", "open", "open", "rejected", "open"]
    assert [(await state(number))[1] for number in numbers] == [0, 0, 1, 0, 1]


async def test_all_of_them_are_asked_back_first() -> None:
    world = await office()
    numbers = [await submitted(world) for _ in range(3)]
    boss = world.talk("李建国")
    await boss.cards()
    text = await boss.say("这几个都过", "approve")
    assert "这 3 张都同意吗" in text
    assert {await state(number) for number in numbers} == {("open", 0)}
    assert "先不动" in await boss.say("不", "deny")
    await boss.say("这几个都过", "approve")
    newest = await submitted(world)
    assert (await boss.say("好", "affirm")).count("同意了") == 3
    assert {await state(number) for number in numbers} == {("open", 1)}
    assert await state(newest) == ("open", 0), "what came after the question was not meant"


async def test_a_yes_long_after_or_after_something_else_is_asked_back() -> None:
    world = await office()
    number = await submitted(world)
    boss = world.talk("李建国")
    await boss.cards()
    await boss.say("我的单子到哪了", "ask_application_status")
    assert f"是同意#{number}" in await boss.say("同意", "approve", decision="clarify")
    assert await state(number) == ("open", 0)
    assert "同意了" in await boss.say("同意", "approve", decision="clarify")
    assert await state(number) == ("open", 1)


async def test_a_mere_good_may_mean_that_it_was_seen() -> None:
    world = await office()
    number = await submitted(world)
    boss = world.talk("李建国")
    await boss.cards()
    assert "说清楚一点" in await boss.say("好", "affirm")
    assert await state(number) == ("open", 0)
    await boss.say("可以", "affirm")
    assert await state(number) == ("open", 1)


async def test_with_nothing_open_a_yes_is_asked_about_as_before() -> None:
    boss = (await office()).talk("李建国")
    assert "你是想同意一张单子吗" in await boss.say("同意", "approve", decision="clarify")
    assert "没有等你审批" in await boss.say("同意", "approve", decision="clarify")


async def test_by_the_name_of_who_asked() -> None:
    world = await office()
    mine, other = await submitted(world), await submitted(world, who="张伟")
    boss = world.talk("李建国")
    await boss.cards()
    assert "没有老孙报销的单子" in await boss.say("老孙的报销我同意", "approve")
    assert "同意了张伟的" in await boss.say("同意张伟的报销", "approve")
    assert (await state(mine), await state(other)) == (("open", 0), ("open", 1))


async def test_it_goes_to_somebody_else_who_is_asked_then() -> None:
    world = await office()
    number = await submitted(world)
    boss = world.talk("李建国")
    await boss.cards()
    assert f"#{number} 报销（1,200 元）转给陈总了" in await boss.say("转给陈总", "transfer_approval")
    assert "李建国转给陈总批了" in (await world.talk("小王").cards())[-1]
    await work()
    other = world.talk("陈总")
    assert f"#{number}" in (await other.cards())[0]
    assert "已经转给别人了" in await boss.say(f"{number}号同意", "approve")
    await other.say("同意", "approve", decision="clarify")
    assert await state(number) == ("open", 1)


async def test_a_name_that_is_only_like_it_is_asked_back_and_an_unknown_one_told() -> None:
    world = await office()
    number = await submitted(world)
    boss = world.talk("李建国")
    await boss.cards()
    assert "没找到「孙总」" in await boss.say("转给孙总", "transfer_approval")
    text = await boss.say("转给赵经理", "transfer_approval")
    assert "转给小赵" in text and "吗" in text
    assert "转给小赵了" in await boss.say("好", "affirm")
    assert await state(number) == ("open", 0)
    assert "自己的单子不能自己批" in await world.talk("小赵").say(f"把{number}号转给小王", "transfer_approval")


# --- afterwards --------------------------------------------------------------------------------------------


async def test_where_is_it_and_take_it_back() -> None:
    world = await office()
    number = await submitted(world)
    me, boss = world.talk("小王"), world.talk("李建国")
    await boss.cards()
    text = await me.say("我那张单子到谁那儿了", "ask_application_status")
    assert text.startswith(f"#{number} 报销（1,200 元）：在主管（1/2） 李建国那儿，等了")
    assert "撤回了" in await me.say("撤回我的报销", "withdraw_application")
    assert await boss.cards() == [f"小王把 #{number} 报销（1,200 元） 撤回了，不用你批了。"]
    assert "你撤回了" in await me.say("我那张单子到谁那儿了", "ask_application_status")
    assert "没什么要撤回的" in await me.say("撤回我的报销", "withdraw_application")
    assert "已经有结果了" in await boss.say(f"{number}号同意", "approve")


async def test_of_several_of_ones_own_it_asks_which_to_take_back() -> None:
    world = await office()
    one, two = await submitted(world), await submitted(world, 金额="300")
    me = world.talk("小王")
    assert "撤回哪张" in await me.say("撤回申请", "withdraw_application")
    assert "撤回了" in await me.say(f"{two}号", "choose")
    assert (await state(one), await state(two)) == (("open", 0), ("withdrawn", 0))


async def test_the_list_and_one_of_it() -> None:
    world = await office()
    one, two = await submitted(world), await submitted(world, 金额="300")
    boss = world.talk("李建国")
    text = await boss.say("有什么要我批的", "list_approvals")
    assert text.startswith("等你批的有 2 张：")
    assert f"小王的申请 #{two} 报销（300 元）" in await boss.say("第二个", "choose")
    assert f"小王的申请 #{one} 报销（1,200 元）" in await boss.say(f"{one}号", "choose")


async def test_others_see_and_decide_nothing_maintainers_neither() -> None:
    world = await office()
    number = await submitted(world)
    async with transaction() as session:
        await session.execute(update(Account).where(Account.name == "zhangwei").values(role="maintainer"))
    other = world.talk("张伟")
    assert f"没有 #{number} 这张单子" in await other.say(f"{number}号到哪了", "ask_application_status")
    assert f"没有 #{number} 这张单子" in await other.say(f"{number}号同意", "approve")
    assert "没有等你审批" in await other.say("有什么要我批的", "list_approvals")
    # Nor who will only be asked after this step.
    assert f"没有 #{number} 这张单子" in await world.talk("小赵").say(f"{number}号同意", "approve")


async def test_a_decision_made_elsewhere_is_told_in_the_chat() -> None:
    world = await office()
    number = await submitted(world)
    boss = world.talk("李建国")
    await boss.cards()
    async with transaction() as session:
        account = await session.get_one(Account, world.accounts["李建国"])
        await service.decide(session, number, account, approve=True, via="page")
    assert await boss.cards() == [f"#{number} 报销（1,200 元） 你已经在网页上同意了，这里不用再回。"]
    assert "你已经批过了" in await boss.say(f"{number}号同意", "approve")


async def test_silent_where_it_was_told_to_be() -> None:
    world = await office()
    async with transaction() as session:
        await session.execute(update(Bot).values(silenced_at=now()))
    await submitted(world)
    assert await world.talk("李建国").cards() == []
    async with transaction() as session:
        assert (await session.scalars(select(OutboxItem))).all() == []
