"""One open simulator page: whose phone it shows, what is on it, and how the page acts and keeps up."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlencode

import psycopg
from nicegui import Client, background_tasks, ui
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import simulator_line, simulator_phone
from botbay.chat.models import Account
from botbay.chat.simulator import Chat, SimulatorError
from botbay.chat.simulator_models import SimBot, SimContact
from botbay.chat.simulator_phone import ChatHead, Line, Seat
from botbay.db import Listener
from botbay.postgres import PostgresError
from botbay.settings import SIMULATOR
from botbay.storage import StorageError
from web.layout import told
from web.session import acting

PACE = 3.0  # seconds after which the page looks again without having been told
SHOWN = 60  # messages at first; earlier ones by a button

#: The database is away: the page waits for it.
_LOST = (psycopg.OperationalError, psycopg.InterfaceError, OperationalError, InterfaceError, PostgresError, OSError)

T = TypeVar("T")


@dataclass
class Screen:
    """What the database said when the page last looked."""

    bot: SimBot
    bot_name: str
    people: list[SimContact]
    heads: list[ChatHead] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    seats: list[Seat] = field(default_factory=list)
    unheard_since: datetime | None = None

    def head(self, chat: Chat | None) -> ChatHead | None:
        return next((head for head in self.heads if head.chat == chat), None)

    def name_of(self, contact_id: str | None) -> str:
        if contact_id == self.bot.id:
            return self.bot_name
        return next((person.name for person in self.people if person.id == contact_id), "")


class Phone:
    """The state of one page. ``me`` is whose phone it is: a person's, or the bot account's owner's."""

    def __init__(self, account: Account, client: Client, me: str, chat_key: str) -> None:
        self.account = account
        self.me: str | None = me or None
        self.person: str | None = None  # who it was before the owner's phone was taken up
        self.chat: Chat | None = None
        self.shown = SHOWN
        self.quoting: Line | None = None
        self.mentions: dict[str, str] = {}  # "@name\u2005" as put into the text -> contact id
        self.read: dict[str, int] = {}  # chat key -> the last message that was on the screen
        self.screen: Screen | None = None
        self._client = client
        self._wanted_chat = chat_key
        self._looking = asyncio.Lock()
        self._painters: list[Callable[[Screen], None]] = []

    @property
    def is_owner(self) -> bool:
        return self.screen is not None and self.me == self.screen.bot.id

    def paint(self, painter: Callable[[Screen], None]) -> None:
        """Have a part of the page drawn again after every look; it finds out itself whether it must."""
        self._painters.append(painter)

    async def attempt(self, work: Callable[[], Awaitable[T]], *, quietly: bool = False) -> T | None:
        """Do something; what goes wrong in a known way is told on the page, and the answer is None."""
        # Not where the handler was called from: what was clicked may have been drawn anew meanwhile.
        with self._client, told():
            try:
                return await work()
            except (SimulatorError, StorageError) as error:
                ui.notify(str(error), type="warning", position="top")
            except _LOST:
                if not quietly:
                    ui.notify("数据库暂时连不上，请稍后再试。", type="negative", position="top")
        return None

    async def do(self, work: Callable[[AsyncSession], Awaitable[T]], *, quietly: bool = False) -> T | None:
        """``attempt`` in a transaction, with the account's rights as they are now."""

        async def in_transaction() -> T:
            async with acting(self.account, maintainer=True) as (session, _):
                return await work(session)

        return await self.attempt(in_transaction, quietly=quietly)

    async def act(self, work: Callable[[AsyncSession], Awaitable[object]]) -> None:
        """``do``, and show what came of it at once."""
        await self.do(work)
        await self.look()

    async def look(self, *, quietly: bool = False) -> None:
        """Read what the phone shows now and draw what changed."""
        async with self._looking:
            if self._client.is_deleted:
                return
            screen = await self.do(self._read, quietly=quietly)
            if screen is None or self._client.is_deleted:
                return
            self.screen = screen
            with self._client:
                for painter in self._painters:
                    painter(screen)

    async def _read(self, session: AsyncSession) -> Screen:
        bot = await simulator_line.open_account(session, SIMULATOR.name)
        people = await simulator_phone.people(session)
        card = await simulator_phone.card(session, bot.id, bot.id)
        assert card is not None
        screen = Screen(bot=bot, bot_name=card.name, people=people)
        if self.me not in {bot.id, *(person.id for person in people)}:
            self.me = people[0].id if people else None
        if self.me is None:
            return screen
        screen.heads = await simulator_phone.chats(session, self.me)
        screen.unheard_since = await simulator_phone.unheard_since(session, bot.id)
        if self._wanted_chat:
            self.chat = next((head.chat for head in screen.heads if head.chat.key == self._wanted_chat), None)
            self._wanted_chat = ""
        if screen.head(self.chat) is None:
            self.chat = None
        if self.chat is not None:
            screen.lines = await simulator_phone.history(session, self.chat, self.me, self.shown)
            if self.chat.room_id is not None:
                screen.seats = await simulator_phone.seats(session, self.chat.room_id)
        for head in screen.heads:
            if head.chat == self.chat:
                self.read[head.chat.key] = head.last_id
            else:
                self.read.setdefault(head.chat.key, head.last_id)
        return screen

    async def become(self, contact_id: str, *, keep_chat: bool = False) -> None:
        """Take up another person's phone, or the one of the bot account's owner."""
        if self.screen is not None and contact_id == self.screen.bot.id:
            self.person = self.me
        self.me = contact_id
        self.read.clear()
        await self.open(self.chat if keep_chat else None)

    async def open(self, chat: Chat | None) -> None:
        self.chat, self.quoting, self.shown = chat, None, SHOWN
        self.mentions.clear()
        await self.look()
        place = {"me": self.me or "", "chat": self.chat.key if self.chat else ""}
        with self._client:
            ui.navigate.history.replace(f"/simulator?{urlencode(place)}")

    def follow(self) -> None:
        """Look again whenever something happened in the simulated WeChat, as long as the page is open."""

        async def watch() -> None:
            listener = Listener(simulator_line.OUT)
            try:
                while not self._client.is_deleted:
                    await listener.wait(PACE)
                    await self.look(quietly=True)
            finally:
                await listener.close()

        task = background_tasks.create(watch(), name="simulator page")
        self._client.on_delete(task.cancel)
