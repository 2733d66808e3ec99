"""The page 搜索 in a browser, on a phone and on a PC."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote_plus

import pytest
from playwright.async_api import Locator, Page, expect

from botbay import jobs
from botbay.chat import messages
from botbay.chat.models import File, FileKind, Member
from botbay.chat.readings import Read
from botbay.db import dispose, now, transaction
from botbay.postgres import EmbeddedPostgres
from botbay.settings import load_settings
from tests.drive_fixture import Drive, days_ago, new_account, new_drive
from tests.read_fixture import Drawn, drawn, read, sent_picture
from tests.web_fixture import PC, PHONE, Site, chromium, postgres, running_site, window  # noqa: F401 (fixture)

expect.set_options(timeout=15_000)  # the tests' machine may be busy

EVIL = "<img src=x onerror=alert(1)>"
#: A notice on a wall; its words stand in no message.
NOTICE = drawn(
    [
        (60, 50, "值班安排（11 月）"),
        (60, 170, "周三 陈小路 报修电话 6688"),
        (430, 320, f"{EVIL} A302"),
        (120, 520, "WiFi名 bluewhale，找前台要密码"),
    ],
    "陈小路",
    "bluewhale",
    "倒着念",
    turned=[(820, 60, "侧面倒着念")],
)

SECRET = drawn([(60, 50, "陈小路的奖金 bluewhale")])


@pytest.fixture(scope="module")
def server(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:  # noqa: F811
    with running_site(postgres, tmp_path_factory.mktemp("search")) as running:
        yield running


@pytest.fixture
async def site(server: Site) -> AsyncIterator[Site]:
    await jobs.install()
    yield server
    await dispose()


@dataclass
class World:
    """王芳 is in 产品群 with 老李, and not in 老板群, which has the same picture's like."""

    drive: Drive
    account: str
    notice: int
    document: int


async def say(drive: Drive, who: str, text: str, *, room: str | None = "产品群", at: datetime | None = None) -> None:
    """Something said in a room, or else to the bot in private."""
    row = {
        "bot_id": drive.bot.id,
        "room_id": None if room is None else drive.rooms[room].id,
        "peer_id": drive.people[who].id if room is None else None,
        "talker_id": drive.people[who].id,
        "source_id": f"{now().timestamp()}-{who}-{room}",
        "kind": "text",
        "text": text,
        "sent_at": at or now(),
    }
    async with transaction() as session:
        assert await messages.store(session, [row])


async def make_world() -> World:
    drive = await new_drive()
    async with transaction() as session:
        account = await new_account(session, f"wang{drive.bot.id}")
        await drive.person(session, "王芳", account)
        await drive.room(session, "产品群", "老李", "王芳", "钱小满")
        await drive.room(session, "装修群", "老李", "王芳")
        await drive.room(session, "老板群", "老李")
        notice = await sent_picture(session, drive, "IMG_2041.png", "老李", NOTICE, "产品群", at=days_ago(2))
        await sent_picture(session, drive, "机密.png", "老李", SECRET, "老板群")
        document = await drive.sent(
            session,
            "采购合同.docx",
            "钱小满",
            f"contract {drive.bot.id}".encode(),
            room="装修群",
            at=days_ago(40),
            mime="application/zip",
            kind=FileKind.DOCUMENT,
        )
        await read(session, document, Read(text=f"甲方：蓝鲸科技\n{EVIL}\n付款：验收后三十天内付清尾款 8,000 元"))
    for number in range(8):
        await say(drive, "钱小满", f"早上好，第 {number} 天打卡", at=days_ago(3 - number / 100))
    await say(drive, "老李", "会议室的WiFi密码是 bluewhale2026，别外传", at=days_ago(2.9))
    await say(drive, "钱小满", "收到，谢谢", at=days_ago(2.89))
    await say(drive, "王芳", f"谁知道WiFi密码？ {EVIL} **粗体**", at=days_ago(20))
    await say(drive, "老李", "装修的尾款下周付", room="装修群", at=days_ago(0.01))
    await say(drive, "王芳", "记一下：尾款还差八千", room=None, at=days_ago(1))
    await say(drive, "老李", "老板群里的尾款是秘密", room="老板群")
    return World(drive, account.name, notice, document)


@pytest.fixture(params=[PHONE, PC], ids=["phone", "pc"])
async def page(request: pytest.FixtureRequest, site: Site) -> AsyncIterator[Page]:
    async with chromium() as browser, window(browser, request.param) as opened:
        opened.set_default_timeout(15_000)
        yield opened
        await fits(opened)


@pytest.fixture
async def world(site: Site, page: Page) -> World:
    world = await make_world()
    await enter(page, site, world.account)
    await page.goto(f"{site.url}/search")
    return world


async def enter(page: Page, site: Site, account: str) -> None:
    await page.goto(await site.login_link(account))
    await page.get_by_test_id("sign-in").click()
    await page.wait_for_url(lambda url: "/login" not in url)


async def fits(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def look_for(page: Page, words: str) -> None:
    """Type words and press enter."""
    await page.get_by_test_id("words").fill(words)
    await page.get_by_test_id("words").press("Enter")
    await page.wait_for_url(lambda url: f"q={quote_plus(words)}" in url)
    await expect(page.get_by_test_id("words")).to_have_value(words)


def hits(page: Page) -> Locator:
    return page.get_by_test_id("hit")


async def choose(page: Page, name: str, option: str) -> None:
    await page.get_by_test_id(f"filter-{name}").click()
    await page.get_by_role("option", name=option).click()


async def lies_over(page: Page, element: Locator, word: str, picture: Drawn) -> None:
    """Wait until an element lies over the place of the word in the picture, give or take a third of a sign."""
    await page.wait_for_function(
        """([image, mark, [wide, high], place]) => {
            const at = image.getBoundingClientRect(), here = mark.getBoundingClientRect(), scale = at.width / wide;
            const found = [here.left - at.left, here.top - at.top, here.right - at.left, here.bottom - at.top];
            return Math.abs(at.height / high - scale) < 0.01
                && found.every((edge, side) => Math.abs(edge - place[side] * scale) < 14 * scale + 1.5);
        }""",
        arg=[
            await page.get_by_test_id("preview-image").element_handle(),
            await element.element_handle(),
            picture.size,
            picture.places[word],
        ],
    )


async def test_a_word_that_stands_only_in_a_picture_is_found_and_marked_in_it(page: Page, world: World) -> None:
    await look_for(page, "陈小路")
    await expect(hits(page)).to_have_count(1)  # 老板群 has one too, which is not for her
    await expect(hits(page).get_by_test_id("snippet")).to_contain_text("报修电话 6688")
    await expect(hits(page).locator("mark")).to_have_text("陈小路")
    await expect(hits(page).get_by_test_id("about")).to_contain_text("老李 · 产品群 · ")
    assert await hits(page).locator("img").evaluate("image => image.decode().then(() => true)")
    await hits(page).get_by_test_id("open-hit").click()
    preview = page.get_by_test_id("preview")
    assert await preview.get_by_test_id("preview-image").evaluate("image => image.decode().then(() => true)")
    mark = preview.get_by_test_id("read-lines").locator("mark")
    await expect(mark).to_have_text("陈小路")
    await lies_over(page, mark, "陈小路", NOTICE)
    assert await mark.evaluate("element => getComputedStyle(element).backgroundColor") != "rgba(0, 0, 0, 0)"
    await fits(page)
    await mark.click(click_count=3)
    assert (await page.evaluate("getSelection().toString()")).strip() == "周三 陈小路 报修电话 6688"
    await expect(preview.get_by_test_id("read-lines")).to_contain_text(f"{EVIL} A302")
    await expect(preview.locator("img")).to_have_count(1)
    await preview.get_by_test_id("close-preview").click()

    await look_for(page, "倒着念")
    await hits(page).get_by_test_id("open-hit").click()
    await lies_over(page, mark, "倒着念", NOTICE)
    await page.set_viewport_size({"width": 700, "height": 600})  # a phone that is turned
    await lies_over(page, mark, "倒着念", NOTICE)
    await preview.get_by_test_id("close-preview").click()
    await hits(page).get_by_test_id("open-around").click()
    await expect(page.get_by_test_id("source-message")).to_have_count(1)
    await page.get_by_test_id("close-source").click()


async def test_a_question_gets_its_answer_first_and_a_hit_opens_what_was_said_around_it(
    page: Page, world: World
) -> None:
    await look_for(page, "WiFi密码多少")
    answer = page.get_by_test_id("answer")
    await expect(answer.get_by_test_id("snippet")).to_have_text("会议室的WiFi密码是 bluewhale2026，别外传")
    await expect(answer.get_by_test_id("about")).to_contain_text("老李 · 产品群 · ")
    await expect(hits(page)).to_have_count(2)  # the rest, and not the answer again
    await expect(hits(page).first).to_contain_text("谁知道WiFi密码？")
    await answer.get_by_test_id("open-hit").click()
    panel = page.get_by_test_id("source")
    await expect(panel.get_by_test_id("source-message")).to_contain_text("bluewhale2026")
    await expect(panel.get_by_test_id("context-message").last).to_contain_text("[文件]")
    await expect(panel.locator("mark").first).to_be_visible()
    await fits(page)
    await panel.get_by_test_id("close-source").click()
    await look_for(page, "粗体")
    await expect(hits(page).get_by_test_id("snippet")).to_have_text(f"谁知道WiFi密码？ {EVIL} **粗体**")
    await hits(page).get_by_test_id("open-hit").click()
    await expect(panel.get_by_test_id("source-message")).to_contain_text(EVIL)


async def test_filters_stand_in_the_address_and_going_back_works(page: Page, world: World) -> None:
    await look_for(page, "尾款")
    await expect(hits(page)).to_have_count(3)
    await expect(page.get_by_test_id("count")).to_have_text("找到 3 条")
    await expect(hits(page).filter(has_text="私聊")).to_contain_text("记一下")
    await choose(page, "order", "最新的在前")
    await page.wait_for_url("**order=newest**")
    await expect(hits(page).first).to_contain_text("装修的尾款下周付")
    await choose(page, "room", "装修群")
    await expect(hits(page)).to_have_count(2)
    await choose(page, "when", "最近 7 天")
    await expect(hits(page)).to_have_count(1)
    await page.go_back()
    await expect(hits(page)).to_have_count(2)
    await page.get_by_test_id("kind").get_by_text("文档里的字").click()
    await expect(hits(page)).to_have_count(1)
    await hits(page).get_by_test_id("open-hit").click()
    await expect(page.get_by_test_id("preview").locator("mark")).to_have_text("尾款")
    await expect(page.get_by_test_id("preview").get_by_test_id("read-text")).to_contain_text(EVIL)
    await page.get_by_test_id("close-preview").click()
    address = page.url
    await page.get_by_test_id("filter-person").fill("老李")
    await page.get_by_test_id("filter-person").press("Enter")
    await expect(page.get_by_text("这些条件下没有「尾款」")).to_be_visible()
    await page.get_by_test_id("clear-filters").click()
    await expect(hits(page)).to_have_count(3)
    await page.goto(address)
    await expect(hits(page)).to_have_count(1)
    await page.goto(f"{address.split('?')[0]}?kind=document")
    await expect(hits(page)).to_contain_text("采购合同.docx")
    await fits(page)


async def test_own_days_bound_what_is_found(page: Page, world: World) -> None:
    await look_for(page, "尾款")
    await choose(page, "when", "自选")
    day = f"{days_ago(40).astimezone(load_settings().zone).date()}"
    await page.get_by_test_id("until").fill(day)
    await page.get_by_test_id("until").press("Enter")
    await expect(hits(page)).to_have_count(1)
    await expect(hits(page)).to_contain_text("验收后三十天内付清尾款")
    await page.get_by_test_id("since").fill(f"{now().astimezone(load_settings().zone).date()}")
    await page.get_by_test_id("since").press("Enter")
    await expect(page.get_by_text("开始要早于结束")).to_be_visible()


async def test_more_comes_by_a_button_and_what_is_gone_is_told(page: Page, world: World) -> None:
    for number in range(25):
        await say(world.drive, "老李", f"例会纪要第 {number} 版", at=days_ago(5 + number))
    await look_for(page, "例会纪要")
    await expect(hits(page)).to_have_count(20)
    await page.get_by_test_id("more").click()
    await expect(hits(page)).to_have_count(25)
    await expect(page.get_by_test_id("more")).to_have_count(0)
    await fits(page)
    await look_for(page, "陈小路")
    await expect(hits(page)).to_have_count(1)
    await page.wait_for_load_state("networkidle")  # its small picture
    async with transaction() as session:
        (await session.get_one(File, world.notice)).trashed_at = now()
    await hits(page).get_by_test_id("open-hit").click()
    await expect(page.get_by_text("这份文件已经不在了")).to_be_visible()
    async with transaction() as session:
        here = (world.drive.rooms["产品群"].id, world.drive.people["王芳"].id)
        (await session.get_one(Member, here)).left_at = now()
    await look_for(page, "例会纪要")
    await expect(page.get_by_text("没有找到「例会纪要」")).to_be_visible()


async def test_odd_addresses_and_words_do_no_harm(page: Page, site: Site, world: World) -> None:
    for query in (
        "q=%00%0A%27%22%25_%5C&room=99999999999999999999&kind=x&when=y&since=2020-13-01&order=z",
        "q=" + "长" * 3000,
        "q=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
        "q=%F0%9F%98%80",
    ):
        answer = await page.goto(f"{site.url}/search?{query}")
        assert answer is not None and answer.status == 200
        await expect(page.get_by_test_id("words")).to_be_visible()
        await fits(page)


async def test_an_empty_page_says_why(page: Page, site: Site) -> None:
    drive = await new_drive()
    name = f"new{drive.bot.id}"
    async with transaction() as session:
        account = await new_account(session, name)
    await enter(page, site, name)
    await page.goto(f"{site.url}/drive")
    await page.get_by_test_id("search").click()
    await expect(page.get_by_text("还不知道哪个微信是你")).to_be_visible()
    async with transaction() as session:
        await drive.person(session, "新人", account)
        await drive.room(session, "安静群", "新人", recording=False)
    await page.reload()
    await expect(page.get_by_text("还没有记录任何群")).to_be_visible()
    await page.get_by_role("link", name="报销").click()
    await expect(page.get_by_text("没有找到「报销」")).to_be_visible()
