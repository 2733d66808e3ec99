"""Whatever WeChat or the gateway tells again, in whatever order, changes nothing any more.

The seed of the order is printed; ``NOTHING_LOST_SEED`` repeats it.
"""

import asyncio
import json
import os
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from botbay.chat import bots, contacts, conversations, outbox
from botbay.chat.models import OutboxItem, Room
from botbay.db import transaction
from botbay.settings import SIMULATOR
from connector.drivers.base import (
    ContactCard,
    DriverEvent,
    DriverUnavailable,
    Friendship,
    FriendshipKind,
    InboundMessage,
    Media,
    MessageKind,
    RoomJoin,
    RoomLeave,
    RoomTopic,
)
from tests.integration.test_bot import BOT, CARD, OWNER, ROOM, START, Told, joined, pulled_in, record, running, until

pytestmark = pytest.mark.usefixtures("database")

SEED = int(os.environ.get("NOTHING_LOST_SEED", "0")) or random.SystemRandom().randrange(1, 1_000_000)
GUEST = "wxid_guest"
#: Whoever looks the room up finds it so at the end of the day.
NOW = replace(CARD, topic="新产品群")
#: Everything that hearing can write down, but for when it was heard.
TABLES = {
    "rooms": "wechat_id, topic, owner_id, recording_at, stopped_at",
    "room_bots": "room_id, bot_id, inviter_id, joined_at, left_at, engaged_at, paused_until",
    "members": "room_id, contact_id, alias, left_at",
    "contacts": "wechat_id, name, refused_at",
    "friends": "bot_id, contact_id, engaged_at",
    "messages": "id, source_id, kind, text, talker_id, recalled_at IS NULL, withheld, by_bot",
    "files": "id, message_id, name",
    "turns": "id, key, text, trigger, state, gate",
    "conversations": "id, room_id, contact_id, stopped_at, paused_until, epoch, forget",
    "outbox": "id, key, text, source_id",
    "pgqueuer": "id, entrypoint, payload",
}


def said(number: int, words: str, **more: object) -> InboundMessage:
    talker = str(more.pop("talker", GUEST))
    facts = {
        "source_id": f"m{number}",
        "kind": MessageKind.TEXT,
        "talker": ContactCard(id=talker, name="小港" if talker == BOT else talker),
        "room_id": ROOM,
        "listener_id": None,
        "text": words,
        "sent_at": START + timedelta(minutes=number),
        "from_self": talker == BOT,
    }
    return InboundMessage(**facts | more)  # type: ignore[arg-type]


def at(minute: int) -> dict[str, object]:
    return {"at": START + timedelta(minutes=minute)}


def story() -> list[DriverEvent]:
    """A day in a room: people come and go, say, send, ask and take back. A join carries the room as it is when heard."""
    told: list[DriverEvent] = [said(n, f"第{n}句") for n in range(10, 30)]
    told += [said(n, f"没有编号 {n}", source_id="") for n in range(30, 35)]
    told += [said(n, f"表 {n}.xlsx", kind=MessageKind.FILE, file_name=f"表 {n}.xlsx") for n in range(40, 46)]
    told += [said(n, f"@小港 帮助 {n}", mention_ids=(BOT,)) for n in range(50, 54)]
    told += [said(60, "答：好的", talker=BOT, source_id="echo"), said(61, "我来答", talker=BOT)]
    told += [said(70, "", source_id=f"r{n}", kind=MessageKind.RECALL, recalled_id=f"m{n}") for n in (11, 12, 41, 51)]
    told += [
        RoomTopic(room_id=ROOM, topic="新产品群", changer_id=OWNER, **at(80)),  # type: ignore[arg-type]
        RoomJoin(room=NOW, invitee_ids=(GUEST,), inviter_id=OWNER, **at(81)),  # type: ignore[arg-type]
        RoomLeave(room_id=ROOM, leaver_ids=(GUEST,), remover_id=OWNER, **at(82)),  # type: ignore[arg-type]
        Friendship(
            request_id="q1",
            kind=FriendshipKind.RECEIVED,
            contact=ContactCard(id="wxid_friend", name="新友"),
            hello="hello bot",
        ),
    ]
    return told


class Slow(Told):
    """Media are still on their way when all has been told, so that what fetches them stays as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.over = asyncio.Event()

    async def fetch_media(self, source_id: str, kind: MessageKind) -> Media:
        await self.over.wait()
        raise DriverUnavailable


async def hear(driver: Told, events: Sequence[DriverEvent], mark: str) -> None:
    """The bot hears all of them, and does what it was asked to do at once."""
    for event in (*events, said(0, mark, source_id=mark, talker=OWNER)):
        await driver.events.put(event)

    async def done() -> bool:
        async with transaction() as session:
            heard = await session.scalar(text("SELECT count(*) FROM messages WHERE source_id = :mark"), {"mark": mark})
            waiting = await session.scalar(text("SELECT count(*) FROM pgqueuer WHERE entrypoint LIKE 'accept%'"))
        return heard == 1 and waiting == 0

    await until(done, 60)


async def written() -> dict[str, list[str]]:
    async with transaction() as session:
        rows = {
            table: (await session.execute(text(f"SELECT {columns} FROM {table} AS t ORDER BY t"))).all()
            for table, columns in TABLES.items()
        }
    return {table: [str(row) for row in found if "mark" not in str(row)] for table, found in rows.items()}


async def test_everything_told_three_times_more_in_any_order_changes_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    order, driver = random.Random(SEED), Slow()
    async with running(driver):
        await driver.events.put(pulled_in(0))
        await until(joined)
        await record()
        await answer_on_its_way()
        await hear(driver, story(), "mark 1")
        before = await written()
        again = [*story(), replace(pulled_in(0), room=NOW)] * 3
        order.shuffle(again)
        await hear(driver, again, "mark 2")
        after = await written()
        driver.over.set()
    for table in TABLES:
        assert after[table] == before[table], f"{table} changed (seed {SEED})"
    with capsys.disabled():
        told = {"seed": SEED, "events": len(story()) + 1, "told again": len(again)}
        print(f"\n{json.dumps(told | {table: len(found) for table, found in after.items()})}")


async def answer_on_its_way() -> None:
    """The bot is just saying something: its echo is in the story."""
    async with transaction() as session:
        bot = await bots.ensure(session, SIMULATOR.name)
        owner = await contacts.by_wechat_id(session, OWNER)
        room = await session.scalar(select(Room))
        assert owner is not None
        assert room is not None
        conversation = await conversations.get(session, bot.id, room.id, owner.id)
        await outbox.put(session, conversation, "said", text="答：好的")
        item = await session.scalar(select(OutboxItem))
        assert item is not None
        await outbox.begin(session, item.id)
