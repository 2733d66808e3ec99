"""What was read in files: once for the same bytes, however many messages bring them, and gone with the last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Text, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from botbay import jobs
from botbay.chat.access import Audience, Subject, readable_files
from botbay.chat.models import Blob, File, FileKind, Reading
from botbay.chat.search import grams
from botbay.db import now

#: The jobs that read a blob, by what it is; their payload is {"blob_id": …}.
JOBS = {
    FileKind.IMAGE: "read_picture",
    FileKind.PDF: "read_document",
    FileKind.DOCUMENT: "read_document",
    FileKind.SHEET: "read_document",
    FileKind.SLIDES: "read_document",
    FileKind.TEXT: "read_document",
}
#: Of a longer text only the beginning is kept and found. Characters.
LONGEST = 100_000
_BETWEEN = "\x1f"  # white space to ``grams``: no lexeme holds it

Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of writing in a picture: its corners clockwise from the upper left one, in pixels; confidence 0 to 1."""

    text: str
    box: tuple[Point, Point, Point, Point]
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Read:
    """What was read: the text in the order in which people read it, for a picture also its lines and its size.

    ``cut``: it is the beginning only.
    """

    text: str
    lines: Sequence[Line] = ()
    width: int | None = None
    height: int | None = None
    cut: bool = False


class Unreadable(Exception):
    """This file cannot be read, now or later. The text is for people."""


class Pictured(Exception):
    """What this document says stands in pictures: whoever reads those is to read it."""


async def want(session: AsyncSession, blobs: Sequence[tuple[int, FileKind]]) -> None:
    """Have these blobs read, given with what they are; those of which no text can be had are left."""
    await jobs.enqueue(
        session,
        [
            jobs.NewJob(name=JOBS[kind], payload={"blob_id": blob_id}, key=f"read:{blob_id}")
            for blob_id, kind in blobs
            if kind in JOBS
        ],
    )


async def want_as_picture(session: AsyncSession, blob_id: int) -> None:
    """Have a document read as a picture is."""
    job = jobs.NewJob(name=JOBS[FileKind.IMAGE], payload={"blob_id": blob_id}, key=f"read_as_picture:{blob_id}")
    await jobs.enqueue(session, [job])


async def unread(session: AsyncSession, before: datetime, limit: int) -> Sequence[tuple[int, FileKind]]:
    """Blobs stored before a time that nobody has read, though they could be, and what they are."""
    known = exists().where(Reading.blob_id == Blob.id)
    found = select(Blob.id, Blob.kind).where(Blob.kind.in_(list(JOBS)), Blob.stored_at < before, ~known)
    rows = await session.execute(found.order_by(Blob.id).limit(limit))
    return [(blob_id, FileKind(kind)) for blob_id, kind in rows]


async def store(session: AsyncSession, blob_id: int, read: Read | Unreadable) -> bool:
    """Keep what was read, or why it could not be; False when the blob is gone, or another run was faster."""
    # Held until the commit, so that nobody erases it in between.
    here = select(Blob.id).where(Blob.id == blob_id).with_for_update(key_share=True)
    if await session.scalar(here) is None:
        return False
    row: dict[str, object] = {"blob_id": blob_id, "read_at": now()}
    if isinstance(read, Unreadable):
        row |= {"problem": str(read)}
    else:
        text = read.text.replace("\x00", "")
        lines = [
            {"text": line.text.replace("\x00", ""), "box": line.box, "confidence": line.confidence}
            for line in read.lines
        ]
        lexemes = _BETWEEN.join(grams(text[:LONGEST], LONGEST))
        row |= {
            "text": text[:LONGEST],
            "cut": read.cut or len(text) > LONGEST,
            "lines": lines,
            "width": read.width,
            "height": read.height,
            "search": func.array_to_tsvector(func.string_to_array(bindparam("lexemes", lexemes, type_=Text), _BETWEEN)),
        }
    new = insert(Reading).values(row).on_conflict_do_nothing(index_elements=["blob_id"]).returning(Reading.blob_id)
    return await session.scalar(new) is not None


async def of_file(session: AsyncSession, subject: Subject, audience: Audience, file_id: int) -> Reading | None:
    """What was read in a file that the asker may read and the audience may see; None too while nobody has read it."""
    files = readable_files(subject, audience).where(File.id == file_id).with_only_columns(File.blob_id)
    reading: Reading | None = await session.scalar(select(Reading).where(Reading.blob_id.in_(files)))
    return reading
