"""The tables of the inbox, and of the trainings that were asked for."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from botbay.db import Base, Identified, now


class Reason(StrEnum):
    """Why a sentence is here."""

    UNSURE = "unsure"  # the bot asked which of a few was meant
    UNKNOWN = "unknown"  # the bot said that it did not understand
    WRONG = "wrong"  # it acted, and the person rephrased or said no


class SentenceState(StrEnum):
    OPEN = "open"
    LABELLED = "labelled"  # waits for the next training
    EXPORTED = "exported"  # stands in the training data
    DISMISSED = "dismissed"


class Sentence(Identified, Base):
    """A masked sentence; the same from several people is one row, with a sighting each."""

    __tablename__ = "training_sentences"
    text: Mapped[str] = mapped_column(String, unique=True)
    state: Mapped[SentenceState] = mapped_column(String, default=SentenceState.OPEN, index=True)
    ranking: Mapped[list[Any]] = mapped_column(JSONB, default=list)  # [[intent, confidence], …], likeliest first
    suggestion: Mapped[str | None]  # the intent that the person seems to have meant
    intent: Mapped[str | None]
    entities: Mapped[list[Any]] = mapped_column(JSONB, default=list)  # [[start, end, kind], …]
    problem: Mapped[str] = mapped_column(String, default="")  # why the label that it had was refused
    labelled_at: Mapped[datetime | None]


class Sighting(Identified, Base):
    """Once that somebody said it. It counts only while the dialogue in which it was said has not been forgotten."""

    __tablename__ = "training_sightings"
    sentence_id: Mapped[int] = mapped_column(ForeignKey("training_sentences.id", ondelete="CASCADE"), index=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    epoch: Mapped[int]  # of the conversation, when it was said
    turn_id: Mapped[int | None] = mapped_column(ForeignKey("turns.id", ondelete="SET NULL"))
    reason: Mapped[Reason] = mapped_column(String)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    __table_args__ = (UniqueConstraint("turn_id", "reason", name="uq_training_sightings_turn"),)


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class TrainingRun(Identified, Base):
    """A training that was asked for, or (``wanted`` is set) a return to an earlier version. One at a time."""

    __tablename__ = "training_runs"
    state: Mapped[RunState] = mapped_column(String, default=RunState.QUEUED)
    wanted: Mapped[str | None]
    lines: Mapped[list[str]] = mapped_column(JSONB, default=list)  # what it is doing, in words
    asked_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String, default="")
    version: Mapped[str | None]  # that is in use since
    __table_args__ = (
        Index(
            "uq_training_runs_open", sql("(ended_at IS NULL)"), unique=True, postgresql_where=sql("ended_at IS NULL")
        ),
    )
