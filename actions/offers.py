"""What was offered with a number: asked back when a sentence was unsure, and taken by 1, 第一个, 前者 or 好."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import approvals, files, mailing, messages, reminder_answers
from actions.base import BotBayAction, Context, slots
from actions.heard import Heard
from actions.learning import explain, note
from actions.request_rooms import only_names_room, rooms_of
from actions.requests import ABOUT_ROOMS, MAILED, Request
from workers.training.intents import LABELS
from workers.training.models import Reason

Offer = Mapping[str, Any]

#: Seconds for which 昨天的呢 goes on from what was answered.
_RECENT = 3600.0


def offer(tracker: Tracker, intents: Sequence[str]) -> dict[str, Any]:
    """What to remember of a question back: which intents the sentence may have meant."""
    message = tracker.latest_message
    return {
        "turn": (message.get("metadata") or {}).get("turn_id"),
        "text": message.get("text"),
        "entities": message.get("entities") or [],
        "intents": list(intents),
    }


def standing(context: Context, tracker: Tracker) -> Offer | None:
    """What was offered in answer to the sentence before this one, a while ago at most: an older offer holds no more."""
    offered = tracker.get_slot("offered")
    if not isinstance(offered, Mapping):
        return None
    said = [event for event in tracker.events if event["event"] == "user"]
    before = said[-2] if len(said) > 1 else None
    if before is None or (before.get("metadata") or {}).get("turn_id") != offered.get("turn"):
        return None
    waited = float(said[-1].get("timestamp") or 0) - float(before.get("timestamp") or 0)
    return offered if waited <= context.settings.question_minutes * 60 else None


def taken(
    tracker: Tracker, offered: Offer, place: int | None, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    """Goes on as if the sentence had been plain; ``place`` counts from 0, None is a no."""
    forgotten = slots(offered=None)
    if place is None:
        dispatcher.utter_message(text="好，那不弄。想要什么直接说，换个说法我也许就懂了。")
        return forgotten
    return [*forgotten, *again(tracker, offered["intents"][place], offered["text"], offered["entities"])]


def again(tracker: Tracker, intent: str, text: str, entities: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Events after which the dialogue server reads on as from a sentence of that meaning; the turn stays this one."""
    message = tracker.latest_message
    about = {"message_id": message.get("message_id"), "metadata": message.get("metadata") or {}}
    sure = {"name": intent, "confidence": 1.0}
    parsed = {"text": text, "intent": sure, "intent_ranking": [sure], "entities": list(entities), **about}
    said = {"event": "user", "timestamp": None, "text": text, "parse_data": parsed, **about}
    listened = {
        "event": "action",
        "timestamp": None,
        "name": "action_listen",
        "policy": None,
        "confidence": None,
        "action_text": None,
        "hide_rule_turn": False,
    }
    return [listened, said]


def last_request(tracker: Tracker) -> Request | None:
    """What was answered last, unless that is long ago: then 昨天的呢 may be about anything."""
    request = Request.of_slot(tracker.get_slot("answered_request"))
    events = tracker.events
    kept = next((e for e in reversed(events) if e["event"] == "slot" and e.get("name") == "answered_request"), None)
    said = next((e for e in reversed(events) if e["event"] == "user"), None)
    if request is None or kept is None or said is None:
        return request
    age = float(said.get("timestamp") or 0) - float(kept.get("timestamp") or 0)
    return request if age <= _RECENT else None


def did(tracker: Tracker, action: str) -> bool:
    """Whether the bot did this in answer to the sentence before."""
    turns = 0
    for event in reversed(tracker.events):
        if event["event"] == "user":
            turns += 1
            if turns == 2:
                return False
        elif turns == 1 and event["event"] == "action" and event.get("name") == action:
            return True
    return False


async def ask(
    context: Context, tracker: Tracker, heard: Heard, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    """Asks which of its options a sentence meant, and remembers what was offered."""
    intents = [intent for intent in heard.options if intent in LABELS]
    await note(context, heard, Reason.UNSURE)
    if not intents:
        dispatcher.utter_message(text="这句我没太听懂，换个说法试试？发「帮助」看我会什么。")
        return []
    if len(intents) == 1:
        text = f"你是想{LABELS[intents[0]]}吗？是的话{'' if context.private else ' @我 '}回「好」。"
    elif context.private:
        listed = "\n".join(f"{number}. {LABELS[intent]}" for number, intent in enumerate(intents, 1))
        text = f"没太听准，你是想：\n{listed}\n回编号就行，都不是就换个说法。"
    else:
        listed = "；".join(f"{number}. {LABELS[intent]}" for number, intent in enumerate(intents, 1))
        text = f"没太听准，你是想：{listed}？@我 回编号就行。"
    dispatcher.utter_message(text=text)
    return slots(offered=offer(tracker, intents))


class Clarify(BotBayAction):
    """Unsure between a few: asks, with a number each."""

    action = "action_clarify"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        heard = Heard.of(tracker)
        for take in (files.chosen, messages.chosen):
            if (events := await take(context, tracker, heard, dispatcher)) is not None:
                return events
        if (events := await goes_on(context, tracker, heard, dispatcher)) is not None:
            return events
        if (intent := reminder_answers.option(tracker, heard)) is not None:
            return again(tracker, intent, heard.text, heard.entities)
        return await ask(context, tracker, heard, dispatcher)


async def goes_on(
    context: Context, tracker: Tracker, heard: Heard, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]] | None:
    """Reads a sentence as going on from what was just answered: 那家长群的; 发我邮箱 after the minutes. None if it does not.

    What would go by mail is asked first: mail cannot be called back.
    """
    if (events := await approvals.picked(context, tracker, heard, dispatcher)) is not None:
        return events
    if (verdict := await approvals.decided(context, tracker, heard)) is not None:
        return again(tracker, verdict, heard.text, heard.entities)
    if (events := await reminder_answers.picked(context, tracker, heard, dispatcher)) is not None:
        return events
    if (unsaid := await reminder_answers.unsaid(context, heard)) is not None:
        intent, name = unsaid
        if intent == "snooze_reminder":
            return again(tracker, intent, heard.text, heard.entities)
        dispatcher.utter_message(text=f"「{name}」办完了吗？是的话{'' if context.private else ' @我 '}回「好」。")
        return slots(offered=offer(tracker, [intent]))
    before = last_request(tracker)
    if before is None or before.intent not in ABOUT_ROOMS:
        return None
    if only_names_room(heard.text, await rooms_of(context)):
        return again(tracker, "follow_up", heard.text, heard.entities)
    if (mailed := MAILED.get(before.intent, before.intent)) in heard.options:
        return await ask(context, tracker, replace(heard, options=(mailed,)), dispatcher)
    if before.intent in heard.options:
        return again(tracker, before.intent, heard.text, heard.entities)
    return None


class TakeChoice(BotBayAction):
    """A number, a yes or a no, to what was offered, or to nothing."""

    action = "action_take_choice"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        heard = Heard.of(tracker)
        offered = standing(context, tracker)
        if offered is None:
            for take in (approvals.chosen, mailing.confirmed, files.chosen, messages.chosen, reminder_answers.chosen):
                if (events := await take(context, tracker, heard, dispatcher)) is not None:
                    return events
            if heard.intent == "choose":
                dispatcher.utter_message(text="现在没有要选的。想要什么直接说就行，发「帮助」看我会什么。")
            else:
                dispatcher.utter_message(response="utter_affirm" if heard.intent == "affirm" else "utter_deny")
            return []
        return await answered(context, tracker, heard, offered, dispatcher)


async def answered(
    context: Context, tracker: Tracker, heard: Heard, offered: Offer, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    """What a number, a yes, a no, or 同意 and 拒绝 mean to what was offered."""
    intents = offered["intents"]
    place: int | None = None
    if heard.intent in intents:
        place = intents.index(heard.intent)
    elif heard.intent in ("deny", "reject"):
        return taken(tracker, offered, None, dispatcher)
    elif heard.intent in ("affirm", "approve") and len(intents) == 1:
        place = 0
    else:
        number = heard.first("ordinal", "number")
        if isinstance(number, int) and number != 0 and abs(number) <= len(intents):
            place = number - 1 if number > 0 else len(intents) + number
    if place is None:
        asked = "要哪一个？" if heard.intent in ("affirm", "approve") else f"只有 {len(intents)} 个可以选，"
        dispatcher.utter_message(text=f"{asked}回 1 到 {len(intents)} 就行。")
        turn = (tracker.latest_message.get("metadata") or {}).get("turn_id")
        return slots(offered={**offered, "turn": turn})
    await explain(context, intents[place], chosen=True)
    return taken(tracker, offered, place, dispatcher)
