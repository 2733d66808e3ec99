"""What every answer and every request must satisfy: headers, and that a change comes from our own pages."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from botbay.settings import load_settings

_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",  # NiceGUI and Vue compile in the page
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
#: What is signed by a secret that no browser holds cannot be forged through one; cookies do not count there.
_SIGNED = "/api/office/"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def comes_from_us(headers: Headers) -> bool:
    """Whether a request that changes something was made by our own page, or by no browser at all."""
    if (site := headers.get("sec-fetch-site")) is not None:
        return site in ("same-origin", "none")
    if (origin := headers.get("origin")) is None:
        return True
    allowed = {headers.get("host", ""), urlsplit(load_settings().public_url or "").netloc}
    return urlsplit(origin).netloc in allowed - {""}


class Guard:
    """Sets the security headers; refuses writes and sockets that another site's page makes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        harmless = scope["type"] == "http" and (scope["method"] in _READING or scope["path"].startswith(_SIGNED))
        if not harmless and not comes_from_us(headers):
            if scope["type"] == "websocket":
                await WebSocketClose(code=1008)(scope, receive, send)
            else:
                await PlainTextResponse("这个请求来自别的网站，没有执行。", 403)(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                out = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    out.setdefault(name, value)
                if not scope["path"].startswith("/_nicegui"):
                    out.setdefault("Cache-Control", "no-store")
                if scope["scheme"] == "https":
                    message["headers"] = [
                        (name, value + b"; secure" if name.lower() == b"set-cookie" else value)
                        for name, value in message["headers"]
                    ]
            await send(message)

        await self._app(scope, receive, guarded)
