"""``botbay minutes`` of rooms that are kept: the same minutes as of the history that went in."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.integration.test_cli import botbay

pytestmark = pytest.mark.usefixtures("database")

SAID = {
    "老同学": [
        ("阿明", "聚会的地方今天定一下，再晚就订不到了"),
        ("小雅", "湖边那家农家乐可以，人均一百二"),
        ("阿明", "那就定湖边农家乐，12月5号中午12点集合"),
        ("大刘", "收到"),
        ("小雅", "我来订位，周五之前付定金"),
        ("大刘", "哈哈哈哈终于定了"),
        ("大刘", "能带家属吗？"),
    ],
    "斗图群": [("阿明", "哈哈哈"), ("小雅", "[捂脸]")],
}


def test_minutes_of_rooms_that_are_kept(database_url: str, tmp_path: Path) -> None:
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

    done = run("minutes", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    (kept,) = map(json.loads, done.stdout.splitlines())  # nothing is said of a room in which all is noise
    (of_file, _) = map(json.loads, run("minutes", "--file", "history.jsonl", "--json").stdout.splitlines())
    assert kept["room"] == of_file["room"] == "老同学"
    for part in ("highlights", "decisions", "todos", "questions"):
        assert [item["text"] for item in kept[part]] == [item["text"] for item in of_file[part]]

    done = run("minutes", "--room", "老同学", "--since", "2026-11-20T10:02", "--until", "2026-11-20T10:03", "--json")
    assert json.loads(done.stdout)["messages"] == 1
    assert "【决定】" in run("minutes", "--room", "老同学").stdout
    for wrong in (["--room", "没有的群"], ["--room", "斗图群"], ["--since", "2027-01-01"]):
        done = run("minutes", *wrong)
        assert (done.returncode, done.stdout) == (1, "")
        assert len(done.stderr.splitlines()) == 1
