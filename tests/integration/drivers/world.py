"""The other side of a driver, for tests: what WeChat and its people do, and what they get to see.

The conformance suite (``conformance.py``) knows drivers only through ``Driver`` and their surroundings only
through ``World``. To put a new driver to the test, write its World, subclass ``DriverConformance`` as a
``Test…`` class and give that class a ``world`` fixture which yields an *opened* World and closes it after.
Nothing of a World may reach into the driver: it acts where WeChat would act.
"""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from connector.drivers.base import Driver, DriverEvent, InboundMessage, MessageKind

E = TypeVar("E", bound=DriverEvent)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """Something that the bot sent, as the people in that conversation got it."""

    conversation_id: str  # a room's id or, in private, a contact's
    source_id: str
    text: str = ""
    mention_ids: tuple[str, ...] = ()
    file_name: str = ""
    size: int = 0  # bytes
    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The ids of every accept call that arrived, in order, repetitions included."""

    friendship_ids: tuple[str, ...]
    invitation_ids: tuple[str, ...]


class World(Protocol):
    """One bot account's WeChat.

    ``driver`` is not running when the suite gets the World; nobody is logged in, nobody is known. All ids are
    the suite's choice. Acts return once WeChat has done them, not once the driver has heard of it. Before
    ``login`` the driver runs (a gateway can log nobody in that no driver has asked to start).
    """

    @property
    def driver(self) -> Driver: ...

    @property
    def bot_id(self) -> str:
        """The account's own id; ``login`` uses it."""
        ...

    async def login(self, name: str) -> None:
        """The bot's account logs in, under that name."""
        ...

    async def logout(self, reason: str) -> None:
        """The account is logged out on the phone. ``login`` may follow."""
        ...

    async def contact(self, contact_id: str, name: str, alias: str = "", is_friend: bool = True) -> None:
        """Make a WeChat user, or change one. ``alias`` is what the bot's account calls them (备注)."""
        ...

    async def room(self, room_id: str, topic: str, members: Mapping[str, str], owner_id: str | None) -> None:
        """Make a room, or change one without telling the driver.

        ``members``: contact id -> alias in the room, '' for none.
        """
        ...

    async def say(
        self,
        talker_id: str,
        text: str,
        *,
        room_id: str | None = None,
        mention_ids: Sequence[str] = (),
        quoted: tuple[str, str] | None = None,
    ) -> str:
        """A contact says something, in private to the bot or in a room; the message's source id.

        ``quoted`` is (shown name, text) of a message that is quoted with it, in the form in which this
        WeChat's puppet tells quotes.
        """
        ...

    async def type_on_phone(self, text: str, *, room_id: str | None = None, to: str | None = None) -> str:
        """The account's owner says something on the phone, to a contact or in a room; its source id."""
        ...

    async def send_media(self, talker_id: str, path: Path, kind: MessageKind, *, room_id: str | None = None) -> str:
        """A contact sends a picture, voice, video or file; its source id."""
        ...

    async def recall(self, talker_id: str, source_id: str, *, room_id: str | None = None) -> None:
        """A contact takes a message of theirs back."""
        ...

    async def request_friendship(self, contact_id: str, hello: str) -> str:
        """Somebody asks to be the bot's friend; the request's id."""
        ...

    async def invite(self, inviter_id: str, topic: str) -> str:
        """Somebody invites the bot to a room that it has to accept; the invitation's id."""
        ...

    async def join(self, room_id: str, invitee_ids: Sequence[str], inviter_id: str) -> None:
        """Members (perhaps the bot) come into a room, which is made or changed by ``room`` before."""
        ...

    async def leave(self, room_id: str, leaver_ids: Sequence[str], remover_id: str | None = None) -> None:
        """Members go, or are removed by somebody. The room's members change by ``room``."""
        ...

    async def rename(self, room_id: str, topic: str, changer_id: str) -> None:
        """The room gets another topic; the driver is told, and the room has it."""
        ...

    async def sent(self) -> Sequence[Sent]:
        """What the bot sent so far, oldest first."""
        ...

    async def accepted(self) -> Accepted: ...


class Ear:
    """Runs a driver and keeps what it emits.

    ``async with Ear(driver) as ear`` runs it for the length of the block. ``hold`` makes the taking-over of
    events wait, as a database that is down would.
    """

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.events: list[DriverEvent] = []
        self.hold = asyncio.Event()
        self.hold.set()
        self._changed = asyncio.Condition()
        self._seen = 0
        self._overlap = 0

    async def __aenter__(self) -> "Ear":
        self._run = asyncio.create_task(self.driver.run(self._emit))
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._run.cancel()
        await asyncio.wait([self._run])
        if not self._run.cancelled():
            self._run.result()

    async def _emit(self, event: DriverEvent) -> None:
        self._overlap += 1
        assert self._overlap == 1, "two events of one bot were emitted at once"
        await self.hold.wait()
        self._overlap -= 1
        self.events.append(event)
        async with self._changed:
            self._changed.notify_all()

    async def next(self, kind: type[E], timeout: float = 10, *, where: Callable[[E], bool] = lambda event: True) -> E:
        """The next event of a kind after the one that was returned last; fails after ``timeout`` seconds."""

        def find() -> E | None:
            for place in range(self._seen, len(self.events)):
                event = self.events[place]
                if isinstance(event, kind) and where(event):
                    self._seen = place + 1
                    return event
            return None

        deadline = time.monotonic() + timeout
        while (found := find()) is None:
            assert not self._run.done(), f"the driver ended: {self._run}"
            left = deadline - time.monotonic()
            assert left > 0, f"no {kind.__name__} within {timeout} s; heard: {[type(e).__name__ for e in self.events]}"
            async with self._changed:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), min(left, 1))
        return found

    async def message(self, source_id: str, timeout: float = 10) -> InboundMessage:
        """That message, whether it was heard already or is yet to come."""
        self._seen = 0
        return await self.next(InboundMessage, timeout, where=lambda message: message.source_id == source_id)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
