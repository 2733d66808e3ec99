"""Who wants the report by itself, when, and its coming: late rather than lost, once a time, in the person's own zone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from sqlalchemy.ext.asyncio import AsyncSession

from botbay import due
from botbay.chat import conversations
from botbay.chat.models import Account, Bot, Contact, Conversation
from botbay.db import now
from botbay.due import Due
from botbay.settings import load_settings
from workers.report import service, spans

#: The name under ``botbay.due``.
HANDLER = "report.evening"
#: Before this hour of the day it is the day before that is told of.
_NOON = 12
_OFTEN = ("FREQ=HOURLY", "FREQ=MINUTELY", "FREQ=SECONDLY")


class EveningError(Exception):
    """The report cannot come so. The text is for people and says why."""


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """``following``: when the next one comes, in the person's zone; ``day``: the day that it will tell of."""

    following: datetime
    day: date
    conversation_id: int


def zone_of(account: Account) -> ZoneInfo:
    """The time zone in which the account's days are counted."""
    return ZoneInfo(account.timezone) if account.timezone else load_settings().zone


async def subscribe(
    session: AsyncSession, account: Account, conversation_id: int, rule: str, first: datetime
) -> Subscription:
    """The report is to come into a private conversation from now on; what was set before is replaced.

    ``rule`` is RFC 5545, counted from ``first``, a time of the clock on the person's wall (naive). Raises EveningError.
    """
    if rule.startswith(_OFTEN):
        raise EveningError("日报一天最多自动发一次，告诉我几点就行，比如「每天晚上九点」。")
    payload = {
        "account_id": account.id,
        "conversation_id": conversation_id,
        "rule": rule,
        "first": first.isoformat(),
    }
    at = _following(payload, zone_of(account), now())
    if at is None:
        raise EveningError("这个时间不会再来了，换一个吧，比如「每天晚上九点」。")
    await due.put(session, HANDLER, _key(account), at, payload)
    return _as_subscription(at, account, conversation_id)


async def unsubscribe(session: AsyncSession, account: Account) -> bool:
    """It comes no more; whether it came before."""
    return await due.remove(session, HANDLER, _key(account))


async def status(session: AsyncSession, account: Account) -> Subscription | None:
    """What stands; None where nothing is to come."""
    row = await due.find(session, HANDLER, _key(account))
    return None if row is None else _as_subscription(row.at, account, int(row.payload["conversation_id"]))


async def send(session: AsyncSession, row: Due) -> datetime | None:
    """The due handler: asks the dialogue for the report, so that it stands there and 也发我邮箱 goes on from it.

    Nothing on a day without a message, nor while the bot is silent there. Over once the person is unbound or the
    account disabled.
    """
    account = await session.get(Account, int(row.payload["account_id"]))
    conversation = await session.get(Conversation, int(row.payload["conversation_id"]))
    if account is None or account.disabled_at is not None or conversation is None:
        return None
    contact = await session.get_one(Contact, conversation.contact_id)
    if contact.account_id != account.id:
        return None
    zone = zone_of(account)
    if not await _silent(session, conversation):
        if conversation.paused_until is not None and conversation.paused_until > now():
            raise due.Later(conversation.paused_until)  # the owner of the bot's account is talking there
        day = _day(row.at, zone)
        if (await service.of_person(session, account, spans.day(day, zone))).report.total:
            trigger = {"intent": "ask_daily_report", "entities": {"time": f"{day.year}年{day.month}月{day.day}日"}}
            await conversations.queue_turn(
                session, conversation.id, f"{HANDLER}:{account.id}:{row.at.isoformat()}", trigger=trigger
            )
    return _following(row.payload, zone, row.at)


async def _silent(session: AsyncSession, conversation: Conversation) -> bool:
    bot = await session.get_one(Bot, conversation.bot_id)
    return conversation.stopped_at is not None or bot.silenced_at is not None


def _key(account: Account) -> str:
    return str(account.id)


def _as_subscription(at: datetime, account: Account, conversation_id: int) -> Subscription:
    zone = zone_of(account)
    return Subscription(following=at.astimezone(zone), day=_day(at, zone), conversation_id=conversation_id)


def _day(at: datetime, zone: ZoneInfo) -> date:
    """The day that is told of at this time: in the morning nothing has happened yet."""
    local = at.astimezone(zone)
    return local.date() - timedelta(days=1) if local.hour < _NOON else local.date()


def _following(payload: Mapping[str, Any], zone: ZoneInfo, after: datetime) -> datetime | None:
    """The next time by the clock on the wall, aware: 21:00 stays 21:00 across a change of the clocks."""
    rule = rrulestr(str(payload["rule"]), dtstart=datetime.fromisoformat(str(payload["first"])))
    local = rule.after(after.astimezone(zone).replace(tzinfo=None))
    # Of an hour that comes twice the first is meant: who asks within the second one is past it.
    while local is not None and local.replace(tzinfo=zone).timestamp() <= after.timestamp():
        local = rule.after(local)
    return None if local is None else local.replace(tzinfo=zone)
