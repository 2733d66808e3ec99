"""Tables of the minutes: what stands for a span of a room's talk, its versions, and the todos found in it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from botbay.db import Base, Identified, now


class MinutesRow(Identified, Base):
    """The minutes of a span, which ends (``until``, not itself) when they are asked for where that is None.

    ``fingerprint`` is that of the messages and gaps from which they were made last, ``newest_id`` the newest of those
    messages, ``speakers`` who said them: contact ids and the names as they stand in the documents.
    """

    __tablename__ = "minutes"
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"))
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    fingerprint: Mapped[str] = mapped_column(String, default="")
    newest_id: Mapped[int] = mapped_column(default=0)
    speakers: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    version: Mapped[int] = mapped_column(default=0)  # the number of the newest one
    made_at: Mapped[datetime] = mapped_column(default=now)  # from messages, the last time
    __table_args__ = (
        UniqueConstraint("room_id", "since", "until", name="uq_minutes_span", postgresql_nulls_not_distinct=True),
        Index("ix_minutes_made_at", "made_at"),
    )


class MinutesVersion(Base):
    """The minutes as they were made, or as somebody edited them; ``document`` is ``workers.minutes.document.Minutes``."""

    __tablename__ = "minutes_versions"
    minutes_id: Mapped[int] = mapped_column(ForeignKey("minutes.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    edited: Mapped[bool] = mapped_column(default=False)
    edited_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    made_at: Mapped[datetime] = mapped_column(default=now)


class TodoState(StrEnum):
    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class TodoRow(Identified, Base):
    """Something that somebody has to do, found in a room: once for the message that says it first.

    One message may say several: ``place`` is the place among them, from 0.
    ``sources`` are all the messages that say it. ``who_name`` is empty where nobody was named; ``due`` is None where
    no time was. ``edited``: somebody changed it, so that minutes made anew leave it as it is.
    """

    __tablename__ = "todos"
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"))
    minutes_id: Mapped[int | None] = mapped_column(ForeignKey("minutes.id", ondelete="SET NULL"), index=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    place: Mapped[int] = mapped_column(default=0)
    sources: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    what: Mapped[str]
    who_contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"), index=True)
    who_name: Mapped[str]
    due: Mapped[datetime | None]
    shown: Mapped[str]
    state: Mapped[TodoState] = mapped_column(String, default=TodoState.OPEN)
    edited: Mapped[bool] = mapped_column(default=False)
    found_at: Mapped[datetime] = mapped_column(default=now)
    __table_args__ = (
        UniqueConstraint("room_id", "message_id", "place", name="uq_todos_source"),
        Index("ix_todos_sources", "sources", postgresql_using="gin"),
    )
