"""How many messages a second the inbox takes over, durably."""

import asyncio
import json
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from botbay import schema
from botbay.chat import bots, consent, contacts, rooms
from botbay.db import dispose, now, transaction
from botbay.postgres import EmbeddedPostgres
from botbay.settings import load_settings
from connector.drivers.base import ContactCard, InboundMessage, MessageKind
from connector.inbox import Inbox
from tests.conftest import use_settings

_ROOM, _PEOPLE, _ROUNDS = "1@chatroom", 20, 3
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


async def _measure() -> None:
    inbox = await _prepare()
    rates: dict[int, list[float]] = {}
    number = 0
    for _ in range(_ROUNDS):
        for batch, count in ((1, 200), (10, 1000), (200, 6000)):
            started = time.perf_counter()
            for first in range(0, count, batch):
                await inbox.store([_message(number + first + n) for n in range(batch)], now())
            rates.setdefault(batch, []).append(count / (time.perf_counter() - started))
            number += count
    single = statistics.median(rates[1])
    for batch, found in rates.items():
        rate = statistics.median(found)
        print(
            json.dumps(
                {"batch": batch, "messages_per_s": round(rate), "ratio_to_one_a_commit": round(rate / single, 1)}
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
