"""The page 网盘 in a browser, on a phone and on a PC."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Download, Locator, Page, expect
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from botbay import jobs
from botbay.chat import files
from botbay.chat.models import File, FileKind, FileState, Gap, Member, RoomBot
from botbay.chat.readings import Read, Unreadable
from botbay.db import dispose, transaction
from botbay.postgres import EmbeddedPostgres
from tests.drive_fixture import Drive, days_ago, new_account, new_drive, pdf, picture
from tests.read_fixture import drawn, read, sent_picture
from tests.web_fixture import PC, PHONE, Site, chromium, postgres, running_site, window  # noqa: F401 (fixture)
from workers.archive.models import Share  # noqa: F401 (its tables)

expect.set_options(timeout=30_000)  # the tests' machine may be busy

TEXT = "一、上线时间\n二、<b>报价</b>\n"


@pytest.fixture(scope="module")
def server(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:  # noqa: F811
    with running_site(postgres, tmp_path_factory.mktemp("drive")) as running:
        yield running


@pytest.fixture
async def site(server: Site) -> AsyncIterator[Site]:
    await jobs.install()
    yield server
    await dispose()


@dataclass
class Sent:
    """What 王 finds in 产品群, of which 老李 is the owner."""

    drive: Drive
    account: str
    picture: int
    note: int
    pdf: int
    failed: int


@pytest.fixture
async def sent(site: Site) -> Sent:
    drive, sheet = await new_drive(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    async with transaction() as session:
        account = await new_account(session, f"wang{drive.bot.id}")
        await drive.person(session, "王", account)
        room = (await drive.room(session, "产品群", "老李", "王")).id
        await drive.room(session, "装修群", "老李", "王")
        session.add(RoomBot(room_id=room, bot_id=drive.bot.id, joined_at=days_ago(9)))
        session.add(Gap(bot_id=drive.bot.id, started_at=days_ago(1), ended_at=days_ago(0.9), reason="网关断了"))
        image = await drive.sent(
            session, "合影😀.png", "王", picture("#0f766e"), room="产品群", mime="image/png", kind=FileKind.IMAGE
        )
        note = await drive.sent(
            session,
            "会议记录 2026.txt",
            "王",
            TEXT.encode("gb18030"),
            room="产品群",
            at=days_ago(1),
            mime="text/plain",
            kind=FileKind.TEXT,
        )
        await drive.sent(session, "报价单.xlsx", "老李", b"sheet", room="产品群", mime=sheet, kind=FileKind.SHEET)
        paper = await drive.sent(
            session, "合同.pdf", "老李", pdf(), room="装修群", mime="application/pdf", kind=FileKind.PDF
        )
        failed = await drive.awaited(session, "旧方案.docx", "老李", room="产品群", kind=FileKind.DOCUMENT)
        await files.fail(session, failed, "微信里已经过期")
    return Sent(drive, account.name, image, note, paper, failed)


@pytest.fixture(params=[PHONE, PC], ids=["phone", "pc"])
async def page(request: pytest.FixtureRequest, site: Site, sent: Sent) -> AsyncIterator[Page]:
    async with chromium() as browser, window(browser, request.param) as opened:
        opened.set_default_timeout(30_000)
        await opened.goto(await site.login_link(sent.account))
        await opened.get_by_test_id("sign-in").click()
        await opened.wait_for_url(lambda url: "/login" not in url)
        await opened.goto(f"{site.url}/drive")
        yield opened
        await fits(opened)


async def fits(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def file(page: Page, file_id: int) -> Locator:
    return page.get_by_test_id(f"file-{file_id}")


async def tick(page: Page, *ids: int) -> None:
    for file_id in ids:
        await file(page, file_id).get_by_test_id("tick").click()
    await expect(page.get_by_test_id("selection")).to_contain_text(f"选了 {len(ids)} 个")


async def saved(download: Download) -> bytes:
    return await asyncio.to_thread(Path(await download.path()).read_bytes)


async def test_looking_for_files_and_asking_for_one_again(page: Page, sent: Sent) -> None:
    for file_id in (sent.picture, sent.note, sent.pdf):
        await expect(file(page, file_id)).to_be_visible()
    assert await file(page, sent.picture).locator("img").evaluate("image => image.decode().then(() => true)")
    await expect(page.get_by_test_id("gap")).to_contain_text("这段时间的文件可能没收到")
    await page.get_by_test_id("filter-place").click()
    await page.get_by_role("option", name="产品群").click()
    await expect(file(page, sent.pdf)).to_have_count(0)
    await expect(file(page, sent.note)).to_be_visible()
    await page.get_by_test_id("tab-images").click()
    await expect(file(page, sent.note)).to_have_count(0)
    await expect(file(page, sent.picture)).to_be_visible()
    await page.get_by_test_id("tab-video").click()
    await expect(page.get_by_text("这个条件下没有文件")).to_be_visible()
    await page.get_by_test_id("tab-attachments").click()
    await page.get_by_test_id("filter-name").fill("会议")
    await expect(file(page, sent.failed)).to_have_count(0)
    await expect(file(page, sent.note)).to_be_visible()
    await page.get_by_test_id("filter-name").fill("没有的")
    await page.get_by_test_id("clear-filters").click()
    await expect(file(page, sent.failed).get_by_test_id("state")).to_have_text("没取到：微信里已经过期")
    await fits(page)
    await file(page, sent.failed).get_by_test_id("file-name").click()
    await page.get_by_test_id("retry").click()
    await expect(file(page, sent.failed).get_by_test_id("state")).to_have_text("正在取…")
    async with transaction() as session:
        assert (await session.get_one(File, sent.failed)).state == FileState.PENDING


async def test_previews_and_a_download_with_its_chinese_name(page: Page, sent: Sent) -> None:
    await file(page, sent.picture).get_by_role("button").first.click()
    preview = page.get_by_test_id("preview")
    assert await preview.get_by_test_id("preview-image").evaluate("image => image.decode().then(() => true)")
    await fits(page)
    await preview.get_by_test_id("close-preview").click()
    await file(page, sent.note).get_by_test_id("file-name").click()
    await expect(preview.get_by_test_id("preview-text")).to_have_text(TEXT)
    async with page.expect_download() as coming:
        await preview.get_by_test_id("preview-download").click()
    download = await coming.value
    assert download.suggested_filename == "会议记录 2026.txt"
    assert await saved(download) == TEXT.encode("gb18030")
    await preview.get_by_test_id("close-preview").click()
    await file(page, sent.pdf).get_by_test_id("file-name").click()
    if page.viewport_size == {"width": PC[0], "height": PC[1]}:
        await expect(preview.get_by_test_id("preview-pdf")).to_be_visible()
    else:
        await expect(preview.get_by_test_id("preview-open")).to_be_visible()
    await fits(page)


async def test_two_files_in_one_zip_and_the_usage(page: Page, sent: Sent) -> None:
    await tick(page, sent.picture, sent.note)
    async with page.expect_download() as coming:
        await page.get_by_test_id("zip").click()
    download = await coming.value
    assert download.suggested_filename.startswith("产品群 ")
    archive = zipfile.ZipFile(io.BytesIO(await saved(download)))
    assert set(archive.namelist()) == {"合影😀.png", "会议记录 2026.txt"}
    assert archive.testzip() is None
    # Meanwhile the page follows what comes in.
    async with transaction() as session:
        await session.execute(update(File).where(File.id == sent.failed).values(state=FileState.PENDING))
    await expect(file(page, sent.failed).get_by_test_id("state")).to_have_text("正在取…")
    await expect(page.get_by_test_id("selection")).to_contain_text("选了 2 个")
    await page.get_by_test_id("usage").click()
    await expect(page.get_by_test_id("usage-total")).to_contain_text("5 个文件")
    await expect(page.get_by_test_id("used")).to_have_count(2)


async def test_a_link_opens_signed_out_until_it_is_taken_back(page: Page, sent: Sent) -> None:
    await tick(page, sent.picture, sent.note)
    await page.get_by_test_id("share").click()
    await page.get_by_test_id("create-link").click()
    address = await page.get_by_test_id("link-address").inner_text()
    await page.get_by_test_id("close-sharing").click()
    async with chromium() as browser, window(browser, PHONE) as stranger:
        await stranger.goto(address)
        await expect(stranger.get_by_test_id("link-file")).to_have_count(2)
        await expect(stranger.get_by_text("分享给你")).to_be_visible()
        assert await stranger.locator("img").last.evaluate("image => image.decode().then(() => true)")
        async with stranger.expect_download() as coming:
            await stranger.get_by_test_id("link-download").first.click()
        assert (await coming.value).suggested_filename == "会议记录 2026.txt"
        async with stranger.expect_download() as coming:
            await stranger.get_by_test_id("link-zip").click()
        assert len(zipfile.ZipFile(io.BytesIO(await saved(await coming.value))).namelist()) == 2
        await fits(stranger)

    await page.get_by_test_id("links").click()
    await expect(page.get_by_test_id("own-link")).to_contain_text("等 2 个文件")
    await expect(page.get_by_test_id("own-link")).to_contain_text("打开过 1 次")
    await page.get_by_test_id("revoke").click()
    await expect(page.get_by_text("没有还开着的链接")).to_be_visible()
    answer = await page.request.get(address)
    assert (answer.status, "链接已失效" in await answer.text()) == (404, True)


async def test_throwing_away_taking_back_and_deleting(page: Page, sent: Sent) -> None:
    await tick(page, sent.picture, sent.note, sent.pdf)
    await page.get_by_test_id("throw-away").click()
    await expect(page.get_by_text("2 个放进了回收站")).to_be_visible()
    await expect(file(page, sent.note)).to_have_count(0)
    await expect(file(page, sent.pdf)).to_be_visible()  # somebody else's
    await page.get_by_test_id("trash").click()
    await page.get_by_test_id(f"trashed-{sent.note}").get_by_test_id("restore").click()
    await expect(page.get_by_test_id(f"trashed-{sent.note}")).to_have_count(0)
    await page.get_by_test_id(f"trashed-{sent.picture}").get_by_test_id("erase").click()
    await page.get_by_test_id("really-erase").click()
    await expect(page.get_by_text("回收站是空的")).to_be_visible()
    await fits(page)
    await page.get_by_test_id("close-trash").click()
    await expect(file(page, sent.note)).to_be_visible()
    await expect(file(page, sent.picture)).to_have_count(0)
    async with transaction() as session:
        assert await session.scalar(select(File.state).where(File.id == sent.picture)) == FileState.DELETED


EVIL = "<img src=x onerror=alert(1)> **粗** 会议室 A302"
SHOT = drawn(
    [(60, 60, "周会改到周四下午三点"), (420, 300, EVIL[28:]), (40, 560, "WiFi密码 bluewhale2026")],
    "周四",
    "会议室",
    "bluewhale",
    "报销",
    turned=[(60, 180, "报销单在左边")],
)


async def clipboard(page: Page) -> str:
    """What a paste brings."""
    await page.evaluate("""() => {
        const field = document.createElement('textarea'); field.id = 'pasted';
        (document.querySelector('[data-testid=preview]') ?? document.body).append(field); field.focus(); }""")
    await page.keyboard.press("Control+V")
    return str(
        await page.evaluate("() => { const f = document.getElementById('pasted'); f.remove(); return f.value; }")
    )


async def test_the_writing_in_a_picture_is_selected_and_copied_over_it(page: Page, sent: Sent) -> None:
    async with transaction() as session:
        shot = await sent_picture(session, sent.drive, "通知.png", "老李", SHOT, "产品群")
    await page.goto(f"{page.url.split('/drive')[0]}/drive?file={shot}")
    preview = page.get_by_test_id("preview")
    assert await preview.get_by_test_id("preview-image").evaluate("image => image.decode().then(() => true)")
    layer = preview.get_by_test_id("read-lines")
    await expect(layer.locator(".rt-line")).to_have_count(len(SHOT.lines))
    await expect(layer).to_contain_text("WiFi密码 bluewhale2026")
    await fits(page)

    # A double click selects a word as it does everywhere, at the place where the picture has it.
    left, top, right, bottom = SHOT.places["bluewhale"]
    scale = await layer.evaluate("layer => layer.clientWidth") / SHOT.size[0]
    await layer.dblclick(position={"x": (left + right) / 2 * scale, "y": (top + bottom) / 2 * scale})
    assert await page.evaluate("getSelection().toString().trim()") == "bluewhale2026"
    await page.keyboard.press("Control+C")
    assert (await clipboard(page)).strip() == "bluewhale2026"

    await preview.get_by_test_id("copy-text").click()
    await expect(page.get_by_text("复制好了")).to_be_visible()
    assert await clipboard(page) == "\n".join(line.text for line in SHOT.lines)
    words = layer.get_by_text("周会改到周四下午三点")
    assert await words.evaluate("element => getComputedStyle(element).color") == "rgba(0, 0, 0, 0)"
    await preview.get_by_test_id("show-text").click()
    await expect(words).not_to_have_css("color", "rgba(0, 0, 0, 0)")
    await preview.get_by_test_id("read-fold").locator("summary").click()
    await expect(preview.get_by_test_id("read-text")).to_have_text("\n".join(line.text for line in SHOT.lines))
    await fits(page)


async def test_a_picture_that_nobody_has_read_yet_says_so_until_it_is_read(page: Page, sent: Sent) -> None:
    async def send(session: AsyncSession, name: str, colour: str) -> int:
        # Bytes that no other test has read.
        data = picture(colour, f"{sent.picture}")
        return await sent.drive.sent(session, name, "老李", data, room="产品群", mime="image/png", kind=FileKind.IMAGE)

    async with transaction() as session:
        new = await send(session, "新图.png", "#112233")
        empty, odd = await send(session, "天空.png", "#3355ff"), await send(session, "坏图.png", "#ff5533")
        await read(session, empty, Read(text="", width=320, height=240))
        await read(session, odd, Unreadable("图片太大了"))
    await page.reload()
    await file(page, new).get_by_role("button").first.click()
    preview = page.get_by_test_id("preview")
    await expect(preview.get_by_test_id("read-state")).to_contain_text("还在读这张图")
    async with transaction() as session:
        await read(session, new, Read(text=EVIL, width=320, height=240))
    await expect(preview.get_by_test_id("read-state")).to_have_count(0)
    await preview.get_by_test_id("read-fold").locator("summary").click()
    await expect(preview.get_by_test_id("read-text")).to_have_text(EVIL)
    await expect(preview.locator("img")).to_have_count(1)
    await expect(preview.get_by_test_id("show-text")).to_have_count(0)  # nobody knows where it stands
    await preview.get_by_test_id("close-preview").click()

    for file_id, words in ((empty, "图里没有文字。"), (odd, "图里的文字没读出来：图片太大了")):
        await file(page, file_id).get_by_role("button").first.click()
        await expect(preview.get_by_test_id("read-state")).to_have_text(words)
        await preview.get_by_test_id("close-preview").click()


async def test_a_document_shows_its_text_and_a_file_that_is_gone_is_told(page: Page, sent: Sent) -> None:
    async with transaction() as session:
        sheet = await sent.drive.sent(
            session, "预算.xlsx", "老李", b"a sheet", room="产品群", mime="application/zip", kind=FileKind.SHEET
        )
        await read(session, sheet, Read(text=f"一月\t{EVIL}\n" + "二月 " * 60_000))
        await read(session, sent.pdf, Read(text="合同编号 HT-2026"))
    await page.reload()
    await file(page, sheet).get_by_test_id("file-name").click()
    preview = page.get_by_test_id("preview")
    await expect(preview.get_by_test_id("read-text")).to_contain_text(EVIL)
    await expect(preview.get_by_text("只显示了开头")).to_be_visible()
    await fits(page)
    await preview.get_by_test_id("close-preview").click()
    await file(page, sent.pdf).get_by_test_id("file-name").click()
    await preview.get_by_test_id("read-fold").locator("summary").click()
    await expect(preview.get_by_test_id("read-text")).to_have_text("合同编号 HT-2026")
    await page.wait_for_load_state("networkidle")  # the PDF itself is shown beside its text
    await preview.get_by_test_id("close-preview").click()
    await expect(preview).to_have_count(0)
    async with transaction() as session:
        me = sent.drive.people["王"].id
        for room in sent.drive.rooms.values():
            (await session.get_one(Member, (room.id, me))).left_at = days_ago(0)
    await file(page, sheet).get_by_test_id("file-name").click()
    await expect(preview.get_by_text("这份文件已经不在了")).to_be_visible()
    await expect(preview.get_by_test_id("read-text")).to_have_count(0)


@pytest.mark.parametrize("size", [PHONE, PC], ids=["phone", "pc"])
async def test_an_empty_drive_says_why(site: Site, size: tuple[int, int]) -> None:
    drive = await new_drive()
    name = f"new{drive.bot.id}"
    async with transaction() as session:
        account = await new_account(session, name)
    async with chromium() as browser, window(browser, size) as page:
        await page.goto(await site.login_link(name))
        await page.get_by_test_id("sign-in").click()
        await page.wait_for_url(lambda url: "/login" not in url)
        await page.goto(f"{site.url}/drive")
        await expect(page.get_by_text("还不知道哪个微信是你")).to_be_visible()
        async with transaction() as session:
            await drive.person(session, "新人", account)
            room = await drive.room(session, "安静群", "新人", recording=False)
        await page.reload()
        await expect(page.get_by_text("还没有记录任何群")).to_be_visible()
        async with transaction() as session:
            (await session.merge(room)).recording_at = days_ago(0)
        await page.reload()
        await expect(page.get_by_text("还没有人发过文件")).to_be_visible()
        await fits(page)
