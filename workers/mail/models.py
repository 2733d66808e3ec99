"""Mails that wait, and for some days what became of them. What they hold of people's words goes when they end."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from botbay.db import Base, Identified, now


class MailState(StrEnum):
    WAITING = "waiting"  # the server has not got it for certain
    HANDED = "handed"  # its last byte may have gone out: only the server knows
    SENT = "sent"
    FAILED = "failed"  # given up, or withdrawn
    UNKNOWN = "unknown"  # handed over and no answer came: not sent again


class Mail(Identified, Base):
    """A mail to one address. Subject, text, HTML and attachments are erased when it ends, whichever way.

    ``sources`` are the messages whose words it holds: when one of them is erased, the mail is no longer sent.
    """

    __tablename__ = "mails"
    key: Mapped[str] = mapped_column(String, unique=True)  # who had it sent, so that it is sent once
    message_id: Mapped[str] = mapped_column(String, unique=True)  # the mail's own, the same at every try
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversations.id", ondelete="SET NULL"), index=True)
    recipient: Mapped[str]
    subject: Mapped[str]
    html: Mapped[str]
    text: Mapped[str]
    sources: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default=list)
    state: Mapped[MailState] = mapped_column(String, default=MailState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    token: Mapped[UUID | None]  # of the try under way: whoever lost it hands nothing over
    reason: Mapped[str] = mapped_column(String, default="")  # for people: why it has not gone out
    created_at: Mapped[datetime] = mapped_column(default=now)
    next_at: Mapped[datetime] = mapped_column(default=now)
    handed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_mails_open", "next_at", postgresql_where=sql("ended_at IS NULL")),
        Index("ix_mails_ended_at", "ended_at"),
    )


class MailAttachment(Identified, Base):
    """A file that goes with a mail, or with a ``cid`` a picture inside its HTML.

    In the database and not in storage: it comes with the mail's own transaction, and goes with it.
    """

    __tablename__ = "mail_attachments"
    mail_id: Mapped[int] = mapped_column(ForeignKey("mails.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    mime: Mapped[str]
    cid: Mapped[str] = mapped_column(String, default="")
    content: Mapped[bytes] = mapped_column(LargeBinary)
