"""What answers a request of which all is known: the table in which a feature has its place."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import files, minutes
from actions.base import Context, slots
from actions.requests import Request

Feature = Callable[[Context, Tracker, Request, CollectingDispatcher], Awaitable[list[dict[str, Any]]]]

#: By intent. An answer says it through the dispatcher and returns slot events.
ANSWERS: Mapping[str, Feature] = {
    "ask_minutes": minutes.answer,
    "find_file": files.answer,
    "mail_minutes": minutes.answer_mail,
}


async def carry_out(
    context: Context, tracker: Tracker, request: Request, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    """Does what was asked for, or says what was understood where the feature is still to come.

    The request stays in ``answered_request``, for what goes on from it.
    """
    remembered = slots(answered_request=request.as_slot())
    if (own := ANSWERS.get(request.intent)) is not None:
        return [*remembered, *await own(context, tracker, request, dispatcher)]
    dispatcher.utter_message(text=f"明白：{request.words()}。这个功能还没有开通，开通了就能直接用。")
    return remembered
