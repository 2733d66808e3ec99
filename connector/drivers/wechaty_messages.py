"""From a puppet's message payload to the words of the driver interface. Pure: no calls, no state."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from wechaty_grpc.wechaty.puppet import MessagePayloadResponse

from connector.drivers import wechaty_content
from connector.drivers.base import ContactCard, InboundMessage, MessageKind
from connector.drivers.wechaty_xml import read


class WireType(IntEnum):
    """A message's type as gateways send it: the enum of TypeScript, whatever the protocol file says."""

    UNKNOWN = 0
    ATTACHMENT = 1
    AUDIO = 2
    CONTACT = 3
    CHAT_HISTORY = 4
    EMOTICON = 5
    IMAGE = 6
    TEXT = 7
    LOCATION = 8
    MINI_PROGRAM = 9
    GROUP_NOTE = 10
    TRANSFER = 11
    RED_ENVELOPE = 12
    RECALLED = 13
    URL = 14
    VIDEO = 15


_KINDS = {
    WireType.ATTACHMENT: MessageKind.FILE,
    WireType.AUDIO: MessageKind.VOICE,
    WireType.CONTACT: MessageKind.CARD,
    WireType.CHAT_HISTORY: MessageKind.MERGED,
    WireType.EMOTICON: MessageKind.EMOTICON,
    WireType.IMAGE: MessageKind.IMAGE,
    WireType.TEXT: MessageKind.TEXT,
    WireType.LOCATION: MessageKind.LOCATION,
    WireType.MINI_PROGRAM: MessageKind.MINI_PROGRAM,
    WireType.GROUP_NOTE: MessageKind.NOTICE,
    WireType.TRANSFER: MessageKind.TRANSFER,
    WireType.RED_ENVELOPE: MessageKind.RED_PACKET,
    WireType.RECALLED: MessageKind.RECALL,
    WireType.URL: MessageKind.LINK,
    WireType.VIDEO: MessageKind.VIDEO,
}

#: How puppets write a quote into the text: 「name：quoted」, a dashed line, then what was typed.
_QUOTE = re.compile(r"\A「(?P<name>[^：\n]{0,64})：(?P<quoted>.*?)」\n(?:- ){2,}-[ ]?\n(?P<text>.*)\Z", re.DOTALL)
#: An id as puppets give them, and where it stands in WeChat's XML when that is broken.
_ID = re.compile(r"[^\s<>]{1,200}\Z")
_RECALLED = re.compile(r"<(?:newmsgid|msgid)>\s*(?:<!\[CDATA\[)?([0-9]{1,30})")
#: Texts without an end are cut: WeChat takes 16,000 characters, and its XML of a history has some hundred thousand.
_TEXT_LIMIT = 100_000
_RAW_LIMIT = 1_000_000
#: Seconds since 1970 stay below this for millennia, milliseconds passed it in 1973.
_MILLISECONDS_FROM = 100_000_000_000
_LAST_SECOND = 32_503_680_000  # the year 3000


def kind_of(wire_type: int) -> MessageKind:
    """UNKNOWN for numbers that nobody has told us about."""
    try:
        return _KINDS.get(WireType(wire_type), MessageKind.UNKNOWN)
    except ValueError:
        return MessageKind.UNKNOWN


def moment(timestamp: float) -> datetime:
    """Puppets count in seconds or in milliseconds; none at all, or none of this world, means now."""
    seconds = timestamp / 1000 if timestamp > _MILLISECONDS_FROM else timestamp
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < _LAST_SECOND else datetime.now(UTC)


@dataclass(frozen=True)
class Quote:
    text: str  # what was typed
    quoted_id: str | None
    quoted_name: str | None
    quoted_text: str | None


def split_quote(text: str) -> Quote:
    """Take a quoted message out of the text, in the two forms in which puppets put it there."""
    if match := _QUOTE.match(text):
        return Quote(match["text"], None, match["name"], match["quoted"])
    root = read(text)
    refer = root.find(".//refermsg") if root is not None else None
    if root is None or refer is None:
        return Quote(text, None, None, None)
    return Quote(
        text=root.findtext(".//appmsg/title") or "",
        quoted_id=_as_id(refer.findtext("svrid")),
        quoted_name=refer.findtext("displayname"),
        quoted_text=refer.findtext("content") or "",
    )


def recalled_id(text: str) -> str | None:
    """Of a RECALL's text: the id itself, or WeChat's XML around it, whole or not."""
    root = read(text, partly=True)
    told = _as_id((root.findtext(".//newmsgid") or root.findtext(".//msgid")) if root is not None else text)
    if told is None and (found := _RECALLED.search(text)):
        return found[1]
    return told


def _as_id(text: str | None) -> str | None:
    text = (text or "").strip()
    return text if _ID.match(text) else None


def inbound_message(
    payload: MessagePayloadResponse,
    talker: ContactCard,
    self_id: str | None,
    told: Mapping[str, object] | None = None,
) -> InboundMessage:
    """``told`` is what the gateway answered of a link, a mini-program or a card when it was asked apart."""
    kind = kind_of(payload.type)
    quote = split_quote(payload.text)
    name = payload.filename
    brought: dict[str, object] = {}
    text = quote.text
    if quote.quoted_text is not None:
        kind = MessageKind.TEXT  # whatever number the puppet gave it
    elif kind is MessageKind.RECALL:
        text = ""
    elif kind is not MessageKind.TEXT:
        root = read(payload.text, partly=True)
        kind = wechaty_content.true_kind(kind, root)
        brought = wechaty_content.details(kind, root, told or {})
        text = wechaty_content.shown_text(kind, text, root, brought)
        if kind is MessageKind.FILE:
            name = name or wechaty_content.file_name(root)
    return InboundMessage(
        source_id=payload.id,
        kind=kind,
        talker=talker,
        room_id=payload.room_id or None,
        listener_id=payload.to_id or None,
        text=text[:_TEXT_LIMIT],
        sent_at=moment(payload.timestamp),
        from_self=bool(self_id) and payload.from_id == self_id,
        mention_ids=tuple(filter(None, payload.mention_ids)),
        quoted_id=quote.quoted_id,
        quoted_name=quote.quoted_name,
        quoted_text=quote.quoted_text,
        file_name=name or None,
        recalled_id=recalled_id(payload.text) if kind is MessageKind.RECALL else None,
        details=brought,
        raw={
            "id": payload.id,
            "type": int(payload.type),
            "text": payload.text[:_RAW_LIMIT],
            "filename": payload.filename,
            "timestamp": payload.timestamp,
            "talkerId": payload.from_id,
            "listenerId": payload.to_id,
            "roomId": payload.room_id,
            "mentionIds": list(payload.mention_ids),
        },
    )
