"""A process that runs: one that was started here, or one that was found."""

import asyncio
import contextlib
import os
import signal
from abc import ABC, abstractmethod
from collections.abc import Callable

from botbay.supervisor.guard import Guard, signal_group
from botbay.supervisor.log import Log
from botbay.supervisor.process import Process

POLL_SECONDS = 0.5


class Running(ABC):
    def __init__(self, pid: int) -> None:
        self.pid = pid

    @abstractmethod
    async def wait(self) -> int | None:
        """The exit code; None where it cannot be known. Nothing of the process is left then."""

    def signal(self, number: signal.Signals) -> None:
        """To the process alone: it knows best how to stop its own children."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    @abstractmethod
    def kill(self) -> None:
        """At once, and its children too."""


class Found(Running):
    """Not our child, so nobody tells us when it ends: ask."""

    def __init__(self, pid: int, running: Callable[[], int | None]) -> None:
        super().__init__(pid)
        self._running = running

    async def wait(self) -> None:
        while self._running() == self.pid:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(POLL_SECONDS)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)


class Started(Running):
    def __init__(self, child: asyncio.subprocess.Process, guard: Guard | None) -> None:
        super().__init__(child.pid)
        self._child = child
        self._guard = guard

    async def wait(self) -> int:
        code = await self._child.wait()
        self.kill()
        if self._guard is not None:
            self._guard.forget(self.pid)
        return code

    def kill(self) -> None:
        signal_group(self.pid, signal.SIGKILL)


async def start(process: Process, log: Log, guard: Guard) -> Running:
    """Raises OSError when the command cannot be run."""
    survives = process.running is not None
    guarding = (process.stop_signal, process.stop_timeout)
    guard.ensure()
    output = log.open()
    try:
        child = await asyncio.create_subprocess_exec(
            *process.command,
            # Unbuffered, so that the last words of a Python process are not lost with it.
            env={"PYTHONUNBUFFERED": "1", **os.environ, **process.environment},
            cwd=process.cwd,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=None if survives else lambda: guard.enrol(*guarding),
        )
    finally:
        os.close(output)
    if not survives:
        guard.remember(child.pid, *guarding)
    return Started(child, None if survives else guard)
