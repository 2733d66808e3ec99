"""How fast the drive lists many files, and streams them."""

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from sqlalchemy import insert

from botbay import schema, storage
from botbay.chat import files
from botbay.chat.models import File, FileKind, Message
from botbay.db import dispose, now, transaction
from botbay.postgres import EmbeddedPostgres
from tests.conftest import use_settings
from tests.drive_fixture import new_account, new_drive
from workers.archive import service
from workers.archive.service import Tab, Wanted
from workers.archive.zipping import zipped

_FILES, _TALK, _BIG = 10_000, 90_000, 1024  # the last in MB


async def _measure() -> None:
    await schema.migrate()
    drive, start = await new_drive(), now() - timedelta(days=100)
    async with transaction() as session:
        account = await new_account(session, "wang")
        talker = (await drive.person(session, "王", account)).id
        room = (await drive.room(session, "产品群", "王")).id
        rows = [
            {
                "bot_id": drive.bot.id,
                "room_id": room,
                "talker_id": talker,
                "source_id": f"bench-{number}",
                "kind": "file" if number < _FILES else "text",
                "mention_ids": [],
                "details": {},
                "raw": {},
                "sent_at": start + timedelta(seconds=60 * number),
            }
            for number in range(_FILES + _TALK)
        ]
        ids: list[int] = []
        for first in range(0, len(rows), 2000):
            ids += await session.scalars(insert(Message).returning(Message.id), rows[first : first + 2000])
        kinds = list(FileKind)
        brought = [
            {"message_id": message, "name": f"报价单{message}.xlsx", "kind": kinds[message % len(kinds)]}
            for message in ids[:_FILES]
        ]
        await session.execute(insert(File), brought)
    for what, wanted in (
        ("all", Wanted()),
        ("pictures", Wanted(tab=Tab.IMAGES)),
        ("by name", Wanted(name="报价单77")),
    ):
        times: list[float] = []
        last = None
        for _ in range(10):
            began = time.perf_counter()
            async with transaction() as session:
                page = await service.page(session, account, wanted, after=last)
            times.append(time.perf_counter() - began)
            last = page.entries[-1] if page.more else None
        print(json.dumps({"list": what, "files": _FILES, "slowest_page_ms": round(max(times) * 1000)}))

    async def big() -> AsyncIterator[bytes]:
        block = bytes(storage.CHUNK)
        for _ in range(_BIG):
            yield block

    async with transaction() as session:
        file_id = await drive.awaited(session, "大.bin", "王", room="产品群")
        stored = await storage.put("big", big())
        await files.attach(session, file_id, stored, "application/octet-stream", FileKind.OTHER)
    async with transaction() as session:
        (entry,) = await service.find(session, account, [file_id])
    process = psutil.Process()
    idle, peak, began, size = process.memory_info().rss, 0, time.perf_counter(), 0
    async for chunk in zipped([entry]):
        size += len(chunk)
        peak = max(peak, process.memory_info().rss)
    print(
        json.dumps(
            {
                "zip_mb": size // 2**20,
                "mb_per_s": round(size / 2**20 / (time.perf_counter() - began)),
                "memory_above_idle_mb": round(max(0, peak - idle) / 2**20),
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
