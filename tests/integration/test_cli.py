"""The command line: one clear line on stderr, exit 2 for bad use, 1 for failure; JSON only on stdout."""

import json
import os
import socket
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tests.gateway_fixture import free_port

BOTBAY = str(Path(sys.executable).with_name("botbay"))


def botbay(*arguments: str, cwd: Path, **settings: object) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("BOTBAY_")}
    environment |= {f"BOTBAY_{name.upper()}": str(value) for name, value in settings.items()}
    return subprocess.run(
        [BOTBAY, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def complaint(done: subprocess.CompletedProcess[str], code: int = 1) -> str:
    assert done.returncode == code, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.mark.parametrize("name", sorted(entry.name for entry in entry_points(group="botbay.commands")))
def test_every_command_explains_itself(name: str, tmp_path: Path) -> None:
    done = botbay(name, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "Usage" in done.stdout


def test_bad_use_exits_2(tmp_path: Path) -> None:
    assert botbay("up", "--nonsense", cwd=tmp_path).returncode == 2
    assert botbay("nonsense", cwd=tmp_path).returncode == 2


def test_an_unknown_setting_stops_the_start(tmp_path: Path) -> None:
    assert "BOTBAY_WEB_PORT" in complaint(botbay("up", cwd=tmp_path, web_prot=8080))


def test_a_taken_port_stops_the_start_and_is_named(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = botbay(
            "up", cwd=tmp_path, data_dir=tmp_path / "d", web_port=port, rasa_port=free_port(), actions_port=free_port()
        )
    words = complaint(done)
    assert str(port) in words
    assert "BOTBAY_WEB_PORT" in words


def test_an_unreachable_database_stops_the_start_and_is_named(tmp_path: Path) -> None:
    done = botbay(
        "up",
        cwd=tmp_path,
        data_dir=tmp_path / "d",
        database_url="postgresql://botbay:x@127.0.0.1:1/botbay",
        web_port=free_port(),
        rasa_port=free_port(),
        actions_port=free_port(),
    )
    assert "BOTBAY_DATABASE_URL" in complaint(done)


def test_the_doctor_names_all_that_is_wrong(tmp_path: Path) -> None:
    done = botbay(
        "doctor",
        "--json",
        cwd=tmp_path,
        data_dir=tmp_path / "d",
        bots=f"harbour=t@127.0.0.1:{free_port()}",
        web_port=free_port(),
        rasa_port=free_port(),
        actions_port=free_port(),
    )
    assert done.returncode == 1
    findings = {finding["part"]: finding for finding in json.loads(done.stdout)}
    for part in ("数据库", "对话引擎", "动作服务", "网页", "机器人 harbour"):
        assert not findings[part]["ok"], part
        assert "：" in findings[part]["words"], part
    for part in ("设置", "数据目录", "文件存储"):
        assert findings[part]["ok"], part


def test_an_account_is_added_and_comes_with_a_link(database: str, tmp_path: Path) -> None:
    settings = {"database_url": database, "data_dir": tmp_path / "data"}
    done = botbay("user", "add", "老李", "--email", "li@example.com", "--json", cwd=tmp_path, **settings)
    assert done.returncode == 0, done.stderr
    added = json.loads(done.stdout)
    assert (added["name"], added["email"], added["role"]) == ("老李", "li@example.com", "member")
    assert "/login/" in added["link"]
    assert "已经有了" in complaint(botbay("user", "add", "老李", cwd=tmp_path, **settings))
    assert "/login/" in botbay("login-link", cwd=tmp_path, **settings).stdout
