"""Pictures of applications over HTTP, for who may see the application.

What is not there and what may not be seen are answered alike.
"""

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from botbay.chat.models import Account
from botbay.db import transaction
from web import file_answers
from web.session import SignedIn
from workers.approvals import pictures, service
from workers.archive.repository import Entry

router = APIRouter()
_READ = ["GET", "HEAD"]


async def _find(account: Account, number: int, file_id: int) -> Entry:
    if max(number, file_id) >= 2**63:
        raise HTTPException(404)
    async with transaction() as session:
        listed = await service.get(session, account, number)
        if listed is None:
            raise HTTPException(404)
        found = await pictures.attached(session, listed.application, listed.applicant)
    entry = next((entry for entries in found.values() for entry in entries if entry.id == file_id), None)
    if entry is None:
        raise HTTPException(404)
    return entry


@router.api_route("/applications/{number:int}/pictures/{file_id:int}/thumb", methods=_READ)
async def thumbnail(request: Request, account: SignedIn, number: int, file_id: int) -> Response:
    return await file_answers.thumbnail(request, await _find(account, number, file_id))


@router.api_route("/applications/{number:int}/pictures/{file_id:int}", methods=_READ)
async def one(request: Request, account: SignedIn, number: int, file_id: int) -> Response:
    return await file_answers.file(request, await _find(account, number, file_id))
