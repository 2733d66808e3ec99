"""One bot at work: hears its driver's events in order, keeps its state, and sends what its outbox holds."""

import asyncio
import contextlib
import logging
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay import jobs
from botbay.chat import accounts, bots, contacts, conversations, files, rooms
from botbay.chat.models import Bot, BotState, Friend, Room, RoomBot
from botbay.db import engine, is_away, now, transaction
from botbay.settings import BotConfig, Settings
from connector import media, notices
from connector.drivers.base import (
    Connected,
    Disconnected,
    Driver,
    DriverError,
    DriverEvent,
    DriverUnavailable,
    Failure,
    Friendship,
    FriendshipKind,
    InboundMessage,
    Login,
    Logout,
    RoomCard,
    RoomInvite,
    RoomJoin,
    RoomLeave,
    RoomTopic,
    Scan,
)
from connector.inbox import Inbox
from connector.sender import Sender

log = logging.getLogger(__name__)

_BATCH = 200  # messages stored in one transaction
_QUEUE = 5000  # events that may wait; beyond it the driver is held back
_HEARTBEAT = 10.0  # seconds between two records that the bot is not deaf
_LOGGED_OUT = "微信退出了登录"
_SCAN_WORDS = {"scanned": "已扫码，请在手机上确认。", "timeout": "二维码过期了，正在换一个。"}


class BotRunner:
    """Drives one bot until cancelled. ``waits``: the driver redelivers what was not taken over, so tell it when."""

    def __init__(self, config: BotConfig, driver: Driver, settings: Settings, *, waits: bool) -> None:
        self._config = config
        self._driver = driver
        self._settings = settings
        self._waits = waits
        self._queue: asyncio.Queue[tuple[DriverEvent, datetime, asyncio.Future[None]]] = asyncio.Queue(_QUEUE)
        self._bot_id = 0
        self._self_id: str | None = None  # the account that was let in last; what it heard in a break still counts
        self._online = False
        self._carried: list[tuple[DriverEvent, datetime, asyncio.Future[None]]] = []  # taken out, not stored yet
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Only one process drives a bot: another one waits here until this one is gone."""
        async with engine().connect() as lock:
            while not await lock.scalar(select(func.pg_try_advisory_lock(func.hashtext(f"bot:{self._config.name}")))):
                await lock.commit()
                log.warning("another process drives %s; waiting", self._config.name)
                await asyncio.sleep(5)
            await lock.commit()
            await self._drive()

    async def _drive(self) -> None:
        async with transaction() as session:
            bot = await bots.ensure(session, self._config.name)
            self._bot_id = bot.id
            await bots.open_gap(session, bot.id, bots.NOT_RUNNING)
            await bots.set_state(session, bot.id, BotState.OFFLINE, detail="正在连接网关…")
        self._inbox = Inbox(self._bot_id, self._settings)
        handlers = {
            files.fetch_job(self._config.name): media.fetcher(self._driver),
            f"accept_friendship.{self._config.name}": self._accept_friendship,
            f"accept_invitation.{self._config.name}": self._accept_invitation,
        }
        async with asyncio.TaskGroup() as group:
            group.create_task(_again("driver", lambda: self._driver.run(self._emit)))
            group.create_task(_again("inbox", self._take))
            group.create_task(_again("jobs", lambda: jobs.run(handlers)))
            group.create_task(_again("heartbeat", self._beat))
            # Not one of the group: when all is to end, it is told first, while the driver can still finish a send.
            await _again("sender", Sender(self._bot_id, self._driver, self._settings).run)

    async def _emit(self, event: DriverEvent) -> None:
        taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._queue.put((clean(event), now(), taken))
        if self._waits:
            await taken

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(_HEARTBEAT)
            await self._note_hearing()

    async def _note_hearing(self) -> None:
        """Write down until when nothing was missed: only what is stored counts, and only if the gateway answers."""
        at = now()
        if not self._online:
            return
        with contextlib.suppress(DriverError):
            all_told = await self._driver.check()
            if all_told and self._online and not self._carried and self._queue.empty():
                async with transaction() as session:
                    await bots.heard(session, self._bot_id, at)

    async def _take(self) -> None:
        """Take events over in order; neighbouring messages in one transaction."""
        while True:
            self._carried.append(await self._queue.get())
            while self._carried:
                while len(self._carried) < _BATCH and not self._queue.empty():
                    self._carried.append(self._queue.get_nowait())
                count = 1
                if isinstance(self._carried[0][0], InboundMessage):
                    while count < len(self._carried) and isinstance(self._carried[count][0], InboundMessage):
                        count += 1
                batch = self._carried[:count]
                if not await self._take_over([event for event, _, _ in batch], batch[-1][1]):
                    # One of the batch is bad: one by one, so that only that one is left out.
                    for event, at, _ in batch:
                        if (count == 1 or not await self._take_over([event], at)) and isinstance(event, InboundMessage):
                            await self._take_over([Failure(reason="有一条消息存不下来", lost=True)], at)
                for _, _, taken in batch:
                    if not taken.done():
                        taken.set_result(None)
                del self._carried[:count]

    async def _take_over(self, events: Sequence[DriverEvent], at: datetime) -> bool:
        """Handle events; False when they cannot be handled ever. While the database is away it holds on to them."""
        delay = 0.5
        while True:
            try:
                await self._handle(events, at)
                return True
            except Exception as error:
                if not is_away(error):
                    # The error's own words may quote what was said: its kind and place are enough.
                    place = "".join(traceback.format_tb(error.__traceback__, limit=-3))
                    log.error(
                        "%d events of %s cannot be handled: %s\n%s", len(events), self._config.name, _kind(error), place
                    )
                    return False
                log.warning("inbox of %s waits for the database: %s", self._config.name, _kind(error))
                await asyncio.sleep(delay)
                delay = min(delay * 2, 10.0)

    async def _handle(self, events: Sequence[DriverEvent], at: datetime) -> None:
        first = events[0]
        messages = [event for event in events if isinstance(event, InboundMessage)]
        if messages:
            if self._self_id is not None:
                await self._learn_rooms(await self._inbox.unknown_rooms(messages), at)
                await self._inbox.store(messages, at)
            return
        match first:
            case Scan():
                if first.status == "waiting":  # nobody is asked to scan who is logged in, whatever was told before
                    await self._hears_nothing(_LOGGED_OUT)
                await self._show(
                    BotState.SCANNING,
                    detail=_SCAN_WORDS.get(first.status, "请用微信扫码登录。"),
                    qrcode=first.qrcode,
                )
            case Login():
                await self._login(first)
            case Logout():
                log.info("%s is logged out: %s", self._config.name, first.reason)
                self._self_id = None
                await self._hears_nothing(_LOGGED_OUT)
                await self._show(BotState.SCANNING, detail="微信退出登录了，请重新扫码。", keep_refusal=True)
            case Connected():
                # A driver that broke down did not tell that it was gone.
                await self._hears_nothing("和网关的连接断开过")
                await self._show(BotState.OFFLINE, detail="网关已连上，等待微信登录。", keep_refusal=True)
            case Disconnected():
                await self._hears_nothing(first.reason.rstrip("。"))
                await self._show(BotState.OFFLINE, detail=first.reason)
            case Failure():
                log.warning("the gateway of %s reports: %s", self._config.name, first.reason)
                if first.lost and self._self_id is not None:
                    async with transaction() as session:
                        await bots.lost(session, self._bot_id, at, first.reason)
            case _ if self._self_id is None:
                pass  # an account that was not let in says nothing to us
            case Friendship():
                await self._friendship(first)
            case RoomJoin():
                await self._room_join(first, at)
            case RoomInvite():
                async with transaction() as session:
                    await self._defer(session, "accept_invitation", {"invitation_id": first.invitation_id})
            case RoomLeave():
                await self._room_leave(first, at)
            case RoomTopic():
                async with transaction() as session:
                    room = await session.scalar(select(Room).where(Room.wechat_id == first.room_id))
                    if room is not None:
                        room.topic = first.topic
                        await notices.store(session, self._settings, self._bot_id, room, first, at)

    # --- the account -----------------------------------------------------------------------------------

    async def _show(self, state: BotState, *, detail: str, qrcode: str = "", keep_refusal: bool = False) -> None:
        async with transaction() as session:
            bot = await session.get_one(Bot, self._bot_id)
            if keep_refusal and bot.state == BotState.REFUSED:
                return  # it stays on show until somebody scans again, or the gateway is gone
            await bots.set_state(session, self._bot_id, state, detail=detail, qrcode=qrcode)

    async def _hears_nothing(self, reason: str) -> None:
        self._online = False
        async with transaction() as session:
            await bots.open_gap(session, self._bot_id, reason)

    async def _login(self, event: Login) -> None:
        contact = event.contact
        if self._config.endpoint is not None and contact.id not in self._settings.login_whitelist:
            self._self_id, self._online = None, False
            log.warning("login of %s refused: not on the whitelist", contact.id)
            async with transaction() as session:
                await bots.open_gap(session, self._bot_id, "登录的账号不在白名单里")
                await bots.refuse_login(session, self._bot_id, contact.id, contact.name)
            with contextlib.suppress(DriverError):
                await self._driver.logout()
            return
        async with transaction() as session:
            await contacts.upsert(session, {contact.id: contact.name})
            await bots.logged_in(session, self._bot_id, contact.id, contact.name)
        self._self_id, self._online = contact.id, True
        log.info("%s is logged in", self._config.name)
        self._spawn(self._refresh_rooms())

    async def _refresh_rooms(self) -> None:
        """Who joined, left or was renamed while the bot was deaf."""
        async with transaction() as session:
            known = await session.scalars(
                select(Room.wechat_id).join(RoomBot).where(RoomBot.bot_id == self._bot_id, RoomBot.left_at.is_(None))
            )
            room_ids = set(known)
        await self._learn_rooms(room_ids, now())

    async def _learn_rooms(self, room_ids: set[str], at: datetime) -> None:
        for room_id in room_ids:
            try:
                card = await self._driver.room(room_id)
            except DriverError as error:
                log.warning("a room could not be looked up: %s", error)
                continue
            async with transaction() as session:
                internal = await rooms.upsert(session, facts(card), at)
                if card.members and self._self_id not in {member.id for member in card.members}:
                    await rooms.remove_bot(session, internal, self._bot_id, at)  # put out while it was deaf
                else:
                    await rooms.add_bot(session, internal, self._bot_id, None, at, engaged=False)

    # --- friends and rooms -----------------------------------------------------------------------------

    async def _friendship(self, event: Friendship) -> None:
        async with transaction() as session:
            if event.kind == FriendshipKind.RECEIVED and await self._lets_in(session, event):
                ids = await contacts.upsert(session, {event.contact.id: event.contact.name})
                payload = {"request_id": event.request_id, "contact_id": ids[event.contact.id]}
                await self._defer(
                    session, "accept_friendship", payload, key=f"friend:{self._bot_id}:{event.request_id}"
                )

    async def _lets_in(self, session: AsyncSession, event: Friendship) -> bool:
        """The common greeting, the bot's own one, or a contact that is known already."""
        bot = await session.get_one(Bot, self._bot_id)
        if event.hello.strip().casefold() in bots.greetings(self._settings, bot):
            return True
        known = await contacts.by_wechat_id(session, event.contact.id)
        if known is None:
            return False
        friend = await session.get(Friend, (self._bot_id, known.id))
        return await accounts.bound(session, known) or (friend is not None and friend.engaged_at is not None)

    async def _accept_friendship(self, work: jobs.Work) -> None:
        contact_id = int(work.payload["contact_id"])
        request_id = str(work.payload["request_id"])
        await _or_later(self._driver.accept_friendship(request_id), work)
        async with transaction() as session:
            await contacts.engage(session, self._bot_id, contact_id, now())
            bot = await session.get_one(Bot, self._bot_id)
            if bot.silenced_at is not None:
                return
            conversation_id = await conversations.get(session, self._bot_id, None, contact_id)
            await conversations.wake(session, conversation_id)
            await conversations.queue_turn(
                session,
                conversation_id,
                f"friend:{self._bot_id}:{request_id}",
                trigger={"intent": "new_friend", "entities": {}},
            )

    async def _accept_invitation(self, work: jobs.Work) -> None:
        await _or_later(self._driver.accept_invitation(str(work.payload["invitation_id"])), work)

    async def _room_join(self, event: RoomJoin, heard_at: datetime) -> None:
        own = self._self_id in event.invitee_ids
        async with transaction() as session:
            known = await session.scalar(select(Room).where(Room.wechat_id == event.room.id))
            if known is None and not own:
                return  # a room that has never had to do with the bot
            room_id = await rooms.upsert(session, facts(event.room), event.at)
            if not own:
                room = await session.get_one(Room, room_id)
                await notices.store(session, self._settings, self._bot_id, room, event, heard_at)
                await self._tell_newcomers(session, room_id, event)
                return
            before = await session.get(RoomBot, (room_id, self._bot_id))
            if before is not None and before.joined_at < event.at:
                # It was out in between, whether we heard of that or not: an old yes does not count any more.
                await rooms.remove_bot(session, room_id, self._bot_id, event.at)
            inviter = await contacts.by_wechat_id(session, event.inviter_id) if event.inviter_id else None
            await rooms.add_bot(session, room_id, self._bot_id, inviter.id if inviter else None, event.at, engaged=True)
            room = await session.get_one(Room, room_id)
            await notices.store(session, self._settings, self._bot_id, room, event, heard_at)
            bot = await session.get_one(Bot, self._bot_id)
            if bot.silenced_at is not None:
                return
            host = inviter.id if inviter is not None else room.owner_id
            if host is None:
                host = (await contacts.upsert(session, {self._self_id or "": ""}))[self._self_id or ""]
            await conversations.queue_turn(
                session,
                await conversations.get(session, self._bot_id, room_id, host),
                f"join:{self._bot_id}:{room_id}:{event.at.isoformat()}",
                trigger={"intent": "room_joined", "entities": {}},
            )

    async def _tell_newcomers(self, session: AsyncSession, room_id: int, event: RoomJoin) -> None:
        """Who comes into a room that is being kept has not heard the notice yet."""
        room = await session.get_one(Room, room_id)
        newcomer = await contacts.by_wechat_id(session, event.invitee_ids[0]) if event.invitee_ids else None
        if room.recording_at is None or newcomer is None:
            return
        await conversations.queue_turn(
            session,
            await conversations.get(session, self._bot_id, room_id, newcomer.id),
            f"newcomer:{self._bot_id}:{room_id}:{event.at.isoformat()}",
            trigger={"intent": "member_joined", "entities": {}},
        )

    async def _room_leave(self, event: RoomLeave, heard_at: datetime) -> None:
        async with transaction() as session:
            room = await session.scalar(select(Room).where(Room.wechat_id == event.room_id))
            if room is None:
                return
            await notices.store(session, self._settings, self._bot_id, room, event, heard_at)
            await rooms.leave(session, room.id, event.leaver_ids, event.at)
            if self._self_id in event.leaver_ids:
                await rooms.remove_bot(session, room.id, self._bot_id, event.at)

    async def _defer(
        self, session: AsyncSession, name: str, payload: dict[str, object], key: str | None = None
    ) -> None:
        await jobs.enqueue(session, [jobs.NewJob(name=f"{name}.{self._config.name}", payload=payload, key=key)])

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def clean(value: Any) -> Any:
    """The same without what PostgreSQL takes in no text, NUL and halves of characters: in events and all their parts."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            value = value.encode(errors="replace").decode()
        return value.replace("\x00", "")
    if isinstance(value, Mapping):
        return {clean(key): clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(clean(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{part.name: clean(getattr(value, part.name)) for part in fields(value)})
    return value


def facts(card: RoomCard) -> rooms.RoomFacts:
    """A room's card in the words of ``botbay.chat``."""
    return rooms.RoomFacts(
        wechat_id=card.id,
        topic=card.topic,
        owner_id=card.owner_id,
        members={member.id: (member.name, member.alias) for member in card.members},
    )


async def _or_later(call: Awaitable[None], work: jobs.Work) -> None:
    """Do it, or have the job come again once the gateway is back, however long that takes."""
    try:
        await call
    except DriverUnavailable:
        raise jobs.Later(work.backoff()) from None


def _kind(error: BaseException) -> str:
    original = getattr(error, "orig", None)
    return type(original or error).__name__


async def _again(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Keep one part of the bot going: an error is logged and it starts anew, the other parts go on."""
    delay = 0.5
    while True:
        try:
            await work()
            log.warning("%s ended and starts anew", name)
        except Exception as error:
            log.warning("%s failed and starts anew in %.1f s: %s", name, delay, _kind(error))
        await asyncio.sleep(delay)
        delay = min(delay * 2, 10.0)
