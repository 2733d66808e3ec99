"""The worker: runs the jobs of every installed part, what is due, and the housekeeping. ``python -m botbay.worker``."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from importlib.metadata import entry_points

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from botbay import due, jobs
from botbay.db import engine
from botbay.logs import configure_logging
from botbay.postgres import PostgresError
from botbay.service import run_service

log = logging.getLogger(__name__)

#: Whoever holds this advisory lock does the housekeeping (the number is arbitrary).
_LOCK = 7_240_614


def load_jobs() -> dict[str, jobs.Handler]:
    """Handlers by job name, from the entry points ``botbay.jobs``."""
    return {entry.name: entry.load() for entry in entry_points(group="botbay.jobs")}


async def _housekeeping() -> None:
    """Run the chores while this process holds the lock; wait for it otherwise."""
    while True:
        try:
            async with engine().connect() as connection:
                held = await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK})
                await connection.commit()
                if not held:
                    await asyncio.sleep(10)
                    continue
                scheduler = AsyncIOScheduler(timezone="UTC")
                for entry in entry_points(group="botbay.chores"):
                    chore, seconds = entry.load()
                    scheduler.add_job(_guarded, "interval", args=[entry.name, chore], seconds=seconds, coalesce=True)
                scheduler.start()
                try:
                    while True:  # the lock lives as long as this connection
                        await asyncio.sleep(15)
                        await connection.execute(text("SELECT 1"))
                        await connection.commit()
                finally:
                    scheduler.shutdown(wait=False)
        except (SQLAlchemyError, PostgresError, OSError) as error:
            log.warning("housekeeping waits for the database: %s", type(error).__name__)
            await asyncio.sleep(2)


async def _guarded(name: str, chore: Callable[[], Awaitable[None]]) -> None:
    try:
        await chore()
    except Exception:
        log.exception("the chore %s failed; it is tried again at its next time", name)


async def _work() -> None:
    while True:
        try:
            await jobs.run(load_jobs())
        except Exception as error:
            log.warning("jobs stopped and start anew: %s", type(error).__name__)
        await asyncio.sleep(1)


async def main() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_work())
        group.create_task(due.run(due.load_handlers()))
        group.create_task(_housekeeping())


if __name__ == "__main__":
    configure_logging()
    run_service(main)
