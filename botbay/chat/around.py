"""A message with what was said around it, for whoever wants to see where something was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import lines
from botbay.chat.access import Audience, Subject, readable_messages
from botbay.chat.models import Blob, Contact, File, FileKind, FileState, Member, Message

#: Messages before and after the one that is looked at.
AROUND = 8


@dataclass(frozen=True, kw_only=True)
class Said:
    """A message as people read it. ``who`` is the name borne in the room.

    ``file_id`` and ``file_kind`` are of what it brought, as far as that is there to be opened; ``small``: whether there
    is a small picture of it.
    """

    id: int
    who: str
    at: datetime
    text: str
    by_bot: bool
    file_id: int | None
    file_kind: FileKind | None
    small: bool


async def around(
    session: AsyncSession, subject: Subject, room_id: int | None, message_ids: Sequence[int], *, count: int = AROUND
) -> list[Said]:
    """Those messages of the room and as many as ``count`` before the first and after the last, in their order.

    ``room_id`` is None for what was said in private: there it is of the chat of the first of them.

    Empty when none of them is there any more or may be seen. More than ``3 * count`` between them are left out.
    """
    readable = readable_messages(subject, Audience(room_id=room_id)).with_only_columns(Message.id)
    place = tuple_(Message.sent_at, Message.id)
    rows = _rows().where(Message.id.in_(readable), Message.room_id.is_not_distinct_from(room_id))
    named = list((await session.execute(rows.where(Message.id.in_(message_ids)).order_by(place))).all())
    if not named:
        return []
    if room_id is None:
        chat = named[0].Message
        rows = rows.where(Message.bot_id == chat.bot_id, Message.peer_id == chat.peer_id)
        named = [row for row in named if (row.Message.bot_id, row.Message.peer_id) == (chat.bot_id, chat.peer_id)]
    first, last = ((row.Message.sent_at, row.Message.id) for row in (named[0], named[-1]))
    before = await session.execute(
        rows.where(place < tuple_(*first)).order_by(Message.sent_at.desc(), Message.id.desc()).limit(count)
    )
    after = await session.execute(rows.where(place > tuple_(*last)).order_by(place).limit(count))
    between = await session.execute(
        rows.where(place > tuple_(*first), place < tuple_(*last), Message.id.not_in(message_ids))
        .order_by(place)
        .limit(3 * count)
    )
    found = [*before.all()[::-1], *named, *between.all(), *after.all()]
    found.sort(key=lambda row: (row.Message.sent_at, row.Message.id))
    return [_said(*row) for row in found]


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Message, func.coalesce(func.nullif(Member.alias, ""), Contact.name, "").label("who"), File, Blob.thumb_key
        )
        .outerjoin(Contact, Contact.id == Message.talker_id)
        .outerjoin(Member, (Member.room_id == Message.room_id) & (Member.contact_id == Message.talker_id))
        .outerjoin(
            File,
            (File.message_id == Message.id) & (File.state == FileState.STORED) & File.trashed_at.is_(None),
        )
        .outerjoin(Blob, Blob.id == File.blob_id)
    )


def _said(message: Message, who: str, file: File | None, thumb_key: str | None) -> Said:
    plain = message.kind == "text" and message.recalled_at is None and not message.withheld
    return Said(
        id=message.id,
        who=who,
        at=message.sent_at,
        text=message.text if plain else lines.line(message),
        by_bot=message.by_bot,
        file_id=None if file is None else file.id,
        file_kind=None if file is None else file.kind,
        small=thumb_key is not None,
    )
