"""A small office system, as the docs show it: puts applications in, and listens for what becomes of them.

It is all that an outside system needs: a name, a secret, and one address that checks a signature.
"""

import asyncio
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from http import HTTPStatus


@dataclass
class OfficeSystem:
    """Listens on loopback. ``answers``: what it does to the next calls, then it takes all: a status, or "hang"."""

    secret: str
    answers: list[int | str] = field(default_factory=list)
    heard: list[dict[str, object]] = field(default_factory=list)  # each once
    refused: int = 0
    _calls: set[asyncio.Task[None]] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def start(self) -> str:
        """Its address."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        return f"http://{host}:{port}/hook"

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for call in self._calls:
                call.cancel()
            await asyncio.gather(*self._calls, return_exceptions=True)
            await self._server.wait_closed()
            self._server = None

    def signed(self, body: bytes, at: float | None = None) -> tuple[str, str]:
        """(timestamp, signature) of what it sends itself."""
        timestamp = str(int(time.time() if at is None else at))
        return timestamp, self._signature(timestamp, body)

    def _signature(self, timestamp: str, body: bytes) -> str:
        digest = hmac.new(self.secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
        return f"sha256={digest.hexdigest()}"

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        call = asyncio.create_task(self._serve(reader, writer))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            headers = {
                name.strip().lower(): value.strip()
                for name, _, value in (line.partition(":") for line in head.splitlines()[1:] if line)
            }
            body = await reader.readexactly(int(headers["content-length"]))
            status: int | str = self.answers.pop(0) if self.answers else 200
            if status == "hang":
                await asyncio.sleep(60)
            assert isinstance(status, int)
            if status == 200:
                status = self._take(headers, body)
            writer.write(f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-length: 0\r\n\r\n".encode())
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _take(self, headers: dict[str, str], body: bytes) -> int:
        at = headers["x-botbay-timestamp"]
        good = hmac.compare_digest(self._signature(at, body), headers["x-botbay-signature"])
        if not good or abs(time.time() - int(at)) > 300:
            self.refused += 1
            return 401
        if headers["x-botbay-delivery"] not in self._seen:  # the same may come twice
            self._seen.add(headers["x-botbay-delivery"])
            self.heard.append(json.loads(body))
        return 200
