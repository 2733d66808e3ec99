"""The pages of reports in a browser, on a phone and on a PC."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import pypdfium2
import pytest
from playwright.async_api import Locator, Page, expect
from sqlalchemy import select

from botbay import jobs
from botbay.chat.access import PRIVATE, Subject
from botbay.chat.models import Account, Gap, Member, Message, Room, RoomBot
from botbay.db import dispose, now, transaction
from botbay.postgres import EmbeddedPostgres
from botbay.settings import load_settings
from tests.drive_fixture import Drive, days_ago, new_account, new_drive, pdf
from tests.minutes_fixture import made
from tests.web_fixture import PC, PHONE, Site, chromium, postgres, running_site, window  # noqa: F401 (fixture)
from web.report_links import token
from workers.minutes import repository as minutes
from workers.minutes.models import TodoRow
from workers.report import service, spans
from workers.report.models import ReportShare

expect.set_options(timeout=30_000)  # the tests' machine may be busy

_LONG = "2026 年第一季度产品与研发同步群（华东华南联合，外包同事也在）"
_OTHERS = [
    "周航",
    "林静",
    "陈晨",
    "何伟",
    "苏敏",
    "吴越",
    "郑爽",
    "唐宁",
    "许诺",
    "冯程",
    "曹颖",
    "彭飞",
    "邓琳",
    "萧然",
]

#: What was said on the day that is walked: hour, minute, room, who, kind, text. None: who is named nowhere.
_SAID = [
    (9, 2, "产品群", "王芳", "text", "大家早，今天把 2.0 发版的事定一下"),
    (9, 5, "产品群", "老李", "text", "好的，灰度方案我昨晚写完了"),
    (9, 6, "产品群", "钱小满", "text", "支付页的崩溃要在发版前修好，昨天又有 37 个用户遇到。\n日志我发群里了"),
    (9, 30, "产品群", "阿May😀", "image", ""),
    (10, 1, "产品群", "老李", "text", "@王芳 灰度名单你看一下？"),
    (10, 4, "产品群", "王芳", "text", "灰度名单没问题，就按 10% 来"),
    (10, 10, _LONG, "钱小满", "text", "灰度数据出来了，崩溃率降到 0.1%，打 13812345678 找我要明细"),
    (10, 12, _LONG, "老李", "text", "崩溃率这个数很好，发版没问题"),
    (10, 15, _LONG, None, "text", ""),
    (10, 16, _LONG, None, "image", ""),
    (10, 40, _LONG, "阿May😀", "voice", ""),
    (14, 20, _LONG, "钱小满", "text", "@王芳 发版公告今天能定稿吗"),
    (14, 31, "产品群", "老李", "link", ""),
    (14, 33, "产品群", "老李", "text", "需求文档里灰度那一节我改过了"),
    (20, 15, "产品群", "王芳", "video", ""),
    (21, 8, "产品群", "阿May😀", "location", ""),
    (11, 2, _LONG, "周航", "text", "安卓的灰度包我这边装上了"),
    (11, 5, _LONG, "林静", "text", "苹果那边审核过了，等灰度名单"),
    (11, 9, _LONG, "陈晨", "text", "支付页我再压测一轮"),
    (13, 40, _LONG, "何伟", "text", "压测到 800 并发没有崩溃"),
    (13, 52, _LONG, "苏敏", "text", "客服话术改好了，在共享盘"),
    (15, 3, _LONG, "吴越", "text", "埋点少了一个，灰度前补上"),
    (15, 20, _LONG, "郑爽", "image", ""),
    (15, 21, _LONG, "郑爽", "text", "这是新的支付页截图"),
    (16, 8, _LONG, "唐宁", "text", "优惠券要不要跟着灰度名单走？"),
    (16, 30, _LONG, "许诺", "text", "埋点补完了，压测也过了"),
    (17, 2, _LONG, "冯程", "text", "回滚脚本我演练过一次"),
    (17, 15, _LONG, "曹颖", "text", "值班表发共享盘了"),
    (17, 40, _LONG, "彭飞", "voice", ""),
    (18, 5, _LONG, "邓琳", "text", "回滚脚本也发我一份"),
    (18, 9, _LONG, "萧然", "text", "公告的配图今晚给"),
]


@pytest.fixture(scope="module")
def server(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:  # noqa: F811
    with running_site(postgres, tmp_path_factory.mktemp("reports")) as running:
        yield running


@pytest.fixture
async def site(server: Site) -> AsyncIterator[Site]:
    await jobs.install()
    yield server
    await dispose()


@dataclass
class World:
    """王芳 is in 产品群 and in a group of a long name; ``day`` is the begin of yesterday, which is walked."""

    drive: Drive
    account: str
    day: datetime
    minutes: int
    said: list[int]  # ids in the order of _SAID

    def of(self, number: int) -> str:
        return (self.day + timedelta(days=number)).date().isoformat()


def _message(drive: Drive, number: int, room: str, who: str | None, kind: str, text: str, at: datetime) -> Message:
    called = who is not None and text.startswith("@王芳")
    return Message(
        bot_id=drive.bot.id,
        room_id=drive.rooms[room].id,
        talker_id=None if who is None else drive.people[who].id,
        source_id=f"{room}-{at}-{number}",
        kind=kind,
        text=text,
        mention_ids=[drive.people["王芳"].wechat_id] if called else [],
        details={"title": "2.0 需求文档", "url": "https://example.com/prd/v2?tab=1&x=a_b_c#top"}
        if kind == "link"
        else {},
        withheld=who is None,
        sent_at=at,
    )


async def make_world() -> World:
    drive = await new_drive()
    zone = load_settings().zone
    yesterday = (now().astimezone(zone) - timedelta(days=1)).date()
    day = datetime.combine(yesterday, time(), zone)
    async with transaction() as session:
        account = await new_account(session, f"wang{drive.bot.id}")
        account.display_name = "王芳"
        await drive.person(session, "王芳", account)
        await drive.room(session, "产品群", "老李", "王芳", "钱小满", "阿May😀")
        await drive.room(session, _LONG, "老李", "王芳", "钱小满", "阿May😀", *_OTHERS)
        for room in drive.rooms.values():
            session.add(RoomBot(room_id=room.id, bot_id=drive.bot.id, joined_at=days_ago(30)))
            (await session.get_one(Room, room.id)).recording_at = days_ago(30)
        gap = (day + timedelta(hours=12, minutes=10), day + timedelta(hours=12, minutes=40))
        session.add(Gap(bot_id=drive.bot.id, started_at=gap[0], ended_at=gap[1], reason="网关断了"))
        session.add(
            Message(
                bot_id=drive.bot.id,
                room_id=drive.rooms["产品群"].id,
                source_id=f"joined-{day}",
                kind="notice",
                details={"event": "joined", "names": ["小新"], "by": "老李"},
                sent_at=day + timedelta(hours=9),
            )
        )
        said = [
            _message(drive, number, room, who, kind, text, day + timedelta(hours=hour, minutes=minute))
            for number, (hour, minute, room, who, kind, text) in enumerate(_SAID)
        ]
        earlier = [
            _message(drive, number, "产品群", "老李", "text", "之前的一句", day - timedelta(days=back, minutes=-number))
            for back, count in ((1, 22), (2, 31), (4, 12), (5, 40))
            for number in range(count)
        ]
        session.add_all([*said, *earlier])
        await session.flush()
        await drive.sent(
            session, "2026 年第一季度 报价单（最终版）.pdf", "钱小满", pdf(), room="产品群", at=day + timedelta(hours=15),
            mime="application/pdf",
        )  # fmt: skip
        session.add(
            TodoRow(
                room_id=drive.rooms[_LONG].id,
                message_id=said[11].id,
                sources=[said[11].id],
                what="把发版公告定稿",
                who_contact_id=drive.people["王芳"].id,
                who_name="王芳",
                shown="今天",
            )
        )
        document = made(ids=tuple(each.id for each in said if not each.withheld), since=day + timedelta(hours=9))
        row = await minutes.hold(session, drive.rooms["产品群"].id, document.since, document.until)
        await minutes.add_version(session, row, document)
        return World(drive, account.name, day, row.id, [each.id for each in said])


@pytest.fixture
async def world(site: Site) -> World:
    return await make_world()


@pytest.fixture(params=[PHONE, PC], ids=["phone", "pc"])
async def page(request: pytest.FixtureRequest, site: Site, world: World) -> AsyncIterator[Page]:
    async with chromium() as browser, window(browser, request.param) as opened:
        await enter(opened, site, world.account)
        await opened.goto(f"{site.url}/reports?day={world.of(0)}")
        yield opened
        await fits(opened)


async def enter(page: Page, site: Site, account: str) -> None:
    page.set_default_timeout(30_000)
    await page.goto(await site.login_link(account))
    await page.get_by_test_id("sign-in").click()
    await page.wait_for_url(lambda url: "/login" not in url)


async def fits(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def part(page: Page, name: str) -> Locator:
    return page.get_by_test_id(name)


async def touch_column(page: Page, card: str, place: int) -> None:
    """Touch a column of a chart above its top, where nothing is drawn."""
    columns = part(page, card).locator('svg path[fill="none"][d$="Z"]')
    await columns.nth(place).scroll_into_view_if_needed()
    box = await columns.nth(place).bounding_box()
    assert box is not None
    await page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 4)


async def count_behind(page: Page) -> int:
    """How many messages the panel lists, with those that are only counted; closes it."""
    panel = page.get_by_test_id("behind")
    await expect(panel).to_be_visible()
    await expect(panel.get_by_test_id("behind-count")).to_contain_text("条消息")
    unseen = panel.get_by_test_id("unseen")
    words = await unseen.inner_text() if await unseen.count() else ""
    number = await panel.get_by_test_id("behind-message").count() + int("".join(filter(str.isdigit, words)) or 0)
    assert await panel.get_by_test_id("behind-count").inner_text() == f"{number} 条消息"
    await fits(page)
    await panel.get_by_test_id("close-behind").click()
    await expect(panel).to_be_hidden()
    return number


async def test_every_figure_opens_the_messages_that_it_counts(page: Page, world: World) -> None:
    file = ("产品群", "钱小满", "file", "")
    said = [*[(room, who, kind, text) for _, _, room, who, kind, text in _SAID], file]
    hours = Counter([*[hour for hour, *_ in _SAID], 15])
    await expect(part(page, "total-messages")).to_contain_text(f"{len(said)}")
    await expect(part(page, "total-messages")).to_contain_text(f"多 {len(said) - 22} 条")
    await expect(part(page, "total-people")).to_contain_text("18")
    await expect(part(page, "total-mentions")).to_contain_text("1 次还没回")
    await expect(page.get_by_test_id("gap")).to_contain_text("不在线（网关断了）")
    await page.get_by_test_id("total-messages").click()
    assert await count_behind(page) == len(said)

    for kind, count in Counter("other" if kind == "location" else kind for _, _, kind, _ in said).items():
        await expect(page.get_by_test_id(f"kind-{kind}")).to_contain_text(str(count))
        if kind in ("text", "image", "other"):
            await page.get_by_test_id(f"kind-{kind}").click()
            assert await count_behind(page) == count
    await touch_column(page, "hours", 10)
    assert await count_behind(page) == hours[10]

    for place, room in enumerate((_LONG, "产品群")):
        bar = part(page, "rooms").get_by_test_id("bar").nth(place)
        await expect(bar).to_contain_text(room)
        await bar.click()
        assert await count_behind(page) == sum(each[0] == room for each in said)
    people = part(page, "people").get_by_test_id("bar")
    await expect(people).to_have_count(15)
    await page.get_by_test_id("all-bars").click()
    await expect(people).to_have_count(19)
    await people.first.click()
    assert await count_behind(page) == sum(each[1] == "老李" for each in said)
    await expect(people.last).to_contain_text("没有同意记录的人")
    await people.last.click()
    await expect(page.get_by_test_id("behind")).to_be_hidden()

    word = page.get_by_test_id("keyword").first
    told = await word.inner_text()
    await word.click()
    assert await count_behind(page) == sum(told in each[3] for each in said)


async def test_what_is_named_opens_in_its_own_place(page: Page, world: World) -> None:
    source = page.get_by_test_id("source")
    calls = page.get_by_test_id("mention")
    await expect(calls.first).to_contain_text("还没回")
    await calls.first.click()
    await expect(source.get_by_test_id("source-message")).to_contain_text("发版公告今天能定稿吗")
    await expect(source.get_by_test_id("context-message").first).to_be_visible()
    await fits(page)
    await source.get_by_test_id("close-source").click()
    await expect(source).to_be_hidden()
    await page.get_by_test_id("todo").click()
    await expect(source.get_by_test_id("source-message")).to_contain_text("发版公告今天能定稿吗")
    await source.get_by_test_id("close-source").click()
    await expect(source).to_be_hidden()

    await page.get_by_test_id("kind-text").click()
    listed = page.get_by_test_id("behind").get_by_test_id("behind-message")
    phone = listed.filter(has_text="崩溃率降到 0.1%")
    await expect(phone).to_contain_text("138****5678")
    await expect(page.get_by_test_id("unseen")).to_contain_text("1 条来自没有同意记录的人")
    await phone.click()
    await expect(source.get_by_test_id("source-message")).to_contain_text("崩溃率降到 0.1%")
    await source.get_by_test_id("close-source").click()
    await page.get_by_test_id("close-behind").click()
    await expect(page.get_by_test_id("behind")).to_be_hidden()

    await expect(part(page, "links").get_by_role("link")).to_have_attribute(
        "href", "https://example.com/prd/v2?tab=1&x=a_b_c#top"
    )
    await part(page, "links").get_by_test_id("said").click()
    await expect(source.get_by_test_id("source-message")).to_contain_text("2.0 需求文档")
    await source.get_by_test_id("close-source").click()
    await expect(source).to_be_hidden()
    await expect(part(page, "joined")).to_contain_text("小新")
    await page.get_by_test_id("minutes-entry").click()
    await page.wait_for_url(f"**/minutes/{world.minutes}")
    await page.go_back()
    await page.get_by_test_id("in-drive").click()
    await expect(page.get_by_test_id("preview-name")).to_contain_text("报价单（最终版）.pdf")
    await page.go_back()

    async with transaction() as session:
        for room in world.drive.rooms.values():
            (await session.get_one(Member, (room.id, world.drive.people["王芳"].id))).left_at = now()
    await page.get_by_test_id("kind-text").click()
    await expect(page.get_by_text("这些消息现在看不到了")).to_be_visible()
    await page.get_by_test_id("close-behind").click()


async def test_days_spans_and_rooms_are_switched(page: Page, site: Site, world: World) -> None:
    total = part(page, "total-messages")
    await page.get_by_test_id("earlier").click()
    await expect(total).to_contain_text("22")
    await page.get_by_test_id("later").click()
    await expect(total).to_contain_text("32")
    await touch_column(page, "trend", 1)
    await expect(total).to_contain_text("40")
    await expect(page.get_by_test_id("on")).to_have_value(world.of(-5))
    await page.go_back()
    await expect(total).to_contain_text("32")
    await page.get_by_test_id("room").click()
    await page.get_by_role("option", name="产品群").click()
    await expect(total).to_contain_text("11")
    await expect(page.get_by_test_id("rooms")).to_have_count(0)
    await page.get_by_test_id("kind-text").click()
    assert await count_behind(page) == sum(room == "产品群" and kind == "text" for _, _, room, _, kind, _ in _SAID)
    await page.get_by_test_id("grain").get_by_text("自选").click()
    await expect(page.get_by_test_id("since")).to_have_value(world.of(0))
    await page.get_by_test_id("since").fill(world.of(-2))
    await expect(total).to_contain_text(str(11 + 22 + 31))
    await fits(page)
    await page.get_by_test_id("since").fill("2001-01-01")
    await expect(page.get_by_text("一次最多看一年")).to_be_visible()
    await page.get_by_test_id("grain").get_by_text("周", exact=True).click()
    await expect(page.get_by_role("heading", name="的周报")).to_be_visible()
    await page.get_by_test_id("grain").get_by_text("月", exact=True).click()
    await expect(page.get_by_role("heading", name="的月报")).to_be_visible()
    await page.get_by_test_id("grain").get_by_text("日", exact=True).click()
    await page.wait_for_url("**grain=day**")
    await page.goto(f"{site.url}/reports")
    await expect(page.get_by_text("这段时间还没有人说话")).to_be_visible()
    await expect(page.get_by_test_id("later")).to_be_disabled()
    await touch_column(page, "trend", 5)
    await expect(total).to_contain_text("32")
    for bad in ("grain=year&day=0000-99-99", "since=2026-13-01", "room=999999999&day=9999-12-31", "until=x"):
        await page.goto(f"{site.url}/reports?{bad}")
        await expect(page.get_by_test_id("grain")).to_be_visible()


async def test_a_report_is_shared_by_a_link_that_expires(page: Page, site: Site, world: World) -> None:
    await page.get_by_test_id("share").click()
    await page.get_by_test_id("create-link").click()
    own = page.get_by_test_id("own-link")
    await expect(own).to_have_count(1)
    plain = await own.get_by_test_id("link-address").inner_text()
    await page.get_by_test_id("share-words").click()
    await page.get_by_test_id("share-days").get_by_text("1 天").click()
    await page.get_by_test_id("create-link").click()
    await expect(own).to_have_count(2)
    telling = await own.first.get_by_test_id("link-address").inner_text()
    await own.first.get_by_test_id("copy-link").click()
    await expect(page.get_by_text("复制好了")).to_be_visible()
    await fits(page)

    size = page.viewport_size
    assert size is not None
    async with chromium() as browser, window(browser, (size["width"], size["height"])) as guest:
        await guest.goto(plain)
        await expect(part(guest, "total-messages")).to_contain_text("32")
        await expect(part(guest, "people")).to_contain_text("老李")
        await expect(part(guest, "hours").locator("svg")).to_be_visible()
        await expect(guest.get_by_text("王芳 分享给你")).to_be_visible()
        for hidden in ("mentions", "keywords", "files", "links", "todos", "minutes", "joined", "grain", "nav-home"):
            await expect(guest.get_by_test_id(hidden)).to_have_count(0)
        source = await guest.content()
        for words in ("报价单", "发版公告", "能定稿", "需求文档", "小新", "灰度"):
            assert words not in source
        await part(guest, "kind-text").click()
        await expect(guest.get_by_test_id("behind")).to_have_count(0)
        await fits(guest)
        await guest.goto(telling)
        await expect(part(guest, "files")).to_contain_text("报价单")
        await expect(part(guest, "keywords")).to_be_visible()
        await expect(part(guest, "files").get_by_role("link")).to_have_count(0)
        await expect(guest.get_by_test_id("mentions")).to_have_count(0)

        async with transaction() as session:
            shares = (await session.scalars(select(ReportShare).order_by(ReportShare.id.desc()).limit(2))).all()
            first, second = shares[1], shares[0]
            assert (first.words, second.words, first.opened, second.opened) == (False, True, 1, 1)
            second.expires_at = now() - timedelta(seconds=1)
        part_of = f"{site.url}/r/"
        forged = f"{part_of}{first.id}-{int(first.expires_at.timestamp()) + 86400}-{plain.rsplit('-', 1)[-1]}"
        over = f"{part_of}{token(first.id, now() - timedelta(seconds=1))}"
        for address in (telling, forged, over, f"{part_of}nothing"):
            answer = await guest.request.get(address)
            assert answer.status == 404
            assert "它到期了，或分享的人收回了它" in await answer.text()
        assert (await guest.request.get(plain)).status == 200
        await page.get_by_test_id("close-sharing").click()
        await page.get_by_test_id("share").click()
        await expect(own).to_have_count(1)
        await expect(own).to_contain_text("打开过 2 次")
        await own.get_by_test_id("revoke").click()
        await expect(own).to_have_count(0)
        assert (await guest.request.get(plain)).status == 404
    await page.get_by_test_id("close-sharing").click()


async def test_it_prints_without_its_buttons_and_with_its_charts(site: Site, world: World) -> None:
    async with chromium() as browser, window(browser, PC) as page:
        await enter(page, site, world.account)
        await page.goto(f"{site.url}/reports?day={world.of(0)}")
        await expect(part(page, "trend").locator("svg")).to_be_visible()
        document = pypdfium2.PdfDocument(await page.pdf(format="A4"))
        words = "".join(sheet.get_textpage().get_text_bounded() for sheet in document)
        document.close()
        for shown in ("日报", "谁说得多", "老李", "灰度名单", "11/"):
            assert shown in words
        for hidden in ("打印", "分享", "首页", "退出登录", "自选"):
            assert hidden not in words


async def test_nobody_else_sees_it(site: Site, world: World) -> None:
    async with transaction() as session:
        account = (await session.scalars(select(Account).where(Account.name == world.account))).one()
        span = spans.day(world.day.date(), load_settings().zone)
        kept = await service.of_person(session, account, span)
        room = world.drive.rooms["产品群"]
        of_room = await service.of_room(session, Subject.of_account(account), PRIVATE, room.id, span)
        other = await new_account(session, f"other{world.drive.bot.id}")
        await world.drive.person(session, "外人", other)
        await world.drive.room(session, "别的群", "外人")
    async with chromium() as browser, window(browser, PC) as page:
        await enter(page, site, world.account)
        for stored, total in ((kept, 32), (of_room, 11)):
            await page.goto(f"{site.url}/reports/{stored.id}")
            await expect(part(page, "total-messages")).to_contain_text(str(total))
        await page.get_by_test_id("earlier").click()
        await expect(part(page, "total-messages")).to_contain_text("22")
    async with chromium() as browser, window(browser, PC) as page:
        assert "/login" in (await page.request.get(f"{site.url}/reports/{kept.id}")).url
        await enter(page, site, other.name)
        for stored in (kept, of_room):
            assert (await page.request.get(f"{site.url}/reports/{stored.id}")).status == 404
        await page.goto(f"{site.url}/reports?day={world.of(0)}&room={room.id}")
        await expect(page.get_by_text("那时还没有开始记录")).to_be_visible()
        assert "产品群" not in await page.content()
        await page.goto(f"{site.url}/drive?file=1")
        await expect(page.get_by_text("这份文件已经不在了")).to_be_visible()


@pytest.mark.parametrize("size", [PHONE, PC], ids=["phone", "pc"])
async def test_an_empty_report_says_why(site: Site, size: tuple[int, int]) -> None:
    drive = await new_drive()
    name = f"new{drive.bot.id}"
    async with transaction() as session:
        account = await new_account(session, name)
    async with chromium() as browser, window(browser, size) as page:
        await enter(page, site, name)
        await page.goto(site.url)
        await page.get_by_text("打开日报").click()
        await expect(page.get_by_text("还不知道哪个微信是你")).to_be_visible()
        async with transaction() as session:
            await drive.person(session, "新人", account)
            room = await drive.room(session, "安静群", "新人", recording=False)
        await page.reload()
        await expect(page.get_by_text("还没有记录任何群")).to_be_visible()
        await expect(page.get_by_text("说「开始记录」")).to_be_visible()
        await page.goto(f"{site.url}/reports?room={room.id}")
        await expect(page.get_by_text("这个群没有在记录")).to_be_visible()
        async with transaction() as session:
            (await session.merge(room)).recording_at = now() - timedelta(hours=1)
        await page.reload()
        await expect(page.get_by_text("这段时间还没有人说话")).to_be_visible()
        await page.get_by_test_id("on").fill("2020-01-01")
        await expect(page.get_by_text("那时还没有开始记录")).to_be_visible()
        await page.goto(f"{site.url}/reports?day=2099-01-01")
        await expect(page.get_by_text("那天还没到")).to_be_visible()
        await page.get_by_text("看今天的").click()
        await expect(page.get_by_text("这段时间还没有人说话")).to_be_visible()
        await fits(page)
