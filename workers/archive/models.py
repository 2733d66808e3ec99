"""Tables of the drive: links by which somebody shares files with people who have no account."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from botbay.db import Base, Identified, now


class Share(Identified, Base):
    """A link to some files. It opens what its maker may still read, until it expires or is revoked."""

    __tablename__ = "shares"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String, unique=True)  # sha256 in hex; the token itself is kept nowhere
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    opened: Mapped[int] = mapped_column(default=0)  # how often it was opened


class SharedFile(Base):
    """A file under a share's link."""

    __tablename__ = "shared_files"
    share_id: Mapped[int] = mapped_column(ForeignKey("shares.id", ondelete="CASCADE"), primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("files.id", ondelete="CASCADE"), primary_key=True, index=True)
