"""A picture through the whole stack: sent, read, told in chat, and found by what stands in it alone."""

import os
import signal
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from botbay.chat import simulator
from botbay.chat.models import Reading
from botbay.db import dispose, transaction
from tests.e2e.phone import Phone, bound_person, recorded_room
from tests.e2e.stack import Stack, eventually, running
from tests.read_fixture import drawn

pytestmark = pytest.mark.timeout(600)


async def send(phone: Phone, who: str, name: str, *lines: str) -> None:
    picture = drawn([(40, 40 + 90 * number, line) for number, line in enumerate(lines)], size=(900, 400))

    async def chunks() -> AsyncIterator[bytes]:
        yield picture.data

    file = await simulator.keep_file(name, chunks())
    async with transaction() as session:
        await simulator.say_file(session, phone.chat, who, "image", file)


async def test_what_a_picture_says_is_told_and_found(tmp_path_factory: pytest.TempPathFactory) -> None:
    stack = Stack(tmp_path_factory.mktemp("reading") / "data")
    with running(stack):
        owner = await bound_person("wang", "小王")
        here = await recorded_room(owner.contact_id, "产品群", sim_zhao="小赵")

        # Read as soon as it is there; a question that comes before that is answered by itself then.
        await send(here, "sim-zhao", "通知.png", "停电通知：周六上午九点到十一点", "值班电话找物业小刘")
        await here.skip()
        await here.say("@小助手\u2005图上写了什么")
        assert "停电通知" in await here.hears("周六上午九点到十一点")

        # Found by words that stand in it alone, from another chat.
        await owner.skip()
        await owner.say("谁说过停电通知")
        told = await owner.hears("停电通知：周六上午")
        assert "小赵" in told
        assert "图里的字" in told
        # And a plain question gets the line that answers it.
        await owner.say("停电几点")
        assert "周六上午九点到十一点" in await owner.hears("停电通知")

        # The process that reads is killed at its work, and what it had in hand is read all the same.
        async def count() -> int:
            async with transaction() as session:
                return len((await session.scalars(select(Reading.blob_id).where(Reading.problem == ""))).all())

        before = await count()
        for number in range(3):
            await send(here, "sim-zhao", f"{number}.png", f"第{number}张：物料编号 A{number}0{number}")
        (reading,) = stack.process_ids("botbay.capabilities ocr")
        os.kill(reading, signal.SIGKILL)

        async def all_read() -> None:
            assert await count() == before + 3

        await eventually(all_read, timeout=180)
        await owner.skip()
        await owner.say("谁说过物料编号")
        assert "A202" in await owner.hears("物料编号")
        await dispose()
