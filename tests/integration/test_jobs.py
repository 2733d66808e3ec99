"""Jobs are enqueued with the caller's transaction, run at least once, and are tried again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import pytest

from botbay import jobs
from botbay.db import transaction

pytestmark = pytest.mark.usefixtures("database")


@contextlib.asynccontextmanager
async def working(handlers: Mapping[str, jobs.Handler]) -> AsyncIterator[None]:
    worker = asyncio.create_task(jobs.run(handlers))
    try:
        yield
    finally:
        worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker


async def test_a_job_exists_only_if_its_transaction_commits() -> None:
    done: list[int] = []
    arrived = asyncio.Event()

    async def handler(work: jobs.Work) -> None:
        done.append(work.payload["n"])
        arrived.set()

    with pytest.raises(RuntimeError):
        async with transaction() as session:
            await jobs.enqueue(session, [jobs.NewJob(name="count", payload={"n": 1})])
            raise RuntimeError
    async with transaction() as session:
        await jobs.enqueue(session, [jobs.NewJob(name="count", payload={"n": 2})])
    async with working({"count": handler}):
        await asyncio.wait_for(arrived.wait(), 20)
        await asyncio.sleep(0.5)
    assert done == [2]


async def test_a_key_that_waits_already_is_enough() -> None:
    done: list[int] = []

    async def handler(work: jobs.Work) -> None:
        done.append(work.payload["n"])

    for number in range(3):
        async with transaction() as session:
            await jobs.enqueue(session, [jobs.NewJob(name="keyed", payload={"n": number}, key="same")])
    async with working({"keyed": handler}):
        await asyncio.sleep(4)
    assert done == [0]


async def test_a_job_that_fails_is_tried_again() -> None:
    tries: list[bool] = []
    arrived = asyncio.Event()

    async def handler(work: jobs.Work) -> None:
        tries.append(work.final)
        if len(tries) == 1:
            raise OSError("away")
        arrived.set()

    async with transaction() as session:
        await jobs.enqueue(session, [jobs.NewJob(name="flaky", payload={})])
    async with working({"flaky": handler}):
        await asyncio.wait_for(arrived.wait(), 30)
    assert tries == [False, False]


async def test_a_job_whose_part_is_away_comes_again_however_often() -> None:
    tries: list[int] = []
    arrived = asyncio.Event()

    async def handler(work: jobs.Work) -> None:
        tries.append(work.attempt)
        if len(tries) <= 3:
            raise jobs.Later(timedelta(0))
        arrived.set()

    async with transaction() as session:
        await jobs.enqueue(session, [jobs.NewJob(name="patient", payload={})])
    worker = asyncio.create_task(jobs.run({"patient": handler}, max_attempts=1))
    await asyncio.wait_for(arrived.wait(), 60)
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    assert tries == [0, 1, 2, 3]
