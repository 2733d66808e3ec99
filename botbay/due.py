"""Rows with a due time: what people have set for later, done by whichever worker is free; late rather than lost.

A row's handler and the row's next time are one transaction, so every due time has its effect once, with any number of
workers and whichever of them dies.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import entry_points
from typing import Any

from sqlalchemy import Index, Select, String, UniqueConstraint, delete, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from botbay.db import Base, Identified, Listener, is_away, notify, now, transaction

log = logging.getLogger(__name__)

CHANNEL = "due"

#: Seconds for which nobody looks while nothing is due, and while all that is due is in another's hands.
_LONGEST_SLEEP, _HANDS_SLEEP = 5.0, 0.2
#: Seconds between two looks at least: what comes due within them is seen by one.
_SHORTEST_SLEEP = 0.05
#: Seconds after which a handler counts as failed.
_PATIENCE = 120.0
_LONGEST_BACKOFF = timedelta(minutes=10)


class Due(Identified, Base):
    """What a handler is to do at a time: ``key`` tells its rows apart, ``payload`` holds ids, never content.

    ``at`` is the time it was set for, and stays however late it is done; ``not_before`` is when it is tried next.
    """

    __tablename__ = "due"
    handler: Mapped[str]
    key: Mapped[str]
    at: Mapped[datetime]
    not_before: Mapped[datetime]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    attempts: Mapped[int] = mapped_column(default=0)  # of this time, that failed
    error: Mapped[str] = mapped_column(String, default="")  # what kind of failure the last one was
    __table_args__ = (
        UniqueConstraint("handler", "key", name="uq_due_handler_key"),
        Index("ix_due_not_before", "not_before"),
    )


class Later(Exception):
    """Of a handler: this is not the moment. The same time is tried again then; nothing has failed.

    Where it is raised what the handler did is undone, where it is the result it stands.
    """

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


#: What becomes of a row: its next time, None when it is over.
Outcome = datetime | Later | None
#: Does what is due, within the session's transaction and without committing.
Handler = Callable[[AsyncSession, Due], Awaitable[Outcome]]


class Several:
    """A handler that does up to ``most`` rows in one transaction: at nine o'clock there may be thousands.

    ``do`` gives what becomes of each, by its id. It may be asked to do one alone: rows that fail together are done so.
    """

    def __init__(
        self, do: Callable[[AsyncSession, Sequence[Due]], Awaitable[Mapping[int, Outcome]]], most: int
    ) -> None:
        self.do, self.most = do, most

    async def __call__(self, session: AsyncSession, row: Due) -> Outcome:
        return (await self.do(session, [row]))[row.id]


# --- setting -----------------------------------------------------------------------------------------------


async def put(session: AsyncSession, handler: str, key: str, at: datetime, payload: Mapping[str, Any]) -> None:
    """Set what is due ``at``; what stood under the key is replaced. Workers are woken on commit."""
    new = insert(Due).values(
        handler=handler, key=key, at=at, not_before=at, payload=dict(payload), attempts=0, error=""
    )
    columns = ("at", "not_before", "payload", "attempts", "error")
    await session.execute(
        new.on_conflict_do_update(constraint="uq_due_handler_key", set_={name: new.excluded[name] for name in columns})
    )
    await notify(session, CHANNEL)


async def remove(session: AsyncSession, handler: str, key: str) -> bool:
    """Take it back; whether there was one."""
    gone = delete(Due).where(Due.handler == handler, Due.key == key).returning(Due.id)
    return await session.scalar(gone) is not None


async def find(session: AsyncSession, handler: str, key: str) -> Due | None:
    """What is set under a key, as it stands now."""
    found = select(Due).where(Due.handler == handler, Due.key == key).execution_options(populate_existing=True)
    return await session.scalar(found)


# --- doing -------------------------------------------------------------------------------------------------


def load_handlers() -> dict[str, Handler]:
    """Handlers by name, from the entry points ``botbay.due``."""
    return {entry.name: entry.load() for entry in entry_points(group="botbay.due")}


async def run(handlers: Mapping[str, Handler], *, concurrency: int = 4) -> None:
    """Do what is due until cancelled, at most so many rows at a time."""
    more = _Bell()
    async with asyncio.TaskGroup() as group:
        group.create_task(_wait(handlers, more))
        for _ in range(concurrency):
            group.create_task(_work(handlers, more))


async def step(handlers: Mapping[str, Handler]) -> bool:
    """Do the first row that is due and in nobody's hands; False when there is none.

    A handler that fails undoes what it did; its row is tried again later and later, and never given up.
    """
    taken: list[_Taken] = []
    try:
        return await _do(handlers, taken, alone=False)
    except Exception as error:
        if len(taken) < 2 or _is_cut_off(error):
            return await _failed(taken, error)
    # One of them spoils it for the others: the first is done alone, and each of the others will be the first once.
    taken.clear()
    try:
        return await _do(handlers, taken, alone=True)
    except Exception as error:
        return await _failed(taken, error)


@dataclass(frozen=True, kw_only=True)
class _Taken:
    """What must be known of a row after its transaction was undone."""

    id: int
    handler: str
    at: datetime
    attempts: int


async def _do(handlers: Mapping[str, Handler], taken: list[_Taken], *, alone: bool) -> bool:
    """The first row, and with it others of its handler where that takes several; ``taken`` is filled with them."""
    late: Later | None = None
    try:
        async with transaction() as session:
            first = await session.scalar(_due(handlers).limit(1))
            if first is None:
                return False
            rows, handler = [first], handlers[first.handler]
            taken.append(_taken(first))
            if isinstance(handler, Several) and not alone and first.attempts == 0:
                others = _due([first.handler]).where(Due.id != first.id, Due.attempts == 0).limit(handler.most - 1)
                rows += await session.scalars(others)
                taken[:] = map(_taken, rows)
            async with asyncio.timeout(_PATIENCE):
                outcomes = (
                    await handler.do(session, rows)
                    if isinstance(handler, Several)
                    else {first.id: await handler(session, first)}
                )
            await session.flush()
            await _go_on(session, taken, outcomes)
    except Later as raised:
        late = raised
    if late is not None:
        await _postpone(taken[0], {"not_before": late.until})
    return True


async def _failed(taken: Sequence[_Taken], error: Exception) -> bool:
    if not taken or _is_cut_off(error):
        raise error  # that failed, not the handler
    first, kind = taken[0], type(error).__name__
    tries = first.attempts + 1
    wait = min(timedelta(seconds=2 ** min(tries, 10)), _LONGEST_BACKOFF)
    # What it says may quote people: the kind of failure must do.
    log.warning("what is due of %s (row %d) failed, try %d: %s", first.handler, first.id, tries, kind)
    await _postpone(first, {"not_before": now() + wait, "attempts": tries, "error": kind})
    return True


def _is_cut_off(error: Exception) -> bool:
    """Whether the database was lost on the way."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _taken(row: Due) -> _Taken:
    return _Taken(id=row.id, handler=row.handler, at=row.at, attempts=row.attempts)


def _due(handlers: Collection[str]) -> Select[Due]:
    due = select(Due).where(Due.not_before <= now(), Due.handler.in_(list(handlers)))
    return due.order_by(Due.not_before, Due.id).with_for_update(skip_locked=True)


async def _go_on(session: AsyncSession, taken: Sequence[_Taken], outcomes: Mapping[int, Outcome]) -> None:
    over, values = [], []
    for row in taken:
        match outcomes[row.id]:
            case None:
                over.append(row.id)
            case Later(until=until):
                await session.execute(update(Due).where(Due.id == row.id).values(not_before=until))
            case following if following > row.at:
                values.append({"id": row.id, "at": following, "not_before": following, "attempts": 0, "error": ""})
            case _:
                raise ValueError("the next time is not after this one")
    if over:
        await session.execute(delete(Due).where(Due.id.in_(over)))
    if values:
        await session.execute(update(Due), values)


async def _postpone(taken: _Taken, values: Mapping[str, Any]) -> None:
    """In a transaction of its own, unless another worker has done it since, or it was set anew."""
    async with transaction() as session:
        await session.execute(update(Due).where(Due.id == taken.id, Due.at == taken.at).values(**values))


class _Bell:
    """Wakes one sleeper a ring, or the next one that is going to sleep; rings that nobody has heard yet are one."""

    def __init__(self) -> None:
        self._rung: asyncio.Queue[None] = asyncio.Queue(1)

    def ring(self) -> None:
        with contextlib.suppress(asyncio.QueueFull):
            self._rung.put_nowait(None)

    async def wait(self) -> None:
        await self._rung.get()


async def _work(handlers: Mapping[str, Handler], more: _Bell) -> None:
    while True:
        await more.wait()
        try:
            while await step(handlers):
                more.ring()  # where one row was due there may be others: one more looks, and so on
        except Exception as error:
            await _rest(error)
            more.ring()


async def _wait(handlers: Mapping[str, Handler], more: _Bell) -> None:
    """Wakes who works when something is due or was put in."""
    listener = Listener(CHANNEL)
    try:
        while True:
            try:
                await listener.wait(await _until_next(handlers))
            except Exception as error:
                await _rest(error)
            more.ring()
    finally:
        await listener.close()


async def _until_next(handlers: Mapping[str, Handler]) -> float:
    """Seconds. What is due already is in somebody's hands, or is found by who was woken just now."""
    moment = now()
    mine = select(func.min(Due.not_before)).where(Due.handler.in_(list(handlers)))
    first, coming = (
        mine.where(which).scalar_subquery() for which in (Due.not_before <= moment, Due.not_before > moment)
    )
    async with transaction() as session:
        waiting, following = (await session.execute(select(first, coming))).one()
    longest = _LONGEST_SLEEP if waiting is None else _HANDS_SLEEP
    seconds = longest if following is None else (following - now()).total_seconds()
    return float(min(max(seconds, _SHORTEST_SLEEP), longest))


async def _rest(error: Exception) -> None:
    log.warning("what is due %s: %s", "waits for the database" if is_away(error) else "stopped", type(error).__name__)
    await asyncio.sleep(1.0)
