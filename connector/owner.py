"""What the bot's own account says: an echo of what the bot sent, or its owner's hand on the phone.

The account may be somebody's own. When its owner types, the bot steps back in that conversation for a while; a few
exact words are the owner's remote control.
"""

import re
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import contacts, conversations, outbox
from botbay.chat.models import Bot, Contact, Conversation, Room, RoomBot
from botbay.db import now
from botbay.settings import Settings
from connector.drivers.base import InboundMessage, MessageKind

_SILENCE_HERE = frozenset({"停止应答", "安静", "闭嘴"})
_SILENCE_ALL = frozenset({"全部停止应答", "全部安静", "全部闭嘴"})
_WAKE_HERE = frozenset({"变身机器人", "恢复应答"})
_WAKE_ALL = frozenset({"全部恢复应答", "全部变身机器人"})

#: An echo comes within seconds; a send that is older than this has nothing to do with it.
_ECHO_WINDOW = timedelta(minutes=30)


async def is_echo(
    session: AsyncSession,
    bot_id: int,
    message: InboundMessage,
    room: Room | None,
    peer: Contact,
    source_id: str,
) -> bool:
    """Whether the bot sent this itself; then the outbox learns that it has arrived."""
    where = select(Conversation.id).where(Conversation.bot_id == bot_id)
    if room is not None:
        where = where.where(Conversation.room_id == room.id)
    else:
        where = where.where(Conversation.room_id.is_(None), Conversation.contact_id == peer.id)
    conversation_ids = list(await session.scalars(where))
    if not conversation_ids:
        return False
    text = message.text if message.kind == MessageKind.TEXT else None
    return await outbox.recognise_echo(session, conversation_ids, source_id, text, now() - _ECHO_WINDOW)


def commands(text: str) -> bool:
    """Whether the owner's words are for the bot."""
    return _word(text) in _SILENCE_HERE | _SILENCE_ALL | _WAKE_HERE | _WAKE_ALL


def _word(text: str) -> str:
    return re.sub(r"[\s。！!，,~～]+", "", text)


async def typed(
    session: AsyncSession, settings: Settings, bot: Bot, message: InboundMessage, room: Room | None, peer: Contact
) -> None:
    """The owner typed: do what the words say, else step back here for a while."""
    word = _word(message.text)
    if word in _SILENCE_ALL | _WAKE_ALL:
        bot.silenced_at = now() if word in _SILENCE_ALL else None
        return
    # Since it was typed: heard again, or late, it does not silence the bot anew.
    paused_until = min(message.sent_at, now()) + timedelta(minutes=settings.owner_pause_minutes)
    if room is not None:
        in_room = update(RoomBot).where(RoomBot.room_id == room.id, RoomBot.bot_id == bot.id)
        if word in _SILENCE_HERE:
            room.stopped_at = now()
        elif word in _WAKE_HERE:
            room.stopped_at = None
            await session.execute(in_room.values(paused_until=None, engaged_at=now()))
        else:
            await session.execute(in_room.values(paused_until=paused_until))
        return
    if word in _WAKE_HERE:
        await contacts.engage(session, bot.id, peer.id, now())
        await conversations.wake(session, await conversations.get(session, bot.id, None, peer.id))
    elif word in _SILENCE_HERE:
        await conversations.stop(session, [await conversations.get(session, bot.id, None, peer.id)])
    else:
        await session.execute(
            update(Conversation)
            .where(
                Conversation.bot_id == bot.id,
                Conversation.room_id.is_(None),
                Conversation.contact_id == peer.id,
            )
            .values(paused_until=paused_until)
        )
