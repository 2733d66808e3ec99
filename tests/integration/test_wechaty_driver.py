"""The Wechaty driver against the real Node gateway: the conformance suite, and what only a gateway can do."""

import asyncio
import logging
import os
import time
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import pytest_asyncio

from botbay.settings import GatewayEndpoint
from connector.drivers.base import (
    Connected,
    Disconnected,
    DriverError,
    DriverUnavailable,
    Failure,
    InboundMessage,
    Login,
    MediaGone,
    MessageKind,
    Scan,
    SendUnknown,
    Target,
)
from connector.drivers.wechaty import Timing, WechatyDriver
from tests.gateway_fixture import WIRE_TYPES, MockGateway, free_port
from tests.integration.certificates import make_certificates
from tests.integration.drivers.conformance import ZHANG, DriverConformance, logged_in, private
from tests.integration.drivers.gateway_world import GatewayWorld
from tests.integration.drivers.world import Ear, sha256

QUICK = Timing(check_every=1, check_timeout=1, call_timeout=2, send_timeout=2, retry_first=0.2, retry_last=1)


def endpoint(gateway: MockGateway, *, token: str | None = None, ca: Path | None = None) -> GatewayEndpoint:
    tls = gateway.tls is not None
    return GatewayEndpoint(token=token or gateway.token, host="127.0.0.1", port=gateway.port, tls=tls, ca=ca)


@pytest.fixture(scope="module")
def shared_gateway() -> Iterator[MockGateway]:
    gateway = MockGateway()
    asyncio.run(gateway.start())
    yield gateway
    asyncio.run(gateway.stop())


class TestConformance(DriverConformance):
    @pytest_asyncio.fixture
    async def world(self, shared_gateway: MockGateway) -> AsyncIterator[GatewayWorld]:
        yield GatewayWorld(shared_gateway, WechatyDriver("测试", endpoint(shared_gateway)))
        await shared_gateway.reset()


@pytest_asyncio.fixture
async def world(shared_gateway: MockGateway) -> AsyncIterator[GatewayWorld]:
    yield GatewayWorld(shared_gateway, WechatyDriver("测试", endpoint(shared_gateway), timing=QUICK))
    await shared_gateway.reset()


@pytest_asyncio.fixture
async def ear(world: GatewayWorld) -> AsyncIterator[Ear]:
    async with Ear(world.driver) as ear:
        await logged_in(world, ear)
        yield ear


@pytest_asyncio.fixture
async def own_gateway() -> AsyncIterator[MockGateway]:
    """A gateway that the test may kill and freeze; not started yet."""
    gateway = MockGateway()
    yield gateway
    await gateway.stop()


# --- login -------------------------------------------------------------------------------------------------


async def test_scan_to_login(world: GatewayWorld) -> None:
    async with Ear(world.driver) as ear:
        await ear.next(Connected)
        await world.gateway.started()
        for status in ("waiting", "scanned", "confirmed"):
            await world.gateway.scan("http://weixin.qq.com/x/测试", status)
        await world.login("小港机器人")
        assert (await ear.next(Login)).contact.name == "小港机器人"
        scans = [(event.status, event.qrcode) for event in ear.events if isinstance(event, Scan)]
        assert scans == [("waiting", "http://weixin.qq.com/x/测试"), ("scanned", ""), ("confirmed", "")]


async def test_it_never_ends_the_session(world: GatewayWorld) -> None:
    for _ in range(2):
        async with Ear(world.driver) as ear:
            if (await world.gateway.state())["userId"] is None:
                await ear.next(Connected)
                await world.login("小港")
            await ear.next(Login)
    state = await world.gateway.state()
    assert state["userId"] == world.bot_id
    assert (state["calls"]["stop"], state["calls"]["logout"]) == (0, 0)


async def test_a_message_before_login(world: GatewayWorld) -> None:
    async with Ear(world.driver) as ear:
        await ear.next(Connected)
        await world.gateway.started()
        await world.contact(ZHANG, "张三")
        message = await ear.message(await world.say(ZHANG, "有人吗"))
        assert not message.from_self


# --- messages ----------------------------------------------------------------------------------------------


async def test_every_type_on_the_wire(world: GatewayWorld, ear: Ear) -> None:
    for word, number in WIRE_TYPES.items():
        message = await ear.message(await world.gateway.say(ZHANG, "正文", kind=number))
        assert message.kind.value == word


async def test_unknown_type_is_kept_whole(world: GatewayWorld, ear: Ear) -> None:
    message = await ear.message(await world.gateway.say(ZHANG, "<msg>新花样</msg>", kind=99))
    assert message.kind is MessageKind.UNKNOWN
    assert message.text == ""
    assert (message.raw["type"], message.raw["text"]) == (99, "<msg>新花样</msg>")


async def test_seconds_and_milliseconds(world: GatewayWorld, ear: Ear) -> None:
    in_ms = await ear.message(await world.gateway.say(ZHANG, "a", sent_at=1_760_000_000_000))
    in_seconds = await ear.message(await world.gateway.say(ZHANG, "b", sent_at=1_760_000_000))
    assert in_ms.sent_at == in_seconds.sent_at
    assert in_ms.sent_at.year == 2025


async def test_unknown_talker(world: GatewayWorld, ear: Ear) -> None:
    message = await ear.message(await world.say("wxid_nobody_knows", "我是谁", room_id="19850001@chatroom"))
    assert (message.talker.id, message.talker.name) == ("wxid_nobody_knows", "")


async def test_a_message_that_cannot_be_looked_up_is_told(world: GatewayWorld, ear: Ear) -> None:
    await world.gateway.command("tell", event="message", payload={"messageId": "lost"})
    failure = await ear.next(Failure)
    assert "没能取到" in failure.reason
    assert failure.lost
    await ear.message(await world.say(ZHANG, "下一条"))


async def test_error_event_ends_nothing(world: GatewayWorld, ear: Ear) -> None:
    await world.gateway.command("error", data="puppet 内部错误")
    assert (await ear.next(Failure)).reason == "puppet 内部错误"
    await world.gateway.command("heartbeat", data="活着")
    await ear.message(await world.say(ZHANG, "还在吗"))
    assert not [event for event in ear.events if isinstance(event, Disconnected)]


async def test_nothing_private_in_the_log(
    world: GatewayWorld, ear: Ear, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.INFO):
        await ear.message(await world.say(ZHANG, "机密内容"))
        await world.driver.send_text(private(ZHANG), "机密回答")
        await world.gateway.command("tell", event="message", payload={"messageId": "lost"})
        await ear.next(Failure)
    written = caplog.text + "".join(capfd.readouterr())
    assert "机密" not in written
    assert world.gateway.token not in written


# --- media -------------------------------------------------------------------------------------------------


async def test_media_of_unknown_size(world: GatewayWorld, ear: Ear, tmp_path: Path) -> None:
    path = tmp_path / "录像.mp4"
    path.write_bytes(os.urandom(300_000))
    source_id = await world.gateway.say(ZHANG, kind="video", file=path, form="stream")
    media = await world.driver.fetch_media(source_id, MessageKind.VIDEO)
    assert media.size is None
    assert b"".join([chunk async for chunk in media.chunks]) == path.read_bytes()


async def test_media_by_address(world: GatewayWorld, ear: Ear, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(os.urandom(200_000))

    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(tmp_path))  # type: ignore[arg-type]

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        base = f"http://127.0.0.1:{server.server_port}"
        for name in ("a.bin", "expired.bin"):
            source_id = await world.gateway.say(ZHANG, kind="file", form="url", url=f"{base}/{name}", file_name="a.bin")
            media = await world.driver.fetch_media(source_id, MessageKind.FILE)
            if name == "a.bin":
                assert b"".join([chunk async for chunk in media.chunks]) == (tmp_path / name).read_bytes()
            else:
                with pytest.raises(MediaGone):
                    assert [chunk async for chunk in media.chunks]
    finally:
        server.shutdown()
        server.server_close()


async def test_expired_media(world: GatewayWorld, ear: Ear) -> None:
    source_id = await world.gateway.say(ZHANG, kind="image", file_name="old.png")
    await world.gateway.faults(mediaGone="the file is expired")
    with pytest.raises(MediaGone):
        await world.driver.fetch_media(source_id, MessageKind.IMAGE)


async def test_large_files_in_constant_memory(world: GatewayWorld, ear: Ear, tmp_path: Path) -> None:
    path = tmp_path / "big.bin"
    path.write_bytes(os.urandom(40_000_000))
    source_id = await world.gateway.say(ZHANG, kind="file", file=path)
    await ear.message(source_id)
    tracemalloc.start()
    try:
        async for _ in (await world.driver.fetch_media(source_id, MessageKind.FILE)).chunks:
            pass
        await world.driver.send_file(private(ZHANG), path, "big.bin", MessageKind.FILE)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000
    assert (await world.sent())[0].sha256 == sha256(path)


async def test_a_download_that_is_left_half_way(world: GatewayWorld, ear: Ear, tmp_path: Path) -> None:
    path = tmp_path / "big.bin"
    path.write_bytes(os.urandom(6_000_000))
    source_id = await world.gateway.say(ZHANG, kind="file", file=path)
    media = await world.driver.fetch_media(source_id, MessageKind.FILE)
    await anext(media.chunks)
    await media.chunks.aclose()  # type: ignore[attr-defined]
    await world.driver.check()


async def test_a_picture_needs_a_name_that_says_so(world: GatewayWorld, ear: Ear, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x" * 100)
    await world.driver.send_file(private(ZHANG), tmp_path / "x", "日报", MessageKind.IMAGE)
    assert (await world.sent())[0].file_name == "日报.jpg"


# --- sends that go wrong -----------------------------------------------------------------------------------


async def test_slow_gateway_leaves_the_send_unknown(world: GatewayWorld, ear: Ear) -> None:
    await world.gateway.faults(sendDelay=4000)
    with pytest.raises(SendUnknown):
        await world.driver.send_text(private(ZHANG), "到了吗")
    (sent,) = await world.sent()
    assert (await ear.message(sent.source_id)).text == "到了吗"


async def test_gateway_killed_while_sending(own_gateway: MockGateway) -> None:
    await own_gateway.start()
    world = GatewayWorld(own_gateway, WechatyDriver("测试", endpoint(own_gateway), timing=QUICK))
    async with Ear(world.driver) as ear:
        await logged_in(world, ear)
        await own_gateway.faults(sendDelay=1500)
        send = asyncio.create_task(world.driver.send_text(private(ZHANG), "到了吗"))
        await asyncio.sleep(0.5)
        await own_gateway.kill()
        with pytest.raises(SendUnknown):
            await send
        with pytest.raises(DriverUnavailable):
            await world.driver.send_text(private(ZHANG), "再来一条")


async def test_refused_send(world: GatewayWorld, ear: Ear) -> None:
    await world.gateway.faults(refuseSend="对方不是好友")
    with pytest.raises(DriverError, match="对方不是好友") as refusal:
        await world.driver.send_text(private(ZHANG), "在吗")
    assert not isinstance(refusal.value, DriverUnavailable | SendUnknown)
    assert not await world.sent()


async def test_puppet_that_tells_no_ids(world: GatewayWorld, ear: Ear) -> None:
    await world.gateway.faults(sendIds=False)
    assert await world.driver.send_text(private(ZHANG), "没有编号") is None
    (sent,) = await world.sent()
    assert (await ear.message(sent.source_id)).from_self


async def test_send_a_file_that_is_not_there(world: GatewayWorld, ear: Ear, tmp_path: Path) -> None:
    with pytest.raises(DriverError, match="读不了"):
        await world.driver.send_file(private(ZHANG), tmp_path / "gone.pdf", "gone.pdf", MessageKind.FILE)
    (tmp_path / "empty.txt").touch()
    with pytest.raises(DriverError, match="空的"):
        await world.driver.send_file(private(ZHANG), tmp_path / "empty.txt", "empty.txt", MessageKind.FILE)
    assert not await world.sent()


async def test_tls_where_the_gateway_has_none(shared_gateway: MockGateway) -> None:
    with_tls = GatewayEndpoint(token=shared_gateway.token, host="127.0.0.1", port=shared_gateway.port, tls=True)
    async with Ear(WechatyDriver("测试", with_tls, timing=QUICK)) as ear:
        assert "没有开 TLS" in (await ear.next(Disconnected)).reason


async def test_send_to_nobody(world: GatewayWorld, ear: Ear) -> None:
    with pytest.raises(DriverError):
        await world.driver.send_text(Target(room_id=None, contact_id=None), "给谁")


# --- the connection ----------------------------------------------------------------------------------------


async def test_wrong_token(shared_gateway: MockGateway) -> None:
    driver = WechatyDriver("测试", endpoint(shared_gateway, token="wrong"), timing=QUICK)
    async with Ear(driver) as ear:
        assert "令牌" in (await ear.next(Disconnected)).reason
        await asyncio.sleep(2)  # it tries again, slowly, and does not repeat itself
        assert len(ear.events) == 1
        with pytest.raises(DriverUnavailable):
            await driver.check()


async def test_gateway_absent_then_there(own_gateway: MockGateway) -> None:
    driver = WechatyDriver("测试", endpoint(own_gateway), timing=QUICK)
    async with Ear(driver) as ear:
        assert "没有启动" in (await ear.next(Disconnected)).reason
        await asyncio.sleep(1)
        assert len(ear.events) == 1
        await own_gateway.start()
        await ear.next(Connected)
        await driver.check()


async def test_gateway_killed_and_back(own_gateway: MockGateway) -> None:
    await own_gateway.start()
    world = GatewayWorld(own_gateway, WechatyDriver("测试", endpoint(own_gateway), timing=QUICK))
    async with Ear(world.driver) as ear:
        for _ in range(2):
            await logged_in(world, ear)
            await ear.message(await world.say(ZHANG, "在吗"))
            await own_gateway.kill()
            await ear.next(Disconnected)
            await own_gateway.start()
        await logged_in(world, ear)
        assert await world.driver.send_text(private(ZHANG), "回来了")


async def test_frozen_gateway_is_noticed_and_found_again(own_gateway: MockGateway) -> None:
    await own_gateway.start()
    world = GatewayWorld(own_gateway, WechatyDriver("测试", endpoint(own_gateway), timing=QUICK))
    async with Ear(world.driver) as ear:
        await logged_in(world, ear)
        own_gateway.freeze()
        send = asyncio.create_task(world.driver.send_text(private(ZHANG), "听得见吗"))
        assert "没有应答" in (await ear.next(Disconnected, 5)).reason
        with pytest.raises(SendUnknown):
            await send
        own_gateway.thaw()
        await ear.next(Connected)
        assert (await ear.next(Login)).contact.id == world.bot_id
        await ear.message(await world.say(ZHANG, "醒了"))


async def test_frozen_gateway_is_noticed_in_time(own_gateway: MockGateway) -> None:
    await own_gateway.start()
    world = GatewayWorld(own_gateway, WechatyDriver("测试", endpoint(own_gateway)))
    async with Ear(world.driver) as ear:
        await logged_in(world, ear)
        own_gateway.freeze()
        since = time.monotonic()
        await ear.next(Disconnected, 60)
        assert time.monotonic() - since < 35


async def test_gateway_killed_in_the_middle_of_a_download(own_gateway: MockGateway, tmp_path: Path) -> None:
    path = tmp_path / "big.bin"
    path.write_bytes(os.urandom(40_000_000))
    await own_gateway.start()
    world = GatewayWorld(own_gateway, WechatyDriver("测试", endpoint(own_gateway), timing=QUICK))
    async with Ear(world.driver) as ear:
        await logged_in(world, ear)
        source_id = await own_gateway.say(ZHANG, kind="file", file=path)
        media = await world.driver.fetch_media(source_id, MessageKind.FILE)
        await anext(media.chunks)
        await own_gateway.kill()
        with pytest.raises(DriverUnavailable):
            async for _ in media.chunks:
                pass


async def test_puppet_that_does_not_start(own_gateway: MockGateway) -> None:
    await own_gateway.start()
    await own_gateway.faults(refuseStart="没有许可证")
    world = GatewayWorld(own_gateway, WechatyDriver("测试", endpoint(own_gateway), timing=QUICK))
    async with Ear(world.driver) as ear:
        assert "没有许可证" in (await ear.next(Failure)).reason
        await own_gateway.faults(refuseStart="")
        await world.login("小港")
        await ear.next(Login)
        assert len([event for event in ear.events if isinstance(event, Failure | Disconnected)]) == 1


async def test_mute_gateway_is_noticed(world: GatewayWorld, ear: Ear) -> None:
    await world.driver.check()
    await world.gateway.faults(dong=False)
    assert "不再送来消息" in (await ear.next(Disconnected, 5)).reason
    await ear.next(Login)


@pytest.mark.parametrize("gone_for", [0.0, 2.0])
async def test_messages_heard_while_the_connection_broke(own_gateway: MockGateway, gone_for: float) -> None:
    await own_gateway.start()
    proxy = Proxy(own_gateway.port)
    async with proxy:
        through = GatewayEndpoint(token=own_gateway.token, host="127.0.0.1", port=proxy.port)
        world = GatewayWorld(own_gateway, WechatyDriver("测试", through, timing=QUICK))
        async with Ear(world.driver) as ear:
            await logged_in(world, ear)
            await own_gateway.faults(payloadDelay=1000)
            ids = [await world.say(ZHANG, text) for text in ("第一句", "第二句")]
            await asyncio.sleep(0.3)
            proxy.open = False
            proxy.drop()
            await asyncio.sleep(gone_for)
            proxy.open = True
            await ear.message(ids[-1])
            assert [event.source_id for event in ear.events if isinstance(event, InboundMessage)] == ids


async def test_second_program_on_one_gateway(world: GatewayWorld, ear: Ear) -> None:
    async with Ear(WechatyDriver("第二个", endpoint(world.gateway), timing=QUICK)) as second:
        assert "另一个程序" in (await second.next(Disconnected)).reason
    await ear.message(await world.say(ZHANG, "还是我"))


async def test_two_drivers_at_once(world: GatewayWorld, ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WECHATY_PUPPET_SERVICE_TOKEN", "WECHATY_PUPPET_SERVICE_ENDPOINT", "TOKEN", "ENDPOINT"):
        monkeypatch.setenv(name, f"127.0.0.1:{free_port()}")  # what the stock client would take instead
    gateway = MockGateway(token="another-token", bot_id="wxid_bot_2")
    await gateway.start()
    try:
        other = GatewayWorld(gateway, WechatyDriver("二号", endpoint(gateway), timing=QUICK))
        async with Ear(other.driver) as other_ear:
            await logged_in(other, other_ear)
            first = await ear.message(await world.say(ZHANG, "给一号"))
            second = await other_ear.message(await other.say(ZHANG, "给二号"))
            assert (first.listener_id, second.listener_id) == ("wxid_bot", "wxid_bot_2")
            await world.driver.send_text(private(ZHANG), "我是一号")
            await other.driver.send_text(private(ZHANG), "我是二号")
            assert [sent.text for sent in await world.sent()] == ["我是一号"]
            assert [sent.text for sent in await other.sent()] == ["我是二号"]
    finally:
        await gateway.stop()


async def test_the_test_gateway_does_not_outlive_its_test(own_gateway: MockGateway) -> None:
    await own_gateway.start()
    process = own_gateway._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()
    assert await asyncio.to_thread(process.wait, 10) == 0


async def test_tls_with_a_private_ca(tmp_path: Path) -> None:
    files = make_certificates(tmp_path, "127.0.0.1")
    gateway = MockGateway(tls=(files.certificate, files.key))
    await gateway.start()
    try:
        world = GatewayWorld(gateway, WechatyDriver("测试", endpoint(gateway, ca=files.ca), timing=QUICK))
        async with Ear(world.driver) as ear:
            await logged_in(world, ear)
            await ear.message(await world.say(ZHANG, "加密的"))
            await world.driver.send_text(private(ZHANG), "收到")
        for ca in (None, tmp_path / "missing.pem"):
            async with Ear(WechatyDriver("测试", endpoint(gateway, ca=ca), timing=QUICK)) as ear:
                assert "证书" in (await ear.next(Disconnected)).reason
        plain = GatewayEndpoint(token=gateway.token, host="127.0.0.1", port=gateway.port)
        async with Ear(WechatyDriver("测试", plain, timing=QUICK)) as ear:
            assert "tls=1" in (await ear.next(Disconnected)).reason
    finally:
        await gateway.stop()


class Proxy:
    """Lets TCP connections to a local port through, and cuts them."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = free_port()
        self.open = True
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        self.drop()
        await self._server.wait_closed()

    def drop(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.open:
            writer.transport.abort()
            return
        target_reader, target_writer = await asyncio.open_connection("127.0.0.1", self.target)
        self._writers += [writer, target_writer]
        await asyncio.gather(self._pump(reader, target_writer), self._pump(target_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        writer.close()
