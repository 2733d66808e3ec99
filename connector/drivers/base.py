"""What every driver hears and can do: the only words of WeChat that the rest of BotBay knows.

A driver speaks for one bot. It hears events and hands them on in the order in which they came; it never
decides, stores or answers. Ids are WeChat's own (``wxid_…``, ``…@chatroom``) as the puppet gives them.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class MessageKind(StrEnum):
    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    FILE = "file"
    EMOTICON = "emoticon"
    LINK = "link"
    MINI_PROGRAM = "mini_program"
    CARD = "card"
    LOCATION = "location"
    MERGED = "merged"
    RECALL = "recall"
    TRANSFER = "transfer"
    RED_PACKET = "red_packet"
    NOTICE = "notice"
    UNKNOWN = "unknown"


#: Kinds that bring bytes which a job fetches.
MEDIA_KINDS = frozenset({MessageKind.IMAGE, MessageKind.VOICE, MessageKind.VIDEO, MessageKind.FILE})


@dataclass(frozen=True, kw_only=True)
class ContactCard:
    """A WeChat user as the puppet describes them."""

    id: str
    name: str
    alias: str = ""  # what the bot's account calls them (备注)
    is_friend: bool = False


@dataclass(frozen=True, kw_only=True)
class MemberCard:
    """A member of a room; ``alias`` is the name they bear in it (群昵称), empty when none is set."""

    id: str
    name: str
    alias: str = ""


@dataclass(frozen=True, kw_only=True)
class RoomCard:
    id: str
    topic: str
    owner_id: str | None  # None where the puppet does not tell
    members: tuple[MemberCard, ...]


# --- what a driver hears -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Scan:
    """WeChat asks for a QR code to be scanned. ``qrcode`` is the text to draw, empty once it was scanned."""

    qrcode: str
    status: str  # waiting, scanned, confirmed, timeout, cancel, unknown


@dataclass(frozen=True, kw_only=True)
class Login:
    contact: ContactCard


@dataclass(frozen=True, kw_only=True)
class Logout:
    reason: str


@dataclass(frozen=True, kw_only=True)
class Connected:
    """The gateway answers. Says nothing about WeChat: a Login follows where an account is logged in."""


@dataclass(frozen=True, kw_only=True)
class Disconnected:
    """The gateway is gone, hung, or refuses us; the driver goes on trying. ``reason`` is for people."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Failure:
    """An error that does not end the connection. ``lost``: it cost a message; ``reason`` is for people."""

    reason: str
    lost: bool = False


@dataclass(frozen=True, kw_only=True)
class InboundMessage:
    """One message as it was heard, from whomever, the bot's own account included.

    ``sent_at`` is aware. ``mention_ids`` may be empty although somebody was mentioned: some puppets do not tell.
    ``quoted_id`` is the source id of the quoted message where the puppet tells it, else the quoted text is in
    ``quoted_text`` (and its talker's shown name in ``quoted_name``). ``text`` is what was typed, without the quote.
    """

    source_id: str
    kind: MessageKind
    talker: ContactCard
    room_id: str | None
    listener_id: str | None  # in private: to whom; the peer of the owner's own messages
    text: str
    sent_at: datetime
    from_self: bool
    mention_ids: tuple[str, ...] = ()
    quoted_id: str | None = None
    quoted_text: str | None = None
    quoted_name: str | None = None
    file_name: str | None = None
    recalled_id: str | None = None  # of a RECALL: the source id of what was recalled
    #: What its kind brings beside the text, JSON-able, its texts without an end cut:
    #: link, mini-program: {"title", "description", "url"}; where the message itself brings a picture, "picture" (a
    #: "data:image/…;base64,…"), where it brings only the address of one, "picture_url" (nothing ever fetches it);
    #: card: {"name"}; merged history: {"title", "items": [{"who", "text"}]}; voice, video: {"seconds"} where told;
    #: emoticon: {"meaning"} where told; notice of a room: see connector.notices. ``text`` says the same for people.
    details: Mapping[str, object] = field(default_factory=dict)
    raw: Mapping[str, object] = field(default_factory=dict)  # JSON-able, as the gateway gave it


class FriendshipKind(StrEnum):
    RECEIVED = "received"
    CONFIRMED = "confirmed"
    VERIFY = "verify"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Friendship:
    request_id: str
    kind: FriendshipKind
    contact: ContactCard
    hello: str


@dataclass(frozen=True, kw_only=True)
class RoomJoin:
    room: RoomCard
    invitee_ids: tuple[str, ...]
    inviter_id: str | None
    at: datetime


@dataclass(frozen=True, kw_only=True)
class RoomInvite:
    invitation_id: str
    topic: str
    inviter: ContactCard


@dataclass(frozen=True, kw_only=True)
class RoomLeave:
    room_id: str
    leaver_ids: tuple[str, ...]
    remover_id: str | None
    at: datetime


@dataclass(frozen=True, kw_only=True)
class RoomTopic:
    room_id: str
    topic: str
    changer_id: str | None
    at: datetime


DriverEvent = (
    Scan
    | Login
    | Logout
    | Connected
    | Disconnected
    | Failure
    | InboundMessage
    | Friendship
    | RoomJoin
    | RoomInvite
    | RoomLeave
    | RoomTopic
)

Emit = Callable[[DriverEvent], Awaitable[None]]


# --- what a driver can do ----------------------------------------------------------------------------------


class DriverError(Exception):
    """A call to the gateway failed for good: nothing was done. The text is for people, in Chinese."""


class DriverUnavailable(DriverError):
    """The gateway cannot be reached, or nobody is logged in: nothing was done; try again later."""


class SendUnknown(DriverError):
    """A send of which nobody knows whether it arrived: it must be reconciled before it is tried again."""


class MediaGone(DriverError):
    """The media of a message cannot be had any more (expired, refused): trying again is of no use."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where to send: a room, or a contact in private."""

    room_id: str | None
    contact_id: str | None


@dataclass(frozen=True, kw_only=True)
class Media:
    """A message's bytes. ``size`` is None where the gateway does not tell before the end."""

    name: str
    size: int | None
    chunks: AsyncIterator[bytes]


class Driver(Protocol):
    """One bot's way to WeChat. All calls may raise the errors above and nothing else."""

    async def run(self, emit: Emit) -> None:
        """Stay connected and emit what is heard until cancelled; mends lost connections by itself.

        ``emit`` returns once the event is taken over; events of one bot are emitted one after another.
        """
        ...

    async def send_text(self, target: Target, text: str, mention_ids: Sequence[str] = ()) -> str | None:
        """Send; the source id of what was sent, or None where the puppet tells none (the echo then does)."""
        ...

    async def send_file(self, target: Target, path: Path, name: str, kind: MessageKind) -> str | None:
        """Send a local file under a name (IMAGE, VIDEO or FILE), streamed, of any size that WeChat takes."""
        ...

    async def fetch_media(self, source_id: str, kind: MessageKind) -> Media:
        """The bytes of a message heard earlier."""
        ...

    async def accept_friendship(self, request_id: str) -> None: ...

    async def accept_invitation(self, invitation_id: str) -> None: ...

    async def contact(self, contact_id: str) -> ContactCard: ...

    async def room(self, room_id: str) -> RoomCard:
        """The room as it is now: fresh topic, owner and members."""
        ...

    async def logout(self) -> None: ...

    async def check(self) -> bool:
        """Ask the gateway for a sign of life; raises DriverUnavailable within 15 s when there is none.

        Whether all that was heard by now has been handed on, too.
        """
        ...
