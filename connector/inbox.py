"""The inbox: what was heard becomes stored messages, jobs and turns, a batch in one transaction.

Hearing the same again changes nothing: messages are unique by (bot, conversation, source id), turns and jobs by keys
made of the same. What may not be kept is forgotten here, before anything is written.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from botbay import jobs
from botbay.chat import bots, consent, contacts, conversations, messages, names
from botbay.chat.files import fetch_job
from botbay.chat.models import (
    Bot,
    Contact,
    Conversation,
    File,
    FileKind,
    Gate,
    Message,
    OutboxItem,
    Room,
    RoomBot,
)
from botbay.db import now, transaction
from botbay.settings import Settings
from connector import owner, quotes
from connector.addressing import Strength, Surroundings, address, might_call
from connector.drivers.base import MEDIA_KINDS, InboundMessage, MessageKind
from connector.known import WAKE_LENGTH, Known, look_again, look_up, names_in

#: Only counted, wherever: what they hold is nobody's business.
_COUNTED = frozenset({MessageKind.LOCATION, MessageKind.TRANSFER, MessageKind.RED_PACKET})

#: Characters; what is longer is no id of WeChat's, and an index would not hold it.
_LONGEST_ID = 200

#: What a file is taken for until its bytes are there.
_KINDS = {MessageKind.IMAGE: FileKind.IMAGE, MessageKind.VOICE: FileKind.AUDIO, MessageKind.VIDEO: FileKind.VIDEO}


def source_id(message: InboundMessage) -> str:
    """WeChat's id of the message, else one derived from what was heard, the same at each hearing."""
    if 0 < len(message.source_id) <= _LONGEST_ID:
        return message.source_id
    facts = (
        message.source_id,
        message.talker.id,
        message.room_id,
        message.listener_id,
        message.kind,
        message.text,
        message.file_name,
    )
    digest = hashlib.sha256(repr((*facts, message.sent_at.isoformat())).encode()).hexdigest()
    return f"h:{digest[:40]}"


class Inbox:
    """Stores what one bot hears."""

    def __init__(self, bot_id: int, settings: Settings) -> None:
        self._bot_id = bot_id
        self._settings = settings

    async def store(self, batch: Sequence[InboundMessage], received_at: datetime) -> None:
        """Take a batch over, in the order in which it was heard. When this returns it is durable."""
        async with transaction() as session:
            known = await look_up(session, self._bot_id, batch)
            rows: list[dict[str, Any]] = []
            media: dict[str, InboundMessage] = {}
            turns: list[tuple[InboundMessage, str, Gate]] = []
            for message in batch:
                if message.kind == MessageKind.RECALL:
                    await self._flush(session, known.bot, rows, media, turns, known)
                    await self._recall(session, message, received_at, known)
                    continue
                await self._sort(session, message, received_at, known, rows, media, turns)
            await self._flush(session, known.bot, rows, media, turns, known)
            await bots.heard(session, self._bot_id, received_at)

    async def unknown_rooms(self, batch: Sequence[InboundMessage]) -> set[str]:
        """Rooms in which the bot is called and of which nothing is known yet: they must be looked up first."""
        wanted = {m.room_id for m in batch if m.room_id is not None}
        if not wanted:
            return set()
        async with transaction() as session:
            bot = await session.get_one(Bot, self._bot_id)
            known = set(
                await session.scalars(
                    select(Room.wechat_id)
                    .join(RoomBot, RoomBot.room_id == Room.id)
                    .where(Room.wechat_id.in_(wanted), RoomBot.bot_id == self._bot_id, RoomBot.left_at.is_(None))
                )
            )
        around = Surroundings(
            bot_wechat_id=bot.wechat_id or "",
            bot_names=frozenset({bot.wechat_name}),
            member_names=frozenset(),
            nickname=None,
            quotes_bot=False,
        )
        return {
            m.room_id
            for m in batch
            if m.room_id is not None
            and m.room_id not in known
            and (owner.commands(m.text) if m.from_self else address(m.text, m.mention_ids, around)[0] != Strength.NONE)
        }

    async def _sort(
        self,
        session: AsyncSession,
        message: InboundMessage,
        received_at: datetime,
        known: Known,
        rows: list[dict[str, Any]],
        media: dict[str, InboundMessage],
        turns: list[tuple[InboundMessage, str, Gate]],
    ) -> None:
        talker = known.contacts.get(message.talker.id)
        room = known.rooms.get(message.room_id) if message.room_id is not None else None
        if talker is None or (message.room_id is not None and room is None):
            return
        by_bot = False
        peer = talker
        if message.from_self:
            if room is None:
                listener = known.contacts.get(message.listener_id or "")
                if listener is None:
                    return  # the owner's private chat with somebody who never had to do with the bot
                peer = listener
            by_bot = await owner.is_echo(session, self._bot_id, message, room, peer, source_id(message))
            if not by_bot:
                await owner.typed(session, self._settings, known.bot, message, room, peer)
                await look_again(session, known)
        else:
            turn = await self._turn(session, message, talker, room, known)
            if turn is not None:
                turns.append((message, *turn))
        row = self._row(message, received_at, talker, peer, room, known, by_bot=by_bot)
        if row is not None:
            if message.quoted_text is not None and not row["withheld"]:
                row["quoted_source_id"] = await quotes.resolve(session, message, row, rows)
            rows.append(row)
            if not row["withheld"] and message.kind in MEDIA_KINDS:
                media[row["source_id"]] = message

    def _row(
        self,
        message: InboundMessage,
        received_at: datetime,
        talker: Contact,
        peer: Contact,
        room: Room | None,
        known: Known,
        *,
        by_bot: bool,
    ) -> dict[str, Any] | None:
        """The message as it is kept: whole, as a number only, or not at all."""
        member = known.members.get((room.id, talker.id)) if room is not None else None
        # In private it is the person's yes that counts, whoever of the two speaks.
        kept = consent.keeps(self._settings, room, talker if room is not None else peer, member)
        if by_bot and room is not None:
            kept = room.recording_at is not None
        if not kept and (room is None or room.recording_at is None):
            return None
        withheld = not kept or message.kind in _COUNTED
        return {
            "bot_id": self._bot_id,
            "room_id": room.id if room is not None else None,
            "peer_id": peer.id if room is None else None,
            "talker_id": None if withheld else talker.id,
            "source_id": source_id(message),
            "kind": message.kind,
            "text": "" if withheld else message.text.replace("\x00", ""),
            "mention_ids": [] if withheld else list(message.mention_ids),
            "quoted_source_id": None if withheld else message.quoted_id,
            "file_name": None if withheld else message.file_name,
            "details": {} if withheld else dict(message.details),
            # Of a text nothing more is needed, and what it quotes may be by somebody who said no.
            "raw": {} if withheld or message.kind == MessageKind.TEXT else dict(message.raw),
            "sent_at": message.sent_at,
            "received_at": received_at,
            "from_self": message.from_self,
            "by_bot": by_bot,
            "withheld": withheld,
        }

    async def _turn(
        self,
        session: AsyncSession,
        message: InboundMessage,
        talker: Contact,
        room: Room | None,
        known: Known,
    ) -> tuple[str, Gate] | None:
        """What the dialogue is to hear of the message, if anything."""
        bot = known.bot
        if message.kind != MessageKind.TEXT or not message.text.strip():
            return None
        text, gate = message.text, Gate.OPEN
        if room is not None:
            quotes = message.quoted_id is not None or message.quoted_name is not None
            if not might_call(message.text, message.mention_ids, talker.nickname, quotes=quotes):
                return None
            strength, text = address(
                message.text,
                message.mention_ids,
                await self._surroundings(session, message, talker, room, known),
            )
            if strength == Strength.NONE:
                return None
            if strength == Strength.CALLED:
                gate = Gate.COMMAND
        if bot.silenced_at is not None:
            gate = Gate.SILENCED
        elif self._silent(talker, room, known):
            gate = Gate.WAKE
            if room is None and self._is_hello(text, bot):
                known.engaged.add(talker.id)  # what they say next is for the bot, in this batch too
        if gate in (Gate.WAKE, Gate.SILENCED) and len(text) > WAKE_LENGTH:
            return None
        return text, gate

    def _silent(self, talker: Contact, room: Room | None, known: Known) -> bool:
        """Whether the bot keeps quiet here until it is woken."""
        at = now()
        conversation = known.conversations.get((room.id if room is not None else None, talker.id))
        if conversation is not None:
            if conversation.stopped_at is not None:
                return True
            if conversation.paused_until is not None and conversation.paused_until > at:
                return True
        if room is None:
            return talker.id not in known.engaged
        room_bot = known.room_bots.get(room.id)
        if room_bot is None or room_bot.engaged_at is None or room.stopped_at is not None:
            return True
        return room_bot.paused_until is not None and room_bot.paused_until > at

    def _is_hello(self, text: str, bot: Bot) -> bool:
        return text.strip().casefold() in bots.greetings(self._settings, bot)

    async def _surroundings(
        self, session: AsyncSession, message: InboundMessage, talker: Contact, room: Room, known: Known
    ) -> Surroundings:
        names = await names_in(session, known, room)
        return Surroundings(
            bot_wechat_id=known.bot.wechat_id or "",
            bot_names=names.own,
            member_names=names.others,
            nickname=talker.nickname,
            quotes_bot=await self._quotes_bot(session, message, names.own),
        )

    async def _quotes_bot(self, session: AsyncSession, message: InboundMessage, own_names: frozenset[str]) -> bool:
        if message.quoted_id is not None:
            own = (
                select(OutboxItem.id)
                .join(Conversation)
                .where(Conversation.bot_id == self._bot_id, OutboxItem.source_id == message.quoted_id)
            )
            return await session.scalar(own.limit(1)) is not None
        return message.quoted_name is not None and message.quoted_name in own_names

    async def _flush(
        self,
        session: AsyncSession,
        bot: Bot,
        rows: list[dict[str, Any]],
        media: dict[str, InboundMessage],
        turns: list[tuple[InboundMessage, str, Gate]],
        known: Known,
    ) -> None:
        """Write what was sorted so far, and empty the lists."""
        unique = {(row["room_id"], row["peer_id"], row["source_id"]): row for row in reversed(rows)}
        new = await messages.store(session, list(reversed(unique.values())))
        files = [
            {
                "message_id": new[source],
                "name": names.safe(message.file_name or "", _KINDS.get(message.kind, FileKind.OTHER), ""),
                "kind": _KINDS.get(message.kind, FileKind.OTHER),
            }
            for source, message in media.items()
            if source in new
        ]
        if files:
            file_ids = await session.scalars(insert(File).returning(File.id), files)
            await jobs.enqueue(
                session,
                [
                    jobs.NewJob(name=fetch_job(bot.name), payload={"file_id": file_id}, key=f"media:{file_id}")
                    for file_id in file_ids
                ],
            )
        heard_before = {id(m): self._place_of(m, known) for m, _, _ in turns if source_id(m) not in new}
        recalled = await messages.recalled(session, heard_before.values())
        for message, text, gate in turns:
            if heard_before.get(id(message)) not in recalled:
                await self._queue(session, message, text, gate, known, new)
        rows.clear()
        media.clear()
        turns.clear()

    async def _queue(
        self,
        session: AsyncSession,
        message: InboundMessage,
        text: str,
        gate: Gate,
        known: Known,
        new: dict[str, int],
    ) -> None:
        talker = known.contacts[message.talker.id]
        room = known.rooms[message.room_id] if message.room_id is not None else None
        bot = known.bot
        trigger = None
        if room is None and gate == Gate.WAKE and self._is_hello(text, bot):
            await contacts.engage(session, bot.id, talker.id, now())
            trigger, gate = {"intent": "new_friend", "entities": {}}, Gate.OPEN
        conversation_id = await conversations.get(session, bot.id, room.id if room is not None else None, talker.id)
        await conversations.queue_turn(
            session,
            conversation_id,
            _turn_key(bot.id, message, source_id(message)),
            text=None if trigger else text,
            trigger=trigger,
            gate=gate,
            message_id=new.get(source_id(message)),
        )

    async def _recall(
        self, session: AsyncSession, message: InboundMessage, received_at: datetime, known: Known
    ) -> None:
        if not message.recalled_id:
            return
        gone = (Message.bot_id == self._bot_id) & (Message.source_id == message.recalled_id)
        if not await messages.recall(session, gone) and (place := self._place(message, received_at, known)):
            await messages.store(session, [place])
        await conversations.withdraw(session, _turn_key(self._bot_id, message, message.recalled_id))

    def _place_of(self, message: InboundMessage, known: Known) -> messages.Place:
        """Where a message to the bot stands, if it is kept."""
        if message.room_id is not None:
            return self._bot_id, known.rooms[message.room_id].id, None, source_id(message)
        return self._bot_id, None, known.contacts[message.talker.id].id, source_id(message)

    def _place(self, message: InboundMessage, received_at: datetime, known: Known) -> dict[str, Any] | None:
        """The place of a message that is recalled before it is heard: it will find the place taken, and stay out."""
        talker = known.contacts.get(message.talker.id)
        peer = known.contacts.get(message.listener_id or "") if message.from_self else talker
        room = known.rooms.get(message.room_id) if message.room_id is not None else None
        if talker is None or (peer is None if message.room_id is None else room is None):
            return None
        row = self._row(message, received_at, talker, peer or talker, room, known, by_bot=False)
        if row is None:
            return None
        # Who said it is told by the message only: in a room its owner may recall what others said.
        return row | {"source_id": message.recalled_id, "talker_id": None, "raw": {}, "recalled_at": received_at}


def _turn_key(bot_id: int, message: InboundMessage, source: str) -> str:
    """One turn a message heard by one bot, however often it is heard."""
    return f"message:{bot_id}:{message.room_id or message.talker.id}:{source}"
