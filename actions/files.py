"""Finding a file in chat: a short list with numbers, and the thing itself when a number is said."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import choosing
from actions.base import Context, slots
from actions.file_words import Hits, at_of, lead_of, line_of, name_of, nothing, problem_of
from actions.heard import Heard
from actions.request_times import span_of
from actions.requests import Request
from botbay.chat.access import Audience, Subject
from workers.archive import finding
from workers.archive.finding import Found, FoundFile, Wanted
from workers.archive.finding_tables import FoundTable, find_tables
from workers.archive.matching import kinds_of

_LINES = 5
_ROOM_LINES = 2  # and one that leads: an answer in a room has three lines at most
#: These may go on from a list of files.
_GOES_ON = frozenset({"find_file", "follow_up", "correct"})
#: Said beside a number, these ask for something new.
_PARTS = ("query", "person", "time", "file_kind", "room", "email")


async def answer(
    context: Context, tracker: Tracker, request: Request, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    """Sends the only hit at once; lists several, and remembers what their numbers stand for."""
    hits = await _find(context, request)
    if not hits.total:
        dispatcher.utter_message(text=nothing(context, request))
        return []
    found = hits.found
    sure = not found.relaxed and not found.near and not request.parts.get("unknown_room")
    if hits.total == 1 and sure:
        (one,) = hits.all
        problem = problem_of(one)
        dispatcher.utter_message(text=f"找到了：{line_of(context, one)}{'，' if problem else ''}{problem}")
        if not problem:
            dispatcher.utter_message(json_message=_given(one))
        return []
    return _list(context, request, hits, 0, dispatcher)


async def of_the_list(
    context: Context, tracker: Tracker, heard: Heard, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]] | None:
    """What 再发第三个 and 还有吗 mean to a list that stands; None where the sentence is about something else."""
    if heard.intent not in _GOES_ON:
        return None
    events = await chosen(context, tracker, heard, dispatcher)
    return events if events is not None else await _more(context, tracker, heard, dispatcher)


async def chosen(
    context: Context, tracker: Tracker, heard: Heard, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]] | None:
    """Sends the files whose numbers were said; None where the sentence chooses none of a list that stands."""
    request = choosing.standing(tracker, "find_file")
    if request is None or any(heard.all(part) for part in _PARTS):
        return None
    if heard.intent == "affirm":
        before = [event for event in tracker.events if event["event"] == "user"][-2:]
        if len(request.choices) != 1 or choosing.turn_of(before[0]) != request.told:
            return None
        places = [0]
    else:
        places = choosing.places(heard, request.choices)
        if not places:
            return None
    count = len(request.choices)
    if any(not 0 <= place < count for place in places):
        dispatcher.utter_message(
            text=f"只有 {count} 个，回 1 到 {count} 就行。" if count > 1 else "只有 1 个，回 1 就行。"
        )
        return []
    for place in places if context.private else places[:1]:
        await _give(context, request.choices[place], dispatcher)
    return slots(answered_request=replace(request, told=context.turn.id).as_slot())


async def _more(
    context: Context, tracker: Tracker, heard: Heard, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]] | None:
    """The next ones of a list that stands, where the sentence asks for them; None else."""
    request = choosing.standing(tracker, "find_file")
    if request is None or not choosing.MORE.search(heard.text) or any(heard.all(part) for part in _PARTS):
        return None
    hits = await _find(context, request)
    told = len(request.choices)
    if hits.total <= told:
        dispatcher.utter_message(text="就这些了。没有你要的，就说说文件名里的几个字，或者谁发的。")
        return []
    if not context.private:
        dispatcher.utter_message(text="多了在群里看着乱，私聊我看全部吧。")
        return []
    return _list(context, request, hits, told, dispatcher)


# --- looking -----------------------------------------------------------------------------------------------


def _who(context: Context) -> tuple[Subject, Audience]:
    return Subject.of_contact(context.contact), Audience(room_id=context.room.id if context.room is not None else None)


async def _find(context: Context, request: Request) -> Hits:
    parts = request.parts
    since, until = span_of(parts["time"], context) if parts.get("time") else (None, None)
    room = parts.get("room") if context.private else None
    wanted = Wanted(
        words=str(parts.get("query") or ""),
        person=str(parts.get("person") or ""),
        kinds=kinds_of(str(parts["file_kind"])) if parts.get("file_kind") else frozenset(),
        since=since,
        until=until,
        room_id=int(room["id"]) if room else None,
    )
    tables = await find_tables(context.session, *_who(context), wanted)
    # One page more than was told: so much is enough to go on.
    found = await finding.find(context.session, *_who(context), wanted, limit=len(request.choices) + _LINES)
    if tables and (found.relaxed or found.near):
        found = Found()  # a table is what was meant
    return Hits(tables=tables, found=found)


async def _give(context: Context, choice: Mapping[str, Any], dispatcher: CollectingDispatcher) -> None:
    if "solitaire" in choice["given"]:
        dispatcher.utter_message(json_message=dict(choice["given"]))
        return
    file = await finding.get(context.session, *_who(context), int(choice["given"]["file_id"]))
    if file is None:
        dispatcher.utter_message(text=f"「{choice['name']}」已经拿不到了，可能被撤回或删掉了。")
    elif problem := problem_of(file):
        dispatcher.utter_message(text=f"「{name_of(file)}」{problem}")
    else:
        if not context.private:
            dispatcher.utter_message(text=f"给你：{name_of(file)}")
        dispatcher.utter_message(json_message=_given(file))


def _given(one: FoundTable | FoundFile) -> dict[str, Any]:
    """What the channel is told to hand over: see ``botbay.chat.handing``."""
    if isinstance(one, FoundTable):
        return {"solitaire": {"room_id": one.room_id, "message_id": one.message_id}}
    return {"file_id": one.id}


def _list(
    context: Context, request: Request, hits: Hits, start: int, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    """Says the files from a place on, and remembers all that were told so far."""
    end = start + (_LINES if context.private else _ROOM_LINES)
    shown = hits.all[start:end]
    lines = [f"{number}. {line_of(context, one)}" for number, one in enumerate(shown, start + 1)]
    lead = lead_of(request, hits) if start == 0 else f"接着的 {len(shown)} 个"
    left = hits.total - start - len(shown)
    if context.private:
        tail = f"回编号就发给你。{f'后面还有 {left} 个，说「还有吗」接着看。' if left > 0 else ''}"
        text = "\n".join([f"{lead}：", *lines, tail])
    else:
        private = "，全部的私聊我看" if left > 0 else ""
        text = "\n".join([f"{lead}，@我 回编号就发{private}：", *lines])
    dispatcher.utter_message(text=text)
    new = ({"given": _given(one), "name": name_of(one), "at": at_of(one).isoformat()} for one in shown)
    told = replace(request, choices=(*request.choices[:start], *new), told=context.turn.id)
    return slots(answered_request=told.as_slot())
