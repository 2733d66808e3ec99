"""The tables of the simulated WeChat: what its server and the phones know. BotBay's own record is not here.

Ids of contacts and rooms are text, as WeChat's are.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from botbay.db import Base, Identified, now


def _ref(target: str) -> ForeignKey:
    return ForeignKey(target, ondelete="CASCADE")


class SimContact(Base):
    """A WeChat account: a person's, or the one that a bot uses."""

    __tablename__ = "sim_contacts"
    id: Mapped[str] = mapped_column(String, primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)


class SimBotState(StrEnum):
    ONLINE = "online"
    SCANNING = "scanning"  # logged out; a QR code is shown


class SimBot(Base):
    """The account that a bot of the settings uses; its person is ``SimContact`` of the same id."""

    __tablename__ = "sim_bots"
    id: Mapped[str] = mapped_column(_ref("sim_contacts.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String, unique=True)  # the one in the settings
    state: Mapped[SimBotState] = mapped_column(String, default=SimBotState.ONLINE)
    qrcode: Mapped[str] = mapped_column(String, default="")


class SimRoom(Base):
    __tablename__ = "sim_rooms"
    id: Mapped[str] = mapped_column(String, primary_key=True)
    topic: Mapped[str]
    owner_id: Mapped[str] = mapped_column(_ref("sim_contacts.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class SimMember(Base):
    """A present member of a room; ``alias`` is the name they bear in it (群昵称)."""

    __tablename__ = "sim_members"
    room_id: Mapped[str] = mapped_column(_ref("sim_rooms.id"), primary_key=True)
    contact_id: Mapped[str] = mapped_column(_ref("sim_contacts.id"), primary_key=True, index=True)
    alias: Mapped[str] = mapped_column(String, default="")
    joined_at: Mapped[datetime] = mapped_column(default=now)


class SimFriendship(Base):
    """A contact who asked a bot's account to be friends, and is one since ``accepted_at``."""

    __tablename__ = "sim_friendships"
    bot_id: Mapped[str] = mapped_column(_ref("sim_bots.id"), primary_key=True)
    contact_id: Mapped[str] = mapped_column(_ref("sim_contacts.id"), primary_key=True, index=True)
    request_id: Mapped[str] = mapped_column(String, unique=True)
    hello: Mapped[str] = mapped_column(String, default="")
    alias: Mapped[str] = mapped_column(String, default="")  # what the bot's account calls them (备注)
    accepted_at: Mapped[datetime | None]


class SimInvitation(Base):
    """An invitation into a room that the bot has to accept, as WeChat sends for large rooms."""

    __tablename__ = "sim_invitations"
    id: Mapped[str] = mapped_column(String, primary_key=True)
    bot_id: Mapped[str] = mapped_column(_ref("sim_bots.id"), index=True)
    room_id: Mapped[str] = mapped_column(_ref("sim_rooms.id"), index=True)
    inviter_id: Mapped[str] = mapped_column(_ref("sim_contacts.id"), index=True)
    accepted_at: Mapped[datetime | None]


class SimMessage(Identified, Base):
    """What the phones show in a chat: a room's, or the one of a bot's account and a contact.

    ``talker_id`` is empty for WeChat's own lines (somebody joined). A recalled one has lost its content.
    """

    __tablename__ = "sim_messages"
    room_id: Mapped[str | None] = mapped_column(_ref("sim_rooms.id"))
    bot_id: Mapped[str | None] = mapped_column(_ref("sim_bots.id"))
    contact_id: Mapped[str | None] = mapped_column(_ref("sim_contacts.id"), index=True)
    talker_id: Mapped[str | None] = mapped_column(_ref("sim_contacts.id"), index=True)
    kind: Mapped[str]  # connector.drivers.base.MessageKind
    text: Mapped[str] = mapped_column(String, default="")
    mention_ids: Mapped[list[str]] = mapped_column(JSONB, default=list)
    quoted_id: Mapped[int | None] = mapped_column(ForeignKey("sim_messages.id", ondelete="SET NULL"), index=True)
    file_key: Mapped[str | None]  # in storage
    file_name: Mapped[str | None]
    file_size: Mapped[int | None]  # bytes
    at: Mapped[datetime] = mapped_column(default=now)
    recalled_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("(room_id IS NULL) <> (bot_id IS NULL)", name="chat"),
        CheckConstraint("(bot_id IS NULL) = (contact_id IS NULL)", name="private"),
        Index("ix_sim_messages_room_id_id", "room_id", "id"),
        Index("ix_sim_messages_bot_id_contact_id_id", "bot_id", "contact_id", "id"),
    )

    @property
    def source_id(self) -> str:
        """The id under which a driver hears of it."""
        return f"sim-{self.id}"


class SimEventKind(StrEnum):
    SCAN = "scan"
    LOGIN = "login"
    LOGOUT = "logout"
    MESSAGE = "message"
    FRIENDSHIP = "friendship"
    ROOM_JOIN = "room_join"
    ROOM_INVITE = "room_invite"
    ROOM_LEAVE = "room_leave"
    ROOM_TOPIC = "room_topic"


#: They say how it stands with the account, and are heard before whatever else waits.
ACCOUNT_EVENTS = (SimEventKind.SCAN, SimEventKind.LOGIN, SimEventKind.LOGOUT)


class SimEvent(Identified, Base):
    """Something that a bot's driver has to hear, in the order of ``id``; heard once ``taken_at`` is set.

    ``payload`` is what WeChat's server would send: ids, and a message as it was when it was sent, until it is
    heard.
    """

    __tablename__ = "sim_events"
    bot_id: Mapped[str] = mapped_column(_ref("sim_bots.id"))
    kind: Mapped[SimEventKind] = mapped_column(String)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(default=now)
    taken_at: Mapped[datetime | None]
    __table_args__ = (Index("ix_sim_events_waiting", "bot_id", "id", postgresql_where=text("taken_at IS NULL")),)
