"""The tables of a chat. Ids are the database's; ``wechat_id`` is WeChat's own. Times are aware, in UTC."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from botbay.db import Base, Identified, now


def _ref(target: str, *, cascade: bool = True) -> ForeignKey:
    return ForeignKey(target, ondelete="CASCADE" if cascade else "SET NULL")


# --- accounts ----------------------------------------------------------------------------------------------


class Role(StrEnum):
    MEMBER = "member"
    MAINTAINER = "maintainer"


class Account(Identified, Base):
    """A person known to the user system."""

    __tablename__ = "accounts"
    name: Mapped[str] = mapped_column(String, unique=True)
    display_name: Mapped[str]
    email: Mapped[str | None]
    role: Mapped[Role] = mapped_column(String, default=Role.MEMBER)
    password_hash: Mapped[str | None]
    timezone: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    disabled_at: Mapped[datetime | None]
    __table_args__ = (Index("uq_accounts_name_folded", sql("lower(name)"), unique=True),)


class Workspace(Identified, Base):
    """People and rooms that belong together."""

    __tablename__ = "workspaces"
    name: Mapped[str] = mapped_column(String, unique=True)


class WorkspaceAccount(Base):
    __tablename__ = "workspace_accounts"
    workspace_id: Mapped[int] = mapped_column(_ref("workspaces.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(_ref("accounts.id"), primary_key=True, index=True)


# --- bots --------------------------------------------------------------------------------------------------


class BotState(StrEnum):
    OFFLINE = "offline"  # the gateway is gone, or has never been there
    SCANNING = "scanning"  # waits for somebody to scan the QR code
    ONLINE = "online"
    REFUSED = "refused"  # an account that is not on the whitelist tried to log in


class Bot(Identified, Base):
    """One WeChat account that BotBay drives; ``name`` is the one in the settings."""

    __tablename__ = "bots"
    name: Mapped[str] = mapped_column(String, unique=True)
    wechat_id: Mapped[str | None]
    wechat_name: Mapped[str] = mapped_column(String, default="")
    state: Mapped[BotState] = mapped_column(String, default=BotState.OFFLINE)
    detail: Mapped[str] = mapped_column(String, default="")  # for people: why it is in this state
    qrcode: Mapped[str] = mapped_column(String, default="")
    hello: Mapped[str | None]  # a greeting of its own that lets new friends in
    changed_at: Mapped[datetime] = mapped_column(default=now)
    heard_at: Mapped[datetime | None]  # the last sign of life while online; a gap starts here after a crash
    silenced_at: Mapped[datetime | None]  # its account's owner silenced it everywhere


class RefusedLogin(Identified, Base):
    """A login that the whitelist did not allow, shown to maintainers."""

    __tablename__ = "refused_logins"
    bot_id: Mapped[int] = mapped_column(_ref("bots.id"), index=True)
    wechat_id: Mapped[str]
    wechat_name: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)


class Gap(Identified, Base):
    """A time in which a bot was deaf; open while it still is. Without length: a moment at which something was lost."""

    __tablename__ = "gaps"
    bot_id: Mapped[int] = mapped_column(_ref("bots.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str]
    __table_args__ = (
        Index("ix_gaps_bot_id_started_at", "bot_id", "started_at"),
        Index("uq_gaps_open", "bot_id", unique=True, postgresql_where=sql("ended_at IS NULL")),
    )


# --- contacts and rooms ------------------------------------------------------------------------------------


class Contact(Identified, Base):
    """A WeChat user. ``nickname`` is the name that they gave the bot."""

    __tablename__ = "contacts"
    wechat_id: Mapped[str] = mapped_column(String, unique=True)
    name: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(_ref("accounts.id", cascade=False), index=True)
    nickname: Mapped[str | None]
    bound_at: Mapped[datetime | None]
    keep_private_at: Mapped[datetime | None]  # their yes to keeping what they send in private
    refused_at: Mapped[datetime | None]  # 不要记录我, said in private: nowhere


class Friend(Base):
    """A contact that a bot's account knows. Nothing is said to one before ``engaged_at`` is set."""

    __tablename__ = "friends"
    bot_id: Mapped[int] = mapped_column(_ref("bots.id"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(_ref("contacts.id"), primary_key=True, index=True)
    alias: Mapped[str] = mapped_column(String, default="")
    engaged_at: Mapped[datetime | None]


class Room(Identified, Base):
    """A WeChat group. It is being kept while ``recording_at`` is set."""

    __tablename__ = "rooms"
    wechat_id: Mapped[str] = mapped_column(String, unique=True)
    topic: Mapped[str]
    owner_id: Mapped[int | None] = mapped_column(_ref("contacts.id", cascade=False))
    workspace_id: Mapped[int | None] = mapped_column(_ref("workspaces.id", cascade=False), index=True)
    recording_at: Mapped[datetime | None]
    recording_by: Mapped[int | None] = mapped_column(_ref("contacts.id", cascade=False))
    stopped_at: Mapped[datetime | None]  # 停止应答 for the whole room


class RoomBot(Base):
    """A bot in a room. Nothing is said there before ``engaged_at`` is set."""

    __tablename__ = "room_bots"
    room_id: Mapped[int] = mapped_column(_ref("rooms.id"), primary_key=True)
    bot_id: Mapped[int] = mapped_column(_ref("bots.id"), primary_key=True, index=True)
    inviter_id: Mapped[int | None] = mapped_column(_ref("contacts.id", cascade=False))
    joined_at: Mapped[datetime] = mapped_column(default=now)
    left_at: Mapped[datetime | None]
    engaged_at: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]  # the account's owner typed in the room


class Consent(StrEnum):
    AGREED = "agreed"
    REFUSED = "refused"


class Member(Base):
    """A contact in a room, now or formerly; ``alias`` is the name they bear in it."""

    __tablename__ = "members"
    room_id: Mapped[int] = mapped_column(_ref("rooms.id"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(_ref("contacts.id"), primary_key=True, index=True)
    alias: Mapped[str] = mapped_column(String, default="")
    joined_at: Mapped[datetime] = mapped_column(default=now)
    left_at: Mapped[datetime | None]
    consent: Mapped[Consent | None] = mapped_column(String)
    consent_at: Mapped[datetime | None]


# --- messages ----------------------------------------------------------------------------------------------


class FileState(StrEnum):
    PENDING = "pending"
    STORED = "stored"
    FAILED = "failed"
    DELETED = "deleted"  # thrown away for good: only its place is kept


class Message(Identified, Base):
    """A message that is kept, or only counted: then it has neither talker nor content (``withheld``)."""

    __tablename__ = "messages"
    bot_id: Mapped[int] = mapped_column(_ref("bots.id"))
    room_id: Mapped[int | None] = mapped_column(_ref("rooms.id"))
    peer_id: Mapped[int | None] = mapped_column(_ref("contacts.id"))  # in private: with whom
    talker_id: Mapped[int | None] = mapped_column(_ref("contacts.id"), index=True)
    source_id: Mapped[str]  # WeChat's, else a hash of what was heard
    kind: Mapped[str]  # connector.drivers.base.MessageKind
    text: Mapped[str] = mapped_column(String, default="")
    mention_ids: Mapped[list[str]] = mapped_column(JSONB, default=list)
    quoted_source_id: Mapped[str | None]
    file_name: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(
        JSONB, default=dict
    )  # what its kind brings: see connector.drivers.base
    raw: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    sent_at: Mapped[datetime]
    received_at: Mapped[datetime] = mapped_column(default=now)
    from_self: Mapped[bool] = mapped_column(default=False)  # by the bot's account: the bot, or its owner's hand
    by_bot: Mapped[bool] = mapped_column(default=False)
    withheld: Mapped[bool] = mapped_column(default=False)
    recalled_at: Mapped[datetime | None]
    search: Mapped[Any | None] = mapped_column(TSVECTOR)
    __table_args__ = (
        UniqueConstraint(
            "bot_id",
            "room_id",
            "peer_id",
            "source_id",
            name="uq_messages_source",
            postgresql_nulls_not_distinct=True,
        ),
        # With what a report counts by, so that a month is counted without its rows being fetched.
        Index(
            "ix_messages_room_id_sent_at",
            "room_id",
            "sent_at",
            postgresql_include=["id", "talker_id", "kind", "by_bot", "withheld", "recalled_at"],
        ),
        Index("ix_messages_sent_at", "sent_at", "id"),
        Index("ix_messages_received_at", "received_at", postgresql_using="brin"),
        Index("ix_messages_peer_id_sent_at", "peer_id", "sent_at", postgresql_where=sql("peer_id IS NOT NULL")),
        Index("ix_messages_search", "search", postgresql_using="gin"),
        Index("ix_messages_gone", "room_id", "sent_at", postgresql_where=sql("recalled_at IS NOT NULL OR withheld")),
        Index(
            "ix_messages_mention_ids",
            "mention_ids",
            postgresql_using="gin",
            postgresql_where=sql("mention_ids <> '[]'"),
        ),
        Index(
            "ix_messages_brought",
            "room_id",
            "sent_at",
            postgresql_where=sql("kind IN ('file', 'link', 'notice')"),
        ),
    )


class FileKind(StrEnum):
    """What a file is, by its bytes."""

    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    PDF = "pdf"
    DOCUMENT = "document"
    SHEET = "sheet"
    SLIDES = "slides"
    TEXT = "text"
    ARCHIVE = "archive"
    OTHER = "other"


class Blob(Identified, Base):
    """Bytes in storage, once however many messages bring them. Erased with the last file that has them.

    ``thumb_key`` and ``play_key``: a small picture of it (WebP), and a voice in a form that browsers play (MP3).
    """

    __tablename__ = "blobs"
    sha256: Mapped[str] = mapped_column(String, unique=True)
    size: Mapped[int]  # bytes
    key: Mapped[str]
    mime: Mapped[str]
    kind: Mapped[FileKind] = mapped_column(String)
    thumb_key: Mapped[str | None]
    play_key: Mapped[str | None]
    pages: Mapped[int | None]
    seconds: Mapped[float | None]
    problem: Mapped[str] = mapped_column(String, default="")  # for people: why it has no preview
    previewed_at: Mapped[datetime | None]
    stored_at: Mapped[datetime] = mapped_column(default=now)


class File(Identified, Base):
    """What a message brought: first awaited, then a blob, or failed with a reason (for people).

    In the trash while ``trashed_at`` is set, and from there back again, or deleted.
    ``name`` is the one that people gave it, made safe to show and to download; never part of a key or a path.
    ``kind`` is a guess by the message's kind and the name until the bytes are there.
    """

    __tablename__ = "files"
    message_id: Mapped[int] = mapped_column(_ref("messages.id"), unique=True)
    name: Mapped[str]
    kind: Mapped[FileKind] = mapped_column(String, default=FileKind.OTHER)
    state: Mapped[FileState] = mapped_column(String, default=FileState.PENDING)
    reason: Mapped[str] = mapped_column(String, default="")
    blob_id: Mapped[int | None] = mapped_column(ForeignKey("blobs.id"), index=True)
    trashed_at: Mapped[datetime | None]
    trashed_by: Mapped[int | None] = mapped_column(_ref("accounts.id", cascade=False))
    __table_args__ = (
        Index("ix_files_trashed_at", "trashed_at", postgresql_where=sql("trashed_at IS NOT NULL")),
        Index("ix_files_pending", "id", postgresql_where=sql("state = 'pending'")),
    )


class Reading(Base):
    """What was read in a blob: the writing in a picture and where it stands, or the text of a document.

    ``lines``: [{"text": str, "box": [[x, y], [x, y], [x, y], [x, y]], "confidence": float}], corners clockwise from the
    upper left one of the line as it is read, in pixels of the picture as browsers show it (turned by its EXIF), which is
    ``width`` x ``height``; empty for documents.
    """

    __tablename__ = "readings"
    blob_id: Mapped[int] = mapped_column(_ref("blobs.id"), primary_key=True)
    text: Mapped[str] = mapped_column(String, default="")
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    width: Mapped[int | None]
    height: Mapped[int | None]
    problem: Mapped[str] = mapped_column(String, default="")  # for people: why it could not be read
    cut: Mapped[bool] = mapped_column(default=False)  # only the beginning is kept
    read_at: Mapped[datetime] = mapped_column(default=now)
    search: Mapped[Any | None] = mapped_column(TSVECTOR)
    __table_args__ = (Index("ix_readings_search", "search", postgresql_using="gin"),)


# --- the dialogue ------------------------------------------------------------------------------------------


class Conversation(Identified, Base):
    """Whom a bot talks with: a contact in private, or a member in a room. Claimed by one dispatcher at a time."""

    __tablename__ = "conversations"
    bot_id: Mapped[int] = mapped_column(_ref("bots.id"))
    room_id: Mapped[int | None] = mapped_column(_ref("rooms.id"), index=True)
    contact_id: Mapped[int] = mapped_column(_ref("contacts.id"), index=True)
    stopped_at: Mapped[datetime | None]  # 停止应答
    paused_until: Mapped[datetime | None]  # the account's owner typed here
    asked_at: Mapped[datetime | None]  # the bot asked something and waits for the answer
    claim_token: Mapped[UUID | None]
    claim_until: Mapped[datetime | None]
    epoch: Mapped[int] = mapped_column(BigInteger, default=0)  # grows when the dialogue is erased: a new tracker
    forget: Mapped[bool] = mapped_column(default=False)  # the dialogue is to be erased once no turn is in hand
    __table_args__ = (
        UniqueConstraint(
            "bot_id",
            "room_id",
            "contact_id",
            name="uq_conversations_parties",
            postgresql_nulls_not_distinct=True,
        ),
    )

    @property
    def sender_id(self) -> str:
        """The conversation's name in the dialogue server."""
        return f"c{self.id}-{self.epoch}"


class TurnState(StrEnum):
    QUEUED = "queued"
    DONE = "done"
    FAILED = "failed"


class Gate(StrEnum):
    """What a sentence must be before the dialogue hears of it."""

    OPEN = "open"
    COMMAND = "command"  # called by name only by the look of it: a sure command, or the bot stays silent
    WAKE = "wake"  # the bot is silent here: only what wakes it, or takes a yes back
    SILENCED = "silenced"  # its owner silenced it: a yes can still be taken back, and nothing is answered


class Turn(Identified, Base):
    """One message for the bot, or a trigger (an event that the dialogue answers), and what became of it.

    ``text`` and ``trigger`` are cleared when it is done: what may be kept stands in ``messages``.
    """

    __tablename__ = "turns"
    conversation_id: Mapped[int] = mapped_column(_ref("conversations.id"))
    key: Mapped[str] = mapped_column(String, unique=True)  # derived from what was heard: once a message
    message_id: Mapped[int | None] = mapped_column(_ref("messages.id", cascade=False), index=True)
    text: Mapped[str | None]
    trigger: Mapped[dict[str, Any] | None] = mapped_column(JSONB)  # {"intent": …, "entities": {…}}
    gate: Mapped[Gate] = mapped_column(String, default=Gate.OPEN)
    state: Mapped[TurnState] = mapped_column(String, default=TurnState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime] = mapped_column(default=now)
    error: Mapped[str] = mapped_column(String, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    done_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_turns_queued", "conversation_id", "id", postgresql_where=sql("state = 'queued'")),
        Index("ix_turns_conversation_id", "conversation_id"),
    )


class ActionRun(Base):
    """What an action answered in a turn, kept until the turn is done: a turn run again answers the same."""

    __tablename__ = "action_runs"
    turn_id: Mapped[int] = mapped_column(_ref("turns.id"), primary_key=True)
    action: Mapped[str] = mapped_column(String, primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    result: Mapped[list[Any]] = mapped_column(JSONB)


class OutboxState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"  # it may have arrived: waits for its echo
    LOST = "lost"  # no echo came, and none could have been heard: shown as unknown for good
    FAILED = "failed"


class OutboxItem(Identified, Base):
    """Something to be said in a conversation. In a room it addresses the contact when ``mention`` is set."""

    __tablename__ = "outbox"
    conversation_id: Mapped[int] = mapped_column(_ref("conversations.id"))
    turn_id: Mapped[int | None] = mapped_column(_ref("turns.id", cascade=False), index=True)
    key: Mapped[str] = mapped_column(String, unique=True)  # who put it in, so that it is put in once
    kind: Mapped[str] = mapped_column(String, default="text")  # text, image, video, file
    text: Mapped[str] = mapped_column(String, default="")
    file_key: Mapped[str | None]  # in storage
    file_name: Mapped[str | None]
    mention: Mapped[bool] = mapped_column(default=False)
    state: Mapped[OutboxState] = mapped_column(String, default=OutboxState.QUEUED)
    not_before: Mapped[datetime] = mapped_column(default=now)
    source_id: Mapped[str | None]  # WeChat's, once known
    error: Mapped[str] = mapped_column(String, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]
    __table_args__ = (
        Index(
            "ix_outbox_open",
            "conversation_id",
            "id",
            postgresql_where=sql("state IN ('queued', 'sending', 'unknown')"),
        ),
    )


class OutboxAttempt(Identified, Base):
    """One try to send; ``result`` is empty while nobody knows how it ended."""

    __tablename__ = "outbox_attempts"
    outbox_id: Mapped[int] = mapped_column(_ref("outbox.id"), index=True)
    started_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(String, default="")  # sent, refused, unavailable, unknown
    detail: Mapped[str] = mapped_column(String, default="")
