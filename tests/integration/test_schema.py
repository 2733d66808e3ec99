"""The migrations make what the models say; a database of another version is named."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from botbay import schema
from botbay.db import DatabaseError, dispose, engine
from botbay.models import load_metadata
from tests.conftest import use_settings

pytestmark = pytest.mark.usefixtures("database")


async def test_models_and_migrations_agree() -> None:
    metadata = load_metadata()

    def compare(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_object": lambda obj, name, kind, reflected, other: kind != "table" or "pgqueuer" not in name,
            },
        )
        return list(compare_metadata(context, metadata))

    async with engine().connect() as connection:
        differences = await connection.run_sync(compare)
    assert [d for d in differences if "pgqueuer" not in str(d) and "alembic_version" not in str(d)] == []


async def test_migrating_twice_changes_nothing() -> None:
    await schema.migrate()
    assert await schema.check() is None


async def test_a_newer_database_is_refused_by_name() -> None:
    async with engine().begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    assert "升级 BotBay" in (await schema.check() or "")
    with pytest.raises(DatabaseError, match="from_the_future"):
        await schema.migrate()


async def test_an_unreachable_database_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    await dispose()
    use_settings(monkeypatch, database_url="postgresql://nobody:x@127.0.0.1:1/none")
    words = await schema.check() or ""
    assert "BOTBAY_DATABASE_URL" in words
    assert "\n" not in words
