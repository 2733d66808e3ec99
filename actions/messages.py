"""Finding in chat what was said: the line that answers, then who else spoke of it; a number shows what was around it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import choosing
from actions.base import Context, slots
from actions.heard import Heard
from actions.request_times import local_now, span_of
from actions.requests import Request
from actions.words import day_said
from botbay.chat.access import Audience, Subject
from botbay.chat.around import around
from botbay.zh.masking import masked
from workers.search import service
from workers.search.service import Hit, Kind, Query, Results

_LINES, _ROOM_LINES = 5, 2
#: Messages before and after the one whose number was said.
_AROUND = 3
_LONGEST = 60
#: These may go on from a list of messages.
_GOES_ON = frozenset({"find_message", "follow_up", "correct"})
_PARTS = ("query", "person", "time", "file_kind", "room")
_LINK = re.compile(r"链接|网址")
#: What may be left out where nothing fits all, one after another, and what is said of it.
_RELAXED = (("time",), ("person",), ("time", "person"), ("room",), ("time", "person", "room"))


async def answer(
    context: Context, tracker: Tracker, request: Request, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    """Says the line that answers with its source, and lists the others with numbers."""
    relaxed, results = await _search(context, request)
    if results.answer is None and not results.hits:
        dispatcher.utter_message(text=_nothing(context, request))
        return []
    if results.answer is not None:
        dispatcher.utter_message(text=_answered(context, results.answer))
        others = [hit for hit in results.hits if hit.message_id != results.answer.message_id]
        if not others or not context.private:
            return []
        return _list(context, request, others, results.total - 1, 0, "还提到过", dispatcher)
    lead = _lead(request, relaxed, results.total)
    return _list(context, request, results.hits, results.total, 0, lead, dispatcher)


async def answered(context: Context, text: str, dispatcher: CollectingDispatcher) -> bool:
    """Answers a sentence that asks for nothing the bot does, where somebody said the answer: WiFi密码多少."""
    hit = await service.answer(context.session, *_who(context), text)
    if hit is None:
        return False
    dispatcher.utter_message(text=_answered(context, hit))
    return True


async def of_the_list(
    context: Context, tracker: Tracker, heard: Heard, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]] | None:
    """What 第三条 and 还有吗 mean to a list that stands; None where the sentence is about something else."""
    if heard.intent not in _GOES_ON:
        return None
    events = await chosen(context, tracker, heard, dispatcher)
    return events if events is not None else await _more(context, tracker, heard, dispatcher)


async def chosen(
    context: Context, tracker: Tracker, heard: Heard, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]] | None:
    """Shows what was said around the message whose number was said; None where the sentence chooses none."""
    request = choosing.standing(tracker, "find_message")
    if request is None or any(heard.all(part) for part in _PARTS):
        return None
    places = choosing.places(heard, request.choices)
    if not places:
        return None
    if not 0 <= places[0] < len(request.choices):
        dispatcher.utter_message(text=f"只有 {len(request.choices)} 条，回 1 到 {len(request.choices)} 就行。")
        return []
    choice = request.choices[places[0]]
    if not context.private:
        dispatcher.utter_message(text="前后的话有点长，私聊我再问一次，我都给你看。")
        return []
    room_id = choice["room_id"]
    said = []
    if room_id is not None:
        subject, _ = _who(context)
        said = await around(context.session, subject, int(room_id), [int(choice["message_id"])], count=_AROUND)
    if not said:
        dispatcher.utter_message(text="这条前后没有别的了，或者已经被撤回。")
        return []
    lines = [f"{one.who} {_when(context, one.at)}：{_short(masked(one.text)) or '[文件]'}" for one in said]
    dispatcher.utter_message(text="\n".join(["前后是这么说的：", *lines]))
    return slots(answered_request=replace(request, told=context.turn.id).as_slot())


async def _more(
    context: Context, tracker: Tracker, heard: Heard, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]] | None:
    request = choosing.standing(tracker, "find_message")
    if request is None or not choosing.MORE.search(heard.text) or any(heard.all(part) for part in _PARTS):
        return None
    if not context.private:
        dispatcher.utter_message(text="多了在群里看着乱，私聊我看全部吧。")
        return []
    told = len(request.choices)
    _, results = await _search(context, request, skip=told)
    if not results.hits:
        dispatcher.utter_message(text="就这些了。没有你要的，就换个词，或者说说谁讲的、大概什么时候。")
        return []
    return _list(context, request, results.hits, results.total, told, f"接着的 {len(results.hits)} 条", dispatcher)


# --- looking -----------------------------------------------------------------------------------------------


def _who(context: Context) -> tuple[Subject, Audience]:
    return Subject.of_contact(context.contact), Audience(room_id=context.room.id if context.room is not None else None)


async def _search(context: Context, request: Request, skip: int = 0) -> tuple[tuple[str, ...], Results]:
    """What fits, and the parts of the request that had to be left out to find any."""
    given = [part for part in ("time", "person", "room") if request.parts.get(part)]
    ways = [(), *(way for way in _RELAXED if set(way) <= set(given))]
    for relaxed in ways:
        query = _query(context, request, relaxed)
        results = await service.search(context.session, *_who(context), query, limit=_LINES, skip=skip)
        if results.hits or results.answer is not None:
            return relaxed, results
    return (), Results()


def _query(context: Context, request: Request, without: Sequence[str]) -> Query:
    parts = {name: value for name, value in request.parts.items() if name not in without}
    since, until = span_of(parts["time"], context) if parts.get("time") else (None, None)
    room = parts.get("room") if context.private else None
    asked = str(parts.get("asked") or "")
    kind = str(parts.get("file_kind") or "")
    return Query(
        words=str(parts.get("query") or ""),
        asked=asked,
        person=str(parts.get("person") or ""),
        kinds=frozenset({Kind.LINK}) if _LINK.search(kind) else frozenset(),
        since=since,
        until=until,
        room_id=int(room["id"]) if room else None,
    )


# --- saying ------------------------------------------------------------------------------------------------


def _when(context: Context, moment: Any) -> str:
    return day_said(moment.astimezone(context.settings.zone).replace(tzinfo=None), local_now(context))


def _source(context: Context, hit: Hit) -> str:
    """李建国，昨天 15:20，产品群."""
    who = "你" if hit.talker_id == context.contact.id else hit.sender
    where = (hit.place if hit.room_id is not None else "私聊") if context.private else ""
    what = {Kind.PICTURE: "图里的字", Kind.DOCUMENT: hit.file_name, Kind.FILE: "文件"}.get(hit.kind, "")
    return "，".join(part for part in (who, _when(context, hit.sent_at), where, what) if part)


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else f"{flat[:_LONGEST]}…"


def _answered(context: Context, hit: Hit) -> str:
    flat = " ".join(hit.snippet.split())
    return f"{flat}\n（{_source(context, hit)}）"


def _lead(request: Request, relaxed: Sequence[str], total: int) -> str:
    count = f" {total} 条" if total < service.MOST else "很多"
    parts = request.parts
    match tuple(relaxed):
        case () if parts.get("unknown_room"):
            return f"没有叫「{parts['unknown_room']}」的群，你所在的群里有{count}"
        case ():
            return f"找到{count}"
        case ("time",):
            return f"{parts['time']['shown']}没有，这是别的时候的"
        case ("person",):
            who = "你" if parts["person"] == "我" else parts["person"]
            return f"没找到{who}说的，这是别人说的"
        case ("room",):
            return f"{parts['room']['name']}里没有，别处有"
        case _:
            return "没有全对上的，这些比较接近"


def _list(
    context: Context,
    request: Request,
    hits: Sequence[Hit],
    total: int,
    start: int,
    lead: str,
    dispatcher: CollectingDispatcher,
) -> list[dict[str, Any]]:
    """Says the messages from a place on, and remembers all that were told so far."""
    shown = hits[: _LINES if context.private else _ROOM_LINES]
    lines = [
        f"{number}. {_short(hit.snippet)}（{_source(context, hit)}）" for number, hit in enumerate(shown, start + 1)
    ]
    left = total - start - len(shown)
    if context.private:
        tail = "回编号看前后的话。" + ("说「还有吗」接着看。" if left > 0 else "")
        url = context.settings.public_url
        link = [f"{url}/search?{urlencode({'q': str(request.parts.get('query') or '')})}"] if url and left > 0 else []
        text = "\n".join([f"{lead}：", *lines, tail, *link])
    else:
        text = "\n".join([f"{lead}{'，全部的私聊我看' if left > 0 else ''}：", *lines])
    dispatcher.utter_message(text=text)
    new = ({"message_id": hit.message_id, "room_id": hit.room_id, "at": hit.sent_at.isoformat()} for hit in shown)
    told = replace(request, choices=(*request.choices[:start], *new), told=context.turn.id)
    return slots(answered_request=told.as_slot())


def _nothing(context: Context, request: Request) -> str:
    """What is said where nothing was found: what was looked for, and what to try."""
    parts = request.parts
    time, room = parts.get("time"), parts.get("room") if context.private else None
    looked = [time and time["shown"], room and room["name"], parts.get("person"), parts.get("query")]
    what = "、".join(str(part) for part in looked if part) or str(parts.get("file_kind") or "")
    if context.private:
        return f"没找到：{what}。换个词试试，两三个字就行。我只有「开始记录」之后、你所在的群里的话。"
    return f"这个群里没找到：{what}。换个词试试，别的群的私聊我找。"
