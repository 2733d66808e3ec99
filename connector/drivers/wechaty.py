"""The Wechaty driver: one puppet gateway, kept connected.

A fresh puppet serves each connection. What it hears goes through one queue, so that events arrive in the
order in which they came; look-ups for the next events run while the first one is being taken over.
"""

import asyncio
import contextlib
import logging
import mimetypes
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wechaty_grpc.wechaty.puppet import EventType

from botbay.settings import GatewayEndpoint
from connector.drivers.base import (
    Connected,
    ContactCard,
    Disconnected,
    DriverError,
    DriverEvent,
    DriverUnavailable,
    Emit,
    Failure,
    Media,
    MessageKind,
    RoomCard,
    Target,
)
from connector.drivers.wechaty_events import ContactCache, Heard, Lookups
from connector.drivers.wechaty_media import fetch_media
from connector.drivers.wechaty_puppet import ConnectionLost, GatewayPuppet, Refused, TokenRefused, Unanswered

log = logging.getLogger(__name__)

#: Events that are looked up ahead of the one that is being emitted: puppets forget old messages, and memory
#: is bounded.
_AHEAD = 1000
_LOOKUPS_AT_ONCE = 16
#: Seconds after which everybody has noticed that a connection broke.
_NOTICED = 0.5
#: Events of a broken connection that wait for the next one.
_MISSED = 10_000
_SUFFIX = {MessageKind.IMAGE: ".jpg", MessageKind.VIDEO: ".mp4"}


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Seconds. A hung gateway is noticed after ``check_every + check_timeout`` at most."""

    check_every: float = 15
    check_timeout: float = 10
    call_timeout: float = 15
    send_timeout: float = 60
    greeting: float = 5  # how long a gateway may be silent before it counts as connected
    retry_first: float = 0.5
    retry_last: float = 15
    retry_refused: float = 60


class WechatyDriver:
    """``Driver`` for a puppet gateway; see there for what the methods do."""

    def __init__(self, name: str, endpoint: GatewayEndpoint, *, timing: Timing = Timing()) -> None:
        self.name = name
        self._endpoint = endpoint
        self._timing = timing
        self._contacts = ContactCache()
        self._puppet: GatewayPuppet | None = None  # of the connection that stands
        self._self_id: str | None = None  # the account that was logged in last
        self._missed: deque[Heard] = deque(maxlen=_MISSED)
        self._heard = 0  # events that came, and those of them that were handed on
        self._handed_on = 0

    async def run(self, emit: Emit) -> None:
        self._queue: asyncio.Queue[asyncio.Task[DriverEvent | None]] = asyncio.Queue()
        self._heard = self._handed_on = 0
        self._ahead = asyncio.Semaphore(_AHEAD)
        self._lookups = asyncio.Semaphore(_LOOKUPS_AT_ONCE)
        tasks: list[asyncio.Task[None]] = [
            asyncio.create_task(self._stay_connected()),
            asyncio.create_task(self._deliver(emit)),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._puppet = None
            unheard = [self._queue.get_nowait() for _ in range(self._queue.qsize())]
            await _ended(*tasks, *unheard)

    # --- the connection ------------------------------------------------------------------------------------

    async def _stay_connected(self) -> None:
        retry = self._timing.retry_first
        told = ""
        while True:
            since = time.monotonic()
            try:
                await self._connection()
            except DriverUnavailable as error:
                reason, refused = str(error), isinstance(error, TokenRefused)
            stood = self._puppet is not None
            self._puppet = None
            if stood or reason != told:
                told = reason
                log.warning("bot %s: gateway at port %d: %s", self.name, self._endpoint.port, reason)
                self._tell(Disconnected(reason=reason))
            if stood and time.monotonic() - since > self._timing.retry_last:
                retry = self._timing.retry_first
            await asyncio.sleep(self._timing.retry_refused if refused else retry)
            retry = min(retry * 2, self._timing.retry_last)

    async def _connection(self) -> None:
        """One connection from its opening to its end, which always is a DriverUnavailable."""
        timing = self._timing
        puppet = GatewayPuppet(
            self._endpoint, self.name, call_timeout=timing.call_timeout, send_timeout=timing.send_timeout
        )
        first_event = asyncio.Event()
        early: list[Heard] = []

        async def listen() -> None:
            async for event in puppet.events():
                heard = Heard.read(event, self._self_id)
                self._note(puppet, heard)
                if self._puppet is puppet:
                    self._hear(heard)
                else:
                    early.append(heard)
                first_event.set()

        async def watch() -> None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timing.greeting):
                    await first_event.wait()
            if not first_event.is_set():
                await puppet.sign_of_life(timing.check_timeout)
            self._puppet = puppet
            self._tell(Connected())
            heard_before = [*self._missed, *early]
            self._missed.clear()
            for heard in heard_before:
                self._hear(heard)
            while True:
                await asyncio.sleep(timing.check_every)
                await puppet.sign_of_life(timing.check_timeout)

        tasks: list[asyncio.Task[None]] = []
        try:
            await puppet.connect()
            tasks += map(asyncio.create_task, (listen(), watch(), self._have_it_started(puppet)))
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        except (ConnectionLost, Unanswered) as error:
            if self._puppet is puppet:
                raise
            hint = "网关一接上就断开了：那里可能不是网关，或者它要用 TLS（tls=1）"
            raise DriverUnavailable(hint) from error
        finally:
            await puppet.stop()
            await _ended(*tasks)

    async def _have_it_started(self, puppet: GatewayPuppet) -> None:
        """A puppet that does not start is WeChat's trouble: people are told once, the connection stands."""
        told = ""
        while True:
            try:
                return await puppet.start()
            except (Refused, Unanswered) as error:
                if self._puppet is puppet and str(error) != told:
                    told = str(error)
                    self._tell(Failure(reason=f"网关里的微信程序没有启动成：{told}"))
            await asyncio.sleep(self._timing.check_every)

    # --- hearing -------------------------------------------------------------------------------------------

    def _note(self, puppet: GatewayPuppet, heard: Heard) -> None:
        """What has to be known at once, however long the queue is."""
        if heard.type == EventType.EVENT_TYPE_LOGIN:
            puppet.login_user_id = self._self_id = heard.payload.get("contactId") or None
        elif heard.type == EventType.EVENT_TYPE_LOGOUT:
            puppet.login_user_id = None
        elif heard.type == EventType.EVENT_TYPE_DONG:
            puppet.answers_dings = True

    def _hear(self, heard: Heard) -> None:
        self._heard += 1
        self._queue.put_nowait(asyncio.create_task(self._look_up(heard)))

    def _tell(self, event: DriverEvent) -> None:
        async def ready() -> DriverEvent:
            await self._ahead.acquire()
            return event

        self._heard += 1
        self._queue.put_nowait(asyncio.create_task(ready()))

    async def _look_up(self, heard: Heard) -> DriverEvent | None:
        await self._ahead.acquire()
        failure = ""
        for _ in range(2):
            try:
                async with self._lookups:
                    if self._puppet is None:
                        break
                    return await Lookups(self._puppet, self._contacts).describe(heard)
            except DriverUnavailable as error:
                failure = str(error)
                await asyncio.sleep(_NOTICED)
            except DriverError as error:
                failure = str(error)
                break
            except Exception as error:
                # A payload of a shape that nobody has seen costs this event, not the bot.
                failure = type(error).__name__
                break
        if self._puppet is None:
            self._missed.append(heard)
            return None
        log.warning("bot %s: an event of type %d could not be looked up: %s", self.name, heard.type, failure)
        if heard.type == EventType.EVENT_TYPE_MESSAGE:
            return Failure(reason="有一条消息没能取到内容", lost=True)
        return Failure(reason=f"有一个通知没能取到内容：{failure}")

    async def _deliver(self, emit: Emit) -> None:
        while True:
            event = await (await self._queue.get())
            if event is not None:
                await emit(event)
            self._handed_on += 1
            self._ahead.release()

    # --- doing ---------------------------------------------------------------------------------------------

    def _connected(self) -> GatewayPuppet:
        if self._puppet is None:
            raise DriverUnavailable("网关没有连上")
        return self._puppet

    def _logged_in(self) -> GatewayPuppet:
        puppet = self._connected()
        if puppet.login_user_id is None:
            raise DriverUnavailable("微信还没有登录")
        return puppet

    async def send_text(self, target: Target, text: str, mention_ids: Sequence[str] = ()) -> str | None:
        return await self._logged_in().send_text(_conversation(target), text, list(mention_ids))

    async def send_file(self, target: Target, path: Path, name: str, kind: MessageKind) -> str | None:
        try:
            await asyncio.to_thread(path.stat)
        except OSError as error:
            raise DriverError(f"要发的文件读不了：{error.strerror}") from error
        # Puppets tell a picture from a file by its name alone.
        guessed = mimetypes.guess_type(name)[0] or ""
        if kind in _SUFFIX and not guessed.startswith(f"{kind.value}/"):
            name += _SUFFIX[kind]
        return await self._logged_in().send_file(_conversation(target), path, name)

    async def fetch_media(self, source_id: str, kind: MessageKind) -> Media:
        return await fetch_media(self._connected(), source_id)

    async def accept_friendship(self, request_id: str) -> None:
        puppet = self._logged_in()
        await puppet.call(puppet.puppet_stub.friendship_accept(id=request_id))

    async def accept_invitation(self, invitation_id: str) -> None:
        puppet = self._logged_in()
        await puppet.call(puppet.puppet_stub.room_invitation_accept(id=invitation_id))

    async def contact(self, contact_id: str) -> ContactCard:
        return await Lookups(self._connected(), self._contacts).contact(contact_id)

    async def room(self, room_id: str) -> RoomCard:
        return await Lookups(self._connected(), self._contacts).room(room_id)

    async def logout(self) -> None:
        puppet = self._logged_in()
        await puppet.call(puppet.puppet_stub.logout())

    async def check(self) -> bool:
        await self._connected().sign_of_life(self._timing.check_timeout)
        return self._handed_on == self._heard


async def _ended(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _conversation(target: Target) -> str:
    conversation = target.room_id or target.contact_id
    if not conversation:
        raise DriverError("没有说发给谁")
    return conversation
