"""The pages of applications in a browser, on a phone and on a PC."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from sqlalchemy import select, text

import tests.web_fixture
from botbay import jobs
from botbay.chat.models import Account, Contact, OutboxItem
from botbay.db import dispose, now, transaction
from botbay.postgres import EmbeddedPostgres
from tests.drive_fixture import picture
from tests.integration.approvals_world import Office, office, submitted, work
from tests.web_fixture import PC, PHONE, Site, chromium, running_site, window
from workers.approvals import catalogue, repository, service
from workers.approvals.kinds import load

expect.set_options(timeout=30_000)  # the tests' machine may be busy

postgres = tests.web_fixture.postgres

_OWN = """
- name: 用车
  words: [用车]
  fields:
    - {name: 哪天, type: date, ask: 哪天用？, back_days: 0}
    - {name: 时间, type: span, ask: 几点到几点？, most_days: 2}
    - {name: 里程, type: amount, ask: 大概多少钱？, most: 2000, optional: true}
    - {name: 车, type: choice, ask: 哪辆？, choices: [小车, 面包车]}
    - {name: 去哪儿, type: text, ask: 去哪儿？, longest: 20}
  steps:
    - {name: 车队, by: ["account:zhangwei"]}
"""


@pytest.fixture(scope="module")
def server(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(postgres, tmp_path_factory.mktemp("applications")) as running:
        yield running


@pytest.fixture
async def site(server: Site) -> AsyncIterator[Site]:
    await jobs.install()
    async with transaction() as session:
        await session.execute(text("TRUNCATE accounts, contacts, bots, due, approval_kinds, blobs CASCADE"))
    yield server
    await dispose()


@pytest.fixture
async def world(site: Site) -> Office:
    return await office()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


@pytest.fixture(params=[PHONE, PC], ids=["phone", "pc"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    return (int(request.param[0]), int(request.param[1]))


@asynccontextmanager
async def seat(
    browser: Browser, size: tuple[int, int], site: Site, account: str, path: str = "/applications"
) -> AsyncIterator[Page]:
    """A window in which somebody is signed in."""
    async with window(browser, size) as page:
        page.set_default_timeout(30_000)
        await page.goto(await site.login_link(account))
        await page.get_by_test_id("sign-in").click()
        await page.wait_for_url(lambda url: "/login" not in url)
        await write(page, site.url + path)
        yield page
        await fits(page)


async def write(page: Page, url: str) -> None:
    """Open a page and wait until what is put in is heard."""
    await page.goto(url)
    await page.wait_for_function("window.socket?.connected")


async def fits(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def field(page: Page, name: str, part: str = "input") -> Locator:
    return page.get_by_test_id(f"field-{name}").get_by_test_id(part)


async def choose(page: Page, name: str, choice: str) -> None:
    await field(page, name).click()
    await page.get_by_role("option", name=choice, exact=True).click()


async def say(page: Page, act: str, words: str = "") -> None:
    """Press a button of an application, say something in its dialog, and go on."""
    await page.get_by_test_id(act).click()
    if words:
        await page.get_by_test_id("act").get_by_test_id("words").fill(words)
    await fits(page)
    await page.get_by_test_id("act").get_by_test_id("go").click()
    await expect(page.get_by_test_id("act")).to_be_hidden()


async def heard(who: int) -> list[str]:
    """What somebody was told in private."""
    async with transaction() as session:
        items = await session.scalars(select(OutboxItem).order_by(OutboxItem.id))
        mine = await repository.private_conversation(session, who)
        return [item.text for item in items if mine is not None and item.conversation_id == mine.id]


def day(ahead: int) -> str:
    return f"{service.moment(now()) + timedelta(days=ahead):%Y-%m-%d}"


async def test_written_by_page_decided_by_page_and_followed(
    browser: Browser, site: Site, world: Office, size: tuple[int, int]
) -> None:
    async with (
        seat(browser, size, site, "xiaowang") as wang,
        seat(browser, size, site, "lijianguo") as li,
        seat(browser, size, site, "zhangwei") as stranger,
    ):
        await expect(wang.get_by_text("你还没有提过申请")).to_be_visible()
        await expect(li.get_by_text("你还没有提过申请")).to_be_visible()
        await wang.get_by_test_id("new").click()
        await wang.get_by_test_id("kind-请假").click()

        # What is wrong is said beside the field, before anything is sent.
        await wang.get_by_test_id("next").click()
        for name in ("类型", "时间", "事由"):
            await expect(wang.get_by_test_id(f"wrong-{name}")).to_contain_text("还没有填")
        await choose(wang, "类型", "年假")
        await expect(wang.get_by_test_id("wrong-类型")).to_be_hidden()
        await field(wang, "时间", "since").fill(day(3))
        await field(wang, "时间", "until").fill(day(1))
        await field(wang, "事由").fill("陪家人出门\n票已经订了")
        await expect(wang.get_by_test_id("wrong-时间")).to_contain_text("结束要在开始之后")
        await field(wang, "时间", "until").fill(day(6))
        await wang.get_by_test_id("next").click()
        preview = wang.get_by_test_id("preview")
        await expect(preview.get_by_test_id("preview-时间")).to_contain_text("4 天")
        await expect(preview.get_by_test_id("preview-chain")).to_have_text("批的人：主管（李建国） → 总经理（陈总）")
        await fits(wang)
        await wang.get_by_test_id("back").click()
        await field(wang, "时间", "until").fill(day(4))
        await wang.get_by_test_id("next").click()
        await expect(preview.get_by_test_id("preview-chain")).to_have_text("批的人：主管（李建国）")
        await wang.get_by_test_id("submit").dblclick()
        await wang.wait_for_url("**/applications/*")
        await expect(wang.get_by_test_id("standing")).to_contain_text("审批中")
        await expect(wang.get_by_test_id("value-事由")).to_contain_text("陪家人出门 票已经订了")
        async with transaction() as session:
            (number,) = await session.scalars(text("SELECT id FROM applications"))
        await work()

        # The approver's open page shows it by itself, and so does what one sees first.
        await li.get_by_test_id("tab-waiting").click()
        await expect(li.get_by_test_id("waiting-count")).to_have_text("1")
        await write(li, site.url)
        await expect(li.get_by_test_id("waiting")).to_contain_text("1 张申请等你审批")
        await fits(li)
        await li.get_by_text("1 张申请等你审批").click()
        await li.wait_for_url("**/applications?tab=waiting")
        await li.get_by_test_id(f"application-{number}").click()
        await expect(li.get_by_test_id("standing")).to_contain_text("等你批")
        await fits(li)
        await li.get_by_test_id("reject").click()
        await li.get_by_test_id("go").click()
        await expect(li.get_by_text("写一句原因")).to_be_visible()
        await li.get_by_test_id("never-mind").click()
        await expect(li.get_by_test_id("act")).to_be_hidden()
        await say(li, "approve", "玩得开心")
        await expect(li.get_by_test_id("standing")).to_contain_text("通过了")
        await expect(li.get_by_test_id("acts")).to_have_count(0)

        # The applicant's open page, too, with the history; and in chat both are told.
        await expect(wang.get_by_test_id("standing")).to_contain_text("通过了")
        events = wang.get_by_test_id("event")
        await expect(events).to_have_count(4)
        await expect(events.nth(0)).to_contain_text("小王提交了，网页上")
        await expect(events.nth(0)).to_contain_text("今天")
        await expect(events.nth(1)).to_contain_text("在微信里问了李建国（主管）")
        await expect(events.nth(2)).to_contain_text("李建国同意了（主管），网页上")
        await expect(events.nth(2)).to_contain_text("「玩得开心」")
        await expect(events.nth(3)).to_contain_text("全部同意，通过了")
        assert any("你已经在网页上同意了" in each for each in await heard(world.accounts["李建国"]))
        assert any("通过了 ✅ 李建国已同意" in each for each in await heard(world.accounts["小王"]))
        await li.goto(f"{site.url}/applications?tab=answered")
        await expect(li.get_by_test_id(f"application-{number}")).to_contain_text("我：同意了")

        # A stranger finds nothing, whatever the address.
        await expect(stranger.get_by_test_id(f"application-{number}")).to_have_count(0)
        answer = await stranger.request.get(f"{site.url}/applications/{number}")
        assert answer.status == 404
        nothing = await stranger.request.get(f"{site.url}/applications/{number + 1}")
        assert (nothing.status, await nothing.text()) == (404, await answer.text())
        assert (await stranger.request.get(f"{site.url}/applications/{'9' * 30}")).status == 404


async def test_what_was_decided_elsewhere_is_said_and_the_page_is_made_new(
    browser: Browser, site: Site, world: Office, size: tuple[int, int]
) -> None:
    async with transaction() as session:
        await catalogue.give_role(session, "主管", await session.get_one(Account, world.accounts["陈总"]))
    number = await submitted(world)
    path = f"/applications/{number}"
    async with (
        seat(browser, size, site, "lijianguo", path) as li,
        seat(browser, size, site, "chenzong", path) as chen,
        seat(browser, size, site, "xiaowang", path) as wang,
    ):
        await expect(li.get_by_test_id("standing")).to_contain_text("等你批，陈总也可以批")
        # Both have the dialog open; one is quicker.
        await li.get_by_test_id("approve").click()
        await say(chen, "reject", "发票抬头写错了")
        await expect(li.get_by_test_id("standing")).to_contain_text("没通过")
        await li.get_by_test_id("go").click()
        await expect(li.get_by_text("已经有结果了，不用再批。 这一页已经是最新的。")).to_be_visible()
        await expect(li.get_by_test_id("act")).to_be_hidden()
        await expect(li.get_by_test_id("acts")).to_have_count(0)
        await expect(wang.get_by_test_id("event").filter(has_text="陈总没同意")).to_contain_text("「发票抬头写错了」")
        await expect(wang.get_by_test_id("step-bad")).to_contain_text("陈总：没同意")
        await expect(wang.get_by_test_id("step-later")).to_contain_text("财务")

        # Taken back while the approver looks at it.
        number = await submitted(world)
        await chen.goto(f"{site.url}/applications/{number}")
        await wang.goto(f"{site.url}/applications/{number}")
        await chen.get_by_test_id("approve").click()
        await say(wang, "withdraw")
        await expect(wang.get_by_test_id("standing")).to_contain_text("已撤回")
        await chen.get_by_test_id("go").click()
        await expect(chen.get_by_text("已经有结果了")).to_be_visible()
        await expect(chen.get_by_test_id("standing")).to_contain_text("已撤回")

        # Somebody with a place in two steps approves one step with one answer.
        async with transaction() as session:
            await catalogue.give_role(session, "财务", await session.get_one(Account, world.accounts["陈总"]))
        number = await submitted(world)
        await chen.goto(f"{site.url}/applications/{number}")
        await chen.get_by_test_id("approve").click()
        async with transaction() as session:
            account = await session.get_one(Account, world.accounts["陈总"])
            await service.decide(session, number, account, approve=True, via="chat")
        await chen.get_by_test_id("go").click()
        await expect(chen.get_by_text("那一步已经过了")).to_be_visible()
        await expect(chen.get_by_test_id("standing")).to_contain_text("在财务（2/2），等你批")


async def test_an_approver_hands_it_to_somebody_else(
    browser: Browser, site: Site, world: Office, size: tuple[int, int]
) -> None:
    number = await submitted(world)
    async with seat(browser, size, site, "lijianguo", f"/applications/{number}") as li:
        await li.get_by_test_id("transfer").click()
        await li.get_by_test_id("whom").fill("孙悟空")
        await li.get_by_test_id("find").click()
        await expect(li.get_by_test_id("nobody")).to_contain_text("没有叫「孙悟空」的人")
        await li.get_by_test_id("whom").fill("小王")
        await li.get_by_test_id("find").click()
        await li.get_by_test_id("candidate").click()
        await expect(li.get_by_text("自己的单子不能自己批")).to_be_visible()
        await li.get_by_test_id("transfer").click()
        await li.get_by_test_id("whom").fill("老张")
        await li.get_by_test_id("whom").press("Enter")
        await fits(li)
        await expect(li.get_by_test_id("candidate")).to_have_text("转给张伟（zhangwei）")
        await li.get_by_test_id("candidate").click()
        await expect(li.get_by_test_id("standing")).to_contain_text("张伟那儿")
        await expect(li.get_by_test_id("acts")).to_have_count(0)
        await expect(li.get_by_test_id("event").last).to_contain_text("李建国转给了张伟")
        await li.goto(f"{site.url}/applications?tab=answered")
        await expect(li.get_by_test_id(f"application-{number}")).to_contain_text("我：转给别人了")


async def test_pictures_are_brought_along_and_open_for_the_approver_alone(
    browser: Browser, site: Site, world: Office, size: tuple[int, int]
) -> None:
    async with (
        seat(browser, size, site, "xiaowang", "/applications/new?kind=报销") as wang,
        seat(browser, size, site, "lijianguo") as li,
        seat(browser, size, site, "zhangwei") as stranger,
    ):
        await field(wang, "金额").fill("一百万零一")
        await field(wang, "用途").fill("打车")
        await expect(wang.get_by_test_id("wrong-金额")).to_contain_text("是不是多写了个零")
        await field(wang, "金额").fill("一千二")
        await field(wang, "用途").focus()
        await expect(field(wang, "金额")).to_have_value("1200.00")
        upload = wang.get_by_test_id("field-发票").locator("input[type=file]")
        await upload.set_input_files({"name": "坏的.png", "mimeType": "image/png", "buffer": b"<html>"})
        await expect(wang.get_by_test_id("wrong-发票")).to_contain_text("不是完好的图片")
        for colour in ("teal", "orange"):
            name = f"{colour}.png"
            await upload.set_input_files({"name": name, "mimeType": "image/png", "buffer": picture(colour, "INVOICE")})
            await expect(wang.get_by_test_id("taken").filter(has_text=name)).to_be_visible()
        await wang.get_by_test_id("taken").filter(has_text="orange").get_by_role("button").click()
        await expect(wang.get_by_test_id("taken")).to_have_count(1)
        await wang.get_by_test_id("next").click()
        await expect(wang.get_by_test_id("preview-发票")).to_have_text("1 张")
        await wang.get_by_test_id("submit").click()
        await expect(wang.get_by_test_id("picture").locator("img")).to_be_visible()
        address = await wang.get_by_test_id("picture").get_attribute("href")
        assert address is not None
        number = int(address.split("/")[2])

        await li.goto(f"{site.url}/applications/{number}")
        seen = await li.request.get(site.url + address)
        assert (seen.status, seen.headers["content-type"], await seen.body()) == (
            200, "image/png", picture("teal", "INVOICE"),
        )  # fmt: skip
        # The file opens with the application, and by no other way.
        file_id = address.rpartition("/")[2]
        assert (await wang.request.get(f"{site.url}/files/{file_id}")).status == 200
        assert (await li.request.get(f"{site.url}/files/{file_id}")).status == 404
        assert (await stranger.request.get(site.url + address)).status == 404
        other = await submitted(world)
        assert (await li.request.get(f"{site.url}/applications/{other}/pictures/{file_id}")).status == 404
        # Taken back, it is gone for the approver, too.
        async with transaction() as session:
            await session.execute(text("UPDATE files SET trashed_at = now()"))
        await li.reload()
        await expect(li.get_by_test_id("gone-pictures")).to_have_text("1 张已经不在了")
        assert (await li.request.get(site.url + address)).status == 404

        # Who has bound no WeChat is told why there is no place for pictures.
        async with transaction() as session:
            contact = await session.get_one(Contact, world.contacts["小王"])
            contact.account_id = None
        await wang.goto(f"{site.url}/applications/new?kind=报销")
        await expect(wang.get_by_test_id("field-发票")).to_contain_text("要先绑定微信")


async def test_kinds_of_ones_own_and_kinds_without_approvers(
    browser: Browser, site: Site, world: Office, size: tuple[int, int]
) -> None:
    async with transaction() as session:
        await catalogue.save(session, load(_OWN))
        await repository.remove_role(session, "主管", world.accounts["李建国"])
        await repository.remove_role(session, "总经理", world.accounts["陈总"])
    async with seat(browser, size, site, "xiaowang", "/applications/new") as wang:
        await wang.get_by_test_id("kind-加班").click()
        await expect(wang.get_by_test_id("problem")).to_contain_text("还没有别人能批")
        await write(wang, f"{site.url}/applications/new?kind=用车")
        await field(wang, "哪天").fill(day(-1))
        await field(wang, "里程").fill("八九百")
        await field(wang, "去哪儿").focus()
        await expect(wang.get_by_test_id("wrong-哪天")).to_contain_text("已经过去太久")
        await expect(wang.get_by_test_id("wrong-里程")).to_be_visible()
        await field(wang, "哪天").fill(day(1))
        await field(wang, "里程").fill("")
        await expect(field(wang, "时间", "whole")).to_have_attribute("aria-checked", "false")
        await field(wang, "时间", "since").fill(f"{day(1)}T14:00")
        await field(wang, "时间", "until").fill(f"{day(1)}T17:30")
        await choose(wang, "车", "面包车")
        await field(wang, "去哪儿").fill("机场" * 20)
        await wang.get_by_test_id("next").click()
        await expect(wang.get_by_test_id("preview-时间")).to_contain_text("14:00–17:30，3.5 小时")
        await expect(wang.get_by_test_id("preview-去哪儿")).to_have_text("机场" * 10)
        # While it was written the kind was taken away.
        async with transaction() as session:
            await catalogue.turn_off(session, "用车")
        await wang.get_by_test_id("submit").click()
        await expect(wang.get_by_text("没有「用车」这种申请")).to_be_visible()
        async with transaction() as session:
            await catalogue.save(session, load(_OWN))
        await wang.get_by_test_id("submit").click()
        await expect(wang.get_by_test_id("standing")).to_contain_text("在车队 张伟那儿")


async def test_maintainers_see_kinds_and_roles(
    browser: Browser, site: Site, world: Office, size: tuple[int, int]
) -> None:
    async with transaction() as session:
        await repository.remove_role(session, "财务", world.accounts["小赵"])
    async with seat(browser, size, site, "admin") as admin, seat(browser, size, site, "xiaowang") as wang:
        await admin.get_by_test_id("kinds").click()
        await expect(admin.get_by_test_id("roles")).to_contain_text("李建国（lijianguo）")
        await expect(admin.get_by_test_id("kind")).to_have_count(5)
        await expect(admin.get_by_test_id("missing")).to_have_text("还没有人是财务，走到那一步就没人能批。")
        await expect(admin.get_by_text("金额超过 5,000 元才有")).to_be_visible()
        await expect(wang.get_by_test_id("kinds")).to_have_count(0)
        assert (await wang.request.get(f"{site.url}/applications/kinds")).status == 403
