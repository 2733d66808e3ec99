"""Where mail is handed in: a mail server by URL, and the sender's and the recipients' addresses as people write them."""

import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

_FORM = "smtp://用户:密码@主机:587 或 smtps://用户:密码@主机:465"
_PORTS = {"smtps": 465, "smtp": 25}
_SUBMISSION = 587

#: What may stand before the @ without quotes (RFC 5321), and letters of any script (RFC 6531).
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_HOST = re.compile(r"[\w.:-]+")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NAMED = re.compile(r"^(?P<name>[^<>@]*)<(?P<address>[^<>]+)>$")
#: RFC 5321, in bytes as they are sent.
_LONGEST, _LONGEST_LOCAL = 254, 64


@dataclass(frozen=True, kw_only=True)
class SmtpServer:
    """A mail server. ``tls``: from the first byte; otherwise by STARTTLS, unless ``plain``.

    With a user the password is never sent in the clear, unless ``plain``. ``ca``: whom its certificate is checked
    by, beside whom the system trusts.
    """

    host: str
    port: int
    tls: bool = False
    plain: bool = False
    user: str = ""
    password: str = field(default="", repr=False)
    ca: Path | None = None


def parse_smtp_url(text: str) -> SmtpServer:
    """``smtp[s]://[user:password@]host[:port][?tls=none][&ca=FILE]``. Raises ValueError; its text has no password."""
    url = urlsplit(text.strip())
    try:
        host, port = url.hostname, url.port
    except ValueError:
        host, port = None, None
    if (
        url.scheme not in _PORTS
        or not _HOST.fullmatch(host or "")
        or host is None
        or url.path not in ("", "/")
        or url.fragment
    ):
        raise ValueError(f"应为 {_FORM}；用户和密码里的 @ : / ? # % 和空格要写成 %40 这样的")
    query = parse_qs(url.query, keep_blank_values=True)
    if unknown := sorted(set(query) - {"tls", "ca"}):
        raise ValueError(f"有不认识的参数 {unknown[0]}，只有 tls 和 ca")
    if "tls" in query and (query["tls"][-1] != "none" or url.scheme == "smtps"):
        raise ValueError("tls 只能是 none，并且只用在 smtp:// 后面：整条连接加密请写 smtps://")
    ca = Path(query["ca"][-1]) if "ca" in query else None
    if ca is not None and not ca.is_file():
        raise ValueError(f"ca 文件不存在：{ca}")
    user, password = unquote(url.username or ""), unquote(url.password or "")
    if bool(user) != bool(password):
        raise ValueError(f"用户和密码要一起写，应为 {_FORM}")
    if any(unicodedata.category(char) == "Cc" for char in user + password):
        raise ValueError("用户或密码里有换行一类看不见的字符")
    return SmtpServer(
        host=host,
        port=port or (_SUBMISSION if user and url.scheme == "smtp" else _PORTS[url.scheme]),
        tls=url.scheme == "smtps",
        plain="tls" in query,
        user=user,
        password=password,
        ca=ca,
    )


def parse_address(text: str) -> str:
    """One bare address with its domain in small letters, ready to be shown. Raises ValueError, for people.

    What an input method makes of it is mended (``＠``, ``。``). Names beside it, lists and quotes are refused, and so
    is everything that could end a line of a mail's head.
    """
    shown = unicodedata.normalize("NFKC", text).strip()
    if not shown or not shown.isprintable() or any(char.isspace() for char in shown):
        raise ValueError("邮箱里不能有空格和换行，应像 name@example.com")
    if shown.count("@") != 1 or any(char in ',;<>"()[]\\:、；，' for char in shown):
        raise ValueError("一次只写一个邮箱，只写邮箱本身，应像 name@example.com")
    local, _, domain = shown.partition("@")
    if not _LOCAL.fullmatch("".join("a" if ord(char) > 127 else char for char in local)):
        raise ValueError("邮箱 @ 前面写得不对，应像 name@example.com")
    domain = parse_domain(domain)
    sent = f"{local}@{ascii_domain(domain)}".encode()
    if len(local.encode()) > _LONGEST_LOCAL or len(sent) > _LONGEST:
        raise ValueError("邮箱太长了，检查一下有没有写错")
    return f"{local}@{domain}"


def parse_domain(text: str) -> str:
    """A domain in small letters, as people read it. Raises ValueError, for people."""
    try:
        sent = unicodedata.normalize("NFKC", text).strip().replace("。", ".").lower().encode("idna").decode()
        shown = sent.encode().decode("idna")
    except UnicodeError:
        raise ValueError("邮箱 @ 后面写得不对，应像 example.com") from None
    labels = sent.split(".")
    if len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)) or labels[-1].isdigit() or len(sent) > 253:
        raise ValueError("邮箱 @ 后面写得不对，应像 example.com")
    return shown


def ascii_domain(domain: str) -> str:
    """A domain as it is sent."""
    return domain.encode("idna").decode()


def parse_sender(text: str) -> tuple[str, str]:
    """``name@example.com`` or ``Name <name@example.com>`` as (name, address). Raises ValueError."""
    match = _NAMED.match(text.strip())
    name = match["name"].strip().strip('"') if match else ""
    if not name.isprintable():
        raise ValueError("发件人的名字里有换行一类看不见的字符")
    return name, parse_address(match["address"] if match else text)
