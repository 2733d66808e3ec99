"""A PostgreSQL data directory: made once, locked by whoever runs it, found by everyone.

Below the directory lie `data` (PostgreSQL's own), `password` and `port` (for whoever connects) and `lock`.
The running server and all its children hold `lock`: it is free exactly when nothing of a former server is left,
which no process id can say.
"""

import fcntl
import os
import random
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from botbay.postgres.binaries import Account, account_for, programs, version
from botbay.postgres.errors import (
    AlreadyRunning,
    PostgresError,
    explain_output,
    said_plainly,
)

HOST = "127.0.0.1"
NAME = "botbay"  # of the role and of the database

# Below the range that the kernel takes ports for outgoing connections from.
PORTS = range(20000, 30000)

# The first server's making, or an orphan's last breath, may take this long.
LOCK_TIMEOUT = 60.0


class Cluster:
    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self.data = self.directory / "data"
        self.password_file = self.directory / "password"
        self.port_file = self.directory / "port"
        self.lock_file = self.directory / "lock"

    def prepare(self) -> None:
        """Make the data directory with role and database, if there is none. Any number may call it at once."""
        with said_plainly(self.directory):
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not self._exists():
                try:
                    with self.locked():
                        if not self._exists():
                            self._make()
                except AlreadyRunning:
                    if not self._exists():  # else another process made it, and its server is up already
                        raise
            self._check()

    def url(self) -> str:
        try:
            password, port = self.password_file.read_text().strip(), int(self.port_file.read_text())
        except FileNotFoundError:
            raise PostgresError(f"{self.directory} 里的数据库还没有启动过:请先运行 botbay up") from None
        except (OSError, ValueError) as error:
            raise PostgresError(f"读不了 {self.directory} 里的 password 和 port:{error}") from error
        return f"postgresql://{NAME}:{password}@{HOST}:{port}/{NAME}"

    def pid(self) -> int | None:
        """Of the postmaster that serves this very directory; None when there is none."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE or not process.name().startswith("postgres"):
                return None
            return pid if self.data.samefile(process.cwd()) else None
        except (OSError, ValueError, psutil.NoSuchProcess):
            return None
        except psutil.AccessDenied as error:
            raise PostgresError(f"{self.data} 正由另一个用户的 PostgreSQL 使用:请用那个用户来运行") from error

    def is_free(self) -> bool:
        """Whether no server, nor anything a former one left behind, still works on the directory."""
        try:
            with self.locked(timeout=0):
                return self.pid() is None
        except AlreadyRunning:
            return False

    @contextmanager
    def locked(self, timeout: float = LOCK_TIMEOUT) -> Iterator[int]:
        """Hold the directory; yields the lock's file descriptor.

        Raises AlreadyRunning as soon as a server is seen, or after `timeout` seconds.
        """
        descriptor = os.open(self.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            deadline = time.monotonic() + timeout
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= deadline or self.pid() is not None:
                        raise AlreadyRunning(f"{self.directory} 正被另一个进程使用:请稍等再试") from None
                    time.sleep(0.05)
            yield descriptor
        finally:
            os.close(descriptor)

    def choose_port(self) -> int:
        """The port of last time while it is free, else another; written down for everyone. Call it locked."""
        try:
            candidates = [int(self.port_file.read_text())]
        except (OSError, ValueError):
            candidates = []
        for port in [*candidates, *random.sample(PORTS, 50)]:
            if _is_free(port):
                self._write(self.port_file, str(port))
                return port
        raise PostgresError(f"在 {HOST} 上找不到空闲端口:请关掉一些程序再试")

    def account(self) -> Account | None:
        return account_for(self.data)

    def _exists(self) -> bool:
        return (self.data / "PG_VERSION").exists()

    def _check(self) -> None:
        owner = self.data.stat().st_uid
        if os.geteuid() not in (0, owner):
            raise PostgresError(f"{self.data} 属于用户 {owner}:请用那个用户来运行,或换一个 BOTBAY_DATA_DIR")
        if owner == 0:
            raise PostgresError(
                f"{self.data} 属于 root,而 PostgreSQL 不能用 root 运行:请先 chown -R nobody {self.data}"
            )
        found, ours = (self.data / "PG_VERSION").read_text().strip(), version().split(".")[0]
        if found != ours:
            raise PostgresError(
                f"{self.data} 是 PostgreSQL {found} 的数据,现在的程序是 {ours}:"
                "请用原来的 BotBay 导出(pg_dump)再导入,或换一个 BOTBAY_DATA_DIR"
            )

    def _make(self) -> None:
        fresh = self.directory / "data.new"
        account = self.account()
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if account is not None:
            account.own(fresh)
        password = secrets.token_urlsafe(24)
        self._run(
            fresh,
            account,
            "initdb",
            "--username=postgres",
            "--encoding=UTF8",
            # The built-in provider knows Unicode and is the same on every machine; system locales are not.
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--auth=reject",
            "--no-instructions",
        )
        self._run(
            fresh,
            account,
            "postgres",
            "--single",
            "-c",
            "exit_on_error=on",
            "template1",
            lines=(
                f"CREATE ROLE {NAME} LOGIN CREATEDB PASSWORD '{password}'",
                f"CREATE DATABASE {NAME} OWNER {NAME}",
            ),
        )
        # The superuser has no way in: what takes over the role cannot read files or run programs through it.
        (fresh / "pg_hba.conf").write_text(f"host all {NAME} {HOST}/32 scram-sha-256\n")
        self._write(self.password_file, password)
        fresh.rename(self.data)
        _flush(self.directory)

    def _run(
        self, fresh: Path, account: Account | None, program: str, *arguments: str, lines: tuple[str, ...] = ()
    ) -> None:
        first, *rest = arguments
        result = subprocess.run(
            # `--single` must come first of all.
            [programs(account) / program, first, "-D", visible(fresh, account), *rest],
            check=False,
            cwd=fresh,
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
            env=environment(),
            input="".join(f"{line}\n" for line in lines),
            capture_output=True,
            text=True,
        )
        if result.returncode:
            raise PostgresError(explain_output(result.stderr, self.directory))

    def _write(self, path: Path, text: str) -> None:
        """Replace a small file at once, readable to the directory's owner alone."""
        temporary = path.with_name(f"{path.name}.new")
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            if os.geteuid() == 0:
                owner = self.directory.stat()
                os.fchown(descriptor, owner.st_uid, owner.st_gid)
            os.fsync(descriptor)
        temporary.replace(path)


def visible(data: Path, account: Account | None) -> str:
    """How a program started in `data` is told of it.

    Another user may not be able to walk down to it (below root's home, for one); its own working directory it
    can always reach.
    """
    return "/proc/self/cwd" if account is not None and sys.platform == "linux" else str(data)


def environment() -> dict[str, str]:
    """For PostgreSQL's programs: none of the PG* variables somebody may have set for their own server."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C"}


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as PostgreSQL itself does
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _flush(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
