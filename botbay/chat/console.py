"""The conversation that a maintainer at the terminal has: ``botbay rasa shell`` speaks in it, past dispatcher and outbox.

Actions work for turns only, so it has a standing one, which no dispatcher ever takes.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import accounts, bots, contacts, conversations
from botbay.chat.models import Contact, Conversation, Turn
from botbay.db import now

_KEY = "console:"
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
#: While it is claimed nobody gives it a new tracker; the next console takes it over in any case.
_CLAIM = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Console:
    """What the dialogue server must be told with each message from the terminal."""

    sender_id: str
    turn_id: int
    bound: bool
    named: bool


async def open_console(session: AsyncSession, bot_name: str) -> Console:
    """The private conversation of the contact 控制台 with a bot, begun anew, and its standing turn."""
    bot = await bots.ensure(session, bot_name)
    contact_id = (await contacts.upsert(session, {"botbay-console": "控制台"}))["botbay-console"]
    conversation_id = await conversations.get(session, bot.id, None, contact_id)
    this = update(Conversation).where(Conversation.id == conversation_id)
    await session.execute(this.values(claim_token=None, claim_until=None, forget=True))
    await conversations.begin_anew(session, conversation_id)
    await session.execute(this.values(claim_token=uuid4(), claim_until=now() + _CLAIM))
    key = f"{_KEY}{conversation_id}"
    turn_id = await session.scalar(select(Turn.id).where(Turn.key == key))
    if turn_id is None:
        turn = Turn(conversation_id=conversation_id, key=key, not_before=_NEVER)
        session.add(turn)
        await session.flush()
        turn_id = turn.id
    contact = await session.get_one(Contact, contact_id)
    conversation = await session.get_one(Conversation, conversation_id, populate_existing=True)
    return Console(
        sender_id=conversation.sender_id,
        turn_id=turn_id,
        bound=await accounts.bound(session, contact),
        named=contact.nickname is not None,
    )


def is_standing(turn: Turn) -> bool:
    """Whether it is a console's turn, in which an action may run any number of times."""
    return turn.key.startswith(_KEY)
