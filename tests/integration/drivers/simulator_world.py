"""The World of the simulator's driver: its people's phones, in the database."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay import storage
from botbay.chat import simulator, simulator_line
from botbay.chat.simulator import Chat, private_chat, room_chat
from botbay.chat.simulator_models import (
    SimBot,
    SimContact,
    SimEvent,
    SimEventKind,
    SimFriendship,
    SimInvitation,
    SimMember,
    SimMessage,
    SimRoom,
)
from botbay.db import now, transaction
from connector.drivers.base import Driver, MessageKind
from connector.drivers.simulator import SimulatorDriver
from tests.integration.drivers.world import Accepted, Sent


class SimulatorWorld:
    """``World`` by the simulated WeChat in the database; open it with ``open``."""

    driver: Driver

    def __init__(self) -> None:
        self.driver = SimulatorDriver("simulator")
        self.bot_id = simulator_line.bot_id("simulator")
        self._typed: set[str] = set()

    async def open(self) -> None:
        """A first start, but nobody logged in."""
        async with transaction() as session:
            bot = await simulator_line.open_account(session, "simulator")
            await simulator_line.log_out(session, bot, "")

    async def login(self, name: str) -> None:
        async with transaction() as session:
            await simulator.rename(session, self.bot_id, name)
            await simulator_line.log_in(session, await session.get_one(SimBot, self.bot_id))

    async def logout(self, reason: str) -> None:
        async with transaction() as session:
            await simulator_line.log_out(session, await session.get_one(SimBot, self.bot_id), reason)

    async def contact(self, contact_id: str, name: str, alias: str = "", is_friend: bool = True) -> None:
        async with transaction() as session:
            await session.merge(SimContact(id=contact_id, name=name))
            await session.flush()
            if is_friend:
                await simulator.befriend(session, self.bot_id, contact_id)
                await simulator.set_remark(session, self.bot_id, contact_id, alias)
            else:
                await session.execute(delete(SimFriendship).where(SimFriendship.contact_id == contact_id))

    async def room(self, room_id: str, topic: str, members: Mapping[str, str], owner_id: str | None) -> None:
        async with transaction() as session:
            await session.merge(SimRoom(id=room_id, topic=topic, owner_id=owner_id or next(iter(members))))
            await session.flush()
            await session.execute(
                delete(SimMember).where(SimMember.room_id == room_id, SimMember.contact_id.not_in(members))
            )
            for contact_id, alias in members.items():
                await session.merge(SimMember(room_id=room_id, contact_id=contact_id, alias=alias))

    async def say(
        self,
        talker_id: str,
        text: str,
        *,
        room_id: str | None = None,
        mention_ids: Sequence[str] = (),
        quoted: tuple[str, str] | None = None,
    ) -> str:
        chat = self._chat(room_id, talker_id)
        async with transaction() as session:
            quoted_id = None if quoted is None else await self._said_long_ago(session, chat, quoted[1])
            message = await simulator.say(session, chat, talker_id, text, mention_ids=mention_ids, quoted_id=quoted_id)
        return message.source_id

    async def type_on_phone(self, text: str, *, room_id: str | None = None, to: str | None = None) -> str:
        async with transaction() as session:
            message = await simulator.say(session, self._chat(room_id, to or ""), self.bot_id, text)
        self._typed.add(message.source_id)
        return message.source_id

    async def send_media(self, talker_id: str, path: Path, kind: MessageKind, *, room_id: str | None = None) -> str:
        data = await asyncio.to_thread(path.read_bytes)

        async def chunks() -> AsyncIterator[bytes]:
            yield data

        file = await simulator.keep_file(path.name, chunks())
        async with transaction() as session:
            chat = self._chat(room_id, talker_id)
            message = await simulator.say_file(session, chat, talker_id, kind.value, file)
        return message.source_id

    async def recall(self, talker_id: str, source_id: str, *, room_id: str | None = None) -> None:
        async with transaction() as session:
            await simulator.recall(session, int(source_id.removeprefix("sim-")), talker_id)

    async def request_friendship(self, contact_id: str, hello: str) -> str:
        async with transaction() as session:
            return await simulator.ask_to_be_friends(session, self.bot_id, contact_id, hello)

    async def invite(self, inviter_id: str, topic: str) -> str:
        async with transaction() as session:
            room = await simulator.create_room(session, inviter_id, topic)
            return await simulator.send_invitation(session, room.id, inviter_id, self.bot_id)

    async def join(self, room_id: str, invitee_ids: Sequence[str], inviter_id: str) -> None:
        async with transaction() as session:
            # They are in already, which the driver has not heard of.
            await session.execute(
                delete(SimMember).where(SimMember.room_id == room_id, SimMember.contact_id.in_(invitee_ids))
            )
            await simulator.invite(session, room_id, inviter_id, invitee_ids)

    async def leave(self, room_id: str, leaver_ids: Sequence[str], remover_id: str | None = None) -> None:
        async with transaction() as session:
            for leaver_id in leaver_ids:
                if remover_id is None:
                    await simulator.leave(session, room_id, leaver_id)
                else:
                    await simulator.kick(session, room_id, remover_id, leaver_id)

    async def rename(self, room_id: str, topic: str, changer_id: str) -> None:
        async with transaction() as session:
            await simulator.set_topic(session, room_id, changer_id, topic)

    async def sent(self) -> Sequence[Sent]:
        async with transaction() as session:
            by_bot = select(SimMessage).where(SimMessage.talker_id == self.bot_id).order_by(SimMessage.id)
            messages = list(await session.scalars(by_bot))
        return [await self._sent(message) for message in messages if message.source_id not in self._typed]

    async def accepted(self) -> Accepted:
        async with transaction() as session:
            events = await session.scalars(
                select(SimEvent).where(SimEvent.kind == SimEventKind.FRIENDSHIP).order_by(SimEvent.id)
            )
            friendships = [e.payload["request_id"] for e in events if e.payload["kind"] == "confirmed"]
            joined = select(SimInvitation.id).where(SimInvitation.accepted_at.is_not(None))
            invitations = list(await session.scalars(joined.order_by(SimInvitation.accepted_at)))
        return Accepted(friendship_ids=tuple(friendships), invitation_ids=tuple(invitations))

    async def _sent(self, message: SimMessage) -> Sent:
        digest = hashlib.sha256()
        if message.file_key is not None:
            async for chunk in storage.get(message.file_key):
                digest.update(chunk)
        return Sent(
            conversation_id=message.room_id or message.contact_id or "",
            source_id=message.source_id,
            text=message.text,
            mention_ids=tuple(message.mention_ids),
            file_name=message.file_name or "",
            size=message.file_size or 0,
            sha256=digest.hexdigest() if message.file_key is not None else "",
        )

    def _chat(self, room_id: str | None, contact_id: str) -> Chat:
        return room_chat(room_id) if room_id is not None else private_chat(self.bot_id, contact_id)

    async def _said_long_ago(self, session: AsyncSession, chat: Chat, text: str) -> int:
        """The id of a message from before the driver listened."""
        message = SimMessage(room_id=chat.room_id, bot_id=chat.bot_id, contact_id=chat.contact_id)
        message.kind, message.text, message.at = "text", text, now()
        session.add(message)
        await session.flush()
        return message.id
