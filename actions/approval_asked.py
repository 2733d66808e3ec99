"""What was asked or listed of applications just before, kept with the answer that told it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rasa_sdk import Tracker

from actions.base import Context, slots
from actions.heard import said_before
from actions.request_parts import own_account
from actions.requests import Request
from botbay.chat.models import Account
from workers.approvals.listing import Listed

#: How these came in, as the history tells it.
VIA = "chat"
#: So many are told at a time.
MOST = 20
NOTHING = "现在没有等你审批的单子。"
_FAMILY = frozenset(
    {
        *("approve", "reject", "transfer_approval", "withdraw_application"),
        *("list_approvals", "ask_application_status", "submit_application"),
    }
)
#: Seconds for which a bare 同意 goes on from the card, where nothing was said since.
_HOLDS = 24 * 3600.0


async def account_of(context: Context) -> Account:
    account = await own_account(context.session, context)
    assert account is not None, "these features are for people with an account"
    return account


def remember(context: Context, request: Request, choices: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    told = context.turn.id if choices else None
    kept = replace(request, choices=tuple(choices), told=told)
    return slots(answered_request=kept.as_slot())


def asked_now(context: Context, tracker: Tracker) -> Request | None:
    """What was asked or listed in the answer just before this sentence; what it offers stands in its choices."""
    request = Request.of_slot(tracker.get_slot("answered_request"))
    if request is None or request.intent not in _FAMILY or not request.choices:
        return None
    before = said_before(tracker)
    if before is None or (before.get("metadata") or {}).get("turn_id") != request.told:
        return None
    since = before.get("timestamp")
    held = context.settings.question_minutes * 60 if "confirm" in request.choices[0] else _HOLDS
    return request if since is None or float(since) > time.time() - held else None


def just_submitted(context: Context, tracker: Tracker) -> int | None:
    """The application that went out in the answer just before this sentence."""
    asked = asked_now(context, tracker)
    return int(asked.choices[0]["application"]) if asked is not None and asked.intent == "submit_application" else None


def by_number(listed: Sequence[Listed], number: int) -> Listed | None:
    return next((each for each in listed if each.application.id == number), None)
