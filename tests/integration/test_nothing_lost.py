"""Nothing is lost and nothing doubled, whoever is killed at whatever moment: real processes, kill -9, one seed.

``NOTHING_LOST_SEED`` repeats a run, ``NOTHING_LOST_SECONDS`` makes it longer. Every round kills something while people
go on talking, and a keeper starts it again as ``botbay up`` does. The dialogue server is a stand-in that keeps the channel's contract: the real one is killed in
``tests/e2e/test_breaking.py``.
"""

import asyncio
import contextlib
import hashlib
import json
import multiprocessing
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Request
from sqlalchemy import func, select, text

from botbay import schema, storage
from botbay.chat import bots, consent, contacts, rooms
from botbay.chat.models import (
    Blob,
    File,
    FileState,
    Message,
    OutboxItem,
    OutboxState,
    Turn,
    TurnState,
)
from botbay.db import dispose, transaction
from botbay.postgres import EmbeddedPostgres, PostgresError
from botbay.settings import SIMULATOR, load_settings
from botbay.worker import load_jobs
from connector.drivers.base import MessageKind
from tests.conftest import use_settings
from tests.gateway_fixture import free_port
from tests.integration.fused import BOT, PEOPLE, ROOM, START, STEPS, Fuses, Ledger, content, heard_id, live, message

SEED = int(os.environ.get("NOTHING_LOST_SEED", "0")) or random.SystemRandom().randrange(1, 1_000_000)
SECONDS = float(os.environ.get("NOTHING_LOST_SECONDS", "25"))  # of killing at random, after every step had its turn
PROCESSES = ("connector", "worker", "dispatcher")
_fork = multiprocessing.get_context("forkserver")
_fork.set_forkserver_preload(["tests.integration.fused"])


class World:
    """The processes on a database server of their own, and the people who talk to them."""

    def __init__(self, folder: Path, server: EmbeddedPostgres, environment: dict[str, str]) -> None:
        self.folder, self.server = folder, server
        self.random = random.Random(SEED)
        self.kills: Counter[str] = Counter()
        self._environment = environment
        self._running: dict[str, Any] = {}
        self._said = 0
        self._taken = Ledger(folder / "taken")
        self._tasks: list[asyncio.Task[None]] = []
        self._failed_starts: list[str] = []
        self.say(0)

    # --- processes ---

    def mend(self) -> None:
        """Start what does not run: the database too."""
        if not self.server.is_running():
            self.server.start()
        for kind in PROCESSES:
            process = self._running.get(kind)
            if process is None or not process.is_alive():
                self._running[kind] = _fork.Process(
                    target=live, args=(kind, self.folder, self._environment), daemon=True
                )
                self._running[kind].start()

    def kill(self, victim: str) -> None:
        """kill -9; nothing where it is dead already, of what was killed before it."""
        pid = self.server.pid() if victim == "postgres" else self._running[victim].pid
        with contextlib.suppress(ProcessLookupError):
            if pid is not None:
                os.kill(pid, signal.SIGKILL)
                self.kills[victim] += 1

    def end(self) -> None:
        for process in self._running.values():
            process.kill()
            process.join()

    async def burnt(self, step: str, victim: str) -> None:
        """Lay a fuse and wait until it has killed."""
        fuse = Fuses(self.folder).lay(step, victim)
        deadline = time.monotonic() + 60
        while fuse.exists():
            assert time.monotonic() < deadline, f"nobody came to the step {step}"
            await asyncio.sleep(0.02)
        self.kills[f"{victim} at {step}"] += 1

    async def all_well(self) -> None:
        """Everything runs, and something was taken over since."""
        before, deadline = len(self._taken.all()), time.monotonic() + 60
        while len(self._taken.all()) == before:
            assert time.monotonic() < deadline, ("nothing is taken over any more", self.state())
            await asyncio.sleep(0.05)

    def state(self) -> dict[str, object]:
        """Who is alive, what keeps them so, and how much was said and taken over."""
        return {
            "postgres": self.server.is_running(),
            **{kind: process.is_alive() for kind, process in self._running.items()},
            "at work": [repr(task) for task in self._tasks],
            "failed starts of the database": self._failed_starts,
            "said last by the connector": (self.folder / "connector.log").read_text("utf-8")[-2000:],
            "said": self._said,
            "taken": len(set(self._taken.all())),
        }

    def pids(self) -> dict[str, int]:
        return {kind: process.pid for kind, process in self._running.items()}

    async def awaited(self) -> int:
        """How many files are not there yet."""
        async with transaction() as session:
            return await session.scalar(select(func.count()).where(File.state == FileState.PENDING)) or 0

    # --- people ---

    def say(self, more: int) -> None:
        self._said += more
        new = self.folder / "said.new"
        new.write_text(str(self._said))
        new.rename(self.folder / "said")

    @contextlib.asynccontextmanager
    async def talking(self) -> AsyncIterator[None]:
        """People talk all the while, as fast as they are heard, and whatever dies is started again."""

        async def keep() -> None:
            while True:
                try:
                    await asyncio.to_thread(self.mend)
                except PostgresError as error:  # a database that is slow to recover is started again
                    self._failed_starts.append(str(error))
                await asyncio.sleep(0.1)

        async def talk() -> None:
            while True:
                if self._said - len(set(self._taken.all())) < 80:
                    self.say(self.random.randint(1, 10))
                await asyncio.sleep(0.1)

        self._tasks = [asyncio.create_task(keep()), asyncio.create_task(talk())]
        try:
            yield
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await asyncio.to_thread(self.mend)

    # --- what came of it ---

    async def settle(self, timeout: float = 90.0) -> None:
        """All that was said is taken over, fetched, answered and sent, or shown as not."""
        open_ends: dict[str, object] = {}

        async def settled() -> bool:
            open_ends["not taken over"] = self._said - len(set(self._taken.all()))
            async with transaction() as session:
                for what, which in (
                    ("files", select(func.count()).where(File.state == FileState.PENDING)),
                    ("turns", select(func.count()).where(Turn.state == TurnState.QUEUED)),
                    (
                        "outbox",
                        select(func.count()).where(OutboxItem.state.not_in([OutboxState.SENT, OutboxState.LOST])),
                    ),
                ):
                    open_ends[what] = await session.scalar(which)
                waiting = await session.execute(
                    text("SELECT entrypoint, status::text, count(*) FROM pgqueuer GROUP BY 1, 2")
                )
                done_by_somebody = {*load_jobs(), f"fetch_media.{SIMULATOR.name}"}
                open_ends["jobs"] = [tuple(row) for row in waiting if row[0] in done_by_somebody]
            return not any(open_ends.values())

        await _until(settled, timeout, open_ends)

    async def account(self) -> dict[str, object]:
        """Said = taken over = stored = with their jobs done, each once; raises AssertionError where not."""
        said = {heard_id(n): message(n) for n in range(1, self._said + 1)}
        async with transaction() as session:
            stored = Counter(await session.scalars(select(Message.source_id).where(Message.by_bot.is_(False))))
            assert set(stored) == set(said), "lost or invented"
            assert set(stored.values()) == {1}, "doubled"
            words = Counter(
                await session.scalars(select(Message.text).where(Message.by_bot.is_(False), Message.kind == "text"))
            )
            assert set(words.values()) == {1}, "doubled under another id"
            files = (
                await session.execute(
                    select(Message.source_id, Message.sent_at, File.state, Blob.sha256, Blob.size, Blob.key)
                    .join(File, File.message_id == Message.id)
                    .outerjoin(Blob, Blob.id == File.blob_id)
                )
            ).all()
            turns = (
                await session.execute(
                    select(Turn.key, Turn.state, func.count(OutboxItem.id))
                    .outerjoin(OutboxItem, OutboxItem.turn_id == Turn.id)
                    .group_by(Turn.id)
                )
            ).all()
            answers = (await session.execute(select(OutboxItem.text, OutboxItem.state))).all()
        with_files = {source for source, heard in said.items() if heard.kind == MessageKind.FILE}
        assert Counter(row.source_id for row in files) == Counter(with_files)
        for row in files:
            whole = content(round((row.sent_at - START).total_seconds()))
            assert (row.state, row.sha256, row.size) == (
                FileState.STORED,
                hashlib.sha256(whole).hexdigest(),
                len(whole),
            )
        kept = {row.key for row in files}
        for key in kept:
            digest = hashlib.sha256()
            async for chunk in storage.get(key):
                digest.update(chunk)
            assert digest.hexdigest() in {row.sha256 for row in files if row.key == key}
        asked = {f"message:1:{ROOM}:{source}" for source, heard in said.items() if heard.mention_ids}
        assert {row.key for row in turns} == asked
        assert {(row.state, row[2]) for row in turns} == {(TurnState.DONE, 1)}, "answered twice or not"
        sent = Counter(fact["text"] for fact in Ledger(self.folder / "sent").all())
        assert set(sent.values()) == {1}, "sent twice"
        assert {row.text for row in answers if row.state == OutboxState.SENT} <= set(sent), "not sent and said to be"
        return {
            "seed": SEED,
            "kills": sum(self.kills.values()),
            "messages": len(said),
            "files": len(with_files),
            "turns": len(asked),
            "sends shown as unknown": sum(row.state == OutboxState.LOST for row in answers),
            "lost": 0,
            "doubled": 0,
        }


async def _until(check: Callable[[], Awaitable[bool]], timeout: float, facts: object) -> None:
    deadline = time.monotonic() + timeout
    while not await check():
        assert time.monotonic() < deadline, facts
        await asyncio.sleep(0.2)


@contextlib.asynccontextmanager
async def _dialogue(port: int) -> AsyncIterator[None]:
    """Answers a turn by its own words, the same again when it is asked again."""
    app = FastAPI()

    @app.post("/webhooks/botbay/turn")
    async def turn(request: Request) -> dict[str, object]:
        body = await request.json()
        return {"replies": [{"text": f"答：{body['text']}"}], "asked": False}

    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (it offers no event)
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await task


async def _open_room() -> None:
    """The bot is in a room that is being kept."""
    async with transaction() as session:
        bot = await bots.ensure(session, SIMULATOR.name)
        await bots.logged_in(session, bot.id, BOT, "小港")
        members = {f"wxid_{n}": (f"wxid_{n}", "") for n in range(PEOPLE)} | {BOT: ("小港", "")}
        facts = rooms.RoomFacts(wechat_id=ROOM, topic="产品群", owner_id="wxid_0", members=members)
        room_id = await rooms.upsert(session, facts, START)
        owner = await contacts.by_wechat_id(session, "wxid_0")
        assert owner is not None
        await rooms.add_bot(session, room_id, bot.id, owner.id, START, engaged=True)
        await consent.start_recording(session, room_id, owner.id)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own for the storage, where this user may mount one: that one can really be full."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], capture_output=True, check=False)
    (folder / "storage").mkdir()
    yield folder
    if done.returncode == 0:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
async def world(tmp_path: Path, disk: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    server = EmbeddedPostgres(tmp_path / "postgres")
    await asyncio.to_thread(server.start)
    port = free_port()
    settings = {
        "database_url": server.url(),
        "data_dir": tmp_path / "data",
        "storage_url": f"file://{disk / 'storage'}",
        "rasa_port": port,
        "send_rate": 6000,
    }
    use_settings(monkeypatch, **settings)
    load_settings().secret()  # made here, so that all have the same
    await schema.migrate()
    await _open_room()
    environment = {f"BOTBAY_{name.upper()}": str(value) for name, value in settings.items()}
    world = World(tmp_path, server, environment)
    async with _dialogue(port):
        await asyncio.to_thread(world.mend)
        try:
            yield world
        finally:
            world.end()
            await dispose()
            await asyncio.to_thread(server.stop)


async def test_kill_9_of_everybody_at_every_step_and_at_any_moment(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    rounds = sum(map(len, STEPS.values()))
    started = time.monotonic()
    async with world.talking():
        async with asyncio.TaskGroup() as group:
            for steps in STEPS.values():
                group.create_task(_one_by_one(world, world.random.sample(steps, len(steps))))
        all_steps = [step for steps in STEPS.values() for step in steps]
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            rounds += 1
            if world.random.random() < 0.4:
                await world.burnt(world.random.choice(all_steps), "postgres")
            else:
                await asyncio.sleep(world.random.uniform(0.0, 0.5))
                for victim in world.random.sample([*PROCESSES, "postgres"], world.random.choice([1, 1, 1, 2, 4])):
                    world.kill(victim)
            await world.all_well()
    killed = time.monotonic() - started
    await world.settle()
    facts = {
        "rounds": rounds,
        "seconds": round(killed),
        "seconds to settle": round(time.monotonic() - started - killed),
    }
    _tell(capsys, await world.account() | facts)


async def test_a_database_restarted_under_load_is_waited_for(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    async with world.talking():
        await world.all_well()
        pids = world.pids()
        for _ in range(4):
            await asyncio.sleep(world.random.uniform(0.2, 1.0))
            await asyncio.to_thread(world.server.stop)
            await world.all_well()
    await world.settle()
    assert world.pids() == pids  # who writes waits, and goes on
    _tell(capsys, await world.account() | {"restarts": 4})


async def test_storage_that_is_away_or_full_loses_nothing(
    world: World, disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    full = disk.is_mount()  # noqa: ASYNC240
    async with world.talking():
        await world.all_well()
        for spoil, mend in ((_take_away, _bring_back), (_fill, _free))[: 1 + full]:
            spoil(disk)
            before = await world.awaited()
            while await world.awaited() < before + 5:  # noqa: ASYNC110 (nothing tells)
                await asyncio.sleep(0.1)
            await world.all_well()
            mend(disk)
    await world.settle()
    _tell(capsys, await world.account() | {"the disk was full": full})


def _take_away(disk: Path) -> None:
    (disk / "storage").rename(disk / "aside")
    (disk / "storage").write_text("not a folder")


def _bring_back(disk: Path) -> None:
    (disk / "storage").unlink()
    (disk / "aside").rename(disk / "storage")


def _fill(disk: Path) -> None:
    with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def _free(disk: Path) -> None:
    (disk / "filler").unlink()


async def _one_by_one(world: World, steps: Sequence[str]) -> None:
    for step in steps:
        await world.burnt(step, "self")


def _tell(capsys: pytest.CaptureFixture[str], facts: dict[str, object]) -> None:
    with capsys.disabled():
        print(f"\n{json.dumps(facts, ensure_ascii=False)}")
