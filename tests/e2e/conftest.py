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


@dataclass
class Place:
    stack: Stack
    gateway: MockGateway


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The stack is up, the bot 小港 is logged in."""
    gateway = MockGateway(bot_id=BOT_ID)
    stack = Stack(
        tmp_path_factory.mktemp("stack") / "data",
        bots=f"harbour={gateway.token}@127.0.0.1:{gateway.port}",
        login_whitelist=BOT_ID,
    )
    asyncio.run(gateway.start())
    try:
        with running(stack):
            asyncio.run(log_in(gateway))
            yield Place(stack, gateway)
    finally:
        asyncio.run(gateway.stop())


async def log_in(gateway: MockGateway) -> None:
    await gateway.started()
    await gateway.login(BOT_NAME, BOT_ID)


@pytest.fixture
async def gateway(place: Place) -> AsyncIterator[MockGateway]:
    yield place.gateway
    await db.dispose()
