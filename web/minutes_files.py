"""Minutes as files over HTTP, for who is signed in and may read them."""

import asyncio
from collections.abc import Callable

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from botbay.chat.access import PRIVATE, Subject
from botbay.chat.models import Account
from botbay.db import transaction
from web.file_answers import disposition
from web.session import SignedIn
from workers.minutes import docx, markdown, parts, pdf, service
from workers.minutes.document import Minutes

router = APIRouter()


def _markdown(minutes: Minutes) -> bytes:
    return markdown.render(minutes).encode()


_FORMATS: dict[str, tuple[str, Callable[[Minutes], bytes]]] = {
    "md": ("text/markdown; charset=utf-8", _markdown),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", docx.render),
    "pdf": ("application/pdf", pdf.render),
}
#: Making a PDF takes a second of computing: not more of them at once than leave the pages quick.
_turn = asyncio.Semaphore(1)


async def stored_for(account: Account, minutes_id: int, version: int) -> service.Stored:
    """The minutes as this account may read them; version 0 is the newest. 404 where there is nothing to read."""
    stored = None
    if 0 < minutes_id < 2**63 and 0 <= version < 2**31:
        subject = Subject.of_account(account)
        async with transaction() as session:
            if version:
                stored = await service.version(session, subject, minutes_id, version)
            else:
                stored = await service.get(session, subject, PRIVATE, minutes_id)
    if stored is None:
        raise HTTPException(404)
    return stored


@router.get("/minutes/{minutes_id:int}/export/{extension}")
async def export(account: SignedIn, minutes_id: int, extension: str, version: int = 0) -> Response:
    if extension not in _FORMATS:
        raise HTTPException(404)
    stored = await stored_for(account, minutes_id, version)
    mime, render = _FORMATS[extension]
    async with _turn:
        data = await asyncio.to_thread(render, stored.document)
    name = parts.file_name(stored.document, extension)
    headers = {"Content-Disposition": disposition(name, inline=False), "Cache-Control": "private, no-cache"}
    return Response(data, media_type=mime, headers=headers)
