"""How fast a file of one GB is archived, and how much memory that takes above idle."""

import asyncio
import contextlib
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from botbay import schema
from botbay.db import dispose
from botbay.postgres import EmbeddedPostgres
from connector import media
from connector.drivers.base import Media
from tests.conftest import use_settings
from tests.media_fixture import Gateway, awaited, file_of, once
from tests.media_fixture import media as given

_MB = 1024 * 1024
_SIZE = 1024 * _MB
_CHUNK = 64 * 1024  # as gateways send it


async def _film() -> AsyncIterator[bytes]:
    block = os.urandom(_CHUNK)
    for number in range(_SIZE // _CHUNK):
        yield number.to_bytes(8, "big") + block[8:]


async def _measure() -> None:
    await schema.migrate()
    gateway = Gateway(lambda source: given(b"warm up"))
    fetch = media.fetcher(gateway)
    await once(fetch, await awaited("小.bin"))
    process = psutil.Process()
    idle = peak = process.memory_info().rss

    async def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, process.memory_info().rss)
            await asyncio.sleep(0.02)

    gateway.give = lambda source: Media(name="会议录像.mp4", size=_SIZE, chunks=_film())
    file_id = await awaited("会议录像.mp4")
    watching = asyncio.create_task(watch())
    started, cpu = time.perf_counter(), time.process_time()
    await once(fetch, file_id)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching
    _, blob = await file_of(file_id)
    assert blob is not None and blob.size == _SIZE
    print(
        json.dumps(
            {
                "mb": _SIZE // _MB,
                "idle_rss_mb": round(idle / _MB),
                "rss_above_idle_mb": round((peak - idle) / _MB, 1),
                "mb_per_s": round(_SIZE / _MB / seconds),
                "cpu_s": round(cpu, 1),
            }
        )
    )
    await dispose()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        server = EmbeddedPostgres(Path(folder) / "postgres")
        server.start()
        try:
            use_settings(patch, database_url=server.url(), data_dir=folder)
            asyncio.run(_measure())
        finally:
            server.stop()
