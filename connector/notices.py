"""What happens in a room that is being recorded, kept as messages that nobody said: who came, who left, its new name.

A notice's ``details`` are {"event": "joined" | "left" | "renamed", "names": [who], "by": who did it or "", "contacts":
[ids of all who are named]}, of a new name also "topic", and "unnamed": how many are not named because they did not
agree to be kept. ``text`` is its line. What was decided before the recording began is nobody's business.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import consent, lines, messages
from botbay.chat.models import Contact, Member, Room
from botbay.settings import Settings
from connector.drivers.base import MessageKind, RoomJoin, RoomLeave, RoomTopic

RoomEvent = RoomJoin | RoomLeave | RoomTopic


async def store(
    session: AsyncSession, settings: Settings, bot_id: int, room: Room, event: RoomEvent, received_at: datetime
) -> None:
    """Keep an event of a room; hearing it again changes nothing. Of a room that is not recorded nothing is kept."""
    if room.recording_at is None or event.at < room.recording_at:
        return
    what: dict[str, object]
    match event:
        case RoomJoin():
            what, who, by = {"event": "joined"}, event.invitee_ids, event.inviter_id
        case RoomLeave():
            what, who, by = {"event": "left"}, event.leaver_ids, event.remover_id
        case RoomTopic():
            what, who, by = {"event": "renamed", "topic": event.topic}, (), event.changer_id
    if by in who:
        by = None
    named = await _named(session, settings, room, {*who, *([by] if by else ())})
    details = {
        **what,
        "names": [named[each][1] for each in who if each in named],
        "unnamed": sum(each not in named for each in who),
        "by": named[by][1] if by in named else "",
        "contacts": sorted(contact_id for contact_id, _ in named.values()),
    }
    row: dict[str, Any] = {
        "bot_id": bot_id,
        "room_id": room.id,
        "peer_id": None,
        "talker_id": None,
        "source_id": _source_id(room.wechat_id, event, who),
        "kind": MessageKind.NOTICE,
        "text": lines.event(details),
        "mention_ids": [],
        "quoted_source_id": None,
        "file_name": None,
        "details": details,
        "raw": {},
        "sent_at": event.at,
        "received_at": received_at,
        "from_self": False,
        "by_bot": False,
        "withheld": False,
    }
    await messages.store(session, [row])


async def _named(
    session: AsyncSession, settings: Settings, room: Room, wechat_ids: set[str]
) -> dict[str, tuple[int, str]]:
    """Those who may be named, by WeChat id: the contact, and the name that the room knows."""
    found = await session.execute(
        select(Contact, Member)
        .outerjoin(Member, (Member.contact_id == Contact.id) & (Member.room_id == room.id))
        .where(Contact.wechat_id.in_(wechat_ids))
    )
    return {
        contact.wechat_id: (contact.id, name)
        for contact, member in found
        if consent.keeps(settings, room, contact, member)
        and (name := (member.alias if member is not None else "") or contact.name)
    }


def _source_id(room_id: str, event: RoomEvent, who: Sequence[str]) -> str:
    """The same at each hearing: WeChat numbers no events."""
    topic = event.topic if isinstance(event, RoomTopic) else ""
    facts = (type(event).__name__, room_id, sorted(who), topic, event.at.isoformat())
    return f"n:{hashlib.sha256(repr(facts).encode()).hexdigest()[:40]}"
