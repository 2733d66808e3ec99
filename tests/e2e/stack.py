"""The whole stack as a person starts it, for tests: ``botbay up`` in a folder and on ports of its own."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from botbay import storage
from botbay.settings import load_settings
from tests.conftest import use_settings
from tests.gateway_fixture import free_port

#: Nobody waits for a human pace in a test.
_FAST = {"BOTBAY_SEND_RATE": "6000"}


class Stack:
    """One running ``botbay up``. ``start`` and ``stop`` may be repeated: the data stay."""

    def __init__(self, directory: Path, **settings: object) -> None:
        self.directory = directory
        self.web_port, self.rasa_port, self.actions_port = free_port(), free_port(), free_port()
        self._settings = {f"BOTBAY_{name.upper()}": str(value) for name, value in settings.items()}
        self._process: subprocess.Popen[str] | None = None
        self._output = directory / "up.out"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **_FAST,
            "BOTBAY_DATA_DIR": str(self.directory),
            "BOTBAY_WEB_PORT": str(self.web_port),
            "BOTBAY_RASA_PORT": str(self.rasa_port),
            "BOTBAY_ACTIONS_PORT": str(self.actions_port),
            **self._settings,
        }

    def start(self, timeout: float = 120.0) -> None:
        """Start and wait until it says that it is ready."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with self._output.open("w") as out:
            self._process = subprocess.Popen(
                [str(Path(sys.executable).with_name("botbay")), "up"],
                env={k: v for k, v in os.environ.items() if not k.startswith("BOTBAY_")} | self.environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                text=True,
            )
        deadline = time.monotonic() + timeout
        while "准备好了" not in self.said():
            if self._process.poll() is not None or time.monotonic() > deadline:
                logs = "\n".join(f"== {log.name}\n{log.read_text()[-1500:]}" for log in self.logs())
                self.stop()
                raise AssertionError(f"the stack did not start:\n{self.said()}\n{logs}")
            time.sleep(0.1)

    def said(self) -> str:
        """What it has printed so far."""
        return self._output.read_text() if self._output.exists() else ""

    def logs(self) -> list[Path]:
        return sorted((self.directory / "logs").glob("*.log"))

    def stop(self) -> None:
        """As Ctrl-C; waits for the end."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(40)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
                raise
            self._process = None

    def url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    def process_ids(self, command: str) -> list[int]:
        """The stack's own processes whose command line holds these words."""
        found = subprocess.run(
            ["pgrep", "-f", "--", command], capture_output=True, text=True, check=False
        ).stdout.split()
        own = []
        for pid in map(int, found):
            with contextlib.suppress(OSError):
                if str(self.directory).encode() in Path(f"/proc/{pid}/environ").read_bytes():
                    own.append(pid)
        return own


@contextlib.contextmanager
def running(stack: Stack) -> Iterator[Stack]:
    """The stack runs, and this process looks at the same database, also after a restart on another port."""
    stack.start()
    try:
        with pytest.MonkeyPatch.context() as patch:
            use_settings(patch, database_url=None, data_dir=stack.directory)
            yield stack
    finally:
        load_settings.cache_clear()  # what held before holds again, for instance the stack of the whole session
        storage.store.cache_clear()
        stack.stop()


async def eventually(check: Callable[[], Awaitable[None]], timeout: float = 60.0) -> None:
    """Wait until an async check holds; its last AssertionError otherwise."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            await check()
            return
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.1)
