"""The connector, the worker and the dispatcher as processes that die at a named step, for tests that kill them.

They are the product's own; what is put in is a driver that says numbered messages, and fuses: ``burn`` stands at every
step of the way, and kills this process, or the database's, when the test has laid a fuse there. Waits for the echo of a
send, for a dead process's claim and for its jobs are shortened to five seconds, so that a test need not wait for minutes.
"""

import asyncio
import contextlib
import json
import os
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pgqueuer.core.qm import QueueManager

from botbay import jobs, storage, worker
from botbay.chat import conversations, files, messages, outbox
from botbay.logs import configure_logging
from botbay.postgres import EmbeddedPostgres
from botbay.settings import SIMULATOR, load_settings
from connector import inbox, media, sender
from connector.__main__ import run_dispatcher
from connector.bot import BotRunner, clean
from connector.dispatcher import DialogueClient
from connector.drivers.base import (
    Connected,
    ContactCard,
    Driver,
    DriverError,
    Emit,
    InboundMessage,
    Login,
    Media,
    MediaGone,
    MemberCard,
    MessageKind,
    RoomCard,
    Target,
)

BOT, ROOM, PEOPLE = "wxid_bot", "1@chatroom", 8
START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

#: Every step at which a process can be killed, in the order of the way, by whoever is most likely to come there.
STEPS = {
    "connector": (
        *("heard", "written", "deferred", "stored"),
        *("fetching", "kept", "attached", "fetched"),
        *("begun", "sending", "sent", "told", "echoed"),
    ),
    "dispatcher": ("claimed", "asking", "answered", "finished"),
    "worker": ("erasing", "erased"),
}
_ABOUT = 60  # messages told and not taken over yet


# --- what is said -------------------------------------------------------------------------------------------


def message(number: int) -> InboundMessage:
    """What is said under a number: the same whenever it is said again. One in ten has no id of its own."""
    talker = f"wxid_{number % PEOPLE}"
    kind = MessageKind.FILE if number % 7 == 0 else MessageKind.TEXT
    asks = kind == MessageKind.TEXT and number % 10 == 3
    return InboundMessage(
        source_id="" if number % 10 == 6 else f"m{number}",
        kind=kind,
        talker=ContactCard(id=talker, name=talker),
        room_id=ROOM,
        listener_id=None,
        text=f"@小港 第{number}句" if asks else f"第{number}句",
        sent_at=START + timedelta(seconds=number),
        from_self=False,
        mention_ids=(BOT,) if asks else (),
        file_name=f"附件 {number}.bin" if kind == MessageKind.FILE else None,
    )


def content(number: int) -> bytes:
    """The bytes of a file: of every three, two bring the same ones."""
    drawn = random.Random(number // 21 if number % 3 else -number)
    return drawn.randbytes(drawn.randint(1, 300_000))


# --- fuses --------------------------------------------------------------------------------------------------


class Fuses:
    """A fuse is a file named after its step; it holds the victim, ``self`` or ``postgres``, and burns once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def lay(self, step: str, victim: str) -> Path:
        fuse = self._folder / f"fuse-{step}"
        fuse.with_suffix(".new").write_text(victim)
        return fuse.with_suffix(".new").rename(fuse)

    def burn(self, step: str) -> None:
        burnt = self._folder / f"burnt-{os.getpid()}"
        try:
            (self._folder / f"fuse-{step}").rename(burnt)
        except FileNotFoundError:
            return
        pid = os.getpid() if burnt.read_text() == "self" else EmbeddedPostgres(self._folder / "postgres").pid()
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):  # somebody else was quicker
                os.kill(pid, signal.SIGKILL)

    def put(
        self,
        owner: object,
        name: str,
        *,
        before: str | None = None,
        after: str | None = None,
        empty: tuple[object, ...] = (),
    ) -> None:
        """Burn ``before`` and ``after`` an async function or method; not after one of the ``empty`` results."""
        plain: Callable[..., Awaitable[Any]] = getattr(owner, name)

        async def fused(*args: object, **options: object) -> Any:
            if before is not None:
                self.burn(before)
            result = await plain(*args, **options)
            if after is not None and result not in empty:
                self.burn(after)
            return result

        setattr(owner, name, fused)


def _lay_everywhere(fuses: Fuses) -> None:
    fuses.put(inbox.Inbox, "store", before="heard", after="stored")
    fuses.put(messages, "store", after="written", empty=({},))
    fuses.put(jobs, "enqueue", after="deferred")
    fuses.put(storage, "put", after="kept")
    fuses.put(files, "attach", after="attached", empty=(False,))
    fuses.put(storage, "delete", before="erasing", after="erased")
    fuses.put(conversations, "claim", after="claimed", empty=(None,))
    fuses.put(DialogueClient, "turn", before="asking", after="answered")
    fuses.put(conversations, "finish", after="finished")
    fuses.put(outbox, "begin", after="begun", empty=(None,))
    fuses.put(outbox, "end", after="told")
    fuses.put(outbox, "recognise_echo", after="echoed", empty=(False,))
    fetcher = media.fetcher

    def fused(driver: Driver) -> jobs.Handler:
        fetch = fetcher(driver)

        async def handler(work: jobs.Work) -> None:
            await fetch(work)
            fuses.burn("fetched")

        return handler

    media.fetcher = fused


# --- the driver ---------------------------------------------------------------------------------------------


class Ledger:
    """Numbers and facts, a line each, that outlive the process which writes them."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, fact: object) -> None:
        with self._path.open("ab", buffering=0) as file:
            file.write(json.dumps(fact, ensure_ascii=False).encode() + b"\n")

    def all(self) -> list[Any]:
        if not self._path.exists():
            return []
        return [json.loads(line) for line in self._path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


class Crowd(Driver):
    """People who say numbered messages up to the one in ``said``, and say again what was not taken over."""

    def __init__(self, folder: Path, fuses: Fuses) -> None:
        self._said, self._fuses = folder / "said", fuses
        self._taken, self._sent = Ledger(folder / "taken"), Ledger(folder / "sent")
        self._heard_back = Ledger(folder / "echoes")
        self._room = asyncio.Semaphore(_ABOUT)
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, emit: Emit) -> None:
        await emit(Connected())
        await emit(Login(contact=ContactCard(id=BOT, name="小港")))
        taken, echoes, told = set(self._taken.all()), set(self._heard_back.all()), 0
        while True:
            for at, fact in enumerate(self._sent.all()):
                if at not in echoes:
                    echoes.add(at)
                    await self._tell(emit, _echo(fact), self._heard_back, at)
            said = int(self._said.read_text())
            for number in range(told + 1, said + 1):
                if number not in taken or random.random() < 0.05:  # now and then what it knows already
                    await self._tell(emit, message(number), self._taken, number)
            told = said
            await asyncio.sleep(0.02)

    async def _tell(self, emit: Emit, heard: InboundMessage, ledger: Ledger, number: int) -> None:
        """In order, and without waiting for the one before to be taken over."""
        await self._room.acquire()

        async def tell() -> None:
            await emit(heard)
            ledger.add(number)
            self._room.release()

        task = asyncio.create_task(tell())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def send_text(self, target: Target, text: str, mention_ids: Sequence[str] = ()) -> str | None:
        self._fuses.burn("sending")
        source = f"s{os.getpid()}-{len(self._sent.all())}"
        self._sent.add({"source": source, "text": text})
        self._fuses.burn("sent")
        return source if random.random() < 0.5 else None  # some puppets tell no id

    async def fetch_media(self, source_id: str, kind: MessageKind) -> Media:
        number = _number(source_id)
        if number is None:
            raise MediaGone("没有这个文件")
        whole = content(number)

        async def chunks() -> AsyncIterator[bytes]:
            for start in range(0, len(whole), 100_000):
                yield whole[start : start + 100_000]
                self._fuses.burn("fetching")

        return Media(name="", size=len(whole), chunks=chunks())

    async def room(self, room_id: str) -> RoomCard:
        members = (*(f"wxid_{n}" for n in range(PEOPLE)), BOT)
        cards = tuple(MemberCard(id=member, name="小港" if member == BOT else member) for member in members)
        return RoomCard(id=ROOM, topic="产品群", owner_id="wxid_0", members=cards)

    async def contact(self, contact_id: str) -> ContactCard:
        return ContactCard(id=contact_id, name=contact_id)

    async def send_file(self, target: Target, path: Path, name: str, kind: MessageKind) -> str | None:
        raise DriverError("不发文件")

    async def accept_friendship(self, request_id: str) -> None: ...

    async def accept_invitation(self, invitation_id: str) -> None: ...

    async def logout(self) -> None: ...

    async def check(self) -> None: ...


def _echo(fact: dict[str, str]) -> InboundMessage:
    return InboundMessage(
        source_id=fact["source"],
        kind=MessageKind.TEXT,
        talker=ContactCard(id=BOT, name="小港"),
        room_id=ROOM,
        listener_id=None,
        text=fact["text"],
        sent_at=START,
        from_self=True,
    )


def _number(source_id: str) -> int | None:
    """Of a message; hashed ids are few, and files bear none but at numbers divisible by 7 that end in 6."""
    if source_id.startswith("m"):
        return int(source_id[1:])
    return next((n for n in range(56, 100_000, 70) if heard_id(n) == source_id), None)


def heard_id(number: int) -> str:
    """The id under which a message is stored."""
    return inbox.source_id(clean(message(number)))


# --- the processes ------------------------------------------------------------------------------------------


def live(kind: str, folder: Path, environment: dict[str, str]) -> None:
    """Be the ``connector``, the ``worker`` or the ``dispatcher`` of a test until killed."""
    for name in [name for name in os.environ if name.startswith("BOTBAY_")]:
        del os.environ[name]
    os.environ |= environment
    load_settings.cache_clear()
    log = os.open(folder / f"{kind}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    configure_logging()
    conversations.CLAIM = timedelta(seconds=5)
    sender.ECHO_WAIT = timedelta(seconds=5)
    run_queue = QueueManager.run
    QueueManager.run = lambda self, **o: run_queue(self, **o | {"heartbeat_timeout": timedelta(seconds=5)})
    fuses = Fuses(folder)
    _lay_everywhere(fuses)
    run = {
        "connector": lambda: BotRunner(SIMULATOR, Crowd(folder, fuses), load_settings(), waits=True).run(),
        "worker": worker.main,
        "dispatcher": run_dispatcher,
    }[kind]
    asyncio.run(_until_orphaned(run()))


async def _until_orphaned(work: Awaitable[None]) -> None:
    parent = os.getppid()
    task = asyncio.ensure_future(work)
    while not task.done() and os.getppid() == parent:
        await asyncio.wait([task], timeout=1)
    if not task.done():
        os._exit(1)
    await task
