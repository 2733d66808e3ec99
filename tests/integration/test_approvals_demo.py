"""The sample of ``botbay up --demo``: whoever tries it can ask for a leave at once, and somebody is there to approve."""

from importlib.metadata import entry_points

import pytest
from sqlalchemy import select

from botbay.chat import contacts
from botbay.chat.models import Account, Contact, Turn
from botbay.db import now, transaction
from tests.integration.approvals_world import work
from workers.accounts import service as accounts
from workers.approvals import service

pytestmark = pytest.mark.usefixtures("database")


async def demo() -> None:
    for entry in entry_points(group="botbay.demo"):
        await entry.load()()


async def test_in_the_demo_a_leave_can_be_asked_for_at_once() -> None:
    for _ in range(2):
        await demo()
    async with transaction() as session:
        names = (await session.scalars(select(Account.name).order_by(Account.name))).all()
        assert names == ["admin", "xiaowang", "zhangjie", "zhaomin"]
        admin = await accounts.find_account(session, "admin")
        wang = await accounts.find_account(session, "xiaowang")
        assert admin is not None and wang is not None
        # As the first steps have it: 老李 binds as admin.
        ids = await contacts.upsert(session, {"sim-laoli": "老李"})
        (await session.get_one(Contact, ids["sim-laoli"])).account_id = admin.id
        for account in (admin, wang):
            for kind in (await service.kinds(session)).values():
                await service.ready(session, kind, account)
        leave = {
            "类型": "年假",
            "时间": {"from": f"{now():%Y}-12-28T00:00", "to": f"{now():%Y}-12-29T00:00"},
            "事由": "回家",
        }
        made = [
            await service.submit(session, account=account, kind="请假", values=leave, key=f"k{account.id}", via="chat")
            for account in (admin, wang)
        ]
        waiting = [{who.display_name for who, _ in each.waiting} for each in await service.listed(session, made)]
    assert waiting == [{"张姐"}, {"张姐", admin.display_name}]
    await work()
    async with transaction() as session:
        asked = [turn.trigger for turn in await session.scalars(select(Turn)) if turn.trigger is not None]
    assert {f"#{each.id}" for each in made} <= {each["entities"]["query"] for each in asked}


async def test_what_was_changed_in_the_demo_stays() -> None:
    await demo()
    async with transaction() as session:
        wang = await accounts.find_account(session, "xiaowang")
        assert wang is not None
        for contact in await accounts.bound_contacts(session, wang):
            await accounts.unbind(session, contact)
    await demo()
    async with transaction() as session:
        assert await accounts.bound_contacts(session, wang) == []
