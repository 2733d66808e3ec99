"""How long a search takes among 100,000 messages of a person in 50 rooms, beside LIKE, and whether anything is missed.

Words of one, two and four characters, rare ones and frequent ones, as they stand in the messages.
"""

import asyncio
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from botbay import schema
from botbay.chat import messages
from botbay.chat.access import PRIVATE, Subject, readable_messages
from botbay.chat.models import Message
from botbay.chat.search import plain
from botbay.db import dispose, engine, transaction
from botbay.postgres import EmbeddedPostgres
from tests.bench.report import sentences
from tests.conftest import use_settings
from tests.drive_fixture import new_account, new_drive
from workers.search import service
from workers.search.service import Order, Query

_ROOMS, _MESSAGES, _PEOPLE = 50, 100_000, 200
_WORDS = 8  # of each length and frequency
_ROUNDS = 3
_CHECKED = 1_000  # of a word, so many messages are looked for one by one


async def _fill() -> Subject:
    drive, chance, said = await new_drive(), random.Random(8), sentences()
    async with transaction() as session:
        account = await new_account(session, "wang")
        await drive.person(session, "王", account)
        names = [f"人{number}" for number in range(_PEOPLE)]
        people = [(await drive.person(session, name)).id for name in names]
        rooms = [
            (await drive.room(session, f"群{number}", "王", *chance.sample(names, 20))).id for number in range(_ROOMS)
        ]
        first = datetime(2026, 1, 1, tzinfo=UTC)
        for begin in range(0, _MESSAGES, 2000):
            rows = [
                {
                    "bot_id": drive.bot.id,
                    "room_id": chance.choice(rooms),
                    "peer_id": None,
                    "talker_id": chance.choice(people),
                    "source_id": f"bench-{number}",
                    "kind": "text",
                    # Numbers make words that stand in one message only.
                    "text": f"{chance.choice(said)} {number * 7919 % 1_000_003}",
                    "mention_ids": [],
                    "details": {},
                    "raw": {},
                    "sent_at": first + timedelta(seconds=60 * number),
                    "received_at": first + timedelta(seconds=60 * number),
                    "from_self": False,
                    "by_bot": False,
                    "withheld": False,
                }
                for number in range(begin, begin + 2000)
            ]
            await messages.store(session, rows)
    async with engine().connect() as connection:  # as autovacuum does when so much has come in
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE"))
    return Subject.of_account(account)


def _words() -> dict[str, list[str]]:
    """By length and frequency; frequent: the most frequent, rare: of those that stand in few sentences."""
    told = sentences()
    groups: dict[str, list[str]] = {}
    for length in (1, 2, 4):
        count = Counter(
            piece
            for line in told
            for piece in {line[at : at + length] for at in range(len(line) - length + 1)}
            if piece.isalnum() and not piece.isascii() and "\u4e00" <= piece[0] <= "\u9fff"
        )
        ranked = [word for word, _ in count.most_common()]
        groups[f"{length} 字，常见"] = ranked[:_WORDS]
        groups[f"{length} 字，少见"] = random.Random(length).sample(ranked[len(ranked) // 2 :], _WORDS)
    groups["号码"] = [str(number * 7919 % 1_000_003) for number in range(1000, 1000 + _WORDS)]
    return groups


async def _like(session: AsyncSession, subject: Subject, word: str) -> Sequence[int]:
    """What people would write by hand."""
    found = readable_messages(subject, PRIVATE).where(plain(Message.text).contains(word.lower(), autoescape=True))
    newest = found.with_only_columns(Message.id).order_by(Message.sent_at.desc(), Message.id.desc()).limit(20)
    return (await session.scalars(newest)).all()


async def _missed(session: AsyncSession, subject: Subject, word: str) -> int:
    """How many of all that LIKE finds are not found, the newest first."""
    found = readable_messages(subject, PRIVATE).where(plain(Message.text).contains(word.lower(), autoescape=True))
    count = await session.scalar(select(func.count()).select_from(found.with_only_columns(Message.id).subquery()))
    wanted = min(int(count or 0), _CHECKED)
    query = Query(words=word, order=Order.NEWEST)
    results = await service.search(session, subject, PRIVATE, query, limit=_CHECKED)
    return max(0, wanted - len(results.hits))  # more: traditional characters are found by simplified ones


async def _measure() -> None:
    await schema.migrate()
    subject = await _fill()
    print("         |      ours: p50     p95 |  LIKE: p50 |  missed")
    every: list[float] = []
    for name, words in _words().items():
        ours, like, missed = [], [], 0
        for word in words:
            async with transaction() as session:
                missed += await _missed(session, subject, word)
                for _ in range(_ROUNDS):
                    started = time.perf_counter()
                    await service.search(session, subject, PRIVATE, Query(words=word))
                    ours.append(time.perf_counter() - started)
                    started = time.perf_counter()
                    await _like(session, subject, word)
                    like.append(time.perf_counter() - started)
        every += ours
        print(
            f"{name} | {statistics.median(ours) * 1000:9.1f} ms {_p95(ours) * 1000:6.1f} ms |"
            f" {statistics.median(like) * 1000:7.1f} ms | {missed:5}",
            flush=True,
        )
    print(f"all: p50 {statistics.median(every) * 1000:.1f} ms, p95 {_p95(every) * 1000:.1f} ms")


def _p95(seconds: Sequence[float]) -> float:
    return sorted(seconds)[int(0.95 * len(seconds))]


async def _run() -> None:
    try:
        await _measure()
    finally:
        await dispose()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="botbay-bench-") as folder, pytest.MonkeyPatch.context() as patch:
        server = EmbeddedPostgres(Path(folder) / "postgres")
        server.start()
        try:
            use_settings(patch, database_url=server.url(), data_dir=Path(folder) / "data")
            asyncio.run(_run())
        finally:
            server.stop()


if __name__ == "__main__":
    main()
