"""One try to hand a mail to the server, and what its answer means for people and for whoever set it up."""

import asyncio
import contextlib
import enum
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass

import aiosmtplib
from aiosmtplib.protocol import SMTPProtocol

from botbay.smtp import SmtpServer, ascii_domain
from workers.mail import answers
from workers.mail.answers import Refused, Setup, Stage, Temporary, Unknown
from workers.mail.messages import Envelope

#: Says that the last byte is about to go out; False when somebody else has taken the mail over.
HandOver = Callable[[], Awaitable[bool]]

_CHUNK = 64 * 1024  # bytes
_DOT = re.compile(rb"^\.", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Patience:
    """Seconds to wait: for the connection, an answer, a part of the content to leave, the answer at the end.

    The last is what RFC 5321 asks for: a server may look at a mail for minutes before it says yes.
    """

    connect: float = 60
    answer: float = 120
    progress: float = 120
    end: float = 600


PATIENCE = Patience()


class Outcome(enum.Enum):
    SENT = "sent"
    TAKEN_OVER = "taken over"  # nothing was handed over: another try has the mail


async def deliver(server: SmtpServer, envelope: Envelope, hand_over: HandOver) -> Outcome:
    """Hand the mail over, once. Raises Temporary or Refused when the server certainly has not taken it.

    Raises Unknown when nobody can know: everything had gone out, and no answer came. Until ``hand_over`` has
    been asked, the last byte, without which no server may deliver, has not gone out.
    """
    async with _session(server, envelope.sender) as client:
        options = _options(client, envelope)
        with _at(Stage.SENDER):
            await client.mail(envelope.sender, options=options, encoding="utf-8")
        with _at(Stage.RECIPIENT):
            await client.rcpt(envelope.recipient, encoding="utf-8")
        return await _content(client, envelope.content, hand_over)


async def examine(server: SmtpServer, sender: str) -> None:
    """Connect, say hello and log in; nothing is sent. Raises Temporary or Refused."""
    async with _session(server, sender):
        pass


def _options(client: aiosmtplib.SMTP, envelope: Envelope) -> list[str]:
    options = []
    if client.supports_extension("size"):
        limit = client.esmtp_extensions["size"]
        if limit.isdigit() and 0 < int(limit) < len(envelope.content):
            raise answers.too_big(int(limit))
        options.append(f"SIZE={len(envelope.content)}")
    if envelope.utf8:
        if not client.supports_extension("smtputf8"):
            raise Refused("邮件服务器发不了带汉字的邮箱地址，换一个只有字母和数字的地址吧")
        options += ["BODY=8BITMIME", "SMTPUTF8"]
    return options


# --- getting in --------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def _session(server: SmtpServer, sender: str) -> AsyncIterator[aiosmtplib.SMTP]:
    trusted = ssl.create_default_context()
    if server.ca is not None:
        trusted.load_verify_locations(server.ca)
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.tls,
        start_tls=False,
        tls_context=None if server.plain else trusted,
        # The sender's domain, not the machine's name: that is nobody's business, and finding it out may take long.
        local_hostname=ascii_domain(sender.rpartition("@")[2]),
        timeout=PATIENCE.connect,
    )
    try:
        with _at(Stage.CONNECT):
            await client.connect()
        client.timeout = PATIENCE.answer
        with _at(Stage.HELLO):
            await _hello(client)
            if not server.tls and not server.plain and client.supports_extension("starttls"):
                await client.starttls()
                await _hello(client)
            elif server.user and not server.tls and not server.plain:
                raise Setup(
                    "服务器没有提供加密，密码不能明着发：端口换成 465 并写 smtps://；只在信得过的内网里才加 ?tls=none"
                )
        if server.user:
            with _at(Stage.LOGIN):
                await client.login(server.user, server.password)
        yield client
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await client.quit(timeout=5)
    finally:
        client.close()


async def _hello(client: aiosmtplib.SMTP) -> None:
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        await client.helo()  # a very old one


# --- the content -------------------------------------------------------------------------------------------


async def _content(client: aiosmtplib.SMTP, content: bytes, hand_over: HandOver) -> Outcome:
    with _at(Stage.CONTENT):
        invited = await client.execute_command(b"DATA")
    if invited.code != 354 or client.protocol is None:
        raise answers.judged(Stage.CONTENT, invited.code, invited.message)
    # Listening from now on: a server may refuse in the middle.
    answer = asyncio.ensure_future(client.protocol.read_response())
    try:
        with _at(Stage.CONTENT):
            await _stream(client.protocol, _DOT.sub(b"..", content), answer)
            if not await hand_over():
                client.close()  # in the middle: nothing may be said any more that could end the mail
                return Outcome.TAKEN_OVER
            if answer.done():
                early = answer.result()
                raise answers.judged(Stage.CONTENT, early.code, early.message)
            client.protocol.write(b".\r\n")
        try:
            last = await asyncio.wait_for(answer, PATIENCE.end)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise Unknown from error
        if last.code != 250:
            raise answers.judged(Stage.CONTENT, last.code, last.message)
        return Outcome.SENT
    finally:
        answer.cancel()
        await asyncio.gather(answer, return_exceptions=True)


async def _stream(protocol: SMTPProtocol, content: bytes, answer: "asyncio.Future[aiosmtplib.SMTPResponse]") -> None:
    """Everything but the last dot, until it has left this process or an answer has come."""
    for start in range(0, len(content), _CHUNK):
        if answer.done():
            return
        protocol.write(content[start : start + _CHUNK])
        await _flushed(protocol, answer)


async def _flushed(protocol: SMTPProtocol, answer: "asyncio.Future[aiosmtplib.SMTPResponse]") -> None:
    async with asyncio.timeout(PATIENCE.progress):
        while not answer.done() and isinstance(protocol.transport, asyncio.WriteTransport):
            if not protocol.transport.get_write_buffer_size():
                return
            await asyncio.sleep(0.005)


# --- what goes wrong ---------------------------------------------------------------------------------------


@contextlib.contextmanager
def _at(stage: Stage) -> Iterator[None]:
    """What goes wrong here is told in our words, without what the server or the mail says."""
    try:
        yield
    except aiosmtplib.SMTPResponseException as error:
        raise answers.judged(stage, error.code, error.message) from None
    except (OSError, TimeoutError) as error:
        raise _broken(error) from None
    except aiosmtplib.SMTPException:
        if stage is Stage.LOGIN:
            raise Setup("服务器没有我们会用的登录方式：检查端口，多半是 465（smtps://）或 587") from None
        raise Temporary("邮件服务器答得不对") from None


def _broken(error: BaseException) -> Temporary | Setup:
    causes = [cause for cause in (error, error.__cause__, error.__context__) if cause is not None]
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return Setup("服务器的证书信不过：主机名要和证书一致；公司自己签的证书用 ?ca=证书文件 指明")
    if any(isinstance(cause, ssl.SSLError) and cause.reason == "WRONG_VERSION_NUMBER" for cause in causes):
        return Setup("这个端口不是加密的：465 用 smtps://，587 和 25 用 smtp://")
    if isinstance(error, TimeoutError):
        return Temporary("邮件服务器没有反应")
    return Temporary("邮件服务器连不上，或者说到一半断了")
