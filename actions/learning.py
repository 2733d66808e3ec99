"""What was not understood goes to the training inbox, where that person agreed to being kept."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rasa_sdk import Tracker

from actions.base import Context
from actions.heard import Heard
from botbay.chat import consent
from botbay.chat.models import Turn
from workers.training import service
from workers.training.models import Reason


async def note(context: Context, heard: Heard, reason: Reason) -> None:
    """The sentence just said was unsure or unknown."""
    await service.note(
        context.session,
        turn=context.turn,
        text=heard.text,
        reason=reason,
        ranking=heard.ranking,
        people=heard.all("person"),
        rooms=heard.all("room"),
        accounts=heard.all("account"),
    )


async def note_before(context: Context, tracker: Tracker) -> None:
    """The sentence before was taken for something else than was meant."""
    said = [event for event in tracker.events if event["event"] == "user"]
    if len(said) < 2:
        return
    before: Mapping[str, Any] = said[-2]
    turn = await context.session.get(Turn, int((before.get("metadata") or {}).get("turn_id") or 0))
    agreed_at = await _agreed_at(context)
    # A yes is for what comes after it.
    if turn is None or turn.conversation_id != context.conversation.id or not agreed_at or turn.created_at < agreed_at:
        return
    parsed = before.get("parse_data") or {}
    text = str(before.get("text") or "")
    if not text.startswith("/"):
        found = [one for one in parsed.get("entities") or [] if isinstance(one, Mapping)]
        named = {
            kind: [str(one["value"]) for one in found if one.get("entity") == kind]
            for kind in ("person", "room", "account")
        }
        await service.note(
            context.session,
            turn=turn,
            text=text,
            reason=Reason.WRONG,
            ranking=[(one["name"], one["confidence"]) for one in parsed.get("intent_ranking") or []],
            people=named["person"],
            rooms=named["room"],
            accounts=named["account"],
        )


async def explain(context: Context, label: str, *, chosen: bool = False) -> None:
    """What was chosen of an offer, or said now in other words, tells what the sentence before it meant."""
    await service.suggest(context.session, turn=context.turn, label=label, chosen=chosen)


async def _agreed_at(context: Context) -> datetime | None:
    """Since when what this person says here may be kept; None where it may not."""
    if context.room is None:
        return context.contact.keep_private_at
    member = await consent.member_of(context.session, context.room.id, context.contact.id)
    times = [context.room.recording_at, member.consent_at if member is not None else None]
    return max((time for time in times if time is not None), default=None)
