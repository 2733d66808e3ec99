"""One stack on one mock gateway for the tests of talking; each test has people and rooms of its own."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest

from botbay import db
from tests.e2e.stack import Stack, running
from tests.gateway_fixture import MockGateway

BOT_ID = "wxid_bot"
BOT_NAME = "小港"


#: An account that the whitelist does not name tries to log in at this one.
STRANGER_ID = "wxid_stranger"


@dataclass
class Place:
    """``gateway`` serves the bot ``harbour``; ``lighthouse`` has a gateway of its own, ``pirate`` a wrong token."""

    stack: Stack
    gateway: MockGateway
    other: MockGateway


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The stack is up, the bot 小港 is logged in."""
    gateway, other = MockGateway(bot_id=BOT_ID), MockGateway(bot_id=STRANGER_ID)
    bots = {
        "harbour": f"{gateway.token}@127.0.0.1:{gateway.port}",
        "lighthouse": f"{other.token}@127.0.0.1:{other.port}",
        "pirate": f"wrong-token@127.0.0.1:{gateway.port}",
    }
    stack = Stack(
        tmp_path_factory.mktemp("stack") / "data",
        bots=",".join(f"{name}={address}" for name, address in bots.items()),
        login_whitelist=BOT_ID,
    )
    asyncio.run(gateway.start())
    asyncio.run(other.start())
    try:
        with running(stack):
            asyncio.run(log_in(gateway))
            yield Place(stack, gateway, other)
    finally:
        asyncio.run(gateway.stop())
        asyncio.run(other.stop())


async def log_in(gateway: MockGateway) -> None:
    await gateway.started()
    await gateway.login(BOT_NAME, BOT_ID)


@pytest.fixture
async def gateway(place: Place) -> AsyncIterator[MockGateway]:
    yield place.gateway
    await db.dispose()
