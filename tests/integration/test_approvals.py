"""The rules of applications: who approves, at once or late or never, and what goes wrong with people."""

import asyncio
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from botbay import due
from botbay.chat.models import Account, Contact, Conversation
from botbay.db import now, transaction
from botbay.due import Due
from botbay.settings import load_settings
from tests.integration.approvals_world import HANDLERS, Office, later, office, state, submitted, work
from workers.approvals import catalogue, repository, service
from workers.approvals.due import by_day
from workers.approvals.kinds import KindError, load
from workers.approvals.models import ApplicationEvent, What
from workers.approvals.service import ApprovalError

pytestmark = pytest.mark.usefixtures("database")


async def decide(world: Office, number: int, who: str, *, approve: bool = True) -> None:
    async with transaction() as session:
        account = await session.get_one(Account, world.accounts[who])
        await service.decide(session, number, account, approve=approve, via="page")


async def waiting(world: Office, who: str) -> list[int]:
    async with transaction() as session:
        account = await session.get_one(Account, world.accounts[who])
        return [each.application.id for each in await service.waiting_for(session, account)]


async def happened(number: int) -> list[str]:
    async with transaction() as session:
        found = select(ApplicationEvent).where(ApplicationEvent.application_id == number).order_by(ApplicationEvent.id)
        return [event.what for event in await session.scalars(found)]


# --- chains ------------------------------------------------------------------------------------------------


async def test_a_large_amount_takes_one_step_more() -> None:
    world = await office()
    small, large = await submitted(world, 金额="5000"), await submitted(world, 金额="5000.01")
    for number in (small, large):
        await decide(world, number, "李建国")
    assert await waiting(world, "小赵") == [small]
    assert await waiting(world, "陈总") == [large]


async def test_any_of_a_role_and_all_of_it() -> None:
    world = await office()
    kind = """
- name: 用章
  fields: [{name: 事由, type: text, ask: 盖什么？}]
  steps:
    - {name: 主管, by: ["role:主管"], need: any}
    - {name: 会签, by: ["role:财务", "account:chenzong"], need: all}
"""
    async with transaction() as session:
        await catalogue.save(session, load(kind))
        await catalogue.give_role(session, "主管", await session.get_one(Account, world.accounts["陈总"]))
    number = await submitted(world, kind="用章", 事由="合同")
    other = world.talk("陈总")
    await other.cards()
    await decide(world, number, "李建国")
    assert f"小王的 #{number} 用章 李建国已经同意了，不用你批了。" in await other.cards()
    await decide(world, number, "小赵")
    assert await state(number) == ("open", 1)
    await decide(world, number, "陈总")
    assert await state(number) == ("approved", 2)


async def test_two_approvers_at_once_decide_once() -> None:
    world = await office()
    async with transaction() as session:
        await catalogue.give_role(session, "主管", await session.get_one(Account, world.accounts["陈总"]))
    number = await submitted(world)
    ends = await asyncio.gather(
        decide(world, number, "李建国"), decide(world, number, "陈总", approve=False), return_exceptions=True
    )
    refused = [end for end in ends if end is not None]
    assert len(refused) == 1
    assert isinstance(refused[0], ApprovalError)
    assert refused[0].code == "over"
    assert (await happened(number)).count("approved") + (await happened(number)).count("rejected") == 1


async def test_the_same_decision_twice_counts_once() -> None:
    world = await office()
    number = await submitted(world)
    await decide(world, number, "李建国")
    with pytest.raises(ApprovalError, match="已经批过了"):
        await decide(world, number, "李建国")
    with pytest.raises(ApprovalError, match="已经批过了"):
        await decide(world, number, "李建国", approve=False)
    assert await state(number) == ("open", 1)


async def test_nobody_approves_their_own() -> None:
    world = await office()
    number = await submitted(world, who="李建国")  # the only 主管: who it is handed on to is asked at once
    assert await waiting(world, "李建国") == []
    assert await waiting(world, "陈总") == [number]
    with pytest.raises(ApprovalError, match="自己的单子不能自己批"):
        await decide(world, number, "李建国")


async def test_an_application_keeps_the_kind_that_it_was_made_with() -> None:
    world = await office()
    number = await submitted(world)
    async with transaction() as session:
        await catalogue.turn_off(session, "报销")
    with pytest.raises(ApprovalError, match="没有「报销」这种申请"):
        await submitted(world)
    await decide(world, number, "李建国")
    await decide(world, number, "小赵")
    assert await state(number) == ("approved", 2)


# --- approvers who change ----------------------------------------------------------------------------------


async def test_who_was_renamed_is_still_the_one() -> None:
    world = await office()
    await submitted(world)
    boss = world.talk("李建国")
    await boss.cards()
    async with transaction() as session:
        account = await session.get_one(Account, world.accounts["李建国"])
        account.name, account.display_name = "ljg", "建国同志"
    assert "同意了" in await boss.say("同意", "approve", decision="clarify")
    assert "建国同志同意了" in (await world.talk("小王").cards())[-1]


async def test_who_is_unbound_cannot_answer_in_chat_and_the_applicant_is_told() -> None:
    world = await office()
    async with transaction() as session:
        await session.execute(update(Contact).where(Contact.name == "李建国").values(account_id=None))
    number = await submitted(world)
    assert "找不到 TA" in (await world.talk("小王").cards())[-1]
    assert "绑定账号" in await world.talk("李建国").say(f"{number}号同意", "approve")
    assert await state(number) == ("open", 0)
    await decide(world, number, "李建国")  # on a page
    assert await state(number) == ("open", 1)


async def test_who_was_disabled_decides_nothing_and_another_is_asked_at_once() -> None:
    world = await office()
    async with transaction() as session:
        account = await session.get_one(Account, world.accounts["李建国"])
        number = (
            await service.submit(
                session,
                account=await session.get_one(Account, world.accounts["小王"]),
                kind="报销",
                values={"金额": 10, "用途": "快递"},
                key="k",
                via="page",
            )
        ).id
        account.disabled_at = now()
    with pytest.raises(ApprovalError, match="停用"):
        await decide(world, number, "李建国")
    await work()
    assert await waiting(world, "陈总") == [number]
    assert "handed_on" in await happened(number)


# --- time --------------------------------------------------------------------------------------------------


async def test_time_reminds_then_hands_on_and_never_decides() -> None:
    world = await office()
    number = await submitted(world)
    boss, other, me = world.talk("李建国"), world.talk("陈总"), world.talk("小王")
    assert len(await boss.cards()) == 1
    await later(number, hours=4)
    assert f"#{number}" in (await boss.cards())[0]
    await later(number, hours=21)
    assert "先转给陈总了" in (await boss.cards())[0]
    assert "李建国一直没回，已经转给陈总" in (await me.cards())[-1]
    assert f"#{number}" in (await other.cards())[0]
    with pytest.raises(ApprovalError, match="已经转给别人了"):
        await decide(world, number, "李建国")
    for _ in range(5):  # nobody is left: it is said again, and stays open
        await later(number, days=3)
    assert len(await other.cards()) >= 1
    assert await state(number) == ("open", 0)
    assert not {"approved", "rejected", "granted"} & set(await happened(number))
    await decide(world, number, "陈总")
    assert await state(number) == ("open", 1)


async def test_what_was_answered_is_not_reminded_of() -> None:
    world = await office()
    number = await submitted(world)
    boss = world.talk("李建国")
    await boss.cards()
    await decide(world, number, "李建国")
    await later(number, days=2)
    assert all("等你" not in text and "📋" not in text for text in await boss.cards())


async def test_it_waits_while_the_owner_of_the_bot_talks_there() -> None:
    world = await office()
    until = now() + timedelta(minutes=10)
    async with transaction() as session:
        await session.execute(update(Conversation).values(paused_until=until))
    number = await submitted(world)
    assert await happened(number) == ["submitted"]
    async with transaction() as session:
        await session.execute(update(Conversation).values(paused_until=None))
    await later(number)
    assert await happened(number) == ["submitted", "asked"]


async def test_a_decision_under_way_and_what_is_due_do_not_wait_for_each_other() -> None:
    world = await office()
    number = await submitted(world)
    async with transaction() as session:
        await session.execute(update(Due).values(not_before=now()))
    async with transaction() as session:
        assert await repository.locked(session, number) is not None
        async with asyncio.timeout(60):
            assert await due.step(HANDLERS)
        boss = await session.get_one(Account, world.accounts["李建国"])
        await service.decide(session, number, boss, approve=True, via="page")
    assert await happened(number) == ["submitted", "asked", "approved"]


async def test_nobody_is_reminded_at_night() -> None:
    account, zone = Account(name="x", display_name="x"), load_settings().zone
    assert by_day(datetime(2026, 11, 24, 23, tzinfo=zone), account) == datetime(2026, 11, 25, 9, tzinfo=zone)
    assert by_day(datetime(2026, 11, 24, 3, tzinfo=zone), account) == datetime(2026, 11, 24, 9, tzinfo=zone)
    assert by_day(datetime(2026, 11, 24, 15, tzinfo=zone), account) == datetime(2026, 11, 24, 15, tzinfo=zone)


# --- seeing ------------------------------------------------------------------------------------------------


async def test_only_who_asked_and_whose_step_has_come_see_it() -> None:
    world = await office()
    number = await submitted(world)

    async def seen() -> set[str]:
        async with transaction() as session:
            accounts = {who: await session.get_one(Account, each) for who, each in world.accounts.items()}
            return {who for who, each in accounts.items() if await service.get(session, each, number) is not None}

    assert await seen() == {"小王", "李建国"}
    await decide(world, number, "李建国")
    assert await seen() == {"小王", "李建国", "小赵"}
    async with transaction() as session:
        boss = await session.get_one(Account, world.accounts["小赵"])
        boss.role = "maintainer"
        assert [each.application.id for each in await service.visible(session, boss)] == [number]
        history = await service.history(session, boss, number)
        assert history is not None
        assert [event.what for event in history][:3] == [What.SUBMITTED, What.ASKED, What.APPROVED]
        assert await service.history(session, await session.get_one(Account, world.accounts["张伟"]), number) is None


# --- kinds as data -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- {name: 甲, fields: [], steps: []}", "fields"),
        ("- {name: 甲, fields: [{name: a, type: text, ask: b}], steps: [{name: s, by: [王]}]}", "by"),
        ("- {name: 甲, fields: [{name: a, type: choice, ask: b}], steps: [{name: s, by: ['role:r']}]}", "choice"),
        (
            "- {name: 甲, fields: [{name: a, type: text, ask: b}], steps: [{name: s, by: ['role:r'], of: a, above: 1}]}",
            "no amount",
        ),
        ("- {name: [", "YAML"),
        ("nothing", "tuple"),
    ],
)
async def test_a_bad_file_of_kinds_is_refused_with_the_place(text: str, says: str) -> None:
    with pytest.raises(KindError, match=says):
        load(text)


async def test_the_shipped_kinds_hold() -> None:
    assert list(catalogue.shipped()) == ["请假", "报销", "采购", "出差", "加班"]


def test_the_command_has_help() -> None:
    from workers.approvals.commands import approvals

    assert "有哪些申请" in CliRunner().invoke(approvals, ["--help"]).output
