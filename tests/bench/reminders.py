"""How late reminders are told: 100,000 that wait, three workers, and what dies meanwhile.

Lateness is counted from the slot to the moment at which a worker takes it in hand; in the last part also to the moment
at which the gateway has answered that it took the message. The parts, one after another in the same database: nothing
dies; 2,000 are due in the same second, as at nine o'clock; one worker after another is killed and replaced; PostgreSQL
is killed, all its processes at once, and started again; the way to a real gateway whose WeChat is played, without the
pace that WeChat is spared by. All is kill -9. Each slot must be told once, whoever dies.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import psutil
import psycopg
import pytest
from sqlalchemy import insert, text

from botbay import schema
from botbay.chat.models import Bot, Contact, Conversation, Friend
from botbay.db import dispose, now, transaction
from botbay.due import CHANNEL, Due
from botbay.postgres import EmbeddedPostgres
from tests.conftest import use_settings
from tests.gateway_fixture import MockGateway
from workers.reminders.models import Reminder, ReminderState
from workers.reminders.service import HANDLER

_PENDING, _PEOPLE, _WORKERS = 100_000, 5_000, 3
#: Reminders a second that come due, and for how long.
_RATE, _SECONDS = 50, 24
_BURST = 2_000
_WORKER_DIES_EVERY, _SERVER_DIES_EVERY = 6.0, 10.0  # seconds
#: Those whose reminders go to the gateway, and how many of them a second.
_FRIENDS, _RATE_TO_GATEWAY = 200, 20
_LEAD = 6  # seconds from setting them to the first slot
_PATIENCE = 60.0

_Sample = Sequence[tuple[datetime, float]]  # slots, and how many ms later


def _person(number: int) -> str:
    return f"wxid_{number}"


async def _fill() -> None:
    """All are far away at first."""
    await schema.migrate()
    async with transaction() as session:
        bot = Bot(name="harbour")
        session.add(bot)
        await session.flush()
        people = [{"wechat_id": _person(number), "name": f"人{number}"} for number in range(_PEOPLE)]
        contacts = list(await session.scalars(insert(Contact).returning(Contact.id), people))
        await session.execute(
            insert(Friend),
            [{"bot_id": bot.id, "contact_id": each, "alias": "", "engaged_at": now()} for each in contacts],
        )
        places = [{"bot_id": bot.id, "contact_id": each} for each in contacts]
        conversations = list(await session.scalars(insert(Conversation).returning(Conversation.id), places))
    chance = random.Random(7)
    far = now() + timedelta(hours=2)
    for first in range(0, _PENDING, 5000):
        slots = [far + timedelta(hours=chance.random() * 720) for _ in range(5000)]
        rows = [
            {
                "conversation_id": conversations[number % _PEOPLE],
                "asker_id": contacts[number % _PEOPLE],
                "contact_id": contacts[number % _PEOPLE],
                "what": f"第{number}件事",
                "at": slot,
                "first": slot.replace(tzinfo=None).isoformat(),
                "state": ReminderState.WAITING,
            }
            for number, slot in enumerate(slots, first)
        ]
        async with transaction() as session:
            ids = list(
                await session.scalars(insert(Reminder).returning(Reminder.id, sort_by_parameter_order=True), rows)
            )
            await session.execute(
                insert(Due),
                [
                    {"handler": HANDLER, "key": str(key), "at": row["at"], "not_before": row["at"], "payload": {}}
                    for key, row in zip(ids, rows, strict=True)
                ],
            )
    async with transaction() as session:
        await session.execute(text("ANALYZE"))
    await dispose()


class _Bench:
    """The server, its workers, and the reminders of a part."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server
        self._chance = random.Random(11)
        self.workers: list[subprocess.Popen[bytes]] = []
        self.set: dict[int, datetime] = {}  # slots of the reminders that were set so far, and of those of this part
        self.part: dict[int, datetime] = {}
        self.outages: list[tuple[datetime, datetime, float]] = []  # from, to, and ms until one was told again

    def database(self) -> psycopg.Connection:
        return psycopg.connect(self._server.url(), autocommit=True)

    def set_slots(self, slots: Sequence[datetime], people: int = _PEOPLE) -> None:
        """Put so many of the far ones, of some people, to these slots."""
        with self.database() as database, database.transaction():
            rows = database.execute(
                "SELECT r.id FROM reminders r JOIN contacts c ON c.id = r.contact_id"
                " WHERE r.state = 'waiting' AND r.at > now() + interval '1 hour'"
                " AND c.id <= (SELECT min(id) FROM contacts) + %s ORDER BY random() LIMIT %s",
                [people, len(slots)],
            ).fetchall()
            self.part = {number: slot for (number,), slot in zip(rows, slots, strict=True)}
            self.set |= self.part
            with database.cursor() as cursor:
                cursor.executemany(
                    "WITH moved AS (UPDATE reminders SET at = %(at)s WHERE id = %(id)s)"
                    " UPDATE due SET at = %(at)s, not_before = %(at)s WHERE handler = %(handler)s AND key = %(id)s::text",
                    [{"id": each, "at": slot, "handler": HANDLER} for each, slot in self.part.items()],
                )
            database.execute("SELECT pg_notify(%s, '')", [CHANNEL])

    def coming(self, rate: int, seconds: int) -> list[datetime]:
        """Slots at random moments."""
        begin = now() + timedelta(seconds=_LEAD)
        return [begin + timedelta(seconds=self._chance.random() * seconds) for _ in range(rate * seconds)]

    def start_worker(self) -> None:
        self.workers.append(_start("botbay.worker"))

    def kill_worker(self) -> None:
        worker = self.workers.pop(self._chance.randrange(_WORKERS))
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        self.start_worker()

    def kill_server(self) -> None:
        """The postmaster and all its children; it is started again at once."""
        postmaster = psutil.Process(self._server.pid())
        began = now()
        for process in (postmaster, *postmaster.children(recursive=True)):
            process.kill()
        self._server.start()
        ready = now()
        with self.database() as database:
            told = None
            while told is None:
                time.sleep(0.02)
                (told,) = database.execute(
                    "SELECT max(told_at) FROM reminders WHERE told_at > %s", [ready]
                ).fetchone() or (None,)
        self.outages.append((began, ready, (now() - began).total_seconds() * 1000))

    def run(self, every: float | None = None, die: Callable[[], None] | None = None) -> int:
        """Until all of this part are told; how often something died."""
        last = max(self.part.values()).timestamp()
        killed, again = 0, min(self.part.values()).timestamp() + (every or 0.0) / 2
        while time.time() < last + _PATIENCE and (time.time() < last or self._waiting()):
            time.sleep(0.1)
            if every is not None and die is not None and again < time.time() < last:
                die()
                killed, again = killed + 1, again + every
        return killed

    def wait(self, question: str) -> None:
        """Until it has an answer."""
        deadline = time.monotonic() + _PATIENCE
        with self.database() as database:
            while database.execute(question).fetchone() is None and time.monotonic() < deadline:
                time.sleep(0.1)

    def _waiting(self) -> bool:
        with self.database() as database:
            found = database.execute("SELECT 1 FROM due WHERE at < now() + interval '30 minutes' LIMIT 1").fetchone()
        return found is not None

    def lateness(self) -> _Sample:
        """Of this part's reminders, at claim."""
        with self.database() as database:
            told = database.execute("SELECT id, told_at FROM reminders WHERE told_at IS NOT NULL").fetchall()
        return [(self.part[number], _ms(at - self.part[number])) for number, at in told if number in self.part]

    def losses(self) -> dict[str, int]:
        """Of all that were set so far."""
        with self.database() as database:
            events = database.execute("SELECT reminder_id FROM reminder_events WHERE what = 'told'").fetchall()
            said = Counter(word for (words,) in database.execute("SELECT text FROM outbox") for word in _things(words))
        times = Counter(number for (number,) in events)
        return {
            "doubles": sum(count - 1 for count in (*times.values(), *said.values())),
            "lost": len(self.set.keys() - times.keys()) + len(self.set) - len(said),
        }


def _start(module: str) -> subprocess.Popen[bytes]:
    quiet = subprocess.DEVNULL
    return subprocess.Popen([sys.executable, "-m", module], env={**os.environ}, stdout=quiet, stderr=quiet)


def _things(words: str) -> list[str]:
    return [part.partition("件事")[0] for part in words.split("第")[1:]]


def _ms(length: timedelta) -> float:
    return length.total_seconds() * 1000


def _late(name: str, sample: _Sample) -> dict[str, int]:
    values = sorted(late for _, late in sample) or [0.0]
    shares = {"p50": 0.5, "p99": 0.99}
    found = {f"{name}_{share}_ms": round(values[int(part * (len(values) - 1))]) for share, part in shares.items()}
    return found | {f"{name}_latest_ms": round(values[-1])}


def _report(part: str, bench: _Bench, figures: Mapping[str, object]) -> None:
    facts = {"part": part, "came_due": len(bench.part), "load": round(os.getloadavg()[0], 1)}
    print(json.dumps(facts | dict(figures) | bench.losses()), flush=True)


def _kill_and_measure(bench: _Bench) -> None:
    bench.set_slots(bench.coming(_RATE, _SECONDS))
    bench.run()
    _report("undisturbed", bench, {"rate_per_s": _RATE, **_late("claim", bench.lateness())})

    at = now().replace(microsecond=0) + timedelta(seconds=_LEAD)
    bench.set_slots([at] * _BURST)
    bench.run()
    _report("all in one second", bench, _late("claim", bench.lateness()))

    bench.set_slots(bench.coming(_RATE, _SECONDS))
    killed = bench.run(_WORKER_DIES_EVERY, bench.kill_worker)
    _report("workers killed", bench, {"rate_per_s": _RATE, "killed": killed, **_late("claim", bench.lateness())})

    bench.set_slots(bench.coming(_RATE, _SECONDS))
    killed = bench.run(_SERVER_DIES_EVERY, bench.kill_server)
    sample = bench.lateness()
    calm = [
        (slot, late)
        for slot, late in sample
        if not any(began <= slot <= began + timedelta(milliseconds=length) for began, _, length in bench.outages)
    ]
    recovery = {
        "server_back_ms": [round(_ms(ready - began)) for began, ready, _ in bench.outages],
        "told_again_ms": [round(length) for _, _, length in bench.outages],
    }
    figures = {"rate_per_s": _RATE, "killed": killed, **recovery, **_late("claim", sample)}
    _report("PostgreSQL killed", bench, figures | _late("claim_outside_outages", calm))


async def _to_gateway(bench: _Bench) -> None:
    with bench.database() as database:  # what was told so far went nowhere
        database.execute("UPDATE outbox SET state = 'sent', sent_at = now()")
    gateway = MockGateway()
    await gateway.start()
    connector: subprocess.Popen[bytes] | None = None
    try:
        with pytest.MonkeyPatch.context() as patch:
            use_settings(
                patch,
                bots=f"harbour={gateway.token}@127.0.0.1:{gateway.port}",
                login_whitelist=gateway.bot_id,
                send_rate=60_000,
            )
            connector = _start("connector")
        await gateway.started()
        for number in range(_FRIENDS):
            await gateway.contact(_person(number), f"人{number}")
        await gateway.login()
        await asyncio.to_thread(bench.wait, "SELECT 1 FROM bots WHERE state = 'online'")
        bench.set_slots(bench.coming(_RATE_TO_GATEWAY, _SECONDS), _FRIENDS)
        await asyncio.to_thread(bench.run)
        await asyncio.to_thread(bench.wait, "SELECT 1 WHERE NOT EXISTS (SELECT FROM outbox WHERE state <> 'sent')")
        with bench.database() as database:
            sent = database.execute(
                "SELECT r.id, o.sent_at FROM reminders r JOIN outbox o ON o.key = r.told_key"
            ).fetchall()
        taken = Counter(word for each in await gateway.sent() for word in _things(each.get("text", "")))
        figures = {
            "rate_per_s": _RATE_TO_GATEWAY,
            **_late("claim", bench.lateness()),
            **_late(
                "gateway", [(slot := bench.part[number], _ms(at - slot)) for number, at in sent if number in bench.part]
            ),
            "gateway_doubles": sum(count - 1 for count in taken.values()),
            "gateway_lost": len(bench.part) - len(taken),
        }
        _report("to the gateway", bench, figures)
    finally:
        if connector is not None:
            connector.kill()
            connector.wait()
        await gateway.stop()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        server = EmbeddedPostgres(Path(folder) / "postgres")
        server.start()
        bench = _Bench(server)
        try:
            use_settings(patch, database_url=server.url(), data_dir=folder)
            asyncio.run(_fill())
            server.stop()  # so that no recovery has to do with the filling
            server.start()
            for _ in range(_WORKERS):
                bench.start_worker()
            time.sleep(_LEAD)
            _kill_and_measure(bench)
            asyncio.run(_to_gateway(bench))
        finally:
            for worker in bench.workers:
                worker.kill()
                worker.wait()
            server.stop()


if __name__ == "__main__":
    main()
