"""The 接龙 of a room as tables: put together from what may be read at the moment, so an erased message is in none."""

import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from openpyxl import Workbook
from openpyxl.styles import Font
from sqlalchemy import cast
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import rooms
from botbay.chat.access import Audience, Subject, readable_messages
from botbay.chat.models import Message
from botbay.zh.solitaire import Solitaire, parse

#: So many messages of a room are looked at, the newest.
_MESSAGES = 2_000
#: A list with the title of one that rested for so long, and without what stood there, is a new one: 午餐接龙 every day.
_RESTED = timedelta(hours=12)
_CELL = 32_000  # characters; Excel takes 32,767
#: What XML, and with it a sheet, cannot hold.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

#: A person's entry, and the how-manieth of that person.
_Key = tuple[str, int]


@dataclass(frozen=True)
class Table:
    """A list as it stands. ``message_ids`` are those of its versions, the oldest first."""

    solitaire: Solitaire
    started_at: datetime
    updated_at: datetime
    message_ids: tuple[int, ...]


async def of_room(session: AsyncSession, subject: Subject, audience: Audience, room_id: int) -> list[Table]:
    """The room's lists that the asker may see here, the one that was written to last first."""
    readable = readable_messages(subject, audience).where(
        Message.room_id == room_id,
        Message.kind == "text",
        Message.recalled_at.is_(None),
        Message.search.op("@@")(cast("'接龙'", TSQUERY)),
    )
    newest = readable.order_by(Message.sent_at.desc(), Message.id.desc()).limit(_MESSAGES)
    found = (await session.scalars(newest)).all()
    names = await rooms.names_in(session, room_id) if found else set()
    growing: list[_Growing] = []
    for message in reversed(found):
        version = parse(message.text, names)
        if version is None:
            continue
        table = next((each for each in reversed(growing) if each.goes_on(version, message.sent_at)), None)
        if table is None:
            table = _Growing(message.sent_at)
            growing.append(table)
        table.grow(version, message)
    return sorted((table.done() for table in growing), key=lambda table: table.updated_at, reverse=True)


def as_sheet(solitaire: Solitaire) -> bytes:
    """The list as a spreadsheet (.xlsx). Whatever people wrote stays text: nothing is a formula."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = re.sub(r"[\\/*?:\[\]'\x00-\x1f]", " ", _writable(solitaire.title)).strip()[:31] or "接龙"
    sheet.append(["序号", "姓名", "内容"])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for number, entry in enumerate(solitaire.entries, start=1):
        sheet.cell(number + 1, 1, number)
        for column, value in enumerate(entry, start=2):
            cell = sheet.cell(number + 1, column)
            cell.value = _writable(value)
            cell.data_type = "s"
            cell.quotePrefix = True
    for letter, width in zip("ABC", (6, 20, 50), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _writable(text: str) -> str:
    return _UNWRITABLE.sub("", text)[:_CELL]


@dataclass
class _Growing:
    """A list while its versions are read, the oldest first.

    Two people may add to the same version at once; then neither's message holds the other's line, and both are kept.
    """

    started_at: datetime
    updated_at: datetime = field(init=False)
    message_ids: list[int] = field(default_factory=list)
    versions: list[tuple[_Key, ...]] = field(default_factory=list)
    newest: Solitaire = field(init=False)
    entries: dict[_Key, str] = field(default_factory=dict)

    def goes_on(self, version: Solitaire, at: datetime) -> bool:
        """Whether a message is a later version of this list."""
        if _title(version.title) != _title(self.newest.title):
            return False
        keys = _keys(version.entries)
        if not self.entries:
            return True
        if at - self.updated_at > _RESTED and not set(self.versions[-1]) <= set(keys):
            return False
        return not keys or keys[0] in self.entries or len(set(keys) & set(self.entries)) * 2 >= len(keys)

    def grow(self, version: Solitaire, message: Message) -> None:
        keys = _keys(version.entries)
        said = dict(zip(keys, (what for _, what in version.entries), strict=True))
        before = self.versions[-1] if self.versions else ()
        base = before
        if any(key not in self.entries for key in keys):
            # What it was added to is the longest version that it begins with, not always the one before.
            longer = [old for old in self.versions if len(old) < len(keys) and keys[: len(old)] == old]
            base = max(longer, key=len) if any(longer) else before
        kept = {key: what for key, what in self.entries.items() if key in said or key not in base}
        if base == before and kept.keys() <= said.keys():
            kept = {}  # the order is the newest one's
        self.entries = {**kept, **said}
        self.versions.append(keys)
        self.newest = version
        self.updated_at = message.sent_at
        self.message_ids.append(message.id)

    def done(self) -> Table:
        entries = tuple((who, what) for (who, _), what in self.entries.items())
        whole = Solitaire(self.newest.title, entries, self.newest.description, self.newest.example)
        return Table(whole, self.started_at, self.updated_at, tuple(self.message_ids))


def _title(title: str) -> str:
    return "".join(title.split())


def _keys(entries: Sequence[tuple[str, str]]) -> tuple[_Key, ...]:
    seen: Counter[str] = Counter()
    keys = []
    for who, _ in entries:
        seen[who] += 1
        keys.append((who, seen[who]))
    return tuple(keys)
