"""What the pages show of bots: their state, refused logins and gaps. Chats are not shown here."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Bot, BotState, Gap, RefusedLogin
from botbay.db import now
from botbay.settings import load_settings

#: How far back refused logins and gaps are shown, and how many of each at most.
SHOWN = timedelta(days=7)
_MOST = 8

_STATES = {
    BotState.OFFLINE: ("离线", "bad"),
    BotState.SCANNING: ("等人扫码", "warn"),
    BotState.ONLINE: ("在线", "good"),
    BotState.REFUSED: ("登录被拒绝", "bad"),
}


@dataclass(frozen=True, kw_only=True)
class Refused:
    wechat_id: str
    wechat_name: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Deaf:
    """A time in which the bot heard nothing; it lasts while ``ended_at`` is None."""

    started_at: datetime
    ended_at: datetime | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class BotView:
    """One bot as the pages show it. ``id`` is None while it has never been started."""

    id: int | None
    name: str
    simulated: bool
    state: BotState
    detail: str = ""
    changed_at: datetime | None = None
    wechat_id: str | None = None
    wechat_name: str = ""
    qrcode: str = ""
    hello: str | None = None
    silenced_at: datetime | None = None
    refused: tuple[Refused, ...] = ()
    gaps: tuple[Deaf, ...] = ()

    @property
    def state_words(self) -> str:
        return _STATES[self.state][0] if self.id is not None else "还没启动"

    @property
    def state_kind(self) -> str:
        return _STATES[self.state][1] if self.id is not None else ""


async def _gaps(session: AsyncSession, bot_ids: Iterable[int], since: datetime) -> dict[int, list[Deaf]]:
    found: dict[int, list[Deaf]] = defaultdict(list)
    query = (
        select(Gap)
        .where(Gap.bot_id.in_(bot_ids), or_(Gap.ended_at.is_(None), Gap.ended_at >= since))
        .order_by(Gap.started_at.desc())
        .limit(200)
    )
    for gap in await session.scalars(query):
        found[gap.bot_id].append(Deaf(started_at=gap.started_at, ended_at=gap.ended_at, reason=gap.reason))
    return found


async def _refused(session: AsyncSession, bot_ids: Iterable[int], since: datetime) -> dict[int, list[Refused]]:
    found: dict[int, dict[str, Refused]] = defaultdict(dict)
    query = (
        select(RefusedLogin)
        .where(RefusedLogin.bot_id.in_(bot_ids), RefusedLogin.at >= since)
        .order_by(RefusedLogin.at.desc())
        .limit(200)
    )
    for login in await session.scalars(query):
        seen = Refused(wechat_id=login.wechat_id, wechat_name=login.wechat_name, at=login.at)
        found[login.bot_id].setdefault(login.wechat_id, seen)
    return {bot_id: list(by_id.values()) for bot_id, by_id in found.items()}


async def overview(session: AsyncSession) -> list[BotView]:
    """The bots of the settings, in their order, with what happened to them in the last days."""
    configured = load_settings().bots
    names = [bot.name for bot in configured]
    rows = {bot.name: bot for bot in await session.scalars(select(Bot).where(Bot.name.in_(names)))}
    ids, since = [bot.id for bot in rows.values()], now() - SHOWN
    gaps, refused = await _gaps(session, ids, since), await _refused(session, ids, since)
    views = []
    for config in configured:
        simulated, row = config.endpoint is None, rows.get(config.name)
        if row is None:
            views.append(BotView(id=None, name=config.name, simulated=simulated, state=BotState.OFFLINE))
            continue
        view = BotView(
            id=row.id,
            name=row.name,
            simulated=simulated,
            state=BotState(row.state),
            detail=row.detail,
            changed_at=row.changed_at,
            wechat_id=row.wechat_id,
            wechat_name=row.wechat_name,
            qrcode=row.qrcode if row.state == BotState.SCANNING else "",
            hello=row.hello,
            silenced_at=row.silenced_at,
            refused=tuple(refused.get(row.id, ())[:_MOST]),
            gaps=tuple(gaps.get(row.id, ())[:_MOST]),
        )
        views.append(view)
    return views


class HelloError(Exception):
    """The greeting cannot be used. The text is for people."""


async def set_hello(session: AsyncSession, bot_id: int, hello: str) -> None:
    """Give a bot a greeting of its own that lets new friends in; empty takes it away. Raises HelloError."""
    words = " ".join(hello.split())
    if len(words) > 40:  # WeChat cuts what is written into a friend request
        raise HelloError("口令最多 40 个字。")
    bot = await session.get(Bot, bot_id)
    if bot is not None:
        bot.hello = words or None
