"""What makes text of files: fed by the queue, read once however often the bytes come, and never stuck on a bad one."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import func, select, text, update

from botbay import capabilities, storage
from botbay.capabilities import Capability, Worker
from botbay.chat import housekeeping, messages, readings
from botbay.chat.models import Blob, File, Message, Reading
from botbay.chat.readings import JOBS, Read, Unreadable
from botbay.db import transaction
from botbay.jobs import Later, Work
from botbay.processes import made_by
from botbay.settings import load_settings
from connector import media
from tests.integration.test_previews import bring, picture
from tests.media_fixture import Gateway, awaited, file_of, once, queued
from tests.media_fixture import media as given

pytestmark = pytest.mark.usefixtures("database")

PICTURE = picture(Image.new("RGB", (90, 60), "white"))


@dataclass
class Fake:
    """A reader that does what it is told to, time after time; the last holds on."""

    does: list[Callable[[bytes], Awaitable[Read]]] = field(default_factory=list)
    opened: int = 0
    closed: int = 0
    read_: list[bytes] = field(default_factory=list)

    @contextlib.asynccontextmanager
    async def reader(self) -> AsyncIterator["Fake"]:
        self.opened += 1
        try:
            yield self
        finally:
            self.closed += 1

    async def read(self, source: Path) -> Read:
        content = await asyncio.to_thread(source.read_bytes)
        self.read_.append(content)
        does = self.does.pop(0) if len(self.does) > 1 else self.does[0]
        return await does(content)

    @property
    def capability(self) -> Capability:
        job = "read_picture"
        return Capability(name="fake", title="试读", what="图片", job=job, largest=10_000, reader=self.reader)


def says(words: str) -> Callable[[bytes], Awaitable[Read]]:
    async def read(content: bytes) -> Read:
        return Read(text=words)

    return read


def raises(error: Exception) -> Callable[[bytes], Awaitable[Read]]:
    async def read(content: bytes) -> Read:
        raise error

    return read


def work(blob: Blob, *, final: bool = False) -> Work:
    return Work(payload={"blob_id": blob.id}, attempt=7 if final else 0, final=final)


async def reading_of(blob: Blob) -> Reading | None:
    async with transaction() as session:
        return await session.get(Reading, blob.id)


async def handled(fake: Fake, blob: Blob, *, final: bool = False) -> Reading | None:
    async with Worker(fake.capability) as worker:
        await worker.handle(work(blob, final=final))
    return await reading_of(blob)


@contextlib.asynccontextmanager
async def serving(capability: Capability) -> AsyncIterator[None]:
    task = asyncio.create_task(capabilities.serve(capability))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until_read(blob: Blob, seconds: float) -> Reading:
    async with asyncio.timeout(seconds):
        while True:
            if (found := await reading_of(blob)) is not None:
                return found
            await asyncio.sleep(0.2)


def appears(path: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)


# --- the queue ---------------------------------------------------------------------------------------------


async def test_a_picture_that_comes_is_read_and_a_second_time_is_not() -> None:
    fake = Fake([says("会议室 302")])
    blob = await bring(PICTURE)
    async with serving(fake.capability):
        found = await until_read(blob, 30)
        assert (found.text, found.problem) == ("会议室 302", "")
        again = await awaited("同一张.png")
        await once(media.fetcher(Gateway(lambda _: given(PICTURE))), again)
        assert (await file_of(again))[0].blob_id == blob.id
    assert await queued("read_picture") == []
    assert fake.read_ == [PICTURE]
    assert fake.opened == fake.closed == 1


async def test_a_reader_that_fails_is_opened_anew_and_tries_again() -> None:
    fake = Fake([raises(RuntimeError("身份证 110101199003074514")), raises(MemoryError()), says("好了")])
    blob = await bring(PICTURE)
    async with serving(fake.capability):
        assert (await until_read(blob, 60)).text == "好了"
    assert (fake.opened, fake.closed) == (3, 3)
    async with transaction() as session:  # what failed is told nowhere in its own words
        log = await session.scalars(text("SELECT row_to_json(l)::text FROM pgqueuer_log l"))
        assert not any("110101" in line for line in log)


async def test_a_killed_process_leaves_its_picture_to_the_next(tmp_path: Path) -> None:
    blob = await bring(PICTURE)
    program = """
import asyncio, contextlib, pathlib, sys
from botbay import capabilities

class Hangs:
    async def read(self, source):
        pathlib.Path(sys.argv[1]).touch()
        await asyncio.sleep(600)

@contextlib.asynccontextmanager
async def reader():
    yield Hangs()

capability = capabilities.Capability(
    name="fake", title="", what="图片", job="read_picture", largest=10_000, reader=reader
)
asyncio.run(capabilities.serve(capability))
"""
    begun = tmp_path / "begun"
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(begun))
    try:
        await asyncio.to_thread(appears, begun)
        assert await reading_of(blob) is None
    finally:
        child.kill()
        await child.wait()
    async with serving(Fake([says("第二个读的")]).capability):
        assert (await until_read(blob, 90)).text == "第二个读的"


async def test_a_picture_that_kills_every_process_is_given_up() -> None:
    blob, other = await bring(PICTURE), await bring(picture(Image.new("RGB", (91, 60), "white")))
    program = """
import asyncio, contextlib, os, signal, sys
from botbay.capabilities import Capability, Worker
from botbay.jobs import Work

class Dies:
    async def read(self, source):
        os.kill(os.getpid(), signal.SIGKILL)

@contextlib.asynccontextmanager
async def reader():
    yield Dies()

async def main():
    capability = Capability(name="fake", title="", what="图片", job="read_picture", largest=10_000, reader=reader)
    await Worker(capability).handle(Work(payload={"blob_id": int(sys.argv[1])}, attempt=0, final=False))

asyncio.run(main())
"""
    for _ in range(3):
        died = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", program, str(blob.id)], timeout=60)
        assert died.returncode == -signal.SIGKILL
        assert await reading_of(blob) is None
    fake = Fake([says("好的一张")])
    found = await handled(fake, blob)
    assert found is not None
    assert found.problem == "图片没读出来，一读程序就停了"
    assert fake.read_ == []
    found = await handled(fake, other)
    assert found is not None
    assert found.text == "好的一张"
    assert list((load_settings().data_dir / "reading").iterdir()) == []


# --- what is stored ----------------------------------------------------------------------------------------


async def test_read_again_nothing_changes() -> None:
    fake = Fake([says("第一次"), says("第二次")])
    blob = await bring(PICTURE)
    first = await handled(fake, blob)
    again = await handled(fake, blob)
    assert first is not None and again is not None
    assert (again.text, again.read_at) == ("第一次", first.read_at)
    assert len(fake.read_) == 1


async def test_of_two_at_once_one_is_kept() -> None:
    blob = await bring(PICTURE)
    one, other = Fake([says("一")]), Fake([says("一")])
    await asyncio.gather(handled(one, blob), handled(other, blob))
    async with transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Reading)) == 1


@pytest.mark.parametrize(
    ("does", "problem"),
    [
        (raises(Unreadable("图片坏了，打不开")), "图片坏了，打不开"),
        (raises(RuntimeError("x")), "图片没读出来，试了几次都不成"),
        (raises(OSError(28, "No space left on device")), "图片没读出来，试了几次都不成"),
    ],
)
async def test_the_last_try_leaves_a_reason(does: Callable[[bytes], Awaitable[Read]], problem: str) -> None:
    blob = await bring(PICTURE)
    found = await handled(Fake([does]), blob, final=True)
    assert found is not None
    assert (found.text, found.problem) == ("", problem)


async def test_bytes_that_are_missing_or_too_many_are_told() -> None:
    fake = Fake([says("x")])
    blob = await bring(PICTURE)
    await storage.delete(blob.key)
    found = await handled(fake, blob)
    assert found is not None
    assert found.problem == "文件的内容不见了"
    large = await bring(picture(Image.effect_noise((300, 300), 60)))
    found = await handled(fake, large)
    assert found is not None
    assert found.problem == "图片太大（超过 9.8 KB），没有读"
    assert fake.read_ == []


async def test_what_went_meanwhile_leaves_nothing() -> None:
    blob = await bring(PICTURE)

    async def erasing(content: bytes) -> Read:
        async with transaction() as session:
            await messages.erase(session, Message.id.is_not(None))
        return Read(text="秘密")

    fake = Fake([erasing])
    assert await handled(fake, blob) is None
    assert await handled(fake, blob) is None  # and the job comes once more
    assert len(fake.read_) == 1
    async with transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Blob)) == 0


async def test_a_reading_goes_with_the_last_message_that_brought_the_bytes() -> None:
    fake = Fake([says("秘密")])
    blob = await bring(PICTURE)
    await bring(PICTURE)
    assert await handled(fake, blob) is not None
    async with transaction() as session:
        ids = list(await session.scalars(select(File.message_id).order_by(File.id)))
        await messages.recall(session, Message.id == ids[0])
    assert await reading_of(blob) is not None
    async with transaction() as session:
        await messages.recall(session, Message.id == ids[1])
    assert await reading_of(blob) is None


async def test_what_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    blob = await bring(PICTURE)

    def away(*args: object) -> object:
        raise storage.StorageUnavailable("网断了")

    fake = Fake([raises(Later(timedelta(minutes=1))), says("来了")])
    with monkeypatch.context() as patch:
        patch.setattr(storage, "local_path", away)
        with pytest.raises(Later):
            await handled(fake, blob, final=True)
    with pytest.raises(Later):  # the engine is away
        await handled(fake, blob, final=True)
    found = await handled(fake, blob, final=True)
    assert found is not None
    assert found.text == "来了"
    assert (fake.opened, fake.closed) == (2, 2)


async def test_a_picture_in_a_bucket_is_fetched_first(monkeypatch: pytest.MonkeyPatch) -> None:
    blob = await bring(PICTURE)

    async def chunks(key: str) -> AsyncIterator[bytes]:
        for at in range(0, len(PICTURE), 50):
            yield PICTURE[at : at + 50]

    monkeypatch.setattr(storage, "local_path", lambda key: None)
    monkeypatch.setattr(storage, "get", chunks)
    fake = Fake([says("桶里的")])
    assert await handled(fake, blob) is not None
    assert fake.read_ == [PICTURE]


async def test_a_job_that_was_lost_is_put_in_again() -> None:
    blob = await bring(PICTURE)
    read = await bring(picture(Image.new("RGB", (92, 60), "white")))
    async with transaction() as session:
        await session.execute(text("DELETE FROM pgqueuer"))
        await session.execute(update(Blob).values(stored_at=blob.stored_at.replace(year=2020)))
        await readings.store(session, read.id, Read(text="读过了"))
    await housekeeping.read_forgotten()
    await housekeeping.read_forgotten()
    assert await queued("read_picture") == [{"blob_id": blob.id}]


# --- what is installed -------------------------------------------------------------------------------------


def test_every_kind_of_file_that_can_be_read_has_its_reader_and_its_process() -> None:
    loaded = [capabilities.load(name) for name in capabilities.names()]
    assert {each.job for each in loaded} == set(JOBS.values())
    assert len({each.job for each in loaded}) == len(loaded)
    entries = entry_points(group="botbay.processes")
    for each in loaded:
        (process,) = made_by(entries[each.name], load_settings())
        assert process.title == each.title
        assert list(process.command[1:]) == ["-m", "botbay.capabilities", each.name]


async def test_its_process_starts_and_ends_cleanly() -> None:
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "botbay.capabilities"]
    wrong = await asyncio.to_thread(subprocess.run, [*command, "ocrr"], capture_output=True, text=True, env=environment)
    assert wrong.returncode == 1
    assert wrong.stderr.strip() == "botbay：没有叫 ocrr 的，有：documents、ocr"
    blob = await bring("第一行\n第二行\n".encode("gb18030"), "说明.txt")
    child = await asyncio.create_subprocess_exec(*command, "documents", env=environment)
    try:
        assert (await until_read(blob, 60)).text == "第一行\n第二行"
    finally:
        child.terminate()
        assert await asyncio.wait_for(child.wait(), 20) == 0
