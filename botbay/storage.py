"""Files by key, in a local folder or ``s3://…``: streamed with constant memory, written whole or not at all."""

import asyncio
import contextlib
import functools
import hashlib
import os
import re
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError
from obstore.exceptions import NotFoundError as _NotFound
from obstore.store import LocalStore, ObjectStore, S3Store

from botbay.settings import load_settings

if TYPE_CHECKING:
    from obstore.store import RetryConfig

CHUNK = 1024 * 1024  # bytes
#: Of one stream that is written at most this much is held in memory: parts of the size that S3 asks for, two on the way.
_PART, _PARTS = 5 * 1024 * 1024, 2
#: A server that is away is told of soon; whoever waits for it tries again by themselves.
_RETRIES: "RetryConfig" = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}
#: What the local store calls a file that it is still writing.
_UNFINISHED = re.compile(r"#\d+$")


class StorageError(Exception):
    """The storage cannot be read or written now. The text is one line for people."""


class StorageUnavailable(StorageError):
    """It may be there later: the disk is full, or the server is away."""


class NotStored(StorageError):
    """There is nothing under this key."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What was written: its size in bytes and sha256 in hex."""

    key: str
    size: int
    sha256: str


@functools.cache
def store() -> ObjectStore:
    """The process's store: ``BOTBAY_STORAGE_URL``, else a folder in the data directory."""
    settings = load_settings()
    url = settings.storage_url
    if url is not None and url.startswith("s3://"):
        # Keys, region and endpoint come from the usual AWS_* variables.
        return S3Store.from_url(url, retry_config=_RETRIES)
    folder = _folder()
    assert folder is not None
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return LocalStore(folder)


def _folder() -> Path | None:
    """Where the local store is; None where it is not local."""
    settings = load_settings()
    url = settings.storage_url
    if url is not None and url.startswith("s3://"):
        return None
    return (Path(url.removeprefix("file://")) if url else settings.data_dir / "storage").resolve()


def local_path(key: str) -> Path | None:
    """The file under a key where storage is a local folder, to be read only; else None."""
    folder = _folder()
    return None if folder is None else folder / key


async def put(key: str, chunks: AsyncIterator[bytes]) -> Stored:
    """Write a stream under a key. Nothing is visible there before the stream has ended well; its errors come through."""
    digest, size, failure = hashlib.sha256(), 0, None

    async def measured() -> AsyncIterator[bytes]:
        nonlocal size, failure
        try:
            async for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                yield chunk
        except Exception as error:
            failure = error
            raise
        if size == 0:
            yield b""

    try:
        await obstore.put_async(store(), key, measured(), chunk_size=_PART, max_concurrency=_PARTS)
        if (path := local_path(key)) is not None:
            await asyncio.to_thread(_sync, path)
    except (BaseError, OSError) as error:
        if error is failure:
            raise  # the stream's own, whatever it is
        raise StorageUnavailable(f"文件存不进去：{_first_line(error)}") from error
    return Stored(key=key, size=size, sha256=digest.hexdigest())


async def get(key: str) -> AsyncIterator[bytes]:
    """The bytes under a key, in chunks. Raises NotStored before the first chunk where there are none."""
    try:
        result = await obstore.get_async(store(), key)
    except (_NotFound, FileNotFoundError):
        raise NotStored(f"存储里没有 {key}") from None
    except (BaseError, OSError) as error:
        raise StorageUnavailable(f"文件读不出来：{_first_line(error)}") from error
    try:
        async for chunk in result.stream(min_chunk_size=CHUNK):
            yield bytes(chunk)
    except (BaseError, OSError) as error:
        raise StorageUnavailable(f"文件读到一半断了：{_first_line(error)}") from error


@contextlib.asynccontextmanager
async def at_hand(key: str) -> AsyncIterator[Path]:
    """The bytes under a key as a file, to be read only: where they are, or a copy of what lies in a bucket.

    Raises NotStored, StorageUnavailable.
    """
    path = local_path(key)
    if path is not None:
        if not path.is_file():
            raise NotStored(f"存储里没有 {key}")
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="botbay-source-") as folder:
        path = Path(folder) / "source"
        with path.open("wb") as out:
            async for chunk in get(key):
                out.write(chunk)
        yield path


async def get_range(key: str, start: int, end: int) -> AsyncIterator[bytes]:
    """The bytes from ``start`` up to, not including, ``end``, in chunks. Raises NotStored, StorageUnavailable.

    Each chunk is a request of its own: a reader may take as long as it likes without a server losing patience.
    """
    while start < end:
        until = min(start + CHUNK, end)
        try:
            chunk = await obstore.get_range_async(store(), key, start=start, end=until)
        except (_NotFound, FileNotFoundError):
            raise NotStored(f"存储里没有 {key}") from None
        except (BaseError, OSError, ValueError) as error:
            raise StorageUnavailable(f"文件读不出来：{_first_line(error)}") from error
        if len(chunk) != until - start:
            raise StorageUnavailable("文件读不出来：存储里的比该有的短")
        yield bytes(chunk)
        start = until


async def size(key: str) -> int:
    """How many bytes are under a key. Raises NotStored, StorageUnavailable."""
    try:
        return (await obstore.head_async(store(), key))["size"]
    except (_NotFound, FileNotFoundError):
        raise NotStored(f"存储里没有 {key}") from None
    except (BaseError, OSError) as error:
        raise StorageUnavailable(f"文件读不出来：{_first_line(error)}") from error


async def delete(key: str) -> None:
    """Remove what is under a key; nothing there is fine."""
    try:
        await obstore.delete_async(store(), key)
    except (_NotFound, FileNotFoundError):
        return
    except (BaseError, OSError) as error:
        raise StorageUnavailable(f"文件删不掉：{_first_line(error)}") from error


@dataclass(frozen=True, kw_only=True)
class Listed:
    """An object in storage."""

    key: str
    written_at: datetime


async def listing(prefix: str) -> AsyncIterator[list[Listed]]:
    """What is stored under keys that begin with ``prefix`` (a folder, without the last slash), in pages."""
    try:
        async for page in obstore.list(store(), prefix, chunk_size=1000):
            yield [Listed(key=item["path"], written_at=item["last_modified"]) for item in page]
    except (BaseError, OSError) as error:
        raise StorageUnavailable(f"存储列不出来：{_first_line(error)}") from error


async def sweep_unfinished(older: timedelta) -> int:
    """Remove what a process that was killed had half written into the local folder; how many there were.

    Nobody sees these under a key. In a bucket they are parts of uploads, which a rule of the bucket's ends.
    """
    folder = _folder()
    return (
        0 if folder is None else await asyncio.to_thread(_sweep_unfinished, folder, time.time() - older.total_seconds())
    )


def _sweep_unfinished(folder: Path, before: float) -> int:
    removed = 0
    for parent, _, names in os.walk(folder):
        for path in (Path(parent, name) for name in names if _UNFINISHED.search(name)):
            if path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
                removed += 1
    return removed


def _sync(path: Path) -> None:
    """Have the disk hold a file and its place in the folder before anybody is told that it is stored."""
    for name in (path, path.parent):
        handle = os.open(name, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


async def check() -> str | None:
    """Write and read a probe; what is wrong, in one line, or None."""

    async def probe() -> AsyncIterator[bytes]:
        yield b"ok"

    try:
        await put(".probe", probe())
        await delete(".probe")
    except (StorageError, OSError) as error:
        return f"{error}。检查 BOTBAY_STORAGE_URL 和磁盘空间。"
    return None


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
