"""Who may see what: the only way from a person to a message, a file or a room.

Two questions are asked together. May the asker see it? Being a member now is enough, whatever the account; what was
said in private belongs to the two who said it; running the service gives no right to read. May the audience see it?
In a room only that room's material is shown; what spans rooms is for private chats and the asker's own pages.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, false, or_, select

from botbay.chat.models import Account, Contact, File, FileState, Member, Message, Role, Room


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Who asks: a WeChat contact, a signed-in account, or both."""

    contact_id: int | None = None
    account_id: int | None = None
    role: Role = Role.MEMBER

    @classmethod
    def of_contact(cls, contact: Contact) -> "Subject":
        return cls(contact_id=contact.id, account_id=contact.account_id)

    @classmethod
    def of_account(cls, account: Account) -> "Subject":
        return cls(account_id=account.id, role=account.role)


@dataclass(frozen=True, kw_only=True)
class Audience:
    """Who will see the answer: the asker alone, or everybody in a room."""

    room_id: int | None = None


PRIVATE = Audience()


def _own_contacts(subject: Subject) -> Select[int]:
    """The contacts that are this person: the one who asks, and all that are bound to the account."""
    who: list[ColumnElement[bool]] = []
    if subject.contact_id is not None:
        who.append(Contact.id == subject.contact_id)
    if subject.account_id is not None:
        who.append(Contact.account_id == subject.account_id)
    return select(Contact.id).where(or_(*who) if who else false())


def _rooms_of(subject: Subject, audience: Audience) -> Select[int]:
    rooms = select(Member.room_id).where(Member.contact_id.in_(_own_contacts(subject)), Member.left_at.is_(None))
    return rooms if audience.room_id is None else rooms.where(Member.room_id == audience.room_id)


def readable_rooms(subject: Subject, audience: Audience) -> Select[Room]:
    """The rooms of which the asker may hear here."""
    return select(Room).where(Room.id.in_(_rooms_of(subject, audience)))


def readable_messages(subject: Subject, audience: Audience) -> Select[Message]:
    """The messages that may be shown to the asker here; those that are only counted are not among them."""
    visible: ColumnElement[bool] = Message.room_id.in_(_rooms_of(subject, audience))
    if audience.room_id is None:
        visible = visible | Message.peer_id.in_(_own_contacts(subject))
    return select(Message).where(visible, Message.withheld.is_(False))


def countable_messages(subject: Subject, audience: Audience) -> Select[Message]:
    """The messages of rooms that may be counted for the asker here: those that may be shown, and those that only count."""
    return select(Message).where(Message.room_id.in_(_rooms_of(subject, audience)))


def readable_files(subject: Subject, audience: Audience, *, trashed: bool = False) -> Select[File]:
    """The files of the messages that may be shown to the asker here: those in use, or those in the trash."""
    messages = readable_messages(subject, audience).with_only_columns(Message.id)
    thrown = File.trashed_at.is_not(None) & (File.state != FileState.DELETED)
    return select(File).where(File.message_id.in_(messages), thrown if trashed else File.trashed_at.is_(None))


def administers(subject: Subject) -> bool:
    """Whether the asker may run the service: bots, accounts, settings. It opens no message."""
    return subject.role == Role.MAINTAINER
