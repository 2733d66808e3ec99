"""``botbay nlu parse``: a line of text in, a JSON object out, with the trained model and no server."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

BOTBAY = str(Path(sys.executable).with_name("botbay"))


def environment(folder: Path) -> dict[str, str]:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("BOTBAY_")}
    return {**outside, "BOTBAY_DATA_DIR": str(folder / "data")}


class Parsing:
    """The command, spoken with line by line."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [BOTBAY, "nlu", "parse"],
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def __call__(self, line: str | bytes) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write((line if isinstance(line, bytes) else line.encode()) + b"\n")
        self.process.stdin.flush()
        row = json.loads(self.process.stdout.readline())
        assert isinstance(row, dict)
        return row


@pytest.fixture(scope="module")
def parse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parsing]:
    parsing = Parsing(tmp_path_factory.mktemp("parse"))
    yield parsing
    out, err = parsing.process.communicate(timeout=120)
    assert parsing.process.returncode == 0
    assert (out, err) == (b"", b"")


def test_each_line_is_answered_before_the_next_is_read(parse: Parsing) -> None:
    row = parse("以后叫你小贝吧")
    assert list(row) == ["text", "intent", "confidence", "entities", "decision"]
    assert (row["text"], row["intent"], row["decision"]) == ("以后叫你小贝吧", "name_bot", "accept")
    assert row["confidence"] > 0.6
    assert ("nickname", "小贝") in [(entity["entity"], entity["value"]) for entity in row["entities"]]
    assert parse("谢谢你呀")["intent"] == "thanks"


def test_what_it_does_not_take_for_a_command_still_names_the_likeliest_intent(parse: Parsing) -> None:
    vague = ["ab\x00cd", "日报提醒审批", "那个纪要提醒", "把它发一下提醒", "待办日报", "报告小王", "取消日报提醒纪要"]
    unsure = [row for row in map(parse, vague) if row["decision"] != "accept"]
    assert {row["decision"] for row in unsure} <= {"clarify", "none"}
    assert unsure
    assert not {row["intent"] for row in unsure} & {None, "nlu_fallback"}


@pytest.mark.parametrize("line", ["", "   ", "\r"])
def test_an_empty_line_gives_a_line(parse: Parsing, line: str) -> None:
    row = parse(line)
    assert (row["intent"], row["confidence"], row["entities"], row["decision"]) == (None, 0.0, [], "none")


@pytest.mark.parametrize(
    ("text", "written", "moments"),
    [
        ("提醒我三天后下午三点开会", "三天后下午三点", "future"),
        ("看一下3月5号的日报", "3月5号", "past"),
        ("3月5号上午九点提醒我交报告", "3月5号上午九点", "future"),
    ],
)
def test_times_are_resolved_and_the_intent_says_which_way(
    parse: Parsing, text: str, written: str, moments: str
) -> None:
    (time,) = [entity for entity in parse(text)["entities"] if entity["entity"] == "time"]
    assert (time["value"], text[time["start"] : time["end"]], time["kind"]) == (written, written, "point")
    at = datetime.fromisoformat(time["at"])
    assert at.utcoffset() is not None
    assert (at > datetime.now(UTC)) == (moments == "future")


def test_what_recurs_has_a_rule(parse: Parsing) -> None:
    (time,) = [e for e in parse("每周一上午九点提醒我写周报")["entities"] if e["entity"] == "time"]
    assert time["rrule"].startswith("FREQ=WEEKLY")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("三年二班家长群的纪要", []),
        ("晚上好", []),
        ("提前十分钟提醒我明天三点开会", ["提前十分钟", "明天三点"]),
    ],
)
def test_no_other_times_are_named_than_those_the_bot_works_with(parse: Parsing, text: str, written: list[str]) -> None:
    assert [entity["value"] for entity in parse(text)["entities"] if entity["entity"] == "time"] == written


@pytest.mark.parametrize(
    "line", [b"\xff\xfe\xe4\xbd", b"a\x00b", "你" * 100_000, b"/greet", b'{"a": [', "😀" * 50, b"\xe2\x80\xa8"]
)
def test_broken_input_does_not_stop_it(parse: Parsing, line: str | bytes) -> None:
    row = parse(line)
    assert set(row) == {"text", "intent", "confidence", "entities", "decision"}
    assert parse("谢谢你呀")["intent"] == "thanks"


def test_a_model_that_is_none_is_named_in_one_line(tmp_path: Path) -> None:
    model = tmp_path / "x.tar.gz"
    model.write_bytes(b"no archive")
    done = subprocess.run(
        [BOTBAY, "nlu", "parse", "--model", str(model)],
        input="你好\n",
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert "模型" in done.stderr
    missing = subprocess.run(
        [BOTBAY, "nlu", "parse", "--model", "nothing"], env=environment(tmp_path), capture_output=True, check=False
    )
    assert missing.returncode == 2
