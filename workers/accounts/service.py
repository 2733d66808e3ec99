"""The rules of accounts. Nothing here commits; every function takes the caller's session."""

import enum
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Account, Contact, Role
from botbay.db import notify, now
from botbay.settings import load_settings
from workers.accounts import repository
from workers.accounts.models import BindCode, LoginLink
from workers.accounts.names import code_digits, name_key, normal_name
from workers.accounts.passwords import MAX_LENGTH, Failures, hash_password, password_matches
from workers.approvals import service as approvals

ADMIN = "admin"
CODE_LIFE = timedelta(minutes=10)
MIN_PASSWORD = 8  # characters
#: Wrong codes after which the standing one no longer counts: a million codes, so guessing is hopeless.
MAX_WRONG_CODES = 10
#: NOTIFY channel that tells pages of a change to accounts or bindings.
CHANNEL = "accounts"

_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]+\.[^@\s,;<>\".]+")
_failures_by_name = Failures(limit=5, seconds=300)
_failures_by_address = Failures(limit=30, seconds=300)


class AccountError(Exception):
    """What was asked of an account cannot be done. The text is for people and says why."""


class TooManyFailures(AccountError):
    """Somebody guesses passwords: wait."""


class BindResult(enum.Enum):
    OK = "ok"
    WRONG = "wrong"
    EXPIRED = "expired"
    USED = "used"


@dataclass(frozen=True, kw_only=True)
class ListedAccount:
    """An account and how many contacts are bound to it."""

    account: Account
    contacts: int


# --- accounts ----------------------------------------------------------------------------------------------


def _checked_email(email: str | None) -> str | None:
    email = (email or "").strip()
    if not email:
        return None
    if not _EMAIL.fullmatch(email) or len(email) > 254:
        raise AccountError(f"邮箱「{email}」写得不对，应像 name@example.com。")
    return email


def _checked_display_name(display_name: str | None, name: str) -> str:
    shown = " ".join((display_name or "").split()) or name
    if len(shown) > 32:
        raise AccountError("显示名最多 32 个字。")
    return shown


async def add_account(
    session: AsyncSession,
    name: str,
    *,
    display_name: str | None = None,
    email: str | None = None,
    role: Role = Role.MEMBER,
    password: str | None = None,
) -> Account:
    """A new account. Raises AccountError for a bad or taken name, a bad address, a weak password."""
    stored = normal_name(name)
    if stored is None:
        raise AccountError("账号名为 1 到 32 个字，可用汉字、字母、数字和 . _ -。")
    address = _checked_email(email)
    shown = _checked_display_name(display_name, stored)
    password_hash = None if password is None else await hash_password(_checked_password(password))
    await repository.lock_names(session)
    if await repository.account_by_key(session, name_key(stored)) is not None:
        raise AccountError(f"账号「{stored}」已经有了，换一个名字吧。")
    account = Account(name=stored, display_name=shown, email=address, role=role, password_hash=password_hash)
    session.add(account)
    await session.flush()
    await notify(session, CHANNEL)
    return account


async def find_account(session: AsyncSession, name: str) -> Account | None:
    """The account that somebody means by this name; disabled ones are not found."""
    key = name_key(name)
    account = await repository.account_by_key(session, key) if key else None
    return account if account is not None and account.disabled_at is None else None


async def get_account(session: AsyncSession, account_id: int) -> Account | None:
    """The account as it stands now, disabled or not."""
    return await repository.account_by_id(session, account_id)


async def list_accounts(session: AsyncSession) -> Sequence[ListedAccount]:
    counts = await repository.bound_counts(session)
    accounts = await repository.all_accounts(session)
    return [ListedAccount(account=account, contacts=counts.get(account.id, 0)) for account in accounts]


async def update_profile(session: AsyncSession, account: Account, *, display_name: str, email: str) -> None:
    """Empty fields fall back to the account's name and to no address. Raises AccountError."""
    account.display_name = _checked_display_name(display_name, account.name)
    account.email = _checked_email(email)
    await notify(session, CHANNEL)


async def _keep_a_maintainer(session: AsyncSession, account: Account) -> None:
    if account.role == Role.MAINTAINER and not await repository.other_maintainers(session, account.id):
        raise AccountError(f"「{account.name}」是最后一位维护者，先让别人也成为维护者。")


async def set_role(session: AsyncSession, account: Account, role: Role) -> None:
    """Raises AccountError when nobody would be left to maintain BotBay."""
    if role != Role.MAINTAINER:
        await _keep_a_maintainer(session, account)
    account.role = role
    await notify(session, CHANNEL)


async def disable(session: AsyncSession, account: Account) -> None:
    """Shut the account out at once, with its links and codes. Raises AccountError for the last maintainer."""
    await _keep_a_maintainer(session, account)
    at = now()
    account.disabled_at = account.disabled_at or at
    await repository.clear_links(session, account.id)
    await repository.supersede_codes(session, account.id, at)
    await approvals.left(session, account)
    await notify(session, CHANNEL)


async def enable(session: AsyncSession, account: Account) -> None:
    account.disabled_at = None
    await notify(session, CHANNEL)


async def ensure_admin(session: AsyncSession) -> Account:
    """The account ``admin``, made when there is none."""
    await repository.insert_admin(session, ADMIN)
    account = await repository.account_by_key(session, ADMIN)
    assert account is not None
    return account


# --- signing in --------------------------------------------------------------------------------------------


def _checked_password(password: str) -> str:
    if len(password) < MIN_PASSWORD:
        raise AccountError(f"密码至少要 {MIN_PASSWORD} 个字符。")
    if len(password) > MAX_LENGTH:
        raise AccountError(f"密码最多 {MAX_LENGTH} 个字符。")
    return password


async def set_password(session: AsyncSession, account: Account, password: str) -> None:
    """Raises AccountError for a password that is too short or too long."""
    account.password_hash = await hash_password(_checked_password(password))
    await session.flush()


async def check_password(session: AsyncSession, name: str, password: str, *, address: str = "") -> Account | None:
    """The account whose name and password these are, else None.

    ``address`` is where the asker comes from. Raises TooManyFailures after 5 failures for one name, or 30 in
    all, from one address in five minutes.
    """
    key = f"{name_key(name)}@{address}"
    if _failures_by_name.shut(key) or _failures_by_address.shut(address):
        raise TooManyFailures("试错太多次了，请过五分钟再试。")
    # Counted before the slow part, so that guesses made at the same time count too.
    _failures_by_name.add(key)
    _failures_by_address.add(address)
    account = await find_account(session, name)
    if not await password_matches(account.password_hash if account else None, password):
        return None
    _failures_by_name.forget(key)
    _failures_by_address.take_back(address)
    return account


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def issue_login_link(session: AsyncSession, account: Account, *, minutes: int = 30) -> str:
    """A token that signs the account in once. Raises AccountError for a disabled account."""
    if account.disabled_at is not None:
        raise AccountError(f"账号「{account.name}」已停用。")
    at = now()
    await repository.clear_links(session, account.id, at)
    token = secrets.token_urlsafe(24)
    link = LoginLink(account_id=account.id, token_hash=_token_hash(token), expires_at=at + timedelta(minutes=minutes))
    session.add(link)
    await session.flush()
    return token


def login_url(token: str, site: str | None = None) -> str:
    """Where the token is used: under BOTBAY_PUBLIC_URL, else at ``site``, else where the pages listen."""
    settings = load_settings()
    host = "127.0.0.1" if settings.web_host in ("0.0.0.0", "::", "") else settings.web_host
    host = f"[{host}]" if ":" in host else host
    return f"{settings.public_url or site or f'http://{host}:{settings.web_port}'}/login/{token}"


async def peek_login_link(session: AsyncSession, token: str) -> Account | None:
    """Whom the token would sign in, without using it up; None as with ``use_login_link``."""
    account_id = await repository.link_account(session, _token_hash(token), now())
    account = None if account_id is None else await repository.account_by_id(session, account_id)
    return account if account is not None and account.disabled_at is None else None


async def use_login_link(session: AsyncSession, token: str) -> Account | None:
    """Use the token up and give its account; None when it is unknown, used or expired, or that disabled."""
    account_id = await repository.use_link(session, _token_hash(token), now())
    account = None if account_id is None else await repository.account_by_id(session, account_id)
    return account if account is not None and account.disabled_at is None else None


# --- binding -----------------------------------------------------------------------------------------------


def _code_hash(account_id: int, code: str) -> str:
    key = load_settings().secret().encode()
    return hmac.new(key, f"bind-code:{account_id}:{code}".encode(), hashlib.sha256).hexdigest()


async def issue_bind_code(session: AsyncSession, account: Account) -> tuple[str, datetime]:
    """Six digits that bind one contact to the account, and when they end. Earlier codes no longer count."""
    at = now()
    await repository.account_by_id(session, account.id, lock=True)  # two pages at once: one after the other
    await repository.supersede_codes(session, account.id, at)
    await repository.clear_codes(session, account.id, at - timedelta(days=1))
    while True:
        code = f"{secrets.randbelow(10**6):06}"
        if await repository.code_by_hash(session, account.id, _code_hash(account.id, code)) is None:
            break  # else the code was this account's today already, and answers about it would be mixed up
    expires_at = at + CODE_LIFE
    session.add(BindCode(account_id=account.id, code_hash=_code_hash(account.id, code), expires_at=expires_at))
    await session.flush()
    return code, expires_at


async def _look_up(
    session: AsyncSession, account: Account, code: str, *, lock: bool
) -> tuple[BindResult, BindCode | None]:
    digits = code_digits(code)
    if not re.fullmatch(r"[0-9]{6}", digits):
        return BindResult.WRONG, None
    row = await repository.code_by_hash(session, account.id, _code_hash(account.id, digits), lock=lock)
    if row is None:
        await repository.count_wrong_try(session, account.id)
        return BindResult.WRONG, None
    if row.used_at is not None:
        return BindResult.USED, row
    if row.superseded_at is not None or row.expires_at <= now() or row.wrong_tries >= MAX_WRONG_CODES:
        return BindResult.EXPIRED, row
    return BindResult.OK, row


async def check_bind_code(session: AsyncSession, account: Account, code: str) -> BindResult:
    """What the code is worth now; it is not used up by asking."""
    return (await _look_up(session, account, code, lock=False))[0]


async def bind(session: AsyncSession, contact: Contact, account: Account, code: str | None) -> BindResult:
    """Bind the contact and use the code up; anything but OK changes nothing. Twice is as good as once.

    Without a code (None) it binds only where BOTBAY_BIND_VERIFICATION is ``none``.
    """
    if account.disabled_at is not None:
        return BindResult.WRONG
    if code is None:
        if load_settings().bind_verification != "none":
            return BindResult.WRONG
    else:
        result, row = await _look_up(session, account, code, lock=True)
        if result is BindResult.USED and row and row.contact_id == contact.id and contact.account_id == account.id:
            return BindResult.OK
        if result is not BindResult.OK or row is None:
            return result
        row.used_at = now()
        row.contact_id = contact.id
    if contact.account_id != account.id:
        contact.account_id = account.id
        contact.bound_at = now()
    await session.flush()
    await notify(session, CHANNEL)
    return BindResult.OK


async def unbind(session: AsyncSession, contact: Contact) -> None:
    contact.account_id = None
    contact.bound_at = None
    await session.flush()
    await notify(session, CHANNEL)


async def bound_contacts(session: AsyncSession, account: Account) -> Sequence[Contact]:
    """The WeChat users bound to the account, in the order in which they came."""
    return await repository.contacts_of(session, account.id)


async def unbind_own(session: AsyncSession, account: Account, contact_id: int) -> None:
    """Unbind one of the account's own contacts; another's, or one already unbound, stays as it is."""
    contact = await repository.contact_by_id(session, contact_id)
    if contact is not None and contact.account_id == account.id:
        await unbind(session, contact)
