"""Accounts: names, passwords, one-time links, and binding a WeChat contact by a one-time code."""

import asyncio
import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from botbay.chat.models import Account, Contact, Role
from botbay.db import now, transaction
from botbay.settings import load_settings
from tests.web_fixture import database, postgres  # noqa: F401 (fixtures)
from workers.accounts import service
from workers.accounts.commands import login_link, user
from workers.accounts.models import BindCode, LoginLink
from workers.accounts.passwords import Failures
from workers.accounts.service import AccountError, BindResult

pytestmark = pytest.mark.usefixtures("database")


async def add(name: str = "李小明", **more: object) -> Account:
    async with transaction() as session:
        return await service.add_account(session, name, **more)  # type: ignore[arg-type]


async def contact(wechat_id: str = "wxid_li") -> int:
    async with transaction() as session:
        row = Contact(wechat_id=wechat_id, name=wechat_id)
        session.add(row)
        await session.flush()
        return row.id


async def code_for(account: Account) -> str:
    async with transaction() as session:
        return (await service.issue_bind_code(session, account))[0]


async def check(account: Account, code: str) -> BindResult:
    async with transaction() as session:
        return await service.check_bind_code(session, account, code)


async def bind(account: Account, contact_id: int, code: str | None) -> BindResult:
    async with transaction() as session:
        row = await session.get(Contact, contact_id)
        assert row is not None
        return await service.bind(session, row, account, code)


# --- names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "stored"), [(" Ｌｉ.Ming ", "Li.Ming"), ("李小明", "李小明"), ("a-b_c.9", "a-b_c.9")]
)
async def test_a_name_is_stored_trimmed_and_in_its_plain_form(typed: str, stored: str) -> None:
    assert (await add(typed)).name == stored


@pytest.mark.parametrize("name", ["", "  ", "li ming", "a" * 33, "<b>", "li/ming", "...", "名\u200b字", "👍"])
async def test_what_is_no_name_is_refused_in_words(name: str) -> None:
    with pytest.raises(AccountError, match="账号名"):
        await add(name)


async def test_two_accounts_cannot_differ_in_case_only() -> None:
    await add("Li")
    with pytest.raises(AccountError, match="已经有了"):
        await add("ｌＩ")


async def test_adding_one_name_at_the_same_time_gives_one_account() -> None:
    results = await asyncio.gather(*(add(name) for name in ("Wang", "wang", "WANG")), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Account", "AccountError", "AccountError"]


@pytest.mark.parametrize("typed", ["li.ming", " ＬＩ．ＭＩＮＧ", "li. ming\n", "Li\u2005.Ming\u200b"])
async def test_an_account_is_found_however_its_name_is_typed(typed: str) -> None:
    account = await add("Li.Ming")
    async with transaction() as session:
        found = await service.find_account(session, typed)
    assert found is not None
    assert found.id == account.id


async def test_a_disabled_account_is_not_found() -> None:
    account = await add()
    async with transaction() as session:
        row = await service.get_account(session, account.id)
        assert row is not None
        await service.disable(session, row)
        assert await service.find_account(session, account.name) is None
        assert await service.find_account(session, "  ") is None


@pytest.mark.parametrize("email", ["li", "li@", "li@x", "a b@x.cn", "a@x.cn,b@x.cn"])
async def test_a_bad_address_is_refused(email: str) -> None:
    with pytest.raises(AccountError, match="邮箱"):
        await add(email=email)


async def test_somebody_is_always_left_to_maintain() -> None:
    async with transaction() as session:
        admin = await service.ensure_admin(session)
        assert (await service.ensure_admin(session)).id == admin.id
        with pytest.raises(AccountError, match="最后一位维护者"):
            await service.disable(session, admin)
        other = await service.add_account(session, "other", role=Role.MAINTAINER)
        await service.set_role(session, admin, Role.MEMBER)
        with pytest.raises(AccountError, match="最后一位维护者"):
            await service.set_role(session, other, Role.MEMBER)


# --- passwords and links -----------------------------------------------------------------------------------


async def test_a_password_signs_in_by_any_spelling_of_the_name_and_is_stored_hashed() -> None:
    account = await add("Li", password="correct horse")
    assert account.password_hash is not None
    assert account.password_hash.startswith("$argon2id$")
    async with transaction() as session:
        found = await service.check_password(session, "ｌi", "correct horse")
        assert found is not None
        assert found.id == account.id
        assert await service.check_password(session, "Li", "wrong horse") is None
        assert await service.check_password(session, "nobody", "correct horse") is None


async def test_an_account_without_a_password_is_not_opened_by_any() -> None:
    await add("nopass")
    async with transaction() as session:
        assert await service.check_password(session, "nopass", "") is None


@pytest.mark.parametrize("password", ["short", "x" * 257])
async def test_a_password_must_be_long_enough_and_not_endless(password: str) -> None:
    with pytest.raises(AccountError, match="密码"):
        await add(password=password)


async def test_guessing_is_stopped_for_the_guesser_only() -> None:
    await add("target", password="correct horse")
    async with transaction() as session:
        for _ in range(5):
            assert await service.check_password(session, "target", "guess", address="10.9.9.9") is None
        with pytest.raises(service.TooManyFailures):
            await service.check_password(session, "target", "correct horse", address="10.9.9.9")
        assert await service.check_password(session, "target", "correct horse", address="10.9.9.8") is not None


def test_failures_age_and_a_success_clears_them() -> None:
    at = 0.0
    failures = Failures(limit=2, seconds=10, clock=lambda: at)
    failures.add("k")
    failures.add("k")
    assert failures.shut("k")
    at = 10.5
    assert not failures.shut("k")
    failures.add("k")
    failures.forget("k")
    failures.add("k")
    assert not failures.shut("k")


async def test_a_link_signs_in_once() -> None:
    account = await add()
    async with transaction() as session:
        token = await service.issue_login_link(session, account)
    async with transaction() as session:
        peeked = await service.peek_login_link(session, token)
    used = []
    for _ in range(2):
        async with transaction() as session:
            used.append(await service.use_login_link(session, token))
    assert peeked is not None
    assert [found.id if found else None for found in used] == [account.id, None]
    async with transaction() as session:
        assert await service.use_login_link(session, "made-up") is None


async def test_an_expired_link_and_one_of_a_disabled_account_are_worth_nothing() -> None:
    account = await add()
    async with transaction() as session:
        old = await service.issue_login_link(session, account)
        await session.execute(update(LoginLink).values(expires_at=now() - timedelta(seconds=1)))
        assert await service.use_login_link(session, old) is None
        token = await service.issue_login_link(session, account)
        row = await service.get_account(session, account.id)
        assert row is not None
        await service.disable(session, row)
        await service.enable(session, row)
        assert await service.use_login_link(session, token) is None


# --- binding -----------------------------------------------------------------------------------------------


async def test_a_code_binds_one_contact_once() -> None:
    account, mine, other = await add(), await contact(), await contact("wxid_other")
    code = await code_for(account)
    assert await check(account, code) is BindResult.OK
    assert await check(account, code) is BindResult.OK  # asking does not use it up
    assert await bind(account, mine, code) is BindResult.OK
    assert await bind(account, mine, code) is BindResult.OK  # the same turn run again
    assert await check(account, code) is BindResult.USED
    assert await bind(account, other, code) is BindResult.USED
    async with transaction() as session:
        bound = await service.bound_contacts(session, account)
    assert [row.id for row in bound] == [mine]
    assert bound[0].bound_at is not None


async def test_two_contacts_with_one_code_at_the_same_time_bind_one() -> None:
    account, contacts = await add(), [await contact(f"wxid_{n}") for n in range(4)]
    code = await code_for(account)
    results = await asyncio.gather(*(bind(account, contact_id, code) for contact_id in contacts))
    assert sorted(result.value for result in results) == ["ok", "used", "used", "used"]


async def test_a_code_may_be_typed_in_full_width_and_with_spaces() -> None:
    account = await add()
    code = await code_for(account)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    assert await check(account, f" {wide[:3]}\u3000{wide[3:]} ") is BindResult.OK
    assert await check(account, f"{code[:3]}-{code[3:]}") is BindResult.OK


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "验证码", "½23456"])
async def test_what_is_no_code_is_wrong(typed: str) -> None:
    account = await add()
    await code_for(account)
    assert await check(account, typed) is BindResult.WRONG


async def test_only_the_newest_code_counts_and_only_for_its_account() -> None:
    account, other = await add(), await add("other")
    first = await code_for(account)
    second = await code_for(account)
    assert await check(account, first) is BindResult.EXPIRED
    assert await check(account, second) is BindResult.OK
    assert await check(other, second) is BindResult.WRONG


async def test_codes_asked_for_at_the_same_time_leave_one_that_counts() -> None:
    account = await add()
    codes = await asyncio.gather(*(code_for(account) for _ in range(4)))
    assert sorted([(await check(account, code)).value for code in codes]) == ["expired"] * 3 + ["ok"]


async def test_a_code_ends_after_ten_minutes() -> None:
    account = await add()
    async with transaction() as session:
        code, expires_at = await service.issue_bind_code(session, account)
        assert timedelta(minutes=9) < expires_at - now() <= timedelta(minutes=10)
        await session.execute(update(BindCode).values(expires_at=now() - timedelta(seconds=1)))
    assert await check(account, code) is BindResult.EXPIRED


async def test_ten_wrong_codes_end_the_right_one() -> None:
    account = await add()
    code = await code_for(account)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for _ in range(10):
        assert await check(account, wrong) is BindResult.WRONG
    assert await check(account, code) is BindResult.EXPIRED


async def test_codes_are_not_stored_in_a_form_that_can_be_tried_out() -> None:
    account = await add()
    code = await code_for(account)
    async with transaction() as session:
        row = await session.get(BindCode, 1)
    assert row is not None
    assert code not in row.code_hash
    assert row.code_hash == service._code_hash(account.id, code)


async def test_unbinding_is_for_ones_own_contacts() -> None:
    account, other, mine = await add(), await add("other"), await contact()
    await bind(account, mine, await code_for(account))
    async with transaction() as session:
        await service.unbind_own(session, other, mine)
        assert len(await service.bound_contacts(session, account)) == 1
        await service.unbind_own(session, account, mine)
        assert await service.bound_contacts(session, account) == []


async def test_without_a_code_it_binds_only_where_the_settings_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account, mine = await add(), await contact()
    assert await bind(account, mine, None) is BindResult.WRONG
    monkeypatch.setenv("BOTBAY_BIND_VERIFICATION", "none")
    load_settings.cache_clear()
    assert await bind(account, mine, None) is BindResult.OK


# --- commands ----------------------------------------------------------------------------------------------


async def run(command: object, *arguments: str, stdin: str = "") -> tuple[int, str, str]:
    result = await asyncio.to_thread(CliRunner().invoke, command, list(arguments), input=stdin)  # type: ignore[arg-type]
    return result.exit_code, result.stdout, result.stderr


async def test_user_add_prints_a_link_or_takes_a_password() -> None:
    code, out, _ = await run(user, "add", "王芳", "--email", "wang@example.com", "--role", "maintainer", "--json")
    added = json.loads(out)
    assert (code, added["name"], added["role"]) == (0, "王芳", "maintainer")
    assert "/login/" in added["link"]
    code, out, _ = await run(user, "add", "zhao", "--password-stdin", stdin="correct horse\n")
    assert code == 0
    assert "/login/" not in out
    async with transaction() as session:
        assert await service.check_password(session, "zhao", "correct horse") is not None


async def test_user_add_says_in_one_line_what_is_wrong() -> None:
    code, out, err = await run(user, "add", "a b")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "账号名" in err
    assert (await run(user, "add", "x", "--role", "king"))[0] == 2


async def test_login_link_is_for_the_admin_or_whoever_is_named() -> None:
    code, out, _ = await run(login_link, "--json")
    assert (code, json.loads(out)["name"]) == (0, "admin")
    token = json.loads(out)["link"].rsplit("/", 1)[1]
    async with transaction() as session:
        found = await service.use_login_link(session, token)
    assert found is not None
    assert found.role == Role.MAINTAINER
    code, _, err = await run(login_link, "nobody")
    assert code == 1
    assert "没有账号" in err
