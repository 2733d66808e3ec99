"""Reminders, and what became of each."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from botbay.db import Base, Identified, now


class ReminderState(StrEnum):
    WAITING = "waiting"  # for its slot, or for the next one of those that recur
    TOLD = "told"  # and nobody has said what became of it
    DONE = "done"
    CANCELLED = "cancelled"


class Reminder(Identified, Base):
    """Something to be said at a time: told in ``conversation_id``, asked for by ``asker_id``.

    ``contact_id`` is for whom it is, None for all of the room. ``at`` is the slot that comes next, or the last one when
    none does. ``rule`` is RFC 5545 where it recurs, counted from ``first``, a time of the clock on the asker's wall
    (naive, ISO); with ``workdays`` it leaves out holidays and takes in the days that are worked instead.

    Of the slot that was told last: ``told_slot`` until somebody said what became of it, ``told_at`` when,
    ``told_key`` the key of the turn and of the outbox, ``missed`` how many slots before it were not told.
    ``message_id`` is the message that asked for it, ``quoted_id`` the one that it quoted.
    """

    __tablename__ = "reminders"
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    asker_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    what: Mapped[str]
    at: Mapped[datetime]
    rule: Mapped[str | None]
    first: Mapped[str]
    workdays: Mapped[bool] = mapped_column(default=False)
    state: Mapped[ReminderState] = mapped_column(String, default=ReminderState.WAITING)
    told_at: Mapped[datetime | None]
    told_slot: Mapped[datetime | None]
    told_key: Mapped[str | None]
    missed: Mapped[int] = mapped_column(default=0)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"), index=True)
    quoted_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"), index=True)
    todo_id: Mapped[int | None] = mapped_column(ForeignKey("todos.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_reminders_conversation_id", "conversation_id", "at", postgresql_where=sql("state = 'waiting'")),
        Index("ix_reminders_told_key", "told_key", postgresql_where=sql("told_key IS NOT NULL")),
        Index("ix_reminders_ended_at", "ended_at", postgresql_where=sql("ended_at IS NOT NULL")),
    )


class ReminderEvent(Identified, Base):
    """A line of a reminder's history; ``by_id`` is None where it went by itself, ``slot`` the time it is about."""

    __tablename__ = "reminder_events"
    reminder_id: Mapped[int] = mapped_column(ForeignKey("reminders.id", ondelete="CASCADE"), index=True)
    what: Mapped[str]  # created, told, held, snoozed, skipped, changed, done, cancelled, undeliverable
    by_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"))
    slot: Mapped[datetime | None]
    at: Mapped[datetime] = mapped_column(default=now)


class TodoLink(Identified, Base):
    """An address from which calendars read what an account has to do, until it is taken back."""

    __tablename__ = "todo_links"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String, unique=True)  # sha256 in hex; the token itself is kept nowhere
    created_at: Mapped[datetime] = mapped_column(default=now)
    read_at: Mapped[datetime | None]  # when it was read last
