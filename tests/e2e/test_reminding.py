"""明天下午三点提醒我交报告: told late, since nothing ran when its time came, once, and answered with bare words."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from botbay import due
from botbay.chat.models import OutboxItem
from botbay.db import dispose, now, transaction
from tests.e2e.phone import bound_person
from tests.e2e.stack import Stack, running
from workers.reminders.models import Reminder, ReminderState
from workers.reminders.service import HANDLER


async def due_in(delay: timedelta) -> None:
    """As if the time that was said was so near."""
    async with transaction() as session:
        reminder = (await session.scalars(select(Reminder))).one()
        reminder.at = now() + delay
        await due.put(session, HANDLER, str(reminder.id), reminder.at, {})


async def state() -> ReminderState:
    async with transaction() as session:
        return (await session.scalars(select(Reminder.state))).one()


@pytest.mark.timeout(600)
async def test_it_survives_a_restart_across_its_time(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "data")
    with running(stack):
        phone = await bound_person("xiaoman", "钱小满")
        await phone.say("明天下午三点提醒我交报告")
        await phone.hears("15:00 提醒你：交报告")
        await due_in(timedelta(seconds=15))
        await dispose()
        await asyncio.to_thread(stack.stop)
        await asyncio.sleep(16)  # nobody is there at its time

        await asyncio.to_thread(stack.start)
        await phone.hears("⏰ 交报告")
        await phone.say("晚10分钟")
        await phone.hears("再提醒你：「交报告」")
        await due_in(timedelta())
        await phone.hears("⏰ 交报告")
        await phone.say("完成")
        await phone.hears("「交报告」完成了")
        assert await state() == ReminderState.DONE
        async with transaction() as session:
            told = await session.scalars(select(OutboxItem.text).where(OutboxItem.text.startswith("⏰")))
            assert len(told.all()) == 2
        await phone.say("取消")
        await phone.hears("没有")
        await dispose()
