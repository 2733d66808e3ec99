"""Who is signed in: the signed cookie names an account, the database says each time whether that holds.

Pages ask for the account as a parameter, which is as good as a check at their head::

    @ui.page("/me")
    async def me(account: SignedIn) -> None: ...
"""

import hashlib
import hmac
import time
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Account, Role
from botbay.db import transaction
from botbay.settings import load_settings
from workers.accounts import service as accounts

COOKIE = "botbay"
#: Days without a visit after which one must sign in again.
LIFE_DAYS = 30
#: Who came by a link may set a password without the old one for this many seconds.
LINK_TRUST = 30 * 60


class SignInNeeded(Exception):
    """Nobody is signed in, or no longer. The text is the path to come back to."""


class MaintainerNeeded(Exception):
    """Somebody is signed in who may not see this."""


def cookie_key() -> str:
    """The key that signs the cookie: the secret's child, so that no other signature passes for one."""
    return hmac.new(load_settings().secret().encode(), b"web-session", hashlib.sha256).hexdigest()


def _mark(account: Account) -> str:
    """Changes with the password, so that a new password ends the sessions that began before it."""
    text = f"{account.id}:{account.password_hash or ''}"
    return hmac.new(cookie_key().encode(), text.encode(), hashlib.sha256).hexdigest()[:24]


def sign_in(session: MutableMapping[str, Any], account: Account, *, by_link: bool) -> None:
    """Begin a session for the account in the request's ``session``; nothing of an earlier one stays."""
    session.clear()
    at = int(time.time())
    session.update(account=account.id, mark=_mark(account), seen=at)
    if by_link:
        session["link_at"] = at


def sign_out(session: MutableMapping[str, Any]) -> None:
    session.clear()


def came_by_link(session: MutableMapping[str, Any]) -> bool:
    """Whether the session began by a one-time link a short while ago."""
    return time.time() - float(session.get("link_at", 0)) < LINK_TRUST


async def current_account(request: Request) -> Account | None:
    """The account that is signed in, read from the database now; None for nobody, or a disabled one."""
    account_id = request.session.get("account")
    if not isinstance(account_id, int):
        return None
    async with transaction() as session:
        account = await accounts.get_account(session, account_id)
    if account is None or account.disabled_at is not None:
        return None
    if not hmac.compare_digest(_mark(account), str(request.session.get("mark"))):
        return None
    at = int(time.time())
    if at - int(request.session.get("seen", 0)) > 24 * 3600:
        request.session["seen"] = at  # sends the cookie anew, so that whoever comes often stays signed in
    request.state.account = account
    return account


async def require_account(request: Request) -> Account:
    """The signed-in account. Raises SignInNeeded, which leads to the sign-in page and back."""
    account = await current_account(request)
    if account is None:
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        raise SignInNeeded(back)
    return account


async def require_maintainer(request: Request) -> Account:
    """The signed-in maintainer. Raises SignInNeeded, or MaintainerNeeded for a member."""
    account = await require_account(request)
    if account.role != Role.MAINTAINER:
        raise MaintainerNeeded
    return account


SignedIn = Annotated[Account, Depends(require_account)]
Maintainer = Annotated[Account, Depends(require_maintainer)]


@asynccontextmanager
async def acting(account: Account, *, maintainer: bool = False) -> AsyncIterator[tuple[AsyncSession, Account]]:
    """A transaction in which the page's account does something, and the account as it stands now.

    A page stays open for days: rights are looked at again at each act. Raises SignInNeeded, MaintainerNeeded.
    """
    async with transaction() as session:
        current = await accounts.get_account(session, account.id)
        if current is None or current.disabled_at is not None or current.password_hash != account.password_hash:
            raise SignInNeeded("/")
        if maintainer and current.role != Role.MAINTAINER:
            raise MaintainerNeeded
        yield session, current


def sign_in_path(back: str) -> str:
    """The sign-in page, which leads on to ``back``."""
    return "/login" if back in ("", "/") else f"/login?next={quote(back, safe='/')}"


def safe_path(path: str) -> str:
    """The path if it stays on this site, else the home page."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else "/"
