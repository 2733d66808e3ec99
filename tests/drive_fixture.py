"""People, rooms and files for the tests of the drive: real rows, real bytes in storage."""

import io
import itertools
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from PIL import Image, ImageDraw
from sqlalchemy.ext.asyncio import AsyncSession

from botbay import storage
from botbay.chat import files
from botbay.chat.models import Account, Bot, Contact, File, FileKind, Member, Message, Room
from botbay.db import now, transaction

_numbers = itertools.count(1)


async def _one(data: bytes) -> AsyncIterator[bytes]:
    yield data


@dataclass
class Drive:
    """One bot, its rooms, and people, made as they are named."""

    bot: Bot
    rooms: dict[str, Room] = field(default_factory=dict)
    people: dict[str, Contact] = field(default_factory=dict)

    async def person(self, session: AsyncSession, name: str, account: Account | None = None) -> Contact:
        if name not in self.people:
            self.people[name] = Contact(wechat_id=f"wxid_{next(_numbers)}", name=name)
            session.add(self.people[name])
        if account is not None:
            self.people[name].account_id = account.id
        await session.flush()
        return self.people[name]

    async def room(self, session: AsyncSession, topic: str, owner: str, *others: str, recording: bool = True) -> Room:
        room = Room(wechat_id=f"{next(_numbers)}@chatroom", topic=topic, recording_at=now() if recording else None)
        room.owner_id = (await self.person(session, owner)).id
        session.add(room)
        await session.flush()
        for name in (owner, *others):
            session.add(Member(room_id=room.id, contact_id=(await self.person(session, name)).id))
        await session.flush()
        self.rooms[topic] = room
        return room

    async def awaited(
        self,
        session: AsyncSession,
        name: str,
        sender: str,
        *,
        room: str | None = None,
        at: datetime | None = None,
        kind: FileKind = FileKind.OTHER,
    ) -> int:
        """A file that somebody sent, to a room or else to the bot in private, and that is not there yet; its id."""
        talker = await self.person(session, sender)
        message = Message(
            bot_id=self.bot.id,
            room_id=self.rooms[room].id if room else None,
            peer_id=None if room else talker.id,
            talker_id=talker.id,
            source_id=f"s{next(_numbers)}",
            kind="file",
            sent_at=at or now(),
        )
        session.add(message)
        await session.flush()
        file = File(message_id=message.id, name=name, kind=kind)
        session.add(file)
        await session.flush()
        return file.id

    async def sent(
        self,
        session: AsyncSession,
        name: str,
        sender: str,
        data: bytes,
        *,
        room: str | None = None,
        at: datetime | None = None,
        mime: str = "application/octet-stream",
        kind: FileKind = FileKind.OTHER,
    ) -> int:
        """A file that somebody sent and that is stored; its id."""
        file_id = await self.awaited(session, name, sender, room=room, at=at, kind=kind)
        stored = await storage.put(f"files/{next(_numbers)}-{now().timestamp()}", _one(data))
        assert await files.attach(session, file_id, stored, mime, kind)
        return file_id


async def new_drive() -> Drive:
    async with transaction() as session:
        bot = Bot(name=f"bot{next(_numbers)}-{now().timestamp()}")
        session.add(bot)
        await session.flush()
        return Drive(bot)


async def new_account(session: AsyncSession, name: str) -> Account:
    account = Account(name=name, display_name=name)
    session.add(account)
    await session.flush()
    return account


def days_ago(days: float) -> datetime:
    return now() - timedelta(days=days)


# --- bytes -------------------------------------------------------------------------------------------------


def picture(colour: str, words: str = "") -> bytes:
    image = Image.new("RGB", (320, 240), colour)
    ImageDraw.Draw(image).text((20, 100), words, fill="white")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def pdf() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 400), "white").save(out, "PDF")
    return out.getvalue()


def sound() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(8000)
        wav.writeframes(bytes(8000))
    return out.getvalue()
