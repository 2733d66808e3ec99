"""What is due is done late rather than lost, and once a time, with any number of workers and whichever of them dies."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta

import pytest
from sqlalchemy import DateTime, column, insert, select, table, text
from sqlalchemy.ext.asyncio import AsyncSession

from botbay import due
from botbay.db import now, transaction
from botbay.due import Due

pytestmark = pytest.mark.usefixtures("database")

#: What handlers do here: no constraint keeps a row from being written twice.
EFFECTS = table("effects", column("key"), column("at", DateTime(timezone=True)))

#: A worker that does what is due, says so, and then never commits.
STUCK = """
import asyncio
from botbay import due
from tests.integration.test_due import effect

async def stuck(session, row):
    await effect(session, row)
    print("done", flush=True)
    await asyncio.sleep(60)

asyncio.run(due.step({"effect": stuck}))
"""


@pytest.fixture(autouse=True)
async def effects(database: str) -> None:
    async with transaction() as session:
        await session.execute(text("CREATE TABLE effects (key text, at timestamptz)"))


async def effect(session: AsyncSession, row: Due) -> datetime | None:
    await session.execute(insert(EFFECTS).values(key=row.key, at=row.at))
    return None


async def broken(session: AsyncSession, row: Due) -> datetime | None:
    await effect(session, row)
    raise LookupError("小赵说：明天发布")


async def done() -> list[tuple[str, datetime]]:
    async with transaction() as session:
        return [(key, at) for key, at in await session.execute(select(EFFECTS.c.key, EFFECTS.c.at))]


async def put(key: str, at: datetime, handler: str = "effect") -> None:
    async with transaction() as session:
        await due.put(session, handler, key, at, {})


async def row_of(key: str, handler: str = "effect") -> Due | None:
    async with transaction() as session:
        return await due.find(session, handler, key)


@contextlib.asynccontextmanager
async def working(handlers: Mapping[str, due.Handler], workers: int = 1) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(due.run(handlers)) for _ in range(workers)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until_done(count: int, timeout: float = 60.0) -> list[tuple[str, datetime]]:
    async with asyncio.timeout(timeout):
        while len(found := await done()) < count:  # noqa: ASYNC110 (it offers no event)
            await asyncio.sleep(0.05)
    return found


async def test_two_workers_do_many_rows_each_time_once() -> None:
    """They were down for three slots of forty rows: all come late, in order, each once."""
    last = now()
    first = last - timedelta(hours=2)

    async def hourly(session: AsyncSession, row: Due) -> datetime | None:
        await effect(session, row)
        following = row.at + timedelta(hours=1)
        return following if following <= last else None

    async with transaction() as session:
        for number in range(40):
            await due.put(session, "effect", f"k{number}", first, {})
    async with working({"effect": hourly}, workers=2):
        await until_done(120)
        await asyncio.sleep(0.5)
    found = await done()
    assert len(found) == 120
    assert set(Counter(found).values()) == {1}
    for number in range(40):
        slots = [at for key, at in found if key == f"k{number}"]
        assert slots == [first, first + timedelta(hours=1), first + timedelta(hours=2)]
    assert await row_of("k0") is None


async def test_a_worker_that_dies_before_it_commits_has_done_nothing(database: str) -> None:
    at = now() - timedelta(minutes=1)
    await put("killed", at)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STUCK, stdout=asyncio.subprocess.PIPE, env={**os.environ}
    )
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 60) == b"done\n"
    # While it is in its hands nobody else takes it.
    assert not await due.step({"effect": effect})
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert await done() == []
    async with working({"effect": effect}):
        await until_done(1)
        await asyncio.sleep(0.5)
    assert await done() == [("killed", at)]


async def test_a_handler_that_fails_is_undone_blocks_nobody_and_is_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    at = now() - timedelta(minutes=1)
    await put("first", at - timedelta(hours=1), "broken")
    await put("second", at)
    with caplog.at_level(logging.WARNING):
        async with working({"broken": broken, "effect": effect}):
            await until_done(1)
            async with asyncio.timeout(60):
                while (row := await row_of("first", "broken")) is not None and row.attempts < 2:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
    assert await done() == [("second", at)]
    assert row is not None
    assert row.at == at - timedelta(hours=1)
    assert row.error == "LookupError"
    assert now() < row.not_before <= now() + timedelta(seconds=5)
    assert "broken" in caplog.text
    assert "小赵" not in caplog.text
    # Once it works it is done, for the time that it was set for.
    async with working({"broken": effect}):
        await until_done(2)
    assert ("first", at - timedelta(hours=1)) in await done()
    assert await row_of("first", "broken") is None


async def test_a_handler_that_hangs_counts_as_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due, "_PATIENCE", 0.3)

    async def hangs(session: AsyncSession, row: Due) -> datetime | None:
        await effect(session, row)
        await session.execute(text("SELECT pg_sleep(60)"))
        return None

    await put("slow", now())
    assert await due.step({"effect": hangs})
    row = await row_of("slow")
    assert row is not None and (row.attempts, row.error) == (1, "TimeoutError")
    assert await done() == []


async def test_a_next_time_that_is_no_later_is_refused() -> None:
    async def forever(session: AsyncSession, row: Due) -> datetime | None:
        await effect(session, row)
        return row.at

    await put("forever", now())
    assert await due.step({"effect": forever})
    assert await done() == []
    row = await row_of("forever")
    assert row is not None and row.attempts == 1


async def test_not_now_keeps_the_time_it_was_set_for() -> None:
    at, until = now() - timedelta(minutes=1), now() + timedelta(seconds=1)

    async def busy(session: AsyncSession, row: Due) -> datetime | None:
        await effect(session, row)
        if now() < until:
            raise due.Later(until)
        return None

    await put("busy", at)
    assert await due.step({"effect": busy})
    row = await row_of("busy")
    assert row is not None and (row.at, row.not_before, row.attempts) == (at, until, 0)
    async with working({"effect": busy}):
        await until_done(1)
    assert await done() == [("busy", at)]


async def test_a_row_put_in_is_done_when_it_is_due_and_not_before() -> None:
    async with working({"effect": effect}):
        await asyncio.sleep(1.0)  # they sleep, with nothing to wait for
        at = now() + timedelta(seconds=1)
        started = time.monotonic()
        await put("soon", at)
        await until_done(1)
        waited = time.monotonic() - started
    assert 0.9 < waited < 3.0


async def test_putting_again_replaces_and_removing_takes_back() -> None:
    far = now() + timedelta(days=1)
    await put("one", now() - timedelta(minutes=1))
    await put("one", far)
    assert not await due.step({"effect": effect})
    row = await row_of("one")
    assert row is not None and row.at == far
    async with transaction() as session:
        assert await due.remove(session, "effect", "one")
        assert not await due.remove(session, "effect", "one")


async def test_what_is_set_anew_while_it_is_being_done_stands() -> None:
    far = now() + timedelta(days=1)
    changing: list[asyncio.Task[None]] = []

    async def changed(session: AsyncSession, row: Due) -> datetime | None:
        changing.append(asyncio.create_task(put("one", far)))
        await asyncio.sleep(0.3)
        await effect(session, row)
        return None

    await put("one", now())
    assert await due.step({"effect": changed})
    await asyncio.gather(*changing)
    row = await row_of("one")
    assert row is not None and row.at == far


async def test_rows_of_a_handler_that_is_not_here_wait_for_who_has_it() -> None:
    at = now() - timedelta(minutes=1)
    await put("theirs", at, "newer")
    await put("ours", at)
    async with working({"effect": effect}):
        await until_done(1)
    row = await row_of("theirs", "newer")
    assert row is not None and row.attempts == 0


async def test_the_worker_knows_the_evening_report() -> None:
    assert "report.evening" in due.load_handlers()
