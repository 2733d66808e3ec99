"""What holds everywhere in the simulated WeChat: where things are said, and what WeChat refuses."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.simulator_models import SimBot, SimContact, SimMember, SimMessage, SimRoom
from botbay.db import now

LONGEST_NAME = 32  # characters, as in WeChat
LONGEST_TEXT = 16_384  # characters


class SimulatorError(Exception):
    """WeChat would not do that. The text is for people."""


@dataclass(frozen=True)
class Chat:
    """Where something is said: a room, or between a bot's account and a contact. See the functions below."""

    room_id: str | None
    bot_id: str | None
    contact_id: str | None

    @property
    def key(self) -> str:
        return f"room/{self.room_id}" if self.room_id else f"private/{self.bot_id}/{self.contact_id}"


def room_chat(room_id: str) -> Chat:
    """What is said in a room."""
    return Chat(room_id, None, None)


def private_chat(bot_id: str, contact_id: str) -> Chat:
    """What a bot's account and a contact say to each other."""
    return Chat(None, bot_id, contact_id)


@dataclass(frozen=True, kw_only=True)
class SimFile:
    """A file that WeChat's server keeps for a message. ``size`` in bytes."""

    key: str
    name: str
    size: int


def new_message(chat: Chat, talker_id: str | None, kind: str, **content: object) -> SimMessage:
    """A message of now, not yet in the session; ``talker_id`` None makes it WeChat's own line."""
    return SimMessage(
        room_id=chat.room_id,
        bot_id=chat.bot_id,
        contact_id=chat.contact_id,
        talker_id=talker_id,
        kind=kind,
        at=now(),
        **content,
    )


async def notice(session: AsyncSession, chat: Chat, text: str) -> None:
    """WeChat's own line in a chat; no driver hears of it."""
    session.add(new_message(chat, None, "notice", text=text))
    await session.flush()


async def bots_in(session: AsyncSession, room_id: str) -> list[str]:
    """The ids of the bots among a room's members."""
    in_room = select(SimMember.contact_id).where(SimMember.room_id == room_id)
    return list(await session.scalars(select(SimBot.id).where(SimBot.id.in_(in_room))))


async def the_contact(session: AsyncSession, contact_id: str) -> SimContact:
    contact = await session.get(SimContact, contact_id)
    if contact is None:
        raise SimulatorError("没有这个人。")
    return contact


async def the_room(session: AsyncSession, room_id: str) -> SimRoom:
    room = await session.get(SimRoom, room_id)
    if room is None:
        raise SimulatorError("没有这个群。")
    return room


async def require_member(session: AsyncSession, room_id: str, contact_id: str) -> SimMember:
    member = await session.get(SimMember, (room_id, contact_id))
    if member is None:
        raise SimulatorError("已经不在这个群里了。")
    return member


def good_name(name: str) -> str:
    """The name without blanks around it. Raises SimulatorError when it is empty or too long."""
    name = name.replace("\x00", "").strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise SimulatorError(f"名字要有 1 到 {LONGEST_NAME} 个字。")
    return name


def good_text(text: str) -> str:
    """The text as it can be sent. Raises SimulatorError when it is blank or too long."""
    text = text.replace("\x00", "")
    if not text.strip():
        raise SimulatorError("不能发送空白消息。")
    if len(text) > LONGEST_TEXT:
        raise SimulatorError(f"太长了，一条消息最多 {LONGEST_TEXT} 个字。")
    return text
