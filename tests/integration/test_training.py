"""Training, versions and swapping, on a project with two intents that trains in seconds, and a real Rasa server."""

import asyncio
import dataclasses
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from botbay import rasa
from botbay.rasa import Mistake, Report, versions
from botbay.rasa.versions import KEPT, prune
from botbay.settings import load_settings
from connector.dispatcher import DialogueClient, DialogueFailed
from tests.conftest import use_settings
from tests.gateway_fixture import free_port
from tests.tiny_project import TinyProject

BOTBAY = str(Path(sys.executable).with_name("botbay"))
OLD, NEW = "旧的", "新的"


class Actions:
    """An action server whose one action takes as long as the test wants."""

    def __init__(self) -> None:
        self.entered, self.go_on = threading.Event(), threading.Event()
        actions = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                actions.entered.set()
                assert actions.go_on.wait(60)
                body = b'{"events": [], "responses": []}'
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Place:
    """The project, the ports of its stack, and its first model."""

    def __init__(self, folder: Path) -> None:
        self.project = TinyProject(folder)
        self.actions = Actions()
        self.rasa_port = free_port()
        self.said = self.botbay("train").stdout

    @property
    def settings(self) -> dict[str, object]:
        return {"rasa_port": self.rasa_port, "actions_port": self.actions.server.server_address[1]}

    def botbay(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [BOTBAY, *arguments],
            env=self.project.env(**self.settings),
            cwd=self.project.path.parent,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The project, on which this process works too."""
    place = Place(tmp_path_factory.mktemp("tiny"))
    environment = place.project.environment
    with pytest.MonkeyPatch.context() as patch:
        use_settings(
            patch,
            rasa_project=environment["BOTBAY_RASA_PROJECT"],
            data_dir=environment["BOTBAY_DATA_DIR"],
            **place.settings,
        )
        yield place
    place.actions.server.shutdown()
    place.actions.server.server_close()


@pytest.fixture(autouse=True)
def settings_as_they_are() -> Iterator[None]:
    """What a test sets is undone behind the cache's back."""
    yield
    load_settings.cache_clear()


@pytest.fixture(scope="module")
def server(place: Place) -> Iterator[None]:
    log = place.project.path.parent / "rasa.log"
    settings = load_settings()
    with log.open("wb") as output:
        process = subprocess.Popen(
            rasa.run_command(settings, rasa.serving_path()),
            env={**os.environ, **rasa.environment(settings, "unused")},
            cwd=rasa.project(),
            stdout=output,
            stderr=output,
        )
    try:
        deadline = time.monotonic() + 120
        while True:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            try:
                if httpx.get(f"{settings.rasa_url}/webhooks/botbay/health", trust_env=False).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.3)
        yield
    finally:
        process.terminate()
        process.wait(20)


def turn(number: object, text: str) -> dict[str, object]:
    """Each in a conversation of its own."""
    metadata = {"turn_id": 1, "audience": "private", "bound": False, "named": False}
    return {"message_id": f"m{number}", "sender_id": f"s{number}", "text": text, "trigger": None, "metadata": metadata}


# --- training ----------------------------------------------------------------------------------------------


def test_training_shows_its_steps_and_what_came_of_it(place: Place) -> None:
    for words in ("读资料", "训练意图分类", "训练对话的规则", "用没见过的句子考一考", "对话模型训练好了"):
        assert words in place.said
    assert "5 句没见过的：听对" in place.said
    assert "1 句不是吩咐的：误当成吩咐 0 句" in place.said
    assert "对话引擎没在运行，下次启动用它" in place.said
    (version,) = versions()
    assert version.report is not None
    assert version.report.sentences == 5
    assert version.report.picture is not None
    assert version.report.picture.read_bytes().startswith(b"\x89PNG")
    assert str(version.report.picture) in place.said


def test_the_same_content_is_not_trained_again(place: Place) -> None:
    said = place.botbay("train").stdout
    assert "没有变化，不用重新训练" in said
    assert "读资料" not in said


def test_the_versions_are_listed(place: Place) -> None:
    (line,) = place.botbay("train", "--list").stdout.splitlines()
    assert line.startswith(f"* {versions()[0].name}  20")
    assert "听对" in line


def test_there_is_nothing_to_go_back_to(place: Place) -> None:
    assert "没有更早的版本了" in place.botbay("train", "--rollback", code=1).stderr
    assert "没有 botbay-x 这个版本" in place.botbay("train", "--rollback", "botbay-x", code=1).stderr
    assert place.botbay("train", "--rollback", "botbay-x", "--list", code=2).stderr


# --- swapping ----------------------------------------------------------------------------------------------


async def test_a_new_model_takes_over_and_no_turn_is_lost(place: Place, server: None) -> None:
    first = versions()[0]
    client = DialogueClient(load_settings())
    try:
        assert (await client.turn(turn("before", "你好"))).replies == [{"text": OLD}]
        held = asyncio.create_task(client.turn(turn("held", "谢谢你")))
        assert await asyncio.to_thread(place.actions.entered.wait, 30)

        place.project.write(NEW)
        place.project.model_elsewhere(first.path, f"botbay-{rasa.fingerprint()}", NEW)
        training = asyncio.create_task(asyncio.to_thread(place.botbay, "train"))
        answers = []
        while not training.done():
            answers.append((await client.turn(turn(len(answers), "你好"))).replies[0]["text"])
        said = (await training).stdout
        assert "正在运行的对话引擎换上了它" in said
        assert f"比上一版 {first.name} 差了 1 句" in said
        assert "- 谢谢您（thanks，现在 听成 greet 0.70）" in said
        assert answers == sorted(answers, key=[OLD, NEW].index)
        assert (await client.turn(turn("after", "你好"))).replies == [{"text": NEW}]

        # The turn that began with the old model ends with it.
        place.actions.go_on.set()
        assert (await held).replies == [{"text": OLD}]
        assert (await client.turn(turn("thanks", "谢谢你"))).replies == [{"text": NEW}]
        # A turn that is posted again after the change has not been forgotten.
        assert (await client.turn(turn("before", "你好"))).replies == [{"text": OLD}]
    finally:
        await client.close()


async def test_going_back_is_for_now_and_for_the_next_start(place: Place, server: None) -> None:
    new, old = versions()
    assert new.current
    said = place.botbay("train", "--rollback").stdout
    assert f"换成 {old.name}" in said
    assert "正在运行的对话引擎换上了它" in said
    client = DialogueClient(load_settings())
    try:
        assert (await client.turn(turn("back", "你好"))).replies == [{"text": OLD}]
        assert "没有变化" in place.botbay("train").stdout
        assert [line[0] for line in place.botbay("train", "--list").stdout.splitlines()] == [" ", "*"]
        assert rasa.check() is None
        assert rasa.model_path() == rasa.serving_path().resolve() == old.path

        # Other content wants a model of its own, and the same content again keeps the choice.
        place.project.write("别的")
        assert "运行 botbay train" in str(rasa.check())
        place.project.write(NEW)
        assert rasa.model_path() == old.path

        place.botbay("train", "--rollback", new.name)
        assert (await client.turn(turn("forth", "你好"))).replies == [{"text": NEW}]
        assert rasa.model_path() == new.path
    finally:
        await client.close()


async def test_what_was_not_swapped_in_is_swapped_in_by_the_next_training(place: Place, server: None) -> None:
    """As after a swap that failed: the version counts, and the server still answers with another."""
    new, old = versions()
    client = DialogueClient(load_settings())
    try:
        rasa.use(old.name)
        assert (await client.turn(turn("missed", "你好"))).replies == [{"text": NEW}]
        said = place.botbay("train").stdout
        assert "没有变化" in said
        assert "正在运行的对话引擎换上了它" in said
        assert (await client.turn(turn("mended", "你好"))).replies == [{"text": OLD}]
        place.botbay("train", "--rollback")
        assert (await client.turn(turn("again", "你好"))).replies == [{"text": NEW}]
        assert rasa.model_path() == new.path
    finally:
        await client.close()


async def test_only_a_signed_request_for_a_real_model_of_the_same_code_is_followed(
    place: Place, server: None, tmp_path: Path
) -> None:
    settings, version = load_settings(), versions()[0]
    url = f"{settings.rasa_url}/webhooks/botbay/model"
    async with httpx.AsyncClient(trust_env=False) as unsigned:
        assert (await unsigned.post(url, json={"path": str(version.path), "code": "x"})).status_code == 401
    client = DialogueClient(settings)
    try:
        for path in ("/etc/passwd", str(tmp_path / "no.tar.gz")):
            with pytest.raises(DialogueFailed, match="path is no model"):
                await client._post("/webhooks/botbay/model", {"path": path, "code": "x"})
    finally:
        await client.close()
    component = place.project.path / "components" / "text.py"
    before = component.read_text()
    component.write_text(before + "\n")
    try:
        with pytest.raises(rasa.RasaError, match="重启 BotBay"):
            await rasa.swap_in(settings, version)
    finally:
        component.write_text(before)
    broken = tmp_path / "botbay-broken.tar.gz"
    broken.write_bytes(b"no archive")
    with pytest.raises(rasa.RasaError, match="没能换上"):
        await rasa.swap_in(settings, dataclasses.replace(version, path=broken))
    assert await rasa.swap_in(settings, version)


async def test_another_stacks_server_is_left_alone(server: None, monkeypatch: pytest.MonkeyPatch) -> None:
    use_settings(monkeypatch, secret_key="another secret of forty characters or so")
    assert not await rasa.swap_in(load_settings(), versions()[0])
    assert "没在运行" in rasa.why_not_swapped(load_settings())
    use_settings(monkeypatch, rasa_host="rasa.example")
    assert not await rasa.swap_in(load_settings(), versions()[0])
    assert "另一台机器上" in rasa.why_not_swapped(load_settings())


# --- what it is told ----------------------------------------------------------------------------------------


def test_a_folder_that_is_no_project_is_refused_by_name(tmp_path: Path) -> None:
    done = subprocess.run(
        [BOTBAY, "train", "--list"],
        env={**os.environ, "BOTBAY_RASA_PROJECT": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "设置 BOTBAY_RASA_PROJECT 不对" in done.stderr


def test_the_how_to_shows_what_is_tried_here_and_in_the_tests_of_parsing_and_of_the_console() -> None:
    page = (rasa.ROOT / "docs" / "howto" / "train.md").read_text()
    shown = re.findall(r"^(?:echo .* \| )?\.venv/bin/botbay (.+)$", page, re.MULTILINE)
    assert [re.sub(r"botbay-\w+", "NAME", command) for command in shown] == [
        "train",
        "train --list",
        "train --rollback",
        "train --rollback NAME",
        "nlu parse",
        "rasa shell",
        "rasa interactive",
    ]


# --- versions ----------------------------------------------------------------------------------------------


def test_the_last_five_are_kept_and_the_one_that_counts(place: Place) -> None:
    counting = next(version for version in versions() if version.current)
    for number in range(KEPT):
        model = rasa.models() / f"botbay-{number}.tar.gz"
        model.write_bytes(counting.path.read_bytes())
        os.utime(model, (time.time() + number + 1,) * 2)
    prune()
    assert [version.name for version in versions()] == [
        *(f"botbay-{number}" for number in (4, 3, 2, 1)),
        counting.name,
    ]


@pytest.fixture
def untrained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TinyProject:
    """A project of this process's own, with a folder for models."""
    project = TinyProject(tmp_path)
    use_settings(monkeypatch, rasa_project=project.path, data_dir=tmp_path / "data")
    rasa.models().mkdir()
    return project


def test_going_back_goes_by_use_and_not_by_when_a_version_was_trained(untrained: TinyProject) -> None:
    assert rasa.served_before() is None
    for age, name in enumerate(("botbay-a", "botbay-b", "botbay-c")):
        model = rasa.models() / f"{name}.tar.gz"
        model.write_bytes(b"")
        os.utime(model, (time.time() - age,) * 2)
    rasa.use("botbay-a")
    assert rasa.served_before() is None
    for name, before in (("c", "a"), ("b", "c"), ("c", "b"), ("b", "c")):
        rasa.use(f"botbay-{name}")
        found = rasa.served_before()
        assert found is not None
        assert found.name == f"botbay-{before}"
    (rasa.models() / "botbay-c.tar.gz").unlink()
    earlier = rasa.served_before()
    assert earlier is not None
    assert earlier.name == "botbay-a"


def test_a_link_to_a_model_that_was_removed_stops_none_of_rasas_commands(untrained: TinyProject) -> None:
    rasa.serving_path().symlink_to("botbay-gone.tar.gz")
    done = subprocess.run(
        [BOTBAY, "rasa", "--version"], env=untrained.env(), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "Rasa Version" in done.stdout


def test_what_is_better_and_worse_is_told_by_sentence() -> None:
    def report(*mistakes: str, texts: str) -> Report:
        wrong = [Mistake(text=text, wanted="help", got="greet", confidence=0.5) for text in mistakes]
        return Report(
            sentences=4, right=0, asked=0, wrong=0, confusions=[], mistakes=wrong, picture=None, texts=frozenset(texts)
        )

    better, worse = rasa.compare(report("b", "c", "n", texts="abcn"), report("a", "b", "o", texts="abco"))
    assert [mistake.text for mistake in better] == ["a"]
    assert [mistake.text for mistake in worse] == ["c"]
