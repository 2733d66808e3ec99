"""``botbay minutes --file``: minutes without any server."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from botbay.cli import main

ROOMS = {
    "项目群": ["那就定周五下午三点上线", "收到", "小李你明天中午前把回滚方案发我", "灰度比例定多少？", "哈哈哈"],
    "家长群": ["周三春游，早上七点半校门口集合", "收到", "谢谢老师", "要带午饭吗？", "午饭自带，水壶也带上"],
}


@pytest.fixture
def history(tmp_path: Path) -> Path:
    lines = [
        {
            "room": room,
            "talker": f"人{number % 3}",
            "at": f"2026-03-04T09:{number:02}:00+08:00",
            "type": "text",
            "text": text,
        }
        for room, texts in ROOMS.items()
        for number, text in enumerate(texts)
    ]
    path = tmp_path / "history.jsonl"
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["minutes", *map(str, arguments)])


def rows(*arguments: str | Path) -> list[dict[str, object]]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_each_room_is_a_line_of_json(history: Path) -> None:
    found = rows("--file", history)
    assert [row["room"] for row in found] == ["项目群", "家长群"]
    fields = "room title summary chapters highlights decisions todos questions links files keywords"
    assert set(fields.split()) <= set(found[0])
    assert isinstance(found[0]["summary"], str)
    assert all(5 <= number < 10 for item in found[1]["highlights"] for number in item["source"])  # type: ignore[attr-defined]


def test_items_have_text_and_source_and_todos_who_what_and_due(history: Path) -> None:
    first = rows("--file", history)[0]
    for part in ("chapters", "highlights", "decisions", "todos", "questions"):
        for item in first[part]:  # type: ignore[attr-defined]
            assert item["text"] and item["source"]
    for todo in first["todos"]:  # type: ignore[attr-defined]
        assert {"who", "what", "due"} <= set(todo)


def test_a_room_a_span_and_a_number_narrow_it(history: Path) -> None:
    assert [row["room"] for row in rows("--file", history, "--room", "家长")] == ["家长群"]
    (row,) = rows("--file", history, "--room", "项目群", "--since", "2026-03-04T09:02", "--until", "2026-03-04T09:03")
    assert row["messages"] == 1
    (row,) = rows("--file", history, "--room", "项目群", "--highlights", "1")
    assert len(row["highlights"]) == 1  # type: ignore[arg-type]
    (row,) = rows("--file", history, "--room", "项目群", "--highlights", "40%")
    assert len(row["highlights"]) == 2  # type: ignore[arg-type]


def test_people_read_it_without_json(history: Path) -> None:
    result = run("--file", history, "--room", "家长群")
    assert result.exit_code == 0
    assert "【决定】" in result.output and "未发现" in result.output


def test_bad_lines_are_told_and_the_rest_is_read(history: Path) -> None:
    history.write_text("{\n" + history.read_text("utf-8"), "utf-8")
    result = run("--file", history, "--json")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 2
    assert result.stderr.startswith("第 1 行：")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--file", "nowhere.jsonl"],
        ["--highlights", "0"],
        ["--highlights", "120%"],
        ["--highlights", "many"],
        ["--since", "yesterday"],
        ["--since", "2026-03-05", "--until", "2026-03-04"],
    ],
)
def test_bad_use_ends_with_2(history: Path, arguments: list[str]) -> None:
    result = run("--file", history, *arguments)
    assert result.exit_code == 2
    assert not result.stdout


def test_what_cannot_be_read_ends_with_1_and_one_line(history: Path, tmp_path: Path) -> None:
    empty, broken = tmp_path / "empty.jsonl", tmp_path / "broken.jsonl"
    empty.write_text("")
    broken.write_bytes(b"\xff\xfe{")
    for arguments in (["--file", empty], ["--file", broken], ["--file", history, "--room", "没有的群"]):
        result = run(*arguments)
        assert result.exit_code == 1
        assert result.stderr.splitlines()[-1].startswith("botbay：")


def test_a_file_needs_neither_database_nor_pages(history: Path) -> None:
    code = (
        "import sys; from botbay.cli import main\n"
        f"try: main(['minutes', '--file', {str(history)!r}, '--json'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('sqlalchemy', 'nicegui', 'fastapi', 'jieba') if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert len(done.stdout.splitlines()) == 2


def test_the_same_file_gives_the_same_minutes_in_every_process(history: Path) -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", "from botbay.cli import main; main()", "minutes", "--file", history, "--json"],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(told) == 1
