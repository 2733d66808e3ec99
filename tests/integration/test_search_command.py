"""``botbay search``: what was said and sent, for whoever runs the service."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.integration.test_cli import botbay

pytestmark = pytest.mark.usefixtures("database")

SAID = [
    ("产品群", "老李", "2026-11-20T10:00:00+08:00", "WiFi密码是 shuixiang2026"),
    ("产品群", "小赵", "2026-11-20T10:01:00+08:00", "有人知道WiFi密码吗"),
    ("测试群", "小赵", "2026-11-20T10:02:00+08:00", "测试环境的密码没变"),
]


def test_messages_are_found_in_all_rooms_or_in_one(database_url: str, tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return botbay(*arguments, cwd=tmp_path, database_url=database_url, data_dir=tmp_path / "data")

    lines = [{"room": room, "talker": who, "at": at, "type": "text", "text": text} for room, who, at, text in SAID]
    history = tmp_path / "history.jsonl"
    history.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
    assert run("import", "history.jsonl").returncode == 0

    done = run("search", "密码", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["room"], each["talker"]) for each in found] == [
        ("测试群", "小赵"),
        ("产品群", "小赵"),
        ("产品群", "老李"),
    ]
    assert found[-1]["text"] == "WiFi密码是 shuixiang2026"
    assert found[-1]["at"] == "2026-11-20T10:00:00+08:00"
    ((begin, end),) = found[-1]["marks"]
    assert found[-1]["text"][begin:end] == "密码"

    done = run("search", "密码 wifi", "--room", "产品群")
    assert [line.split("：")[1] for line in done.stdout.splitlines()] == [
        "有人知道WiFi密码吗",
        "WiFi密码是 shuixiang2026",
    ]
    done = run("search", "没有这句", "--json")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for wrong, code in ((["密码", "--room", "没有的群"], 1), (["  "], 2), ([], 2)):
        done = run("search", *wrong)
        assert (done.returncode, done.stdout) == (code, "")
        assert done.stderr
