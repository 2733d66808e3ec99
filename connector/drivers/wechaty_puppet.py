"""One connection to a puppet gateway: Wechaty's ``PuppetService``, mended.

What the stock client gets wrong and this one does not: it ends the account's session at start (``Stop``),
knows no TLS, loses media over 20 KB and cannot send any over 4 MiB, looks its gateway up on the internet, and
reads settings from environment variables. A puppet lives as long as its connection; the supervisor makes a
fresh one for the next.
"""

import asyncio
import base64
import contextlib
import json
import logging
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import betterproto
from grpclib.client import Channel
from grpclib.const import Cardinality, Status
from grpclib.exceptions import GRPCError, StreamTerminatedError
from h2.exceptions import H2Error
from wechaty_grpc.wechaty import PuppetStub
from wechaty_grpc.wechaty.puppet import (
    EventResponse,
    FriendshipPayloadResponse,
    MessagePayloadResponse,
    RoomInvitationPayloadResponse,
)
from wechaty_puppet import PuppetOptions
from wechaty_puppet_service import PuppetService

from botbay.settings import GatewayEndpoint
from connector.drivers.base import DriverError, DriverUnavailable, SendUnknown

# It writes tokens and payloads to stderr through a handler of its own.
logging.getLogger("PuppetService").disabled = True

#: A file up to this size travels inside the call, a larger one by ``Upload`` (calls are limited to 4 MiB).
INLINE_LIMIT = 20 * 1024
#: Small, because the gateway may read an upload back before its last chunk is on disk.
UPLOAD_CHUNK = 64 * 1024

_BOX_BASE64, _BOX_UUID = 1, 7
_CONNECT = 10.0  # seconds
#: Seconds; gateways themselves give their puppet 15 to start.
_START = 20.0
#: Seconds without a byte after which a download is given up.
_STALL = 60.0
#: Bytes a second below which an upload is given up.
_SLOWEST = 100_000

T = TypeVar("T")


class TokenRefused(DriverUnavailable):
    """The gateway answers and wants another token."""


class ConnectionLost(DriverUnavailable):
    """The connection ended before the request left."""


class Unanswered(DriverUnavailable):
    """The request left and no answer came: it may or may not have been carried out."""


class Refused(DriverError):
    """The gateway answered with an error. ``status`` is gRPC's."""

    def __init__(self, text: str, status: Status) -> None:
        super().__init__(text)
        self.status = status


@dataclass(eq=False, repr=False)
class DownloadRequest(betterproto.Message):
    id: str = betterproto.string_field(1)


@dataclass(eq=False, repr=False)
class DownloadResponse(betterproto.Message):
    chunk: bytes = betterproto.bytes_field(1)


@dataclass(eq=False, repr=False)
class UploadRequest(betterproto.Message):
    chunk: bytes = betterproto.bytes_field(1)


@dataclass(eq=False, repr=False)
class UploadResponse(betterproto.Message):
    id: str = betterproto.string_field(1)


class _Connection(Channel):
    """A channel that does not connect anew behind the supervisor's back."""

    _over = False

    async def _create_connection(self) -> Any:
        if self._over:
            raise ConnectionLost("网关的连接断了")
        self._over = True
        return await super()._create_connection()


class GatewayPuppet(PuppetService):
    """Calls raise DriverUnavailable (also TokenRefused, Unanswered), Refused, and for sends SendUnknown.

    ``call_timeout`` and ``send_timeout`` are in seconds.
    """

    def __init__(self, endpoint: GatewayEndpoint, name: str, *, call_timeout: float, send_timeout: float) -> None:
        address = f"{endpoint.host}:{endpoint.port}"
        super().__init__(PuppetOptions(token=endpoint.token, end_point=address), name)
        self._metadata = {"authorization": f"Wechaty {endpoint.token}"}
        self._send_timeout = send_timeout
        self._closed = False
        self.heard_at = 0.0  # monotonic; of the last event of any kind
        self.answers_dings = False
        self.channel = _Connection(endpoint.host, endpoint.port, ssl=_tls(endpoint))
        self._puppet_stub = PuppetStub(self.channel, timeout=call_timeout, metadata=self._metadata)
        self._send_stub = PuppetStub(self.channel, timeout=send_timeout, metadata=self._metadata)

    async def connect(self) -> None:
        """Connect, once; raises DriverUnavailable when that is not possible."""
        await self.call(self.channel.__connect__(), _CONNECT)

    async def start(self) -> None:
        """Have the gateway start its puppet; harmless when it runs. Never ``Stop``: that ends the session."""
        await self.call(PuppetStub(self.channel, timeout=_START, metadata=self._metadata).start())

    async def stop(self) -> None:
        """Leave the gateway; the account stays logged in there. Calls under way fail."""
        self._closed = True
        self.channel.close()

    async def call(self, work: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """Run a coroutine of the stub's, its errors translated. ``timeout`` in seconds, beside the stub's."""
        if self._closed:
            work.close()
            raise DriverUnavailable("网关没有连上")
        # grpclib wakes waiting calls by cancelling their task, never takes that back, and may turn a real
        # cancellation into an error of its own: each call has a task of its own, so that callers are spared.
        task = asyncio.create_task(work)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            done, _ = await asyncio.wait([task], timeout=timeout)
        finally:
            task.cancel()
        with _translated():
            if not done:
                raise TimeoutError
            return task.result()

    # --- hearing -------------------------------------------------------------------------------------------

    async def events(self) -> AsyncIterator[EventResponse]:
        """Events until the connection ends, which raises DriverUnavailable. Read it in a task of its own."""
        with _translated():
            async for event in PuppetStub(self.channel, metadata=self._metadata).event():
                self.heard_at = time.monotonic()
                yield event
        raise DriverUnavailable("网关结束了连接")

    async def sign_of_life(self, timeout: float) -> None:
        """Does the gateway live and still tell events? Raises DriverUnavailable within ``timeout`` if not."""
        asked = time.monotonic()
        try:
            await self.call(self.puppet_stub.ding(data="botbay"), timeout)
        except Refused as refusal:
            if refusal.status is not Status.UNIMPLEMENTED:
                raise DriverUnavailable(f"网关应答不正常：{refusal}") from refusal
        except Unanswered as silence:
            raise DriverUnavailable(f"网关 {timeout:.0f} 秒没有应答") from silence
        while self.answers_dings and self.heard_at < asked:
            if time.monotonic() - asked > timeout:
                raise DriverUnavailable("网关还在，但不再送来消息")
            await asyncio.sleep(0.05)

    # --- payloads, always asked for anew -------------------------------------------------------------------

    async def message_payload(self, message_id: str) -> MessagePayloadResponse:
        """``type`` is the number on the wire (the stock client maps it, and fails on unknown ones)."""
        return await self.call(self.puppet_stub.message_payload(id=message_id))

    async def friendship_payload(self, friendship_id: str, payload: None = None) -> FriendshipPayloadResponse:
        return await self.call(self.puppet_stub.friendship_payload(id=friendship_id))

    async def room_invitation_payload(
        self, room_invitation_id: str, payload: None = None
    ) -> RoomInvitationPayloadResponse:
        return await self.call(self.puppet_stub.room_invitation_payload(id=room_invitation_id))

    async def file_box(self, message_id: str) -> dict[str, Any]:
        """How the gateway offers the media of a message: a FileBox as JSON."""
        reply = await self.call(self.puppet_stub.message_file(id=message_id))
        box: dict[str, Any] = json.loads(reply.filebox)
        return box

    # --- media ---------------------------------------------------------------------------------------------

    async def download(self, uuid: str) -> AsyncGenerator[bytes, None]:
        """The bytes behind a UUID box, streamed in constant memory."""
        request = self.channel.request(
            "/wechaty.Puppet/Download",
            Cardinality.UNARY_STREAM,
            DownloadRequest,
            DownloadResponse,
            metadata=self._metadata,
        )
        async with request as stream:
            await self.call(stream.send_message(DownloadRequest(id=uuid), end=True), _STALL)
            while (message := await self.call(stream.recv_message(), _STALL)) is not None:
                yield message.chunk

    async def upload(self, path: Path) -> str:
        """Hand a file to the gateway, streamed in constant memory; its UUID there. That sends nothing yet."""
        return await self.call(self._upload(path), self._send_timeout + await _size(path) / _SLOWEST)

    async def _upload(self, path: Path) -> str:
        request = self.channel.request(
            "/wechaty.Puppet/Upload",
            Cardinality.STREAM_UNARY,
            UploadRequest,
            UploadResponse,
            metadata=self._metadata,
        )
        async with request as stream:
            with await asyncio.to_thread(path.open, "rb") as file:
                while chunk := await asyncio.to_thread(file.read, UPLOAD_CHUNK):
                    await stream.send_message(UploadRequest(chunk=chunk))
            await stream.end()
            reply = await stream.recv_message()
        if reply is None:
            raise StreamTerminatedError("no answer to the upload")
        return str(reply.id)

    # --- sending -------------------------------------------------------------------------------------------

    async def send_text(self, conversation_id: str, text: str, mention_ids: list[str]) -> str | None:
        send = self._send_stub.message_send_text(conversation_id=conversation_id, text=text, mentonal_ids=mention_ids)
        return await self._send(send)

    async def send_file(self, conversation_id: str, path: Path, name: str) -> str | None:
        box: dict[str, Any] = {"name": name, "metadata": {}}
        size = await _size(path)
        if size == 0:
            raise DriverError("文件是空的，微信不收")
        if size <= INLINE_LIMIT:
            content = await asyncio.to_thread(path.read_bytes)
            box |= {"type": _BOX_BASE64, "base64": base64.b64encode(content).decode()}
        else:
            box |= {"type": _BOX_UUID, "uuid": await self.upload(path), "size": size}
        box["boxType"] = box["type"]  # what gateways of the 0.x line call it
        return await self._send(
            self._send_stub.message_send_file(conversation_id=conversation_id, filebox=json.dumps(box))
        )

    async def _send(self, work: Coroutine[Any, Any, Any]) -> str | None:
        try:
            reply = await self.call(work)
        except Unanswered as silence:
            raise SendUnknown("发出去了，但网关没有回话，不知道对方收到没有") from silence
        return reply.id or None


def error_line(text: str) -> str:
    """The first line of a gateway's error: a stack trace with its paths follows."""
    line = text.strip().partition("\n")[0]
    return line.removeprefix("GError: ").removeprefix("Error: ")[:200]


async def _size(path: Path) -> int:
    return (await asyncio.to_thread(path.stat)).st_size


def _tls(endpoint: GatewayEndpoint) -> ssl.SSLContext | None:
    if not endpoint.tls:
        return None
    try:
        context = ssl.create_default_context(cafile=endpoint.ca)
    except OSError as error:
        raise DriverUnavailable(f"读不了 CA 证书 {endpoint.ca}：{error}") from error
    context.set_alpn_protocols(["h2"])
    return context


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """What grpclib raises, as the errors of the driver interface."""
    try:
        yield
    except GRPCError as error:
        if error.status is Status.UNAUTHENTICATED:
            raise TokenRefused("网关拒绝了令牌，请核对 BOTBAY_BOTS 里的 token") from error
        if error.status is Status.ALREADY_EXISTS:
            raise DriverUnavailable("另一个程序正连着这个网关，一个网关只能带一个连接") from error
        if error.status in (Status.DEADLINE_EXCEEDED, Status.UNAVAILABLE, Status.CANCELLED):
            raise Unanswered(f"网关没有答复：{error.message}") from error
        raise Refused(f"网关报错：{error_line(error.message or error.status.name)}", error.status) from error
    except TimeoutError as error:
        raise Unanswered("网关没有按时答复") from error
    except (StreamTerminatedError, H2Error) as error:
        raise Unanswered("网关的连接断了") from error
    except ssl.SSLCertVerificationError as error:
        raise DriverUnavailable(f"网关的证书不可信：{error.verify_message}") from error
    except ssl.SSLError as error:
        raise DriverUnavailable(f"和网关的加密连接没有建成，它可能没有开 TLS（{error.reason}）") from error
    except OSError as error:  # grpclib raises these only while it connects
        raise DriverUnavailable(f"连不上网关，它可能没有启动，或者地址不对（{error.strerror or error}）") from error
