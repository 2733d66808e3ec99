"""Who has said yes to being kept, and the erasing when a yes is taken back.

Nothing of a room is kept before whoever answers for it says 开始记录; nothing of a private chat but the dialogue
before the person agrees. A member who refuses counts only as a number; erasing leaves that number.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import conversations, messages
from botbay.chat.models import Consent, Contact, Conversation, Member, Message, Room
from botbay.db import now
from botbay.settings import Settings


def keeps(settings: Settings, room: Room | None, contact: Contact, member: Member | None) -> bool:
    """Whether what this contact says here may be kept with its content."""
    if room is None:
        return contact.refused_at is None and contact.keep_private_at is not None
    return room.recording_at is not None and not only_counted(settings, contact, member)


def only_counted(settings: Settings, contact: Contact, member: Member | None) -> bool:
    """Whether this person counts only as a number in a room that is kept: said no, or not the yes that is asked for."""
    if contact.refused_at is not None and not _agreed_since(member, contact.refused_at):
        return True
    choice = member.consent if member is not None else None
    return choice == Consent.REFUSED or (settings.consent != "room" and choice != Consent.AGREED)


def _agreed_since(member: Member | None, refused_at: datetime) -> bool:
    """Whether a no for everywhere was followed by a yes for this room."""
    return (
        member is not None
        and member.consent == Consent.AGREED
        and member.consent_at is not None
        and member.consent_at > refused_at
    )


async def start_recording(session: AsyncSession, room_id: int, contact_id: int) -> bool:
    """Keep the room from now on; False when it is being kept already."""
    changed = await session.execute(
        update(Room)
        .where(Room.id == room_id, Room.recording_at.is_(None))
        .values(recording_at=now(), recording_by=contact_id)
        .returning(Room.id)
    )
    return changed.first() is not None


async def stop_recording(session: AsyncSession, room_id: int) -> bool:
    """Keep nothing more of the room; what was kept stays. False when nothing was being kept."""
    changed = await session.execute(
        update(Room)
        .where(Room.id == room_id, Room.recording_at.is_not(None))
        .values(recording_at=None, recording_by=None)
        .returning(Room.id)
    )
    return changed.first() is not None


async def kept_of_room(session: AsyncSession, room_id: int) -> int:
    """How many messages of the room are kept with their content."""
    return await _count(session, Message.room_id == room_id)


async def kept_private(session: AsyncSession, contact_id: int) -> int:
    """How many messages of the private chat are kept with their content."""
    return await _count(session, Message.peer_id == contact_id)


async def stop_private(session: AsyncSession, contact_id: int) -> None:
    """Keep nothing more of the private chat; what was kept stays."""
    await session.execute(update(Contact).where(Contact.id == contact_id).values(keep_private_at=None))


async def erase_room(session: AsyncSession, room_id: int) -> int:
    """Take the room's yes back wholly: nothing more is kept, and what was kept is erased. Messages erased."""
    await stop_recording(session, room_id)
    await conversations.forget_dialogues(session, Conversation.room_id == room_id)
    return await messages.erase(session, Message.room_id == room_id)


async def refuse(session: AsyncSession, contact_id: int, room_id: int | None) -> int:
    """不要记录我: in a room for that room, in private everywhere; what was kept is erased. Messages erased."""
    if room_id is not None:
        await _choose(session, contact_id, room_id, Consent.REFUSED)
        here = (Conversation.contact_id == contact_id) & (Conversation.room_id == room_id)
        await conversations.forget_dialogues(session, here)
        named = await messages.erase(session, (Message.room_id == room_id) & _names(contact_id))
        return named + await messages.erase(session, (Message.talker_id == contact_id) & (Message.room_id == room_id))
    await session.execute(
        update(Contact).where(Contact.id == contact_id).values(refused_at=now(), keep_private_at=None)
    )
    in_rooms = Message.room_id.in_(select(Member.room_id).where(Member.contact_id == contact_id))
    erased = await messages.erase(session, in_rooms & _names(contact_id))
    erased += await messages.erase(session, (Message.talker_id == contact_id) | (Message.peer_id == contact_id))
    await conversations.forget_dialogues(session, Conversation.contact_id == contact_id)
    return erased


async def agree(session: AsyncSession, contact_id: int, room_id: int | None) -> None:
    """可以记录我: in a room for that room only; in private for the private chat, and a no for everywhere is over."""
    if room_id is not None:
        await _choose(session, contact_id, room_id, Consent.AGREED)
        return
    await session.execute(
        update(Contact).where(Contact.id == contact_id).values(refused_at=None, keep_private_at=now())
    )


async def forget_private(session: AsyncSession, contact_id: int) -> int:
    """Take the yes to keeping the private chat back; what was kept of it is erased. Messages erased."""
    await stop_private(session, contact_id)
    private = (Conversation.contact_id == contact_id) & Conversation.room_id.is_(None)
    await conversations.forget_dialogues(session, private)
    return await messages.erase(session, Message.peer_id == contact_id)


async def member_of(session: AsyncSession, room_id: int, contact_id: int) -> Member | None:
    return await session.scalar(select(Member).where(Member.room_id == room_id, Member.contact_id == contact_id))


async def _choose(session: AsyncSession, contact_id: int, room_id: int, choice: Consent) -> None:
    at = now()
    statement = insert(Member).values(
        room_id=room_id, contact_id=contact_id, alias="", joined_at=at, consent=choice, consent_at=at
    )
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[Member.room_id, Member.contact_id], set_={"consent": choice, "consent_at": at}
        )
    )


def _names(contact_id: int) -> ColumnElement[bool]:
    """The notices of rooms that name the contact: who came, who left."""
    return (Message.kind == "notice") & Message.details["contacts"].contains([contact_id])


async def _count(session: AsyncSession, which: ColumnElement[bool]) -> int:
    kept = select(func.count()).select_from(Message).where(which, Message.withheld.is_(False))
    return await session.scalar(kept) or 0
