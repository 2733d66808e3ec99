"""The page 训练 in a browser, on a phone and on a PC, while the test plays the worker."""

import re
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import text

from botbay import jobs
from botbay.chat import conversations
from botbay.chat.models import Bot, Contact, Turn
from botbay.db import dispose, notify, now, transaction
from botbay.postgres import EmbeddedPostgres
from tests.training_fixture import copy_project
from tests.web_fixture import PC, PHONE, Site, chromium, postgres, running_site, window  # noqa: F401 (fixture)
from workers.accounts import service as accounts
from workers.training import repository, service
from workers.training.models import Reason, RunState

expect.set_options(timeout=30_000)  # the tests' machine may be busy


@pytest.fixture(scope="module")
def server(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:  # noqa: F811
    folder = tmp_path_factory.mktemp("training")
    with running_site(postgres, folder, rasa_project=str(copy_project(folder))) as running:
        yield running


@pytest.fixture
async def site(server: Site) -> AsyncIterator[Site]:
    """The site, with nothing in the inbox, and a queue for jobs."""
    await jobs.install()
    async with transaction() as session:
        await session.execute(text("TRUNCATE training_sentences, training_runs CASCADE"))
    yield server
    await dispose()


@pytest.fixture(params=[PHONE, PC], ids=["phone", "pc"])
async def page(request: pytest.FixtureRequest, site: Site) -> AsyncIterator[Page]:
    async with chromium() as browser, window(browser, request.param) as opened:
        opened.set_default_timeout(30_000)
        await opened.goto(await site.login_link())
        await opened.get_by_test_id("sign-in").click()
        await opened.wait_for_url(lambda url: "/login" not in url)
        await opened.goto(f"{site.url}/training")
        yield opened
        assert await opened.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def said(words: str, reason: Reason = Reason.UNKNOWN) -> int:
    """Somebody who agreed says it to the bot in private; the sentence's id."""
    async with transaction() as session:
        bot, contact = Bot(name=f"b{now().timestamp()}"), Contact(wechat_id=f"w{now().timestamp()}", name="钱小满")
        contact.keep_private_at = now()
        session.add_all([bot, contact])
        await session.flush()
        turn = Turn(
            conversation_id=await conversations.get(session, bot.id, None, contact.id), key=f"t{now().timestamp()}"
        )
        session.add(turn)
        await session.flush()
        ranking = [("ask_minutes", 0.44), ("ask_daily_report", 0.31), ("mail_minutes", 0.1)]
        await service.note(session, turn=turn, text=words, reason=reason, ranking=ranking)
    async with transaction() as session:
        return next(item.sentence.id for item in (await service.waiting(session))[0] if item.sentence.text == words)


async def test_an_empty_inbox_says_why(page: Page) -> None:
    await expect(page.get_by_text("没有等着处理的话")).to_be_visible()
    await expect(page.get_by_text("只收同意保存的人说的")).to_be_visible()
    await page.get_by_test_id("tab-labelled").click()
    await expect(page.get_by_text("没有等着训练的话")).to_be_visible()
    await page.get_by_test_id("tab-models").click()
    await expect(page.get_by_text("还没有训练过的版本")).to_be_visible()


async def test_sentences_come_by_themselves_and_are_labelled_with_a_tap(page: Page) -> None:
    first = await said("整一份昨儿<b>那个</b>呗", Reason.UNSURE)
    card = page.get_by_test_id(f"sentence-{first}")
    await expect(card.get_by_test_id("said")).to_have_text("整一份昨儿<b>那个</b>呗")
    await expect(card.get_by_test_id("thought")).to_contain_text("看纪要 44%")
    await expect(page.get_by_test_id("tab-waiting")).to_contain_text("待处理 1")
    await card.get_by_test_id("choose-ask_daily_report").click()
    await expect(page.get_by_text("没有等着处理的话")).to_be_visible()
    await page.get_by_test_id("tab-labelled").click()
    row = page.get_by_test_id(f"sentence-{first}")
    await expect(row.get_by_test_id("label")).to_have_text("看日报")
    await row.get_by_test_id("undo").click()
    await expect(row).to_have_count(0)
    await page.get_by_test_id("tab-waiting").click()
    await card.get_by_test_id("dismiss").click()
    await expect(card).to_have_count(0)
    await page.get_by_test_id("tab-labelled").click()
    await page.get_by_test_id("dismissed").click()
    await row.get_by_test_id("undo").click()
    await page.get_by_test_id("tab-waiting").click()
    await expect(card).to_be_visible()


async def test_any_meaning_can_be_searched_and_words_be_marked(page: Page) -> None:
    sentence = await said("给我接上porbello这个号")
    await page.get_by_test_id(f"sentence-{sentence}").get_by_test_id("more").click()
    dialog = page.get_by_test_id("fixing")
    field = dialog.get_by_test_id("intent")
    await field.fill("绑定账号")
    await page.get_by_role("option", name="绑定账号", exact=True).click()
    words = dialog.get_by_test_id("words")
    await words.get_by_text("号", exact=True).click()
    await expect(words.locator(".tr-picked")).to_have_text(["号"])
    await words.get_by_text("这", exact=True).click()
    await expect(words.locator(".tr-picked")).not_to_have_count(1)
    await dialog.get_by_test_id("kind-account").click()
    await expect(dialog.get_by_test_id("marked")).to_have_text("这个号：账号")
    await words.get_by_text("porbello", exact=True).click()
    await expect(words.locator(".tr-picked")).to_have_text(["porbello"])
    await dialog.get_by_test_id("kind-account").click()
    await expect(dialog.get_by_test_id("marked")).to_have_count(2)
    await dialog.get_by_role("button", name="去掉").last.click()
    await dialog.get_by_test_id("save-label").click()
    await expect(dialog).to_be_hidden()
    await page.get_by_test_id("tab-labelled").click()
    await expect(page.get_by_test_id(f"sentence-{sentence}").get_by_test_id("label")).to_have_text(
        "绑定账号 · 标了 porbello"
    )


async def test_a_label_against_the_data_is_refused_on_the_page(page: Page) -> None:
    sentence = await said("昨天的纪要")
    card = page.get_by_test_id(f"sentence-{sentence}")
    await card.get_by_test_id("choose-ask_daily_report").click()
    await expect(page.get_by_text("一句话不能教两个意思")).to_be_visible()
    await expect(card).to_be_visible()


async def test_a_training_is_watched_from_the_queue_to_its_end(page: Page) -> None:
    await page.get_by_test_id("tab-models").click()
    await page.get_by_test_id("train").click()
    await expect(page.get_by_test_id("queued")).to_be_visible()
    await expect(page.get_by_test_id("train")).to_be_disabled()
    async with transaction() as session:
        run = await service.latest_run(session)
        assert run is not None
        run.state, run.started_at, run.lines = RunState.RUNNING, now(), ["写进训练资料：1 句新标注"]
        await notify(session, service.CHANNEL)
    await expect(page.get_by_test_id("lines")).to_contain_text("1 句新标注")
    async with transaction() as session:
        await repository.say(session, run.id, "分词")
        await notify(session, service.CHANNEL)
    await expect(page.get_by_test_id("lines")).to_contain_text("分词")
    async with transaction() as session:
        await repository.end_run(session, run.id, error="资料有错：没有这个意图")
        await notify(session, service.CHANNEL)
    await expect(page.get_by_test_id("failed")).to_have_text("资料有错：没有这个意图")
    await expect(page.get_by_test_id("train")).to_be_enabled()


async def test_only_maintainers_get_in(site: Site) -> None:
    async with transaction() as session:
        await accounts.add_account(session, "member")
    async with chromium() as browser, window(browser, PC) as page:
        await page.goto(await site.login_link("member"))
        await page.get_by_test_id("sign-in").click()
        await page.wait_for_url(re.compile("/me"))
        await expect(page.get_by_test_id("nav-training")).to_have_count(0)
        for path in ("/training", "/training/pictures/any"):
            answer = await page.request.get(f"{site.url}{path}")
            assert answer.status == 403
