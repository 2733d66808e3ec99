"""A real web server on a real database, as ``python -m web`` starts it, and a browser to look at it with."""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

import workers.accounts.models
import workers.archive.models
import workers.mail.models
import workers.minutes.models
import workers.report.models  # noqa: F401 (their tables)
from botbay import storage
from botbay.db import Base, dispose, engine, transaction
from botbay.postgres import EmbeddedPostgres
from botbay.settings import load_settings
from workers.accounts import service as accounts

REPOSITORY = Path(__file__).resolve().parent.parent
PHONE, PC = (390, 844), (1280, 800)
_CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server whose database ``botbay`` has all tables and no rows: tests copy it."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("web") / "postgres")
    server.start()
    with _settings(server.url(), tmp_path_factory.mktemp("data")):
        asyncio.run(_make_tables())
    yield server
    server.stop()


async def _make_tables() -> None:
    async with engine().begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await dispose()


@contextlib.contextmanager
def _settings(url: str, data_dir: Path, **settings: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"database_url": url, "data_dir": str(data_dir), **settings}.items():
            patch.setenv(f"BOTBAY_{name.upper()}", value)
        load_settings.cache_clear()
        storage.store.cache_clear()
        yield
    load_settings.cache_clear()
    storage.store.cache_clear()


@contextlib.contextmanager
def fresh_settings(postgres: EmbeddedPostgres, data_dir: Path, **settings: str) -> Iterator[str]:
    """A new database with all tables, and this process's settings for it. Gives the database's address."""
    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres.url(), dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE botbay".encode())
    url = postgres.url().rsplit("/", 1)[0] + f"/{name}"
    with _settings(url, data_dir, **settings):
        yield url


@pytest.fixture
async def database(postgres: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[str]:
    """A database of the test's own."""
    with fresh_settings(postgres, tmp_path) as url:
        yield url
        await dispose()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True, kw_only=True)
class Site:
    """A running web server; this process's settings are its settings, so services reach its database."""

    url: str
    work_dir: Path
    server: subprocess.Popen[bytes]

    async def login_link(self, name: str = accounts.ADMIN) -> str:
        async with transaction() as session:
            account = await accounts.find_account(session, name)
            if account is None:
                account = await accounts.ensure_admin(session)
            return accounts.login_url(await accounts.issue_login_link(session, account))


@contextlib.contextmanager
def running_site(postgres: EmbeddedPostgres, directory: Path, **settings: str) -> Iterator[Site]:
    port, data_dir, work_dir = free_port(), directory / "data", directory / "cwd"
    work_dir.mkdir()
    with fresh_settings(postgres, data_dir, web_port=str(port), **settings):
        log = directory / "web.log"
        with log.open("wb") as output:
            server = subprocess.Popen(
                [sys.executable, "-m", "web"],
                cwd=work_dir,
                env={**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(REPOSITORY)])},
                stdout=output,
                stderr=output,
            )
        try:
            url = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + 60
            while not _healthy(url):
                if server.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(log.read_text())
                time.sleep(0.1)
            yield Site(url=url, work_dir=work_dir, server=server)
        finally:
            server.terminate()
            server.wait(20)


def _healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").status_code == 200
    except httpx.TransportError:
        return False


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("chromium is missing: apt-get install chromium fonts-noto-cjk")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=_CHROMIUM)
        try:
            yield browser
        finally:
            await browser.close()


@contextlib.asynccontextmanager
async def window(browser: Browser, size: tuple[int, int]) -> AsyncIterator[Page]:
    """A page with cookies of its own. What it asks of other hosts, and what fails in it, fails the test."""
    context: BrowserContext = await browser.new_context(
        viewport={"width": size[0], "height": size[1]}, locale="zh-CN", has_touch=size == PHONE
    )
    page = await context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: None if _ours(request.url) else wrong.append(request.url))
    yield page
    await context.close()
    assert not wrong, wrong


def _ours(url: str) -> bool:
    # The browser shows PDFs with a page of its own.
    return url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "chrome-extension:", "chrome:"))
