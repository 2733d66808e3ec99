"""Files by key, in a local folder or ``s3://…``: streamed with constant memory, written whole or not at all."""

import functools
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.exceptions import NotFoundError as _NotFound
from obstore.store import LocalStore, ObjectStore, S3Store

from botbay.settings import load_settings

CHUNK = 1024 * 1024  # bytes


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
        return S3Store.from_url(url)
    folder = Path(url.removeprefix("file://")) if url else settings.data_dir / "storage"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return LocalStore(folder.resolve())


async def put(key: str, chunks: AsyncIterator[bytes]) -> Stored:
    """Write a stream under a key. Nothing is visible there before the stream has ended well."""
    digest, size = hashlib.sha256(), 0

    async def measured() -> AsyncIterator[bytes]:
        nonlocal size
        async for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            yield chunk
        if size == 0:
            yield b""

    try:
        await obstore.put_async(store(), key, measured())
    except (BaseError, OSError) as error:
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
    async for chunk in result.stream(min_chunk_size=CHUNK):
        yield bytes(chunk)


async def delete(key: str) -> None:
    """Remove what is under a key; nothing there is fine."""
    try:
        await obstore.delete_async(store(), key)
    except (_NotFound, FileNotFoundError):
        return
    except (BaseError, OSError) as error:
        raise StorageUnavailable(f"文件删不掉：{_first_line(error)}") from error


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
