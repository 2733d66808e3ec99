"""Serves the pages: ``python -m web``."""

import errno
import signal
import socket
import sys

import uvicorn

from botbay.logs import configure_logging
from botbay.settings import Settings, SettingsError, load_settings
from web.app import create_app


class StartError(Exception):
    """The pages cannot be served. The text is one line that says why and what to do."""


def bind(settings: Settings) -> socket.socket:
    """The socket to listen on. Raises StartError when the port is taken or the address not ours."""
    host, port = settings.web_host, settings.web_port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(128)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            words = f"网页端口 {port} 已被占用：用 BOTBAY_WEB_PORT 换一个端口，或停掉占用它的程序。"
        elif error.errno == errno.EACCES:
            words = f"没有权限使用端口 {port}：把 BOTBAY_WEB_PORT 改成 1024 以上。"
        else:
            words = f"网页不能在 {host} 上监听：检查 BOTBAY_WEB_HOST。"
        raise StartError(words) from None
    return listening


def main() -> int:
    configure_logging()
    try:
        settings = load_settings()
        listening = bind(settings)
    except (SettingsError, StartError) as error:
        print(f"botbay：{error}", file=sys.stderr)
        return 1
    # No access log: paths hold one-time tokens.
    config = uvicorn.Config(
        create_app(),
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    # uvicorn ends with the signal that stopped it: a stop that was asked for is no failure.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    with listening:
        uvicorn.Server(config).run(sockets=[listening])
    return 0


if __name__ == "__main__":
    sys.exit(main())
