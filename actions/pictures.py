"""Reading a picture in chat: the quoted one, the one that is named, else the last one here."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import picture_later, picture_words
from actions.base import Context
from actions.heard import Heard
from actions.picture_words import Place
from actions.request_times import local_now, span_of
from actions.requests import Request
from botbay.chat import consent, readings
from botbay.chat.access import Audience, Subject, readable_files, readable_messages
from botbay.chat.models import File, FileKind, Member, Message
from botbay.db import now
from botbay.zh.numbers import number
from workers.archive import finding
from workers.archive.finding import Found, FoundFile, Wanted

#: Who sent a picture so short a time ago means that one, whoever sent one since.
_JUST = timedelta(minutes=2)
#: Pictures sent together are no longer apart; among them 第二张 counts.
_TOGETHER = timedelta(minutes=5)
_MOST = 50
_FROM_END = re.compile(r"倒数第?(?P<place>[\d一二两三四五六七八九十]+)")
_PLACE = re.compile(r"第?(?P<place>[\d一二两三四五六七八九十首]+)")
_LAST, _FIRST, _MIDDLE = re.compile(r"最后|末|最下|最底|后者"), re.compile(r"最[上前]|头|前"), re.compile(r"中间")


class _Missing(Exception):
    """There is no such picture; the text says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class _Chosen:
    """The picture that is meant; ``plain``: nobody would take it for another. ``note``: what is said first."""

    file: FoundFile
    plain: bool
    note: str = ""


async def answer(
    context: Context, tracker: Tracker, request: Request, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    """Says what the picture says; while it is being read, it is said as soon as it is (``actions.picture_later``)."""
    try:
        chosen = await _quoted(context) or await _named(context, Heard.of(tracker), request)
    except _Missing as missing:
        dispatcher.utter_message(text=str(missing))
        return []
    file = chosen.file
    place = Place(
        contact_id=context.contact.id,
        topic=context.room.topic if context.room is not None else None,
        zone=context.settings.zone,
        moment=local_now(context),
    )
    if problem := picture_words.problem_of(file):
        said = [problem]
    elif (reading := await readings.of_file(context.session, *_who(context), file.id)) is not None:
        said = picture_words.told(place, file, reading, plain=chosen.plain)
    else:
        await picture_later.promise(context, file.id, plain=chosen.plain)
        said = [f"{picture_words.about_of(place, file, plain=chosen.plain)}的字{picture_words.READING}"]
    said[0] = chosen.note + said[0]
    for text in said:
        dispatcher.utter_message(text=text)
    return []


def _who(context: Context) -> tuple[Subject, Audience]:
    return Subject.of_contact(context.contact), Audience(room_id=context.room.id if context.room is not None else None)


# --- which one ---------------------------------------------------------------------------------------------


async def _quoted(context: Context) -> _Chosen | None:
    """What the sentence quotes; None where it quotes nothing. Raises _Missing."""
    session, (subject, audience) = context.session, _who(context)
    said = await session.get(Message, context.turn.message_id) if context.turn.message_id is not None else None
    if said is None or said.quoted_source_id is None:
        return None
    same_chat = (
        Message.room_id == said.room_id if said.room_id is not None else Message.peer_id == said.peer_id,
        Message.bot_id == said.bot_id,
        Message.source_id == said.quoted_source_id,
    )
    quoted = readable_messages(subject, audience).where(*same_chat).with_only_columns(Message.id)
    file_id = await session.scalar(
        readable_files(subject, audience).where(File.message_id.in_(quoted)).with_only_columns(File.id)
    )
    file = await finding.get(session, subject, audience, file_id) if file_id is not None else None
    if file is None:
        raise _Missing("你引用的那条里没有我存下的图，可能没在记录，或者被撤回了。把图再发一次，再问我。")
    if file.kind not in readings.JOBS:
        raise _Missing("你引用的不是图，里面的字我读不了。")
    return _Chosen(file=file, plain=True)


async def _named(context: Context, heard: Heard, request: Request) -> _Chosen:
    """The one that the request's parts name, else the last one. Raises _Missing."""
    parts = request.parts
    if parts.get("unknown_room"):
        raise _Missing(f"没有叫「{parts['unknown_room']}」的群。把图发给我，或者说是哪个群的。")
    found = await _pictures(context, request)
    files = [file for file in found.files if file.kind == FileKind.IMAGE]
    if not files or not set(found.relaxed) <= {"time"}:
        raise _Missing(await _nothing(context, request))
    note = f"{parts['time']['text']}没有图，这是最近的。\n" if found.relaxed else ""
    if parts.get("ordinal"):
        apart = not parts.get("time") or bool(found.relaxed)
        file = _counted(files, _place(heard, str(parts["ordinal"])), apart=apart)
        return _Chosen(file=file, plain=False, note=note)
    mine = [file for file in files if file.talker_id == context.contact.id and file.sent_at > now() - _JUST]
    if context.private and not parts.get("person") and not parts.get("time"):
        return _Chosen(file=files[0], plain=files[0].room_id is None)
    return _Chosen(file=(mine or files)[0], plain=bool(mine), note=note)


async def _pictures(context: Context, request: Request) -> Found:
    """The newest first. In private, what is in that chat comes before what is in rooms."""
    parts = request.parts
    since, until = span_of(parts["time"], context) if parts.get("time") else (None, None)
    room = parts.get("room") if context.private else None
    wanted = Wanted(
        person=str(parts.get("person") or ""),
        kinds=frozenset({FileKind.IMAGE}),
        since=since,
        until=until,
        room_id=int(room["id"]) if room else None,
    )
    here = Found()
    if context.private and room is None and parts.get("person") in (None, "我"):
        here = await finding.find(context.session, *_who(context), replace(wanted, private=True), _MOST)
        if (here.files and not here.relaxed) or not (parts.get("time") or parts.get("person")):
            return here
    everywhere = await finding.find(context.session, *_who(context), wanted, _MOST)
    return here if here.files and (everywhere.relaxed or not everywhere.files) else everywhere


def _place(heard: Heard, ordinal: str) -> int:
    """Counted from 1, from the end where negative; 0 where it cannot be told."""
    told = {str(one["value"]): one.get("number") for one in heard.entities if one.get("entity") == "ordinal"}
    if isinstance(known := told.get(ordinal), int):
        return known
    if found := _FROM_END.search(ordinal):
        return -(number(found["place"]) or 1)
    if found := _PLACE.search(ordinal):
        return number(found["place"]) or 0
    for pattern, place in ((_LAST, -1), (_FIRST, 1), (_MIDDLE, 2)):
        if pattern.search(ordinal):
            return place
    return 0


def _counted(files: Sequence[FoundFile], place: int, *, apart: bool) -> FoundFile:
    """The one at that place: from the end of all, or of those that were sent together last. Raises _Missing."""
    if place < 0:
        if -place > len(files):
            raise _Missing(f"我这里只有 {len(files)} 张图。")
        return files[-place - 1]
    together = [files[0]]
    for file in files[1:]:
        if apart and together[-1].sent_at - file.sent_at > _TOGETHER:
            break
        together.append(file)
    if not 1 <= place <= len(together):
        raise _Missing(f"最近一起发的只有 {len(together)} 张图，说第几张或者谁发的都行。")
    return together[-place]


# --- why there is none -------------------------------------------------------------------------------------


async def _nothing(context: Context, request: Request) -> str:
    parts, contact = request.parts, context.contact
    time, room = parts.get("time"), parts.get("room") if context.private else None
    named = [time and time["shown"], room and room["name"], parts.get("person")]
    what = "、".join(str(part) for part in named if part)
    if context.room is None:
        if what and (parts.get("person") != "我" or time):
            return f"没找到图：{what}。我只有「开始记录」之后、你所在的群里的图；也可以把图直接发给我。"
        if contact.keep_private_at is None or contact.refused_at is not None:
            return "私聊里的图，你同意了我才会存。说「开始记录」，再把图发我一次，就能读了。"
        return "先把图发给我，或者引用一张，再问我上面写了什么。"
    if context.room.recording_at is None:
        return "这个群没有在记录，图我没有存下来，读不了。群主或拉我进来的人 @我 说「开始记录」，之后发的就能读。"
    member = await context.session.get(Member, (context.room.id, contact.id))
    if consent.only_counted(context.settings, contact, member):
        return "你没有同意被记录，你发的图我没有存。说「可以记录我」，再发一次就能读。"
    return f"这个群里没找到图：{what}。" if what else "这个群里还没有我存下的图，发一张再问我。"
