"""The simulated WeChat: what people do on their phones, and what the bots' drivers hear of it.

Every function writes the phones' chats and the drivers' queue in the caller's transaction, and wakes both.
What WeChat would refuse raises SimulatorError with a line for people.
"""

import uuid
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from botbay import storage
from botbay.chat.simulator_line import OUT, open_account, tell
from botbay.chat.simulator_models import (
    SimBot,
    SimContact,
    SimEventKind,
    SimFriendship,
    SimInvitation,
    SimMember,
    SimMessage,
    SimRoom,
)
from botbay.db import notify, now, transaction
from botbay.settings import SIMULATOR

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
    return Chat(room_id, None, None)


def private_chat(bot_id: str, contact_id: str) -> Chat:
    return Chat(None, bot_id, contact_id)


@dataclass(frozen=True, kw_only=True)
class SimFile:
    """A file that WeChat's server keeps for a message. ``size`` in bytes."""

    key: str
    name: str
    size: int


# --- people and friends ------------------------------------------------------------------------------------


async def create_contact(session: AsyncSession, name: str, *, id: str | None = None) -> SimContact:
    contact = SimContact(id=id or f"sim-{uuid.uuid4().hex[:12]}", name=_name(name))
    session.add(contact)
    await session.flush()
    await notify(session, OUT)
    return contact


async def rename(session: AsyncSession, contact_id: str, name: str) -> None:
    """Give a contact, or a bot's account, another name. As in WeChat, no driver is told."""
    (await _contact(session, contact_id)).name = _name(name)
    await notify(session, OUT)


async def ask_to_be_friends(session: AsyncSession, bot_id: str, contact_id: str, hello: str) -> str:
    """Send a friend request with a greeting; its id. The contact is a friend once the driver accepts it."""
    await _contact(session, contact_id)
    request_id, hello = f"sim-request-{uuid.uuid4().hex}", hello.replace("\x00", "")
    asked = insert(SimFriendship).values(
        bot_id=bot_id, contact_id=contact_id, request_id=request_id, hello=hello
    )
    again = asked.on_conflict_do_update(
        index_elements=[SimFriendship.bot_id, SimFriendship.contact_id],
        set_={"request_id": request_id, "hello": hello},
        where=SimFriendship.accepted_at.is_(None),
    )
    if await session.scalar(again.returning(SimFriendship.request_id)) is None:
        raise SimulatorError("你们已经是好友了。")
    payload = {"kind": "received", "request_id": request_id, "contact_id": contact_id, "hello": hello}
    await tell(session, [bot_id], SimEventKind.FRIENDSHIP, payload)
    return request_id


async def accept_friend(session: AsyncSession, bot_id: str, request_id: str) -> None:
    """The bot's account says yes to a friend request; doing it twice is fine."""
    found = await session.scalar(
        select(SimFriendship)
        .where(SimFriendship.request_id == request_id, SimFriendship.bot_id == bot_id)
        .with_for_update()
    )
    if found is None:
        raise SimulatorError("没有这个好友申请，或者它已经过期。")
    if found.accepted_at is None:
        found.accepted_at = now()
        payload = {"kind": "confirmed", "request_id": request_id, "contact_id": found.contact_id, "hello": ""}
        await _notice(session, private_chat(bot_id, found.contact_id), "已经是好友了，现在可以开始聊天。")
        await tell(session, [bot_id], SimEventKind.FRIENDSHIP, payload)


async def befriend(session: AsyncSession, bot_id: str, contact_id: str) -> None:
    """Make them friends of old, from before BotBay: no driver hears of it."""
    await _contact(session, contact_id)
    old = insert(SimFriendship).values(
        bot_id=bot_id, contact_id=contact_id, request_id=f"sim-request-{uuid.uuid4().hex}", accepted_at=now()
    )
    await session.execute(
        old.on_conflict_do_update(
            index_elements=[SimFriendship.bot_id, SimFriendship.contact_id],
            set_={"accepted_at": func.coalesce(SimFriendship.accepted_at, now())},
        )
    )
    await notify(session, OUT)


async def set_remark(session: AsyncSession, bot_id: str, contact_id: str, alias: str) -> None:
    """What the bot's account calls a friend (备注); empty for their own name."""
    friendship = await session.get(SimFriendship, (bot_id, contact_id))
    if friendship is None or friendship.accepted_at is None:
        raise SimulatorError("只能给好友写备注。")
    friendship.alias = _name(alias) if alias else ""
    await notify(session, OUT)


# --- rooms -------------------------------------------------------------------------------------------------


async def create_room(
    session: AsyncSession,
    owner_id: str,
    topic: str,
    member_ids: Collection[str] = (),
    *,
    id: str | None = None,
) -> SimRoom:
    """A group of its owner and others, bots among them if they are named."""
    await _contact(session, owner_id)
    room = SimRoom(id=id or f"sim-{uuid.uuid4().hex[:12]}@chatroom", topic=_name(topic), owner_id=owner_id)
    session.add(room)
    await session.flush()
    session.add(SimMember(room_id=room.id, contact_id=owner_id))
    await session.flush()
    others = [contact_id for contact_id in dict.fromkeys(member_ids) if contact_id != owner_id]
    if others:
        await invite(session, room.id, owner_id, others)
    await notify(session, OUT)
    return room


async def invite(session: AsyncSession, room_id: str, inviter_id: str, contact_ids: Sequence[str]) -> None:
    """A member pulls others in; the bots in the room, new ones too, hear of it. Who is in already stays."""
    inviter = await _contact(session, inviter_id)
    await _require_member(session, room_id, inviter_id)
    present = set(await session.scalars(select(SimMember.contact_id).where(SimMember.room_id == room_id)))
    names: list[str] = []
    joined: list[str] = []
    for contact_id in dict.fromkeys(contact_ids):
        if contact_id not in present:
            names.append((await _contact(session, contact_id)).name)
            joined.append(contact_id)
            session.add(SimMember(room_id=room_id, contact_id=contact_id))
    if not joined:
        return
    await session.flush()
    await _notice(session, room_chat(room_id), f"{inviter.name}邀请{'、'.join(names)}加入了群聊")
    payload = {"room_id": room_id, "invitee_ids": joined, "inviter_id": inviter_id}
    await tell(session, await _bots_in(session, room_id), SimEventKind.ROOM_JOIN, payload)


async def send_invitation(session: AsyncSession, room_id: str, inviter_id: str, bot_id: str) -> str:
    """Invite a bot in the way of large rooms, where it must accept first; the invitation's id."""
    await _require_member(session, room_id, inviter_id)
    invitation = SimInvitation(
        id=f"sim-invitation-{uuid.uuid4().hex}", bot_id=bot_id, room_id=room_id, inviter_id=inviter_id
    )
    session.add(invitation)
    await session.flush()
    topic = (await _room(session, room_id)).topic
    payload = {"invitation_id": invitation.id, "topic": topic, "inviter_id": inviter_id}
    await tell(session, [bot_id], SimEventKind.ROOM_INVITE, payload)
    return invitation.id


async def accept_invitation(session: AsyncSession, bot_id: str, invitation_id: str) -> None:
    """The bot's account joins the room that it was invited to; doing it twice is fine."""
    invitation = await session.get(SimInvitation, invitation_id, with_for_update=True)
    if invitation is None or invitation.bot_id != bot_id:
        raise SimulatorError("没有这个入群邀请，或者它已经过期。")
    if invitation.accepted_at is None:
        invitation.accepted_at = now()
        await invite(session, invitation.room_id, invitation.inviter_id, [bot_id])


async def leave(session: AsyncSession, room_id: str, contact_id: str) -> None:
    await _remove(session, room_id, contact_id, None)


async def kick(session: AsyncSession, room_id: str, remover_id: str, contact_id: str) -> None:
    """The owner puts a member out."""
    if (await _room(session, room_id)).owner_id != remover_id:
        raise SimulatorError("只有群主能移出成员。")
    await _remove(session, room_id, contact_id, remover_id)


async def _remove(session: AsyncSession, room_id: str, contact_id: str, remover_id: str | None) -> None:
    await _require_member(session, room_id, contact_id)
    room, contact = await _room(session, room_id), await _contact(session, contact_id)
    bots = await _bots_in(session, room_id)  # the leaver too, if it is one
    await session.execute(
        delete(SimMember).where(SimMember.room_id == room_id, SimMember.contact_id == contact_id)
    )
    await _notice(
        session, room_chat(room_id), f"{contact.name}{'退出了群聊' if remover_id is None else '被移出了群聊'}"
    )
    if room.owner_id == contact_id:
        longest = select(SimMember.contact_id).where(SimMember.room_id == room_id)
        room.owner_id = await session.scalar(longest.order_by(SimMember.joined_at).limit(1)) or contact_id
    payload = {"room_id": room_id, "leaver_ids": [contact_id], "remover_id": remover_id}
    await tell(session, bots, SimEventKind.ROOM_LEAVE, payload)


async def set_topic(session: AsyncSession, room_id: str, changer_id: str, topic: str) -> None:
    await _require_member(session, room_id, changer_id)
    room, changer = await _room(session, room_id), await _contact(session, changer_id)
    room.topic = _name(topic)
    await _notice(session, room_chat(room_id), f"{changer.name}修改群名为“{room.topic}”")
    payload = {"room_id": room_id, "topic": room.topic, "changer_id": changer_id}
    await tell(session, await _bots_in(session, room_id), SimEventKind.ROOM_TOPIC, payload)


async def set_room_alias(session: AsyncSession, room_id: str, contact_id: str, alias: str) -> None:
    """The name that a member bears in a room (群昵称), empty for their own. No driver is told."""
    (await _require_member(session, room_id, contact_id)).alias = _name(alias) if alias else ""
    await notify(session, OUT)


# --- messages ----------------------------------------------------------------------------------------------


async def say(
    session: AsyncSession,
    chat: Chat,
    talker_id: str,
    text: str,
    *,
    mention_ids: Sequence[str] = (),
    quoted_id: int | None = None,
) -> SimMessage:
    """Say something in a chat.

    The talker may be a bot's account: the bot, or its owner typing on the phone, and nobody can tell which.
    """
    if quoted_id is not None:
        quoted = await session.get(SimMessage, quoted_id)
        if quoted is None or _chat_of(quoted) != chat or quoted.recalled_at is not None:
            raise SimulatorError("这条消息不能引用了。")
    message = _message(
        chat, talker_id, "text", text=_text(text), mention_ids=list(mention_ids), quoted_id=quoted_id
    )
    return await _send(session, chat, message)


async def say_file(session: AsyncSession, chat: Chat, talker_id: str, kind: str, file: SimFile) -> SimMessage:
    """Send a file that ``keep_file`` took; ``kind`` is image, video, voice or file."""
    message = _message(chat, talker_id, kind, file_key=file.key, file_name=file.name, file_size=file.size)
    return await _send(session, chat, message)


async def recall(session: AsyncSession, message_id: int, talker_id: str) -> None:
    """Take a message of one's own back: its content is gone from all phones."""
    message = await session.get(SimMessage, message_id, with_for_update=True)
    if message is None or message.talker_id != talker_id:
        raise SimulatorError("只能撤回自己发的消息。")
    if message.recalled_at is not None:
        return
    message.recalled_at, file_key = now(), message.file_key
    message.text, message.mention_ids = "", []
    message.file_key = message.file_name = message.file_size = message.quoted_id = None
    heard = _heard(message, source_id=f"{message.source_id}-recall", kind="recall", at=message.recalled_at)
    payload = {**heard, "recalled_id": message.source_id}
    await tell(session, await _bots_of(session, _chat_of(message)), SimEventKind.MESSAGE, payload)
    if file_key is not None:
        await storage.delete(file_key)


async def keep_file(name: str, chunks: AsyncIterator[bytes]) -> SimFile:
    """Put a file of any size on WeChat's server, streamed. Raises storage.StorageError."""
    stored = await storage.put(f"simulator/{uuid.uuid4().hex}", chunks)
    return SimFile(key=stored.key, name=name.replace("\x00", "") or "未命名", size=stored.size)


async def _send(session: AsyncSession, chat: Chat, message: SimMessage) -> SimMessage:
    assert message.talker_id is not None
    if chat.room_id is not None:
        await _require_member(session, chat.room_id, message.talker_id)
    elif message.talker_id not in (chat.bot_id, chat.contact_id):
        raise SimulatorError("这是别人的对话。")
    else:
        friendship = await session.get(SimFriendship, (chat.bot_id, chat.contact_id))
        if friendship is None or friendship.accepted_at is None:
            raise SimulatorError("你们还不是好友，先加好友吧。")
    session.add(message)
    await session.flush()
    payload = _heard(message, source_id=message.source_id, kind=message.kind, at=message.at)
    await tell(session, await _bots_of(session, chat), SimEventKind.MESSAGE, payload)
    return message


def _message(chat: Chat, talker_id: str | None, kind: str, **content: object) -> SimMessage:
    return SimMessage(
        room_id=chat.room_id,
        bot_id=chat.bot_id,
        contact_id=chat.contact_id,
        talker_id=talker_id,
        kind=kind,
        at=now(),
        **content,
    )


async def _notice(session: AsyncSession, chat: Chat, text: str) -> None:
    session.add(_message(chat, None, "notice", text=text))
    await session.flush()


def _heard(message: SimMessage, *, source_id: str, kind: str, at: datetime) -> dict[str, object]:
    return {
        "source_id": source_id,
        "kind": kind,
        "talker_id": message.talker_id,
        "room_id": message.room_id,
        "parties": [] if message.room_id else [message.bot_id, message.contact_id],
        "text": message.text,
        "at": at.isoformat(),
        "mention_ids": message.mention_ids or [],
        "quoted_id": None if message.quoted_id is None else f"sim-{message.quoted_id}",
        "file_name": message.file_name,
    }


def _chat_of(message: SimMessage) -> Chat:
    return Chat(message.room_id, message.bot_id, message.contact_id)


async def _bots_of(session: AsyncSession, chat: Chat) -> list[str]:
    if chat.room_id is not None:
        return await _bots_in(session, chat.room_id)
    assert chat.bot_id is not None
    return [chat.bot_id]


async def _bots_in(session: AsyncSession, room_id: str) -> list[str]:
    in_room = select(SimMember.contact_id).where(SimMember.room_id == room_id)
    return list(await session.scalars(select(SimBot.id).where(SimBot.id.in_(in_room))))


async def _contact(session: AsyncSession, contact_id: str) -> SimContact:
    contact = await session.get(SimContact, contact_id)
    if contact is None:
        raise SimulatorError("没有这个人。")
    return contact


async def _room(session: AsyncSession, room_id: str) -> SimRoom:
    room = await session.get(SimRoom, room_id)
    if room is None:
        raise SimulatorError("没有这个群。")
    return room


async def _require_member(session: AsyncSession, room_id: str, contact_id: str) -> SimMember:
    member = await session.get(SimMember, (room_id, contact_id))
    if member is None:
        raise SimulatorError("已经不在这个群里了。")
    return member


def _name(name: str) -> str:
    name = name.replace("\x00", "").strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise SimulatorError(f"名字要有 1 到 {LONGEST_NAME} 个字。")
    return name


def _text(text: str) -> str:
    text = text.replace("\x00", "")
    if not text.strip():
        raise SimulatorError("不能发送空白消息。")
    if len(text) > LONGEST_TEXT:
        raise SimulatorError(f"太长了，一条消息最多 {LONGEST_TEXT} 个字。")
    return text


# --- a sample ----------------------------------------------------------------------------------------------


async def seed_demo(session: AsyncSession) -> SimRoom:
    """Four colleagues and their group, into which one pulls the simulator's bot; made once."""
    found = await session.get(SimRoom, "sim-demo@chatroom")
    if found is not None:
        return found
    bot = await open_account(session, SIMULATOR.name)
    people = {"sim-laoli": "老李", "sim-xiaowang": "小王", "sim-zhangjie": "张姐", "sim-zhaomin": "赵敏"}
    for contact_id, name in people.items():
        await create_contact(session, name, id=contact_id)
    owner, *others = people
    room = await create_room(session, owner, "产品群", others, id="sim-demo@chatroom")
    await invite(session, room.id, owner, [bot.id])
    return room


async def demo() -> None:
    """The sample of ``botbay up --demo``."""
    async with transaction() as session:
        await seed_demo(session)
