"""What the tests of files share: a room that is recorded, messages that bring files, and a gateway that gives them."""

import itertools
import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from sqlalchemy import select, text

from botbay.chat import bots, contacts, rooms
from botbay.chat.models import Blob, BotState, File, FileKind, FileState, Message
from botbay.db import now, transaction
from botbay.jobs import Handler, Work
from connector.drivers.base import ContactCard, Driver, DriverUnavailable, Emit, Media, MessageKind, RoomCard, Target

BOT = "harbour"
_numbers = itertools.count(1)


async def awaited(name: str = "", kind: MessageKind = MessageKind.FILE, *, source: str | None = None) -> int:
    """A message of a recorded room that brings a file, which nobody has fetched yet; the file's id."""
    async with transaction() as session:
        bot = await bots.ensure(session, BOT)
        await bots.set_state(session, bot.id, BotState.ONLINE)
        ids = await contacts.upsert(session, {"wxid_li": "老李"})
        facts = rooms.RoomFacts(wechat_id="1@chatroom", topic="产品群", owner_id="wxid_li", members={})
        room_id = await rooms.upsert(session, facts, now())
        message = Message(
            bot_id=bot.id,
            room_id=room_id,
            talker_id=ids["wxid_li"],
            source_id=source or f"m{next(_numbers)}",
            kind=kind,
            sent_at=now(),
        )
        session.add(message)
        await session.flush()
        file = File(message_id=message.id, name=name, kind=FileKind.OTHER)
        session.add(file)
        await session.flush()
        return file.id


async def file_of(file_id: int) -> tuple[File, Blob | None]:
    async with transaction() as session:
        file = await session.get_one(File, file_id)
        return file, None if file.blob_id is None else await session.get_one(Blob, file.blob_id)


async def states() -> dict[FileState, int]:
    async with transaction() as session:
        found = list(await session.scalars(select(File.state)))
    return {state: found.count(state) for state in FileState}


async def queued(name: str) -> list[dict[str, int]]:
    """Payloads of the jobs that wait under a name."""
    async with transaction() as session:
        rows = await session.scalars(
            text("SELECT payload FROM pgqueuer WHERE entrypoint = :name ORDER BY id"), {"name": name}
        )
        return [json.loads(bytes(row)) for row in rows]


async def once(handler: Handler, file_id: int, tries: int = 0) -> None:
    """Run a fetch job by hand, at its so-manieth try."""
    await handler(Work(payload={"file_id": file_id, "tries": tries}, attempt=0, final=False))


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def media(*chunks: bytes, name: str = "", size: int | None = None) -> Media:
    return Media(name=name, size=size, chunks=stream(*chunks))


class Gateway(Driver):
    """A gateway that gives what it is told to; ``alive`` is whether it answers."""

    def __init__(self, give: Callable[[str], Media]) -> None:
        self.give = give
        self.alive = True
        self.asked = 0

    async def fetch_media(self, source_id: str, kind: MessageKind) -> Media:
        self.asked += 1
        if not self.alive:
            raise DriverUnavailable("网关没有连上")
        return self.give(source_id)

    async def check(self) -> None:
        if not self.alive:
            raise DriverUnavailable("没有回应")

    async def run(self, emit: Emit) -> None: ...

    async def send_text(self, target: Target, text: str, mention_ids: Sequence[str] = ()) -> str | None: ...

    async def send_file(self, target: Target, path: Path, name: str, kind: MessageKind) -> str | None: ...

    async def accept_friendship(self, request_id: str) -> None: ...

    async def accept_invitation(self, invitation_id: str) -> None: ...

    async def contact(self, contact_id: str) -> ContactCard:
        return ContactCard(id=contact_id, name=contact_id)

    async def room(self, room_id: str) -> RoomCard:
        return RoomCard(id=room_id, topic="", owner_id=None, members=())

    async def logout(self) -> None: ...
