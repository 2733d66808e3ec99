"""Tells open pages that the database changed, so that they look again. One listener serves the process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from nicegui import ui

from botbay.db import Listener
from web.database import UNREACHABLE

#: Seconds after which pages look again without having been told.
PACE = 5.0
CHANNELS = ("accounts", "approvals", "bots", "training")


class _Changes:
    """Counts what happened; a page compares the count with the one that it has shown."""

    def __init__(self) -> None:
        self.count = 0

    async def watch(self) -> None:
        listener = Listener(*CHANNELS)
        try:
            while True:
                try:
                    await listener.wait(PACE)
                except UNREACHABLE:
                    await asyncio.sleep(1)
                self.count += 1
        finally:
            await listener.close()


_changes = _Changes()


@contextlib.asynccontextmanager
async def watching() -> AsyncIterator[None]:
    """Listens while the web server runs."""
    task = asyncio.create_task(_changes.watch(), name="web.live")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def follow(look: Callable[[], Awaitable[None]]) -> None:
    """Call ``look`` whenever something may have changed, as long as the page that is being built is open."""
    seen = _changes.count

    async def tick() -> None:
        nonlocal seen
        if seen != _changes.count:
            seen = _changes.count
            with contextlib.suppress(*UNREACHABLE):  # the page stays as it is and looks again soon
                await look()

    ui.timer(0.4, tick)
