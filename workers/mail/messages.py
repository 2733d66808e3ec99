"""A mail as it goes over the wire, made with the standard library from what is stored."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import quote

from botbay.smtp import ascii_domain

#: Heads that are texts stand as they were folded here; those that the library made it folds by itself.
_POLICY = SMTP.clone(refold_source="none")
_SUBJECT, _NAME = 200, 80  # characters
_MIME = re.compile(r"[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*")
UNKNOWN_MIME = "application/octet-stream"


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file that goes with a mail. With a ``cid`` it is a picture that the HTML shows as ``<img src="cid:…">``."""

    name: str
    mime: str
    content: bytes
    cid: str = ""


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """A mail's bytes, and from and to whom they go as the server is told. ``utf8``: only by SMTPUTF8."""

    sender: str
    recipient: str
    content: bytes
    utf8: bool


def one_line(text: str, longest: int = _SUBJECT) -> str:
    """Text that may stand in a head: one line, nothing that cannot be seen or sent, of so many characters at most."""
    shown = "".join(" " if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") else char for char in text)
    shown = " ".join(shown.split())
    return shown if len(shown) <= longest else shown[: longest - 1].rstrip() + "…"


def storable(text: str) -> str:
    """Text that the database takes and a mail can say."""
    return text.replace("\x00", "").encode(errors="replace").decode()


def file_name(name: str) -> str:
    """A name under which any system can save it, ending included."""
    name = one_line(re.sub(r'[\\/:*?"<>|]', "_", name), 1000).strip(". ") or "附件"
    if len(name) <= _NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    return name[:_NAME] if not dot or len(ending) > 8 else stem[: _NAME - len(ending) - 1] + dot + ending


def mime_type(mime: str) -> str:
    """A kind that a head can say; what is none is bytes."""
    mime = mime.strip().lower()
    return mime if _MIME.fullmatch(mime) and not mime.startswith(("multipart/", "message/")) else UNKNOWN_MIME


def build(
    *,
    message_id: str,
    date: datetime,
    sender: tuple[str, str],
    recipient: str,
    subject: str,
    text: str,
    html: str,
    attachments: Sequence[Attachment] = (),
) -> Envelope:
    """The same bytes whenever it is called with the same, but for the borders between the parts.

    ``date`` is aware, in the zone that is to be shown. Texts go as Base64, which no server on the way rewrites.
    """
    name, address = sender
    message: MIMEPart = EmailMessage(policy=_POLICY)
    message["From"] = _address(one_line(name), address)
    message["To"] = _address("", recipient)
    message["Subject"] = one_line(subject)
    message["Date"] = format_datetime(date)
    message["Message-ID"] = message_id
    # No answering machine is to answer: the first for everybody, the second for Outlook.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(text, charset="utf-8", cte="base64")
    message.make_alternative()
    message.attach(_shown(html, [each for each in attachments if each.cid]))
    if files := [each for each in attachments if not each.cid]:
        message.make_mixed()
        for each in files:
            message.attach(_part(each))
    sent = _sent(recipient)
    utf8 = not sent.isascii() or not _sent(address).isascii()
    content = message.as_bytes(policy=_POLICY.clone(utf8=True) if utf8 else _POLICY)
    return Envelope(sender=_sent(address), recipient=sent, content=content, utf8=utf8)


def _sent(address: str) -> str:
    local, _, domain = address.partition("@")
    return f"{local}@{ascii_domain(domain)}"


def _shown(html: str, pictures: Sequence[Attachment]) -> MIMEPart:
    """The HTML, with the pictures in it."""
    part = MIMEPart(policy=_POLICY)
    part.set_content(html, subtype="html", charset="utf-8", cte="base64")
    if pictures:
        part.make_related()
        for each in pictures:
            part.attach(_part(each))
    return part


def _address(name: str, address: str) -> Address:
    local, _, domain = _sent(address).partition("@")
    return Address(name, local, domain)


def _part(attachment: Attachment) -> MIMEPart:
    """An attachment with its name said twice where it is not ASCII: no one way is understood everywhere.

    ``filename*`` (RFC 2231) is the right one, but QQ Mail shows ``tcmime….bin`` and some Outlooks ``ATT00001`` where
    it stands alone or is cut into ``filename*0*``; these read ``name`` as encoded words (RFC 2047). Thunderbird,
    Nodemailer and MailKit write it so.
    """
    part = MIMEPart(policy=_POLICY)
    main, _, sub = mime_type(attachment.mime).partition("/")
    part.set_content(attachment.content, main, sub, cte="base64")
    name = file_name(attachment.name)
    shown, exact = f'="{name}"', f'="{name}"'
    if not name.isascii():
        words = Header(name, "utf-8", maxlinelen=75).encode(linesep="\n").split()
        shown, exact = '="' + "\r\n ".join(words) + '"', f"*=UTF-8''{quote(name, safe='')}"
    del part["Content-Type"]
    part.set_raw("Content-Type", f"{main}/{sub};\r\n name{shown}")
    part.set_raw("Content-Disposition", f"{'inline' if attachment.cid else 'attachment'};\r\n filename{exact}")
    if attachment.cid:
        part["Content-ID"] = f"<{attachment.cid}>"
    return part
