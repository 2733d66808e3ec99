"""Chat history goes in: ``botbay import``. The same file twice changes nothing, in whatever order its lines stand.

A message of history belongs to a bot of its own that drives no account. Its key is the id that an export gave it, else
a digest of all that the line says, with a number: the how-manieth of equal lines it is in this file.
"""

import asyncio
import contextlib
import mimetypes
import sqlite3
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from botbay import storage
from botbay.chat import bots, files, messages, rooms
from botbay.chat.history import Line, LineError, read
from botbay.chat.models import Bot, Contact, File, FileKind, FileState, Message, Room, RoomBot
from botbay.db import now, transaction
from botbay.settings import Settings
from workers.archive.history_people import People, digest, import_id
from workers.archive.history_source import UNREADABLE, Source

#: No bot of the settings can bear this name.
BOT = "import:history"
_BATCH = 500  # lines of one transaction
#: Only counted, wherever: what they hold is nobody's business.
_COUNTED = frozenset({"location", "transfer", "red_packet"})
_KINDS = {"image": FileKind.IMAGE, "voice": FileKind.AUDIO, "video": FileKind.VIDEO}


@dataclass
class Summary:
    """How many lines went in, of them how many only as a number; were there already; could not go in."""

    added: int = 0
    counted: int = 0
    files: int = 0
    present: int = 0
    bad: int = 0

    @property
    def lines(self) -> int:
        return self.added + self.present + self.bad


@dataclass
class _Item:
    """A line on its way in. ``nth``: of equal lines in this file, the how-manieth."""

    number: int
    line: Line
    key: str
    nth: int
    room: Room | None = None
    talker: Contact | None = None
    withheld: bool = False
    mention_ids: list[str] = field(default_factory=list)
    stored: storage.Stored | None = None


class Import:
    """One file's way in. ``complain`` is told the number of each line that stays out, and why."""

    def __init__(self, settings: Settings, source: Source, complain: Callable[[int, str], None]) -> None:
        self._settings = settings
        self._zone = ZoneInfo(settings.timezone)
        self._source = source
        self._complain = complain
        self._closed: set[int] = set()  # rooms of which was told that nothing goes in
        self.summary = Summary()
        # On disk once it is large: a count for each distinct line of the file.
        self._seen = sqlite3.connect("")
        self._seen.execute("CREATE TABLE seen (key BLOB PRIMARY KEY, n INTEGER) WITHOUT ROWID")

    async def run(self, progress: Callable[[Summary], None]) -> Summary:
        """Put everything in, some hundred lines a transaction. Raises SourceError and StorageError."""
        async with transaction() as session:
            self._bot_id = (await bots.ensure(session, BOT)).id
        with contextlib.closing(self._seen):
            items: list[_Item] = []
            for number, raw in self._source.lines():
                try:
                    items.append(self._item(number, read(raw, self._zone)))
                except LineError as error:
                    self._bad(number, str(error))
                if len(items) == _BATCH:
                    await self._take(items)
                    items = []
                    progress(self.summary)
            await self._take(items)
        return self.summary

    def _bad(self, number: int, reason: str) -> None:
        self.summary.bad += 1
        self._complain(number, reason)

    def _item(self, number: int, line: Line) -> _Item:
        room = digest(line.room_id or line.room, 8)
        said = (line.talker_id or line.talker, line.at.isoformat(), line.kind, line.text, line.mentions)
        brought = (line.file or line.file_name, line.quote, dict(line.details), line.withheld)
        key = room + digest([line.id] if line.id else [*said, *brought], 16)
        count = "INSERT INTO seen VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET n = n + 1 RETURNING n"
        ((nth,),) = self._seen.execute(count, (bytes.fromhex(key),)).fetchall()
        return _Item(number, line, line.id or f"i{key}{nth}", nth)

    # --- a batch -------------------------------------------------------------------------------------------

    async def _take(self, items: Sequence[_Item]) -> None:
        async with transaction() as session:
            places = await self._places(session, items)
            fresh = [item for item in items if item.room is not None]
            known = await self._known(session, fresh, places)
            self.summary.present += sum((*_place(item.line), item.key) in known for item in fresh)
            fresh = [item for item in fresh if (*_place(item.line), item.key) not in known]
            await self._name_talkers(session, fresh)
            heard = await self._heard_live(session, fresh)
            self.summary.present += len(heard)
            fresh = [item for item in fresh if item.number not in heard]
        # Bytes come before the rows: a long upload holds no transaction open.
        ready = [item for item in fresh if await self._bring(item)]
        async with transaction() as session:
            await self._store(session, ready)

    async def _places(self, session: AsyncSession, items: Sequence[_Item]) -> dict[tuple[str, str], set[int]]:
        """Give each line its room; the rooms into which history of that name may have gone before."""
        wanted = {_place(item.line): item.line for item in items}
        found: dict[tuple[str, str], tuple[Room, set[int]]] = {}
        for place, line in wanted.items():
            found[place] = await self._room(session, line)
        open_now = await self._closed_rooms(session, {room.id for room, _ in found.values()})
        for item in items:
            room = found[_place(item.line)][0]
            if room.id not in open_now:
                item.room = room
            elif room.id not in self._closed:
                self._closed.add(room.id)
                told = f"群「{room.topic}」里没有人说过「开始记录」，它的消息都没有放入；说了之后再运行一次就好"
                self._bad(item.number, told)
            else:
                self.summary.bad += 1
        return {place: room_ids for place, (_, room_ids) in found.items()}

    async def _room(self, session: AsyncSession, line: Line) -> tuple[Room, set[int]]:
        """The room of this id, else the only one of this name in which a bot sits, else one of its own."""
        own = import_id(line.room_id, line.room)
        before = await self._rooms_before(session, digest(line.room_id or line.room, 8))
        sitting = select(RoomBot.room_id).where(RoomBot.left_at.is_(None))
        by_name = (Room.topic == line.room) & Room.id.in_(sitting)
        same = list(
            await session.scalars(select(Room).where(or_(Room.wechat_id.in_([own, line.room_id or own]), by_name)))
        )
        exact = [room for room in same if room.wechat_id == line.room_id]
        named = [room for room in same if room.wechat_id not in (own, line.room_id)]
        if exact or (line.room_id is None and len(named) == 1):
            room = (exact or named)[0]
        else:
            facts = rooms.RoomFacts(wechat_id=own, topic=line.room, owner_id=None, members={})
            room = await session.get_one(Room, await rooms.upsert(session, facts, now()))
        return room, {room.id, *before, *(each.id for each in same)}

    async def _rooms_before(self, session: AsyncSession, digest: str) -> set[int]:
        """Rooms that took lines of this room's name before, whatever they are called now."""
        # Hexadecimal digits stand before the letter g in every language's order.
        taken = select(Message.id).where(
            Message.bot_id == self._bot_id,
            Message.room_id == Room.id,
            Message.peer_id.is_(None),
            Message.source_id.between(f"i{digest}", f"i{digest}g"),
        )
        return set(await session.scalars(select(Room.id).where(taken.exists())))

    async def _closed_rooms(self, session: AsyncSession, room_ids: Iterable[int]) -> set[int]:
        """Those of the rooms whose people could have said 开始记录, and have not."""
        sitting = select(RoomBot.room_id).where(RoomBot.left_at.is_(None))
        unasked = select(Room.id).where(Room.id.in_(room_ids), Room.recording_at.is_(None), Room.id.in_(sitting))
        return set(await session.scalars(unasked))

    async def _known(
        self, session: AsyncSession, items: Sequence[_Item], places: dict[tuple[str, str], set[int]]
    ) -> set[tuple[str, str, str]]:
        """Place and key of the lines that are there already."""
        room_ids = {room_id for found in places.values() for room_id in found}
        found = await session.execute(
            select(Message.room_id, Message.source_id).where(
                Message.room_id.in_(room_ids),
                Message.peer_id.is_(None),
                Message.bot_id.in_(select(Bot.id)),  # the index begins with it
                Message.source_id.in_([item.key for item in items]),
            )
        )
        by_room: dict[int, set[str]] = defaultdict(set)
        for room_id, key in found:
            if room_id is not None:
                by_room[room_id].add(key)
        return {
            (*place, key)
            for place, found_in in places.items()
            for room_id in found_in
            for key in by_room.get(room_id, ())
        }

    async def _heard_live(self, session: AsyncSession, items: Sequence[_Item]) -> set[int]:
        """The numbers of lines that a bot heard itself: same room, second and talker, same words.

        Where a message was erased at that time, what it said is not put back.
        """
        lines = [item for item in items if item.line.id is None]
        found = await session.execute(
            select(
                Message.room_id,
                Message.sent_at,
                Message.kind,
                Message.talker_id,
                Message.text,
                Message.withheld | Message.recalled_at.is_not(None),
            ).where(
                Message.room_id.in_({item.room.id for item in lines if item.room is not None}),
                Message.sent_at.in_({item.line.at for item in lines}),
                Message.bot_id != self._bot_id,
            )
        )
        there: Counter[tuple[object, ...]] = Counter()
        for room_id, at, kind, talker_id, text, gone in found:
            there[(room_id, at, kind, talker_id, None if gone else text)] += 1
        heard = set()
        for item in lines:
            assert item.room is not None
            talker_id = item.talker.id if item.talker is not None else None
            same = (item.room.id, item.line.at, item.line.kind)
            times = sum(
                there[each]
                for each in {(*same, talker_id, item.line.text), (*same, talker_id, None), (*same, None, None)}
            )
            if item.nth <= times:
                heard.add(item.number)
        return heard

    async def _name_talkers(self, session: AsyncSession, items: Sequence[_Item]) -> None:
        """Give each line its talker and whom it mentions, and say whether it is only counted."""
        by_room: dict[int, list[_Item]] = defaultdict(list)
        for item in items:
            assert item.room is not None
            by_room[item.room.id].append(item)
        for room_id, found in by_room.items():
            people = await People.look_up(session, self._settings, room_id, [item.line for item in found])
            for item in found:
                line = item.line
                item.talker = people.contact(line.talker_id, line.talker) if line.talker else None
                item.withheld = line.withheld or line.kind in _COUNTED
                if item.talker is not None and not line.by_bot:
                    item.withheld |= people.said_no(line, item.talker)
                item.mention_ids = people.mention_ids(line)

    # --- what goes in --------------------------------------------------------------------------------------

    async def _bring(self, item: _Item) -> bool:
        """Put the bytes that a line brings into storage; False when they cannot be read, which makes the line bad."""
        name = item.line.file
        if name is None or item.withheld:
            return True
        try:
            stream = self._source.open(name)
        except LineError as error:
            self._bad(item.number, str(error))
            return False
        broken = False

        async def chunks() -> AsyncIterator[bytes]:
            nonlocal broken
            try:
                while chunk := await asyncio.to_thread(stream.read, storage.CHUNK):
                    yield chunk
            except UNREADABLE:
                broken = True
                raise

        try:
            with stream:
                item.stored = await storage.put(f"files/{now():%Y/%m}/{uuid4().hex}", chunks())
        except Exception:  # whatever the store makes of an error in what it was given
            if not broken:
                raise
            self._bad(item.number, f"文件 {name[:200]} 读到一半坏了")
            return False
        return True

    async def _store(self, session: AsyncSession, items: Sequence[_Item]) -> None:
        by_room: dict[int, dict[str, _Item]] = defaultdict(dict)
        unwanted: list[_Item] = []
        for item in items:
            assert item.room is not None
            if by_room[item.room.id].setdefault(item.key, item) is not item:
                unwanted.append(item)  # the same id twice in one file
        for found in by_room.values():
            new = await messages.store(session, [self._row(item) for item in found.values()])
            self.summary.added += len(new)
            self.summary.counted += sum(found[key].withheld for key in new)
            unwanted += [item for key, item in found.items() if key not in new]
            await self._attach(session, {new[key]: found[key] for key in new})
        self.summary.present += len(unwanted)
        await files.erase_bytes(session, [item.stored.key for item in unwanted if item.stored is not None])

    def _row(self, item: _Item) -> dict[str, Any]:
        line, kept = item.line, not item.withheld
        return {
            "bot_id": self._bot_id,
            "room_id": item.room.id if item.room is not None else None,
            "peer_id": None,
            "talker_id": item.talker.id if kept and item.talker is not None else None,
            "source_id": item.key,
            "kind": line.kind,
            "text": line.text if kept else "",
            "mention_ids": item.mention_ids if kept else [],
            "quoted_source_id": line.quote if kept else None,
            "file_name": _file_name(line) if kept else None,
            "details": {name: each for name, each in line.details.items() if name != "contacts"} if kept else {},
            "raw": {},
            "sent_at": line.at,
            "from_self": line.from_self or line.by_bot,
            "by_bot": line.by_bot,
            "withheld": not kept,
            "recalled_at": line.recalled_at if kept else None,
        }

    async def _attach(self, session: AsyncSession, items: dict[int, _Item]) -> None:
        """The files of messages that are new; where one is known to be missing, why."""
        rows = [
            {
                "message_id": message_id,
                "name": _file_name(item.line) or "",
                "kind": _file_kind(item.line),
                "state": FileState.PENDING if item.stored is not None else FileState.FAILED,
                "reason": item.line.file_problem or "",
            }
            for message_id, item in items.items()
            if item.stored is not None or (item.line.file_problem and not item.withheld)
        ]
        if not rows:
            return
        made = await session.execute(insert(File).values(rows).returning(File.id, File.message_id))
        for file_id, message_id in made.all():
            item = items[message_id]
            if item.stored is not None:
                mime = mimetypes.guess_type(_file_name(item.line) or "")[0] or "application/octet-stream"
                await files.attach(session, file_id, item.stored, mime, _file_kind(item.line))
                self.summary.files += 1


def _place(line: Line) -> tuple[str, str]:
    return line.room_id or "", line.room


def _file_name(line: Line) -> str | None:
    """The name of the file without its folders, and without control characters."""
    name = line.file_name or (PurePosixPath(line.file.replace("\\", "/")).name if line.file else None)
    return "".join(each for each in name if each >= " " and each != "\x7f")[:255] if name else None


def _file_kind(line: Line) -> FileKind:
    if line.kind in _KINDS:
        return _KINDS[line.kind]
    mime = mimetypes.guess_type(_file_name(line) or "")[0] or ""
    if mime == "application/pdf":
        return FileKind.PDF
    kind = mime.partition("/")[0]
    return FileKind(kind) if kind in ("image", "audio", "video", "text") else FileKind.OTHER
