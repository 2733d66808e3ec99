"""Reminders and todos in chat: set, listed, done, taken back, put off."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import reminder_words
from actions.base import Context, slots
from actions.heard import Heard
from actions.reminder_items import (
    OWN,
    Item,
    Meant,
    at_time,
    meant,
    open_items,
    standing,
    who,
)
from actions.reminder_later import put_off
from actions.reminder_moves import only_moves
from actions.reminder_parts import as_when, by_clock_of
from actions.requests import Request
from botbay.chat.models import Conversation
from botbay.chat.people import called
from botbay.db import now
from botbay.zh.time import parse
from workers.minutes import service as minutes
from workers.reminders import service, times
from workers.reminders.service import New, ReminderError, When

_ANEW = re.compile(r"改|换|挪|推|提前|不对|错|不是")
_LISTED = 30


async def create(
    context: Context, tracker: Tracker, request: Request, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    """Sets it, for each of those whom it is for; said again as a correction it takes the place of the one before."""
    session, me = context.session, context.contact
    zone = await service.zone_of(session, me.id)
    parts = dict(request.parts)
    when, whom = as_when(parts["slot"]), parts.get("for")
    heard = Heard.of(tracker)
    moved = heard.intent == "correct" or (heard.intent == "follow_up" and _ANEW.search(heard.text) is not None)
    moved = moved or only_moves(heard.text)
    subject, audience = who(context)
    if moved:
        for reminder_id in parts.get("made") or []:
            try:
                await service.cancel(session, subject, audience, int(reminder_id))
            except ReminderError:
                moved = False  # it has been told, or taken back: this is another one
    people = [None] if whom == "all" else [each["id"] for each in whom] if whom else [me.id]
    room_id = context.room.id if context.room is not None else None
    made = []
    try:
        for contact_id in people:
            place = await service.conversation_for(session, context.bot.id, room_id, me.id, contact_id)
            new = New(
                conversation_id=place,
                asker_id=me.id,
                contact_id=contact_id,
                what=str(parts["what"]),
                when=when,
                message_id=context.turn.message_id,
                quoted_id=parts.get("quoted"),
                todo_id=parts.get("todo"),
            )
            made.append(await service.create(session, new, zone, by=subject))
    except ReminderError as problem:
        dispatcher.utter_message(text=str(problem))
        return []
    names = "大家" if whom == "all" else "、".join(each["name"] for each in whom or [])
    told_in_private = (await session.get_one(Conversation, made[0].conversation_id)).room_id is None
    place_said = "" if context.private or names else "到时候私聊你" if told_in_private else "到时候在这里 @你"
    shown = times.shown(When(at=made[0].at, rule=when.rule), zone, now()) + by_clock_of(zone, context)
    first = times.shown(When(at=made[0].at), zone, now()) if when.rule is not None else ""
    text = reminder_words.created(
        made[0].what, shown, first, names, place_said, moved=moved and bool(parts.get("made"))
    )
    dispatcher.utter_message(text=text)
    choices = tuple({"kind": "reminder", "id": each.id, "name": each.what} for each in made)
    kept = replace(request, parts={**parts, "made": [each.id for each in made]}, choices=choices, told=context.turn.id)
    return slots(answered_request=kept.as_slot())


async def list_all(
    context: Context, tracker: Tracker, request: Request, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    """What waits, with numbers; of a time, of a room or of a person where one was said."""
    items, about = await open_items(context), "你" if context.private else "这个群里和你有关的"
    person = str(request.parts.get("person") or "")
    if person and person != "我":
        items, about = await _of_person(context, items, person), person
    if request.parts.get("room") and context.private:
        room_id = int(request.parts["room"]["id"])
        items = [each for each in items if _room_of(each) == room_id]
        about = f"「{request.parts['room']['name']}」里"
    zone = await service.zone_of(context.session, context.contact.id)
    if said := request.parts.get("time"):
        base = now().astimezone(zone).replace(tzinfo=None)
        time = next((one for one in parse(str(said["text"]), base, "future") if one.at is not None), None)
        if time is not None:
            items, about = [each for each in items if at_time(each, time, context)], f"{about}{said['shown']}"
    if not items:
        nothing = "没有等着的提醒和待办" if not context.private or person else "没有等着的提醒和待办，挺清闲"
        dispatcher.utter_message(text=f"{about}{nothing}。要加一条就说「明天下午三点提醒我开会」。")
        return []
    dispatcher.utter_message(text=reminder_words.listed(items, zone, now(), private=context.private, about=about))
    return slots(answered_request=numbered(context, request, items).as_slot())


async def complete(
    context: Context, tracker: Tracker, request: Request, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    return await _act(context, tracker, request, dispatcher)


async def cancel(
    context: Context, tracker: Tracker, request: Request, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    return await _act(context, tracker, request, dispatcher)


async def snooze(
    context: Context, tracker: Tracker, request: Request, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    return await _act(context, tracker, request, dispatcher)


# --- doing it ----------------------------------------------------------------------------------------------


async def _act(
    context: Context, tracker: Tracker, request: Request, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    """Completes, cancels or puts off what is meant; asks where that could be several."""
    listed, heard = standing(tracker), Heard.of(tracker)
    request = replace(request, parts={**request.parts, "said": heard.text})
    found = await meant(context, tracker, heard, request)
    events = await settle(context, request, found, dispatcher)
    if listed is not None and listed.intent in OWN and not events:
        # Its numbers go on to hold: 完成 1, and then 完成 2.
        return slots(answered_request=replace(listed, told=context.turn.id).as_slot())
    return events


async def settle(
    context: Context, request: Request, found: Meant, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    zone = await service.zone_of(context.session, context.contact.id)
    if not found.items:
        if not found.among:
            dispatcher.utter_message(text=found.problem)
            return []
        text = reminder_words.ask(request.intent, found.among, zone, now(), found.problem, private=context.private)
        dispatcher.utter_message(text=text)
        return slots(answered_request=numbered(context, request, found.among).as_slot())
    if found.all and request.intent == "cancel_reminder":
        dispatcher.utter_message(text=reminder_words.ask_all(request.intent, found.items, private=context.private))
        waits = numbered(context, request, found.items)
        return slots(answered_request=replace(waits, parts={**waits.parts, "all": True}).as_slot())
    try:
        text = await _done(context, request, found.items)
    except ReminderError as problem:
        text = str(problem)
    dispatcher.utter_message(text=text)
    return []


async def _done(context: Context, request: Request, items: Sequence[Item]) -> str:
    """Does it to each; what to say. Raises ReminderError."""
    session, (subject, audience) = context.session, who(context)
    if request.intent == "snooze_reminder":
        return await put_off(context, request, items)
    for each in items:
        if each.kind == "todo":
            done = request.intent == "complete_todo"
            if not await minutes.close_todo(session, subject, audience, each.id, done=done):
                raise ReminderError(f"「{each.name}」已经不在了，说「我的待办」看看现在有哪些。")
        elif request.intent == "complete_todo":
            await service.complete(session, subject, audience, each.id)
        else:
            await service.cancel(session, subject, audience, each.id)
    if request.intent == "complete_todo":
        return reminder_words.completed(items, await service.zone_of(session, context.contact.id), now())
    return reminder_words.cancelled(items)


async def _of_person(context: Context, items: Sequence[Item], person: str) -> list[Item]:
    """What somebody else has to do: what the asker had them reminded of, and their todos in rooms of both."""
    theirs = [each for each in items if each.row is not None and called(person, [each.row.whom]) is not None]
    subject, audience = who(context)
    todos = await minutes.open_todos(context.session, subject, audience)
    return [*theirs, *(Item(todo=todo) for todo in todos if todo.who and called(person, [todo.who]) is not None)]


def _room_of(item: Item) -> int | None:
    if item.todo is not None:
        return item.todo.room_id
    assert item.row is not None
    return item.row.room.id if item.row.room is not None else None


def numbered(context: Context, request: Request, items: Sequence[Item]) -> Request:
    """The request with what its answer tells with numbers."""
    return replace(request, choices=tuple(each.as_choice() for each in items[:_LISTED]), told=context.turn.id)
