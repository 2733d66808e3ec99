"""What lets somebody in once: sign-in links and binding codes. No secret is stored plain."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from botbay.db import Base, Identified, now


class LoginLink(Identified, Base):
    """A link that signs somebody in once. Holds the token's SHA-256 in hex."""

    __tablename__ = "login_links"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String, unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class BindCode(Identified, Base):
    """A six-digit code that binds one contact to the account. It is stored hashed with a key."""

    __tablename__ = "bind_codes"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    code_hash: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    superseded_at: Mapped[datetime | None]  # a newer code replaced it
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"))  # who used it
    wrong_tries: Mapped[int] = mapped_column(default=0)  # codes tried while this one was valid
    __table_args__ = (
        Index("ix_bind_codes_account_id_code_hash", "account_id", "code_hash"),
        Index(
            "uq_bind_codes_valid",
            "account_id",
            unique=True,
            postgresql_where=text("used_at IS NULL AND superseded_at IS NULL"),
        ),
    )
