"""How long a report takes over many messages: a day and a month of a person in 50 rooms, beside the recount by hand.

And how long its picture takes.
"""

import asyncio
import json
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, insert, select, text

from botbay import schema
from botbay.chat.models import Message
from botbay.db import dispose, engine, transaction
from botbay.postgres import EmbeddedPostgres
from tests.conftest import use_settings
from tests.drive_fixture import new_account, new_drive
from tests.report_samples import sample
from workers.report import card, service, spans
from workers.report.models import ReportRow

_ROOMS, _MESSAGES, _PEOPLE = 50, 100_000, 200
_ZONE = ZoneInfo("Asia/Shanghai")
_DAY = date(2026, 3, 31)
_ROUNDS = 5
_CHATS = Path(__file__).resolve().parents[1] / "minutes_chats"


def sentences() -> list[str]:
    """What people said in the marked chats."""
    lines = [
        json.loads(line) for file in sorted(_CHATS.rglob("*.jsonl")) for line in file.read_text("utf-8").splitlines()
    ]
    return [line["text"] for line in lines if line.get("type") == "text" and line.get("text")]


async def _measure() -> None:
    await schema.migrate()
    drive, chance, told = await new_drive(), random.Random(6), sentences()
    async with transaction() as session:
        account = await new_account(session, "wang")
        await drive.person(session, "王", account)
        names = ["王", *(f"人{number}" for number in range(_PEOPLE))]
        people = [(await drive.person(session, name)).id for name in names[1:]]
        rooms = [
            (await drive.room(session, f"群{number}", "王", *chance.sample(names[1:], 20))).id
            for number in range(_ROOMS)
        ]
        kinds = ["text"] * 8 + ["image", "voice", "emoticon", "file", "link"]
        first = datetime.combine(_DAY.replace(day=1), datetime.min.time(), _ZONE)
        rows = [
            {
                "bot_id": drive.bot.id,
                "room_id": chance.choice(rooms),
                "talker_id": chance.choice(people),
                "source_id": f"bench-{number}",
                "kind": (kind := chance.choice(kinds)),
                "text": chance.choice(told) if kind == "text" else "",
                "mention_ids": [],
                "details": {},
                "raw": {},
                "sent_at": first + timedelta(seconds=number * 31 * 86400 / _MESSAGES),
            }
            for number in range(_MESSAGES)
        ]
        for begin in range(0, len(rows), 2000):
            await session.execute(insert(Message), rows[begin : begin + 2000])
    async with engine().connect() as connection:  # as autovacuum does when so much has come in
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE"))

    async def report(span: spans.Span) -> int:
        async with transaction() as session:
            await session.execute(delete(ReportRow))
        began = time.perf_counter()
        async with transaction() as session:
            made = await service.of_person(session, account, span)
        took.append(time.perf_counter() - began)
        return made.report.total

    async def recount(span: spans.Span) -> int:
        began = time.perf_counter()
        async with transaction() as session:
            within = (Message.sent_at >= span.since) & (Message.sent_at < span.until)
            found = (await session.scalars(select(Message).where(within, Message.room_id.in_(rooms)))).all()
            for key in ("kind", "room_id", "talker_id"):
                Counter(getattr(each, key) for each in found)
            Counter(each.sent_at.astimezone(_ZONE).hour for each in found)
        took.append(time.perf_counter() - began)
        return len(found)

    ways: dict[str, Callable[[spans.Span], Awaitable[int]]] = {"report": report, "recount in Python": recount}
    for what, span in (("day", spans.day(_DAY, _ZONE)), ("month", spans.month(_DAY, _ZONE))):
        for name, way in ways.items():
            took: list[float] = []
            for _ in range(_ROUNDS):
                messages = await way(span)
            print(
                json.dumps(
                    {
                        "span": what,
                        "way": name,
                        "messages": messages,
                        "median_ms": round(statistics.median(took) * 1000),
                    }
                )
            )
    await dispose()


def _draw() -> None:
    """CPU time of the picture, the first time in a process and then."""
    took = []
    for _ in range(_ROUNDS + 1):
        began = time.process_time()
        size = len(card.render(sample()))
        took.append(time.process_time() - began)
    figures = {"first_cpu_ms": round(took[0] * 1000), "median_cpu_ms": round(statistics.median(took[1:]) * 1000)}
    print(json.dumps({"picture": "card", "kb": round(size / 1024), **figures}))


def main() -> None:
    _draw()
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        server = EmbeddedPostgres(Path(folder) / "postgres")
        server.start()
        try:
            use_settings(patch, database_url=server.url(), data_dir=folder)
            asyncio.run(_measure())
        finally:
            server.stop()


if __name__ == "__main__":
    main()
