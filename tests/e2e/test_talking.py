"""The user's sentence in, the bot's sentence out: a real gateway, a trained model, the whole stack."""

import asyncio
import itertools
from datetime import timedelta

from sqlalchemy import func, select, update

from botbay.chat.models import Bot, Contact, Conversation, Message, Room
from botbay.db import now, transaction
from tests.e2e.conftest import BOT_ID, BOT_NAME
from tests.e2e.people import HELLO, Chat, befriend, bind_code, bound_friend, make_account
from tests.e2e.stack import eventually
from tests.gateway_fixture import MockGateway
from workers.accounts.models import BindCode

_numbers = itertools.count(1)
MENTION = (BOT_ID,)


def new_id(what: str) -> str:
    return f"{what}{next(_numbers)}"


async def make_room(gateway: MockGateway, *, owner: str, others: tuple[str, ...] = (), alias: str = "") -> str:
    """A group that the owner pulls the bot into; the bot's greeting has been read."""
    room_id = f"{new_id('room')}@chatroom"
    members = {owner: "", **dict.fromkeys(others, ""), BOT_ID: alias}
    await gateway.room(room_id, "产品群", members, owner)
    await gateway.room_join(room_id, [BOT_ID], owner)
    await Chat(gateway, owner, room_id).replies(1)
    return room_id


def in_room(gateway: MockGateway, contact_id: str, room_id: str, seen: int = 1) -> Chat:
    return Chat(gateway, contact_id, room_id, seen)


async def kept(room_id: str) -> list[str]:
    """The texts of a room that are stored with their content."""
    async with transaction() as session:
        found = await session.scalars(
            select(Message.text)
            .join(Room, Room.id == Message.room_id)
            .where(Room.wechat_id == room_id, Message.withheld.is_(False))
            .order_by(Message.id)
        )
        return list(found)


# --- meeting -----------------------------------------------------------------------------------------------


async def test_from_friend_request_to_the_greeting_under_the_new_name(gateway: MockGateway) -> None:
    who = new_id("wxid_laoli")
    account = await make_account(who, "李明")
    await gateway.contact(who, "老李")
    request = await gateway.friendship(who, "Hello Bot ")
    chat = Chat(gateway, who)

    hello, question = await chat.replies(2)
    assert request in (await gateway.accepted())["friendships"]
    assert "助手" in hello
    assert "账号名" in question

    answer, again = await chat.say("这是我瞎写的账号", 2)
    assert "没找到这个账号" in answer
    assert "账号名" in again
    assert "验证码" in await chat.ask(f" {who.upper()} ")
    assert "网盘" in await chat.ask(await bind_code(account))
    bound, question = await chat.say("要", 2)
    assert "绑定好了，李明" in bound
    assert "名字" in question or "叫我什么" in question
    assert "专属助手小贝" in await chat.ask("那就叫小贝吧")
    assert "我是小贝" in await chat.ask("你是谁呀")


async def test_a_known_contact_is_greeted_by_the_name_they_gave(gateway: MockGateway) -> None:
    who = new_id("wxid_old")
    chat = await bound_friend(gateway, who, "老朋友", bot_name="阿港")
    await gateway.friendship(who, "随便写的")
    assert "我是你的专属助手阿港" in (await chat.replies(1))[0]


async def test_a_request_without_the_hello_is_left_alone(gateway: MockGateway) -> None:
    who = new_id("wxid_ad")
    await gateway.contact(who, "卖茶叶的")
    request = await gateway.friendship(who, "你好，交个朋友")
    chat = Chat(gateway, who)
    await chat.silence()
    assert request not in (await gateway.accepted())["friendships"]


async def test_three_wrong_codes_end_the_binding_for_now(gateway: MockGateway) -> None:
    who = new_id("wxid_guess")
    account = await make_account(who, "猜猜")
    chat = await befriend(gateway, who, "猜猜")
    await chat.ask(who)
    right = await bind_code(account)
    wrong = "000000" if right != "000000" else "111111"
    first, _ = await chat.say(wrong, 2)
    assert "还可以试 2 次" in first
    second, _ = await chat.say(wrong, 2)
    assert "还可以试 1 次" in second
    assert "三次" in await chat.ask(wrong)
    assert "账号名" in await chat.ask("绑定账号")  # it begins anew, and is not bound
    assert "验证码" in await chat.ask(who)
    assert "网盘" in await chat.ask(await bind_code(account))


async def test_an_expired_and_a_used_code_are_told_apart(gateway: MockGateway) -> None:
    first, second = new_id("wxid_a"), new_id("wxid_b")
    account = await make_account(first, "两个微信")
    chat = await befriend(gateway, first, "大号")
    await chat.ask(first)
    old = await bind_code(account)
    async with transaction() as session:
        await session.execute(
            update(BindCode).where(BindCode.account_id == account.id).values(expires_at=now() - timedelta(seconds=1))
        )
    expired, _ = await chat.say(old, 2)
    assert "过期" in expired
    fresh = await bind_code(account)
    await chat.ask(fresh)
    await chat.say("不要", 2)

    other = await befriend(gateway, second, "小号")
    await other.ask(first)
    used, _ = await other.say(fresh, 2)
    assert "用过" in used


async def test_cancel_ends_the_form_with_a_word(gateway: MockGateway) -> None:
    chat = await befriend(gateway, new_id("wxid_later"), "回头再说")
    answer = await chat.ask("算了，先不弄了")
    assert "先不弄" in answer or "停下" in answer
    assert "绑定账号" in await chat.ask("你会做什么")


async def test_binding_is_for_private_chats_only(gateway: MockGateway) -> None:
    owner = new_id("wxid_host")
    await gateway.contact(owner, "群主")
    room = await make_room(gateway, owner=owner)
    answer = await in_room(gateway, owner, room).ask(f"@{BOT_NAME} 绑定账号", MENTION)
    assert "私聊" in answer


# --- being addressed ---------------------------------------------------------------------------------------


async def test_in_a_room_it_answers_when_addressed_and_only_then(gateway: MockGateway) -> None:
    owner, other = new_id("wxid_host"), new_id("wxid_guest")
    await gateway.contact(owner, "群主")
    await gateway.contact(other, "张姐(财务)")
    room = await make_room(gateway, owner=owner, others=(other,), alias="港港(助手)")
    chat = in_room(gateway, other, room)

    assert (await chat.ask("@港港(助手)\u2005你是谁", MENTION)).startswith("@张姐(财务)\u2005我是")
    assert "我是" in await chat.ask("@港港(助手)\u2005你是谁")  # pasted: the puppet tells no ids
    assert "我是" in await chat.ask(f"你是谁 ＠{BOT_NAME}")
    await chat.tell("帮助")
    await chat.tell("@群主 你是谁", (owner,))
    await chat.tell("@所有人 帮助", (owner, BOT_ID))
    await chat.tell(f"{BOT_NAME}你是谁")  # its own name without an @ calls nobody
    await chat.silence()


async def test_called_by_the_name_this_asker_gave(gateway: MockGateway) -> None:
    owner, other = new_id("wxid_host"), new_id("wxid_guest")
    await bound_friend(gateway, owner, "群主", bot_name="小贝")
    await gateway.contact(other, "路人")
    room = await make_room(gateway, owner=owner, others=(other,))
    chat = in_room(gateway, owner, room)
    assert "我是小贝" in await chat.ask("小贝，你是谁")
    assert "我是小贝" in await chat.ask("小贝你是谁")
    await chat.tell("小贝壳真好看")  # begins alike, and is no command
    await in_room(gateway, other, room).tell("小贝，你是谁")  # it is not this person's name for it
    await chat.silence()


async def test_a_quote_of_the_bot_is_for_the_bot(gateway: MockGateway) -> None:
    owner = new_id("wxid_host")
    await gateway.contact(owner, "群主")
    room = await make_room(gateway, owner=owner)
    chat = in_room(gateway, owner, room)
    assert "我是" in await chat.ask(f"「{BOT_NAME}：大家好」\n- - - - - - - - - - - - - - -\n你是谁")


async def test_people_it_does_not_serve_hear_nothing_until_they_wake_it(gateway: MockGateway) -> None:
    friend = new_id("wxid_friend")
    await gateway.contact(friend, "老同学")
    chat = Chat(gateway, friend)
    await chat.tell("在吗？晚上一起吃饭")
    await chat.tell("帮助")
    await chat.silence()
    async with transaction() as session:
        assert await session.scalar(select(func.count()).where(Message.text.contains("晚上一起吃饭"))) == 0
    awake = await chat.say("变身机器人", 3)
    assert "我来啦" in awake[0]
    assert "账号名" in awake[2]


async def test_a_room_from_before_hears_nothing_until_it_is_woken(gateway: MockGateway) -> None:
    owner = new_id("wxid_host")
    await gateway.contact(owner, "群主")
    room = f"{new_id('room')}@chatroom"
    await gateway.room(room, "老同学群", {owner: "", BOT_ID: ""}, owner)
    chat = in_room(gateway, owner, room, seen=0)
    await chat.tell(f"@{BOT_NAME} 帮助", MENTION)
    await chat.silence()
    assert "我来啦" in await chat.ask(f"@{BOT_NAME} 变身机器人", MENTION)
    assert "开始记录" in await chat.ask(f"@{BOT_NAME} 帮助", MENTION)


# --- stopping and starting ---------------------------------------------------------------------------------


async def test_stopped_it_is_silent_until_it_is_woken(gateway: MockGateway) -> None:
    chat = await bound_friend(gateway, new_id("wxid_quiet"), "安静", bot_name="小静")
    assert "变身机器人" in await chat.ask("停止应答")
    await chat.tell("帮助")
    await chat.tell("你在吗")
    await chat.silence()
    back, greeting = await chat.say("变身机器人", 2)
    assert "我来啦" in back
    assert "小静" in greeting


async def test_in_a_room_one_member_stops_it_for_themselves_the_owner_for_all(gateway: MockGateway) -> None:
    owner, other = new_id("wxid_host"), new_id("wxid_guest")
    await gateway.contact(owner, "群主")
    await gateway.contact(other, "小王")
    room = await make_room(gateway, owner=owner, others=(other,))
    boss, guest = in_room(gateway, owner, room), in_room(gateway, other, room)

    assert "变身机器人" in await guest.ask(f"@{BOT_NAME} 停止应答", MENTION)
    await guest.tell(f"@{BOT_NAME} 帮助", MENTION)
    await guest.silence()
    boss.seen = guest.seen
    assert "开始记录" in await boss.ask(f"@{BOT_NAME} 帮助", MENTION)
    guest.seen = boss.seen
    assert "我来啦" in await guest.ask(f"@{BOT_NAME} 变身机器人", MENTION)
    assert "群主" in await guest.ask(f"@{BOT_NAME} 全群停止应答", MENTION)  # not theirs to decide

    boss.seen = guest.seen
    assert "变身机器人" in await boss.ask(f"@{BOT_NAME} 全群停止应答", MENTION)
    guest.seen = boss.seen
    await guest.tell(f"@{BOT_NAME} 变身机器人", MENTION)
    await guest.silence()
    boss.seen = guest.seen
    assert "我来啦" in await boss.ask(f"@{BOT_NAME} 变身机器人", MENTION)


async def test_two_people_in_one_room_in_two_forms_at_once(gateway: MockGateway) -> None:
    one, two = new_id("wxid_one"), new_id("wxid_two")
    await gateway.contact(one, "一号")
    await gateway.contact(two, "二号")
    room = await make_room(gateway, owner=one, others=(two,))
    first, second = in_room(gateway, one, room), in_room(gateway, two, room)
    await first.ask(f"@{BOT_NAME} 我想给你起个名字", MENTION)
    second.seen = first.seen
    await second.ask(f"@{BOT_NAME} 给你起个名字吧", MENTION)
    await asyncio.gather(first.tell(f"@{BOT_NAME} 甲甲", MENTION), second.tell(f"@{BOT_NAME} 乙乙", MENTION))
    answers = sorted(await second.replies(2))
    assert answers[0].startswith("@一号")
    assert "甲甲" in answers[0]
    assert answers[1].startswith("@二号")
    assert "乙乙" in answers[1]
    async with transaction() as session:
        names = await session.execute(
            select(Contact.wechat_id, Contact.nickname).where(Contact.wechat_id.in_([one, two]))
        )
        assert {row[0]: row[1] for row in names} == {one: "甲甲", two: "乙乙"}


# --- keeping -----------------------------------------------------------------------------------------------


async def test_nothing_is_kept_before_the_room_says_yes(gateway: MockGateway) -> None:
    owner, other = new_id("wxid_host"), new_id("wxid_guest")
    await gateway.contact(owner, "群主")
    await gateway.contact(other, "小王")
    room = await make_room(gateway, owner=owner, others=(other,))
    boss, guest = in_room(gateway, owner, room), in_room(gateway, other, room)

    await guest.tell("这句话在开始之前")
    assert "群主" in await guest.ask(f"@{BOT_NAME} 开始记录", MENTION)
    await boss.replies(1)
    notice = await boss.ask(f"@{BOT_NAME} 开始记录", MENTION)
    for promise in ("文字", "群成员", "不要记录我", "停止记录"):
        assert promise in notice
    assert notice.count("\n") <= 2
    await guest.tell("方案定在周五")

    async def kept_now() -> None:
        assert "方案定在周五" in await kept(room)

    await eventually(kept_now)
    assert "这句话在开始之前" not in await kept(room)

    guest.seen = boss.seen
    assert "删掉" in await guest.ask(f"@{BOT_NAME} 不要记录我", MENTION)
    assert "方案定在周五" not in await kept(room)
    await guest.tell("这句也别记")
    await boss.tell("预算两万")

    async def only_the_boss() -> None:
        texts = await kept(room)
        assert "预算两万" in texts
        assert "这句也别记" not in texts

    await eventually(only_the_boss)
    async with transaction() as session:
        counted = await session.scalar(
            select(func.count())
            .select_from(Message)
            .join(Room, Room.id == Message.room_id)
            .where(Room.wechat_id == room, Message.withheld, Message.talker_id.is_(None))
        )
    assert counted
    assert counted >= 2  # what was erased and what came after count as numbers


async def test_a_recalled_message_is_erased(gateway: MockGateway) -> None:
    owner = new_id("wxid_host")
    await gateway.contact(owner, "群主")
    room = await make_room(gateway, owner=owner)
    chat = in_room(gateway, owner, room)
    await chat.ask(f"@{BOT_NAME} 开始记录", MENTION)
    message = await chat.tell("说错话了")

    async def is_kept() -> None:
        assert "说错话了" in await kept(room)

    await eventually(is_kept)
    await gateway.recall(owner, message, room)

    async def is_gone() -> None:
        assert "说错话了" not in await kept(room)

    await eventually(is_gone)


async def test_what_the_owner_types_on_the_phone_is_theirs_and_makes_the_bot_step_back(gateway: MockGateway) -> None:
    chat = await bound_friend(gateway, new_id("wxid_peer"), "客户", bot_name="小客")
    await chat.ask("你是谁")  # an echo of the bot's own answer comes back and changes nothing
    assert "小客" in await chat.ask("你是谁")
    await gateway.say(BOT_ID, "我自己来跟他说", to=chat.contact_id)

    async def stored_as_the_owners() -> None:
        async with transaction() as session:
            found = await session.execute(
                select(Message.from_self, Message.by_bot).where(Message.text == "我自己来跟他说")
            )
            assert [tuple(row) for row in found] == [(True, False)]

    await eventually(stored_as_the_owners)
    await chat.tell("帮助")
    await chat.silence()
    await gateway.say(BOT_ID, "恢复应答", to=chat.contact_id)
    await asyncio.sleep(1)
    assert "停止应答" in await chat.ask("帮助")


async def test_hello_in_a_private_chat_lets_an_old_friend_in(gateway: MockGateway) -> None:
    who = new_id("wxid_hello")
    await gateway.contact(who, "旧友")
    chat = Chat(gateway, who)
    greeting, question = await chat.say(HELLO, 2)
    assert "助手" in greeting
    assert "账号名" in question


async def test_stopping_a_recording_keeps_what_was_kept_until_it_is_told_otherwise(gateway: MockGateway) -> None:
    owner = new_id("wxid_host")
    await gateway.contact(owner, "群主")
    room = await make_room(gateway, owner=owner)
    chat = in_room(gateway, owner, room)
    await chat.ask(f"@{BOT_NAME} 开始记录", MENTION)
    await chat.tell("合同周五签")

    async def is_kept() -> None:
        assert "合同周五签" in await kept(room)

    await eventually(is_kept)
    stopped = await chat.ask(f"@{BOT_NAME} 停止记录", MENTION)
    assert "不再记录" in stopped
    assert "删掉" in stopped
    assert "留着" in await chat.ask(f"@{BOT_NAME} 不用", MENTION)
    await chat.tell("停了以后说的")
    await chat.ask(f"@{BOT_NAME} 你是谁", MENTION)
    assert "合同周五签" in await kept(room)
    assert "停了以后说的" not in await kept(room)
    assert "没有在记录" in await chat.ask(f"@{BOT_NAME} 停止记录", MENTION)
    assert "删好了" in await chat.ask(f"@{BOT_NAME} 好", MENTION)
    assert await kept(room) == []


async def test_who_comes_into_a_room_that_is_being_kept_hears_the_notice(gateway: MockGateway) -> None:
    owner, newcomer = new_id("wxid_host"), new_id("wxid_new")
    await gateway.contact(owner, "群主")
    await gateway.contact(newcomer, "新来的")
    room = await make_room(gateway, owner=owner)
    chat = in_room(gateway, owner, room)
    await chat.ask(f"@{BOT_NAME} 开始记录", MENTION)
    await gateway.room(room, "产品群", {owner: "", newcomer: "", BOT_ID: ""}, owner)
    await gateway.room_join(room, [newcomer], owner)
    (notice,) = await chat.replies(1)
    assert "欢迎" in notice
    assert "不要记录我" in notice


async def test_a_bot_may_have_a_hello_of_its_own(gateway: MockGateway) -> None:
    who = new_id("wxid_password")
    await gateway.contact(who, "知道暗号的人")
    async with transaction() as session:
        await session.execute(update(Bot).where(Bot.name == "harbour").values(hello="天王盖地虎"))
    request = await gateway.friendship(who, "天王盖地虎")
    await Chat(gateway, who).replies(2)
    assert request in (await gateway.accepted())["friendships"]


async def test_what_is_not_there_is_said_so(gateway: MockGateway) -> None:
    owner = new_id("wxid_host")
    chat = await bound_friend(gateway, owner, "群主", bot_name="小早")
    await make_room(gateway, owner=owner)
    answer = await chat.ask("昨天产品群的纪要发我看看")
    assert answer.startswith("「产品群」没有在记录，昨天（周"), answer
    assert "日报" in await chat.ask("今天的日报")
    assert "没找到：报价" in await chat.ask("帮我搜一下聊天记录里谁说过报价")
    assert "没找到" not in await chat.ask("谁有日报的模板")


async def test_a_question_that_nobody_answers_is_dropped_with_a_word(gateway: MockGateway) -> None:
    who = new_id("wxid_away")
    chat = await bound_friend(gateway, who, "走开的人", bot_name="小等")
    assert "什么时候" in await chat.ask("提醒我交房租")
    async with transaction() as session:
        await session.execute(
            update(Conversation)
            .where(Conversation.asked_at.is_not(None), Conversation.contact_id == Contact.id, Contact.wechat_id == who)
            .values(asked_at=now() - timedelta(minutes=11))
        )
    dropped = (await chat.replies(1, timeout=45))[0]
    assert "放下" in dropped or "不等" in dropped
    assert "10:00" not in await chat.ask("明天上午十点")  # it is no answer any more


async def test_it_stays_silent_when_it_is_only_talked_of(gateway: MockGateway) -> None:
    owner = new_id("wxid_boss")
    room_id = await make_room(gateway, owner=owner)
    chat = in_room(gateway, owner, room_id)
    await chat.tell(f"昨天那个 @{BOT_NAME}\u2005好像挺好玩的", MENTION)
    await chat.silence()
    assert "纪要" in await chat.ask(f"帮我 @{BOT_NAME}\u2005总结一下今天的讨论", MENTION)


async def test_agreeing_twice_takes_the_one_thing_that_was_offered(gateway: MockGateway) -> None:
    chat = await bound_friend(gateway, new_id("wxid_yes"), "爽快人", bot_name="小是")
    assert "你是想同意一张单子吗" in await chat.ask("同意")
    assert "没有等你审批的单子" in await chat.ask("同意")


async def test_a_correction_changes_what_is_meant_and_nothing_else(gateway: MockGateway) -> None:
    chat = await bound_friend(gateway, new_id("wxid_fix"), "改主意的人", bot_name="小改")
    assert "明天（周" in await chat.ask("明天下午三点提醒我开会")
    later = await chat.ask("不对，是后天")
    assert "后天（周" in later and "15:00" in later and "开会" in later
    hour = await chat.ask("不是，是下午四点")
    assert "后天（周" in hour and "16:00" in hour and "开会" in hour
    assert "c@d.com" in await chat.ask("把今天的日报发到 c@d.com")
    mended = await chat.ask("不是 c@d.com，是 e@f.com")
    assert "e@f.com" in mended and "c@d.com" not in mended
