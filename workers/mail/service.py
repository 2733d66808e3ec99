"""The rules of mail: who may be written to, and having a mail sent. Nothing here commits."""

from collections.abc import Collection, Sequence
from email.utils import make_msgid
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from botbay import jobs
from botbay.chat.models import Account
from botbay.settings import Settings, load_settings
from botbay.smtp import ascii_domain, parse_address
from workers.mail import repository
from workers.mail.frame import frame
from workers.mail.messages import Attachment, file_name, mime_type, one_line, storable
from workers.mail.models import Mail

__all__ = [
    "JOB",
    "LARGEST_MB",
    "NOT_SET_UP",
    "Attachment",
    "Leave",
    "MailError",
    "check_address",
    "frame",
    "is_set_up",
    "may_mail",
    "send",
]

#: The job that sends; its payload is {"mail_id": …}.
JOB = "send_mail"
#: What a mail may hold in all, in MB of 1024 * 1024 bytes; on the way it grows by a third. Many servers take less.
LARGEST_MB = 25

NOT_SET_UP = "还没有设置发信的邮箱，请管理员看看「设置发邮件」那份说明。"


class MailError(Exception):
    """This cannot be mailed. The text is for people and says why and what to do."""


class Leave(StrEnum):
    """Whether minutes may go to an address."""

    OWN = "own"  # the account's own
    ALLOWED = "allowed"  # in a domain that is allowed to everybody
    ASK = "ask"  # only after the person has said yes to this very address


def is_set_up(settings: Settings) -> bool:
    return settings.smtp_server is not None


def check_address(text: str) -> str:
    """One bare address, its domain in small letters. Raises MailError for anything else."""
    try:
        return parse_address(text)
    except ValueError as error:
        raise MailError(f"{error}。") from None


def may_mail(settings: Settings, account: Account | None, address: str) -> Leave:
    """What has to happen before something is mailed there for this account. Raises MailError for a bad address."""
    address = check_address(address)
    own = account.email if account is not None else None
    if own and _folded(own) == address.lower():
        return Leave.OWN
    return Leave.ALLOWED if address.rpartition("@")[2] in settings.mail_domains else Leave.ASK


def _folded(address: str) -> str:
    """An account's address was checked by looser rules once; one that could not be written to is nobody's."""
    try:
        return parse_address(address).lower()
    except ValueError:
        return ""


async def send(
    session: AsyncSession,
    *,
    to: str,
    subject: str,
    html: str,
    text: str,
    attachments: Sequence[Attachment] = (),
    conversation_id: int | None,
    key: str,
    sources: Collection[int] = (),
) -> Mail:
    """Have a mail sent when the transaction commits, once under the same key: the second time gives the first mail.

    ``html`` is a whole document (see ``frame``), ``text`` the same as plain text. How it ends is told in the
    conversation, if one is given: in private with the address, in a room without. ``sources`` are the ids of the
    messages whose words the mail holds: it is withdrawn when one of them is erased before it has gone out.

    Sent once, as far as SMTP allows. That a try begins, and that the mail's last byte goes out, is committed before
    it happens; a try that broke off before is made again, with the same Message-ID. What cannot be known is what
    became of a mail whose last byte went out and whose answer never came, because the connection or this process
    died in that moment: the server may have it or not. It is not sent again, and the person is told so.

    Raises MailError when mail is not set up, the address is bad, or the mail is too large.
    """
    address = check_address(to)
    settings = load_settings()
    if not is_set_up(settings):
        raise MailError(NOT_SET_UP)
    size = sum(len(each.content) for each in attachments) + len(html.encode()) + len(text.encode())
    if size > LARGEST_MB * 1024**2:
        raise MailError(f"这封信有 {size / 1024**2:.0f} MB，最多能发 {LARGEST_MB} MB：要短一点的时间再试。")
    files = [
        Attachment(name=file_name(each.name), mime=mime_type(each.mime), content=each.content, cid=each.cid)
        for each in attachments
    ]
    row = {
        "key": key,
        "message_id": make_msgid(domain=ascii_domain(settings.mail_sender[1].rpartition("@")[2])),
        "conversation_id": conversation_id,
        "recipient": address,
        "subject": one_line(subject) or "（没有标题）",
        "html": storable(html),
        "text": storable(text),
        "sources": sorted(set(sources)),
    }
    mail = await repository.insert_mail(session, row, files)
    if mail is None:
        return await repository.by_key(session, key)
    await enqueue(session, [mail.id])
    return mail


async def enqueue(session: AsyncSession, mail_ids: Collection[int]) -> None:
    """Have these mails looked at; one that waits for it already is enough."""
    await jobs.enqueue(
        session,
        [jobs.NewJob(name=JOB, payload={"mail_id": mail_id}, key=f"mail:{mail_id}") for mail_id in mail_ids],
    )
