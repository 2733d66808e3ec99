"""The job that makes previews, and the chore that sees to it that none is forgotten."""

import logging
import tempfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from botbay import storage
from botbay.chat import files, filetypes
from botbay.chat.models import Blob, FileKind
from botbay.db import now, transaction
from botbay.jobs import Later, Work
from workers.archive import previews, sandbox

log = logging.getLogger(__name__)

#: The largest file of a kind that is looked at, in bytes; a film is read in places only.
_LARGEST = {
    FileKind.IMAGE: 200 * 1024**2,
    FileKind.AUDIO: 500 * 1024**2,
    FileKind.PDF: 500 * 1024**2,
    FileKind.VIDEO: 64 * 1024**3,
}
#: A blob that has waited so long has lost its job.
_FORGOTTEN = timedelta(hours=1)
_AT_ONCE = 500


async def preview_file(work: Work) -> None:
    """Make what shows a blob in a browser; the payload is {"blob_id": …}. Done again it changes nothing."""
    async with transaction() as session:
        blob = await session.get(Blob, int(work.payload["blob_id"]))
    if blob is None or blob.previewed_at is not None:
        return
    made: dict[str, str] = {}
    try:
        if blob.mime == filetypes.UNKNOWN:
            await _recognise(blob)
        found, made = await _make(blob)
    except storage.NotStored:
        found = {"problem": "文件的内容不见了"}
        log.error("blob %d has no bytes in storage", blob.id)
    except storage.StorageError as error:
        log.warning("preview of blob %d waits for the storage: %s", blob.id, error)
        raise Later(work.backoff()) from None
    async with transaction() as session:
        kept = await files.previewed(
            session,
            blob.id,
            thumb_key=made.get(previews.THUMB),
            play_key=made.get(previews.PLAY),
            pages=found.get("pages"),
            seconds=found.get("seconds"),
            problem=found.get("problem", ""),
        )
        if not kept:
            await files.erase_bytes(session, list(made.values()))


async def _recognise(blob: Blob) -> None:
    """Bytes that came before kinds were told by them."""
    edge = filetypes.EDGE
    head = await _part(blob.key, 0, min(edge, blob.size))
    tail = await _part(blob.key, max(0, blob.size - edge), blob.size)
    mime, kind = filetypes.recognise(head, tail, blob.size)
    if mime != blob.mime:
        async with transaction() as session:
            await files.recognised(session, blob.id, mime, kind)
        blob.mime, blob.kind = mime, kind


async def _part(key: str, start: int, end: int) -> bytes:
    return b"".join([chunk async for chunk in storage.get_range(key, start, end)])


async def _make(blob: Blob) -> tuple[dict[str, Any], dict[str, str]]:
    """What was found out, and under which keys what was made of it is stored."""
    largest = _LARGEST.get(blob.kind)
    if largest is None:
        return {}, {}
    if blob.size > largest:
        return {"problem": "文件太大，不做预览"}, {}
    made: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="botbay-made-") as folder:
        out = Path(folder)
        async with storage.at_hand(blob.key) as source:
            try:
                found = await sandbox.preview(blob.kind, blob.mime, source, out)
            except sandbox.Astray as error:
                log.warning("preview of blob %d failed: %s", blob.id, error)
                return {"problem": str(error)}, {}
        for name in (previews.THUMB, previews.PLAY):
            if (out / name).is_file():
                key = f"previews/{blob.stored_at:%Y/%m}/{uuid4().hex}"
                await storage.put(key, _read(out / name))
                made[name] = key
    return found, made


async def _read(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(storage.CHUNK):
            yield chunk


async def preview_forgotten() -> None:
    """Enqueue what lost its job, and what was stored before there were previews."""
    async with transaction() as session:
        waiting = await files.without_preview(session, now() - _FORGOTTEN, _AT_ONCE)
        await files.preview(session, waiting)


#: The chore, and every how many seconds it is done.
FORGOTTEN = (preview_forgotten, 1800)
