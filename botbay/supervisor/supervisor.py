"""All processes together: the order in which they start and stop, and what signals mean."""

import asyncio
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from botbay.supervisor.guard import Guard
from botbay.supervisor.keeper import Keeper
from botbay.supervisor.log import Log
from botbay.supervisor.process import Event, Process

HOUSEKEEPING_SECONDS = 5.0


class Supervisor:
    """Runs `processes`; each writes to `<log_directory>/<name>.log`.

    `announce` is called on the event loop and must not block. The death of one process stops no other.
    """

    def __init__(self, processes: Sequence[Process], announce: Callable[[Event], None], log_directory: Path) -> None:
        """Raises ValueError for a name used twice, an unknown one in `after`, or a circle."""
        self._log_directory = log_directory
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()
        self._stopped = asyncio.Event()
        self._keepers = {
            process.name: Keeper(
                process,
                announce,
                Log(log_directory / f"{process.name}.log"),
                stopping=self._stopping,
                hurry=self._hurry,
            )
            for process in _ordered(processes)
        }
        for keeper in self._keepers.values():
            keeper.before = [self._keepers[name] for name in keeper.process.after]
            keeper.after = [other for other in self._keepers.values() if keeper.process.name in other.process.after]

    async def run(self) -> None:
        """Run everything until `stop()`, Ctrl-C, SIGTERM or SIGHUP; returns when no process is left.

        A second Ctrl-C does not wait for the slow ones. Call it in the main thread.
        """
        self._log_directory.mkdir(parents=True, exist_ok=True)
        guard = Guard()
        with self._signals():
            housekeeping = asyncio.create_task(self._keep_house(guard))
            keepers = [asyncio.create_task(keeper.keep(guard)) for keeper in self._keepers.values()]
            try:
                await asyncio.wait(keepers, return_when=asyncio.FIRST_EXCEPTION)
            finally:
                self._stopping.set()
                await asyncio.wait(keepers)
                housekeeping.cancel()
                await asyncio.to_thread(guard.close)
                self._stopped.set()
        for keeper in keepers:
            keeper.result()

    async def stop(self) -> None:
        """Stop what `run` started, the last in order first; returns when no process is left."""
        self._stopping.set()
        await self._stopped.wait()

    async def _keep_house(self, guard: Guard) -> None:
        while True:
            await asyncio.sleep(HOUSEKEEPING_SECONDS)
            guard.ensure()
            for keeper in self._keepers.values():
                keeper.log.rotate()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        handled = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        for number in handled:
            loop.add_signal_handler(number, self._on_signal, number)
        try:
            yield
        finally:
            for number in handled:
                loop.remove_signal_handler(number)

    def _on_signal(self, number: signal.Signals) -> None:
        # Only Ctrl-C is impatience; a closed terminal and a service manager repeat themselves without it.
        if number == signal.SIGINT and self._stopping.is_set():
            self._hurry.set()
        self._stopping.set()


def _ordered(processes: Sequence[Process]) -> list[Process]:
    """Each after all that it needs."""
    names = [process.name for process in processes]
    if len(set(names)) < len(names):
        raise ValueError(f"process names must be unique: {names}")
    ordered: dict[str, Process] = {}
    waiting = list(processes)
    while waiting:
        able = [process for process in waiting if set(process.after) <= ordered.keys()]
        if not able:
            raise ValueError(f"unknown or circular order: { {p.name: list(p.after) for p in waiting} }")
        ordered |= {process.name: process for process in able}
        waiting = [process for process in waiting if process not in able]
    return list(ordered.values())
