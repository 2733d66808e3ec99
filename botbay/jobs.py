"""Background jobs on pgqueuer: enqueued in the caller's transaction, run at least once by whichever worker is free.

A job is a name and a small JSON payload of ids, never content. Its handler must make its effect idempotent.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from pgqueuer import PgQueuer
from pgqueuer.core.executors import DatabaseRetryEntrypointExecutor
from pgqueuer.db import PsycopgDriver
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Job
from pgqueuer.queries import Queries
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.db import database_url


class Later(Exception):
    """What the job needs is away, which is not its fault: try again after a while, as often as it takes."""

    def __init__(self, delay: timedelta) -> None:
        super().__init__()
        self.delay = delay


@dataclass(frozen=True, kw_only=True)
class Work:
    """A job in a worker's hand. ``final``: if it fails now it is not tried again, so say so where people look."""

    payload: Mapping[str, Any]
    attempt: int  # 0 for the first
    final: bool

    def backoff(self) -> timedelta:
        """How long to wait after this attempt: from a second to five minutes."""
        return (
            min(timedelta(seconds=2**self.attempt), timedelta(minutes=5)) if self.attempt < 9 else timedelta(minutes=5)
        )


Handler = Callable[[Work], Awaitable[None]]


class _TransactionDriver(PsycopgDriver):
    """pgqueuer's driver on a connection inside somebody's transaction, which its own constructor refuses."""

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._connection = connection


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """A job to be enqueued. With a ``key``, one that waits under the same key already is enough."""

    name: str
    payload: Mapping[str, Any]
    key: str | None = None
    delay: timedelta = timedelta(0)


async def enqueue(session: AsyncSession, jobs: Sequence[NewJob]) -> None:
    """Put jobs into the queue when (and only if) the session's transaction commits."""
    if not jobs:
        return
    raw = await (await session.connection()).get_raw_connection()
    connection = raw.driver_connection
    assert isinstance(connection, psycopg.AsyncConnection)
    await Queries(_TransactionDriver(connection)).enqueue(
        [job.name for job in jobs],
        [json.dumps(job.payload).encode() for job in jobs],
        [0] * len(jobs),
        [job.delay for job in jobs],
        [job.key for job in jobs],
        on_conflict="skip",
    )


async def install() -> None:
    """Create the queue's tables, or bring them to the version of the installed package."""
    async with await psycopg.AsyncConnection.connect(database_url(), autocommit=True) as connection:
        queries = Queries(PsycopgDriver(connection))
        if await queries.schema_is_installed():
            await queries.upgrade()
        else:
            await queries.install()


async def run(handlers: Mapping[str, Handler], *, concurrency: int = 10, max_attempts: int = 8) -> None:
    """Work on jobs of these names until cancelled. A job whose worker died is taken over within half a minute."""
    async with await psycopg.AsyncConnection.connect(database_url(), autocommit=True) as connection:
        queue = PgQueuer.from_psycopg_connection(connection)
        for name, handler in handlers.items():
            _register(queue, name, handler, max_attempts)
        await queue.qm.run(
            batch_size=concurrency,
            max_concurrent_tasks=2 * concurrency,
            dequeue_timeout=timedelta(seconds=2),
            heartbeat_timeout=timedelta(seconds=20),
            shutdown_on_listener_failure=True,
        )


def _register(queue: PgQueuer, name: str, handler: Handler, max_attempts: int) -> None:
    async def entry(job: Job) -> None:
        work = Work(payload=json.loads(job.payload or b"{}"), attempt=job.attempts, final=job.attempts >= max_attempts)
        try:
            await handler(work)
        except Later as later:
            raise RetryRequested(delay=later.delay) from None

    queue.entrypoint(
        name,
        on_failure="hold",
        executor_factory=lambda parameters: DatabaseRetryEntrypointExecutor(
            parameters=parameters, max_attempts=max_attempts, initial_delay=timedelta(seconds=1)
        ),
    )(entry)
