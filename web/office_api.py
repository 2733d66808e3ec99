"""The HTTP API of outside office systems: JSON, signed by the secret that ``botbay approvals system`` printed.

Only the signature says who asks. Cookies are not looked at, so no page of another site can act in somebody's name, and
nobody who is signed in gets in by that.
"""

import asyncio
import logging
import re
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, StringConstraints, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import ClientDisconnect

from botbay.db import transaction
from web.database import UNREACHABLE
from workers.approvals import hooks, outside
from workers.approvals.models import OutsideSystem
from workers.approvals.outside import OutsideError

PREFIX = "/api/office"
router = APIRouter(prefix=PREFIX)
_log = logging.getLogger(__name__)

_LARGEST = 64 * 1024  # bytes of a body
_PATIENCE = 10.0  # seconds for a body to arrive
_MOST_A_MINUTE = 300  # requests of one system, in this process
_MOST_PROBLEMS = 20
_ID = re.compile(r"[\w.:@-]{1,100}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

#: What is not said by a problem with the body itself.
STATUS = {"unknown": 404, "unknown_account": 422, "unknown_kind": 422, "unknown_step": 422, "bad_values": 422}
_CONFLICT = 409


_T = TypeVar("_T")


# --- bodies ------------------------------------------------------------------------------------------------


def _own_id(told: str) -> str:
    if not _ID.fullmatch(told):
        raise ValueError("an id has 1 to 100 letters, digits and . _ - : @")
    return told


def _clean(told: _T) -> _T:
    """No text may hold what no text of people holds, and no database keeps."""
    match told:
        case str() if _CONTROL.search(told):
            raise ValueError("a text holds control characters")
        case dict():
            for name, each in told.items():
                _clean(name)
                _clean(each)
        case list():
            for each in told:
                _clean(each)
    return told


OwnId = Annotated[str, AfterValidator(_own_id)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_clean)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NewApplication(_Body):
    id: OwnId
    applicant: Name
    kind: Name
    values: Annotated[dict[str, JsonValue], Field(max_length=20), AfterValidator(_clean)]


class Decision(_Body):
    """``application``: the id in the address once more, since only the body is signed."""

    application: OwnId
    by: Name
    step: Name
    verdict: Literal["approved", "rejected"]
    words: Annotated[str, StringConstraints(max_length=300), AfterValidator(_clean)] = ""


class Withdrawal(_Body):
    """``application``: as in a decision."""

    application: OwnId
    withdraw: Literal[True]


_Told = TypeVar("_Told", bound=_Body)


# --- addresses ---------------------------------------------------------------------------------------------


@router.post("/{name}/applications")
async def put_in(request: Request, name: str) -> JSONResponse:
    """A new application, 201; the same again, 200."""

    async def work(session: AsyncSession, system: OutsideSystem, body: bytes) -> JSONResponse:
        told = _read(NewApplication, body)
        made, new = await outside.put_in(
            session, system, told.id, applicant=told.applicant, kind=told.kind, values=told.values
        )
        return JSONResponse(made, 201 if new else 200)

    return await _signed(request, name, work)


@router.get("/{name}/applications/{own_id}")
async def see(request: Request, name: str, own_id: str) -> JSONResponse:
    """One of its own; the empty body is signed."""

    async def work(session: AsyncSession, system: OutsideSystem, body: bytes) -> JSONResponse:
        return JSONResponse(await outside.seen(session, system, _at(own_id)))

    return await _signed(request, name, work)


@router.post("/{name}/applications/{own_id}/decisions")
async def decide(request: Request, name: str, own_id: str) -> JSONResponse:
    async def work(session: AsyncSession, system: OutsideSystem, body: bytes) -> JSONResponse:
        told = _read(Decision, body)
        _same(own_id, told.application)
        after = await outside.decided(
            session,
            system,
            told.application,
            by=told.by,
            step=told.step,
            approve=told.verdict == "approved",
            words_said=told.words,
        )
        return JSONResponse(after)

    return await _signed(request, name, work)


@router.post("/{name}/applications/{own_id}/withdraw")
async def withdraw(request: Request, name: str, own_id: str) -> JSONResponse:
    async def work(session: AsyncSession, system: OutsideSystem, body: bytes) -> JSONResponse:
        told = _read(Withdrawal, body)
        _same(own_id, told.application)
        return JSONResponse(await outside.withdrawn(session, system, told.application))

    return await _signed(request, name, work)


@router.api_route("/{rest:path}", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
async def nothing(request: Request, rest: str) -> JSONResponse:
    return _problem(404, "no_such_address", f"There is nothing to {request.method} at this address.")


# --- around every request ----------------------------------------------------------------------------------

_Work = Callable[[AsyncSession, OutsideSystem, bytes], Coroutine[Any, Any, JSONResponse]]


async def _signed(request: Request, name: str, work: _Work) -> JSONResponse:
    """Do the work for the system that signed this request, in one transaction."""
    try:
        async with asyncio.timeout(_PATIENCE):
            body = await _body(request)
    except (TimeoutError, ClientDisconnect):
        return _problem(408, "too_slow", f"The body did not arrive within {_PATIENCE:g} seconds.")
    if body is None:
        return _problem(413, "too_large", f"A body has at most {_LARGEST} bytes.")
    timestamp = request.headers.get("x-botbay-timestamp", "")
    if not hooks.fresh(timestamp):
        return _problem(401, "bad_timestamp", "X-BotBay-Timestamp must be Unix seconds within five minutes of now.")
    try:
        async with transaction() as session:
            signature = request.headers.get("x-botbay-signature", "")
            system = await hooks.system_of(session, name, timestamp, signature, body)
            if system is None:
                return _problem(401, "bad_signature", "No such system, or X-BotBay-Signature is not its signature.")
            if not _pace.allows(system.id):
                return _problem(429, "too_many", f"At most {_MOST_A_MINUTE} requests a minute.", retry_after=10)
            return await work(session, system, body)
    except OutsideError as error:
        return _problem(STATUS.get(error.code, _CONFLICT), error.code, str(error), fields=error.fields)
    except ValidationError as error:
        problems = [
            {"field": ".".join(map(str, each["loc"])) or "(body)", "problem": each["msg"]}
            for each in error.errors(include_url=False, include_input=False, include_context=False)[:_MOST_PROBLEMS]
        ]
        return _problem(422, "bad_body", "The body does not fit; see fields.", fields=problems)
    except UNREACHABLE as error:
        _log.error("database unreachable: %s", type(error).__name__)
        return _problem(503, "away", "The database cannot be reached now. Send the same again later.", retry_after=10)


async def _body(request: Request) -> bytes | None:
    """All of it; None where it is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST:
            return None
    return bytes(body)


def _read(model: type[_Told], body: bytes) -> _Told:
    return model.model_validate_json(body)


def _at(own_id: str) -> str:
    """The id in an address. Raises OutsideError for what can be none."""
    if not _ID.fullmatch(own_id):
        raise OutsideError("unknown", "This system has put in no application with this id.")
    return own_id


def _same(own_id: str, signed: str) -> None:
    if own_id != signed:
        problem = {"field": "application", "problem": "It must be the id in the address."}
        raise OutsideError("bad_values", "application: it must be the id in the address.", [problem])


def _problem(status: int, code: str, text: str, *, fields: Any = (), retry_after: int | None = None) -> JSONResponse:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return JSONResponse({"error": code, "message": text, "fields": list(fields)}, status, headers)


class _Pace:
    """How often each system has come within the last minute; only those that signed are counted."""

    def __init__(self) -> None:
        self._times: dict[int, deque[float]] = {}

    def allows(self, system_id: int) -> bool:
        at, times = time.monotonic(), self._times.setdefault(system_id, deque())
        while times and times[0] < at - 60:
            times.popleft()
        if len(times) >= _MOST_A_MINUTE:
            return False
        times.append(at)
        return True


_pace = _Pace()
