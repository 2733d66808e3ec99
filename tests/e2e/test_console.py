"""A maintainer at a terminal: ``botbay rasa`` against the running stack, through a real terminal."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.e2e.conftest import Place

BOTBAY = str(Path(sys.executable).with_name("botbay"))
_CONTROL = re.compile(r"\x1b(\[[0-9;?]*[a-zA-Z]|\([0B])|\r")


class Terminal:
    """A command in a terminal of its own: what it shows, and what is typed."""

    def __init__(self, process: "subprocess.Popen[bytes]", master: int) -> None:
        self.process = process
        self._master = master
        self._new = ""

    def until(self, words: str, timeout: float = 60.0) -> str:
        """What is shown from here on, up to these words."""
        deadline = time.monotonic() + timeout
        while words not in self._new:
            assert time.monotonic() < deadline, self._new
            if select.select([self._master], [], [], 0.2)[0]:
                raw = os.read(self._master, 65536)
                if b"\x1b[6n" in raw:  # where is the cursor?
                    os.write(self._master, b"\x1b[1;1R")
                self._new += _CONTROL.sub("", raw.decode(errors="replace"))
            else:
                assert self.process.poll() is None, self._new
        shown, _, self._new = self._new.partition(words)
        return shown + words

    def type(self, line: str) -> None:
        time.sleep(0.5)  # a prompt takes what is typed once it has drawn itself
        self._new = ""
        os.write(self._master, line.encode() + b"\r")


@contextmanager
def terminal(place: Place, *arguments: str) -> Iterator[Terminal]:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    outside = {name: value for name, value in os.environ.items() if not name.startswith("BOTBAY_")}
    process = subprocess.Popen(
        [BOTBAY, "rasa", *arguments],
        env={**outside, **place.stack.environment, "TERM": "xterm"},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    try:
        yield Terminal(process, master)
    finally:
        process.kill()
        process.wait(20)
        os.close(master)


def test_the_shell_speaks_with_the_stacks_actions(place: Place) -> None:
    with terminal(place, "shell") as console:
        console.until("Your input ->")
        console.type("你好")
        console.until("Your input ->")
        console.type("帮助")
        assert "我现在会这些" in console.until("绑定账号")
        console.until("Your input ->")
        # The same action works again: nothing that it answered is taken for this answer.
        console.type("帮助")
        console.until("我现在会这些")
        console.until("Your input ->")
        console.type("不要记录我")
        console.until("不记录你")
        console.until("Your input ->")
        console.type("/stop")
        assert console.process.wait(30) == 0


def test_interactive_training_begins_and_is_kept_to_this_machine(place: Place) -> None:
    with terminal(place, "interactive") as console:
        console.until("Your input ->")
        listening = {
            connection.laddr.ip
            for connection in psutil.Process(console.process.pid).net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        }
        assert listening == {"127.0.0.1"}
        console.type("你好")
        console.until("Is the intent 'greet' correct")
        console.type("")
        console.until("The bot wants to run 'utter_greet'")


def test_one_sentence_is_looked_at_without_any_server(place: Place) -> None:
    with terminal(place, "shell", "nlu") as console:
        console.until("Next message:")
        console.type("谢谢你呀")
        console.until('"name": "thanks"')


def test_without_the_stack_it_says_so(tmp_path: Path) -> None:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("BOTBAY_")}
    done = subprocess.run(
        [BOTBAY, "rasa", "shell"],
        env={**outside, "BOTBAY_DATA_DIR": str(tmp_path), "BOTBAY_ACTIONS_PORT": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "make run" in done.stderr


@pytest.mark.parametrize("arguments", [["--version"], ["data", "--help"]])
def test_other_commands_of_rasa_are_passed_on(arguments: list[str]) -> None:
    done = subprocess.run([BOTBAY, "rasa", *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0
    assert "Rasa Version" in done.stdout or "usage: rasa data" in done.stdout
