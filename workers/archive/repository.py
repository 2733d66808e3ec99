"""All SQL of the drive. What is shown begins at ``access.readable_files``."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, delete, func, insert, or_, select, true, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from botbay.chat.access import PRIVATE, Subject, readable_files, readable_rooms
from botbay.chat.models import Account, Blob, Contact, File, FileKind, FileState, Member, Message, Room
from botbay.db import now
from workers.archive.models import Share, SharedFile

_Peer = aliased(Contact)
_Rows: TypeAlias = Select[*tuple[Any, ...]]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file as the drive shows it. ``size`` to ``problem`` are its bytes', once they are there."""

    id: int
    name: str
    kind: FileKind
    state: FileState
    reason: str
    sent_at: datetime
    room_id: int | None
    place: str  # the room's topic, or with whom in private
    sender: str
    trashed_at: datetime | None
    mine: bool  # whether the account may throw it away, and take it back
    size: int | None
    sha256: str | None
    key: str | None
    mime: str | None
    thumb_key: str | None
    play_key: str | None
    pages: int | None
    seconds: float | None
    problem: str

    @property
    def stored(self) -> bool:
        return self.state == FileState.STORED and self.key is not None


@dataclass(frozen=True, kw_only=True)
class Used:
    """Files of one kind in one place, how many and how large in all; ``room_id`` is None for private chats."""

    room_id: int | None
    place: str
    kind: FileKind
    count: int
    size: int


def _own(account_id: int) -> Select[int]:
    return select(Contact.id).where(Contact.account_id == account_id)


def _of(account: Account, *, trashed: bool = False) -> _Rows:
    """The account's files with the message that brought each, its room and its bytes."""
    return (
        readable_files(Subject.of_account(account), PRIVATE, trashed=trashed)
        .join(Message, Message.id == File.message_id)
        .outerjoin(Room, Room.id == Message.room_id)
        .outerjoin(Blob, Blob.id == File.blob_id)
    )


def mine(account: Account) -> ColumnElement[bool]:
    """Who sent a file, who owns its room, and whose private chat it is, may throw it away."""
    own = _own(account.id)
    return or_(Message.talker_id.in_(own), Message.peer_id.in_(own), Room.owner_id.in_(own))


def _entries(statement: _Rows, account: Account) -> _Rows:
    shown = func.nullif(Member.alias, "")
    return (
        statement.outerjoin(Contact, Contact.id == Message.talker_id)
        .outerjoin(Member, (Member.room_id == Message.room_id) & (Member.contact_id == Message.talker_id))
        .outerjoin(_Peer, _Peer.id == Message.peer_id)
        .with_only_columns(
            File.id,
            File.name,
            File.kind,
            File.state,
            File.reason,
            Message.sent_at,
            Message.room_id,
            func.coalesce(Room.topic, _Peer.name, "").label("place"),
            func.coalesce(shown, Contact.name, "").label("sender"),
            File.trashed_at,
            func.coalesce(mine(account), False).label("mine"),
            Blob.size,
            Blob.sha256,
            Blob.key,
            Blob.mime,
            Blob.thumb_key,
            Blob.play_key,
            Blob.pages,
            Blob.seconds,
            func.coalesce(Blob.problem, "").label("problem"),
        )
    )


async def _read(session: AsyncSession, statement: _Rows) -> list[Entry]:
    return [Entry(**row) for row in (await session.execute(statement)).mappings()]


# --- what is there -----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Where:
    """What of the drive is meant: all rooms, one, or the private chats; and in there some kinds, a time, a person."""

    room_id: int | None = None
    private: bool = False
    kinds: frozenset[FileKind] = frozenset(FileKind)
    since: datetime | None = None
    until: datetime | None = None
    person_id: int | None = None
    name: str = ""  # a part of it, whatever its case


def _narrowed(statement: _Rows, where: Where) -> _Rows:
    if where.private:
        statement = statement.where(Message.peer_id.is_not(None))
    elif where.room_id is not None:
        statement = statement.where(Message.room_id == where.room_id)
    else:
        statement = statement.where(Message.room_id.is_not(None))
    if where.kinds != frozenset(FileKind):
        statement = statement.where(File.kind.in_(where.kinds))
    if where.since is not None:
        statement = statement.where(Message.sent_at >= where.since)
    if where.until is not None:
        statement = statement.where(Message.sent_at < where.until)
    if where.person_id is not None:
        statement = statement.where(Message.talker_id == where.person_id)
    if where.name:
        statement = statement.where(func.lower(File.name).contains(where.name.lower(), autoescape=True))
    return statement


async def listed(
    session: AsyncSession, account: Account, where: Where, before: tuple[datetime, int] | None, limit: int
) -> list[Entry]:
    """The newest files first, those before a time and id where given."""
    statement = _narrowed(_entries(_of(account), account), where)
    if before is not None:
        statement = statement.where(tuple_(Message.sent_at, File.id) < before)
    return await _read(session, statement.order_by(Message.sent_at.desc(), File.id.desc()).limit(limit))


async def found(session: AsyncSession, account: Account, ids: Collection[int]) -> list[Entry]:
    """Those of the files that the account may read, the oldest first."""
    statement = _entries(_of(account), account).where(File.id.in_(ids))
    return await _read(session, statement.order_by(Message.sent_at, File.id))


async def people(session: AsyncSession, account: Account, where: Where) -> list[tuple[int, str]]:
    """Who sent files there, by contact id and name."""
    senders = (
        _narrowed(_of(account), where)
        .join(Contact, Contact.id == Message.talker_id)
        .with_only_columns(Contact.id, Contact.name)
        .distinct()
    )
    rows = (await session.execute(senders)).all()
    return sorted([(contact_id, name) for contact_id, name in rows], key=lambda row: row[1])


async def rooms(session: AsyncSession, account: Account) -> Sequence[Room]:
    """The rooms that the account is in and whose files it may see."""
    readable = readable_rooms(Subject.of_account(account), PRIVATE)
    return (await session.scalars(readable.order_by(Room.topic, Room.id))).all()


async def bound(session: AsyncSession, account: Account) -> bool:
    return await session.scalar(_own(account.id).limit(1)) is not None


async def used(session: AsyncSession, account: Account) -> list[Used]:
    place = func.coalesce(Room.topic, "")
    rows = await session.execute(
        _of(account)
        .with_only_columns(Message.room_id, place, File.kind, func.count(), func.coalesce(func.sum(Blob.size), 0))
        .group_by(Message.room_id, place, File.kind)
    )
    return [
        Used(room_id=room_id, place=topic, kind=FileKind(kind), count=count, size=int(size))
        for room_id, topic, kind, count, size in rows
    ]


# --- the trash ---------------------------------------------------------------------------------------------


async def trashed(session: AsyncSession, account: Account, limit: int) -> list[Entry]:
    """What the account may take back from the trash, the last thrown away first."""
    statement = _entries(_of(account, trashed=True), account).where(mine(account))
    return await _read(session, statement.order_by(File.trashed_at.desc(), File.id.desc()).limit(limit))


async def own_ids(session: AsyncSession, account: Account, ids: Collection[int], *, trashed: bool) -> list[int]:
    """Those of the files that the account may throw away (or take back), locked until the end of the transaction."""
    statement = (
        _of(account, trashed=trashed)
        .where(File.id.in_(ids), mine(account))
        .with_only_columns(File.id)
        .order_by(File.id)
    )
    return list(await session.scalars(statement.with_for_update(of=File)))


async def mark(session: AsyncSession, ids: Collection[int], at: datetime | None, by: int | None) -> None:
    await session.execute(update(File).where(File.id.in_(ids)).values(trashed_at=at, trashed_by=by))


async def overdue(session: AsyncSession, before: datetime, limit: int) -> list[int]:
    """Files thrown away before a time and not deleted yet, locked."""
    statement = (
        select(File.id)
        .where(File.trashed_at < before, File.state != FileState.DELETED)
        .order_by(File.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(await session.scalars(statement))


async def empty(session: AsyncSession, ids: Collection[int]) -> list[int]:
    """Take from files all but their place; the blobs that they had."""
    blobs = await session.scalars(select(File.blob_id).where(File.id.in_(ids), File.blob_id.is_not(None)).distinct())
    blob_ids = [blob_id for blob_id in blobs if blob_id is not None]
    await session.execute(delete(SharedFile).where(SharedFile.file_id.in_(ids)))
    await session.execute(
        update(File)
        .where(File.id.in_(ids))
        .values(
            state=FileState.DELETED,
            reason="",
            blob_id=None,
            trashed_at=func.coalesce(File.trashed_at, now()),
        )
    )
    return blob_ids


# --- links -------------------------------------------------------------------------------------------------


async def add_share(session: AsyncSession, share: Share, ids: Collection[int]) -> None:
    session.add(share)
    await session.flush()
    await session.execute(insert(SharedFile), [{"share_id": share.id, "file_id": file_id} for file_id in ids])


async def share_by_hash(session: AsyncSession, token_hash: str) -> tuple[Share, Account] | None:
    """The link that still opens, and its maker, whose account still stands."""
    statement = (
        select(Share, Account)
        .join(Account, Account.id == Share.account_id)
        .where(
            Share.token_hash == token_hash,
            Share.expires_at > now(),
            Share.revoked_at.is_(None),
            Account.disabled_at.is_(None),
        )
    )
    row = (await session.execute(statement)).first()
    return None if row is None else (row[0], row[1])


async def shared(session: AsyncSession, share: Share, maker: Account, only: int | None) -> list[Entry]:
    """The files under a link that its maker may read now, or the one that is asked for."""
    statement = (
        _entries(_of(maker), maker)
        .join(SharedFile, (SharedFile.file_id == File.id) & (SharedFile.share_id == share.id))
        .where(File.state == FileState.STORED, true() if only is None else File.id == only)
        .order_by(Message.sent_at, File.id)
    )
    return await _read(session, statement)


async def shares_of(session: AsyncSession, account: Account) -> list[tuple[Share, int, str]]:
    """The account's links that still open, the newest first, with how many files each has, and the name of one."""
    readable = readable_files(Subject.of_account(account), PRIVATE).with_only_columns(File.id)
    statement = (
        select(Share, func.count(File.id), func.coalesce(func.min(func.nullif(File.name, "")), ""))
        .outerjoin(SharedFile, SharedFile.share_id == Share.id)
        .outerjoin(File, (File.id == SharedFile.file_id) & File.id.in_(readable))
        .where(Share.account_id == account.id, Share.expires_at > now(), Share.revoked_at.is_(None))
        .group_by(Share.id)
        .order_by(Share.created_at.desc(), Share.id.desc())
    )
    return [(share, count, name) for share, count, name in await session.execute(statement)]


async def revoke(session: AsyncSession, account: Account, share_id: int) -> bool:
    done = await session.scalar(
        update(Share)
        .where(Share.id == share_id, Share.account_id == account.id, Share.revoked_at.is_(None))
        .values(revoked_at=now())
        .returning(Share.id)
    )
    return done is not None


async def count_opening(session: AsyncSession, share_id: int) -> None:
    await session.execute(update(Share).where(Share.id == share_id).values(opened=Share.opened + 1))


async def forget_shares(session: AsyncSession, before: datetime) -> None:
    """Delete links that ended before a time."""
    await session.execute(delete(Share).where(or_(Share.expires_at < before, Share.revoked_at < before)))
