"""A picture that was asked about while it was still being read: what it says is told as soon as that is known."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from actions import picture_words
from actions.base import Context
from actions.picture_words import Place
from botbay import due
from botbay.chat import contacts, outbox, readings
from botbay.chat.access import Audience, Subject
from botbay.chat.models import Bot, Contact, Conversation, Reading, Room, RoomBot
from botbay.db import now
from botbay.due import Due
from botbay.settings import load_settings
from workers.archive import finding

HANDLER = "pictures.tell"
#: Between two looks; and how long it is waited for, with a word at the end.
_LOOK, _PATIENCE = timedelta(seconds=1), timedelta(minutes=10)
_LATE = "那张图到现在还没读出来，过一阵再问我吧。"


async def promise(context: Context, file_id: int, *, plain: bool) -> None:
    """Have it told in this conversation, once for this turn."""
    payload = {"conversation_id": context.conversation.id, "file_id": file_id, "plain": plain}
    await due.put(context.session, HANDLER, f"turn:{context.turn.id}", now() + _LOOK, payload)


async def tell(session: AsyncSession, row: Due) -> due.Outcome:
    """The due handler: tells it, or looks again in a while. Whoever may not see it any more hears nothing."""
    conversation = await session.get(Conversation, int(row.payload["conversation_id"]))
    if conversation is None:
        return None
    contact = await session.get_one(Contact, conversation.contact_id)
    room = await session.get(Room, conversation.room_id) if conversation.room_id is not None else None
    subject, audience = Subject.of_contact(contact), Audience(room_id=conversation.room_id)
    file = await finding.get(session, subject, audience, int(row.payload["file_id"]))
    if file is None:
        return None
    problem = picture_words.problem_of(file)
    reading: Reading | None = await readings.of_file(session, subject, audience, file.id)
    late = now() > row.at + _PATIENCE
    if not late and (not (problem or reading) or await _silent(session, conversation, room)):
        return due.Later(now() + _LOOK)
    if await _silent(session, conversation, room):
        return None
    zone = load_settings().zone
    place = Place(
        contact_id=contact.id,
        topic=room.topic if room is not None else None,
        zone=zone,
        moment=now().astimezone(zone).replace(tzinfo=None),
    )
    if problem:
        said = [problem]
    elif reading is not None:
        said = picture_words.told(place, file, reading, plain=bool(row.payload["plain"]))
    else:
        said = [_LATE]
    call = f"@{await contacts.shown_name(session, contact.id, room.id)}\u2005" if room is not None else ""
    words = [
        outbox.Words(
            conversation_id=conversation.id,
            key=f"{HANDLER}:{row.key}:{number}",
            text=call + text,
            mention=room is not None,
        )
        for number, text in enumerate(said)
    ]
    await outbox.put_texts(session, words)
    return None


async def _silent(session: AsyncSession, conversation: Conversation, room: Room | None) -> bool:
    """Whether the bot says nothing there now."""
    bot = await session.get_one(Bot, conversation.bot_id)
    pauses = [conversation.paused_until]
    if room is not None:
        room_bot = await session.get(RoomBot, (room.id, bot.id))
        if room_bot is None or room_bot.left_at is not None or room.stopped_at is not None:
            return True
        pauses.append(room_bot.paused_until)
    stopped = bot.silenced_at is not None or conversation.stopped_at is not None
    return stopped or any(until is not None and until > now() for until in pauses)
