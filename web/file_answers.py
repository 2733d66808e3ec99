"""Answers that carry stored bytes: streamed, in parts where asked for, and never able to run anything in our name."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import HTTPException, Request
from fastapi.responses import Response, StreamingResponse

from botbay import storage
from botbay.chat.files import SAFE_INLINE
from botbay.zh.encodings import charset
from web.errors import plain_page
from web.ranges import NotSatisfiable, wanted
from workers.archive.repository import Entry
from workers.archive.zipping import file_name, name_of, zipped

_HEAD = 4096  # bytes by which a text's encoding is known
_POLICY = (
    "default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
)


@dataclass(frozen=True, kw_only=True)
class _Bytes:
    key: str
    size: int
    etag: str
    mime: str
    name: str


async def file(request: Request, entry: Entry) -> Response:
    """The file itself: shown in place where that is harmless and no ``download`` is asked for."""
    if not entry.stored:
        raise HTTPException(404)
    assert entry.key is not None and entry.size is not None and entry.mime is not None
    it = _Bytes(key=entry.key, size=entry.size, etag=f'"{entry.sha256}"', mime=entry.mime, name=name_of(entry))
    return await _answer(request, it, inline="download" not in request.query_params)


async def thumbnail(request: Request, entry: Entry) -> Response:
    """The small picture of a file; 404 where there is none."""
    return await _derived(request, entry, entry.thumb_key, "image/webp", "webp")


async def playable(request: Request, entry: Entry) -> Response:
    """What a browser plays: the copy made for it, else the file itself."""
    if entry.play_key is None:
        return await file(request, entry)
    return await _derived(request, entry, entry.play_key, "audio/mpeg", "mp3")


async def _derived(request: Request, entry: Entry, key: str | None, mime: str, extension: str) -> Response:
    if key is None:
        raise HTTPException(404)
    try:
        size = await storage.size(key)
    except storage.StorageError:
        return _unreadable()
    etag, name = f'"{entry.sha256}-{extension}"', f"{name_of(entry)}.{extension}"
    return await _answer(request, _Bytes(key=key, size=size, etag=etag, mime=mime, name=name), inline=True)


async def _answer(request: Request, it: _Bytes, *, inline: bool) -> Response:
    inline = inline and it.mime in SAFE_INLINE
    headers = {
        "Content-Disposition": disposition(it.name, inline=inline),
        "Content-Security-Policy": _policy(it.mime if inline else ""),
        "X-Frame-Options": "SAMEORIGIN",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-cache",  # kept, and asked for again each time: rights end
        "ETag": it.etag,
        "Accept-Ranges": "bytes",
    }
    asked = request.headers
    if it.etag in [tag.strip() for tag in asked.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    try:
        part = wanted(asked.get("range"), it.size) if asked.get("if-range", it.etag) == it.etag else None
    except NotSatisfiable:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{it.size}"})
    start, end = part or (0, it.size)
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{it.size}"
    headers["Content-Length"] = str(end - start)
    chunks = storage.get_range(it.key, start, end)
    try:
        headers["Content-Type"] = await _type(it) if inline else "application/octet-stream"
        first = b"" if request.method == "HEAD" else await anext(chunks, b"")
    except storage.StorageError:
        return _unreadable()
    status = 200 if part is None else 206
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    return StreamingResponse(_from(first, chunks), status, headers)


async def _from(first: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in chunks:
        yield chunk


async def _type(it: _Bytes) -> str:
    if it.mime != "text/plain":
        return it.mime
    head = b"".join([chunk async for chunk in storage.get_range(it.key, 0, min(it.size, _HEAD))])
    return f"text/plain; charset={charset(head)}"


def _policy(shown: str) -> str:
    # Not every browser's viewer of PDFs starts in a sandbox; what a PDF runs never leaves the viewer.
    return _POLICY if shown == "application/pdf" else f"{_POLICY}; sandbox"


def disposition(name: str, *, inline: bool) -> str:
    """The header that names a download, for browsers that read RFC 5987, and those that do not."""
    plain = "".join(each if each.isascii() and each.isprintable() and each not in '"\\%' else "_" for each in name)
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def zip_file(request: Request, entries: Sequence[Entry], name: str) -> Response:
    """Files in one zip, made while it is sent. 404 where none of them is there."""
    stored = [entry for entry in entries if entry.stored]
    if not stored:
        raise HTTPException(404)
    headers = {"Content-Disposition": disposition(file_name(name), inline=False), "X-Accel-Buffering": "no"}
    if request.method == "HEAD":
        return Response(media_type="application/zip", headers=headers)
    return StreamingResponse(zipped(stored), media_type="application/zip", headers=headers)


def _unreadable() -> Response:
    return plain_page(503, "文件现在读不出来", "存储暂时不通，文件没有丢。过一会儿再试；若一直这样，请告诉维护者。")
