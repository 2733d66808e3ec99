"""Whose answer is awaited is asked, reminded, and at last somebody else is asked. Time never decides."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from botbay import due
from botbay.chat import conversations
from botbay.chat.models import Account
from botbay.db import now
from botbay.due import Due
from botbay.settings import load_settings
from workers.approvals import repository, service, telling, words
from workers.approvals.flow import Answer, State
from workers.approvals.models import Application, ApprovalSeat, What

#: Nobody is reminded at night.
_MORNING, _EVENING = 9, 21
#: Where nobody is left to hand it on to, it is said again this often.
_AGAIN = timedelta(days=1)
_BUSY = timedelta(seconds=1)


async def attend(session: AsyncSession, row: Due) -> datetime | None:
    """The due handler; the payload is {"seat_id": …}. Over once the seat needs no answer any more."""
    seat = await session.get(ApprovalSeat, int(row.payload["seat_id"]))
    if seat is None:
        return None
    application = await repository.locked_if_free(session, seat.application_id)
    if application is None:
        # Whoever holds it may be about to take this very row back: waiting for each other would end one of the two.
        raise due.Later(now() + _BUSY)
    await session.refresh(seat)
    if application.state != State.OPEN or seat.answer != Answer.WAITING or seat.step != application.at:
        return None
    account = (await repository.accounts(session, [seat.account_id]))[seat.account_id]
    kind = words.kind_of(application)
    at = now()
    late = seat.asked_at is not None and at >= seat.asked_at + timedelta(hours=kind.hand_on_hours)
    if (late or account.disabled_at is not None) and await service.hand_on(session, application, seat) is not None:
        return None  # whoever has it now has a row of their own
    await _speak(session, application, seat, account)
    await session.flush()
    assert seat.asked_at is not None
    return max(_following(seat, kind.remind_hours, kind.hand_on_hours, at, account), row.at + timedelta(seconds=1))


async def _speak(session: AsyncSession, application: Application, seat: ApprovalSeat, account: Account) -> None:
    """Asks the dialogue for the card, so that it stands there and a bare 同意 goes on from it."""
    conversation = await telling.private_conversation(session, account)
    first = seat.asked_at is None
    if conversation is not None:
        if conversation.paused_until is not None and conversation.paused_until > now():
            raise due.Later(conversation.paused_until)  # the owner of the bot's account is talking there
        trigger = {"intent": "list_approvals", "entities": {"query": f"#{application.id}"}}
        key = f"{service.HANDLER}:{seat.id}:{now().isoformat()}"
        await conversations.queue_turn(session, conversation.id, key, trigger=trigger)
    if first:
        seat.asked_at = now()
    else:
        seat.reminded_at = now()
    reached = What.ASKED if first else What.REMINDED
    if conversation is not None or first:
        await service.note(session, application, reached if conversation is not None else What.UNREACHED, account)


def _following(
    seat: ApprovalSeat, remind_hours: float, hand_on_hours: float, at: datetime, account: Account
) -> datetime:
    """When it is looked at again: to remind once, then to hand on, then to remind every day."""
    assert seat.asked_at is not None
    remind = seat.asked_at + timedelta(hours=remind_hours)
    hand_on = seat.asked_at + timedelta(hours=hand_on_hours)
    if seat.reminded_at is None and remind < hand_on:
        return min(by_day(remind, account), hand_on)
    return hand_on if hand_on > at else by_day(at + _AGAIN, account)


def by_day(at: datetime, account: Account) -> datetime:
    """The time itself, or in the morning after it where it is night for this person."""
    local = at.astimezone(ZoneInfo(account.timezone) if account.timezone else load_settings().zone)
    morning = local.replace(hour=_MORNING, minute=0, second=0, microsecond=0)
    if local.hour < _MORNING:
        return morning
    return morning + timedelta(days=1) if local.hour >= _EVENING else at
