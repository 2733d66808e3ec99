"""晚上九点自动发我一份: the report comes by itself, once, though nothing ran when its time came; then 别再每天发了."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from botbay import due
from botbay.chat import simulator
from botbay.chat.models import OutboxItem, Turn, TurnState
from botbay.db import dispose, now, transaction
from tests.e2e.phone import Phone, bound_person, recorded_room
from tests.e2e.stack import Stack, eventually, running
from workers.report.evening import HANDLER


def afternoon() -> str:
    """A time zone in which it is after three: what comes before noon tells of the day before."""
    ahead = (15 - now().hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}"


async def talked() -> Phone:
    """A room in which something was said today, and the phone of its owner."""
    phone = await bound_person("xiaoman", "钱小满")
    here = await recorded_room("sim-xiaoman", "产品群", sim_zhao="赵云")
    async with transaction() as session:
        await simulator.say(session, here.chat, "sim-zhao", "登录页的补丁提交了")
    return phone


async def due_in(delay: timedelta) -> datetime:
    """As if the hour that was said was so near; the time that it is due at."""
    async with transaction() as session:
        row = await session.scalar(select(due.Due).where(due.Due.handler == HANDLER))
        assert row is not None
        at = now() + delay
        await due.put(session, HANDLER, row.key, at, row.payload)
    return at


async def asked_by_itself() -> list[Turn]:
    async with transaction() as session:
        return list(await session.scalars(select(Turn).where(Turn.key.startswith(HANDLER))))


async def said_of(turn: Turn) -> int:
    async with transaction() as session:
        items = select(func.count()).select_from(OutboxItem).where(OutboxItem.turn_id == turn.id)
        return await session.scalar(items) or 0


@pytest.mark.timeout(600)
async def test_it_survives_a_restart_across_its_time(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "data", timezone=afternoon())
    with running(stack):
        phone = await talked()
        await phone.say("晚上九点自动发我一份")
        assert "别再每天发了" in await phone.hears("每天 21:00")
        at = await due_in(timedelta(seconds=20))
        await dispose()
        await asyncio.to_thread(stack.stop)
        left = (at - now()).total_seconds()
        assert left > 0  # nobody was there at its time
        await asyncio.sleep(left + 1)

        await asyncio.to_thread(stack.start)

        async def answered() -> None:
            turns = await asked_by_itself()
            assert [(turn.state, turn.error) for turn in turns] == [(TurnState.DONE, "")]
            assert await said_of(turns[0]) >= 1

        await eventually(answered, timeout=60)
        (turn,) = await asked_by_itself()
        before = await said_of(turn)
        await phone.hears("日报")
        await asyncio.sleep(3)
        (turn,) = await asked_by_itself()
        assert await said_of(turn) == before
        # It stands in the dialogue, which goes on from it.
        await phone.say("昨天的呢")
        assert "昨天" in await phone.hears("昨天")
        await phone.say("别再每天发了")
        await phone.hears("不自动发日报了")
        async with transaction() as session:
            assert await session.scalar(select(due.Due).where(due.Due.handler == HANDLER)) is None
        await dispose()
