"""The forms that begin and end a session: only an answer to a request can set the cookie."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse

from botbay.db import transaction
from web.session import SignedIn, acting, came_by_link, safe_path, sign_in, sign_out
from workers.accounts import service as accounts

router = APIRouter()


def _to(path: str, **query: str) -> RedirectResponse:
    return RedirectResponse(f"{path}?{urlencode(query)}" if query else path, 303)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


@router.post("/login")
async def by_password(
    request: Request,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> RedirectResponse:
    back = safe_path(next)
    problem = "wrong"
    try:
        async with transaction() as session:
            account = await accounts.check_password(session, name, password, address=_address(request))
    except accounts.TooManyFailures:
        account, problem = None, "slow"
    if account is None:
        request.session["asked"] = name[:64]
        return _to("/login", problem=problem, next=back)
    sign_in(request.session, account, by_link=False)
    return _to(back)


@router.post("/login/{token}")
async def by_link(request: Request, token: str) -> RedirectResponse:
    async with transaction() as session:
        account = await accounts.use_login_link(session, token)
    if account is None:
        return _to("/login/used")
    sign_in(request.session, account, by_link=True)
    return _to("/") if account.password_hash else _to("/me", first="1")


@router.post("/logout")
async def end(request: Request) -> RedirectResponse:
    sign_out(request.session)
    return _to("/login")


@router.post("/me/password")
async def change_password(
    request: Request,
    account: SignedIn,
    old: Annotated[str, Form()] = "",
    new: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> RedirectResponse:
    """Sets the password; other sessions of the account end with it, this one goes on."""
    if new != again:
        return _to("/me", problem="different")
    try:
        async with acting(account) as (session, current):
            if current.password_hash and not came_by_link(request.session):
                address = _address(request)
                if await accounts.check_password(session, current.name, old, address=address) is None:
                    return _to("/me", problem="old")
            await accounts.set_password(session, current, new)
    except accounts.TooManyFailures:
        return _to("/me", problem="slow")
    except accounts.AccountError:
        return _to("/me", problem="short")
    sign_in(request.session, current, by_link=False)
    return _to("/me", done="password")
