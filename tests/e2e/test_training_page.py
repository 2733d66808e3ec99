"""A maintainer teaches the running bot a sentence: not understood, labelled on the page, trained, understood."""

import asyncio
import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from botbay import rasa
from botbay.db import dispose
from tests.conftest import use_settings
from tests.e2e.phone import bound_person
from tests.e2e.stack import Stack, running
from tests.training_fixture import copy_project, thin
from tests.web_fixture import PHONE, chromium, window

#: Nobody has asked so in the training data.
SENTENCE, MEANT = "汝为何物", "ask_identity"
UNDERSTOOD = "我是小贝"
_LINK = re.compile(r"http://127\.0\.0\.1:\d+/login/\S+")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack on a project of its own, so that what is taught here is taught nobody else."""
    folder = tmp_path_factory.mktemp("taught")
    project = copy_project(folder)
    thin(project, 8)
    with pytest.MonkeyPatch.context() as patch:
        use_settings(patch, rasa_project=project, data_dir=folder / "data")
        rasa.train(lambda _: None)
        with running(Stack(folder / "data", rasa_project=project)) as up:
            yield up


async def sign_in(page: Page, stack: Stack) -> None:
    link = _LINK.search(stack.said())
    assert link is not None
    await page.goto(link[0])
    await page.locator("button[type=submit]").click()
    await page.wait_for_url("**/me**")


@pytest.mark.timeout(1200)
async def test_a_sentence_is_taught_and_then_understood(stack: Stack) -> None:
    phone = await bound_person("xiaoman", "钱小满")
    await phone.say(SENTENCE)
    assert UNDERSTOOD not in await phone.hears("")

    async with chromium() as browser, window(browser, PHONE) as page:
        page.set_default_timeout(30_000)
        await sign_in(page, stack)
        await page.goto(f"{stack.url()}/training")
        said = page.get_by_test_id("said").filter(has_text=SENTENCE)
        await expect(said).to_be_visible(timeout=30_000)
        card = page.locator("section").filter(has=said)
        await card.get_by_test_id("more").click()
        field = page.get_by_test_id("intent")
        await field.fill("问我是谁")
        await page.get_by_role("option", name="问我是谁", exact=True).click()
        await page.get_by_test_id("save-label").click()
        await expect(said).to_have_count(0)

        await page.get_by_test_id("tab-models").click()
        before = await asyncio.to_thread(rasa.versions)
        await expect(page.get_by_test_id(f"version-{before[0].name}").get_by_test_id("current")).to_be_visible()
        await page.get_by_test_id("train").click()
        await expect(page.get_by_test_id("lines")).to_contain_text("1 句新标注", timeout=30_000)
        # The bot goes on talking with the model that it has.
        await phone.say("你是谁")
        await phone.hears(UNDERSTOOD)
        await expect(page.get_by_test_id("done")).to_be_visible(timeout=900_000)
        [new, *_] = await asyncio.to_thread(rasa.versions)
        assert new.name != before[0].name
        card = page.get_by_test_id(f"version-{new.name}")
        await expect(card.get_by_test_id("current")).to_be_visible()
        await expect(card.get_by_test_id("accuracy")).to_have_text(re.compile(r"考题答对 \d+\.\d%"))
        await expect(card.get_by_test_id("better")).to_contain_text("比前一版好了")
        await expect(card.get_by_test_id("worse")).to_contain_text("比前一版差了")
        await card.get_by_test_id("matrix").click()
        picture = card.get_by_test_id("picture")
        await expect(picture).to_be_visible()
        await expect(picture).not_to_have_js_property("naturalWidth", 0)

        await phone.say(SENTENCE)
        await phone.hears(UNDERSTOOD)

        earlier = page.get_by_test_id(f"version-{before[0].name}")
        await earlier.get_by_test_id("go-back").click()
        await expect(page.get_by_test_id("done")).to_contain_text(before[0].name, timeout=60_000)
        await expect(earlier.get_by_test_id("current")).to_be_visible()
        await phone.say(SENTENCE)
        assert UNDERSTOOD not in await phone.hears("")
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert f"- {SENTENCE}\n" in await asyncio.to_thread(rasa.labelled_path().read_text, "utf-8")
    assert MEANT in await asyncio.to_thread(rasa.labelled_path().read_text, "utf-8")
    await dispose()
