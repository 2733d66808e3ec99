"""The job that trains and swaps the model in, and the chores of the inbox."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from botbay import rasa
from botbay.db import engine, is_away, notify, now, transaction
from botbay.jobs import Later, Work
from botbay.settings import load_settings
from workers.training import repository, service
from workers.training.models import RunState

T = TypeVar("T")
log = logging.getLogger(__name__)

#: Whoever holds this advisory lock trains: a run is handed to another worker only when the first is dead, which it
#: may not be yet (the number is arbitrary).
_LOCK = 7_240_615


async def train_model(work: Work) -> None:
    """Do the run that ``work`` names, from its beginning even when a worker died over it; how it ends is in its row."""
    run_id = int(work.payload["run_id"])
    async with _alone():
        async with transaction() as session:
            run = await repository.unfinished_run(session, run_id)
            if run is None:
                return
            run.state, run.started_at, run.lines = RunState.RUNNING, now(), []
            wanted = run.wanted
            await notify(session, service.CHANNEL)
        try:
            version = await _train(run_id) if wanted is None else await _go_back(run_id, wanted)
        except rasa.RasaError as error:
            await _end(run_id, error=str(error))
        except Exception as error:
            if is_away(error):
                raise Later(work.backoff()) from None
            log.exception("training run %d failed", run_id)
            await _end(run_id, error=f"出了意外（{type(error).__name__}），详情在后台任务的日志里。")
        else:
            await _end(run_id, version=version)


async def _train(run_id: int) -> str:
    async with transaction() as session:
        count = await service.export(session)
    await _say(run_id, f"写进训练资料：{count} 句新标注" if count else "没有新的标注，用现有的资料")
    version, trained = await _in_thread(run_id, rasa.train)
    if not trained:
        await _say(run_id, "这份资料训练过，直接用那一版")
    await _swap_in(run_id, version)
    return version.name


async def _go_back(run_id: int, wanted: str) -> str:
    version = await asyncio.to_thread(rasa.use, wanted)
    await _swap_in(run_id, version)
    return version.name


async def _swap_in(run_id: int, version: rasa.Version) -> None:
    await _say(run_id, "换上这个版本")
    settings = load_settings()
    if not await rasa.swap_in(settings, version):
        await _say(run_id, rasa.why_not_swapped(settings))


async def _in_thread(run_id: int, work: Callable[[Callable[[str], None]], T]) -> T:
    """Run blocking work in a thread of its own while what it tells is written down.

    The thread is a daemon: a worker that is told to stop does not wait minutes for a training.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()
    lines: asyncio.Queue[str | None] = asyncio.Queue()

    def back(act: Callable[..., None], *args: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
            loop.call_soon_threadsafe(act, *args)

    def whole() -> None:
        try:
            result = work(lambda line: back(lines.put_nowait, line))
        except Exception as error:
            back(_set, done.set_exception, done, error)
        else:
            back(_set, done.set_result, done, result)
        back(lines.put_nowait, None)

    threading.Thread(target=whole, name=f"training-{run_id}", daemon=True).start()
    while (line := await lines.get()) is not None:
        await _say(run_id, line)
    return await done


def _set(setter: Callable[[object], None], done: asyncio.Future[object], value: object) -> None:
    if not done.done():
        setter(value)


@contextlib.asynccontextmanager
async def _alone() -> AsyncIterator[None]:
    """Hold the lock of those who train. Raises Later while another does."""
    async with engine().connect() as connection:
        held = await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK})
        await connection.commit()
        if not held:
            raise Later(timedelta(seconds=5))
        try:
            yield
        finally:
            # The lock is the session's: a connection that cannot give it back must not return to the pool.
            try:
                await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
                await connection.commit()
            except (SQLAlchemyError, OSError):
                await connection.invalidate()


async def _say(run_id: int, line: str) -> None:
    async with transaction() as session:
        await repository.say(session, run_id, line)
        await notify(session, service.CHANNEL)


async def _end(run_id: int, *, version: str | None = None, error: str = "") -> None:
    async with transaction() as session:
        await repository.end_run(session, run_id, version=version, error=error)
        await notify(session, service.CHANNEL)


async def sweep() -> None:
    """Delete what was forgotten with its dialogue."""
    async with transaction() as session:
        await service.sweep(session)


async def expire() -> None:
    """Delete what has waited too long for a label."""
    async with transaction() as session:
        await service.expire(session)


#: The chores, and every how many seconds each is done.
SWEEP = (sweep, 60)
EXPIRE = (expire, 3600)
