"""Applications with their approvers and history, who holds a role, kinds of one's own, and outside systems."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from botbay.db import Base, Identified, now
from workers.approvals.flow import Answer, State


class RoleHolder(Base):
    """An account that approves where a chain says ``role:…``."""

    __tablename__ = "approval_roles"
    role: Mapped[str] = mapped_column(String, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class OwnKind(Base):
    """A kind that this installation has made for itself; one of the shipped ones is replaced, or hidden while off."""

    __tablename__ = "approval_kinds"
    name: Mapped[str] = mapped_column(String, primary_key=True)
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB)
    off: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime] = mapped_column(default=now)


class Application(Identified, Base):
    """What somebody asks for; its id is the number that people say. The kind is kept as it was at that time.

    ``chain``: the steps that it goes through, [{"name", "need"}]; ``at`` counts them from 0.
    """

    __tablename__ = "applications"
    key: Mapped[str] = mapped_column(String, unique=True)  # who put it in, so that it is put in once
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[str]
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB)
    values: Mapped[dict[str, Any]] = mapped_column(JSONB)  # see workers.approvals.fields
    chain: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    at: Mapped[int] = mapped_column(default=0)
    state: Mapped[State] = mapped_column(String, default=State.OPEN)
    system_id: Mapped[int | None] = mapped_column(ForeignKey("approval_systems.id"))  # which put it in
    created_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
    __table_args__ = (Index("ix_applications_account_id", "account_id", "id"),)


class ApprovalSeat(Identified, Base):
    """An approver's place in a step of an application, and the answer."""

    __tablename__ = "approval_seats"
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id", ondelete="CASCADE"), index=True)
    step: Mapped[int]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    answer: Mapped[Answer] = mapped_column(String, default=Answer.WAITING)
    asked_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_approval_seats_waiting", "account_id", postgresql_where=sql("answer = 'waiting'")),
        Index("ix_approval_seats_account_id", "account_id", "application_id"),
    )


class What(StrEnum):
    """What can happen to an application."""

    SUBMITTED = "submitted"
    ASKED = "asked"
    UNREACHED = "unreached"  # should be asked, and has no private chat with a bot
    REMINDED = "reminded"
    APPROVED = "approved"  # by one approver
    REJECTED = "rejected"
    TRANSFERRED = "transferred"
    HANDED_ON = "handed_on"  # by time, to the one who was named for it
    WITHDRAWN = "withdrawn"
    GRANTED = "granted"  # all have approved


class ApplicationEvent(Identified, Base):
    """One line of an application's history. ``words``: the reason or the remark."""

    __tablename__ = "application_events"
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id", ondelete="CASCADE"), index=True)
    what: Mapped[What] = mapped_column(String)
    step: Mapped[int]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))  # None: by time
    to_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    words: Mapped[str] = mapped_column(String, default="")
    via: Mapped[str] = mapped_column(String, default="")  # chat, page, or an outside system's name
    at: Mapped[datetime] = mapped_column(default=now)


# --- outside systems ---------------------------------------------------------------------------------------


class OutsideSystem(Identified, Base):
    """An office system that puts applications in, and is called back. Its secret is made from ours, and not kept."""

    __tablename__ = "approval_systems"
    name: Mapped[str] = mapped_column(String, unique=True)
    url: Mapped[str] = mapped_column(String, default="")  # where it is called back; empty: nowhere
    all_of_them: Mapped[bool] = mapped_column(default=False)  # also of what it did not put in
    off_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"  # given up


class Delivery(Identified, Base):
    """A call back that is owed to a system; each event once."""

    __tablename__ = "approval_deliveries"
    system_id: Mapped[int] = mapped_column(ForeignKey("approval_systems.id", ondelete="CASCADE"))
    event_id: Mapped[int] = mapped_column(ForeignKey("application_events.id", ondelete="CASCADE"), index=True)
    body: Mapped[str]
    state: Mapped[DeliveryState] = mapped_column(String, default=DeliveryState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(default=now)
    created_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("system_id", "event_id", name="uq_approval_deliveries_event"),
        Index("ix_approval_deliveries_open", "next_at", postgresql_where=sql("ended_at IS NULL")),
    )


class DeliveryTry(Identified, Base):
    """One try to call back: the answer's status, or what went wrong."""

    __tablename__ = "approval_delivery_tries"
    delivery_id: Mapped[int] = mapped_column(ForeignKey("approval_deliveries.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    milliseconds: Mapped[int]
    status: Mapped[int | None]
    problem: Mapped[str] = mapped_column(String, default="")
