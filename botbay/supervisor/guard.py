"""A small process that outlives a killed supervisor just long enough to end all that it had started.

It reads `+GROUP SIGNAL SECONDS` and `-GROUP` lines from the supervisor's pipe. When the pipe ends while groups
are left, they get their signal, then their time, then SIGKILL. The parent-death signal of Linux would reach
neither grandchildren nor one that does not listen. Run by path: it needs the standard library only.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time


class Guard:
    """The supervisor's side."""

    def __init__(self) -> None:
        self._groups: dict[int, bytes] = {}
        self._process = self._start()

    def ensure(self) -> None:
        """Replace the guard process if somebody killed it."""
        if self._process.poll() is not None:
            self.close()
            self._process = self._start()

    def enrol(self, number: int, seconds: float) -> None:
        """Put the calling process under guard: its group gets signal `number`, and `seconds` later SIGKILL.

        Called in the child between fork and exec: so there is no moment in which a child is not known.
        """
        os.write(self._pipe, _line(os.getpid(), number, seconds))

    def remember(self, group: int, number: int, seconds: float) -> None:
        """The same `group` has been enrolled; keep it for a guard process that must be replaced."""
        self._groups[group] = _line(group, number, seconds)

    def forget(self, group: int) -> None:
        del self._groups[group]
        with contextlib.suppress(BrokenPipeError):
            os.write(self._pipe, b"-%d\n" % group)

    def close(self) -> None:
        """Returns when the guard has ended, and with it whatever had not been forgotten."""
        self._process.communicate()

    @property
    def _pipe(self) -> int:
        assert self._process.stdin is not None
        return self._process.stdin.fileno()

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__], stdin=subprocess.PIPE, start_new_session=True
        )
        assert process.stdin is not None
        os.write(process.stdin.fileno(), b"".join(self._groups.values()))
        return process


def _line(group: int, number: int, seconds: float) -> bytes:
    return b"+%d %d %f\n" % (group, number, seconds)


def watch() -> None:
    """The guard process's side."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    groups: dict[int, tuple[int, float]] = {}
    for line in sys.stdin.buffer:
        group, *rest = line[1:].split()
        if line.startswith(b"+"):
            groups[int(group)] = (int(rest[0]), float(rest[1]))
        else:
            groups.pop(int(group), None)
    for group, (number, _) in groups.items():
        signal_group(group, number)
    began = time.monotonic()
    while groups:
        for group, (_, seconds) in list(groups.items()):
            if time.monotonic() - began >= seconds:
                signal_group(group, signal.SIGKILL)
                del groups[group]
            elif not signal_group(group, 0):
                del groups[group]
        time.sleep(0.05)


def signal_group(group: int, number: int) -> bool:
    """Whether anybody is left in the group."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # macOS refuses where only a zombie is left
        return False
    return True


if __name__ == "__main__":
    watch()
