"""``botbay search``: what was said in the rooms that are kept, and nothing of private talks."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.integration.test_cli import botbay

pytestmark = pytest.mark.usefixtures("database")

SAID = {
    "老同学": [
        ("阿明", "停车码谁知道？"),
        ("小雅", "停车码是 8842，手机 13812345678"),
        ("大刘", "收到"),
    ],
    "团购群": [("阿明", "停车码失效了"), ("小雅", "橙子到了")],
}


def test_rooms_are_searched_and_the_answer_comes_first(database_url: str, tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return botbay(*arguments, cwd=tmp_path, database_url=database_url, data_dir=tmp_path / "data")

    lines = [
        {"room": room, "talker": who, "at": f"2026-11-20T10:{number:02}:00+08:00", "type": "text", "text": text}
        for room, said in SAID.items()
        for number, (who, text) in enumerate(said)
    ]
    history = tmp_path / "history.jsonl"
    history.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
    assert run("import", "history.jsonl").returncode == 0

    done = run("search", "停车码多少", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    first = json.loads(done.stdout.splitlines()[0])
    assert first | {"message_id": 0} == {
        "message_id": 0,
        "file_id": None,
        "kind": "text",
        "room": "老同学",
        "who": "小雅",
        "at": "2026-11-20T10:01:00+08:00",
        "text": "停车码是 8842，手机 138****5678",
        "marks": [[0, 3]],
        "file_name": "",
        "answer": True,
    }
    assert {json.loads(line)["text"] for line in done.stdout.splitlines()[1:]} == {"停车码谁知道？", "停车码失效了"}
    found = [json.loads(line) for line in run("search", "停车码", "--json").stdout.splitlines()]
    assert sorted(each["room"] for each in found) == ["团购群", "老同学", "老同学"]
    done = run("search", "停车", "--room", "团购群")
    assert done.stdout == "团购群  2026-11-20 10:00  阿明：停车码失效了\n"
    done = run("search", "停车", "--limit", "1")
    assert len(done.stdout.splitlines()) == 1
    assert "--limit" in done.stderr
    for wrong in (["没有这个"], ["停车", "--room", "没有的群"]):
        done = run("search", *wrong)
        assert (done.returncode, done.stdout) == (1, "")
        assert len(done.stderr.splitlines()) == 1
    assert run("search", " ").returncode == 2
