"""Finding kept files: by parts of their names, by people, kinds, days and rooms; and only what the asker may see."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import update

from botbay.chat.access import PRIVATE, Subject
from botbay.chat.models import File, FileKind, FileState
from botbay.db import now, transaction
from tests.integration.files_world import TODAY, build
from workers.archive.finding import Found, get
from workers.archive.matching import kinds_of

pytestmark = pytest.mark.usefixtures("database")

LAST_MONTH = TODAY - timedelta(days=40)


def names(found: Found) -> Sequence[str]:
    return [file.name for file in found.files]


async def test_a_part_of_the_name_is_enough_in_any_order_and_script() -> None:
    async with transaction() as session:
        place = await build(session)
        await place.file("小赵", "采购合同-终稿.pdf", TODAY - timedelta(days=3))
        await place.file("小赵", "合同（采购部）2026.docx", TODAY - timedelta(days=2))
        await place.file("小赵", "Ｑ３報價單 V2.XLSX", TODAY - timedelta(days=1))
        await place.file("小赵", "团建.jpg")
        assert names(await place.find("采购合同")) == ["采购合同-终稿.pdf", "合同（采购部）2026.docx"]
        assert names(await place.find("合同 终稿")) == ["采购合同-终稿.pdf"]
        assert names(await place.find("采购合同-终稿.PDF")) == ["采购合同-终稿.pdf"]
        assert names(await place.find("报价单")) == ["Ｑ３報價單 V2.XLSX"]
        assert names(await place.find("q3的報價單")) == ["Ｑ３報價單 V2.XLSX"]
        assert (await place.find("采购合同")).total == 2
        assert not (await place.find("采购合同")).near
        # Where no name holds all of it, one that holds much of it is offered as such.
        near = await place.find("采购合同第三版")
        assert near.near
        assert set(names(near)) == {"采购合同-终稿.pdf", "合同（采购部）2026.docx"}
        assert names(await place.find("发票")) == []
        assert names(await place.find("'; DROP%_\\ &|!")) == []


async def test_the_best_match_comes_first_then_the_newest() -> None:
    async with transaction() as session:
        place = await build(session)
        await place.file("小赵", "合同.pdf", TODAY - timedelta(days=9))
        await place.file("小赵", "旧合同.pdf", TODAY - timedelta(days=5))
        await place.file("小赵", "新合同.pdf", TODAY - timedelta(days=1))
        await place.say("小赵", "这是合同的附件", TODAY)
        await place.file("小赵", "scan0001.pdf", TODAY + timedelta(seconds=30))
        assert names(await place.find("合同")) == ["合同.pdf", "新合同.pdf", "旧合同.pdf", "scan0001.pdf"]


async def test_what_was_said_around_a_file_finds_it() -> None:
    async with transaction() as session:
        place = await build(session)
        at = TODAY - timedelta(days=2)
        await place.say("小赵", "这是合約，請看", at)
        await place.file("小赵", "IMG_0001.jpg", at + timedelta(seconds=50), kind=FileKind.IMAGE)
        await place.say("建国同志", "合约收到", at + timedelta(minutes=30))
        await place.file("小赵", "IMG_0002.jpg", at + timedelta(minutes=31), kind=FileKind.IMAGE)
        assert names(await place.find("合约")) == ["IMG_0001.jpg"]


async def test_a_person_is_known_by_all_their_names_and_by_the_surname_where_nothing_is_better() -> None:
    async with transaction() as session:
        place = await build(session)
        await place.file("建国同志", "a.pdf")
        await place.file("小赵", "b.pdf")
        await place.file("王", "c.pdf")
        for said in ("李建国", "老李", "李总", "建国", "建国同志", "@李建国"):
            assert names(await place.find(person=said)) == ["a.pdf"], said
        for said in ("小赵", "赵云", "赵子龙", "后端"):
            assert names(await place.find(person=said)) == ["b.pdf"], said
        assert names(await place.find(person="我")) == ["c.pdf"]
        # Somebody who bears that very name is meant, and not 李建国.
        place.people["小赵"].name = "老李"
        await session.flush()
        assert names(await place.find(person="老李")) == ["b.pdf"]


async def test_kinds_days_and_rooms_bound_it() -> None:
    async with transaction() as session:
        place = await build(session)
        await place.file("小赵", "预算.xlsx", LAST_MONTH)
        await place.file("小赵", "预算说明", LAST_MONTH, kind=FileKind.PDF)
        await place.file("小赵", "预算图.png", room="测试群", kind=FileKind.IMAGE)
        assert names(await place.find("预算", kinds=kinds_of("excel表格"))) == ["预算.xlsx"]
        assert names(await place.find("预算", kinds=kinds_of("PDF"))) == ["预算说明"]
        assert names(await place.find(kinds=kinds_of("截图"))) == ["预算图.png"]
        day = timedelta(days=1)
        assert len(names(await place.find("预算", since=LAST_MONTH - day, until=LAST_MONTH + day))) == 2
        assert names(await place.find("预算", room_id=place.rooms["测试群"].id)) == ["预算图.png"]
        assert kinds_of("文件") == frozenset()


async def test_where_nothing_fits_all_as_little_as_possible_is_left_out() -> None:
    async with transaction() as session:
        place = await build(session)
        await place.file("建国同志", "合同.pdf", TODAY, kind=FileKind.PDF)
        day = {"since": LAST_MONTH, "until": LAST_MONTH + timedelta(days=1)}
        found = await place.find("合同", **day)
        assert (names(found), found.relaxed) == (["合同.pdf"], ("time",))
        assert (await place.find("合同", person="小赵")).relaxed == ("person",)
        assert (await place.find("合同", kinds=kinds_of("ppt"))).relaxed == ("kind",)
        assert (await place.find("合同", person="小赵", **day)).relaxed == ("time", "person")
        assert (await place.find("合同", room_id=place.rooms["测试群"].id)).relaxed == ("room",)
        assert (await place.find(person="老李", **day)).relaxed == ("time",)
        assert (await place.find("发票", person="老李", **day)).files == ()
        # A kind alone is not left out: anything at all would be no answer.
        assert (await place.find(kinds=kinds_of("ppt"))).files == ()


async def test_only_what_the_asker_may_see_and_the_audience_too() -> None:
    async with transaction() as session:
        place = await build(session)
        here = await place.file("小赵", "合同一.pdf")
        test = await place.file("小赵", "合同二.pdf", room="测试群")
        await place.file("外人", "合同三.pdf", room="别的群")
        own = await place.file("王", "合同四.pdf", room=None)
        await place.file("小赵", "合同五.pdf", room=None)
        assert {file.id for file in (await place.find("合同")).files} == {here, test, own}
        assert {file.id for file in (await place.find("合同", room="产品群")).files} == {here}
        assert (await place.find("合同", who="走了的")).files == ()
        assert names(await place.find("合同", who="外人")) == ["合同三.pdf"]
        subject = Subject.of_contact(place.people["外人"])
        assert await get(session, subject, PRIVATE, here) is None
        assert await get(session, Subject.of_contact(place.people["王"]), PRIVATE, here) is not None


async def test_what_is_no_find() -> None:
    """What was thrown away, and what the bot itself sent; the same bytes under the same name are one."""
    async with transaction() as session:
        place = await build(session)
        await place.file("小赵", "合同.pdf", TODAY - timedelta(days=1), content="same")
        newest = await place.file("建国同志", "合同.pdf", TODAY, content="same", room="产品群")
        await place.file("小赵", "合同.pdf", TODAY, content="same", by_bot=True)
        gone = await place.file("小赵", "合同旧.pdf")
        await session.execute(update(File).where(File.id == gone).values(trashed_at=now()))
        found = await place.find("合同")
        assert [file.id for file in found.files] == [newest]
        assert found.total == 1


async def test_what_is_not_there_yet_or_never_came_is_found_with_its_state() -> None:
    async with transaction() as session:
        place = await build(session)
        await place.file("小赵", "合同一.pdf", TODAY, state=FileState.PENDING)
        before = TODAY - timedelta(days=1)
        await place.file("小赵", "合同二.pdf", before, state=FileState.FAILED, reason="过期了")
        found = await place.find("合同")
        assert [(file.state, file.reason, file.size) for file in found.files] == [
            (FileState.PENDING, "", None),
            (FileState.FAILED, "过期了", None),
        ]
