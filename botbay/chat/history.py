"""One line of chat history, as ``botbay import`` reads it and ``botbay export`` writes it: a JSON object.

People write ``room talker at type text [file] [mentions]``. An export adds what it takes to get the same messages back
(ids, the quoted message, what a kind brings beside its text) and the places of messages whose content is not kept.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

LINE_LIMIT = 1_000_000  # bytes of one line
_NAME_LIMIT = 200  # characters of a room's or person's name, and of an id
_PATH_LIMIT = 1000

#: Every kind of message, with what people call it.
KINDS: Mapping[str, tuple[str, ...]] = {
    "text": ("文字", "文本", "文本消息", "txt", "string", "reply", "quote", "引用"),
    "image": ("图片", "照片", "相片", "截图", "picture", "photo", "pic", "img"),
    "voice": ("语音", "语音消息", "音频", "录音", "audio"),
    "video": ("视频", "小视频", "影片", "movie"),
    "file": ("文件", "附件", "文档", "attachment", "document", "doc"),
    "emoticon": ("表情", "表情包", "动画表情", "emoji", "sticker"),
    "link": ("链接", "网页", "分享", "url", "share", "article", "公众号文章"),
    "mini_program": ("小程序", "miniprogram", "mini-program", "mini program", "applet"),
    "card": ("名片", "联系人", "contact", "contact_card"),
    "location": ("位置", "定位", "地理位置", "实时位置"),
    "merged": ("聊天记录", "合并转发", "转发记录", "chat_history", "chathistory", "forward", "history"),
    "recall": ("撤回", "撤回消息", "recalled", "revoke", "revoked"),
    "transfer": ("转账", "微信转账"),
    "red_packet": ("红包", "微信红包", "redpacket", "red-packet", "red packet", "hongbao"),
    "notice": ("通知", "系统", "系统消息", "系统通知", "提示", "system", "sys", "event"),
    "unknown": ("未知", "其他", "其它", "other"),
}
_KIND = {word: kind for kind, words in KINDS.items() for word in (kind, *words)}


class LineError(ValueError):
    """The line cannot be read. The text says why, for people."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A message of history. ``at`` is aware; ``file`` is a path as it was written.

    ``talker`` is empty only where the message is merely counted (``withheld``). What follows ``mentions`` stands in
    exports only. Ids are WeChat's own; ``mention_ids`` go with ``mentions``, or there are none.
    """

    room: str
    talker: str
    at: datetime
    kind: str
    text: str = ""
    file: str | None = None
    mentions: tuple[str, ...] = ()
    id: str | None = None
    room_id: str | None = None
    talker_id: str | None = None
    mention_ids: tuple[str, ...] = ()
    quote: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    file_name: str | None = None
    file_problem: str | None = None  # why there is no file where there should be one
    from_self: bool = False
    by_bot: bool = False
    recalled_at: datetime | None = None
    withheld: bool = False


def read(raw: bytes, zone: tzinfo) -> Line:
    """The message that a line tells; times without a zone are ``zone``'s. Raises nothing but LineError."""
    facts = _object(raw)
    withheld, recalled = _flag(facts, "withheld"), _flag_or_time(facts, "recalled", zone)
    at = _time(facts.get("at"), "at", zone)
    kind = _kind(facts)
    if kind == "recall" and recalled is None:
        recalled = at
    gone = withheld or recalled is not None
    text = "" if gone else _string(facts, "text", LINE_LIMIT, strip=False) or ""
    file = _string(facts, "file", _PATH_LIMIT, strip=False)
    if not gone and kind == "text" and "text" not in facts:
        raise LineError("缺少 text")
    mentions = _strings(facts, "mentions")
    mention_ids = _strings(facts, "mention_ids")
    if mention_ids and len(mention_ids) != len(mentions):
        raise LineError("mention_ids 和 mentions 的个数不一样")
    return Line(
        room=_needed(facts, "room"),
        talker=(_string(facts, "talker", _NAME_LIMIT) or "") if withheld else _needed(facts, "talker"),
        at=at,
        kind=kind,
        text=text,
        file=None if gone else file,
        mentions=() if gone else mentions,
        id=_string(facts, "id", _NAME_LIMIT, strip=False),
        room_id=_string(facts, "room_id", _NAME_LIMIT, strip=False),
        talker_id=_string(facts, "talker_id", _NAME_LIMIT, strip=False),
        mention_ids=() if gone else mention_ids,
        quote=None if gone else _string(facts, "quote", _NAME_LIMIT, strip=False),
        details={} if gone else _details(facts),
        file_name=None if gone else _string(facts, "file_name", _PATH_LIMIT, strip=False),
        file_problem=None if gone else _string(facts, "file_problem", _PATH_LIMIT, strip=False),
        from_self=_flag(facts, "from_self"),
        by_bot=_flag(facts, "by_bot"),
        recalled_at=None if withheld else recalled,
        withheld=withheld,
    )


def write(line: Line) -> bytes:
    """The line that reads as this message, with its line break."""
    facts: dict[str, Any] = {"room": line.room}
    if line.talker:
        facts["talker"] = line.talker
    facts |= {"at": line.at.isoformat(), "type": line.kind}
    if line.recalled_at is not None:
        facts["recalled"] = line.recalled_at.isoformat()
    elif not line.withheld:
        facts["text"] = line.text
    optional = {
        "file": line.file,
        "mentions": line.mentions,
        "id": line.id,
        "room_id": line.room_id,
        "talker_id": line.talker_id,
        "mention_ids": line.mention_ids,
        "quote": line.quote,
        "details": line.details,
        "file_name": line.file_name,
        "file_problem": line.file_problem,
        "from_self": line.from_self,
        "by_bot": line.by_bot,
        "withheld": line.withheld,
    }
    facts |= {name: value for name, value in optional.items() if value}
    return json.dumps(facts, ensure_ascii=False).encode() + b"\n"


def moment(text: str, zone: tzinfo) -> datetime:
    """An ISO time as an aware one in UTC. Raises LineError."""
    try:
        at = datetime.fromisoformat(text.strip())
        if at.tzinfo is None:
            at = at.replace(tzinfo=zone)
        at = at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise LineError(f"「{text[:40]}」不是 ISO 时间，应像 2026-11-22T10:02:00") from None
    if not 1970 <= at.year < 2200:
        raise LineError(f"「{text[:40]}」不像聊天的时间")
    return at


def _object(raw: bytes) -> dict[str, Any]:
    if len(raw) > LINE_LIMIT:
        raise LineError(f"一行超过了 {LINE_LIMIT // 1_000_000} MB")
    try:
        facts = json.loads(raw.decode("utf-8-sig"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise LineError("不是 UTF-8 编码") from None
    except json.JSONDecodeError as error:
        raise LineError(f"不是 JSON（第 {error.colno} 个字符附近）") from None
    except (ValueError, RecursionError):
        raise LineError("不是能用的 JSON") from None
    if not isinstance(facts, dict):
        raise LineError("不是 JSON 对象，应为 {…}")
    return facts


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _clean(text: str) -> str:
    """Without NUL and halves of characters, neither of which a database takes."""
    return text.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _string(facts: Mapping[str, Any], name: str, limit: int, *, strip: bool = True) -> str | None:
    value = facts.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise LineError(f"{name} 不是文字")
    value = _clean(value)
    if strip:
        value = " ".join(value.split())
    if len(value) > limit:
        raise LineError(f"{name} 太长了，最多 {limit} 个字")
    return value or None


def _needed(facts: Mapping[str, Any], name: str) -> str:
    value = _string(facts, name, _NAME_LIMIT)
    if value is None:
        raise LineError(f"缺少 {name}")
    return value


def _strings(facts: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = facts.get(name)
    if value is None:
        return ()
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise LineError(f"{name} 不是名字的列表")
    found = (_string({name: each.strip().removeprefix("@")}, name, _NAME_LIMIT) for each in values)
    return tuple(each for each in found if each)


def _flag(facts: Mapping[str, Any], name: str) -> bool:
    value = facts.get(name, False)
    if not isinstance(value, bool):
        raise LineError(f"{name} 应为 true 或 false")
    return value


def _time(value: object, name: str, zone: tzinfo) -> datetime:
    if value is None or value == "":
        raise LineError(f"缺少 {name}")
    if not isinstance(value, str):
        raise LineError(f"{name} 不是 ISO 时间，应像 2026-11-22T10:02:00")
    return moment(value, zone)


def _flag_or_time(facts: Mapping[str, Any], name: str, zone: tzinfo) -> datetime | None:
    value = facts.get(name)
    if value is None or value is False:
        return None
    return _time(facts.get("at") if value is True else value, name, zone)


def _kind(facts: Mapping[str, Any]) -> str:
    value = _string(facts, "type", _NAME_LIMIT)
    if value is None:
        raise LineError("缺少 type")
    kind = _KIND.get(value.lower().strip("[]【】"))
    if kind is None:
        raise LineError(f"不认识的 type「{value[:20]}」，应为 {'、'.join(words[0] for words in KINDS.values())}")
    return kind


def _details(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    value = facts.get("details")
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise LineError("details 不是 JSON 对象")
    try:
        cleaned: dict[str, Any] = _clean_all(value)
    except RecursionError:
        raise LineError("details 套得太深") from None
    return cleaned


def _clean_all(value: Any) -> Any:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, dict):
        return {_clean(key): _clean_all(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_clean_all(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise LineError("details 里有不是数的数")
    return value
