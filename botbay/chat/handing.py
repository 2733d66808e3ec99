"""Handing over what was kept: the thing itself goes out in a conversation, named by ids, never by a path.

A file is {"file_id": …}; a 接龙, which goes out as a spreadsheet, is {"solitaire": {"room_id": …, "message_id": …}};
what an action has made of a room's messages in this very turn (``prepare``) is {"made": {"of": …, "name": …, "rooms": […]}}.
"""

import hashlib
import mimetypes
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from botbay import jobs, storage
from botbay.chat import names, outbox, solitaires
from botbay.chat.access import Audience, Subject, readable_files, readable_rooms
from botbay.chat.files import ERASE_JOB
from botbay.chat.models import (
    Blob,
    Contact,
    Conversation,
    File,
    FileKind,
    FileState,
    OutboxItem,
    OutboxState,
    Room,
)

#: How WeChat shows it; all else goes as a file.
_SHOWN = {FileKind.IMAGE: "image", FileKind.VIDEO: "video"}
_NAMES = {FileKind.IMAGE: "图片", FileKind.VIDEO: "视频", FileKind.AUDIO: "语音"}


#: What the outbox needs of a thing: how WeChat shows it, its key in storage, its name.
_Ready = tuple[str, str, str]
#: A sheet that was made to be sent is kept as long as the outbox keeps what it sent.
_SHEET_KEPT = timedelta(days=7)

#: What a thing is made of, as its maker calls it: a folder in storage.
_OF = re.compile(r"[a-z]+-[0-9]+")
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}$")

GONE = "这个文件刚刚拿不到了，可能被撤回或删掉了。"


def is_given(custom: object) -> bool:
    """Whether a reply's ``custom`` hands something over."""
    return isinstance(custom, Mapping) and not custom.keys().isdisjoint(("file_id", "solitaire", "made"))


async def hand_over(
    session: AsyncSession, conversation_id: int, key: str, given: Mapping[str, Any], *, turn_id: int
) -> str:
    """Put it into the outbox, once under the same key.

    Empty, or why not, for people: it is not there any more, or the conversation's contact may not be shown it here
    and now.
    """
    conversation = await session.get_one(Conversation, conversation_id)
    contact = await session.get_one(Contact, conversation.contact_id)
    subject, audience = Subject.of_contact(contact), Audience(room_id=conversation.room_id)
    try:
        if "solitaire" in given:
            place = given["solitaire"]
            ready = await _sheet(session, subject, audience, key, int(place["room_id"]), int(place["message_id"]))
        elif "made" in given:
            ready = await _made(session, subject, audience, turn_id, given["made"])
        else:
            ready = await _file(session, subject, audience, int(given["file_id"]))
    except storage.StorageUnavailable:
        return "存东西的地方现在用不了，过一会儿再要一次。"
    if ready is None:
        return GONE
    kind, file_key, name = ready
    await outbox.put(session, conversation_id, key, kind=kind, file_key=file_key, file_name=name, turn_id=turn_id)
    return ""


async def prepare(
    session: AsyncSession, turn_id: int, content: bytes, *, of: str, name: str, rooms: Sequence[int]
) -> dict[str, Any]:
    """Keep what was made in a turn until it is sent; what to answer so that it is handed over.

    ``of`` is what it was made of (minutes-7), by which ``withdraw`` takes it back; ``rooms`` the rooms of whose
    messages it was made: it goes to nobody who may not read them all. Raises storage.StorageError.
    """

    async def chunks() -> AsyncIterator[bytes]:
        yield content

    stored = await storage.put(_key(turn_id, of, name), chunks())
    await jobs.enqueue(session, [jobs.NewJob(name=ERASE_JOB, payload={"key": stored.key}, delay=_SHEET_KEPT)])
    return {"made": {"of": of, "name": name, "rooms": list(rooms)}}


async def withdraw(session: AsyncSession, of: str) -> None:
    """What was made of this is no longer true: it is erased, and what has not been sent yet is not."""
    folder = f"handed/{of}"
    keys = list(await session.scalars(select(OutboxItem.file_key).where(OutboxItem.file_key.startswith(f"{folder}/"))))
    await session.execute(
        update(OutboxItem)
        .where(OutboxItem.file_key.in_(keys), OutboxItem.state == OutboxState.QUEUED)
        .values(state=OutboxState.FAILED, error="里面有话刚刚被撤回或删掉了")
    )
    erased = [jobs.NewJob(name=ERASE_JOB, payload={"key": key}) for key in dict.fromkeys(keys) if key]
    await jobs.enqueue(session, erased)


async def _made(
    session: AsyncSession, subject: Subject, audience: Audience, turn_id: int, given: Mapping[str, Any]
) -> _Ready | None:
    """What an action made in this turn: its place follows from the turn, so that nothing else can be named."""
    of, name = str(given["of"]), str(given["name"])
    rooms = {int(each) for each in given["rooms"]}
    may = readable_rooms(subject, audience).where(Room.id.in_(rooms)).with_only_columns(Room.id)
    if _OF.fullmatch(of) is None or set(await session.scalars(may)) != rooms:
        return None
    return (
        "image" if name.endswith(".png") else "file",
        _key(turn_id, of, name),
        names.safe(name, FileKind.OTHER, "") or "文件",
    )


def _key(turn_id: int, of: str, name: str) -> str:
    suffix = _SUFFIX.search(name)
    digest = hashlib.sha256(name.encode(errors="replace")).hexdigest()[:16]
    return f"handed/{of}/{turn_id}-{digest}{suffix[0] if suffix else ''}"


async def _file(session: AsyncSession, subject: Subject, audience: Audience, file_id: int) -> _Ready | None:
    """A kept file."""
    readable = readable_files(subject, audience)
    file = await session.scalar(
        readable.where(File.id == file_id, File.state == FileState.STORED, File.trashed_at.is_(None))
    )
    if file is None or file.blob_id is None:
        return None
    blob = (await session.scalars(select(Blob).where(Blob.id == file.blob_id))).one()
    key, name = blob.key, file.name or _NAMES.get(blob.kind, "文件")
    ending = "" if file.name else mimetypes.guess_extension(blob.mime) or ""
    if blob.kind == FileKind.AUDIO and blob.play_key is not None:
        # A voice as WeChat keeps it opens nowhere else.
        key, name, ending = blob.play_key, name.removesuffix(".silk").removesuffix(".mp3"), ".mp3"
    return _SHOWN.get(blob.kind, "file"), key, name + ending


async def _sheet(
    session: AsyncSession, subject: Subject, audience: Audience, key: str, room_id: int, message_id: int
) -> _Ready | None:
    """A 接龙, written down as it stands now."""
    tables = await solitaires.of_room(session, subject, audience, room_id)
    solitaire = next((table.solitaire for table in tables if message_id in table.message_ids), None)
    if solitaire is None:
        return None

    async def chunks() -> AsyncIterator[bytes]:
        yield solitaires.as_sheet(solitaire)

    stored = await storage.put(f"handed/{key.replace(':', '-')}.xlsx", chunks())
    await jobs.enqueue(session, [jobs.NewJob(name=ERASE_JOB, payload={"key": stored.key}, delay=_SHEET_KEPT)])
    name = "".join(char for char in solitaire.title if char.isalnum() or char in " -_（）()")[:60].strip()
    return "file", stored.key, f"{name or '接龙'}.xlsx"
