"""Which room a sentence means, among those that the asker may hear of."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

from actions.base import Context
from actions.heard import Heard
from actions.meaning import meant
from botbay.chat.access import PRIVATE, Audience, Subject, readable_rooms
from botbay.chat.models import Room

_ENDS = re.compile(r"(?:这个|那个)?(?:大|小|微信)?(?:群聊|群组|群)$")
_FRAME = re.compile(
    r"^(?:那么?|还有|再|换成?|看看?|要|我要|给我|，|,)+|(?:那?个?的|那边|那个|里|呢|吧|啊|呀|嘛|[？?。！!～~\s])+$"
)
_THIS_ROOM = re.compile(r"^(?:这个?|本|我们|咱们?|当前|该)?群(?:里|内|聊)?$")
#: Of these a room's name may hold some too; said for themselves they name none.
_OTHER_WORDS = re.compile(
    r"日报|周报|月报|报表|统计|纪要|记录|总结|会议|讨论|邮箱|邮件|发[到给]|昨天|今天|前天|上周|本周|这周|上个?月|[\w.+-]+@[\w.-]+|\d+"
)


async def rooms_of(context: Context) -> Sequence[Room]:
    """The rooms that the asker may hear of here, in a fixed order."""
    return await _readable(context, Audience(room_id=context.room.id if context.room is not None else None))


async def names_another_room(context: Context, heard: Heard) -> bool:
    """Whether a sentence said in a room is about another one of the asker's."""
    if room_named(heard) is None or context.room is None:
        return False
    found = find_rooms(heard, heard.text, await _readable(context, PRIVATE), loose=False)
    return bool(found) and context.room.id not in {room.id for room in found}


async def _readable(context: Context, audience: Audience) -> Sequence[Room]:
    found = await context.session.scalars(readable_rooms(Subject.of_contact(context.contact), audience))
    return sorted((room for room in found if room.topic), key=lambda room: room.id)


def as_part(room: Room) -> dict[str, Any]:
    return {"id": room.id, "name": room.topic}


def room_named(heard: Heard) -> str | None:
    """The name of a room as it was said; None for 这个群 and the like."""
    names = [name for name in heard.all("room") if not _THIS_ROOM.match(name)]
    if heard.intent == "correct":
        names = [name for name in names if name in meant(heard.text)] or names
    return names[0] if names else None


def without_rooms(heard: Heard, text: str, rooms: Sequence[Room]) -> str:
    """The sentence without names of rooms: the 三年 of 三年二班家长群 is no time."""
    for name in sorted({*heard.all("room"), *(room.topic for room in rooms)}, key=len, reverse=True):
        if len(name) > 1:
            text = text.replace(name, " ")
    return text


def only_names_room(text: str, rooms: Sequence[Room]) -> bool:
    """Whether a sentence says nothing but which room: 那家长委员会的, 测试群呢."""
    name = _core(_FRAME.sub("", text.strip()))
    return len(name) > 1 and any(_is_within(name, _core(room.topic)) for room in rooms)


def find_rooms(heard: Heard, text: str, rooms: Sequence[Room], *, loose: bool) -> list[Room]:
    """The rooms that a sentence may mean, by their name or by a part of it; several when it could be each of them.

    ``loose``: a part of the name is enough though nothing says that it is a room's.
    """
    whole = [room for room in rooms if len(room.topic) > 1 and room.topic in text]
    whole = [
        room for room in whole if not any(room.topic != other.topic and room.topic in other.topic for other in whole)
    ]
    if whole:
        return whole
    if (said := room_named(heard)) is not None:
        core = _core(said)
        names = {room.id: _core(room.topic) for room in rooms}
        return [room for room in rooms if core and names[room.id] and _alike(core, names[room.id])]
    if not loose:
        return []
    text = _OTHER_WORDS.sub(" ", text)
    shared = {room.id: _shared(_core(room.topic), _core(text.strip())) for room in rooms}
    best = max(shared.values(), default=0)
    return [room for room in rooms if shared[room.id] == best] if best >= 2 else []


def _core(name: str) -> str:
    return _ENDS.sub("", name).lower()


def _alike(said: str, name: str) -> bool:
    return _is_within(said, name) or name in said


def _is_within(part: str, name: str) -> bool:
    """Whether all of its characters stand in the name in that order: 三二班 for 三年二班."""
    place = iter(name)
    return all(char in place for char in part)


def _shared(name: str, text: str) -> int:
    """The length of the longest run of characters that both have."""
    if not name or not text:
        return 0
    return SequenceMatcher(None, name, text, autojunk=False).find_longest_match().size
