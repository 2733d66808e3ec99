"""Files of the drive over HTTP: for who is signed in, and by a link for who is not.

What does not exist and what may not be seen are answered alike.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response

from botbay.chat.models import Account
from botbay.db import now, transaction
from botbay.settings import load_settings
from web import file_answers
from web.errors import plain_page
from web.pages.drive_link import ended_page, link_page
from web.session import SignedIn
from workers.archive import service, shares
from workers.archive.repository import Entry

router = APIRouter()
_READ = ["GET", "HEAD"]
#: What is under a link is nobody else's to know: not where it came from, not to robots.
_QUIET = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow, noarchive"}


async def _find(account: Account, file_id: int) -> Entry:
    async with transaction() as session:
        found = await service.find(session, account, [file_id])
    if not found:
        raise HTTPException(404)
    return found[0]


@router.api_route("/files/zip", methods=_READ)
async def some(
    request: Request, account: SignedIn, ids: Annotated[str, Query(max_length=20 * shares.MOST)]
) -> Response:
    """``ids``: numbers with commas between them."""
    wanted = {int(each) for each in ids.split(",") if each.isascii() and each.isdigit() and len(each) < 19}
    if len(wanted) > shares.MOST:
        return plain_page(400, "选得太多了", f"一次最多打包 {shares.MOST} 个文件，请分几次。")
    async with transaction() as session:
        entries = await service.find(session, account, wanted)
    return file_answers.zip_file(request, entries, _zip_name(entries))


@router.api_route("/files/{file_id:int}/thumb", methods=_READ)
async def thumbnail(request: Request, account: SignedIn, file_id: int) -> Response:
    return await file_answers.thumbnail(request, await _find(account, file_id))


@router.api_route("/files/{file_id:int}/play", methods=_READ)
async def playable(request: Request, account: SignedIn, file_id: int) -> Response:
    return await file_answers.playable(request, await _find(account, file_id))


@router.api_route("/files/{file_id:int}", methods=_READ)
@router.api_route("/files/{file_id:int}/{name}", methods=_READ)
async def one(request: Request, account: SignedIn, file_id: int) -> Response:
    """The file; ``name`` is only there to be read."""
    return await file_answers.file(request, await _find(account, file_id))


# --- by a link ---------------------------------------------------------------------------------------------


async def _under(token: str, file_id: int, answer: Callable[[Entry], Awaitable[Response]]) -> Response:
    async with transaction() as session:
        opened = await shares.look(session, token, only=file_id)
    return _quiet(ended_page() if opened is None else await answer(opened.entries[0]))


def _quiet(response: Response) -> Response:
    response.headers.update(_QUIET)
    return response


@router.api_route("/s/{token}", methods=_READ)
async def link(request: Request, token: str) -> Response:
    """What is under a link, for anybody who has it."""
    async with transaction() as session:
        opened = await shares.look(session, token)
        if opened is not None and request.method == "GET":
            await shares.count_opening(session, opened.share_id)
    return _quiet(ended_page() if opened is None else link_page(token, opened))


@router.api_route("/s/{token}/zip", methods=_READ)
async def link_all(request: Request, token: str) -> Response:
    async with transaction() as session:
        opened = await shares.look(session, token)
    if opened is None:
        return _quiet(ended_page())
    return _quiet(file_answers.zip_file(request, opened.entries, _zip_name(opened.entries)))


@router.api_route("/s/{token}/{file_id:int}/thumb", methods=_READ)
async def link_thumbnail(request: Request, token: str, file_id: int) -> Response:
    return await _under(token, file_id, lambda entry: file_answers.thumbnail(request, entry))


@router.api_route("/s/{token}/{file_id:int}/play", methods=_READ)
async def link_playable(request: Request, token: str, file_id: int) -> Response:
    return await _under(token, file_id, lambda entry: file_answers.playable(request, entry))


@router.api_route("/s/{token}/{file_id:int}", methods=_READ)
async def link_one(request: Request, token: str, file_id: int) -> Response:
    return await _under(token, file_id, lambda entry: file_answers.file(request, entry))


def _zip_name(entries: list[Entry]) -> str:
    """After the place that they all come from, and today."""
    places = {entry.place for entry in entries}
    return f"{places.pop() if len(places) == 1 else '网盘'} {now().astimezone(load_settings().zone):%Y-%m-%d}.zip"
