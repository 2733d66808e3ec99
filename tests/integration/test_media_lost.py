"""Media that arrive truncated, late or never, and a gateway that dies between a message and its media.

The real Node gateway with the mock puppet, one bot's runner with the Wechaty driver, its own queue and storage.
"""

import asyncio
import contextlib
import functools
import hashlib
import os
import random
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import func, select

from botbay import jobs
from botbay.chat import consent
from botbay.chat.models import Blob, Contact, File, FileState, Message
from botbay.db import transaction
from botbay.settings import BotConfig, load_settings
from connector import bot as runner
from connector.bot import BotRunner
from connector.drivers.wechaty import Timing, WechatyDriver
from tests.conftest import use_settings
from tests.gateway_fixture import MockGateway
from tests.integration.test_bot import until
from tests.integration.test_wechaty_driver import endpoint

pytestmark = pytest.mark.usefixtures("database")

ZHANG = "wxid_zhang"
QUICK = Timing(check_every=1, check_timeout=2, call_timeout=3, send_timeout=3, retry_first=0.2, retry_last=1)


@pytest.fixture
async def gateway(monkeypatch: pytest.MonkeyPatch, database: str) -> AsyncIterator[MockGateway]:
    """Started and logged in; the bot behind it keeps what Zhang says in private."""
    use_settings(monkeypatch, login_whitelist="wxid_bot")
    monkeypatch.setattr(runner.jobs, "run", functools.partial(jobs.run, max_attempts=2))
    gateway = MockGateway()
    await gateway.start()
    config = BotConfig(name="harbour", endpoint=endpoint(gateway))
    driver = WechatyDriver("harbour", endpoint(gateway), timing=QUICK)
    task = asyncio.create_task(BotRunner(config, driver, load_settings(), waits=False).run())
    try:
        await log_in(gateway)
        await gateway.say(ZHANG, "hello bot")
        await until(known)
        async with transaction() as session:
            zhang = await session.scalar(select(Contact).where(Contact.wechat_id == ZHANG))
            assert zhang is not None
            await consent.agree(session, zhang.id, None)
        yield gateway
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await gateway.stop()


async def log_in(gateway: MockGateway) -> None:
    await gateway.started()
    await gateway.contact(ZHANG, "老张")
    await gateway.login("小港", "wxid_bot")


async def known() -> bool:
    async with transaction() as session:
        return await session.scalar(select(Contact.id).where(Contact.wechat_id == ZHANG)) is not None


async def file_of(source_id: str) -> tuple[str, str, str | None] | None:
    """State, reason and sha256."""
    async with transaction() as session:
        row = (
            await session.execute(
                select(File.state, File.reason, Blob.sha256)
                .join(Message, Message.id == File.message_id)
                .outerjoin(Blob, Blob.id == File.blob_id)
                .where(Message.source_id == source_id)
            )
        ).first()
    return None if row is None else (row.state, row.reason, row.sha256)


async def until_stored(source_id: str, whole: bytes, timeout: float = 60) -> None:
    async def stored() -> bool:
        return await file_of(source_id) == (FileState.STORED, "", hashlib.sha256(whole).hexdigest())

    await until(stored, timeout)


class Web:
    """Serves bytes: cut short for the first ``cuts`` times, and not at all while ``held`` is not set."""

    def __init__(self, whole: bytes, cuts: int = 0) -> None:
        self.asked = 0
        self.held = Event()
        self.held.set()
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.asked += 1
                cut = web.asked <= cuts
                web.held.wait(60)
                self.send_response(200)
                self.send_header("Content-Length", str(len(whole)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(whole[: len(whole) // 3] if cut else whole)
                self.close_connection = True

            def log_message(self, *args: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    def __enter__(self) -> str:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}/file"

    def __exit__(self, *exc: object) -> None:
        self.held.set()
        self._server.shutdown()
        self._server.server_close()


async def test_a_file_that_is_cut_short_is_fetched_again_until_it_is_whole(gateway: MockGateway) -> None:
    whole = random.Random(1).randbytes(500_000)
    web = Web(whole, cuts=2)
    with web as url:
        source = await gateway.say(ZHANG, kind="file", form="url", url=url, file_name="合同.pdf")
        await until_stored(source, whole)
    assert web.asked == 3


async def test_a_file_that_is_still_being_written_is_not_taken_for_whole(gateway: MockGateway, tmp_path: Path) -> None:
    """A puppet tells of a file and has written a part of it: its stream waits, and then goes on."""
    whole = random.Random(2).randbytes(400_000)
    pipe = tmp_path / "录像.mp4"
    os.mkfifo(pipe)
    slow = await gateway.say(ZHANG, kind="video", file=pipe, form="stream")
    other = tmp_path / "照片.png"
    other.write_bytes(random.Random(3).randbytes(200_000))
    quick = await gateway.say(ZHANG, kind="image", file=other)

    def write() -> None:
        with pipe.open("wb", buffering=0) as out:
            out.write(whole[:100_000])
            arrived.wait(30)
            with contextlib.suppress(OSError):
                out.write(whole[100_000:])

    arrived = Event()
    writer = Thread(target=write, daemon=True)
    writer.start()
    await until_stored(quick, other.read_bytes())  # one that hangs keeps no other waiting
    found = await file_of(slow)
    assert found is not None
    assert found[0] == FileState.PENDING
    arrived.set()
    await until_stored(slow, whole)
    writer.join()


async def test_media_that_never_come_are_shown_as_missing_with_the_reason(gateway: MockGateway) -> None:
    await gateway.faults(mediaGone="the file is expired")
    source = await gateway.say(ZHANG, kind="file", file_name="旧合同.pdf")

    async def failed() -> bool:
        found = await file_of(source)
        return found is not None and found[0] == FileState.FAILED and bool(found[1])

    await until(failed, 60)


@pytest.mark.parametrize("remembers", [True, False])
async def test_a_gateway_that_dies_between_a_message_and_its_media(
    gateway: MockGateway, tmp_path: Path, remembers: bool
) -> None:
    path = tmp_path / "报价单.xlsx"
    path.write_bytes(random.Random(4).randbytes(300_000))
    web = Web(path.read_bytes())
    web.held.clear()
    with web as url:
        source = await gateway.say(ZHANG, kind="file", form="url", url=url, file_name=path.name)

        async def heard() -> bool:
            return await file_of(source) is not None

        await until(heard)
        await gateway.kill()
    await gateway.start()
    await log_in(gateway)
    if remembers:  # as a puppet that keeps its messages, and tells the last ones again
        await gateway.say(ZHANG, kind="file", file=path, message_id=source)
        await until_stored(source, path.read_bytes(), 90)
    else:

        async def failed() -> bool:
            found = await file_of(source)
            return found is not None and found[0] == FileState.FAILED and bool(found[1])

        await until(failed, 90)
    async with transaction() as session:
        count = await session.scalar(select(func.count()).where(Message.source_id == source))
    assert count == 1
