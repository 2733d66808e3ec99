"""The simulated WeChat: what people do on their phones, and what the bots' drivers hear of it.

Every function writes the phones' chats and the drivers' queue in the caller's transaction, and wakes both.
What WeChat would refuse raises SimulatorError with a line for people.
"""

import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from botbay import storage
from botbay.chat.simulator_line import OUT, open_account, tell
from botbay.chat.simulator_models import SimContact, SimEventKind, SimFriendship, SimMessage, SimRoom
from botbay.chat.simulator_rooms import (
    accept_invitation,
    create_room,
    invite,
    kick,
    leave,
    send_invitation,
    set_room_alias,
    set_topic,
)
from botbay.chat.simulator_rules import (
    LONGEST_TEXT,
    Chat,
    SimFile,
    SimulatorError,
    bots_in,
    good_name,
    good_text,
    new_message,
    notice,
    private_chat,
    require_member,
    room_chat,
    the_contact,
)
from botbay.db import notify, now, transaction
from botbay.settings import SIMULATOR

__all__ = [
    "LONGEST_TEXT",
    "SPECIAL",
    "Chat",
    "SimFile",
    "SimulatorError",
    "accept_friend",
    "accept_invitation",
    "ask_to_be_friends",
    "befriend",
    "create_contact",
    "create_room",
    "demo",
    "invite",
    "keep_file",
    "kick",
    "leave",
    "private_chat",
    "recall",
    "rename",
    "room_chat",
    "say",
    "say_file",
    "say_special",
    "seed_demo",
    "send_invitation",
    "set_remark",
    "set_room_alias",
    "set_topic",
]

#: The kinds of ``say_special``.
SPECIAL = frozenset({"link", "card", "emoticon", "location", "transfer", "red_packet"})

# --- people and friends ------------------------------------------------------------------------------------


async def create_contact(session: AsyncSession, name: str, *, id: str | None = None) -> SimContact:
    contact = SimContact(id=id or f"sim-{uuid.uuid4().hex[:12]}", name=good_name(name))
    session.add(contact)
    await session.flush()
    await notify(session, OUT)
    return contact


async def rename(session: AsyncSession, contact_id: str, name: str) -> None:
    """Give a contact, or a bot's account, another name. As in WeChat, no driver is told."""
    (await the_contact(session, contact_id)).name = good_name(name)
    await notify(session, OUT)


async def ask_to_be_friends(session: AsyncSession, bot_id: str, contact_id: str, hello: str) -> str:
    """Send a friend request with a greeting; its id. The contact is a friend once the driver accepts it."""
    await the_contact(session, contact_id)
    request_id, hello = f"sim-request-{uuid.uuid4().hex}", hello.replace("\x00", "")
    asked = insert(SimFriendship).values(bot_id=bot_id, contact_id=contact_id, request_id=request_id, hello=hello)
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
        await notice(session, private_chat(bot_id, found.contact_id), "已经是好友了，现在可以开始聊天。")
        await tell(session, [bot_id], SimEventKind.FRIENDSHIP, payload)


async def befriend(session: AsyncSession, bot_id: str, contact_id: str) -> None:
    """Make them friends of old, from before BotBay: no driver hears of it."""
    await the_contact(session, contact_id)
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
    friendship.alias = good_name(alias) if alias else ""
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
    message = new_message(
        chat, talker_id, "text", text=good_text(text), mention_ids=list(mention_ids), quoted_id=quoted_id
    )
    return await _send(session, chat, message)


async def say_file(session: AsyncSession, chat: Chat, talker_id: str, kind: str, file: SimFile) -> SimMessage:
    """Send a file that ``keep_file`` took; ``kind`` is image, video, voice or file."""
    message = new_message(chat, talker_id, kind, file_key=file.key, file_name=file.name, file_size=file.size)
    return await _send(session, chat, message)


async def say_special(session: AsyncSession, chat: Chat, talker_id: str, kind: str, text: str = "") -> SimMessage:
    """Send what is neither plain text nor a file, in its simplest form.

    ``kind`` and ``text``: link, its title, lines of description and address; card, a name; emoticon, what it means or
    nothing; location, transfer and red_packet, anything.
    """
    if kind not in SPECIAL:
        raise SimulatorError("模拟器不会发这种消息。")
    text = good_text(text) if text or kind in ("link", "card") else ""
    return await _send(session, chat, new_message(chat, talker_id, kind, text=text))


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
        await require_member(session, chat.room_id, message.talker_id)
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
        return await bots_in(session, chat.room_id)
    assert chat.bot_id is not None
    return [chat.bot_id]


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
