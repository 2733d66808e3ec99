"""The sender: says what the outbox holds, in order in each conversation, at a pace that WeChat bears.

WeChat gives no key that would make a send idempotent. A try of which nobody knows how it ended waits for the echo of
the bot's own message; only if the bot could hear all the while and heard none is it tried again. If the bot was deaf
in between, the item stays unknown and is shown as such: never sent twice by guess, never lost in silence.
"""

import asyncio
import logging
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay import storage
from botbay.chat import bots, outbox
from botbay.chat.models import (
    Bot,
    BotState,
    Contact,
    Conversation,
    OutboxAttempt,
    OutboxItem,
    OutboxState,
    Room,
)
from botbay.db import Listener, now, transaction
from botbay.settings import Settings
from connector.drivers.base import Driver, DriverError, DriverUnavailable, MessageKind, SendUnknown, Target

log = logging.getLogger(__name__)

#: How long an echo may take.
ECHO_WAIT = timedelta(seconds=30)
#: How long to wait when the gateway cannot be reached.
_UNAVAILABLE_WAIT = timedelta(seconds=3)
_HEARING_WAIT = timedelta(seconds=5)
_LAST_MOMENT = 5.0  # seconds
_MAX_TRIES = 5
#: Messages that may go out at once before the pace holds.
_BURST = 5


class Pace:
    """The generic cell rate algorithm: ``rate`` messages a minute, a few at once after a silence."""

    def __init__(self, rate: float) -> None:
        self._interval = 60.0 / rate
        self._arrival = 0.0  # when the next message would be due at an even pace

    async def wait(self) -> None:
        clock = asyncio.get_running_loop().time()
        self._arrival = max(self._arrival, clock)
        delay = self._arrival - (_BURST - 1) * self._interval - clock
        self._arrival += self._interval
        await asyncio.sleep(max(0.0, delay))


class Sender:
    """Sends for one bot."""

    def __init__(self, bot_id: int, driver: Driver, settings: Settings) -> None:
        self._bot_id = bot_id
        self._driver = driver
        self._pace = Pace(settings.send_rate)

    async def run(self) -> None:
        """Send until cancelled. Woken by the outbox; looks by itself every two seconds for what is due later."""
        listener = Listener(outbox.CHANNEL)
        try:
            while True:
                if not await self.send_due():
                    await listener.wait(2.0)
        finally:
            await listener.close()

    async def send_due(self) -> int:
        """Send what is due now; how many items were dealt with."""
        async with transaction() as session:
            state = await session.scalar(select(Bot.state).where(Bot.id == self._bot_id))
            items = await outbox.next_items(session, self._bot_id) if state == BotState.ONLINE else []
        for item in items:
            if item.state == OutboxState.QUEUED:
                await self._send(item)
            else:
                await self._reconcile(item)
        return len(items)

    async def _send(self, item: OutboxItem) -> None:
        await self._pace.wait()
        attempt = asyncio.ensure_future(self._attempt(item))
        try:
            await asyncio.shield(attempt)
        except asyncio.CancelledError:
            # Asked to stop in the middle of a send: a moment more, and its end is known instead of guessed.
            await asyncio.wait([attempt], timeout=_LAST_MOMENT)
            attempt.cancel()
            raise

    async def _attempt(self, item: OutboxItem) -> None:
        async with transaction() as session:
            target = await _target(session, item)
            mentions = await _mentions(session, item)
            attempt = await outbox.begin(session, item.id)
        if attempt is None:
            return
        state, result, detail, source_id, retry = OutboxState.SENT, "sent", "", None, timedelta(0)
        try:
            source_id = await self._deliver(item, target, mentions)
        except SendUnknown as error:
            state, result, detail, retry = OutboxState.UNKNOWN, "unknown", str(error), ECHO_WAIT
        except (DriverUnavailable, storage.StorageUnavailable) as error:
            state, result, detail, retry = OutboxState.QUEUED, "unavailable", str(error), _UNAVAILABLE_WAIT
        except (DriverError, storage.NotStored) as error:
            state, result, detail = OutboxState.FAILED, "refused", str(error)
        if result != "sent":
            log.warning("send %d ended %s: %s", item.id, result, detail)
        async with transaction() as session:
            await outbox.end(
                session, item.id, attempt, state, result, detail=detail, source_id=source_id, retry_in=retry
            )

    async def _deliver(self, item: OutboxItem, target: Target, mentions: list[str]) -> str | None:
        if item.kind == "text":
            return await self._driver.send_text(target, item.text, mentions)
        if item.file_key is None:
            raise DriverError("没有要发的文件")
        with tempfile.TemporaryDirectory(prefix="botbay-send-") as folder:
            path = Path(folder) / "file"
            with path.open("wb") as out:
                async for chunk in storage.get(item.file_key):
                    await asyncio.to_thread(out.write, chunk)
            return await self._driver.send_file(target, path, item.file_name or "文件", MessageKind(item.kind))

    async def _reconcile(self, item: OutboxItem) -> None:
        """An earlier try has an unknown end, or this process died in it, and no echo has come in time."""
        async with transaction() as session:
            tries = (
                await session.scalars(
                    select(OutboxAttempt).where(OutboxAttempt.outbox_id == item.id).order_by(OutboxAttempt.id)
                )
            ).all()
            last = tries[-1]
            deaf = await self._was_deaf(session, last.started_at)
            if item.state == OutboxState.SENDING:
                # Some drivers tell again what was missed: a deaf time ends with those.
                wait = _HEARING_WAIT if deaf else ECHO_WAIT
                await outbox.end(
                    session, item.id, last.id, OutboxState.UNKNOWN, "unknown", detail="发送时中断", retry_in=wait
                )
                return
            if deaf or len(tries) >= _MAX_TRIES:
                await outbox.give_up(session, item.id, "不知道有没有发出去：发送时连接断了，没有等到回音。")
                log.warning("send %d stays unknown", item.id)
                return
            heard_at = await session.scalar(select(Bot.heard_at).where(Bot.id == self._bot_id))
            if heard_at is None or heard_at < last.started_at + ECHO_WAIT:
                # The echo may have been heard and wait to be stored: not until all before then is.
                await outbox.end(
                    session, item.id, last.id, OutboxState.UNKNOWN, "unknown", detail=item.error, retry_in=_HEARING_WAIT
                )
                return
            await outbox.again(session, item.id)

    async def _was_deaf(self, session: AsyncSession, since: datetime) -> bool:
        return bool(await bots.gaps(session, self._bot_id, since, now()))


async def _target(session: AsyncSession, item: OutboxItem) -> Target:
    row = await session.execute(
        select(Room.wechat_id, Contact.wechat_id)
        .select_from(Conversation)
        .join(Contact, Contact.id == Conversation.contact_id)
        .outerjoin(Room, Room.id == Conversation.room_id)
        .where(Conversation.id == item.conversation_id)
    )
    room, contact = row.one()
    return Target(room_id=room, contact_id=None if room else contact)


async def _mentions(session: AsyncSession, item: OutboxItem) -> list[str]:
    if not item.mention:
        return []
    found = await session.scalars(
        select(Contact.wechat_id)
        .join(Conversation, Conversation.contact_id == Contact.id)
        .where(Conversation.id == item.conversation_id)
    )
    return list(found)
