"""Applications among several people on the whole stack: who asks, who approves, and what each of them gets to read."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import simulator, simulator_rooms
from botbay.chat.models import Account, Contact
from botbay.chat.simulator_models import SimMessage
from botbay.db import dispose, transaction
from tests.e2e.phone import BOT, Phone, bound_person
from tests.e2e.stack import Stack, running
from workers.accounts import service as accounts
from workers.approvals import catalogue, service
from workers.approvals.flow import State
from workers.approvals.models import Application

pytestmark = pytest.mark.timeout(600)

_NAMES = {"wang": "小王", "li": "李建国", "zhao": "赵会计", "chen": "陈国华"}
_ROLES = {"主管": "li", "总经理": "chen", "财务": "zhao"}


@dataclass
class Office:
    """小王 asks, 李建国 is 主管, 赵会计 财务 and 陈国华 总经理; their accounts bear the names of the fields."""

    wang: Phone
    li: Phone
    zhao: Phone
    chen: Phone


@dataclass
class Place:
    stack: Stack
    office: Office | None = None


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with running(Stack(tmp_path_factory.mktemp("approving") / "data")) as stack:
        yield Place(stack)


async def account(session: AsyncSession, name: str) -> Account:
    return (await session.scalars(select(Account).where(Account.name == name))).one()


@pytest.fixture
async def office(place: Place) -> AsyncIterator[Office]:
    """The same people for all tests; after each nothing waits, and everybody is who they were."""
    if place.office is None:
        people = asyncio.gather(*(bound_person(login, name) for login, name in _NAMES.items()))
        place.office = Office(*await people)
        async with transaction() as session:
            for role, login in _ROLES.items():
                await catalogue.give_role(session, role, await account(session, login))
    office = place.office
    for phone in (office.wang, office.li, office.zhao, office.chen):
        await phone.skip()
    yield office
    async with transaction() as session:
        for login, name in _NAMES.items():
            one = await account(session, login)
            one.display_name, one.disabled_at = name, None
            contact = update(Contact).where(Contact.wechat_id == f"sim-{login}")
            await session.execute(contact.values(account_id=one.id))
        for application in await session.scalars(select(Application).where(Application.state == State.OPEN)):
            applicant = await session.get_one(Account, application.account_id)
            await service.withdraw(session, application.id, applicant, via="page")
    await dispose()


async def submit(phone: Phone, *said: str) -> int:
    """The number of what goes out after these sentences."""
    for words in said:
        await phone.say(words)
        answer = "#"
        while answer.startswith("#"):  # news of others in between
            answer = await phone.hears("")
    assert "提交了：#" in answer, answer
    found = re.search(r"#(\d+)", answer)
    assert found is not None
    return int(found[1])


async def taxi(office: Office, amount: int = 56) -> int:
    return await submit(office.wang, f"报销打车费{amount}块，去客户那儿", "没有", "好")


async def state(number: int) -> str:
    async with transaction() as session:
        return (await session.get_one(Application, number)).state


async def test_it_goes_from_one_to_the_next_until_it_is_through(office: Office) -> None:
    number = await taxi(office)
    await office.wang.say("我那张单子到谁那儿了")
    await office.wang.hears("李建国那儿")
    card = await office.li.hears(f"小王的申请 #{number}")
    assert "56 元" in card and "去客户那儿" in card
    await office.li.say("同意")
    await office.li.hears("同意了小王的")
    await office.wang.hears("李建国同意了。现在到财务（2/2） 赵会计那儿")
    await office.zhao.hears(f"小王的申请 #{number}")
    await office.zhao.say("没问题")
    await office.zhao.hears("全部通过 ✅")
    await office.wang.hears("通过了 ✅")
    await office.wang.say("批了没")
    await office.wang.hears("通过了 ✅")
    # Decided is decided.
    await office.zhao.say(f"{number}号不行，我再想想")
    await office.zhao.hears("你已经批过了")
    assert await state(number) == "approved"


async def test_a_no_brings_its_reason_to_who_asked(office: Office) -> None:
    number = await submit(office.wang, "我要报销", "三百二", "请客户吃饭", "没有", "嗯 提交吧")
    await office.li.hears(f"#{number}")
    await office.li.say("不行，发票抬头写错了")
    await office.li.hears("没同意小王的")
    await office.wang.hears("李建国不同意，说「发票抬头写错了」")
    await office.li.say("同意")
    await office.li.hears("单子")
    assert await state(number) == "rejected"


async def test_it_is_handed_to_somebody_else(office: Office) -> None:
    number = await submit(office.wang, "我要请假，下周一到周三，年假，回老家", "好的")
    card = await office.li.hears(f"小王的申请 #{number}")
    assert "年假" in card and "回老家" in card
    await office.li.say("转给陈国华")
    await office.li.hears("转给陈国华了")
    await office.wang.hears("李建国转给陈国华批了")
    await office.chen.hears(f"小王的申请 #{number}")
    await office.chen.say("可以")
    await office.chen.hears("全部通过")
    await office.wang.hears("通过了 ✅")


async def test_two_are_open_and_a_bare_yes_is_asked_back(office: Office) -> None:
    one, two = await taxi(office), await taxi(office, 88)
    await office.li.hears(f"#{one}")
    await office.li.hears(f"#{two}")
    await office.li.say("同意")
    asked = await office.li.hears("哪张")
    assert f"#{one}" in asked and f"#{two}" in asked
    assert [await state(one), await state(two)] == ["open", "open"]
    await office.li.say("88块那张")
    await office.li.hears(f"#{two}")
    await office.li.say(f"{one}号也同意")
    await office.li.hears(f"同意了小王的 #{one}")
    three = await taxi(office, 99)
    await office.li.hears(f"小王的申请 #{three}")
    await office.li.say(f"{three}号不行，超标了")
    await office.li.hears(f"没同意小王的 #{three}")
    await office.wang.hears("超标了")


async def test_all_of_them_after_one_more_yes(office: Office) -> None:
    numbers = [await taxi(office, amount) for amount in (11, 22, 33)]
    for number in numbers:
        await office.li.hears(f"小王的申请 #{number}")
    await office.li.say("有哪些要我批的")
    listed = await office.li.hears("等你批的有 3 张")
    assert all(f"#{number}" in listed for number in numbers)
    await office.li.say("这几个都过")
    await office.li.hears("这 3 张都同意吗")
    await office.li.say("好")
    for number in numbers:
        await office.li.hears(f"同意了小王的 #{number}")
    await office.zhao.hears(f"#{numbers[2]}")
    await office.zhao.say(f"{numbers[1]}号可以")
    await office.zhao.hears(f"同意了小王的 #{numbers[1]}")
    assert [await state(number) for number in numbers] == ["open", "approved", "open"]


async def test_nobody_approves_their_own(office: Office) -> None:
    number = await submit(office.li, "申请加班，昨天晚上七点到十点，赶项目", "好")
    await office.li.say(f"同意{number}号")
    await office.li.hears("自己")
    await office.chen.hears(f"李建国的申请 #{number}")
    assert await state(number) == "open"
    await office.chen.say("通过")
    await office.li.hears("通过了 ✅")


async def test_taken_back_just_after_and_by_its_number(office: Office) -> None:
    first, second = await taxi(office), await taxi(office, 88)
    await office.wang.say("撤回")
    await office.wang.hears(f"#{second}")
    assert [await state(first), await state(second)] == ["open", "withdrawn"]
    await office.li.hears(f"小王把 #{second}")
    await office.wang.say(f"撤回{first}号")
    await office.wang.hears(f"#{first}")
    assert await state(first) == "withdrawn"
    await office.li.say(f"{first}号同意")
    await office.li.hears("撤回")
    assert await state(first) == "withdrawn"


async def test_who_is_not_bound_any_more_approves_nothing(office: Office) -> None:
    number = await taxi(office)
    await office.li.hears(f"小王的申请 #{number}")
    async with transaction() as session:
        li = await account(session, "li")
        await session.execute(update(Contact).where(Contact.account_id == li.id).values(account_id=None))
    await office.li.say(f"同意{number}号")
    await office.li.hears("绑定")
    assert await state(number) == "open"
    before = office.wang.read
    other = await taxi(office, 88)
    office.wang.read = before  # a quick worker says it before the receipt comes
    await office.wang.hears(f"#{other} 报销（88 元） 到了李建国那儿，可我在微信上找不到 TA")


async def test_one_who_left_is_replaced_and_one_renamed_is_still_the_one(office: Office) -> None:
    number = await taxi(office)
    await office.li.hears(f"小王的申请 #{number}")
    async with transaction() as session:
        (await account(session, "li")).display_name = "李大国"
    await office.wang.say("到谁那儿了")
    await office.wang.hears("李大国那儿")
    async with transaction() as session:
        await accounts.disable(session, await account(session, "li"))
    await office.chen.hears(f"小王的申请 #{number}")
    await office.chen.say("同意")
    await office.chen.hears("同意了小王的")
    await office.wang.hears("陈国华同意了")


async def test_a_decision_made_elsewhere_is_told_in_the_chat(office: Office) -> None:
    number = await taxi(office)
    await office.li.hears(f"小王的申请 #{number}")
    async with transaction() as session:
        await service.decide(session, number, await account(session, "li"), approve=True, via="page")
    await office.li.hears("你已经在网页上同意了")
    await office.wang.hears("李建国同意了")
    await office.li.say("同意")
    await office.li.hears("单子")
    assert await state(number) == "open"


async def test_never_in_a_room(office: Office) -> None:
    async with transaction() as session:
        room = await simulator_rooms.create_room(session, office.li.contact_id, "产品群", [office.wang.contact_id, BOT])
    here, wang = (Phone(who.contact_id, simulator.room_chat(room.id)) for who in (office.li, office.wang))
    await here.hears("开始记录")
    await wang.say("@小助手\u2005我要请假")
    await wang.hears("私聊")
    number = await taxi(office)
    await office.li.hears(f"小王的申请 #{number}")
    await here.say("@小助手\u2005同意")
    await here.hears("私聊")
    await here.say("@小助手\u2005有哪些要我批的")
    await here.hears("私聊")
    assert await state(number) == "open"
    async with transaction() as session:
        said = select(SimMessage.text).where(SimMessage.room_id == here.chat.room_id, SimMessage.talker_id == BOT)
        assert not [text for text in await session.scalars(said) if "#" in text or "56" in text]
