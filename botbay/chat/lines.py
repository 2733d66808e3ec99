"""A message in the one line that people read: in lists, exports, minutes and quotes."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from botbay.chat.models import Message

RECALLED = "[已撤回]"
UNREADABLE = "[收到一条看不了的消息]"
#: Of somebody who did not agree, or erased since: only that there was something.
UNKEPT = "[未记录]"

#: Kinds of which no more than this is ever said.
_BARE = {"location": "[位置]", "transfer": "[转账]", "red_packet": "[红包]", "recall": RECALLED}
_NAMED = {"file": "[文件]", "link": "[链接]", "mini_program": "[小程序]", "card": "[名片]", "merged": "[聊天记录]"}
_TIMED = {"voice": "语音", "video": "视频"}

#: What shows nothing and may turn a line around: controls that are no white space, marks of direction, half characters.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"
)


def line(message: Message, *, seconds: float | None = None) -> str:
    """The line of a stored message; ``seconds`` is how long its voice or video lasts, where its bytes told."""
    if message.recalled_at is not None:
        return RECALLED
    if message.withheld:
        return _BARE.get(message.kind, UNKEPT)
    return words(
        message.kind, message.text, file_name=message.file_name, details=message.details or {}, seconds=seconds
    )


def words(
    kind: str,
    text: str = "",
    *,
    file_name: str | None = None,
    details: Mapping[str, Any] | None = None,
    seconds: float | None = None,
) -> str:
    """The line of what is no stored message; ``kind`` and ``details`` are those of connector.drivers.base."""
    details = details or {}
    text = flat(text)
    if kind in _BARE:
        return _BARE[kind]
    if kind in _TIMED:
        return _timed(_TIMED[kind], seconds if seconds is not None else details.get("seconds"))
    if kind in _NAMED:
        name = flat(file_name if kind == "file" else details.get("title") or details.get("name"))
        if kind == "merged" and isinstance(items := details.get("items"), list):
            name += f"（{len(items)} 条）"
        return f"{_NAMED[kind]} {name or text}".rstrip()
    if kind == "image":
        return "[图片]"
    if kind == "emoticon":
        return f"[表情] {flat(details.get('meaning'))}".rstrip()
    if kind == "notice":
        return event(details) or text or "[通知]"
    return text if kind == "text" else text or UNREADABLE


def event(details: Mapping[str, Any]) -> str:
    """What happened in a room, of a notice's details; empty when they tell of nothing."""
    given = details.get("names")
    names = [name for name in map(flat, given) if name] if isinstance(given, Sequence) else []
    unnamed = details.get("unnamed")
    by = flat(details.get("by"))
    who = _people(names, unnamed if isinstance(unnamed, int) else 0)
    match details.get("event"):
        case "joined":
            return f"{by}邀请{who}进了群" if by else f"{who}进了群"
        case "left":
            return f"{by}把{who}移出了群" if by else f"{who}离开了群"
        case "renamed":
            renamed = f"群名改成「{flat(details.get('topic'))}」"
            return f"{by}把{renamed}" if by else renamed
    return ""


def flat(value: object) -> str:
    """A text in one line, without what cannot be seen; of anything else nothing."""
    return " ".join(_UNSEEN.sub("", value).split()) if isinstance(value, str) else ""


def _timed(what: str, seconds: object) -> str:
    if isinstance(seconds, (int, float)) and 0 < seconds < 1_000_000:
        return f"[{what} {max(round(seconds), 1)} 秒]"
    return f"[{what}]"


def _people(names: Sequence[str], unnamed: int) -> str:
    """Who they are; those whose names are not kept count only as a number."""
    if not names:
        return "有人" if unnamed <= 1 else f"{unnamed} 人"
    return "、".join(names) + (f"等 {len(names) + unnamed} 人" if unnamed else "")
