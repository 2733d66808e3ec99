"""What the drive shows to whom. Nothing here commits; everything is read through ``botbay.chat.access``."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from botbay import storage
from botbay.chat import files
from botbay.chat.gaps import GapSpan, gaps_of
from botbay.chat.models import Account, FileKind, Room
from botbay.db import now
from botbay.settings import load_settings
from botbay.zh.encodings import charset, decoded
from workers.archive import repository
from workers.archive.repository import Entry, Used, Where

#: Files read from the database at once.
PAGE = 60
#: Bytes of a text that are shown.
_TEXT = 64 * 1024


class DriveError(Exception):
    """What was asked of the drive cannot be done. The text is for people and says why."""


class Tab(StrEnum):
    ALL = "all"
    IMAGES = "images"
    AUDIO = "audio"
    VIDEO = "video"
    ATTACHMENTS = "attachments"


_MEDIA = {Tab.IMAGES: FileKind.IMAGE, Tab.AUDIO: FileKind.AUDIO, Tab.VIDEO: FileKind.VIDEO}
_KINDS = {
    Tab.ALL: frozenset(FileKind),
    Tab.ATTACHMENTS: frozenset(FileKind) - set(_MEDIA.values()),
    **{tab: frozenset({kind}) for tab, kind in _MEDIA.items()},
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What somebody wants to see: all rooms, one, or the private chats; one tab; a day in the set time zone; …"""

    tab: Tab = Tab.ALL
    room_id: int | None = None
    private: bool = False
    day: date | None = None
    person_id: int | None = None
    name: str = ""

    @property
    def narrow(self) -> bool:
        """Whether it leaves out more than the place does."""
        return self != Wanted(room_id=self.room_id, private=self.private)

    def where(self) -> Where:
        since = None if self.day is None else datetime.combine(self.day, time(), load_settings().zone)
        until = (
            None if self.day is None else datetime.combine(self.day + timedelta(days=1), time(), load_settings().zone)
        )
        return Where(
            room_id=self.room_id,
            private=self.private,
            kinds=_KINDS[self.tab],
            since=since,
            until=until,
            person_id=self.person_id,
            name=self.name.strip(),
        )


@dataclass(frozen=True, kw_only=True)
class Page:
    """Files, the newest first, and the times around them in which a bot was deaf; ``more`` when older ones follow."""

    entries: list[Entry]
    gaps: list[GapSpan]
    more: bool


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How far somebody has come: whose WeChat is bound, and the rooms that they are in."""

    bound: bool
    rooms: Sequence[Room]

    @property
    def recording(self) -> bool:
        return any(room.recording_at is not None for room in self.rooms)


async def standing(session: AsyncSession, account: Account) -> Standing:
    return Standing(bound=await repository.bound(session, account), rooms=await repository.rooms(session, account))


async def page(
    session: AsyncSession, account: Account, wanted: Wanted, *, after: Entry | None = None, limit: int = PAGE
) -> Page:
    """The files that come after one of an earlier page, or the first ones."""
    where = wanted.where()
    before = None if after is None else (after.sent_at, after.id)
    entries = await repository.listed(session, account, where, before, limit + 1)
    more = len(entries) > limit
    entries = entries[:limit]
    gaps: list[GapSpan] = []
    # With a name, a kind or a person nobody asks what else may be missing.
    if not wanted.private and not replace(wanted, day=None).narrow:
        until = min(where.until or now(), after.sent_at if after else now())
        oldest = entries[-1].sent_at if more else until - timedelta(days=30)
        since = where.since or min(oldest, entries[-1].sent_at if entries else oldest)
        rooms = [room for room in await repository.rooms(session, account) if room.recording_at is not None]
        listening = [room.id for room in rooms if wanted.room_id in (None, room.id)]
        if listening:
            found = await gaps_of(session, listening, since, until)
            # One that reaches over the end of a page is shown on the page on which it began.
            gaps = [gap for gap in found if since <= gap.started_at or not more]
    return Page(entries=entries, gaps=gaps, more=more)


async def find(session: AsyncSession, account: Account, ids: Collection[int]) -> list[Entry]:
    """Those of the files that the account may read, the oldest first."""
    return await repository.found(session, account, ids)


async def people(session: AsyncSession, account: Account, wanted: Wanted) -> list[tuple[int, str]]:
    """Who sent files to the place that is wanted: contact ids and names."""
    return await repository.people(session, account, Where(room_id=wanted.room_id, private=wanted.private))


async def usage(session: AsyncSession, account: Account) -> list[Used]:
    """How many files of what size the account can read, by place and kind."""
    return await repository.used(session, account)


async def retry(session: AsyncSession, account: Account, file_id: int) -> None:
    """Have a file fetched once more. Raises DriveError when it is not there any more."""
    found = await repository.found(session, account, [file_id])
    if not found:
        raise DriveError("这份文件已经不在了。")
    await files.retry(session, file_id)


async def text_of(entry: Entry) -> tuple[str, bool]:
    """The beginning of a text file, and whether there is more of it. Raises storage.StorageError."""
    assert entry.key is not None and entry.size is not None
    data = b"".join([chunk async for chunk in storage.get_range(entry.key, 0, min(entry.size, _TEXT))])
    return decoded(data, charset(data)), entry.size > _TEXT
