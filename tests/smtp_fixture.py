"""A real SMTP server on loopback that keeps what it takes, and behaves badly when it is told to."""

import asyncio
import contextlib
import email
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.integration.certificates import Certificates

USER, PASSWORD = "bot@example.com", "授权 码:@/#"


@dataclass(frozen=True)
class Received:
    """A mail that the server said yes to, and whom it was told about."""

    sender: str
    recipients: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = email.message_from_bytes(self.content, policy=default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class MailServer:
    """``rcpt`` and ``data`` are its answers to the next mails, one after the other; then it says yes.

    ``before_answer`` is called when it has taken a mail and has not said so.
    """

    login: bool = False
    port: int = 0
    host: str = "127.0.0.1"
    received: list[Received] = field(default_factory=list)
    rcpt: list[str] = field(default_factory=list)
    mail: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    before_answer: Callable[[], object] | None = None
    hellos: list[str] = field(default_factory=list)
    secure: list[bool] = field(default_factory=list)

    def url(self, scheme: str = "smtp", login: str = "", query: str = "") -> str:
        return f"{scheme}://{login and login + '@'}{self.host}:{self.port}{query and '?' + query}"

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.hellos.append(hostname)
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if self.mail:
            return self.mail.pop(0)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt:
            return self.rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.data:
            return self.data.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        self.received.append(Received(envelope.mail_from or "", list(envelope.rcpt_tos), content))
        self.secure.append(session.ssl is not None)
        if self.before_answer is not None:
            self.before_answer()
            server.transport.abort()
        return "250 OK"


def _may_enter(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)


def context_of(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate, certificates.key)
    return context


@contextlib.asynccontextmanager
async def smtp_server(
    *,
    starttls: Certificates | None = None,
    tls: Certificates | None = None,
    login: bool = False,
    largest: int = 100 * 1024**2,
    port: int = 0,
) -> AsyncIterator[MailServer]:
    """A server while the block runs. ``login``: only who knows ``USER`` and ``PASSWORD`` may send."""
    mails = MailServer(login=login)

    def connection() -> SMTP:
        return SMTP(
            mails,
            hostname="mail.test",
            ident="test",
            data_size_limit=largest,
            enable_SMTPUTF8=True,
            tls_context=context_of(starttls) if starttls else None,
            authenticator=_may_enter if login else None,
            auth_require_tls=starttls is not None,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(connection, mails.host, port, ssl=context_of(tls) if tls else None)
    mails.port = server.sockets[0].getsockname()[1]
    try:
        yield mails
    finally:
        server.close()


async def free_port() -> int:
    """A port of loopback on which nobody listens."""
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


@contextlib.asynccontextmanager
async def scripted(talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]) -> AsyncIterator[int]:
    """A server that does nothing but what ``talk`` does with each connection; its port."""
    server = await asyncio.start_server(talk, "127.0.0.1", 0, limit=2**20)  # type: ignore[arg-type]
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
