"""Searching what was said, read and sent: everything that holds the words, and nothing that is not the asker's."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from botbay.chat import conversations, messages, readings
from botbay.chat.access import PRIVATE, Audience, Subject
from botbay.chat.models import File, FileKind, Member, Message, Turn
from botbay.chat.readings import Read
from botbay.db import now, transaction
from tests.integration.files_world import TODAY, FilesWorld, build
from workers.search import repository, service
from workers.search.service import Kind, Order, Query, Results

pytestmark = pytest.mark.usefixtures("database")


async def found(
    world: FilesWorld, words: str, *, who: str = "王", room: str | None = None, limit: int = 50, **parts: object
) -> Results:
    audience = Audience(room_id=world.rooms[room].id) if room else PRIVATE
    query = Query(words=words, **parts)  # type: ignore[arg-type]
    return await service.search(world.session, Subject.of_contact(world.people[who]), audience, query, limit=limit)


def snippets(results: Results) -> list[str]:
    return [hit.snippet for hit in results.hits]


async def test_a_word_of_any_length_is_found_with_who_where_and_marked() -> None:
    async with transaction() as session:
        world = await build(session)
        await world.say("建国同志", "服务器的WiFi密码是 shuixiang2026，别外传")
        await world.say("小赵", "明天上线")
        for words in ("密", "密码", "WiFi密码是", "wifi", "SHUIXIANG2026", "2026", "服务 外传"):
            results = await found(world, words)
            (hit,) = results.hits
            assert (hit.sender, hit.place, hit.kind) == ("李建国", "产品群", Kind.TEXT)
            marked = {hit.snippet[begin:end].lower() for begin, end in hit.marks}
            assert marked == {part.lower() for part in words.split()}
        assert not (await found(world, "密钥")).hits
        assert not (await found(world, "码密")).hits
        assert not (await found(world, "   ")).hits


async def test_the_same_in_traditional_characters_and_full_width_is_found() -> None:
    async with transaction() as session:
        world = await build(session)
        await world.say("小赵", "會議記錄在這裡")
        await world.say("小赵", "订单 ＡＢ１２")
        assert snippets(await found(world, "会议记录")) == ["會議記錄在這裡"]
        assert snippets(await found(world, "ab12")) == ["订单 ＡＢ１２"]


async def test_signs_of_the_query_language_and_of_like_are_only_signs() -> None:
    async with transaction() as session:
        world = await build(session)
        await world.say("小赵", "打8折'or'1 100%_确定 a&b|c!(d) C:\\temp")
        for words in ("'or'1", "100%", "%_确", "a&b", "!(d)", "c:\\temp", "\\", "'"):
            assert len((await found(world, words)).hits) == 1, words
        assert not (await found(world, "9%")).hits


async def test_what_stands_in_a_picture_or_a_document_is_found_as_that() -> None:
    async with transaction() as session:
        world = await build(session)
        picture = await world.file("小赵", "IMG_001.png", kind=FileKind.IMAGE)
        document = await world.file("小赵", "合同.docx", kind=FileKind.DOCUMENT)
        for file_id, text in ((picture, "停车券\n车牌 粤B12345"), (document, "前言\n" * 300 + "违约金为百分之三")):
            blob_id = (await session.get_one(File, file_id)).blob_id
            assert blob_id is not None
            assert await readings.store(session, blob_id, Read(text=text))
        (hit,) = (await found(world, "粤B12345")).hits
        assert (hit.kind, hit.file_id, hit.file_name) == (Kind.PICTURE, picture, "IMG_001.png")
        (hit,) = (await found(world, "违约金")).hits
        assert (hit.kind, hit.file_id) == (Kind.DOCUMENT, document)
        assert "违约金为百分之三" in hit.snippet
        (hit,) = (await found(world, "合同")).hits
        assert (hit.kind, hit.snippet) == (Kind.FILE, "合同.docx")
        assert not (await found(world, "停车券", kinds=frozenset({Kind.TEXT, Kind.DOCUMENT}))).hits
        assert len((await found(world, "停车券", kinds=frozenset({Kind.PICTURE}))).hits) == 1


async def test_only_what_the_asker_may_see_and_the_audience_too() -> None:
    async with transaction() as session:
        world = await build(session)
        await world.say("王", "暗号是芝麻开门", room="产品群")
        await world.say("王", "暗号是西瓜", room="测试群")
        await world.say("外人", "暗号是南瓜", room="别的群")
        await world.say("王", "我的暗号是冬瓜", room=None)
        assert sorted(snippets(await found(world, "暗号"))) == ["我的暗号是冬瓜", "暗号是芝麻开门", "暗号是西瓜"]
        assert snippets(await found(world, "暗号", room="产品群")) == ["暗号是芝麻开门"]
        assert sorted(snippets(await found(world, "暗号", who="外人"))) == ["暗号是南瓜"]
        assert not (await found(world, "暗号", who="走了的")).hits
        assert snippets(await found(world, "暗号", room_id=world.rooms["测试群"].id)) == ["暗号是西瓜"]
        await session.execute(
            update(Member)
            .where(Member.contact_id == world.people["王"].id, Member.room_id == world.rooms["测试群"].id)
            .values(left_at=now())
        )
        assert sorted(snippets(await found(world, "暗号"))) == ["我的暗号是冬瓜", "暗号是芝麻开门"]


async def test_what_was_recalled_or_thrown_away_or_said_to_the_bot_is_no_hit() -> None:
    async with transaction() as session:
        world = await build(session)
        gone = await world.say("小赵", "苹果手机")
        file_id = await world.file("小赵", "苹果.pdf")
        asked = await world.say("王", "@小港 谁说过苹果")
        await world.say("王", "苹果给你", by_bot=True)
        conversation = await conversations.get(session, world.bot.id, world.rooms["产品群"].id, world.people["王"].id)
        await conversations.queue_turn(session, conversation, "asked", text="谁说过苹果")
        await session.execute(update(Turn).where(Turn.key == "asked").values(message_id=asked))
        assert len((await found(world, "苹果")).hits) == 2
        await messages.recall(session, Message.id == gone)
        await session.execute(update(File).where(File.id == file_id).values(trashed_at=now()))
        assert not (await found(world, "苹果")).hits


async def test_numbers_of_people_are_starred_outside_of_their_conversation_only() -> None:
    async with transaction() as session:
        world = await build(session)
        await world.say("小赵", "司机电话 13812345678")
        (hit,) = (await found(world, "司机")).hits
        assert hit.snippet == "司机电话 138****5678"
        (hit,) = (await found(world, "司机", room="产品群")).hits
        assert hit.snippet == "司机电话 13812345678"


async def test_by_person_time_and_order() -> None:
    async with transaction() as session:
        world = await build(session)
        await world.say("建国同志", "报价", TODAY - timedelta(days=9))
        await world.say("小赵", "报价单改了三版，都在群文件里，大家看看", TODAY)
        assert snippets(await found(world, "报价", person="老李")) == ["报价"]
        assert snippets(await found(world, "报价", person="没这个人")) == []
        assert snippets(await found(world, "报价", since=TODAY - timedelta(days=1))) == [
            "报价单改了三版，都在群文件里，大家看看"
        ]
        assert snippets(await found(world, "报价", until=TODAY)) == ["报价"]
        assert snippets(await found(world, "报价"))[0] == "报价"
        assert snippets(await found(world, "报价", order=Order.NEWEST))[-1] == "报价"


async def test_page_after_page_tells_each_once() -> None:
    async with transaction() as session:
        world = await build(session)
        for number in range(25):
            await world.say("小赵", f"进度 {number}", TODAY - timedelta(minutes=number))
        told: list[str] = []
        for skip in (0, 10, 20):
            results = await service.search(
                session,
                Subject.of_contact(world.people["王"]),
                PRIVATE,
                Query(words="进度", order=Order.NEWEST),
                limit=10,
                skip=skip,
            )
            told += snippets(results)
            assert results.more == (skip < 20)
        assert told == [f"进度 {number}" for number in range(25)]


async def test_a_question_gets_the_line_that_answers_first() -> None:
    async with transaction() as session:
        world = await build(session)
        await world.say("建国同志", "WiFi密码是 shuixiang2026", TODAY - timedelta(days=3))
        await world.say("小赵", "有人知道WiFi密码吗", TODAY)
        results = await found(world, "WiFi密码多少")
        assert results.answer is not None
        assert (results.answer.snippet, results.answer.sender) == ("WiFi密码是 shuixiang2026", "李建国")
        assert (await found(world, "食堂几点开门")).answer is None


_WORDS = st.text(alphabet="甲乙丙丁12ab的 ", min_size=1, max_size=12)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.lists(_WORDS, min_size=1, max_size=12),
    names=st.lists(_WORDS, max_size=3),
    read=st.lists(_WORDS, max_size=3),
    words=_WORDS.filter(lambda text: bool(text.strip())),
    walked=st.integers(0, 15),
)
async def test_it_finds_what_a_plain_look_through_all_finds(
    said: list[str], names: list[str], read: list[str], words: str, walked: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repository, "WALKED", walked)
        async with transaction() as session:
            world = await build(session)
            texts: dict[int, str] = {}
            for number, text in enumerate(said):
                texts[await world.say("小赵", text, TODAY - timedelta(hours=number * 40))] = text
            for name in names:
                file_id = await world.file("小赵", f"{name}.bin")
                texts[(await session.get_one(File, file_id)).message_id] = f"{name}.bin"
            for number, text in enumerate(read):
                file_id = await world.file("小赵", f"{number}.png", kind=FileKind.IMAGE)
                file = await session.get_one(File, file_id)
                assert file.blob_id is not None
                await readings.store(session, file.blob_id, Read(text=text))
                texts[file.message_id] = f"{number}.png\n{text}"
            results = await found(world, words, limit=100)
            expected = {
                message_id
                for message_id, text in texts.items()
                if all(part in text for part in words.split())
                # A name and what was read in it are two texts: words that stand partly in each find nothing.
                and any(all(part in piece for part in words.split()) for piece in text.split("\n"))
            }
            assert {hit.message_id for hit in results.hits} == expected
            await session.rollback()
