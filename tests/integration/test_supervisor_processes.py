"""The supervisor on real processes: order, restarts, hangs, clean and unclean ends."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from botbay.postgres import EmbeddedPostgres
from botbay.supervisor import Event, EventKind, Process, Supervisor, keeper

REPOSITORY = Path(__file__).parents[2]

# Writes its process id to the file named by its first argument, then does what the second says.
CHILD = """
import os, pathlib, signal, subprocess, sys, time
def note(path, pid):
    pathlib.Path(path + ".new").write_text(str(pid))
    os.replace(path + ".new", path)
path, *manners = sys.argv[1:]
if "deaf" in manners:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "parent" in manners:
    note(path + ".child", subprocess.Popen(["sleep", "600"]).pid)
note(path, os.getpid())
if "crash" in manners:
    print("last words")
    sys.exit(3)
time.sleep(600)
"""


class Record:
    """Every event, and a way to wait for the next one of a kind."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._new = asyncio.Event()

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self._new.set()

    def of(self, name: str) -> list[EventKind]:
        return [event.kind for event in self.events if event.process.name == name]

    async def until(self, name: str, kind: EventKind, times: int = 1) -> Event:
        async with asyncio.timeout(60):
            while self.of(name).count(kind) < times:
                self._new.clear()
                await self._new.wait()
        return [event for event in self.events if event.process.name == name and event.kind == kind][times - 1]


class Stack:
    """Processes of `CHILD` in one directory, and their supervisor."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.record = Record()

    def process(self, name: str, *manners: str, **settings: object) -> Process:
        async def started() -> bool:
            return self._pid_file(name).exists() and is_alive(self.pid(name))

        defaults: dict[str, object] = {"title": name, "ready": started, "stop_timeout": 20}
        command = [sys.executable, "-c", CHILD, str(self._pid_file(name)), *manners]
        return Process(name=name, command=command, **(defaults | settings))  # type: ignore[arg-type]

    def supervisor(self, *processes: Process) -> Supervisor:
        return Supervisor(processes, self.record, self.directory / "logs")

    def pid(self, name: str) -> int:
        return int(self._pid_file(name).read_text())

    def _pid_file(self, name: str) -> Path:
        return self.directory / name


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path)


def database(postgres: EmbeddedPostgres) -> Process:
    async def ready() -> bool:
        return await asyncio.to_thread(postgres.is_ready)

    return Process(
        name="postgres",
        title="数据库",
        command=postgres.command(),
        cwd=REPOSITORY,
        ready=ready,
        healthy=ready,
        stop_signal=signal.SIGINT,
        stop_timeout=30,
        running=postgres.pid,
    )


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


async def test_each_starts_when_what_it_needs_is_ready_and_stops_before_it(stack: Stack) -> None:
    supervisor = stack.supervisor(
        stack.process("web", after=["worker", "db"]),
        stack.process("worker", after=["db"]),
        stack.process("db"),
    )
    running = asyncio.create_task(supervisor.run())
    await stack.record.until("web", EventKind.READY)
    pids = [stack.pid(name) for name in ("db", "worker", "web")]
    await supervisor.stop()
    await running
    assert [(event.process.name, event.kind.value) for event in stack.record.events] == [
        (name, kind) for name in ("db", "worker", "web") for kind in ("starting", "ready")
    ] + [(name, "stopped") for name in ("web", "worker", "db")]
    assert not any(is_alive(pid) for pid in pids)


async def test_a_crash_is_reported_with_its_last_words_and_mended_ever_more_slowly(stack: Stack) -> None:
    supervisor = stack.supervisor(stack.process("sound"), stack.process("sick", "crash", ready=None))
    running = asyncio.create_task(supervisor.run())
    await stack.record.until("sound", EventKind.READY)
    sound = stack.pid("sound")
    died = await stack.record.until("sick", EventKind.DIED)
    assert (died.exit_code, died.tail) == (3, ["last words"])
    delays = [(await stack.record.until("sick", EventKind.RESTARTING, times)).seconds for times in (1, 2, 3)]
    assert delays == [0.5, 1.0, 2.0]
    assert is_alive(sound)
    assert stack.record.of("sound") == [EventKind.STARTING, EventKind.READY]
    await supervisor.stop()
    await running
    assert stack.record.of("sick")[-1] == EventKind.RESTARTING  # not waited for


async def test_after_a_while_in_order_the_next_restart_is_quick_again(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "WELL_AGAIN", 0.2)
    supervisor = stack.supervisor(stack.process("worker"))
    running = asyncio.create_task(supervisor.run())
    for life in (1, 2, 3):
        await stack.record.until("worker", EventKind.READY, life)
        await asyncio.sleep(0.3)
        os.kill(stack.pid("worker"), signal.SIGKILL)
        assert (await stack.record.until("worker", EventKind.RESTARTING, life)).seconds == 0.5
    await supervisor.stop()
    await running


async def test_one_killed_from_outside_comes_back_and_its_children_do_not_pile_up(stack: Stack) -> None:
    supervisor = stack.supervisor(stack.process("worker", "parent"))
    running = asyncio.create_task(supervisor.run())
    await stack.record.until("worker", EventKind.READY)
    grandchild = stack.pid("worker.child")
    os.kill(stack.pid("worker"), signal.SIGKILL)
    assert (await stack.record.until("worker", EventKind.DIED)).exit_code == -signal.SIGKILL
    wait_for(lambda: not is_alive(grandchild))
    await stack.record.until("worker", EventKind.READY, times=2)
    await supervisor.stop()
    await running


async def test_a_command_that_cannot_be_run_is_a_death_like_any_other(stack: Stack) -> None:
    missing = Process(name="gone", title="gone", command=["/no/such/program"])
    supervisor = stack.supervisor(missing, stack.process("sound"))
    running = asyncio.create_task(supervisor.run())
    died = await stack.record.until("gone", EventKind.DIED)
    assert died.exit_code is None
    assert "/no/such/program" in died.tail[0]
    await stack.record.until("sound", EventKind.READY)
    await stack.record.until("gone", EventKind.DIED, times=2)
    await supervisor.stop()
    await running


async def test_one_that_does_not_stop_is_killed_with_its_children(stack: Stack) -> None:
    supervisor = stack.supervisor(stack.process("web", "deaf", "parent", stop_timeout=0.5))
    running = asyncio.create_task(supervisor.run())
    await stack.record.until("web", EventKind.READY)
    pids = [stack.pid("web"), stack.pid("web.child")]
    await supervisor.stop()
    await running
    wait_for(lambda: not any(is_alive(pid) for pid in pids))


async def test_one_that_hangs_is_started_anew(stack: Stack) -> None:
    async def healthy() -> bool:
        if psutil.Process(stack.pid("web")).status() == psutil.STATUS_STOPPED:
            await asyncio.sleep(60)
        return True

    supervisor = stack.supervisor(stack.process("web", healthy=healthy, unhealthy_after=2, stop_timeout=0.5))
    running = asyncio.create_task(supervisor.run())
    await stack.record.until("web", EventKind.READY)
    first = stack.pid("web")
    os.kill(first, signal.SIGSTOP)
    assert (await stack.record.until("web", EventKind.UNHEALTHY)).seconds >= 2
    await stack.record.until("web", EventKind.READY, times=2)
    wait_for(lambda: stack.pid("web") != first)
    assert not is_alive(first)
    await supervisor.stop()
    await running


async def test_one_that_never_gets_ready_is_started_anew_and_nothing_starts_upon_it(stack: Stack) -> None:
    async def never() -> bool:
        raise ConnectionRefusedError

    supervisor = stack.supervisor(
        stack.process("rasa", ready=never, ready_timeout=0.5), stack.process("web", after=["rasa"])
    )
    running = asyncio.create_task(supervisor.run())
    await stack.record.until("rasa", EventKind.STARTING, times=2)
    await supervisor.stop()
    await running
    assert stack.record.of("rasa")[:4] == [
        EventKind.STARTING,
        EventKind.UNHEALTHY,
        EventKind.DIED,
        EventKind.RESTARTING,
    ]
    assert stack.record.of("web") == []


async def test_output_goes_to_the_processs_own_log(stack: Stack) -> None:
    supervisor = stack.supervisor(stack.process("sick", "crash", ready=None))
    running = asyncio.create_task(supervisor.run())
    await stack.record.until("sick", EventKind.DIED)
    await supervisor.stop()
    await running
    assert (stack.directory / "logs" / "sick.log").read_text() == "last words\n"


async def test_an_announcer_that_fails_stops_nothing(stack: Stack, caplog: pytest.LogCaptureFixture) -> None:
    def broken(event: Event) -> None:
        stack.record(event)
        raise BrokenPipeError

    supervisor = Supervisor([stack.process("web")], broken, stack.directory / "logs")
    running = asyncio.create_task(supervisor.run())
    await stack.record.until("web", EventKind.READY)
    await supervisor.stop()
    await running
    assert "could not be announced" in caplog.text


# A supervisor in a process of its own, with what the tests below do to it. `lasting` may outlive it.
MAIN = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, "tests/integration")
from botbay.postgres import EmbeddedPostgres
from test_supervisor_processes import Stack, database, is_alive
directory, *kinds = sys.argv[1:]
stack = Stack(Path(directory))
def lasting():
    pid = stack.pid("lasting") if (stack.directory / "lasting").exists() else None
    return pid if pid is not None and is_alive(pid) else None
processes = {
    "plain": lambda: stack.process("plain", "parent"),
    "deaf": lambda: stack.process("deaf", "deaf", "parent", stop_timeout=1),
    "stubborn": lambda: stack.process("stubborn", "deaf", stop_timeout=600),
    "lasting": lambda: stack.process("lasting", running=lasting),
    "postgres": lambda: database(EmbeddedPostgres(stack.directory / "postgres")),
}
class Printer:
    def __call__(self, event):
        print(event.process.name, event.kind.value, flush=True)
stack.record = Printer()
asyncio.run(stack.supervisor(*(processes[kind]() for kind in kinds)).run())
"""


@contextmanager
def supervisor_of(directory: Path, *kinds: str) -> Iterator[subprocess.Popen[str]]:
    """All of them ready."""
    command = [sys.executable, "-c", MAIN, str(directory), *kinds]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as main:
        try:
            assert main.stdout is not None
            ready = 0
            while ready < len(kinds):
                line = main.stdout.readline()
                assert line, "the supervisor ended"
                ready += line.endswith("ready\n")
            yield main
        finally:
            main.kill()


def test_a_killed_supervisor_leaves_no_process_but_the_one_that_may_stay(stack: Stack) -> None:
    with supervisor_of(stack.directory, "plain", "deaf", "lasting") as main:
        family = [stack.pid(name) for name in ("plain", "plain.child", "deaf", "deaf.child")]
        lasting = stack.pid("lasting")
        assert all(is_alive(pid) for pid in family)
        main.kill()
        wait_for(lambda: not any(is_alive(pid) for pid in family))
    assert is_alive(lasting)
    with supervisor_of(stack.directory, "lasting") as main:
        assert stack.pid("lasting") == lasting
        main.send_signal(signal.SIGTERM)
        assert main.wait(timeout=60) == 0
    assert not is_alive(lasting)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_cleanly(stack: Stack, number: signal.Signals) -> None:
    with supervisor_of(stack.directory, "plain", "deaf") as main:
        family = [stack.pid(name) for name in ("plain", "plain.child", "deaf", "deaf.child")]
        main.send_signal(number)
        assert main.wait(timeout=60) == 0
        assert main.stdout is not None
        assert sorted(main.stdout.read().splitlines()) == ["deaf stopped", "plain stopped"]
    assert not any(is_alive(pid) for pid in family)


def test_a_second_ctrl_c_does_not_wait(stack: Stack) -> None:
    with supervisor_of(stack.directory, "stubborn") as main:
        main.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert main.poll() is None
        main.send_signal(signal.SIGINT)
        assert main.wait(timeout=60) == 0
    assert not is_alive(stack.pid("stubborn"))


def test_everything_is_still_guarded_after_the_guard_was_killed(stack: Stack) -> None:
    with supervisor_of(stack.directory, "plain") as main:

        def guards() -> list[psutil.Process]:
            found = []
            for child in psutil.Process(main.pid).children():
                with contextlib.suppress(psutil.NoSuchProcess):  # it is just dying
                    found += [child] if "guard.py" in " ".join(child.cmdline()) else []
            return found

        (guard,) = guards()
        guard.kill()
        wait_for(lambda: set(guards()) - {guard})
        time.sleep(0.5)  # it reads what it must know
        main.kill()
        wait_for(lambda: not is_alive(stack.pid("plain")) and not is_alive(stack.pid("plain.child")))


async def test_postgres_outlives_a_killed_supervisor_and_is_adopted_by_the_next(stack: Stack) -> None:
    with supervisor_of(stack.directory, "postgres") as main:
        main.kill()
    postgres = EmbeddedPostgres(stack.directory / "postgres")
    pid = postgres.pid()
    assert pid is not None
    assert postgres.is_ready()
    try:
        supervisor = stack.supervisor(database(postgres))
        running = asyncio.create_task(supervisor.run())
        await stack.record.until("postgres", EventKind.READY)
        assert stack.record.of("postgres") == [EventKind.ADOPTED, EventKind.READY]
        os.kill(pid, signal.SIGKILL)
        await stack.record.until("postgres", EventKind.READY, times=2)
        assert postgres.pid() != pid
        await supervisor.stop()
        await running
        assert not postgres.is_running()
    finally:
        postgres.stop()
