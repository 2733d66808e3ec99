"""The simulated WeChat's line to a bot's driver: the account that it logs in with, and what it has to hear.

Unlike WeChat, the line repeats what was not taken: a driver that dies in the middle hears the event again.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import String, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.simulator_models import (
    ACCOUNT_EVENTS,
    SimBot,
    SimBotState,
    SimContact,
    SimEvent,
    SimEventKind,
)
from botbay.db import notify, now
from botbay.settings import SIMULATOR

#: NOTIFY of this channel wakes the drivers (payload: the bot's WeChat id) …
IN = "simulator_in"
#: … and of this one the pages: something changed on somebody's phone.
OUT = "simulator_out"

DEFAULT_NAME = "小助手"


def bot_id(name: str) -> str:
    """The WeChat id of the account that the bot of this name uses."""
    return "sim-bot" if name == SIMULATOR.name else f"sim-bot-{name}"


async def open_account(session: AsyncSession, name: str) -> SimBot:
    """The account of the bot called ``name`` in the settings, made and logged in at first use."""
    key = bot_id(name)
    bot = await session.get(SimBot, key)
    if bot is not None:
        return bot
    await session.execute(insert(SimContact).values(id=key, name=DEFAULT_NAME).on_conflict_do_nothing())
    await session.execute(insert(SimBot).values(id=key, name=name).on_conflict_do_nothing())
    return await session.get_one(SimBot, key)


async def log_out(session: AsyncSession, bot: SimBot, reason: str) -> None:
    """End the account's session; a new QR code is shown. What is said meanwhile is heard after a login."""
    bot.state = SimBotState.SCANNING
    bot.qrcode = f"https://login.weixin.qq.com/l/sim-{uuid.uuid4().hex}"
    await tell(session, [bot.id], SimEventKind.LOGOUT, {"reason": reason})
    await tell(session, [bot.id], SimEventKind.SCAN, {"qrcode": bot.qrcode, "status": "waiting"})


async def log_in(session: AsyncSession, bot: SimBot) -> None:
    """Somebody scanned the QR code with the account's phone and confirmed."""
    bot.state = SimBotState.ONLINE
    bot.qrcode = ""
    await tell(session, [bot.id], SimEventKind.SCAN, {"qrcode": "", "status": "confirmed"})
    await tell(session, [bot.id], SimEventKind.LOGIN, {})


async def tell(session: AsyncSession, bot_ids: Sequence[str], kind: SimEventKind, payload: Mapping[str, Any]) -> None:
    """Queue an event for the drivers of these bots."""
    # The lock makes the order of ids that of the commits, so that no driver passes over an event.
    await session.execute(
        select(SimBot.id).where(SimBot.id.in_(bot_ids)).order_by(SimBot.id).with_for_update(key_share=True)
    )
    for key in sorted(bot_ids):
        session.add(SimEvent(bot_id=key, kind=kind, payload=dict(payload)))
        await session.flush()
        await notify(session, IN, key)
    await notify(session, OUT)


async def attach(session: AsyncSession, name: str) -> SimBot:
    """A driver begins to listen. How it stands with the account is told by the answer, not by old events."""
    bot = await open_account(session, name)
    await session.execute(
        update(SimEvent)
        .where(SimEvent.bot_id == bot.id, SimEvent.taken_at.is_(None), SimEvent.kind.in_(ACCOUNT_EVENTS))
        .values(taken_at=now())
    )
    return bot


async def next_event(session: AsyncSession, bot_id: str, taken: int | None) -> SimEvent | None:
    """Mark ``taken`` (the event answered before) as heard, and give the next one that waits."""
    if taken is not None:
        # What was said stays in the chat only, where it can be recalled.
        without_text = SimEvent.payload.op("-")(literal("text", String))
        await session.execute(update(SimEvent).where(SimEvent.id == taken).values(taken_at=now(), payload=without_text))
        await notify(session, OUT)
    of_account = SimEvent.kind.in_(ACCOUNT_EVENTS)
    waiting = select(SimEvent).where(SimEvent.bot_id == bot_id, SimEvent.taken_at.is_(None))
    state = await session.scalar(select(SimBot.state).where(SimBot.id == bot_id))
    if state != SimBotState.ONLINE:
        waiting = waiting.where(of_account)
    return await session.scalar(waiting.order_by(of_account.desc(), SimEvent.id).limit(1))
