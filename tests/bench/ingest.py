"""How many messages a second the inbox takes over, durably, with their search entries and their jobs.

Beside it, on the same server in the same rounds: pgbench committing bare rows one by one, by one client and by 16
(then the server gathers what commits at the same time). Medians of the rounds; CPU time is in microseconds a message.
"""

import asyncio
import json
import os
import re
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import text

from botbay import schema
from botbay.chat import bots, consent, contacts, rooms
from botbay.db import database_url, dispose, now, transaction
from botbay.postgres import EmbeddedPostgres
from botbay.postgres.binaries import programs
from botbay.settings import load_settings
from connector.drivers.base import ContactCard, InboundMessage, MessageKind
from connector.inbox import Inbox
from tests.conftest import use_settings

_ROOM, _PEOPLE = "1@chatroom", 20
_ROUNDS, _SECONDS = 5, 2  # seconds of each run of pgbench
_START = datetime(2026, 1, 1, tzinfo=UTC)


def _message(number: int) -> InboundMessage:
    talker = f"wxid_{number % _PEOPLE}"
    return InboundMessage(
        source_id=f"m{number}",
        kind=MessageKind.FILE if number % 10 == 0 else MessageKind.TEXT,
        talker=ContactCard(id=talker, name=talker),
        room_id=_ROOM,
        listener_id=None,
        text=f"第 {number} 条：下周二之前把新版的报价单发给客户，谁有空跟一下？",
        sent_at=_START + timedelta(seconds=number),
        from_self=False,
        file_name="报价单.xlsx" if number % 10 == 0 else None,
    )


async def _prepare() -> Inbox:
    await schema.migrate()
    async with transaction() as session:
        bot = await bots.ensure(session, "harbour")
        await bots.logged_in(session, bot.id, "wxid_bot", "小港")
        members = {f"wxid_{n}": (f"第{n}人", "") for n in range(_PEOPLE)}
        facts = rooms.RoomFacts(wechat_id=_ROOM, topic="产品群", owner_id="wxid_0", members=members)
        room_id = await rooms.upsert(session, facts, _START)
        owner = await contacts.by_wechat_id(session, "wxid_0")
        assert owner is not None
        await rooms.add_bot(session, room_id, bot.id, owner.id, _START, engaged=True)
        await consent.start_recording(session, room_id, owner.id)
    return Inbox(bot.id, load_settings())


@dataclass(frozen=True)
class _Run:
    """One way's run: messages and seconds, and the CPU time (s) of this process (or pgbench) and of the server."""

    count: int
    seconds: float
    own_cpu: float
    server_cpu: float


class _Meter:
    """Wall and CPU time from its making until ``run``."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server
        self._started = (time.perf_counter(), self._own(), self._others())

    def run(self, count: int) -> _Run:
        ended = (time.perf_counter(), self._own(), self._others())
        return _Run(count, *(after - before for before, after in zip(self._started, ended, strict=True)))

    def _own(self) -> float:
        """Of this process and of the programs that it ran to their end."""
        return sum(os.times()[:4])

    def _others(self) -> float:
        postmaster = psutil.Process(self._server.pid())
        return sum(map(_cpu, postmaster.children())) + _cpu(postmaster)


def _cpu(process: psutil.Process) -> float:
    """Seconds of a process and its ended children; none of one that has ended, which its parent counts from now on."""
    try:
        return sum(process.cpu_times()[:4])
    except psutil.NoSuchProcess:
        return 0.0


async def _ingest(inbox: Inbox, first: int, batch: int, count: int) -> None:
    for start in range(first, first + count, batch):
        await inbox.store([_message(start + n) for n in range(batch)], now())


def _pgbench(script: Path, clients: int) -> int:
    """Rows committed one by one by so many connections at once; the server gathers what commits at the same time."""
    where = conninfo_to_dict(database_url())
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    done = subprocess.run(
        [programs(None) / "pgbench", "-n", "-f", script, "-c", f"{clients}", "-j", "2", "-T", f"{_SECONDS}"],
        env={**os.environ, **{name: str(where[key]) for key, name in names.items()}},
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"transactions actually processed: (\d+)", done.stdout)
    assert found is not None
    return int(found[1])


async def _measure(server: EmbeddedPostgres, folder: Path) -> None:
    inbox = await _prepare()
    async with transaction() as session:
        await session.execute(text("CREATE TABLE bench_rows (id bigserial PRIMARY KEY, heard text, at timestamptz)"))
    script = folder / "insert.sql"
    script.write_text(f"INSERT INTO bench_rows (heard, at) VALUES ('{_message(1).text}', now());")
    runs: dict[str, list[_Run]] = {}
    number = 0
    for _ in range(_ROUNDS):
        for clients in (1, 16):
            meter = _Meter(server)
            count = await asyncio.to_thread(_pgbench, script, clients)
            runs.setdefault(f"pgbench, bare rows, {clients} clients", []).append(meter.run(count))
        for batch, count in ((1, 200), (10, 1000), (200, 6000)):
            meter = _Meter(server)
            await _ingest(inbox, number, batch, count)
            runs.setdefault(f"inbox, {batch} a commit", []).append(meter.run(count))
            number += count
    await dispose()
    _report(runs)


def _report(runs: dict[str, list[_Run]]) -> None:
    rates = {way: statistics.median(run.count / run.seconds for run in found) for way, found in runs.items()}
    for way, found in runs.items():
        print(
            json.dumps(
                {
                    "way": way,
                    "messages_per_s": round(rates[way]),
                    "ratio_to_one_a_commit": round(rates[way] / rates["inbox, 1 a commit"], 2),
                    "ratio_to_pgbench_16": round(rates[way] / rates["pgbench, bare rows, 16 clients"], 2),
                    "own_cpu_us": round(statistics.median(run.own_cpu / run.count for run in found) * 1e6),
                    "server_cpu_us": round(statistics.median(run.server_cpu / run.count for run in found) * 1e6),
                }
            )
        )


def main() -> None:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        server = EmbeddedPostgres(folder / "postgres")
        server.start()
        try:
            use_settings(patch, database_url=server.url(), data_dir=folder)
            asyncio.run(_measure(server, folder))
        finally:
            server.stop()
