"""The supervisor's parts that need no process: order, logs, and one stack a directory."""

import os
from pathlib import Path

import pytest

from botbay.supervisor import AlreadyRunning, Process, Supervisor, only_instance
from botbay.supervisor.log import Log


def process(name: str, *after: str) -> Process:
    return Process(name=name, title=name, command=["true"], after=after)


@pytest.mark.parametrize(
    "processes",
    [
        [process("a"), process("a")],
        [process("a", "missing")],
        [process("a", "b"), process("b", "a")],
    ],
    ids=["same name twice", "needs one that is not there", "circle"],
)
def test_an_impossible_order_is_refused(processes: list[Process], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"unique|unknown or circular"):
        Supervisor(processes, lambda event: None, tmp_path)


def test_the_order_of_the_list_does_not_matter(tmp_path: Path) -> None:
    Supervisor([process("web", "db"), process("db")], lambda event: None, tmp_path)


def test_a_second_instance_is_refused_with_the_first_ones_process_id(tmp_path: Path) -> None:
    lock = tmp_path / "botbay.pid"
    with only_instance(lock):
        with pytest.raises(AlreadyRunning, match=f"进程 {os.getpid()}") as refused, only_instance(lock):
            pass
        assert "\n" not in str(refused.value)
    with only_instance(lock):
        assert lock.read_text() == str(os.getpid())


def test_a_lock_file_left_behind_means_nothing(tmp_path: Path) -> None:
    lock = tmp_path / "botbay.pid"
    lock.write_text("1")
    with only_instance(lock):
        pass


def test_a_log_is_set_aside_at_its_limit_while_the_process_goes_on_writing(tmp_path: Path) -> None:
    log = Log(tmp_path / "web.log", limit=100)
    output = log.open()
    os.write(output, b"x" * 99 + b"\n")
    log.rotate()
    assert not (tmp_path / "web.log.1").exists()
    os.write(output, b"one too many\n")
    log.rotate()
    os.write(output, b"after\n")
    os.close(output)
    assert log.path.read_text() == "after\n"
    assert (tmp_path / "web.log.1").read_text().endswith("one too many\n")
    assert log.tail() == ["after"]


def test_the_tail_holds_only_what_the_latest_start_wrote(tmp_path: Path) -> None:
    log = Log(tmp_path / "web.log")
    assert log.tail() == []
    for words in (b"old\n", b"new\n" * 3):
        output = log.open()
        os.write(output, words)
        os.close(output)
    assert log.tail(lines=2) == ["new", "new"]
    assert log.tail() == ["new"] * 3
