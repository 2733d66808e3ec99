"""What goes on from what was told of reminders: a number, 取消, 水费的; and what was due taken into the dialogue."""

import re
from dataclasses import replace
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import reminder_words
from actions.base import BotBayAction, Context, slots
from actions.heard import Heard
from actions.reminder_items import OWN, Meant, by_numbers, follows, meant, named, numbers_in, open_items, standing
from actions.reminder_moves import MOVES
from actions.reminders import settle
from actions.requests import Request
from botbay.db import now
from botbay.zh.time import parse
from workers.reminders import service

#: These ask which one is meant.
_ACTING = ("complete_todo", "cancel_reminder", "snooze_reminder")
_DROPPED = re.compile(r"不[要用需]|取消|删")
#: At the end of a sentence it says that something is done: 合同寄了.
_DONE = re.compile(r"(?:了|完|好|过|掉|ok|done)[啦呀吧哦！!。.~\s]*$", re.IGNORECASE)
_DONE_WITH = re.compile(r"完成|[做弄办搞写][完好定]|搞定|好了|ok|done", re.IGNORECASE)


async def chosen(
    context: Context, tracker: Tracker, heard: Heard, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]] | None:
    """A number, a yes or a no to what was asked or listed; None where nothing was."""
    request = standing(tracker)
    if request is None or request.intent == "create_reminder":
        return None
    just_now = follows(tracker, request)
    if request.parts.get("all") and just_now and heard.intent in ("affirm", "deny"):
        if heard.intent == "deny":
            dispatcher.utter_message(text="好，都留着。")
            return slots(answered_request=None)
        items = await open_items(context)
        keys = {(each["kind"], each["id"]) for each in request.choices}
        found = Meant(items=[each for each in items if (each.kind, each.id) in keys], problem="都已经不在了。")
        return await settle(context, request, found, dispatcher)
    numbers = numbers_in(heard)
    if numbers and (deed := _deed(heard.text)) is not None:  # 3不要了 sounds like no more than a no
        found = by_numbers(numbers, request, await open_items(context))
        events = await settle(context, Request(intent=deed), found, dispatcher)
        return events or slots(answered_request=replace(request, told=context.turn.id).as_slot())
    if heard.intent != "choose" or not numbers:
        return None
    if request.intent == "list_todos":
        count = len(request.choices)
        if abs(numbers[0]) > count:
            dispatcher.utter_message(text=by_numbers(numbers, request, []).problem)
        else:
            place = numbers[0] - 1 if numbers[0] > 0 else count + numbers[0]
            text = reminder_words.what_with(place + 1, request.choices[place], private=context.private)
            dispatcher.utter_message(text=text)
        return []
    return await settle(context, request, by_numbers(numbers, request, await open_items(context)), dispatcher)


async def picked(
    context: Context, tracker: Tracker, heard: Heard, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]] | None:
    """水费的, to the question which one; None where nothing was asked, or that does not tell."""
    request = standing(tracker)
    if request is None or request.intent not in _ACTING or request.parts.get("all") or not follows(tracker, request):
        return None
    keys = {(each["kind"], each["id"]) for each in request.choices}
    asked = [each for each in await open_items(context) if (each.kind, each.id) in keys]
    one = named(asked, heard.text, context)
    return None if one is None else await settle(context, request, Meant(items=[one]), dispatcher)


async def unsaid(context: Context, heard: Heard) -> tuple[str, str] | None:
    """What a sentence that was not understood may ask of an open reminder or todo, and the name of that one.

    把对需求改到下午两点 moves it; 合同寄了 may mean that it is done. None where it names none.
    """
    moves = MOVES.search(heard.text) is not None and parse(heard.text, now().replace(tzinfo=None), "future")
    if not moves and not _DONE.search(heard.text):
        return None
    mine = [each for each in await open_items(context) if each.mine]
    if (one := named(mine, heard.text, context)) is None:
        return None
    return "snooze_reminder" if moves else "complete_todo", one.name


def _deed(text: str) -> str | None:
    """What is to be done with the numbers of a short sentence: 3不要了, 1好了. None where it does not say."""
    if _DROPPED.search(text):
        return "cancel_reminder"
    return "complete_todo" if _DONE_WITH.search(text) else None


def option(tracker: Tracker, heard: Heard) -> str | None:
    """What an unsure sentence with a number means to a list that stands: 取消第一个. None where it is no such thing."""
    if standing(tracker) is None or not numbers_in(heard):
        return None
    return next((intent for intent in heard.options if intent in OWN and intent != "list_todos"), None)


async def cancelled(
    context: Context, tracker: Tracker, heard: Heard, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]] | None:
    """取消 alone: the reminder that was just told or set; None where none was."""
    listed = standing(tracker)
    if listed is None or not (listed.parts.get("told") or listed.parts.get("made") or numbers_in(heard)):
        return None
    found = await meant(context, tracker, heard, Request(intent="cancel_reminder"))
    if found.problem and not found.among:
        return None
    series = len(found.items) == 1 and found.items[0].rule is not None and not listed.parts.get("made")
    if series and not numbers_in(heard):
        name = found.items[0].name
        dispatcher.utter_message(
            text=f"「{name}」会重复来：只是这次做完了回「完成」，以后都不要了就说「取消{name}的提醒」。"
        )
        return []
    return await settle(context, Request(intent="cancel_reminder"), found, dispatcher)


class Remind(BotBayAction):
    """What was due was told beside the dialogue: from now on a bare 完成 is about it."""

    action = "action_remind"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        told = await service.told_by(context.session, context.turn.key)
        if not told:
            return []
        choices = tuple({"kind": "reminder", "id": each.id, "name": each.what} for each in told)
        request = Request(intent="list_todos", parts={"told": True}, choices=choices, told=context.turn.id)
        return slots(answered_request=request.as_slot())
