"""The database's schema: brought up to date, and compared with the one that this version knows."""

from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from botbay import jobs
from botbay.db import DatabaseError, engine

#: One process at a time brings the schema up to date (an advisory lock; the number is arbitrary).
_LOCK = 7_240_613


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection) -> None:
    script = ScriptDirectory.from_config(alembic_config())
    current = _revision(connection)
    if current is not None and current not in {r.revision for r in script.walk_revisions()}:
        raise DatabaseError(f"数据库比这个版本的 BotBay 新（{current}）：请升级 BotBay，或换一个数据库。")
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def migrate() -> None:
    """Bring the schema up to date; several processes may try at once. Raises DatabaseError."""
    try:
        async with engine().connect() as lock:
            await lock.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            async with engine().begin() as connection:
                await connection.execute(text("CREATE SCHEMA IF NOT EXISTS rasa"))
                await connection.run_sync(_upgrade)
            await jobs.install()
            await lock.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
    except (psycopg.OperationalError, OperationalError) as error:
        raise DatabaseError(unreachable(error)) from None


async def check() -> str | None:
    """What is wrong with the database, in one line, or None."""
    try:
        async with engine().connect() as connection:
            current = await connection.run_sync(_revision)
    except (psycopg.OperationalError, OperationalError, OSError) as error:
        return unreachable(error)
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    if current == head:
        return None
    known: set[Any] = {r.revision for r in ScriptDirectory.from_config(alembic_config()).walk_revisions()}
    if current is not None and current not in known:
        return f"数据库比这个版本的 BotBay 新（{current}）：请升级 BotBay，或换一个数据库。"
    return "数据库还没有更新到这个版本：运行 botbay migrate。"


def unreachable(error: Exception) -> str:
    """The line for people about a database that does not answer."""
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    reason = lines[0] if lines else type(error).__name__
    return f"连不上数据库：{reason}。检查 BOTBAY_DATABASE_URL，或看数据库是否在运行。"
