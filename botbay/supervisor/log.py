"""A process's output. It writes the file itself, so that it never waits for its supervisor, nor needs it."""

import contextlib
import os
import shutil
from pathlib import Path

LIMIT = 10_000_000  # bytes; what came before is kept in one more file
TAIL = 4_000  # bytes


class Log:
    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        self.path = path
        self._limit = limit
        self._start = 0

    def open(self) -> int:
        """A descriptor for the output of a process that starts now; the caller closes it."""
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._start = os.fstat(descriptor).st_size
        return descriptor

    def rotate(self) -> None:
        """Set aside what is there once it is more than the limit.

        The file itself stays, since the process holds it open; a line written in this very moment is lost.
        """
        if not self.path.exists() or self.path.stat().st_size <= self._limit:
            return
        with contextlib.suppress(OSError):  # a full disk: then rather lose old lines than stop everything
            shutil.copy(self.path, self.path.with_name(f"{self.path.name}.1"))
        os.truncate(self.path, 0)
        self._start = 0

    def tail(self, lines: int = 10) -> list[str]:
        """The last lines since the process started."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(min(self._start, size), size - TAIL))
            return file.read().decode(errors="replace").splitlines()[-lines:]
