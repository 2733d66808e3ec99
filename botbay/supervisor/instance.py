"""One stack a data directory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyRunning(RuntimeError):
    """One line for people."""


@contextmanager
def only_instance(lock_file: Path) -> Iterator[None]:
    """Hold `lock_file`, which names the holder's process id. Raises AlreadyRunning when another has it.

    The kernel gives the lock back whatever becomes of the holder, so a file left behind means nothing.
    """
    descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 20).decode() or "?"
            raise AlreadyRunning(f"BotBay 已经在运行(进程 {holder}):先停掉它,或换一个 BOTBAY_DATA_DIR") from None
        os.truncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)
