"""The pages in a real browser, at phone and at PC width."""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import delete, select

from botbay.chat.models import Bot, BotState, Contact, Gap, RefusedLogin
from botbay.db import dispose, notify, now, transaction
from botbay.postgres import EmbeddedPostgres
from tests.web_fixture import PC, PHONE, Site, chromium, postgres, running_site, window  # noqa: F401 (fixture)
from workers.accounts import service as accounts
from workers.accounts.service import BindResult

BOTS = "work=t1@127.0.0.1:9000,life=t2@127.0.0.1:9001"


@pytest.fixture(scope="module")
def site(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:  # noqa: F811
    with running_site(postgres, tmp_path_factory.mktemp("pages"), bots=BOTS, login_whitelist="wxid_mine") as running:
        yield running


@pytest.fixture(params=[PHONE, PC], ids=["phone", "pc"])
async def page(request: pytest.FixtureRequest) -> AsyncIterator[Page]:
    async with chromium() as browser, window(browser, request.param) as opened:
        yield opened
    await dispose()


async def come_in(page: Page, link: str) -> None:
    await page.goto(link)
    await page.get_by_test_id("sign-in").click()
    await page.wait_for_url(lambda url: "/login" not in url)


async def go(page: Page, name: str) -> None:
    """By the navigation, which is behind a button on a phone."""
    if await page.get_by_test_id("menu").is_visible():
        await page.get_by_test_id("menu").click()
    await page.get_by_test_id(f"nav-{name}").click()
    await page.wait_for_url(f"**/{name if name != 'home' else ''}")


async def fits(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def fresh_account() -> str:
    """A new member's name."""
    name = f"li-{now().timestamp():.6f}".replace(".", "-")
    async with transaction() as session:
        await accounts.add_account(session, name)
    return name


async def change_bot(**values: object) -> Bot:
    """What the connector would write about the bot ``work``, and tell."""
    async with transaction() as session:
        bot = await session.scalar(select(Bot).where(Bot.name == "work"))
        if bot is None:
            bot = Bot(name="work")
            session.add(bot)
        for name, value in values.items():
            setattr(bot, name, value)
        await session.flush()
        await notify(session, "bots")
        return bot


async def test_signing_in_by_a_link_and_going_through_the_pages(site: Site, page: Page) -> None:
    await come_in(page, await site.login_link())
    for name, words in (("home", "接下来"), ("bind", "怎么做"), ("bots", "机器人"), ("accounts", "添加账号")):
        await go(page, name)
        await expect(page.get_by_role("main").get_by_text(words).first).to_be_visible()
        await fits(page)


async def test_a_used_link_says_what_to_do(site: Site, page: Page) -> None:
    link = await site.login_link()
    await come_in(page, link)
    await page.goto(link)
    await expect(page.get_by_test_id("used")).to_contain_text("已经用过")
    await expect(page.get_by_text("botbay login-link")).to_be_visible()
    await fits(page)


async def test_setting_a_password_then_signing_in_with_it(site: Site, page: Page) -> None:
    name = await fresh_account()
    await come_in(page, await site.login_link(name))
    await expect(page.get_by_test_id("welcome")).to_be_visible()
    await page.get_by_label("新密码").fill("correct horse")
    await page.get_by_label("再输一次").fill("correct horse")
    await page.get_by_test_id("save-password").click()
    await expect(page.get_by_test_id("password-done")).to_be_visible()
    if await page.get_by_test_id("menu").is_visible():
        await page.get_by_test_id("menu").click()
    await page.get_by_test_id("logout").click()
    await page.get_by_label("账号名").fill(f" {name.upper()} ")
    await page.get_by_label("密码", exact=True).fill("wrong horse")
    await page.get_by_test_id("sign-in").click()
    await expect(page.get_by_test_id("problem")).to_contain_text("不对")
    await page.get_by_label("密码", exact=True).fill("correct horse")
    await page.get_by_label("密码", exact=True).press("Enter")
    await expect(page.get_by_test_id("next-steps")).to_be_visible()


async def test_the_bots_page_follows_a_bot_from_the_code_to_online(site: Site, page: Page) -> None:
    waiting = {"state": BotState.SCANNING, "detail": "等人扫码登录", "hello": None}
    bot = await change_bot(qrcode="https://login.example/first", **waiting)
    async with transaction() as session:
        for table in (RefusedLogin, Gap):
            await session.execute(delete(table))
        session.add(RefusedLogin(bot_id=bot.id, wechat_id="wxid_other", wechat_name="<b>路人</b>"))
        began, ended = now() - timedelta(hours=3), now() - timedelta(hours=2)
        session.add(Gap(bot_id=bot.id, started_at=began, ended_at=ended, reason="网关断了"))
    await come_in(page, await site.login_link())
    await page.goto(f"{site.url}/bots")
    card = page.get_by_test_id("bot-work")
    await expect(card.get_by_test_id("state")).to_have_text("等人扫码")
    picture = card.get_by_test_id("qr")
    first = await picture.get_attribute("src")
    assert await picture.evaluate("image => image.complete && image.naturalWidth > 100")
    await expect(card.get_by_test_id("refused")).to_contain_text("<b>路人</b>")
    await expect(card.get_by_test_id("whitelist")).to_have_text("BOTBAY_LOGIN_WHITELIST=wxid_mine,wxid_other")
    await expect(card.get_by_test_id("gaps")).to_contain_text("1 小时（网关断了）")
    await expect(page.get_by_test_id("bot-life")).to_contain_text("还没启动")
    await fits(page)

    await change_bot(qrcode="https://login.example/second", **waiting)
    await expect(picture).not_to_have_attribute("src", first or "", timeout=20_000)
    await change_bot(state=BotState.ONLINE, qrcode="", detail="", wechat_name="小港", wechat_id="wxid_mine")
    await expect(card.get_by_test_id("state")).to_have_text("在线", timeout=20_000)
    await expect(picture).to_have_count(0)

    await card.get_by_test_id("hello-edit").click()
    await page.get_by_test_id("hello-input").fill("  你好  小港 ")
    await page.get_by_test_id("hello-save").click()
    await expect(card.get_by_test_id("hello")).to_have_text("你好 小港")
    assert (await change_bot()).hello == "你好 小港"


async def test_the_code_of_the_bind_page_binds(site: Site, page: Page) -> None:
    name = await fresh_account()
    await come_in(page, await site.login_link(name))
    await page.goto(f"{site.url}/bind")
    digits = page.get_by_test_id("code")
    await expect(digits).to_have_text(re.compile(r"^\d{6}$"))
    await expect(page.get_by_test_id("countdown")).to_contain_text("内有效")
    await expect(page.get_by_test_id("account-name")).to_have_text(name)
    await fits(page)
    first = await digits.inner_text()
    await page.get_by_test_id("renew").click()
    await expect(digits).not_to_have_text(first)
    second = await digits.inner_text()
    async with transaction() as session:
        account = await accounts.find_account(session, name)
        assert account is not None
        contact = Contact(wechat_id=f"wxid-{name}", name="<i>李</i>")
        session.add(contact)
        await session.flush()
        assert await accounts.bind(session, contact, account, first) is BindResult.EXPIRED
        assert await accounts.bind(session, contact, account, second) is BindResult.OK
    await expect(page.get_by_test_id("contact")).to_contain_text("<i>李</i>", timeout=20_000)
    await expect(digits).to_have_text("")
    await page.get_by_test_id("unbind").click()
    await expect(page.get_by_test_id("contact")).to_have_count(0)


async def test_a_maintainer_adds_an_account_and_hands_out_its_link(site: Site, page: Page) -> None:
    await come_in(page, await site.login_link())
    await page.goto(f"{site.url}/accounts")
    name = f"new-{now().timestamp():.0f}"
    await page.get_by_test_id("add-account").click()
    await page.get_by_test_id("new-name").fill("bad name")
    await page.get_by_test_id("new-save").click()
    await expect(page.get_by_text("账号名为 1 到 32 个字")).to_be_visible()
    await page.get_by_test_id("new-name").fill(name)
    await page.get_by_test_id("new-save").click()
    link = await page.get_by_test_id("login-link").inner_text()
    assert link.startswith(f"{site.url}/login/")
    await page.get_by_test_id("link-done").click()
    async with transaction() as session:
        added = await accounts.find_account(session, name)
    assert added is not None
    row = page.get_by_test_id(f"account-{added.id}")
    await row.get_by_test_id("more").click()
    await page.get_by_test_id("switch").click()
    await expect(row).to_contain_text("已停用")
    await page.goto(link)
    await expect(page.get_by_test_id("used")).to_be_visible()


async def test_the_last_maintainer_cannot_lock_everybody_out(site: Site, page: Page) -> None:
    await come_in(page, await site.login_link())
    await page.goto(f"{site.url}/accounts")
    async with transaction() as session:
        admin = await accounts.ensure_admin(session)
    await page.get_by_test_id(f"account-{admin.id}").get_by_test_id("more").click()
    await page.get_by_test_id("role").click()
    await expect(page.get_by_text("最后一位维护者")).to_be_visible()


async def test_a_page_left_open_does_nothing_for_who_was_shut_out(site: Site, page: Page) -> None:
    name = await fresh_account()
    await come_in(page, await site.login_link(name))
    await page.goto(f"{site.url}/bind")
    await expect(page.get_by_test_id("countdown")).to_contain_text("内有效")
    async with transaction() as session:
        account = await accounts.find_account(session, name)
        assert account is not None
        await accounts.disable(session, account)
    await page.get_by_test_id("renew").click()
    await page.wait_for_url("**/login")
