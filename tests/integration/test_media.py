"""Files that messages bring: fetched with patience, stored once, within limits, and never half."""

import asyncio
import contextlib
import hashlib
import io
import os
import resource
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer
from sqlalchemy import func, select, update

from botbay import jobs, storage
from botbay.chat import files, messages, quota
from botbay.chat.housekeeping import erase_file
from botbay.chat.models import Blob, Bot, BotState, File, FileKind, FileState, Message
from botbay.db import transaction
from botbay.jobs import Later, Work
from connector import media
from connector.drivers.base import DriverError, DriverUnavailable, Media, MediaGone, MessageKind
from tests.conftest import use_settings
from tests.media_fixture import BOT, Gateway, awaited, file_of, once, queued, states
from tests.media_fixture import media as given

pytestmark = pytest.mark.usefixtures("database")

PNG = b"\x89PNG\r\n\x1a\n" + b"\x11" * 5000 + b"IEND\xaeB`\x82"
_MB = 1024 * 1024


def stored_keys(folder: Path) -> list[str]:
    root = folder / "data" / "storage"
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


async def erase_what_is_to_be_erased() -> None:
    for payload in await queued(files.ERASE_JOB):
        await erase_file(Work(payload=payload, attempt=0, final=False))


async def bytes_of(key: str) -> bytes:
    return b"".join([chunk async for chunk in storage.get(key)])


# --- the way of a file -------------------------------------------------------------------------------------


async def test_a_file_is_stored_recognised_and_named() -> None:
    file_id = await awaited()
    await once(media.fetcher(Gateway(lambda _: given(PNG[:100], PNG[100:], name="..\\合影\u202e.png"))), file_id)
    file, blob = await file_of(file_id)
    assert blob is not None
    assert (file.state, file.kind, file.name) == (FileState.STORED, FileKind.IMAGE, "合影.png")
    assert (blob.mime, blob.size, blob.sha256) == ("image/png", len(PNG), hashlib.sha256(PNG).hexdigest())
    assert await bytes_of(blob.key) == PNG
    assert [payload["blob_id"] for payload in await queued(files.PREVIEW_JOB)] == [blob.id]


async def test_a_lying_extension_gets_the_true_kind() -> None:
    file_id = await awaited("合同.docx")
    await once(media.fetcher(Gateway(lambda _: given(b"MZ\x90\x00" + bytes(200)))), file_id)
    file, blob = await file_of(file_id)
    assert blob is not None
    assert (file.kind, file.name) == (FileKind.OTHER, "合同.docx")
    assert blob.mime not in files.SAFE_INLINE


async def test_the_same_bytes_of_five_messages_are_stored_once_and_go_with_the_last(tmp_path: Path) -> None:
    fetch = media.fetcher(Gateway(lambda _: given(PNG)))
    ids = [await awaited(f"{number}.png") for number in range(5)]
    await asyncio.gather(*(once(fetch, file_id) for file_id in ids))
    await erase_what_is_to_be_erased()
    assert len(stored_keys(tmp_path)) == 1
    for left in (4, 3, 2, 1, 0):
        async with transaction() as session:
            message_id = await session.scalar(select(func.min(File.message_id)))
            await messages.erase(session, Message.id == message_id)
        await erase_what_is_to_be_erased()
        assert len(stored_keys(tmp_path)) == (1 if left else 0)
        async with transaction() as session:
            assert await session.scalar(select(func.count(File.id))) == left


async def test_equal_bytes_attached_at_once_while_the_last_that_has_them_goes(tmp_path: Path) -> None:
    fetch = media.fetcher(Gateway(lambda _: given(PNG)))
    for _ in range(8):
        first = await awaited()
        await once(fetch, first)
        others = [await awaited() for _ in range(3)]

        async def forget(file_id: int) -> None:
            async with transaction() as session:
                message_id = await session.scalar(select(File.message_id).where(File.id == file_id))
                await messages.erase(session, Message.id == message_id)

        await asyncio.gather(forget(first), *(once(fetch, file_id) for file_id in others))
        await erase_what_is_to_be_erased()
        for file_id in others:
            file, blob = await file_of(file_id)
            assert file.state == FileState.STORED
            assert blob is not None
            assert await bytes_of(blob.key) == PNG
        assert len(stored_keys(tmp_path)) == 1
        await asyncio.gather(*(forget(file_id) for file_id in others))
        await erase_what_is_to_be_erased()
        assert stored_keys(tmp_path) == []


async def test_a_file_recalled_while_it_is_fetched_leaves_nothing(tmp_path: Path) -> None:
    file_id = await awaited()

    async def recalled() -> AsyncIterator[bytes]:
        yield PNG
        async with transaction() as session:
            await messages.recall(session, Message.source_id.is_not(None))

    await once(media.fetcher(Gateway(lambda _: Media(name="", size=None, chunks=recalled()))), file_id)
    await erase_what_is_to_be_erased()
    assert stored_keys(tmp_path) == []


# --- limits ------------------------------------------------------------------------------------------------


async def never_read() -> AsyncIterator[bytes]:
    raise AssertionError("the bytes are not wanted")
    yield b""


async def test_too_large_is_told_before_a_byte_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    file_id = await awaited("录像.mp4")
    size = int(1.2 * 1024**3)
    await once(media.fetcher(Gateway(lambda _: Media(name="", size=size, chunks=never_read()))), file_id)
    file, _ = await file_of(file_id)
    assert (file.state, file.reason) == (FileState.FAILED, "太大了（1.2 GB，上限 1 GB）")
    assert await queued(files.fetch_job(BOT)) == []


async def test_too_large_is_told_when_it_is_passed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_settings(monkeypatch, file_limit_mb=1)
    file_id, seen = await awaited(), 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal seen
        while True:
            seen += 1
            yield bytes(100_000)

    await once(media.fetcher(Gateway(lambda _: Media(name="", size=None, chunks=endless()))), file_id)
    file, _ = await file_of(file_id)
    assert (file.state, file.reason) == (FileState.FAILED, "太大了（超过 1 MB，上限 1 MB）")
    assert seen < 100
    assert stored_keys(tmp_path) == []


async def test_the_quota_is_told_and_after_clearing_the_file_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    use_settings(monkeypatch, quota_gb=2 / 1024)
    fetch = media.fetcher(Gateway(lambda source: given(*[os.urandom(_MB)], os.urandom(500_000), size=None)))
    first, second = await awaited(), await awaited()
    await once(fetch, first)
    await once(fetch, second)
    file, _ = await file_of(second)
    assert (file.state, file.reason) == (
        FileState.FAILED,
        "存储空间用满了（一共 2 MB，已用 1.5 MB），清理后可以重新取",
    )
    async with transaction() as session:
        message_id = await session.scalar(select(File.message_id).where(File.id == first))
        await messages.erase(session, Message.id == message_id)
        assert await files.retry(session, second)
    assert await queued(files.fetch_job(BOT)) == [{"file_id": second}]
    await once(fetch, second)
    assert (await file_of(second))[0].state == FileState.STORED


async def test_many_at_once_do_not_pass_the_quota(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_settings(monkeypatch, quota_gb=3 / 1024)
    fetch = media.fetcher(Gateway(lambda source: given(os.urandom(_MB))))
    ids = [await awaited() for _ in range(8)]
    await asyncio.gather(*(once(fetch, file_id) for file_id in ids))
    await erase_what_is_to_be_erased()
    async with transaction() as session:
        assert (await quota.room(session)).used == 3 * _MB
    assert (await states())[FileState.FAILED] == 5
    assert len(stored_keys(tmp_path)) == 3


async def test_only_what_failed_is_tried_again_by_hand() -> None:
    file_id = await awaited()
    async with transaction() as session:
        assert not await files.retry(session, file_id)
        assert not await files.retry(session, 10**9)


# --- what does not come ------------------------------------------------------------------------------------


async def all_tries(gateway: Gateway, file_id: int) -> int:
    """Run a fetch and the jobs that it leaves, without their pauses; how many runs there were."""
    fetch = media.fetcher(gateway)
    await once(fetch, file_id)
    runs = 1
    while waiting := [job for job in await queued(files.fetch_job(BOT)) if job["tries"] == runs]:
        await once(fetch, file_id, waiting[0]["tries"])
        runs += 1
    return runs


def raising(error: Exception) -> Callable[[str], Media]:
    def give(source: str) -> Media:
        raise error

    return give


async def test_what_is_gone_is_told_at_once() -> None:
    file_id = await awaited()
    assert await all_tries(Gateway(raising(MediaGone("这个文件在微信里已经取不到了"))), file_id) == 1
    file, _ = await file_of(file_id)
    assert (file.state, file.reason) == (FileState.FAILED, "这个文件在微信里已经取不到了")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DriverUnavailable("网关 60 秒没有应答"), "网关 60 秒没有应答（试了 8 次）"),
        (DriverError("网关给的文件读不懂。"), "网关给的文件读不懂（试了 8 次）"),
        (ValueError("a bug"), "取的时候出了意外（ValueError）（试了 8 次）"),
        (TimeoutError(), "文件一直没有传过来（试了 8 次）"),
    ],
)
async def test_what_never_comes_fails_after_its_tries(error: Exception, reason: str) -> None:
    file_id = await awaited()
    assert await all_tries(Gateway(raising(error)), file_id) == 8
    file, _ = await file_of(file_id)
    assert (file.state, file.reason) == (FileState.FAILED, reason)


async def test_silence_in_the_middle_is_a_try(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(media, "_SILENCE", 0.05)

    async def stuck() -> AsyncIterator[bytes]:
        yield PNG[:1000]
        await asyncio.sleep(60)

    file_id = await awaited()
    gateway = Gateway(lambda _: Media(name="", size=None, chunks=stuck()))
    assert await all_tries(gateway, file_id) == 8
    assert (await file_of(file_id))[0].reason == "文件传到一半就没有动静了（试了 8 次）"
    assert stored_keys(tmp_path) == []


async def test_a_gateway_that_is_away_is_waited_for_however_long() -> None:
    file_id = await awaited()
    gateway = Gateway(lambda _: given(PNG))
    fetch = media.fetcher(gateway)
    gateway.alive = False
    for _ in range(20):
        with pytest.raises(Later):
            await once(fetch, file_id)
    gateway.alive = True
    await once(fetch, file_id)
    assert (await file_of(file_id))[0].state == FileState.STORED


async def test_a_bot_that_is_logged_out_is_waited_for() -> None:
    file_id = await awaited()
    async with transaction() as session:
        await session.execute(update(Bot).values(state=BotState.SCANNING))
    with pytest.raises(Later):
        await once(media.fetcher(Gateway(raising(DriverUnavailable("没有登录")))), file_id)
    assert (await file_of(file_id))[0].state == FileState.PENDING


async def test_a_declared_size_that_is_not_reached_is_fetched_again() -> None:
    file_id = await awaited()
    came = iter([PNG[:2000], PNG[:3000], PNG])
    gateway = Gateway(lambda _: given(next(came), size=len(PNG)))
    assert await all_tries(gateway, file_id) == 3
    _, blob = await file_of(file_id)
    assert blob is not None
    assert (blob.size, blob.problem) == (len(PNG), "")


async def test_a_declared_size_that_is_never_reached_is_told(tmp_path: Path) -> None:
    file_id = await awaited()
    assert await all_tries(Gateway(lambda _: given(PNG[:2000], size=len(PNG))), file_id) == 8
    file, _ = await file_of(file_id)
    assert (file.state, file.reason) == (FileState.FAILED, f"没有收全（2000/{len(PNG)} 字节）（试了 8 次）")
    assert stored_keys(tmp_path) == []


async def test_nothing_at_all_is_no_file() -> None:
    file_id = await awaited()
    await all_tries(Gateway(lambda _: given()), file_id)
    assert (await file_of(file_id))[0].reason == "收到的是空的（试了 8 次）"


def a_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("一.txt", b"x" * 5000)
    return out.getvalue()


@pytest.mark.parametrize(
    "whole", [PNG, a_zip(), b"%PDF-1.7\n" + b"\x11" * 3000 + b"%%EOF", b"\xff\xd8\xff" + b"\x11" * 3000 + b"\xff\xd9"]
)
async def test_what_looks_cut_off_is_fetched_again(whole: bytes) -> None:
    mended, broken = await awaited(), await awaited()
    came = iter([whole[:2000], whole])
    assert await all_tries(Gateway(lambda _: given(next(came))), mended) == 2
    _, blob = await file_of(mended)
    assert blob is not None
    assert (blob.size, blob.problem) == (len(whole), "")
    assert await all_tries(Gateway(lambda _: given(whole[:2500])), broken) == 3
    file, blob = await file_of(broken)
    assert blob is not None  # half a file is better than none, and says that it is half
    assert (file.state, blob.size, blob.problem) == (FileState.STORED, 2500, "文件好像不完整：结尾缺了一段。")


async def test_a_run_again_after_its_effect_changes_nothing(tmp_path: Path) -> None:
    file_id = await awaited()
    gateway = Gateway(lambda _: given(PNG))
    await once(media.fetcher(gateway), file_id)
    await once(media.fetcher(gateway), file_id)
    assert gateway.asked == 1
    assert len(stored_keys(tmp_path)) == 1


# --- storage away, and back --------------------------------------------------------------------------------


@contextlib.contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file of this process may grow beyond ``size`` bytes: the operating system refuses the write, as when full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_full_disk_loses_nothing_and_shows_nothing_half(tmp_path: Path) -> None:
    data = os.urandom(12 * _MB)
    file_id = await awaited("大.bin")
    fetch = media.fetcher(Gateway(lambda _: given(*(data[start : start + _MB] for start in range(0, len(data), _MB)))))
    with full_disk(3 * _MB):
        for _ in range(3):
            with pytest.raises(Later):
                await once(fetch, file_id)
    await asyncio.sleep(0.2)
    assert stored_keys(tmp_path) == []
    assert (await file_of(file_id))[0].state == FileState.PENDING
    await once(fetch, file_id)
    _, blob = await file_of(file_id)
    assert blob is not None
    assert await bytes_of(blob.key) == data


async def test_what_a_killed_process_had_half_written_is_swept(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "storage" / "files" / "2026"
    folder.mkdir(parents=True)
    old, young, whole = folder / "a#1", folder / "b#2", folder / "c"
    for path in (old, young, whole):
        path.write_bytes(b"half")
    for path in (old, whole):
        os.utime(path, (1_000_000, 1_000_000))
    assert await storage.sweep_unfinished(timedelta(days=1)) == 1
    assert stored_keys(tmp_path) == ["files/2026/b#2", "files/2026/c"]


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadedMotoServer]:
    """Storage in a bucket, over the real protocol."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    import urllib.request

    urllib.request.urlopen(urllib.request.Request(f"http://{host}:{port}/botbay", method="PUT")).close()
    use_settings(monkeypatch, storage_url="s3://botbay/archive")
    yield server
    with contextlib.suppress(Exception):
        server.stop()


async def test_a_bucket_keeps_files_whole(s3: ThreadedMotoServer) -> None:
    data = os.urandom(11 * _MB)
    file_id = await awaited()
    await once(
        media.fetcher(Gateway(lambda _: given(*(data[at : at + _MB] for at in range(0, len(data), _MB))))), file_id
    )
    _, blob = await file_of(file_id)
    assert blob is not None
    assert await bytes_of(blob.key) == data
    part = b"".join([chunk async for chunk in storage.get_range(blob.key, 5 * _MB - 3, 5 * _MB + 7)])
    assert part == data[5 * _MB - 3 : 5 * _MB + 7]
    assert b"".join([chunk async for chunk in storage.get_range(blob.key, len(data) - 5, len(data))]) == data[-5:]
    assert [found.key async for page in storage.listing("files") for found in page] == [blob.key]
    await storage.delete(blob.key)
    with pytest.raises(storage.NotStored):
        await bytes_of(blob.key)


async def test_nothing_of_a_broken_stream_is_in_the_bucket(s3: ThreadedMotoServer) -> None:
    file_id = await awaited()
    gateway = Gateway(lambda _: given(os.urandom(6 * _MB), os.urandom(_MB), size=20 * _MB))
    await once(media.fetcher(gateway), file_id)
    assert [found.key async for page in storage.listing("files") for found in page] == []
    assert (await file_of(file_id))[0].state == FileState.PENDING


async def test_a_bucket_that_is_away_is_waited_for_and_nothing_is_lost(
    s3: ThreadedMotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id = await awaited()
    fetch = media.fetcher(Gateway(lambda _: given(PNG)))
    where = os.environ["AWS_ENDPOINT_URL"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    storage.store.cache_clear()
    with pytest.raises(Later):
        await once(fetch, file_id)
    assert (await file_of(file_id))[0].state == FileState.PENDING
    monkeypatch.setenv("AWS_ENDPOINT_URL", where)
    storage.store.cache_clear()
    await once(fetch, file_id)
    _, blob = await file_of(file_id)
    assert blob is not None
    assert await bytes_of(blob.key) == PNG


async def test_a_real_queue_brings_it_once_the_storage_is_back(tmp_path: Path) -> None:
    """The folder cannot be made at first, for a file stands in its way."""
    root = tmp_path / "data"
    root.mkdir(exist_ok=True)
    (root / "storage").mkdir()
    (root / "storage" / "files").write_bytes(b"in the way")
    file_id = await awaited("会议.png", MessageKind.FILE)
    async with transaction() as session:
        await jobs.enqueue(session, [jobs.NewJob(name=files.fetch_job(BOT), payload={"file_id": file_id})])
    worker = asyncio.create_task(jobs.run({files.fetch_job(BOT): media.fetcher(Gateway(lambda _: given(PNG)))}))
    try:
        await asyncio.sleep(2)
        assert (await file_of(file_id))[0].state == FileState.PENDING
        (root / "storage" / "files").unlink()
        async with asyncio.timeout(60):
            while (await file_of(file_id))[0].state != FileState.STORED:  # noqa: ASYNC110 (nothing tells)
                await asyncio.sleep(0.2)
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)


async def test_a_blob_that_has_a_file_is_never_erased() -> None:
    file_id = await awaited()
    await once(media.fetcher(Gateway(lambda _: given(PNG))), file_id)
    async with transaction() as session:
        blob_id = await session.scalar(select(Blob.id))
        assert blob_id is not None
        await files.release(session, [blob_id])
    assert (await file_of(file_id))[1] is not None
