"""Files that messages brought: their bytes are stored once, however many messages bring them, and go with the last."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from botbay import jobs
from botbay.chat import quota, readings
from botbay.chat.models import Blob, Bot, File, FileKind, FileState, Message
from botbay.db import now
from botbay.storage import Stored

#: Removes bytes from storage; its payload is {"key": …}.
ERASE_JOB = "erase_file"
#: Makes what shows a blob in a browser; its payload is {"blob_id": …}.
PREVIEW_JOB = "preview_file"
#: What a browser may show by itself. Everything else is only ever downloaded (``Content-Disposition: attachment``), and
#: all of it with ``X-Content-Type-Options: nosniff``: a page or a script that somebody sent must not run as one of ours.
SAFE_INLINE = frozenset(
    {
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "application/pdf",
        "audio/mpeg",
        "audio/mp4",
        "audio/ogg",
        "video/mp4",
        "video/webm",
        "text/plain",
    }
)


def fetch_job(bot_name: str) -> str:
    """The name of the job that fetches media through this bot's gateway; its payload is {"file_id": …}."""
    return f"fetch_media.{bot_name}"


async def attach(
    session: AsyncSession, file_id: int, stored: Stored, mime: str, kind: FileKind, *, problem: str = ""
) -> bool:
    """Give a file that is awaited the bytes that were just stored; False when nobody waits for them any more, or when
    they no longer fit into the quota: then the file has failed and says so.

    Where the same bytes are there already, or are not wanted, what was stored is erased again. ``problem`` is for
    people: what is wrong with these bytes.
    """
    file = await session.scalar(
        select(File).where(File.id == file_id, File.state.in_((FileState.PENDING, FileState.FAILED))).with_for_update()
    )
    if file is None:
        await erase_bytes(session, [stored.key])
        return False
    # Held until the commit, so that nobody erases it in between.
    same = select(Blob).where(Blob.sha256 == stored.sha256).with_for_update(key_share=True)
    blob = await session.scalar(same)
    if blob is None:
        try:
            await quota.claim(session, stored.size)
        except quota.NoRoom as error:
            file.state, file.reason = FileState.FAILED, str(error)
            await erase_bytes(session, [stored.key])
            return False
    while blob is None:
        row = {"sha256": stored.sha256, "size": stored.size, "key": stored.key, "mime": mime, "kind": kind}
        new = (
            insert(Blob)
            .values(row | {"problem": problem, "stored_at": now()})
            .on_conflict_do_nothing(index_elements=["sha256"])
        )
        # Another message may bring the same at this moment, or the last that had it be erased: then look again.
        blob = await session.scalar(new.returning(Blob)) or await session.scalar(same)
    if blob.key == stored.key:
        await preview(session, [blob.id])
        await readings.want(session, [(blob.id, blob.kind)])
    else:
        await erase_bytes(session, [stored.key])
    file.state, file.reason, file.blob_id, file.kind = FileState.STORED, "", blob.id, blob.kind
    return True


async def fail(session: AsyncSession, file_id: int, reason: str) -> None:
    """Say where the file would be why it is not there; ``reason`` is for people."""
    file = await session.get(File, file_id)
    if file is not None and file.state == FileState.PENDING:
        file.state, file.reason = FileState.FAILED, reason


async def retry(session: AsyncSession, file_id: int) -> bool:
    """Fetch a file anew that could not be had, because somebody asks for it; False when it is not a failed one."""
    failed = select(File).where(File.id == file_id, File.state == FileState.FAILED).with_for_update()
    file = await session.scalar(failed)
    if file is None:
        return False
    bot = select(Bot.name).join(Message, Message.bot_id == Bot.id).where(Message.id == file.message_id)
    file.state, file.reason = FileState.PENDING, ""
    # No key: the job that failed may be about to end, and must not stand for this one.
    name = fetch_job((await session.scalars(bot)).one())
    await jobs.enqueue(session, [jobs.NewJob(name=name, payload={"file_id": file_id})])
    return True


async def preview(session: AsyncSession, blob_ids: Sequence[int]) -> None:
    """Have previews of these blobs made."""
    await jobs.enqueue(
        session,
        [jobs.NewJob(name=PREVIEW_JOB, payload={"blob_id": blob_id}, key=f"preview:{blob_id}") for blob_id in blob_ids],
    )


async def without_preview(session: AsyncSession, before: datetime, limit: int) -> Sequence[int]:
    """Blobs stored before a time of which nobody has tried to make a preview."""
    found = select(Blob.id).where(Blob.previewed_at.is_(None), Blob.stored_at < before).order_by(Blob.id).limit(limit)
    return (await session.scalars(found)).all()


async def previewed(
    session: AsyncSession,
    blob_id: int,
    *,
    thumb_key: str | None,
    play_key: str | None,
    pages: int | None,
    seconds: float | None,
    problem: str,
) -> bool:
    """Write down what was made of a blob; False when it is gone, or another run was faster: erase what was made."""
    waiting = select(Blob).where(Blob.id == blob_id, Blob.previewed_at.is_(None)).with_for_update()
    blob = await session.scalar(waiting)
    if blob is None:
        return False
    blob.thumb_key, blob.play_key, blob.pages, blob.seconds = thumb_key, play_key, pages, seconds
    blob.problem = blob.problem or problem
    blob.previewed_at = now()
    return True


async def recognised(session: AsyncSession, blob_id: int, mime: str, kind: FileKind) -> None:
    """A blob of which the kind was not known is known now, and so are the files that have it."""
    await session.execute(update(Blob).where(Blob.id == blob_id).values(mime=mime, kind=kind))
    await session.execute(update(File).where(File.blob_id == blob_id).values(kind=kind))


async def remove(session: AsyncSession, message_ids: Sequence[int]) -> None:
    """Erase the files of messages, and the bytes that no other message brought."""
    gone = await session.scalars(delete(File).where(File.message_id.in_(message_ids)).returning(File.blob_id))
    await release(session, [blob_id for blob_id in gone if blob_id is not None])


async def release(session: AsyncSession, blob_ids: Sequence[int]) -> None:
    """Erase those of the blobs that no file has any more."""
    if not blob_ids:
        return
    # Whoever is about to take one of them finishes first: the second statement then sees it.
    await session.execute(select(Blob.id).where(Blob.id.in_(blob_ids)).order_by(Blob.id).with_for_update())
    unused = delete(Blob).where(Blob.id.in_(blob_ids), ~exists().where(File.blob_id == Blob.id))
    keys = await session.execute(unused.returning(Blob.key, Blob.thumb_key, Blob.play_key))
    await erase_bytes(session, [key for row in keys for key in row if key is not None])


async def erase_bytes(session: AsyncSession, keys: Sequence[str]) -> None:
    """Have what is stored under these keys erased once this transaction holds."""
    await jobs.enqueue(session, [jobs.NewJob(name=ERASE_JOB, payload={"key": key}) for key in keys])
