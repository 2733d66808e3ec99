"""The drive: who sees what, the trash, links, parts of files, and zips."""

import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from botbay import storage
from botbay.chat import files, messages
from botbay.chat.models import Account, Blob, File, FileKind, FileState, Gap, Member, Message, RoomBot
from botbay.db import now, transaction
from tests.drive_fixture import Drive, days_ago, new_account, new_drive
from web.app import create_app
from web.ranges import NotSatisfiable, wanted
from web.session import require_account
from workers.archive import chores, service, shares, trash
from workers.archive.models import Share, SharedFile
from workers.archive.service import DriveError, Tab, Wanted
from workers.archive.zipping import file_name

pytestmark = pytest.mark.usefixtures("database")

TEXT = "季度报价：一共 12 万\n".encode()


@dataclass
class World:
    """老李 owns 产品群; 王 and 钱 are in it, 路人 is not. A file of each of the first three, one of 王's in private."""

    drive: Drive
    accounts: dict[str, Account]
    files: dict[str, int]


@pytest.fixture
async def world() -> World:
    drive = await new_drive()
    async with transaction() as session:
        accounts = {name: await new_account(session, name) for name in ("老李", "王", "钱", "路人")}
        for name, account in accounts.items():
            await drive.person(session, name, account)
        await drive.room(session, "产品群", "老李", "王", "钱")
        await drive.room(session, "别的群", "路人")
        sent = {
            "李": await drive.sent(
                session, "报价单.txt", "老李", TEXT, room="产品群", mime="text/plain", kind=FileKind.TEXT
            ),
            "王": await drive.sent(session, "合影😀.png", "王", b"png", room="产品群", kind=FileKind.IMAGE),
            "钱": await drive.sent(session, "报价单.txt", "钱", b"another", room="产品群", at=days_ago(2)),
            "私": await drive.sent(session, "身份证.jpg", "王", b"private", kind=FileKind.IMAGE),
            "外": await drive.sent(session, "外面.txt", "路人", b"outside", room="别的群"),
        }
    return World(drive, accounts, sent)


async def names(account: Account, **more: object) -> list[str]:
    async with transaction() as session:
        page = await service.page(session, account, Wanted(**more))  # type: ignore[arg-type]
    return [entry.name for entry in page.entries]


async def leaves(world: World, name: str) -> None:
    async with transaction() as session:
        contact = world.drive.people[name].id
        await session.execute(update(Member).where(Member.contact_id == contact).values(left_at=now()))


async def state_of(file_id: int) -> File:
    async with transaction() as session:
        return await session.get_one(File, file_id)


# --- what is listed ----------------------------------------------------------------------------------------


async def test_everybody_sees_the_files_of_their_own_rooms_only(world: World) -> None:
    assert await names(world.accounts["王"]) == ["合影😀.png", "报价单.txt", "报价单.txt"]
    assert await names(world.accounts["路人"]) == ["外面.txt"]
    assert await names(world.accounts["王"], private=True) == ["身份证.jpg"]
    assert await names(world.accounts["老李"], private=True) == []
    await leaves(world, "王")
    assert await names(world.accounts["王"]) == []
    assert await names(world.accounts["王"], room_id=world.drive.rooms["产品群"].id) == []


async def test_files_are_found_by_kind_day_person_and_a_part_of_the_name(world: World) -> None:
    king, people = world.accounts["王"], world.drive.people
    assert await names(king, tab=Tab.IMAGES) == ["合影😀.png"]
    assert await names(king, tab=Tab.ATTACHMENTS) == ["报价单.txt", "报价单.txt"]
    assert await names(king, tab=Tab.VIDEO) == []
    assert await names(king, person_id=people["老李"].id) == ["报价单.txt"]
    assert await names(king, day=days_ago(2).astimezone(service.load_settings().zone).date()) == ["报价单.txt"]
    assert await names(king, name=" 合影 ") == ["合影😀.png"]
    assert await names(king, name=".PNG") == ["合影😀.png"]
    assert await names(king, name="%") == []
    async with transaction() as session:
        assert {name for _, name in await service.people(session, king, Wanted())} == {"老李", "王", "钱"}


async def test_pages_follow_each_other_without_holes_or_repeats(world: World) -> None:
    drive, king, at = world.drive, world.accounts["王"], days_ago(3)
    async with transaction() as session:
        for number in range(25):  # many at the same moment: an album
            await drive.awaited(session, f"{number}", "钱", room="产品群", at=at)
    seen: list[int] = []
    last = None
    while True:
        async with transaction() as session:
            page = await service.page(session, king, Wanted(), after=last, limit=4)
        seen += [entry.id for entry in page.entries]
        last = page.entries[-1]
        if not page.more:
            break
    assert len(seen) == len(set(seen)) == 28


async def test_what_is_not_there_says_why_and_can_be_fetched_again(world: World) -> None:
    async with transaction() as session:
        waits = await world.drive.awaited(session, "大文件.zip", "钱", room="产品群")
        failed = await world.drive.awaited(session, "旧.doc", "钱", room="产品群")
        await files.fail(session, failed, "微信里已经过期")
    king = world.accounts["王"]
    async with transaction() as session:
        found = {entry.id: entry for entry in await service.find(session, king, [waits, failed])}
        assert (found[waits].state, found[waits].stored) == (FileState.PENDING, False)
        assert found[failed].reason == "微信里已经过期"
        await service.retry(session, king, failed)
        assert (await session.get_one(File, failed)).state == FileState.PENDING
        queued = await session.scalar(text("SELECT payload FROM pgqueuer WHERE entrypoint LIKE 'fetch_media.%'"))
        assert str(failed).encode() in bytes(queued)
        with pytest.raises(DriveError):
            await service.retry(session, world.accounts["路人"], failed)


async def test_usage_counts_what_the_account_can_read(world: World) -> None:
    async with transaction() as session:
        used = await service.usage(session, world.accounts["王"])
    by = {(each.place, each.kind): (each.count, each.size) for each in used}
    assert by[("产品群", FileKind.TEXT)] == (1, len(TEXT))
    assert by[("", FileKind.IMAGE)] == (1, len(b"private"))
    assert sum(each.count for each in used) == 4


async def test_gaps_stand_among_the_files_of_their_rooms(world: World) -> None:
    async with transaction() as session:
        bot = world.drive.bot.id
        session.add(RoomBot(room_id=world.drive.rooms["产品群"].id, bot_id=bot, joined_at=days_ago(9)))
        for start, end in ((1, 0.9), (20, 19)):
            session.add(Gap(bot_id=bot, started_at=days_ago(start), ended_at=days_ago(end), reason="网关断了"))
        await session.flush()
        king = world.accounts["王"]
        page = await service.page(session, king, Wanted())
        assert [gap.reason for gap in page.gaps] == ["网关断了"]  # before the other one it was not in the room
        assert (await service.page(session, king, Wanted(tab=Tab.VIDEO))).gaps == []
        assert (await service.page(session, world.accounts["路人"], Wanted())).gaps == []


# --- the trash ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "what", "may"),
    [
        ("王", "王", True),  # sent it
        ("老李", "王", True),  # owns the room
        ("钱", "王", False),  # is in the room
        ("路人", "王", False),
        ("王", "私", True),
        ("老李", "私", False),
        ("钱", "钱", True),
    ],
)
async def test_who_may_throw_a_file_away_and_take_it_back(world: World, who: str, what: str, may: bool) -> None:
    account, file_id = world.accounts[who], world.files[what]

    async def throw() -> int:
        async with transaction() as session:
            return await trash.throw_away(session, account, [file_id, world.files["外"] if who != "路人" else 0])

    if not may:
        with pytest.raises(DriveError):
            await throw()
        return
    assert await throw() == 1
    async with transaction() as session:
        assert [entry.id for entry in await trash.listed(session, account)] == [file_id]
        assert await service.find(session, account, [file_id]) == []
        if who != "钱":
            assert await trash.listed(session, world.accounts["钱"]) == []
            with pytest.raises(DriveError):
                await trash.restore(session, world.accounts["钱"], [file_id])
        assert await trash.restore(session, account, [file_id]) == 1
        assert [entry.id for entry in await service.find(session, account, [file_id])] == [file_id]


async def test_who_has_left_the_room_has_no_say_in_it_any_more(world: World) -> None:
    await leaves(world, "王")
    async with transaction() as session:
        with pytest.raises(DriveError):
            await trash.throw_away(session, world.accounts["王"], [world.files["王"]])


async def erasures(session: AsyncSession) -> int:
    return await session.scalar(text("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'erase_file'")) or 0


async def test_after_thirty_days_only_the_place_is_left(world: World) -> None:
    king, file_id = world.accounts["王"], world.files["王"]
    async with transaction() as session:
        await trash.throw_away(session, king, [file_id])
    await chores.purge()
    assert (await state_of(file_id)).state == FileState.STORED
    async with transaction() as session:
        late = now() - timedelta(days=trash.DAYS, minutes=1)
        await session.execute(update(File).where(File.id == file_id).values(trashed_at=late))
    await chores.purge()
    file = await state_of(file_id)
    assert (file.state, file.blob_id, file.name) == (FileState.DELETED, None, "合影😀.png")
    async with transaction() as session:
        assert await erasures(session) == 1
        assert await session.scalar(select(func.count(Blob.id))) == 4
        assert await trash.listed(session, king) == []
        with pytest.raises(DriveError):
            await trash.restore(session, king, [file_id])
        # A fetch that comes late does not fill the place again.
        stored = storage.Stored(key="late", size=1, sha256="0" * 64)
        assert not await files.attach(session, file_id, stored, "text/plain", FileKind.TEXT)
        # And a recall takes the place too.
        assert await messages.recall(session, Message.id == file.message_id) == 1
        assert await session.get(File, file_id) is None


async def test_bytes_that_another_message_brought_stay(world: World) -> None:
    king = world.accounts["王"]
    async with transaction() as session:
        again = await world.drive.sent(session, "同一张.png", "钱", b"png", room="产品群")
        before = await erasures(session)
        await trash.throw_away(session, king, [world.files["王"]])
        assert await trash.erase(session, king, [world.files["王"], again]) == 1
        assert await erasures(session) == before
        (entry,) = await service.find(session, king, [again])
        assert entry.stored


async def test_nothing_is_erased_that_was_not_thrown_away(world: World) -> None:
    async with transaction() as session:
        with pytest.raises(DriveError):
            await trash.erase(session, world.accounts["王"], [world.files["王"]])


# --- links -------------------------------------------------------------------------------------------------


async def share(account: Account, *ids: int, days: int = 7) -> str:
    async with transaction() as session:
        return await shares.create(session, account, ids, days)


async def opened(token: str) -> list[str] | None:
    async with transaction() as session:
        found = await shares.look(session, token)
    return None if found is None else [entry.name for entry in found.entries]


async def test_a_link_opens_for_anybody_until_it_is_taken_back(world: World) -> None:
    king = world.accounts["王"]
    token = await share(king, world.files["李"], world.files["王"], world.files["外"])
    assert await opened(token) == ["报价单.txt", "合影😀.png"]  # what its maker cannot read is not in it
    async with transaction() as session:
        (own,) = await shares.own(session, king)
        assert own.count == 2
        assert await shares.own(session, world.accounts["老李"]) == []
        with pytest.raises(DriveError):
            await shares.revoke(session, world.accounts["老李"], own.id)
        row = await session.get_one(Share, own.id)
        assert token not in (row.token_hash, str(row.__dict__))
    assert await opened(token) is not None
    async with transaction() as session:
        await shares.revoke(session, king, own.id)
    assert await opened(token) is None
    async with transaction() as session:
        assert await shares.own(session, king) == []


async def test_a_link_ends_with_its_time(world: World) -> None:
    token = await share(world.accounts["王"], world.files["王"], days=1)
    async with transaction() as session:
        await session.execute(update(Share).values(expires_at=now() - timedelta(seconds=1)))
    assert await opened(token) is None
    async with transaction() as session:
        await session.execute(update(Share).values(expires_at=days_ago(31)))
    await chores.purge()
    async with transaction() as session:
        assert await session.scalar(select(func.count(Share.id))) == 0


async def test_a_link_shows_no_more_than_its_maker_may_see(world: World) -> None:
    king = world.accounts["王"]
    room, both = await share(king, world.files["李"]), await share(king, world.files["李"], world.files["私"])
    await leaves(world, "王")
    assert await opened(room) is None
    assert await opened(both) == ["身份证.jpg"]
    async with transaction() as session:
        (await session.get_one(Account, king.id)).disabled_at = now()
    assert await opened(both) is None


async def test_what_is_thrown_away_is_in_no_link(world: World) -> None:
    king = world.accounts["王"]
    token = await share(king, world.files["李"], world.files["王"])
    async with transaction() as session:
        await trash.throw_away(session, king, [world.files["王"]])
    assert await opened(token) == ["报价单.txt"]
    async with transaction() as session:
        await trash.erase(session, king, [world.files["王"]])
        assert await session.scalar(select(func.count()).select_from(SharedFile)) == 1


async def test_links_are_refused_that_make_no_sense(world: World) -> None:
    king = world.accounts["王"]
    async with transaction() as session:
        waits = await world.drive.awaited(session, "x", "王", room="产品群")
    for ids, days in (([world.files["外"]], 7), ([waits], 7), ([], 7), ([world.files["王"]], 365)):
        with pytest.raises(DriveError):
            await share(king, *ids, days=days)
    for token in ("", "x", "../../etc/passwd", "A" * 43, "é" * 43):
        assert await opened(token) is None


# --- over HTTP ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def app() -> object:
    return create_app()


@pytest.fixture
async def browser(world: World, app: object) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which 王 is signed in."""
    app.dependency_overrides[require_account] = lambda: world.accounts["王"]  # type: ignore[attr-defined]
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx.AsyncClient(base_url="http://test", transport=transport) as client:
        yield client
    app.dependency_overrides.clear()  # type: ignore[attr-defined]


async def test_a_file_is_shown_with_its_name_and_cannot_run(world: World, browser: httpx.AsyncClient) -> None:
    answer = await browser.get(f"/files/{world.files['李']}/x")
    assert (answer.status_code, answer.content) == (200, TEXT)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("inline")
    assert "filename*=UTF-8''%E6%8A%A5%E4%BB%B7%E5%8D%95.txt" in answer.headers["content-disposition"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].endswith("sandbox")
    saved = await browser.get(f"/files/{world.files['李']}?download=1")
    assert saved.headers["content-disposition"].startswith("attachment")
    assert saved.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize("mime", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript"])
async def test_what_could_run_is_only_downloaded(world: World, browser: httpx.AsyncClient, mime: str) -> None:
    async with transaction() as session:
        bad = await world.drive.sent(session, "x.html", "钱", b"<script>1</script>", room="产品群", mime=mime)
    answer = await browser.get(f"/files/{bad}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("header", "status", "part"),
    [
        (None, 200, TEXT),
        ("bytes=0-3", 206, TEXT[:4]),
        ("bytes=4-", 206, TEXT[4:]),
        ("bytes=-5", 206, TEXT[-5:]),
        ("bytes=-9999", 206, TEXT),
        ("BYTES= 1-1 ", 206, TEXT[1:2]),
        ("bytes=3-9999999", 206, TEXT[3:]),
        (f"bytes={len(TEXT)}-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=5-2", 200, TEXT),
        ("bytes=0-1,4-5", 200, TEXT),
        ("lines=0-1", 200, TEXT),
        ("bytes=-", 200, TEXT),
        ("bytes=１-２", 200, TEXT),
    ],
)
async def test_parts_of_a_file(
    world: World, browser: httpx.AsyncClient, header: str | None, status: int, part: bytes | None
) -> None:
    address = f"/files/{world.files['李']}"
    headers = {} if header is None else {"range": header.encode()}
    answer = await browser.get(address, headers=headers)
    assert answer.status_code == status
    if part is None:
        assert answer.headers["content-range"] == f"bytes */{len(TEXT)}"
        return
    assert answer.content == part
    assert answer.headers["content-length"] == str(len(part))
    head = await browser.head(address, headers=headers)
    assert (head.status_code, head.content) == (status, b"")
    assert head.headers["content-length"] == str(len(part))
    if status == 206:
        start = TEXT.index(part)
        assert answer.headers["content-range"] == f"bytes {start}-{start + len(part) - 1}/{len(TEXT)}"


async def test_a_download_that_goes_on_goes_on_with_the_same_bytes(world: World, browser: httpx.AsyncClient) -> None:
    address = f"/files/{world.files['李']}"
    etag = (await browser.head(address)).headers["etag"]
    part = await browser.get(address, headers={"range": "bytes=3-", "if-range": etag})
    assert (part.status_code, part.content) == (206, TEXT[3:])
    for other in ('"another"', f"W/{etag}", "Wed, 21 Oct 2015 07:28:00 GMT"):
        whole = await browser.get(address, headers={"range": "bytes=3-", "if-range": other})
        assert (whole.status_code, whole.content) == (200, TEXT)
    assert (await browser.get(address, headers={"if-none-match": f'"x", {etag}'})).status_code == 304


async def test_an_empty_file_is_a_file(world: World, browser: httpx.AsyncClient) -> None:
    async with transaction() as session:
        nothing = await world.drive.sent(session, "空.txt", "钱", b"", room="产品群", mime="text/plain")
    assert (await browser.get(f"/files/{nothing}")).content == b""
    assert (await browser.get(f"/files/{nothing}", headers={"range": "bytes=0-"})).status_code == 416
    answer = await browser.get(f"/files/zip?ids={nothing}")
    assert zipfile.ZipFile(io.BytesIO(answer.content)).read("空.txt") == b""


async def test_what_may_not_be_seen_is_not_there(world: World, browser: httpx.AsyncClient) -> None:
    async with transaction() as session:
        waits = await world.drive.awaited(session, "x", "王", room="产品群")
        await trash.throw_away(session, world.accounts["王"], [world.files["王"]])
    absent = await browser.get("/files/999999")
    assert absent.status_code == 404
    for file_id in (world.files["外"], world.files["王"], waits):
        for path in ("", "/thumb", "/play", "/name.txt"):
            answer = await browser.get(f"/files/{file_id}{path}")
            assert (answer.status_code, answer.content) == (404, absent.content)
    assert (await browser.get(f"/files/zip?ids={world.files['外']}")).status_code == 404
    await leaves(world, "王")
    assert (await browser.get(f"/files/{world.files['李']}")).status_code == 404


async def test_nobody_reads_without_signing_in(app: object, world: World) -> None:
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(base_url="http://test", transport=transport) as stranger:
        for path in (f"/files/{world.files['李']}", f"/files/zip?ids={world.files['李']}", "/drive"):
            answer = await stranger.get(path)
            assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/login")


async def test_storage_that_is_away_is_told(world: World, browser: httpx.AsyncClient) -> None:
    async with transaction() as session:
        (entry,) = await service.find(session, world.accounts["王"], [world.files["李"]])
    assert entry.key is not None
    await storage.delete(entry.key)
    answer = await browser.get(f"/files/{entry.id}")
    assert answer.status_code == 503
    assert "文件现在读不出来" in answer.text


async def test_pictures_and_voices_come_in_the_form_that_was_made_for_browsers(
    world: World, browser: httpx.AsyncClient
) -> None:
    async def one(data: bytes) -> AsyncIterator[bytes]:
        yield data

    await storage.put("thumb", one(b"small picture"))
    await storage.put("voice", one(b"mp3 of the voice"))
    async with transaction() as session:
        blob_id = (await session.get_one(File, world.files["王"])).blob_id
        await session.execute(update(Blob).where(Blob.id == blob_id).values(thumb_key="thumb", play_key="voice"))
    thumb = await browser.get(f"/files/{world.files['王']}/thumb")
    assert (thumb.content, thumb.headers["content-type"]) == (b"small picture", "image/webp")
    part = await browser.get(f"/files/{world.files['王']}/play", headers={"range": "bytes=-5"})
    assert (part.status_code, part.content, part.headers["content-type"]) == (206, b"voice", "audio/mpeg")
    assert (await browser.get(f"/files/{world.files['李']}/thumb")).status_code == 404


# --- zips --------------------------------------------------------------------------------------------------


async def test_a_zip_has_every_file_under_a_name_of_its_own(world: World, browser: httpx.AsyncClient) -> None:
    async with transaction() as session:
        big = await world.drive.sent(session, "../../报价单.txt", "钱", b"7" * (3 * storage.CHUNK + 5), room="产品群")
        upper = await world.drive.sent(
            session, "合影😀.PNG", "钱", b"same name on Windows", room="产品群", at=days_ago(1)
        )
        nameless = await world.drive.sent(session, " ", "钱", b"voice", room="产品群", mime="audio/mpeg")
    ids = [*world.files.values(), big, upper, nameless]
    answer = await browser.get("/files/zip", params={"ids": ",".join(map(str, ids))})
    assert answer.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    contents = {info.filename: archive.read(info) for info in archive.infolist()}
    assert contents == {
        "报价单.txt": b"another",
        "报价单 (2).txt": TEXT,
        "合影😀.PNG": b"same name on Windows",
        "合影😀 (2).png": b"png",
        "身份证.jpg": b"private",
        "_.._报价单.txt": b"7" * (3 * storage.CHUNK + 5),
        "文件.mp3": b"voice",
    }
    assert all(info.flag_bits & 0x800 for info in archive.infolist())  # names in UTF-8, for Windows too
    assert (await browser.head("/files/zip", params={"ids": str(big)})).content == b""


async def test_missing_bytes_leave_a_note_in_a_zip_that_is_whole(world: World, browser: httpx.AsyncClient) -> None:
    async with transaction() as session:
        half = await world.drive.sent(session, "半个.bin", "钱", b"8" * (storage.CHUNK + 9), room="产品群")
        found = await service.find(session, world.accounts["王"], [half, world.files["李"]])
        keys = {entry.id: entry.key for entry in found}
    await storage.delete(keys[world.files["李"]] or "")

    async def shorter() -> AsyncIterator[bytes]:
        yield b"8" * storage.CHUNK

    await storage.put(keys[half] or "", shorter())
    answer = await browser.get(f"/files/zip?ids={half},{world.files['王']},{world.files['李']}")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    assert set(archive.namelist()) == {"没有取到 报价单.txt.txt", "合影😀.png", "半个.bin", "不完整 半个.bin.txt"}
    assert "报价单.txt" in archive.read("没有取到 报价单.txt.txt").decode()
    assert len(archive.read("半个.bin")) == storage.CHUNK


async def test_a_zip_of_too_much_or_of_nonsense_is_refused(browser: httpx.AsyncClient) -> None:
    many = ",".join(str(number) for number in range(1, shares.MOST + 2))
    answer = await browser.get(f"/files/zip?ids={many}")
    assert (answer.status_code, "选得太多了" in answer.text) == (400, True)
    for ids in ("", "x", "-1", "1;2", "１", "9" * 30):
        assert (await browser.get("/files/zip", params={"ids": ids})).status_code == 404


# --- links over HTTP ---------------------------------------------------------------------------------------


async def test_a_link_shows_its_files_to_who_is_not_signed_in(app: object, world: World) -> None:
    token = await share(world.accounts["王"], world.files["李"], world.files["王"])
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(base_url="http://test", transport=transport) as stranger:
        page = await stranger.get(f"/s/{token}")
        assert page.status_code == 200
        assert "报价单.txt" in page.text and "合影😀.png" in page.text and "王 分享给你" in page.text
        assert "noindex" in page.headers["x-robots-tag"]
        assert page.headers["referrer-policy"] == "no-referrer"
        assert "script" not in page.headers["content-security-policy"]
        assert (await stranger.get(f"/s/{token}/{world.files['李']}")).content == TEXT
        part = await stranger.get(f"/s/{token}/{world.files['李']}", headers={"range": "bytes=0-2"})
        assert (part.status_code, part.headers["referrer-policy"]) == (206, "no-referrer")
        whole = await stranger.get(f"/s/{token}/zip")
        assert len(zipfile.ZipFile(io.BytesIO(whole.content)).namelist()) == 2
        await stranger.head(f"/s/{token}")
        async with transaction() as session:
            (own,) = await shares.own(session, world.accounts["王"])
            assert own.opened == 1
            await shares.revoke(session, world.accounts["王"], own.id)
        never = await stranger.get("/s/never")
        for path in ("", "/zip", f"/{world.files['李']}", f"/{world.files['李']}/thumb", "/999999"):
            answer = await stranger.get(f"/s/{token}{path}")
            assert (answer.status_code, answer.content) == (404, never.content)
        assert "链接已失效" in never.text


async def test_a_link_opens_no_other_file(app: object, world: World) -> None:
    token = await share(world.accounts["王"], world.files["王"])
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(base_url="http://test", transport=transport) as stranger:
        assert (await stranger.get(f"/s/{token}/{world.files['李']}")).status_code == 404
        assert (await stranger.get(f"/files/{world.files['王']}")).status_code == 303


async def test_names_on_a_links_page_are_words_and_nothing_else(app: object, world: World) -> None:
    async with transaction() as session:
        bad = await world.drive.sent(
            session, '"><img src=x onerror=alert(1)>', "王", b"x", room="产品群", mime="image/png"
        )
    token = await share(world.accounts["王"], bad)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(base_url="http://test", transport=transport) as stranger:
        page = await stranger.get(f"/s/{token}")
    assert "<img src=x" not in page.text
    assert "&lt;img src=x onerror=alert(1)&gt;" in page.text


# --- any input ---------------------------------------------------------------------------------------------


@given(
    header=st.text(max_size=40) | st.from_regex(r"bytes=\d{0,25}-\d{0,25}", fullmatch=True), size=st.integers(0, 10**13)
)
def test_no_range_leads_outside_of_the_file(header: str, size: int) -> None:
    try:
        part = wanted(header, size)
    except NotSatisfiable:
        return
    if part is not None:
        assert 0 <= part[0] < part[1] <= size


@given(name=st.text(max_size=300))
def test_every_name_becomes_one_that_every_system_takes(name: str) -> None:
    safe = file_name(name)
    assert 0 < len(safe) <= 130
    assert not set(safe) & set('<>:"/\\|?*\n\r\t\0\u202e\u2066')
    assert not safe.startswith(".") and not safe.endswith((" ", "."))
    assert file_name(safe) == safe


@given(data=st.binary(max_size=200), cut=st.integers(0, 200))
def test_every_beginning_of_every_file_is_shown_as_text(data: bytes, cut: int) -> None:
    head = data[:cut]
    assert "\x00" not in service.decoded(head, service.charset(head))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_chinese_is_read_in_whatever_encoding(encoding: str) -> None:
    data = "会议记录：第一条，上线时间".encode(encoding)
    assert service.decoded(data, service.charset(data)) == "会议记录：第一条，上线时间"
    cut = data[:-1]
    assert service.decoded(cut, service.charset(cut)).startswith("会议记录：第一条")
