"""People who talk with the bot through the mock gateway, and what they get to read."""

import asyncio
import time
from dataclasses import dataclass

from botbay.chat.models import Account
from botbay.db import transaction
from tests.gateway_fixture import MockGateway
from workers.accounts import service

HELLO = "hello bot"


@dataclass
class Chat:
    """A conversation as one person sees it: in private with the bot, or in a room."""

    gateway: MockGateway
    contact_id: str
    room_id: str | None = None
    seen: int = 0  # what the bot sent before this is old

    @property
    def place(self) -> str:
        return self.room_id or self.contact_id

    async def replies(self, count: int = 1, timeout: float = 20.0) -> list[str]:
        """The next texts that the bot sends here; raises AssertionError when they do not come."""
        deadline = time.monotonic() + timeout
        while True:
            here = [s for s in await self.gateway.sent() if s["conversationId"] == self.place]
            new = here[self.seen :]
            if len(new) >= count:
                self.seen += count
                return [str(item["text"]) for item in new[:count]]
            assert time.monotonic() < deadline, f"{len(new)} of {count} replies came: {new}"
            await asyncio.sleep(0.05)

    async def say(self, text: str, count: int = 1, mention_ids: tuple[str, ...] = ()) -> list[str]:
        """Say something and read the answer."""
        await self.tell(text, mention_ids)
        return await self.replies(count)

    async def ask(self, text: str, mention_ids: tuple[str, ...] = ()) -> str:
        return (await self.say(text, 1, mention_ids))[0]

    async def tell(self, text: str, mention_ids: tuple[str, ...] = ()) -> str:
        return await self.gateway.say(self.contact_id, text, room_id=self.room_id, mention_ids=mention_ids)

    async def silence(self, seconds: float = 2.0) -> None:
        """Nothing is said here for a while."""
        await asyncio.sleep(seconds)
        here = [s for s in await self.gateway.sent() if s["conversationId"] == self.place]
        assert here[self.seen :] == []


async def make_account(name: str, display_name: str, email: str | None = None) -> Account:
    async with transaction() as session:
        return await service.find_account(session, name) or await service.add_account(
            session, name, display_name=display_name, email=email
        )


async def bind_code(account: Account) -> str:
    """The code that the account's page shows."""
    async with transaction() as session:
        found = await session.get_one(Account, account.id)
        code, _ = await service.issue_bind_code(session, found)
        return code


async def befriend(gateway: MockGateway, contact_id: str, name: str) -> Chat:
    """A friend request with the right hello; the bot's two first messages have been read."""
    await gateway.contact(contact_id, name)
    await gateway.friendship(contact_id, HELLO)
    chat = Chat(gateway, contact_id)
    await chat.replies(2)
    return chat


async def bound_friend(gateway: MockGateway, contact_id: str, name: str, *, bot_name: str) -> Chat:
    """Somebody who has gone all the way: friend, bound, the bot named."""
    account = await make_account(contact_id, name)
    chat = await befriend(gateway, contact_id, name)
    await chat.say(contact_id)
    await chat.say(await bind_code(account))
    await chat.say("要", 2)
    await chat.say(bot_name)
    return chat
