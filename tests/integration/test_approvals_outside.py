"""Outside systems: they put applications in, signed and once, and are called back whatever they do."""

import json
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from botbay.chat.models import Account
from botbay.db import now, transaction
from botbay.jobs import Later, Work
from tests.integration.approvals_world import Office, office, state, submitted
from tests.integration.office_system import OfficeSystem
from workers.approvals import hooks, jobs, repository, service
from workers.approvals.models import Delivery, DeliveryState, OutsideSystem
from workers.approvals.service import ApprovalError

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def oa() -> AsyncIterator[OfficeSystem]:
    system = OfficeSystem(secret="")
    url = await system.start()
    async with transaction() as session:
        system.secret = hooks.secret_of(await hooks.add_system(session, "oa", url, all_of_them=True))
    yield system
    await system.stop()


async def call(delivery_id: int) -> timedelta | None:
    """One try; how long is to be waited for the next."""
    try:
        await jobs.call_back(Work(payload={"delivery_id": delivery_id}, attempt=0, final=False))
    except Later as later:
        return later.delay
    return None


async def at_once(delivery_id: int) -> None:
    async with transaction() as session:
        await session.execute(update(Delivery).where(Delivery.id == delivery_id).values(next_at=now()))


async def deliveries(number: int) -> list[Delivery]:
    async with transaction() as session:
        return list(await repository.deliveries(session, number))


async def decided(world: Office, number: int, who: str = "李建国") -> None:
    async with transaction() as session:
        account = await session.get_one(Account, world.accounts[who])
        await service.decide(session, number, account, approve=True, words_said="尽快", via="page")


async def test_every_step_is_called_back_signed(oa: OfficeSystem) -> None:
    world = await office()
    number = await submitted(world)
    await decided(world, number)
    owed = await deliveries(number)
    for delivery in owed:
        assert await call(delivery.id) is None
    assert oa.refused == 0
    assert [each["event"] for each in oa.heard] == ["submitted", "approved"]
    told = oa.heard[1]
    assert told["by"] == "lijianguo" and told["words"] == "尽快"
    application = told["application"]
    assert isinstance(application, dict)
    assert application["number"] == number and application["waiting"] == ["xiaozhao"]
    assert application["values"] == {"金额": "1200.00", "用途": "拜访客户打车"}
    # Done again it changes nothing.
    assert await call(owed[0].id) is None
    assert len(oa.heard) == 2


async def test_what_hangs_or_fails_is_tried_again_and_every_try_is_kept(
    oa: OfficeSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "PATIENCE", 0.3)
    oa.answers = ["hang", 500, 302]
    world = await office()
    (delivery,) = await deliveries(await submitted(world))
    began = time.monotonic()
    assert await call(delivery.id) == timedelta(seconds=10)
    assert time.monotonic() - began < 5
    assert (await call(delivery.id) or timedelta(0)) > timedelta(seconds=8), "not before it is due"
    for wait in (60, 300):
        await at_once(delivery.id)
        assert await call(delivery.id) == timedelta(seconds=wait)
    await at_once(delivery.id)
    assert await call(delivery.id) is None
    async with transaction() as session:
        tries = await repository.tries(session, delivery.id)
        assert [(each.status, each.problem) for each in tries] == [
            (None, "no answer within 0.3 s"),
            (500, "answered 500"),
            (302, "answered 302"),
            (200, ""),
        ]
        kept = await session.get_one(Delivery, delivery.id)
        assert (kept.state, kept.attempts) == (DeliveryState.DELIVERED, 4)
    assert len(oa.heard) == 1


async def test_after_a_day_it_is_given_up(oa: OfficeSystem) -> None:
    oa.answers = [500]
    (delivery,) = await deliveries(await submitted(await office()))
    async with transaction() as session:
        await session.execute(update(Delivery).values(created_at=now() - timedelta(hours=25)))
    assert await call(delivery.id) == timedelta(0)
    assert await call(delivery.id) is None
    (delivery,) = await deliveries(delivery.event_id)
    assert delivery.state == DeliveryState.FAILED


async def test_nobody_listens_and_one_that_was_turned_off_is_not_called(oa: OfficeSystem) -> None:
    await oa.stop()
    (delivery,) = await deliveries(await submitted(await office()))
    assert await call(delivery.id) == timedelta(seconds=10)
    async with transaction() as session:
        assert (await repository.tries(session, delivery.id))[0].problem == "ConnectError"
        await session.execute(update(OutsideSystem).values(off_at=now()))
    await at_once(delivery.id)
    assert await call(delivery.id) is None


async def test_it_puts_one_in_signed_and_once(oa: OfficeSystem) -> None:
    world = await office()
    body = json.dumps({"id": "OA-7", "kind": "报销", "values": {"金额": 80, "用途": "快递"}}).encode()
    at, signed = oa.signed(body)
    async with transaction() as session:
        assert await hooks.system_of(session, "oa", at, signed, body + b" ") is None
        assert await hooks.system_of(session, "oa", at, "sha256=é", body) is None
        assert await hooks.system_of(session, "other", at, signed, body) is None
        assert await hooks.system_of(session, "oa", *oa.signed(body, time.time() - 301), body) is None
        system = await hooks.system_of(session, "oa", at, signed, body)
        assert system is not None
        told = json.loads(body)
        account = await session.get_one(Account, world.accounts["小王"])
        made = [
            await service.submit(
                session,
                account=account,
                kind=told["kind"],
                values=told["values"],
                key=hooks.key_of(system, told["id"]),
                via=system.name,
                system_id=system.id,
            )
            for _ in range(2)
        ]
        assert made[0].id == made[1].id
    (delivery,) = await deliveries(made[0].id)
    await call(delivery.id)
    application = oa.heard[0]["application"]
    assert isinstance(application, dict)
    assert application["id"] == "OA-7"
    assert "已经提交（oa）" in (await world.talk("小王").cards())[0]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"金额": "一千二", "用途": "快递"}, "金额要大于 0"),
        ({"金额": "NaN", "用途": "快递"}, "金额要大于 0"),
        ({"金额": 80}, "还差「用途」"),
        ({"金额": 80, "用途": "x" * 501}, "最多 500 个字"),
        ({"金额": 80, "用途": "快递", "别的": 1}, "没有「别的」"),
        ({"金额": 80, "用途": ["快递"]}, "用途还没有写"),
        ({"金额": 80, "用途": "快递", "发票": "a.png"}, "要的是图片"),
    ],
)
async def test_bad_values_are_refused_with_a_clear_answer(values: dict[str, object], said: str) -> None:
    world = await office()
    with pytest.raises(ApprovalError, match=said):
        await submitted(world, **({"金额": None, "用途": None} | values))
    async with transaction() as session:
        assert (await session.scalars(select(Delivery))).all() == []


async def test_only_its_own_where_it_asked_for_no_more() -> None:
    world = await office()
    async with transaction() as session:
        await hooks.add_system(session, "crm", "http://127.0.0.1:9/", all_of_them=False)
        for bad in ("ftp://x", "http://", "x"):
            with pytest.raises(ApprovalError, match="回调地址"):
                await hooks.add_system(session, "b", bad, all_of_them=False)
    number = await submitted(world)
    assert await deliveries(number) == []
    assert await state(number) == ("open", 0)
