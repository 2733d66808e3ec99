"""The table of the reports: what stands for a span and a scope."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from botbay.db import Base, Identified, now


class ReportRow(Identified, Base):
    """The report of a span: of a person over rooms (``account_id``), or of a room for whoever may read there.

    ``fingerprint`` is that of the messages, rooms and gaps it was made from; ``document`` is
    ``workers.report.document.Report``. ``zone`` is the name of the time zone whose days it counts.
    """

    __tablename__ = "reports"
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"), index=True)
    since: Mapped[datetime]
    until: Mapped[datetime]
    zone: Mapped[str]
    fingerprint: Mapped[str] = mapped_column(String, default="")
    document: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    made_at: Mapped[datetime] = mapped_column(default=now)
    __table_args__ = (
        UniqueConstraint(
            "account_id",
            "room_id",
            "since",
            "until",
            "zone",
            name="uq_reports_span",
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_reports_since_until", "since", "until"),
    )


class ReportShare(Identified, Base):
    """A link to the report of a span: what its maker may still read, until it expires or is revoked.

    ``room_id`` is None for the maker's own over rooms. ``words``: with keywords and the names of files and links.
    """

    __tablename__ = "report_shares"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"), index=True)
    since: Mapped[datetime]
    until: Mapped[datetime]
    zone: Mapped[str]
    words: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    opened: Mapped[int] = mapped_column(default=0)  # how often it was opened
