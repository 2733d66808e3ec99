"""A newcomer's first five minutes, in a browser on the whole stack: bound, the bot named, talked with."""

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from botbay.db import dispose
from tests.e2e.stack import Stack, running
from tests.e2e.test_simulator_page import chat, write
from tests.web_fixture import PC, PHONE, chromium, window

_LINK = re.compile(r"http://127\.0\.0\.1:\d+/login/\S+")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(Stack(tmp_path_factory.mktemp("minutes") / "data")) as up:
        yield up


async def answer(page: Page, words: str) -> None:
    await expect(page.get_by_test_id("text").filter(has_text=words).last).to_be_visible(timeout=30_000)


async def test_the_first_five_minutes(stack: Stack) -> None:
    async with chromium() as browser, window(browser, PC) as page:
        page.set_default_timeout(30_000)
        link = _LINK.search(stack.said())
        assert link is not None
        await page.goto(link[0])
        await page.locator("button[type=submit]").click()
        await page.wait_for_url("**/me**")

        await page.goto(f"{stack.url()}/bots")
        await expect(page.get_by_test_id("state")).to_have_text("在线")

        await page.goto(f"{stack.url()}/simulator")
        await page.get_by_test_id("first-person").click()
        await page.get_by_test_id("new-person-form").get_by_role("textbox").fill("钱小满")
        await page.get_by_test_id("ok").click()
        await chat(page, "小助手").click()
        await page.get_by_test_id("add-friend").click()
        await answer(page, "账号名")
        await write(page, "admin")
        await answer(page, "验证码")

        other = await page.context.new_page()
        await other.goto(f"{stack.url()}/bind")
        await expect(other.get_by_test_id("code")).to_have_text(re.compile(r"(\d\s*){6}"))
        code = re.sub(r"\D", "", await other.get_by_test_id("code").inner_text())
        await write(page, code)
        await answer(page, "网盘")
        await write(page, "要")
        await answer(page, "绑定好了")
        await answer(page, "名字")
        await write(page, "小贝")
        await answer(page, "专属助手小贝")
        await write(page, "你叫什么呀")
        await answer(page, "我是小贝")
        await expect(other.get_by_test_id("contact")).to_contain_text("钱小满")
        url = page.url

        async with window(browser, PHONE) as phone:
            await phone.context.add_cookies(await page.context.cookies())
            await phone.goto(url)
            await expect(phone.get_by_test_id("text").filter(has_text="我是小贝").last).to_be_visible()
            assert await phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await dispose()
