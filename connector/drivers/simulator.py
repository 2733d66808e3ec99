"""The driver that needs no WeChat: it listens to the simulated one, which lives in BotBay's own database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import text as sql
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from botbay import storage
from botbay.chat import simulator, simulator_line, simulator_phone
from botbay.chat.simulator import Chat, SimulatorError, private_chat, room_chat
from botbay.chat.simulator_models import SimBot, SimBotState, SimEvent, SimEventKind, SimMessage, SimRoom
from botbay.db import Listener, transaction
from botbay.postgres import PostgresError
from connector.drivers import base
from connector.drivers.base import DriverError, DriverUnavailable, Media, MediaGone, MessageKind, SendUnknown

POLL = 2.0  # seconds; NOTIFY usually comes first
RETRY = 1.0  # seconds
CHECK_TIMEOUT = 15.0  # seconds
READ = 1024 * 1024  # bytes

_LOST = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    OperationalError,
    InterfaceError,
    PostgresError,
    OSError,
)


class SimulatorDriver:
    """A bot's way to the simulated WeChat; ``name`` is the bot's in the settings."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._id = simulator_line.bot_id(name)
        self._attached = False

    # --- listening ---

    async def run(self, emit: base.Emit) -> None:
        listener = Listener(simulator_line.IN)
        loss_told = False
        try:
            while True:
                try:
                    standing = await self._attach()
                    self._attached = True
                    await emit(base.Connected())
                    loss_told = False
                    await emit(standing)
                    await self._listen(emit, listener)
                except _LOST:
                    self._attached = False
                    if not loss_told:
                        # Whoever hears it may need the database too: then it is told with the next try.
                        with contextlib.suppress(*_LOST):
                            await emit(base.Disconnected(reason="模拟器连不上数据库，正在重试。"))
                            loss_told = True
                    await asyncio.sleep(RETRY)
        finally:
            self._attached = False
            await listener.close()

    async def _attach(self) -> base.DriverEvent:
        async with transaction() as session:
            bot = await simulator_line.attach(session, self._name)
            if bot.state == SimBotState.ONLINE:
                return base.Login(contact=await self._card(session, self._id))
            return base.Scan(qrcode=bot.qrcode, status="waiting")

    async def _listen(self, emit: base.Emit, listener: Listener) -> None:
        taken: int | None = None
        while True:
            async with transaction() as session:
                event = await simulator_line.next_event(session, self._id, taken)
                heard = None if event is None else await self._heard(session, event)
            taken = None
            if event is not None and heard is not None:
                await emit(heard)
                taken = event.id
            else:
                await listener.wait(POLL)

    async def _heard(self, session: AsyncSession, event: SimEvent) -> base.DriverEvent:
        data = event.payload
        match event.kind:
            case SimEventKind.SCAN:
                return base.Scan(qrcode=data["qrcode"], status=data["status"])
            case SimEventKind.LOGIN:
                return base.Login(contact=await self._card(session, self._id))
            case SimEventKind.LOGOUT:
                return base.Logout(reason=data["reason"])
            case SimEventKind.MESSAGE:
                return await self._message(session, data)
            case SimEventKind.FRIENDSHIP:
                return base.Friendship(
                    request_id=data["request_id"],
                    kind=base.FriendshipKind(data["kind"]),
                    contact=await self._card(session, data["contact_id"]),
                    hello=data["hello"],
                )
            case SimEventKind.ROOM_JOIN:
                return base.RoomJoin(
                    room=await self._room(session, data["room_id"]),
                    invitee_ids=tuple(data["invitee_ids"]),
                    inviter_id=data["inviter_id"],
                    at=event.at,
                )
            case SimEventKind.ROOM_INVITE:
                inviter = await self._card(session, data["inviter_id"])
                return base.RoomInvite(invitation_id=data["invitation_id"], topic=data["topic"], inviter=inviter)
            case SimEventKind.ROOM_LEAVE:
                return base.RoomLeave(
                    room_id=data["room_id"],
                    leaver_ids=tuple(data["leaver_ids"]),
                    remover_id=data["remover_id"],
                    at=event.at,
                )
            case _:
                return base.RoomTopic(
                    room_id=data["room_id"], topic=data["topic"], changer_id=data["changer_id"], at=event.at
                )

    async def _message(self, session: AsyncSession, data: Mapping[str, Any]) -> base.InboundMessage:
        talker_id, kind = data["talker_id"], MessageKind(data["kind"])
        return base.InboundMessage(
            source_id=data["source_id"],
            kind=kind,
            talker=await self._card(session, talker_id),
            room_id=data["room_id"],
            listener_id=next((party for party in data["parties"] if party != talker_id), None),
            text=data["text"],
            sent_at=datetime.fromisoformat(data["at"]),
            from_self=talker_id == self._id,
            mention_ids=tuple(data["mention_ids"]),
            quoted_id=data["quoted_id"],
            file_name=data["file_name"],
            recalled_id=data.get("recalled_id"),
            details=_details(kind, data["text"]),
            raw=dict(data),
        )

    # --- speaking ---

    async def send_text(self, target: base.Target, text: str, mention_ids: Sequence[str] = ()) -> str | None:
        async with self._sending() as session:
            message = await simulator.say(session, self._chat(target), self._id, text, mention_ids=mention_ids)
        return message.source_id

    async def send_file(self, target: base.Target, path: Path, name: str, kind: MessageKind) -> str | None:
        try:
            file = await simulator.keep_file(name, _read(path))
        except (storage.StorageError, OSError) as error:
            raise DriverError(f"文件没有发出去：{error}") from error
        try:
            async with self._sending() as session:
                message = await simulator.say_file(session, self._chat(target), self._id, kind, file)
        except SendUnknown:
            raise
        except DriverError:
            with contextlib.suppress(storage.StorageError):
                await storage.delete(file.key)
            raise
        return message.source_id

    @contextlib.asynccontextmanager
    async def _sending(self) -> AsyncIterator[AsyncSession]:
        written = False
        try:
            async with self._transaction() as session:
                await self._require_login(session)
                yield session
                written = True
        except DriverUnavailable as error:
            if written:
                raise SendUnknown("写入时数据库断开，不知道发出去没有。") from error
            raise

    def _chat(self, target: base.Target) -> Chat:
        if target.room_id is not None:
            return room_chat(target.room_id)
        if target.contact_id is None:
            raise DriverError("没有说发给谁。")
        return private_chat(self._id, target.contact_id)

    # --- everything else ---

    async def fetch_media(self, source_id: str, kind: MessageKind) -> Media:
        number = source_id.removeprefix("sim-")
        async with self._calling() as session:
            message = await session.get(SimMessage, int(number)) if number.isdecimal() else None
        if message is None or message.file_key is None:
            raise MediaGone("文件已经没有了：消息被撤回，或者没有带文件。")
        chunks = storage.get(message.file_key)
        try:
            first = await anext(chunks, b"")
        except storage.NotStored as error:
            raise MediaGone("文件已经不在模拟器里了。") from error
        except storage.StorageError as error:
            raise DriverUnavailable(str(error)) from error
        return Media(name=message.file_name or "", size=message.file_size, chunks=_after(first, chunks))

    async def accept_friendship(self, request_id: str) -> None:
        async with self._calling() as session:
            await simulator.accept_friend(session, self._id, request_id)

    async def accept_invitation(self, invitation_id: str) -> None:
        async with self._calling() as session:
            await simulator.accept_invitation(session, self._id, invitation_id)

    async def contact(self, contact_id: str) -> base.ContactCard:
        async with self._calling() as session:
            return await self._card(session, contact_id)

    async def room(self, room_id: str) -> base.RoomCard:
        async with self._calling() as session:
            return await self._room(session, room_id)

    async def logout(self) -> None:
        async with self._calling() as session:
            bot = await session.get_one(SimBot, self._id)
            await simulator_line.log_out(session, bot, "机器人退出了登录。")

    async def check(self) -> bool:
        try:
            async with asyncio.timeout(CHECK_TIMEOUT), self._transaction() as session:
                await session.execute(sql("SELECT 1"))
        except TimeoutError as error:
            raise DriverUnavailable("模拟器的数据库没有回应。") from error
        return True  # what was not handed on stays where it is

    @contextlib.asynccontextmanager
    async def _calling(self) -> AsyncIterator[AsyncSession]:
        async with self._transaction() as session:
            await self._require_login(session)
            yield session

    @contextlib.asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncSession]:
        if not self._attached:
            raise DriverUnavailable("模拟器还没有连上。")
        try:
            async with transaction() as session:
                yield session
        except SimulatorError as error:
            raise DriverError(str(error)) from error
        except _LOST as error:
            raise DriverUnavailable("模拟器连不上数据库。") from error

    async def _require_login(self, session: AsyncSession) -> None:
        bot = await session.get(SimBot, self._id)
        if bot is None or bot.state != SimBotState.ONLINE:
            raise DriverUnavailable("模拟的微信没有登录，先在模拟器里扫码。")

    async def _card(self, session: AsyncSession, contact_id: str) -> base.ContactCard:
        card = await simulator_phone.card(session, self._id, contact_id)
        if card is None:
            raise DriverError("没有这个联系人。")
        return base.ContactCard(id=card.id, name=card.name, alias=card.alias, is_friend=card.is_friend)

    async def _room(self, session: AsyncSession, room_id: str) -> base.RoomCard:
        room = await session.get(SimRoom, room_id)
        if room is None:
            raise DriverError("没有这个群。")
        seats = await simulator_phone.seats(session, room_id)
        members = tuple(base.MemberCard(id=seat.id, name=seat.name, alias=seat.alias) for seat in seats)
        return base.RoomCard(id=room.id, topic=room.topic, owner_id=room.owner_id, members=members)


def _details(kind: MessageKind, text: str) -> dict[str, object]:
    """What ``simulator.say_special`` wrote into one text."""
    match kind:
        case MessageKind.LINK:
            title, *rest = text.splitlines()
            url = rest.pop() if rest and rest[-1].startswith(("http://", "https://")) else ""
            return {"title": title, "description": "\n".join(rest), "url": url}
        case MessageKind.CARD:
            return {"name": text}
        case MessageKind.EMOTICON if text:
            return {"meaning": text}
    return {}


async def _read(path: Path) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while chunk := await asyncio.to_thread(file.read, READ):
            yield chunk
    finally:
        file.close()


async def _after(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for chunk in rest:
        yield chunk
