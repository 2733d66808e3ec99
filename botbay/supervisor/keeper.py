"""The life of one process, again and again until the stack stops."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from botbay.supervisor.guard import Guard
from botbay.supervisor.log import Log
from botbay.supervisor.process import Event, EventKind, Probe, Process
from botbay.supervisor.running import Found, Running, start

FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
# As long as this in order, and the next delay is the first one again.
WELL_AGAIN = 60.0

READY_POLL = 0.2
HEALTH_POLL = 5.0
PROBE_TIMEOUT = 5.0

logger = logging.getLogger(__name__)


class Keeper:
    def __init__(
        self,
        process: Process,
        announce: Callable[[Event], None],
        log: Log,
        *,
        stopping: asyncio.Event,
        hurry: asyncio.Event,
    ) -> None:
        self.process = process
        self.log = log
        self.before: Sequence[Keeper] = ()  # must be ready for this one to start
        self.after: Sequence[Keeper] = ()  # must be gone for this one to stop
        self._announce = announce
        self._stopping = stopping
        self._hurry = hurry
        self._ready = asyncio.Event()
        self._ready_at = 0.0
        self._gone = asyncio.Event()

    async def keep(self, guard: Guard) -> None:
        """Returns once the process is gone after `stopping` was set."""
        delay = FIRST_DELAY
        try:
            while await self._unless_stopping(self._others_ready()):
                well = await self._live(guard)
                if self._stopping.is_set():
                    break
                delay = FIRST_DELAY if well >= WELL_AGAIN else delay
                self._tell(EventKind.RESTARTING, seconds=delay)
                await self._unless_stopping(asyncio.sleep(delay))
                delay = min(delay * 2, LONGEST_DELAY)
        finally:
            self._gone.set()

    async def _live(self, guard: Guard) -> float:
        """One life, from start to end; for how many seconds it was in order."""
        clock = asyncio.get_running_loop().time
        try:
            running = await self._obtain(guard)
        except Exception as error:  # whatever hinders this one's start must not hinder the others
            self._tell(EventKind.DIED, tail=[str(error)])
            return 0.0
        ended = asyncio.create_task(running.wait())
        watched = asyncio.create_task(self._watch())
        may_stop = asyncio.create_task(self._may_stop())
        try:
            await asyncio.wait({ended, watched, may_stop}, return_when=asyncio.FIRST_COMPLETED)
            well = clock() - self._ready_at if self._ready.is_set() else 0.0
            if not ended.done():
                await self._end(running, ended)
            exit_code = await ended
        finally:
            watched.cancel()
            may_stop.cancel()
            self._ready.clear()
        if self._stopping.is_set():
            self._tell(EventKind.STOPPED)
        else:
            self._tell(EventKind.DIED, exit_code=exit_code, tail=self.log.tail())
        return well

    async def _obtain(self, guard: Guard) -> Running:
        running = self.process.running
        if running is not None and (pid := running()) is not None:
            self._tell(EventKind.ADOPTED)
            return Found(pid, running)
        self._tell(EventKind.STARTING)
        return await start(self.process, self.log, guard)

    async def _watch(self) -> None:
        """Returns, having said so, when the process is not ready in time or hangs."""
        process, clock = self.process, asyncio.get_running_loop().time
        started = clock()
        while process.ready is not None and not await _says_yes(process.ready):
            if clock() - started >= process.ready_timeout:
                self._tell(EventKind.UNHEALTHY, seconds=clock() - started)
                return
            await asyncio.sleep(READY_POLL)
        self._ready_at = last_sign = clock()
        self._ready.set()
        self._tell(EventKind.READY, seconds=last_sign - started)
        while process.healthy is None or clock() - last_sign < process.unhealthy_after:
            await asyncio.sleep(min(HEALTH_POLL, process.unhealthy_after / 4))
            if process.healthy is not None and await _says_yes(process.healthy):
                last_sign = clock()
        self._tell(EventKind.UNHEALTHY, seconds=clock() - last_sign)

    async def _end(self, running: Running, ended: asyncio.Task[int | None]) -> None:
        running.signal(self.process.stop_signal)
        # One that could survive holds what people said: it is let finish even in a hurry.
        impatient = [] if self.process.running is not None else [asyncio.create_task(self._hurry.wait())]
        await asyncio.wait({ended, *impatient}, timeout=self.process.stop_timeout, return_when=asyncio.FIRST_COMPLETED)
        for task in impatient:
            task.cancel()
        if not ended.done():
            running.kill()

    async def _others_ready(self) -> None:
        for keeper in self.before:
            await keeper._ready.wait()

    async def _may_stop(self) -> None:
        await self._stopping.wait()
        for keeper in self.after:
            await keeper._gone.wait()

    async def _unless_stopping(self, work: Coroutine[Any, Any, None]) -> bool:
        """Whether `work` came to its end first."""
        tasks = {asyncio.create_task(work), asyncio.create_task(self._stopping.wait())}
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        return not self._stopping.is_set()

    def _tell(
        self,
        kind: EventKind,
        *,
        seconds: float = 0.0,
        exit_code: int | None = None,
        tail: Sequence[str] = (),
    ) -> None:
        try:
            self._announce(Event(kind=kind, process=self.process, seconds=seconds, exit_code=exit_code, tail=tail))
        except Exception:  # e.g. the terminal has been closed
            logger.exception("%s of %s could not be announced", kind, self.process.name)


async def _says_yes(probe: Probe) -> bool:
    try:
        return await asyncio.wait_for(probe(), PROBE_TIMEOUT)
    except Exception:  # a probe fails in as many ways as there are protocols
        return False
