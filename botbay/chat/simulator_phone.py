"""What the phones of the simulated WeChat show: people, chats, messages and members."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from botbay.chat import lines
from botbay.chat.simulator import Chat, private_chat, room_chat
from botbay.chat.simulator_models import (
    ACCOUNT_EVENTS,
    SimBot,
    SimContact,
    SimEvent,
    SimFriendship,
    SimMember,
    SimMessage,
    SimRoom,
)


@dataclass(frozen=True, kw_only=True)
class Card:
    """A contact as a bot's account sees them; ``alias`` is its own name for them (备注)."""

    id: str
    name: str
    alias: str
    is_friend: bool


@dataclass(frozen=True, kw_only=True)
class Seat:
    """A member of a room; ``alias`` is the name they bear in it, ``shown`` the one that others read."""

    id: str
    name: str
    alias: str
    is_owner: bool
    is_bot: bool

    @property
    def shown(self) -> str:
        return self.alias or self.name


@dataclass(frozen=True, kw_only=True)
class Line:
    """A message as a phone shows it. WeChat's own lines have no ``talker_id``; ``file_size`` in bytes."""

    id: int
    talker_id: str | None
    talker: str
    kind: str
    text: str
    quoted: str | None  # "name: text" of the quoted message
    file_name: str | None
    file_size: int | None
    at: datetime
    recalled: bool


@dataclass(frozen=True, kw_only=True)
class ChatHead:
    """A row of the list of chats. ``can_talk`` is False in private before the two are friends."""

    chat: Chat
    title: str
    is_room: bool
    can_talk: bool
    asked: bool  # a friend request waits for its answer
    last_id: int
    last_text: str
    last_at: datetime | None


def digest(kind: str, text: str, file_name: str | None, *, recalled: bool) -> str:
    """A message in one line, as the list of chats and quotes show it."""
    return lines.RECALLED if recalled else lines.words(kind, text, file_name=file_name)


async def people(session: AsyncSession) -> list[SimContact]:
    """Everybody but the bots' accounts, oldest first."""
    bots = select(SimBot.id)
    found = select(SimContact).where(SimContact.id.not_in(bots)).order_by(SimContact.created_at, SimContact.id)
    return list(await session.scalars(found))


async def card(session: AsyncSession, bot_id: str, contact_id: str) -> Card | None:
    found = select(SimContact.id, SimContact.name, SimFriendship.alias, SimFriendship.accepted_at).outerjoin(
        SimFriendship, and_(SimFriendship.contact_id == SimContact.id, SimFriendship.bot_id == bot_id)
    )
    row = (await session.execute(found.where(SimContact.id == contact_id))).one_or_none()
    if row is None:
        return None
    return Card(id=row.id, name=row.name, alias=row.alias or "", is_friend=row.accepted_at is not None)


async def seats(session: AsyncSession, room_id: str) -> list[Seat]:
    """The room's members, its owner first, then as they joined."""
    is_owner = SimRoom.owner_id == SimMember.contact_id
    found = (
        select(SimMember.contact_id, SimContact.name, SimMember.alias, is_owner, SimBot.id)
        .join(SimContact, SimContact.id == SimMember.contact_id)
        .join(SimRoom, SimRoom.id == SimMember.room_id)
        .outerjoin(SimBot, SimBot.id == SimMember.contact_id)
        .where(SimMember.room_id == room_id)
        .order_by(is_owner.desc(), SimMember.joined_at, SimMember.contact_id)
    )
    return [
        Seat(id=contact_id, name=name, alias=alias, is_owner=owner, is_bot=bot is not None)
        for contact_id, name, alias, owner, bot in await session.execute(found)
    ]


async def chats(session: AsyncSession, viewer_id: str) -> list[ChatHead]:
    """The chats on a phone, the latest first: groups, and the bots (on a bot's phone: its friends)."""
    heads = await _rooms(session, viewer_id) + await _private(session, viewer_id)
    return sorted(heads, key=lambda head: head.last_id, reverse=True)


async def _rooms(session: AsyncSession, viewer_id: str) -> list[ChatHead]:
    last = aliased(SimMessage)
    newest = (
        select(last)
        .where(last.room_id == SimMember.room_id, last.at >= SimMember.joined_at)
        .order_by(last.id.desc())
        .limit(1)
        .lateral()
    )
    message, seat = aliased(SimMessage, newest), aliased(SimMember)
    found = (
        select(SimRoom, message, func.coalesce(func.nullif(seat.alias, ""), SimContact.name))
        .join(SimMember, SimMember.room_id == SimRoom.id)
        .outerjoin(newest, onclause=SimRoom.id.is_not(None))
        .outerjoin(SimContact, SimContact.id == message.talker_id)
        .outerjoin(seat, and_(seat.room_id == SimRoom.id, seat.contact_id == message.talker_id))
        .where(SimMember.contact_id == viewer_id)
    )
    heads = []
    for room, last_message, talker in await session.execute(found):
        mine = last_message is not None and last_message.talker_id == viewer_id
        heads.append(_head(room_chat(room.id), room.topic, last_message, talker="" if mine else talker))
    return heads


async def _private(session: AsyncSession, viewer_id: str) -> list[ChatHead]:
    last = aliased(SimMessage)
    newest = (
        select(last)
        .where(last.bot_id == SimBot.id, last.contact_id == SimContact.id)
        .order_by(last.id.desc())
        .limit(1)
        .lateral()
    )
    message = aliased(SimMessage, newest)
    bot = aliased(SimContact)
    found = (
        select(SimBot.id, bot.name, SimContact, SimFriendship, message)
        .join(bot, bot.id == SimBot.id)
        .join(SimContact, SimContact.id.not_in(select(SimBot.id)))
        .outerjoin(SimFriendship, and_(SimFriendship.bot_id == SimBot.id, SimFriendship.contact_id == SimContact.id))
        .outerjoin(newest, onclause=SimContact.id.is_not(None))
        .where(
            or_(
                SimContact.id == viewer_id,
                and_(SimBot.id == viewer_id, SimFriendship.accepted_at.is_not(None)),
            )
        )
    )
    heads = []
    for bot_id, bot_name, contact, friendship, message_row in await session.execute(found):
        title = bot_name if contact.id == viewer_id else friendship.alias or contact.name
        friends = friendship is not None and friendship.accepted_at is not None
        asked = friendship is not None and not friends
        heads.append(_head(private_chat(bot_id, contact.id), title, message_row, can_talk=friends, asked=asked))
    return heads


def _head(
    chat: Chat,
    title: str,
    last: SimMessage | None,
    *,
    talker: str | None = "",
    can_talk: bool = True,
    asked: bool = False,
) -> ChatHead:
    text = ""
    if last is not None:
        text = digest(last.kind, last.text, last.file_name, recalled=last.recalled_at is not None)
        if talker and last.talker_id is not None:
            text = f"{talker}：{text}"
    return ChatHead(
        chat=chat,
        title=title,
        is_room=chat.room_id is not None,
        can_talk=can_talk,
        asked=asked,
        last_id=0 if last is None else last.id,
        last_text=text,
        last_at=None if last is None else last.at,
    )


async def history(session: AsyncSession, chat: Chat, viewer_id: str, limit: int = 50) -> list[Line]:
    """The latest messages of a chat, oldest first: in a room, since the viewer joined; none to strangers."""
    quoted, talker, seat = aliased(SimMessage), aliased(SimContact), aliased(SimMember)
    quoted_talker = aliased(SimContact)
    found = (
        select(SimMessage, talker.name, seat.alias, quoted, quoted_talker.name)
        .outerjoin(talker, talker.id == SimMessage.talker_id)
        .outerjoin(seat, and_(seat.room_id == SimMessage.room_id, seat.contact_id == SimMessage.talker_id))
        .outerjoin(quoted, quoted.id == SimMessage.quoted_id)
        .outerjoin(quoted_talker, quoted_talker.id == quoted.talker_id)
    )
    if chat.room_id is not None:
        own = aliased(SimMember)
        found = found.join(own, and_(own.room_id == SimMessage.room_id, own.contact_id == viewer_id)).where(
            SimMessage.room_id == chat.room_id, SimMessage.at >= own.joined_at
        )
    elif viewer_id in (chat.bot_id, chat.contact_id):
        found = found.where(SimMessage.bot_id == chat.bot_id, SimMessage.contact_id == chat.contact_id)
    else:
        return []
    rows = (await session.execute(found.order_by(SimMessage.id.desc()).limit(limit))).all()
    return [_line(*row) for row in reversed(rows)]


def _line(
    message: SimMessage,
    name: str | None,
    alias: str | None,
    quoted: SimMessage | None,
    quoted_name: str | None,
) -> Line:
    quote = None
    if quoted is not None:
        about = digest(quoted.kind, quoted.text, quoted.file_name, recalled=quoted.recalled_at is not None)
        quote = f"{quoted_name or ''}：{about}"
    return Line(
        id=message.id,
        talker_id=message.talker_id,
        talker=alias or name or "",
        kind=message.kind,
        text=message.text,
        quoted=quote,
        file_name=message.file_name,
        file_size=message.file_size,
        at=message.at,
        recalled=message.recalled_at is not None,
    )


async def unheard_since(session: AsyncSession, bot_id: str) -> datetime | None:
    """Since when the oldest event waits for the bot's driver to take it; None when it has heard all."""
    return await session.scalar(
        select(func.min(SimEvent.at)).where(
            SimEvent.bot_id == bot_id, SimEvent.taken_at.is_(None), SimEvent.kind.not_in(ACCOUNT_EVENTS)
        )
    )
