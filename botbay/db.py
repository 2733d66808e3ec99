"""The database: engine, transactions, NOTIFY, and the state of its schema."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import BigInteger, DateTime, Identity, MetaData, text
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as SQLAlchemyTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from botbay.postgres import EmbeddedPostgres, PostgresError
from botbay.settings import load_settings


class DatabaseError(Exception):
    """The database cannot be used. The text is one line that says why and what to do."""


def is_away(error: BaseException) -> bool:
    """Whether the database cannot be reached just now, so that the same may work later. A bad statement is not that."""
    if isinstance(error, (OSError, PostgresError)):
        return True
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        return error.orig is not None and is_away(error.orig)
    if isinstance(error, SQLAlchemyTimeout):
        return True
    if isinstance(error, psycopg.Error):
        state = error.sqlstate
        # No state: the connection broke. 08 connection, 53 resources, 57 operator, 40 deadlock or serialisation.
        return isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)) and (
            state is None or state[:2] in ("08", "53", "57", "40")
        )
    return False


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, given back in UTC; naive ones are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("naive datetime")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Every table's base; models are found through the entry points ``botbay.models``."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime(), int: BigInteger()}  # noqa: RUF012 (SQLAlchemy's own form)


class Identified:
    """A table whose key is a number given by the database."""

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)


def now() -> datetime:
    return datetime.now(UTC)


def database_url() -> str:
    """``postgresql://…`` of the server in use; the embedded one's port may change between starts."""
    settings = load_settings()
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return EmbeddedPostgres(settings.data_dir / "postgres").url()


async def _connect() -> psycopg.AsyncConnection[Any]:
    return await psycopg.AsyncConnection.connect(database_url(), connect_timeout=10)


@functools.cache
def engine() -> AsyncEngine:
    """The process's engine. It asks for the address at each connection, so a moved server is found again."""
    return create_async_engine(
        "postgresql+psycopg://",
        async_creator=_connect,
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=20,
        hide_parameters=True,  # an error is logged, and parameters hold what people said
    )


@functools.cache
def _sessions() -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(engine(), expire_on_commit=False)


@contextlib.asynccontextmanager
async def transaction() -> AsyncIterator[AsyncSession]:
    """A session in one transaction: committed at the end, rolled back on any exception."""
    async with _sessions()() as session, session.begin():
        yield session


async def dispose() -> None:
    """Close the process's connections and forget the engine (for tests and at the end of a command)."""
    if engine.cache_info().currsize:
        await engine().dispose()
    _sessions.cache_clear()
    engine.cache_clear()


async def notify(session: AsyncSession, channel: str, payload: str = "") -> None:
    """Wake the listeners of a channel when this transaction commits."""
    await session.execute(text("SELECT pg_notify(:channel, :payload)"), {"channel": channel, "payload": payload})


class Listener:
    """Waits for NOTIFY on some channels, on a connection of its own that mends itself.

    NOTIFY only hastens: whoever waits must also look by itself now and then, which ``wait``'s timeout is for.
    """

    def __init__(self, *channels: str) -> None:
        self._channels = channels
        self._connection: psycopg.AsyncConnection[Any] | None = None

    async def wait(self, timeout: float) -> str | None:
        """The payload of the next notification, or None after ``timeout`` seconds or on a lost connection."""
        try:
            if self._connection is None:
                connection = await psycopg.AsyncConnection.connect(database_url(), autocommit=True, connect_timeout=10)
                self._connection = connection
                for channel in self._channels:
                    await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                return None  # what came before we listened must be looked for at once
            async for note in self._connection.notifies(timeout=timeout, stop_after=1):
                return note.payload
        except (psycopg.Error, PostgresError, OSError):
            await self.close()
            await asyncio.sleep(min(timeout, 1.0))
        return None

    async def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error, OSError):
                await self._connection.close()
            self._connection = None
