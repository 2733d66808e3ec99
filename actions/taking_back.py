"""取消, 撤回, said alone: whatever was just set, told or sent."""

import re
from dataclasses import replace
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import offers, reminder_answers
from actions.approval_asked import just_submitted
from actions.base import BotBayAction, Context
from actions.heard import Heard

_WITHDRAWS = re.compile(r"撤")


class TakeCancel(BotBayAction):
    action = "action_cancel"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        heard = Heard.of(tracker)
        if context.private and just_submitted(context, tracker) is not None:
            if _WITHDRAWS.search(heard.text):
                return offers.again(tracker, "withdraw_application", heard.text, heard.entities)
            return await offers.ask(context, tracker, replace(heard, options=("withdraw_application",)), dispatcher)
        if (events := await reminder_answers.cancelled(context, tracker, heard, dispatcher)) is not None:
            return events
        dispatcher.utter_message(response="utter_nothing_to_cancel")
        return []
