"""What a message brings beside its text, by kind, out of WeChat's XML or of the gateway's own answer. Pure.

Nothing here raises on what it is given, and nothing is fetched. Every part is bounded: see ``_TITLE`` and the rest.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from botbay.chat.lines import words
from connector.drivers.base import MessageKind
from connector.drivers.wechaty_xml import read

# Characters.
_TITLE = 500
_DESCRIPTION = 2_000
_ADDRESS = 4_000
_NAME = 100
_ITEM = 2_000
_ITEMS = 200
_PICTURE = 150_000
_TEXT = 16_000

#: The kinds of which WeChat's own XML tells better than the number that a puppet gives: ``<appmsg><type>``.
_APP_KINDS = {
    "3": MessageKind.LINK,  # music
    "4": MessageKind.LINK,  # a video elsewhere
    "5": MessageKind.LINK,
    "6": MessageKind.FILE,
    "17": MessageKind.LOCATION,  # shared as it changes
    "19": MessageKind.MERGED,
    "33": MessageKind.MINI_PROGRAM,
    "36": MessageKind.MINI_PROGRAM,
    "2000": MessageKind.TRANSFER,
    "2001": MessageKind.RED_PACKET,
}
#: The same where the message is no ``<appmsg>``: the element in which it says what it is.
_ELEMENT_KINDS = {
    "location": MessageKind.LOCATION,
    "emoji": MessageKind.EMOTICON,
    "voicemsg": MessageKind.VOICE,
    "videomsg": MessageKind.VIDEO,
    "img": MessageKind.IMAGE,
}
_COUNTED = (MessageKind.TRANSFER, MessageKind.RED_PACKET, MessageKind.LOCATION)

#: ``datatype`` of what a merged history holds, text (1) apart.
_ITEM_KINDS = {
    "2": "image",
    "3": "voice",
    "4": "video",
    "5": "link",
    "6": "location",
    "8": "file",
    "15": "video",
    "16": "card",
    "17": "merged",
    "19": "mini_program",
    "37": "emoticon",
}

_WEB = re.compile(r"https?://[^\s<>\"]+\Z", re.IGNORECASE)
_DATA = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,(?P<content>[A-Za-z0-9+/=\s]+)\Z")
_STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"RIFF")

#: A title, and what WeChat shows below it.
_TITLED = frozenset({MessageKind.LINK, MessageKind.MINI_PROGRAM})


def true_kind(kind: MessageKind, root: Element | None) -> MessageKind:
    """The kind, where the puppet does not know it or takes money and places for something that is kept.

    ``root`` is, here and below, the message's XML where it has any.
    """
    if root is None or kind is MessageKind.TEXT or kind in _COUNTED:
        return kind
    told = _APP_KINDS.get((root.findtext(".//appmsg/type") or "").strip())
    if told is None:
        told = next((known for child in root if (known := _ELEMENT_KINDS.get(child.tag))), None)
    return told if told is not None and (kind is MessageKind.UNKNOWN or told in _COUNTED) else kind


def details(kind: MessageKind, root: Element | None, told: Mapping[str, object]) -> dict[str, object]:
    """The ``InboundMessage.details`` of a message; ``told`` is what the gateway answers of it when asked apart."""
    if kind in _TITLED:
        return _titled(root, told)
    if kind is MessageKind.CARD:
        return {
            "name": _cut(root.get("nickname") if root is not None else None, _NAME) or _cut(told.get("name"), _NAME)
        }
    if root is None:
        return {}
    if kind is MessageKind.MERGED:
        return _merged(root)
    if kind in (MessageKind.VOICE, MessageKind.VIDEO):
        return _length(root)
    if kind is MessageKind.EMOTICON:
        emoji = root.find(".//emoji")
        meaning = _cut(emoji.get("attachedtext"), _NAME) if emoji is not None else ""
        return {"meaning": meaning} if meaning else {}
    return {}


def is_to_be_asked(kind: MessageKind, text: str) -> bool:
    """Whether the gateway has to be asked what the message brings, because its text does not say it."""
    if kind not in _TITLED and kind is not MessageKind.CARD:
        return False
    brought = details(kind, read(text, partly=True), {})
    return not (brought.get("title") or brought.get("name"))


def answer(reply: str) -> dict[str, object]:
    """A gateway's answer about a message, JSON as it should be."""
    try:
        told = json.loads(reply)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def file_name(root: Element | None) -> str | None:
    """The name that the XML of a file tells."""
    return (root.findtext(".//appmsg/title") or None) if root is not None else None


def shown_text(kind: MessageKind, text: str, root: Element | None, brought: Mapping[str, Any]) -> str:
    """What people read, and search finds, of a message that is not plain text; empty where that is nothing."""
    parts: list[str | None] = []
    match kind:
        case MessageKind.LINK:
            parts = [brought["title"], brought["description"], brought["url"]]
        case MessageKind.MINI_PROGRAM:
            parts = [brought["title"], brought["description"]]
        case MessageKind.CARD:
            parts = [brought["name"]]
        case MessageKind.MERGED if brought:
            items = (f"{item['who']}：{item['text']}" if item["who"] else item["text"] for item in brought["items"])
            parts = [brought["title"], *items]
        case MessageKind.UNKNOWN | MessageKind.NOTICE if root is not None:
            parts = [root.findtext(".//appmsg/title"), root.findtext(".//appmsg/des")]
    shown = "\n".join(filter(None, parts))[:_TEXT]
    # WeChat's own XML is kept in raw: it is nothing that anybody typed.
    return shown or ("" if root is not None or text.lstrip().startswith("<") else text)


def _titled(root: Element | None, told: Mapping[str, object]) -> dict[str, object]:
    app = root.find(".//appmsg") if root is not None else None

    def part(tag: str, key: str, limit: int) -> str:
        return _cut(app.findtext(tag) if app is not None else None, limit) or _cut(told.get(key), limit)

    found: dict[str, object] = {
        "title": part("title", "title", _TITLE),
        "description": part("des", "description", _DESCRIPTION),
        "url": _address(part("url", "url", _ADDRESS)),
    }
    for given in (part("thumburl", "thumbnailUrl", _PICTURE + 1), _cut(told.get("thumbUrl"), _PICTURE + 1)):
        if _is_picture(given):
            found["picture"] = given
        elif len(given) <= _ADDRESS and (address := _address(given)):
            found["picture_url"] = address
    return found


def _merged(root: Element) -> dict[str, object]:
    app = root.find(".//appmsg")
    if app is None:
        return {}
    record = app.find("recorditem")
    inside = record
    if record is not None and not len(record):
        inside = read((record.text or "").strip(), partly=True)
    items = [_item(each) for each in _some(inside, "dataitem")] if inside is not None else []
    if not items:
        # The first few lines stand in the description, which is there when the record is not.
        items = [_described(line) for line in (app.findtext("des") or "").splitlines()[:_ITEMS] if line.strip()]
    return {"title": _cut(app.findtext("title"), _TITLE), "items": items}


def _some(inside: Element, tag: str) -> list[Element]:
    found = []
    for each in inside.iter(tag):
        found.append(each)
        if len(found) == _ITEMS:
            break
    return found


def _item(item: Element) -> dict[str, str]:
    said = item.findtext("datadesc") or ""
    title = item.findtext("datatitle") or ""
    kind = _ITEM_KINDS.get(item.get("datatype", ""))
    if kind is not None:
        title = title or (item.findtext(".//weburlitem/title") or "")
        said = words(kind, file_name=title, details={"title": title, "name": title})
    return {"who": _cut(item.findtext("sourcename"), _NAME), "text": _cut(said or title, _ITEM)}


def _described(line: str) -> dict[str, str]:
    who, colon, said = line.partition(":")
    return {"who": _cut(who, _NAME), "text": _cut(said, _ITEM)} if colon else {"who": "", "text": _cut(line, _ITEM)}


def _length(root: Element) -> dict[str, object]:
    """The seconds that a voice or a video lasts."""
    voice, video = root.find(".//voicemsg"), root.find(".//videomsg")
    milliseconds = voice.get("voicelength", "") if voice is not None else ""
    if re.fullmatch(r"[0-9]{1,9}", milliseconds):
        return {"seconds": max(round(int(milliseconds) / 1000), 1)}
    whole = video.get("playlength", "") if video is not None else ""
    return {"seconds": int(whole)} if re.fullmatch(r"[1-9][0-9]{0,5}", whole) else {}


def _cut(value: object, limit: int) -> str:
    return value.strip()[:limit] if isinstance(value, str) else ""


def _address(value: str) -> str:
    """An address that may stand in a page: only those of the web."""
    return value if _WEB.match(value) else ""


def _is_picture(value: str) -> bool:
    """Whether this is a picture itself, and not where one might be had."""
    found = _DATA.match(value) if len(value) <= _PICTURE else None
    if found is None:
        return False
    try:
        return base64.b64decode(found["content"][:40]).startswith(_STARTS)
    except binascii.Error:
        return False
