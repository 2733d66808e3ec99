"""Bots: their state as people see it, and the gaps in which they were deaf."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Bot, BotState, Gap, RefusedLogin
from botbay.db import notify, now
from botbay.settings import Settings

CHANNEL = "bots"

#: A bot that hears writes that down every few seconds. After so long without it nobody drives it.
SILENCE = timedelta(seconds=60)
NOT_RUNNING = "BotBay 没有在运行"


async def ensure(session: AsyncSession, name: str) -> Bot:
    """The bot of this name in the settings, made when it is new."""
    await session.execute(insert(Bot).values(name=name).on_conflict_do_nothing(index_elements=[Bot.name]))
    bot = await session.scalar(select(Bot).where(Bot.name == name))
    assert bot is not None
    return bot


def greetings(settings: Settings, bot: Bot) -> frozenset[str]:
    """The hellos that let a new friend in, case-folded: the common one and the bot's own."""
    hellos = (settings.hello, bot.hello or "")
    return frozenset(hello.strip().casefold() for hello in hellos if hello.strip())


async def set_state(session: AsyncSession, bot_id: int, state: BotState, *, detail: str = "", qrcode: str = "") -> None:
    """Show a state; pages are woken."""
    await session.execute(
        update(Bot).where(Bot.id == bot_id).values(state=state, detail=detail, qrcode=qrcode, changed_at=now())
    )
    await notify(session, CHANNEL)


async def logged_in(session: AsyncSession, bot_id: int, wechat_id: str, wechat_name: str) -> None:
    at = now()
    await session.execute(
        update(Bot).where(Bot.id == bot_id).values(wechat_id=wechat_id, wechat_name=wechat_name, heard_at=at)
    )
    await set_state(session, bot_id, BotState.ONLINE)
    await close_gap(session, bot_id, at)


async def refuse_login(session: AsyncSession, bot_id: int, wechat_id: str, wechat_name: str) -> None:
    """Record a login that the whitelist does not allow."""
    session.add(RefusedLogin(bot_id=bot_id, wechat_id=wechat_id, wechat_name=wechat_name))
    await set_state(
        session,
        bot_id,
        BotState.REFUSED,
        detail=f"「{wechat_name}」（{wechat_id}）不在登录白名单里，已让它退出。",
    )


async def heard(session: AsyncSession, bot_id: int, at: datetime) -> None:
    """Everything that WeChat said to this bot before ``at`` is stored."""
    await session.execute(update(Bot).where(Bot.id == bot_id).values(heard_at=at))


async def open_gap(session: AsyncSession, bot_id: int, reason: str) -> None:
    """The bot is deaf since it was last heard; a gap that is open already goes on."""
    since = await session.scalar(select(Bot.heard_at).where(Bot.id == bot_id))
    if since is None:
        return  # it never listened, so there is nothing that it could have missed
    statement = insert(Gap).values(bot_id=bot_id, started_at=since, reason=reason)
    await session.execute(
        statement.on_conflict_do_nothing(index_elements=[Gap.bot_id], index_where=Gap.ended_at.is_(None))
    )


async def close_gap(session: AsyncSession, bot_id: int, at: datetime) -> None:
    await session.execute(update(Gap).where(Gap.bot_id == bot_id, Gap.ended_at.is_(None)).values(ended_at=at))


async def lost(session: AsyncSession, bot_id: int, at: datetime, reason: str) -> None:
    """Something that WeChat said at this moment could not be taken over, though the bot was listening."""
    session.add(Gap(bot_id=bot_id, started_at=at, ended_at=at, reason=reason))
    await session.flush()


async def gaps(session: AsyncSession, bot_id: int, since: datetime, until: datetime) -> Sequence[Gap]:
    """The gaps of a bot that touch a time, oldest first; ``ended_at`` is None while it is still deaf."""
    found = await session.scalars(
        select(Gap)
        .where(Gap.bot_id == bot_id, Gap.started_at < until, (Gap.ended_at > since) | Gap.ended_at.is_(None))
        .order_by(Gap.started_at)
    )
    return found.all()


def deaf_too_long(bot: Bot, limit: timedelta = SILENCE) -> bool:
    """Whether a bot shown as online has given no sign of life for too long: its connector is dead."""
    return bot.state == BotState.ONLINE and (bot.heard_at is None or now() - bot.heard_at > limit)
