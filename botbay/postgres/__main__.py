"""`python -m botbay.postgres DIRECTORY`: become that directory's PostgreSQL server, in the foreground."""

import os
import sys
from pathlib import Path
from typing import NoReturn

from botbay.postgres.binaries import programs
from botbay.postgres.cluster import HOST, NAME, Cluster, environment, visible
from botbay.postgres.errors import AlreadyRunning, PostgresError, said_plainly
from botbay.postgres.server import EXIT_ALREADY_RUNNING

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "cluster_name": NAME,  # shown by ps
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    # What people wrote must not reach the log: an error quotes the value it met, a crash the statement that
    # it cut off.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
    # And it must not grow: nothing rotates it while the server runs detached.
    "log_checkpoints": "off",
    "log_autovacuum_min_duration": "-1",
}


def serve(directory: Path) -> NoReturn:
    """Replace this process by the server. Raises PostgresError before that."""
    cluster = Cluster(directory)
    cluster.prepare()
    account = cluster.account()
    program = programs(account) / "postgres"
    with said_plainly(directory), cluster.locked() as lock:
        if cluster.pid() is not None:  # started by other means, so without the lock
            raise AlreadyRunning(f"{directory} 的数据库已经在运行")
        # Ours alone now, so a file that names a process is stale, even if another program has that number
        # today (PostgreSQL by itself would refuse to start then).
        (cluster.data / "postmaster.pid").unlink(missing_ok=True)
        settings = SETTINGS | {"port": str(cluster.choose_port())}
        arguments = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
        os.umask(0o077)
        os.chdir(cluster.data)
        if account is not None:
            account.become()
        os.set_inheritable(lock, True)
        # By its whole path: it finds its own files from there, and would else take another installation's.
        os.execve(program, [str(program), "-D", visible(cluster.data, account), *arguments], environment())


if __name__ == "__main__":
    try:
        serve(Path(sys.argv[1]))
    except PostgresError as error:
        print(error, file=sys.stderr)
        sys.exit(EXIT_ALREADY_RUNNING if isinstance(error, AlreadyRunning) else 1)
