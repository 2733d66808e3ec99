"""What answers a request of which all is known: the table in which a feature has its place."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import (
    approval_deciding,
    approvals,
    files,
    mailing,
    messages,
    minutes,
    pictures,
    reminders,
    report,
    report_evening,
)
from actions.base import Context, slots
from actions.requests import Request

Feature = Callable[[Context, Tracker, Request, CollectingDispatcher], Awaitable[list[dict[str, Any]]]]

#: By intent. An answer says it through the dispatcher and returns slot events.
ANSWERS: Mapping[str, Feature] = {
    "approve": approval_deciding.answer_decision,
    "ask_application_status": approvals.answer_status,
    "ask_daily_report": report.answer,
    "ask_minutes": minutes.answer,
    "cancel_reminder": reminders.cancel,
    "complete_todo": reminders.complete,
    "create_reminder": reminders.create,
    "find_file": files.answer,
    "find_message": messages.answer,
    "list_approvals": approvals.answer_list,
    "list_todos": reminders.list_all,
    "mail_minutes": mailing.answer,
    "mail_report": mailing.answer,
    "read_image": pictures.answer,
    "reject": approval_deciding.answer_decision,
    "snooze_reminder": reminders.snooze,
    "submit_application": approvals.answer_submit,
    "subscribe_report": report_evening.answer,
    "transfer_approval": approval_deciding.answer_transfer,
    "unsubscribe_report": report_evening.answer_off,
    "withdraw_application": approval_deciding.answer_withdraw,
}


async def carry_out(
    context: Context, tracker: Tracker, request: Request, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    """Does what was asked for. The request stays in ``answered_request``, for what goes on from it."""
    answered = await ANSWERS[request.intent](context, tracker, request, dispatcher)
    return [*slots(answered_request=request.as_slot()), *answered]
