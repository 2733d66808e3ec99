"""The running server: start it, find it, stop it. Whoever comes first starts it, the others share it."""

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

import psycopg

from botbay.postgres.cluster import Cluster
from botbay.postgres.errors import PostgresError, explain_output, said_plainly

EXIT_ALREADY_RUNNING = 75

LOG_LIMIT = 1_000_000  # bytes


class EmbeddedPostgres:
    """PostgreSQL in `directory`, on 127.0.0.1, with role and database `botbay`. Everything here blocks."""

    def __init__(self, directory: Path) -> None:
        self._cluster = Cluster(directory)
        self._log = self._cluster.directory / "server.log"

    def prepare(self) -> None:
        """Make the data directory if there is none yet. Raises PostgresError."""
        self._cluster.prepare()

    def command(self) -> list[str]:
        """The server in the foreground; stop it by SIGINT (SIGTERM would wait for every client to leave)."""
        return [sys.executable, "-m", "botbay.postgres", str(self._cluster.directory)]

    def url(self) -> str:
        """`postgresql://botbay:…@127.0.0.1:port/botbay`. Raises PostgresError before the first start.

        The port may be another one after the next start: ask again, do not keep it.
        """
        return self._cluster.url()

    def pid(self) -> int | None:
        """Of this directory's own live postmaster, whoever started it."""
        return self._cluster.pid()

    def is_running(self) -> bool:
        return self.pid() is not None

    def is_ready(self) -> bool:
        """Whether it takes connections now."""
        if not self.is_running():  # then whatever listens at its old port is a stranger
            return False
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except (psycopg.OperationalError, PostgresError):
            return False
        return True

    def start(self, timeout: float = 30.0) -> None:
        """Have a server that takes connections, started now or found running; it outlives this process.

        Raises PostgresError when it gives up by itself, or is not there after `timeout` seconds.
        """
        self.prepare()
        deadline = time.monotonic() + timeout
        child: int | None = None
        while not self.is_ready():
            if child is None and not self.is_running():
                with said_plainly(self._cluster.directory):
                    child, logged = self._spawn()
            elif child is not None and (code := _exit_code(child)) is not None:
                child = None
                if code != EXIT_ALREADY_RUNNING:
                    raise PostgresError(explain_output(self._logged_since(logged), self._cluster.directory))
            if time.monotonic() > deadline:
                raise PostgresError(f"数据库 {timeout:.0f} 秒内没有准备好:请看 {self._log},或稍等再试")
            time.sleep(0.05)
        if child is not None and child != self.pid():
            # Somebody else was quicker. Left alone, ours might start a server just after that one is stopped.
            os.kill(child, signal.SIGTERM)
            os.waitpid(child, 0)

    def stop(self, timeout: float = 30.0) -> None:
        """Stop the server, whoever started it, and leave nothing of it. Does nothing when there is none.

        Clients are cut off and what is open is rolled back. After `timeout` seconds it is killed, which costs
        nothing but a recovery at the next start.
        """
        if (pid := self.pid()) is None:
            return
        for number, seconds in ((signal.SIGINT, timeout), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            told: set[int] = set()
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                # Whoever waited for the directory may take it the moment the old server leaves it: that one goes too.
                pid = self.pid() or pid
                if pid not in told:
                    told.add(pid)
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, number)
                with contextlib.suppress(ChildProcessError):  # then it was not started here
                    os.waitpid(pid, os.WNOHANG)
                if self._cluster.is_free():
                    return
                time.sleep(0.02)
        raise PostgresError(f"数据库进程 {pid} 停不下来:请手动结束它")

    def _spawn(self) -> tuple[int, int]:
        """Start the server detached; its process id, and how long the log was before."""
        with contextlib.suppress(FileNotFoundError):
            if self._log.stat().st_size > LOG_LIMIT:
                self._log.replace(self._log.with_name("server.log.1"))
        log = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(log).st_size
            # Not subprocess: a server that outlives its starter is meant here, and no cause for a warning.
            child = os.posix_spawn(
                sys.executable,
                self.command(),
                os.environ,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, log, 1),
                    (os.POSIX_SPAWN_DUP2, log, 2),
                ],
                setsid=True,
            )
        finally:
            os.close(log)
        return child, size

    def _logged_since(self, size: int) -> str:
        with self._log.open("rb") as file:
            file.seek(size)
            return file.read().decode(errors="replace")


def _exit_code(child: int) -> int | None:
    try:
        pid, status = os.waitpid(child, os.WNOHANG)
    except ChildProcessError:  # `stop` in another thread took it for the server, and waited for its end
        return -signal.SIGINT
    return os.waitstatus_to_exitcode(status) if pid else None
