"""What most tests need: a database of their own on one real PostgreSQL."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from botbay import schema, storage
from botbay.db import dispose
from botbay.postgres import EmbeddedPostgres
from botbay.settings import load_settings


def use_settings(patch: pytest.MonkeyPatch, **settings: object) -> None:
    """Give this process settings; ``None`` takes one away."""
    for name, value in settings.items():
        if value is None:
            patch.delenv(f"BOTBAY_{name.upper()}", raising=False)
        else:
            patch.setenv(f"BOTBAY_{name.upper()}", str(value))
    load_settings.cache_clear()
    storage.store.cache_clear()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server whose database ``botbay`` is migrated and empty; tests copy it."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres") / "data")
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        use_settings(patch, database_url=server.url(), data_dir=tmp_path_factory.mktemp("template"))

        async def migrate() -> None:
            await schema.migrate()
            await dispose()

        asyncio.run(migrate())
    yield server
    load_settings.cache_clear()
    server.stop()


@pytest.fixture
def database_url(template: EmbeddedPostgres) -> Iterator[str]:
    """The address of a fresh database with every table."""
    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(template.url(), dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE botbay".encode())
        yield template.url().rsplit("/", 1)[0] + f"/{name}"
        _drop(connection, name)


def _drop(connection: psycopg.Connection, name: str) -> None:
    for _ in range(50):
        try:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
            return
        except psycopg.errors.InsufficientPrivilege:  # autovacuum, a superuser's process, is just looking at it
            time.sleep(0.2)


@pytest.fixture
async def database(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """This process works on a fresh database and an empty data directory."""
    use_settings(monkeypatch, database_url=database_url, data_dir=tmp_path / "data")
    yield database_url
    await dispose()
    load_settings.cache_clear()
    storage.store.cache_clear()
