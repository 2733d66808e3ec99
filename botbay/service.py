"""Runs a process's main coroutine until SIGTERM or Ctrl-C, and ends it cleanly."""

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Awaitable, Callable

from botbay.db import DatabaseError, dispose
from botbay.settings import SettingsError

log = logging.getLogger(__name__)


async def _until_signal(main: Callable[[], Awaitable[None]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    work = asyncio.ensure_future(main())
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
            return
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work
    finally:
        stopping.cancel()
        await dispose()


def run_service(main: Callable[[], Awaitable[None]]) -> None:
    """Exit 0 after a signal, 1 with one line when the settings or the database do not allow a start."""
    try:
        asyncio.run(_until_signal(main))
    except (SettingsError, DatabaseError) as error:
        sys.exit(f"botbay：{error}")
