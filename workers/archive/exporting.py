"""A room goes out: ``botbay export``. A zip with its messages as history that can be imported, and its files.

Written beside its place and put there when it is whole. Neither messages nor files are held in memory.
"""

import contextlib
import os
import tempfile
import zipfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, func, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from botbay import storage
from botbay.chat import gaps
from botbay.chat.history import Line, write
from botbay.chat.models import Blob, Contact, File, FileState, Member, Message, Room, RoomBot
from botbay.db import now, transaction
from botbay.settings import Settings
from workers.archive.history_source import MESSAGES

_AT_ONCE = 500
_SHOWN = 10  # rooms named where one was not clear
_NAME_BYTES = 180  # of a file inside the zip; file systems take 255 and it may get a number
_RESERVED = frozenset('<>:"/\\|?*')


class ExportError(Exception):
    """Nothing can be exported so. The text is one line for people."""


@dataclass
class Summary:
    """What went into the zip; ``missing`` are files that could not, in words."""

    messages: int = 0
    withheld: int = 0
    recalled: int = 0
    files: int = 0
    missing: list[str] = field(default_factory=list)


async def find_room(session: AsyncSession, name: str) -> Room:
    """The room of this name, or of this number (#12). Raises ExportError, naming the candidates."""
    if name.startswith("#") and name[1:].isdecimal() and len(name) < 18:
        room = await session.get(Room, int(name[1:]))
        if room is not None:
            return room
    same = list(await session.scalars(select(Room).where(Room.topic == name).order_by(Room.id)))
    if len(same) == 1:
        return same[0]
    if same:
        shown = "、".join([await _described(session, room) for room in same[:_SHOWN]])
        raise ExportError(f"有 {len(same)} 个群都叫「{name}」：{shown}。用号码指定一个，如 --room '#{same[0].id}'。")
    like = Room.topic.icontains(name, autoescape=True)
    near = list(await session.scalars(select(Room).where(like).order_by(Room.id).limit(_SHOWN)))
    if not near:
        near = list(await session.scalars(select(Room).order_by(Room.id).limit(_SHOWN)))
    if not near:
        raise ExportError("这里还没有任何群。")
    shown = "、".join([await _described(session, room) for room in near])
    raise ExportError(f"没有叫「{name}」的群。有：{shown}。")


async def _described(session: AsyncSession, room: Room) -> str:
    count = await session.scalar(select(func.count()).select_from(Message).where(Message.room_id == room.id))
    origin = "，导入的" if room.wechat_id.startswith("import:") else ""
    return f"{room.topic or '没有名字'}（#{room.id}，{count} 条{origin}）"


class Export:
    """One room's way out. ``since`` and ``until`` are aware; the second is not part of it."""

    def __init__(self, settings: Settings, room: Room, since: datetime | None, until: datetime | None) -> None:
        self._zone = ZoneInfo(settings.timezone)
        self._room = room
        self._since = since
        self._until = until
        self._names: set[str] = set()
        self._written: dict[tuple[int, str], str] = {}
        self.summary = Summary()

    def default_name(self) -> str:
        """A name for the zip, of the room and the day."""
        topic = _plain(self._room.topic) or f"room-{self._room.id}"
        return f"{topic}-{now().astimezone(self._zone):%Y%m%d}.zip"

    async def run(self, target: Path) -> Summary:
        """Write the zip. Raises ExportError where the target is taken or cannot be written, and StorageError."""
        _refuse_taken(target)
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            # Chats of a whole room: for nobody but who asked for them.
            with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
                with tempfile.TemporaryFile(dir=target.parent) as lines, zipfile.ZipFile(file, "w") as archive:
                    await self._write(archive, lines)
                file.flush()
                os.fsync(file.fileno())
            part.rename(target)
        except OSError as error:
            raise ExportError(f"写不了 {target}：{error.strerror or error}。检查文件夹和磁盘空间。") from error
        finally:
            with contextlib.suppress(OSError):
                part.unlink()
        return self.summary

    async def _write(self, archive: zipfile.ZipFile, lines: IO[bytes]) -> None:
        async for message, talker, names, file, blob in self._messages():
            self.summary.messages += 1
            self.summary.withheld += message.withheld
            self.summary.recalled += message.recalled_at is not None and not message.withheld
            path = await self._file(archive, message, file, blob) if file is not None else None
            lines.write(write(self._line(message, talker, names, file, path)))
        lines.seek(0)
        with archive.open(self._entry(MESSAGES, zipfile.ZIP_DEFLATED), "w", force_zip64=True) as inside:
            while chunk := lines.read(storage.CHUNK):
                inside.write(chunk)
        archive.writestr(self._entry("README.txt", zipfile.ZIP_DEFLATED), "\n".join(await self._readme()) + "\n")

    def _entry(self, name: str, compression: int, at: datetime | None = None) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(name, (at or now()).astimezone(self._zone).timetuple()[:6])
        entry.compress_type = compression
        entry.external_attr = 0o644 << 16
        return entry

    # --- messages ------------------------------------------------------------------------------------------

    async def _messages(
        self,
    ) -> AsyncIterator[tuple[Message, tuple[str, str] | None, dict[str, str], File | None, Blob | None]]:
        """In order: a message, its talker's id and name, the names of whom it mentions, and what it brought."""
        after: tuple[datetime, int] | None = None
        while True:
            async with transaction() as session:
                page = (
                    select(Message, File, Blob)
                    .outerjoin(File, File.message_id == Message.id)
                    .outerjoin(Blob, Blob.id == File.blob_id)
                    .where(*self._wanted(), tuple_(Message.sent_at, Message.id) > after if after else true())
                    .order_by(Message.sent_at, Message.id)
                    .limit(_AT_ONCE)
                )
                rows = [(message, file, blob) for message, file, blob in await session.execute(page)]
                people = await self._people(session, [message for message, _, _ in rows])
                names = {wechat_id: name for wechat_id, name in people.values()}
                names |= await self._mentioned(session, [message for message, _, _ in rows])
            for message, file, blob in rows:
                yield message, people.get(message.talker_id or 0), names, file, blob
            if len(rows) < _AT_ONCE:
                return
            after = (rows[-1][0].sent_at, rows[-1][0].id)

    def _wanted(self) -> Iterator[ColumnElement[bool]]:
        yield Message.room_id == self._room.id
        if self._since is not None:
            yield Message.sent_at >= self._since
        if self._until is not None:
            yield Message.sent_at < self._until

    async def _people(self, session: AsyncSession, messages: list[Message]) -> dict[int, tuple[str, str]]:
        ids = {message.talker_id for message in messages if message.talker_id is not None}
        return {
            contact_id: (wechat_id, name)
            for contact_id, wechat_id, name in await session.execute(self._named().where(Contact.id.in_(ids)))
        }

    async def _mentioned(self, session: AsyncSession, messages: list[Message]) -> dict[str, str]:
        ids = {each for message in messages for each in message.mention_ids}
        return {
            wechat_id: name
            for _, wechat_id, name in await session.execute(self._named().where(Contact.wechat_id.in_(ids)))
        }

    def _named(self) -> Select[int, str, str]:
        """Contacts with the name that the room knows them by."""
        name = func.coalesce(func.nullif(Member.alias, ""), func.nullif(Contact.name, ""), Contact.wechat_id)
        here = (Member.contact_id == Contact.id) & (Member.room_id == self._room.id)
        return select(Contact.id, Contact.wechat_id, name).outerjoin(Member, here)

    def _line(
        self,
        message: Message,
        talker: tuple[str, str] | None,
        names: dict[str, str],
        file: File | None,
        path: str | None,
    ) -> Line:
        missing = file is not None and path is None and not message.withheld
        return Line(
            room=self._room.topic or f"#{self._room.id}",
            room_id=self._room.wechat_id,
            talker="" if message.withheld or talker is None else talker[1],
            talker_id=None if message.withheld or talker is None else talker[0],
            at=message.sent_at.astimezone(self._zone),
            kind=message.kind,
            text=message.text,
            mentions=tuple(names.get(each, each) for each in message.mention_ids),
            mention_ids=tuple(message.mention_ids),
            id=message.source_id,
            quote=message.quoted_source_id,
            # Numbers of this database's contacts say nothing elsewhere.
            details={name: value for name, value in message.details.items() if name != "contacts"},
            file=path,
            file_name=(file.name if file is not None else "") or message.file_name,
            file_problem=(file.reason or _problem(file)) if missing and file is not None else None,
            from_self=message.from_self,
            by_bot=message.by_bot,
            recalled_at=None if message.withheld else message.recalled_at,
            # Whose talker is not known any more counts, and no more.
            withheld=message.withheld or talker is None,
        )

    # --- files ---------------------------------------------------------------------------------------------

    async def _file(self, archive: zipfile.ZipFile, message: Message, file: File, blob: Blob | None) -> str | None:
        """Put the file into the zip; its path there, or None where it is missing."""
        if blob is None or file.state != FileState.STORED or file.trashed_at is not None:
            self._miss(message, file, file.reason or _problem(file))
            return None
        if (path := self._written.get((blob.id, file.name))) is not None:
            return path
        path = self._path(file.name)
        chunks = storage.get(blob.key)
        try:
            first = await anext(chunks, b"")
        except storage.NotStored:
            self._miss(message, file, "存储里没有了")
            return None
        with archive.open(self._entry(path, zipfile.ZIP_STORED, message.sent_at), "w", force_zip64=True) as inside:
            inside.write(first)
            async for chunk in chunks:
                inside.write(chunk)
        self.summary.files += 1
        self._written[blob.id, file.name] = path
        return path

    def _miss(self, message: Message, file: File, reason: str) -> None:
        at = message.sent_at.astimezone(self._zone)
        self.summary.missing.append(f"{at:%Y-%m-%d %H:%M} {_plain(file.name) or '没有名字'}：{reason}")

    def _path(self, name: str) -> str:
        """A path in ``files/`` that no other has, whatever the file system thinks of capitals."""
        name = _plain(name) or "文件"
        suffix = PurePosixPath(name).suffix
        suffix = suffix if len(suffix.encode()) <= 20 else ""
        stem = name.removesuffix(suffix).encode()[:_NAME_BYTES].decode(errors="ignore")
        number, path = 1, f"files/{stem}{suffix}"
        while path.casefold() in self._names:
            number += 1
            path = f"files/{stem} ({number}){suffix}"
        self._names.add(path.casefold())
        return path

    # --- what is missing -----------------------------------------------------------------------------------

    async def _readme(self) -> list[str]:
        at, done = now(), self.summary
        lines = [
            f"群「{self._room.topic}」的聊天记录，{at.astimezone(self._zone):%Y-%m-%d %H:%M} 从 BotBay 导出。",
            f"时间：{self._shown(self._since) or '最早'} 到 {self._shown(self._until) or '导出时'}（{self._zone.key}）。",
            f"共 {done.messages:,} 条，其中 {done.withheld:,} 条只计数、没有内容（有人不让记录，或是位置、转账、红包），"
            f"{done.recalled:,} 条已撤回；文件 {done.files:,} 个，在 files 里。",
            f"{MESSAGES} 一行一条，可以用 botbay import 放进另一个 BotBay。",
            "里面是大家说过的话：和原件一样小心保管，用完删掉。",
            "",
            "缺少的文件：" if done.missing else "没有缺少的文件。",
            *(f"- {each}" for each in done.missing),
            "",
        ]
        async with transaction() as session:
            joined = select(func.min(RoomBot.joined_at)).where(RoomBot.room_id == self._room.id)
            since = self._since or await session.scalar(joined) or at
            deaf = await gaps.gaps_of(session, [self._room.id], since, min(self._until or at, at))
        lines.append("机器人没在听的时间：" if deaf else "这段时间机器人一直在听。" if self._heard_live() else "")
        return [*lines, *(f"- {gaps.words(gap, self._zone, at)}" for gap in deaf)]

    def _heard_live(self) -> bool:
        return not self._room.wechat_id.startswith("import:")

    def _shown(self, at: datetime | None) -> str:
        return f"{at.astimezone(self._zone):%Y-%m-%d %H:%M}" if at is not None else ""


def _refuse_taken(target: Path) -> None:
    if target.exists():
        raise ExportError(f"{target} 已经有了，不覆盖它：用 --out 换一个名字。")


def _plain(name: str) -> str:
    """A name as every file system takes it."""
    kept = "".join("_" if each in _RESERVED else each for each in name if each >= " " and each != "\x7f")
    return kept.strip(" .")


def _problem(file: File) -> str:
    if file.trashed_at is not None:
        return "在回收站里"
    return "没能取到" if file.state == FileState.FAILED else "还没取到"
