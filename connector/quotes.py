"""Which stored message a quote means, where the puppet tells only whose it was and how it read.

The quoted words themselves are never kept with the quote: they may be by somebody who said no.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Contact, Friend, Member, Message
from connector.drivers.base import InboundMessage, MessageKind

#: How WeChat shows what has no words.
_SHOWN = {
    "[图片]": MessageKind.IMAGE,
    "[语音]": MessageKind.VOICE,
    "[视频]": MessageKind.VIDEO,
}
#: People quote what was said lately: so many messages back it is looked for.
_BACK = 5_000


async def resolve(
    session: AsyncSession, message: InboundMessage, row: Mapping[str, Any], unwritten: Sequence[Mapping[str, Any]]
) -> str | None:
    """The source id of what is quoted, the newest that fits; None when it is not kept here.

    ``row`` is the message as it is about to be stored, ``unwritten`` are those of its batch that will be before it.
    An id that the puppet tells stands, unless the words lead to a message and the id to none.
    """
    here = (
        Message.bot_id == row["bot_id"],
        Message.room_id == row["room_id"] if row["room_id"] is not None else Message.peer_id == row["peer_id"],
    )
    told = message.quoted_id
    if told is not None:
        known = select(Message.id).where(*here, Message.source_id == told)
        if any(other["source_id"] == told for other in unwritten) or await session.scalar(known) is not None:
            return told
    if not message.quoted_text or not message.quoted_name:
        return told
    called = select(Contact.id).where(
        or_(
            Contact.name == message.quoted_name,
            Contact.id.in_(
                select(Member.contact_id).where(Member.room_id == row["room_id"], Member.alias == message.quoted_name)
            ),
            Contact.id.in_(
                select(Friend.contact_id).where(Friend.bot_id == row["bot_id"], Friend.alias == message.quoted_name)
            ),
        )
    )
    talkers = set(await session.scalars(called))
    if not talkers:
        return told
    kind = _SHOWN.get(message.quoted_text.strip())
    for other in reversed(unwritten):
        same_chat = (other["room_id"], other["peer_id"]) == (row["room_id"], row["peer_id"])
        same = other["text"] == message.quoted_text or (kind is not None and other["kind"] == kind)
        if same_chat and other["talker_id"] in talkers and same:
            return str(other["source_id"])
    lately = (
        select(Message.source_id, Message.talker_id, Message.kind, Message.text, Message.sent_at)
        .where(*here, Message.sent_at <= row["sent_at"], Message.withheld.is_(False), Message.recalled_at.is_(None))
        .order_by(Message.sent_at.desc())
        .limit(_BACK)
        .subquery()
    )
    found = await session.scalar(
        select(lately.c.source_id)
        .where(
            lately.c.talker_id.in_(talkers),
            or_(lately.c.text == message.quoted_text, lately.c.kind == kind if kind is not None else false()),
        )
        .order_by(lately.c.sent_at.desc())
        .limit(1)
    )
    return found or told
