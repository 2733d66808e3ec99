"""What goes wrong with a database on somebody's laptop, said in one line with the mend."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class PostgresError(RuntimeError):
    """One line for people: what is wrong, and how to mend it."""


class AlreadyRunning(PostgresError):
    """A server runs on this directory already."""


@contextmanager
def said_plainly(directory: Path) -> Iterator[None]:
    """Turn what the system refuses (a full disk, no permission) into a PostgresError."""
    try:
        yield
    except OSError as error:
        raise PostgresError(_explain(error.errno, error.strerror, directory)) from error


def explain_output(output: str, directory: Path) -> str:
    """One line from what a program of PostgreSQL said before it gave up."""
    for code in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        if os.strerror(code) in output:
            return _explain(code, os.strerror(code), directory)
    for line in reversed(output.splitlines()):
        for word in ("error: ", "FATAL:  ", "PANIC:  "):
            if word in line:
                return f"数据库没能启动({line.split(word, 1)[1]}):请看 {directory} 里的日志"
    # Else it was the launcher that spoke, and its last line says it all.
    return output.strip().rpartition("\n")[2] or f"数据库没能启动,也没有说原因:请看 {directory} 里的日志"


def _explain(code: int | None, reason: str | None, directory: Path) -> str:
    if code in (errno.ENOSPC, errno.EDQUOT):
        return f"磁盘满了,数据库写不进 {directory}:请清出空间,或换一个 BOTBAY_DATA_DIR"
    if code in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"没有权限写 {directory}:请改它的权限,或换一个 BOTBAY_DATA_DIR"
    return f"用不了数据库目录 {directory}({reason}):请换一个 BOTBAY_DATA_DIR"
