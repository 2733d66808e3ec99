"""From a gateway's event to an event of the driver interface, with the look-ups that it takes."""

import asyncio
import json
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from wechaty_grpc.wechaty.puppet import EventResponse, EventType, PayloadType

from connector.drivers.base import (
    ContactCard,
    DriverError,
    DriverEvent,
    DriverUnavailable,
    Failure,
    Friendship,
    FriendshipKind,
    Login,
    Logout,
    MemberCard,
    MessageKind,
    RoomCard,
    RoomInvite,
    RoomJoin,
    RoomLeave,
    RoomTopic,
    Scan,
)
from connector.drivers.wechaty_content import answer, is_to_be_asked
from connector.drivers.wechaty_messages import inbound_message, kind_of, moment
from connector.drivers.wechaty_puppet import GatewayPuppet, error_line

_SCAN_STATUS = {1: "cancel", 2: "waiting", 3: "scanned", 4: "confirmed", 5: "timeout"}
_FRIENDSHIP_KINDS = {1: FriendshipKind.CONFIRMED, 2: FriendshipKind.RECEIVED, 3: FriendshipKind.VERIFY}
_MEMBERS_AT_ONCE = 8


@dataclass(frozen=True)
class Heard:
    """An event as it came, not looked up yet. ``self_id`` is the account that was logged in then."""

    type: int
    payload: dict[str, Any]
    self_id: str | None

    @classmethod
    def read(cls, event: EventResponse, self_id: str | None) -> "Heard":
        try:
            payload = json.loads(event.payload)
        except ValueError:
            payload = None
        return cls(int(event.type), payload if isinstance(payload, dict) else {}, self_id)


def _error_text(data: str) -> str:
    """What an error event says: gateways wrap it in JSON."""
    try:
        error = json.loads(data)
        data = error.get("message") or error.get("details") or data
    except (ValueError, AttributeError):
        pass
    return error_line(str(data)) or "没有说明"


class ContactCache:
    """Contacts as they were described lately, so that a busy room costs no look-up a message."""

    def __init__(self, size: int = 2000, seconds: float = 600) -> None:
        self._size = size
        self._seconds = seconds
        self._cards: OrderedDict[str, tuple[float, ContactCard]] = OrderedDict()

    def get(self, contact_id: str) -> ContactCard | None:
        kept = self._cards.get(contact_id)
        return kept[1] if kept is not None and time.monotonic() - kept[0] < self._seconds else None

    def put(self, card: ContactCard) -> None:
        self._cards.pop(card.id, None)
        self._cards[card.id] = (time.monotonic(), card)
        if len(self._cards) > self._size:
            self._cards.popitem(last=False)

    def forget(self, contact_id: str) -> None:
        self._cards.pop(contact_id, None)


class Lookups:
    """Asks one puppet about people and rooms."""

    def __init__(self, puppet: GatewayPuppet, contacts: ContactCache) -> None:
        self.puppet = puppet
        self._contacts = contacts

    async def contact(self, contact_id: str) -> ContactCard:
        """The contact as it is now."""
        await self._dirty(PayloadType.PAYLOAD_TYPE_CONTACT, contact_id)
        return await self._ask_contact(contact_id)

    async def shown_contact(self, contact_id: str) -> ContactCard:
        """The contact as it was lately; with an empty name where the gateway does not know it."""
        card = self._contacts.get(contact_id)
        if card is not None or not contact_id:
            return card or ContactCard(id="", name="")
        try:
            return await self._ask_contact(contact_id)
        except DriverUnavailable:
            raise
        except DriverError:
            return ContactCard(id=contact_id, name="")

    async def _ask_contact(self, contact_id: str) -> ContactCard:
        payload = await self.puppet.call(self.puppet.puppet_stub.contact_payload(id=contact_id))
        card = ContactCard(id=contact_id, name=payload.name, alias=payload.alias, is_friend=payload.friend)
        self._contacts.put(card)
        return card

    async def room(self, room_id: str) -> RoomCard:
        """The room as it is now, past the gateway's cache."""
        stub = self.puppet.puppet_stub
        await self._dirty(PayloadType.PAYLOAD_TYPE_ROOM, room_id)
        await self._dirty(PayloadType.PAYLOAD_TYPE_ROOM_MEMBER, room_id)
        payload = await self.puppet.call(stub.room_payload(id=room_id))
        listed = await self.puppet.call(stub.room_member_list(id=room_id))
        gate = asyncio.Semaphore(_MEMBERS_AT_ONCE)

        async def member(member_id: str) -> MemberCard:
            async with gate:
                try:
                    card = await self.puppet.call(stub.room_member_payload(id=room_id, member_id=member_id))
                except DriverUnavailable:
                    raise
                except DriverError:
                    return MemberCard(id=member_id, name="")
                return MemberCard(id=member_id, name=card.name, alias=card.room_alias)

        members = await asyncio.gather(*map(member, listed.member_ids or payload.member_ids))
        owner_id = payload.owner_id or None
        return RoomCard(id=room_id, topic=payload.topic, owner_id=owner_id, members=tuple(members))

    async def _dirty(self, type: PayloadType, id: str) -> None:
        try:
            await self.puppet.call(self.puppet.puppet_stub.dirty_payload(type=type, id=id))
        except DriverUnavailable:
            raise
        except DriverError:
            pass  # a gateway without this call: what it has is the best there is

    async def describe(self, heard: Heard) -> DriverEvent | None:
        """The event for the rest of BotBay; None for what only the driver cares about."""
        payload = heard.payload
        match heard.type:
            case EventType.EVENT_TYPE_MESSAGE:
                return await self._message(str(payload.get("messageId", "")), heard.self_id)
            case EventType.EVENT_TYPE_SCAN:
                status = _SCAN_STATUS.get(payload.get("status", 0), "unknown")
                qrcode = "" if status in ("scanned", "confirmed") else payload.get("qrcode") or ""
                return Scan(qrcode=qrcode, status=status)
            case EventType.EVENT_TYPE_LOGIN:
                return Login(contact=await self.shown_contact(payload.get("contactId", "")))
            case EventType.EVENT_TYPE_LOGOUT:
                return Logout(reason=payload.get("data") or "")
            case EventType.EVENT_TYPE_ERROR:
                return Failure(reason=_error_text(str(payload.get("data") or payload.get("gerror") or "")))
            case EventType.EVENT_TYPE_FRIENDSHIP:
                return await self._friendship(payload.get("friendshipId", ""))
            case EventType.EVENT_TYPE_ROOM_INVITE:
                invitation_id = payload.get("roomInvitationId", "")
                invitation = await self.puppet.room_invitation_payload(invitation_id)
                inviter = await self.shown_contact(invitation.inviter_id)
                return RoomInvite(invitation_id=invitation_id, topic=invitation.topic, inviter=inviter)
            case EventType.EVENT_TYPE_ROOM_JOIN:
                return RoomJoin(
                    room=await self.room(payload.get("roomId", "")),
                    invitee_ids=tuple(payload.get("inviteeIdList") or ()),
                    inviter_id=payload.get("inviterId") or None,
                    at=moment(payload.get("timestamp") or 0),
                )
            case EventType.EVENT_TYPE_ROOM_LEAVE:
                return RoomLeave(
                    room_id=payload.get("roomId", ""),
                    leaver_ids=tuple(payload.get("removeeIdList") or ()),
                    remover_id=payload.get("removerId") or None,
                    at=moment(payload.get("timestamp") or 0),
                )
            case EventType.EVENT_TYPE_ROOM_TOPIC:
                return RoomTopic(
                    room_id=payload.get("roomId", ""),
                    topic=payload.get("newTopic") or "",
                    changer_id=payload.get("changerId") or None,
                    at=moment(payload.get("timestamp") or 0),
                )
            case EventType.EVENT_TYPE_DIRTY if payload.get("payloadType") == PayloadType.PAYLOAD_TYPE_CONTACT:
                self._contacts.forget(payload.get("payloadId", ""))
        return None

    async def _message(self, message_id: str, self_id: str | None) -> DriverEvent:
        payload = await self.puppet.message_payload(message_id)
        payload.id = payload.id or message_id
        told = await self._told(message_id, kind_of(payload.type), payload.text)
        return inbound_message(payload, await self.shown_contact(payload.from_id), self_id, told)

    async def _told(self, message_id: str, kind: MessageKind, text: str) -> dict[str, object]:
        """What the gateway says when it is asked of a link, a mini-program or a card; nothing where it does not know."""
        if not is_to_be_asked(kind, text):
            return {}
        stub = self.puppet.puppet_stub
        try:
            if kind is MessageKind.LINK:
                return answer((await self.puppet.call(stub.message_url(id=message_id))).url_link)
            if kind is MessageKind.MINI_PROGRAM:
                return answer((await self.puppet.call(stub.message_mini_program(id=message_id))).mini_program)
            contact_id = (await self.puppet.call(stub.message_contact(id=message_id))).id
            return {"name": (await self.shown_contact(contact_id)).name}
        except DriverUnavailable:
            raise
        except DriverError:
            return {}

    async def _friendship(self, request_id: str) -> Friendship:
        payload = await self.puppet.friendship_payload(request_id)
        self._contacts.forget(payload.contact_id)
        return Friendship(
            request_id=request_id,
            kind=_FRIENDSHIP_KINDS.get(payload.type, FriendshipKind.UNKNOWN),
            contact=await self.shown_contact(payload.contact_id),
            hello=payload.hello,
        )
