"""Minutes that are kept: the same for the same span, changed with its messages, and true whatever is taken back."""

import asyncio
import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import access, consent, messages, readings
from botbay.chat.access import PRIVATE, Audience, Subject
from botbay.chat.housekeeping import forget_messages
from botbay.chat.models import Account, Bot, File, FileKind, Gap, Member, Message, RoomBot
from botbay.chat.readings import Read
from botbay.db import now, transaction
from botbay.jobs import Work
from botbay.settings import load_settings
from tests.integration.files_world import FilesWorld, build
from workers.minutes import service, spans, talks
from workers.minutes.document import Minutes
from workers.minutes.models import MinutesRow, MinutesVersion, TodoRow, TodoState
from workers.minutes.service import Conflict, MinutesError, Nothing, Stored

pytestmark = pytest.mark.usefixtures("database")

START = (now() - timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
UNTIL = START + timedelta(hours=6)

TALK = [
    ("王", "大家看下周三的发布，登录页的按钮在小屏上被挡住了"),
    ("小赵", "是缓存的问题，我昨天查到了原因"),
    ("建国同志", "那发布推迟到周五，就这么定了"),
    ("小赵", "收到"),
    ("王", "@后端 赵云 你明天下班前把登录页的补丁提交一下"),
    ("小赵", "好的，明天下午提交"),
    ("建国同志", "测试报告谁来写？"),
    ("王", "我来写测试报告，周四之前发出来"),
    ("建国同志", "回归用例一共 42 条，覆盖支付和登录两块"),
]


async def talked(world: FilesWorld, start: datetime = START) -> list[int]:
    return [await world.say(who, text, start + timedelta(minutes=number)) for number, (who, text) in enumerate(TALK)]


async def made(world: FilesWorld, who: str = "王", *, until: datetime | None = UNTIL) -> Stored:
    subject = Subject.of_contact(world.people[who])
    return await service.minutes_of(world.session, subject, PRIVATE, world.rooms["产品群"].id, START, until)


def words_of(document: Minutes) -> str:
    return document.model_dump_json()


async def everything(session: AsyncSession) -> str:
    """All that is stored of minutes and todos, as one text."""
    versions = [str(each) for each in await session.scalars(select(MinutesVersion.document))]
    speakers = [str(each) for each in await session.scalars(select(MinutesRow.speakers))]
    todos = [f"{each.what} {each.who_name}" for each in await session.scalars(select(TodoRow))]
    return "\n".join([*versions, *speakers, *todos])


async def run_jobs() -> None:
    """Do what was enqueued for the minutes, once each."""
    async with transaction() as session:
        raw = await (await session.connection()).get_raw_connection()
        async with raw.driver_connection.cursor() as cursor:
            await cursor.execute("DELETE FROM pgqueuer WHERE entrypoint = 'forget_messages' RETURNING payload")
            payloads = [row[0] for row in await cursor.fetchall()]
    for payload in payloads:
        await forget_messages(Work(payload=json.loads(payload), attempt=0, final=False))


async def account_of(world: FilesWorld, who: str) -> Subject:
    account = Account(name=f"account-{who}", display_name=f"{who}的账号")
    world.session.add(account)
    await world.session.flush()
    world.people[who].account_id = account.id
    await world.session.flush()
    return Subject.of_account(account)


async def test_minutes_say_what_mattered_with_its_sources() -> None:
    async with transaction() as session:
        world = await build(session)
        ids = await talked(world)
        found = (await made(world)).document
    assert found.room == "产品群"
    assert set(found.people) == {"王", "李建国", "后端 赵云"}
    assert any("推迟到周五" in item.text and item.source[0] == ids[2] for item in found.decisions)
    assert {item.who for item in found.decisions} <= set(found.people)
    assert {todo.source[0] for todo in found.todos} >= {ids[4]}
    assert all(set(item.source) <= set(ids) for item in (*found.summary, *found.highlights, *found.questions))


async def test_the_same_span_gives_the_same_minutes_until_its_messages_change() -> None:
    async with transaction() as session:
        world = await build(session)
        await talked(world)
        first = await made(world)
        await world.say("王", "这句在别的时间", UNTIL + timedelta(minutes=5))
    async with transaction() as session:
        world.session = session
        again = await made(world, "小赵")
        assert again == first
        # One that comes late, from within the span.
        late = await world.say("小赵", "补充一下，支付接口的限流改为每秒 200 次", START + timedelta(minutes=3))
        changed = await made(world)
        assert changed.id == first.id
        assert changed.version == first.version + 1
        assert late in {source for chapter in changed.document.chapters for source in chapter.source}
        assert await made(world) == changed
    async with transaction() as session:
        world.session = session
        await messages.recall(session, Message.id == late)
        after = await made(world)
        assert "每秒 200 次" not in words_of(after.document)
        assert after.version > changed.version


async def test_a_span_until_now_is_one_and_grows() -> None:
    async with transaction() as session:
        world = await build(session)
        await talked(world)
        first = await made(world, until=None)
        await world.say("小赵", "数据库的索引今天晚上重建，预计两个小时", now())
        second = await made(world, until=None)
        assert second.id == first.id
        assert second.document.messages > first.document.messages


async def test_two_who_ask_at_once_get_the_same() -> None:
    async with transaction() as session:
        world = await build(session)
        await talked(world)

    async def ask(who: str) -> Stored:
        async with transaction() as session:
            subject = Subject.of_contact(world.people[who])
            return await service.minutes_of(session, subject, PRIVATE, world.rooms["产品群"].id, START, UNTIL)

    one, other = await asyncio.gather(ask("王"), ask("小赵"))
    assert one == other


async def test_what_is_recalled_leaves_the_minutes_at_once_and_the_storage_soon() -> None:
    async with transaction() as session:
        world = await build(session)
        ids = await talked(world)
        stored = await made(world)
        assert "推迟到周五" in words_of(stored.document)
    async with transaction() as session:
        await messages.recall(session, Message.id.in_([ids[2], ids[4]]))
    # Nobody has looked yet, and the job has run.
    await run_jobs()
    async with transaction() as session:
        kept = await everything(session)
        assert "推迟到周五" not in kept
        assert "补丁" not in kept
        assert "李建国" in kept  # said other things, too
    async with transaction() as session:
        world.session = session
        found = await service.get(session, Subject.of_contact(world.people["王"]), PRIVATE, stored.id)
        assert found is not None
        assert not set(ids[2:3]) & {source for item in found.document.decisions for source in item.source}


async def test_reading_forgets_before_the_job_has_run() -> None:
    async with transaction() as session:
        world = await build(session)
        ids = await talked(world)
        stored = await made(world)
        await messages.recall(session, Message.id == ids[2])
        subject = Subject.of_contact(world.people["王"])
        found = await service.get(session, subject, PRIVATE, stored.id)
        assert found is not None
        assert "推迟到周五" not in words_of(found.document)
        (listed,) = await service.list_of(session, subject)
        assert "推迟到周五" not in words_of(listed.document)
        assert "推迟到周五" not in await everything(session)


async def test_who_takes_the_yes_back_leaves_all_versions_and_todos() -> None:
    async with transaction() as session:
        world = await build(session)
        await talked(world)
        stored = await made(world)
        subject = await account_of(world, "小赵")
        edited = stored.document.model_copy(update={"title": "周三的发布"})
        await service.save(session, subject, stored.id, edited, seen=stored.version)
        await world.say("小赵", "我再说一句：灰度先放百分之十", START + timedelta(minutes=30))
        await made(world)
        assert len(await service.versions(session, subject, stored.id)) == 3
    async with transaction() as session:
        await consent.refuse(session, world.people["王"].id, world.rooms["产品群"].id)
    await run_jobs()
    async with transaction() as session:
        kept = await everything(session)
        for said in ("登录页的按钮", "补丁", "测试报告，周四", '"王"', "'王'"):
            assert said not in kept, said
        assert "推迟到周五" in kept
        # The day's first answer is gone as well: nothing brings it back.
        world.session = session
        subject = Subject.of_contact(world.people["小赵"])
        for each in await service.versions(session, subject, stored.id):
            found = await service.version(session, subject, stored.id, each.number)
            assert found is not None
            assert "补丁" not in words_of(found.document)


async def test_a_room_that_is_erased_leaves_no_minutes() -> None:
    async with transaction() as session:
        world = await build(session)
        await talked(world)
        stored = await made(world)
        await consent.erase_room(session, world.rooms["产品群"].id)
        assert await service.get(session, Subject.of_contact(world.people["王"]), PRIVATE, stored.id) is None
        assert await everything(session) == ""


async def test_an_edit_is_a_version_and_an_old_one_comes_back() -> None:
    async with transaction() as session:
        world = await build(session)
        ids = await talked(world)
        stored = await made(world)
        subject = await account_of(world, "王")
        first = stored.document
        edited = first.model_copy(
            update={
                "title": "发布会\x00",
                "messages": 999,
                "people": ("谁",),
                "decisions": (),
                "todos": first.todos[:1],
            }
        )
        saved = await service.save(session, subject, stored.id, edited, seen=stored.version)
        assert saved.document.title == "发布会"
        assert (saved.document.messages, saved.document.people) == (first.messages, first.people)
        assert saved.edited_by == "王的账号"
        with pytest.raises(Conflict):
            await service.save(session, subject, stored.id, first, seen=stored.version)
        # Unchanged messages: what was edited stands.
        assert (await made(world)).document == saved.document
        # What was taken out is no longer to be done.
        states = {row.message_id: row.state for row in await session.scalars(select(TodoRow))}
        assert states[first.todos[0].source[0]] == TodoState.OPEN
        assert all(states[todo.source[0]] == TodoState.DROPPED for todo in first.todos[1:])
        # A message that goes takes no more with it than itself.
        await messages.recall(session, Message.id == ids[8])
        assert (await made(world)).document.title == "发布会"
        # A new one makes a new version, and the edited one stays.
        await world.say("小赵", "灰度先放百分之十，晚上八点开始", START + timedelta(minutes=40))
        newest = await made(world)
        assert newest.edited_by is None
        assert newest.document.title != "发布会"
        back = await service.restore(session, subject, stored.id, saved.version, seen=newest.version)
        assert back.document.title == "发布会"
        numbers = [each.number for each in await service.versions(session, subject, stored.id)]
        assert numbers == sorted(numbers, reverse=True)
        with pytest.raises(MinutesError):
            await service.save(session, Subject.of_contact(world.people["小赵"]), stored.id, first, seen=back.version)


async def test_only_members_see_minutes_and_in_a_room_only_its_own() -> None:
    async with transaction() as session:
        world = await build(session)
        await talked(world)
        stored = await made(world)
        here, there = (Audience(room_id=world.rooms[name].id) for name in ("产品群", "测试群"))
        insider = Subject.of_contact(world.people["王"])
        assert await service.get(session, insider, here, stored.id) is not None
        assert await service.get(session, insider, there, stored.id) is None
        with pytest.raises(MinutesError):
            await service.minutes_of(session, insider, there, world.rooms["产品群"].id, START, UNTIL)
        for who in ("外人", "走了的"):
            outsider = Subject.of_contact(world.people[who])
            assert await service.get(session, outsider, PRIVATE, stored.id) is None
            assert await service.list_of(session, outsider) == []
            assert await service.versions(session, outsider, stored.id) == []
            assert await service.version(session, outsider, stored.id, 1) is None
            with pytest.raises(MinutesError):
                await service.minutes_of(session, outsider, PRIVATE, world.rooms["产品群"].id, START, UNTIL)
        # Who has left sees them no more.
        left = update(Member).where(Member.contact_id == world.people["王"].id).values(left_at=now())
        await session.execute(left)
        assert await service.get(session, insider, PRIVATE, stored.id) is None


async def test_todos_are_kept_once_and_what_is_done_stays_done() -> None:
    async with transaction() as session:
        world = await build(session)
        ids = await talked(world)
        await made(world)
        rows = list(await session.scalars(select(TodoRow).order_by(TodoRow.id)))
        patch = next(row for row in rows if row.message_id == ids[4])
        assert patch.who_contact_id == world.people["小赵"].id
        assert patch.due is not None
        patch.state = TodoState.DONE
        await session.flush()
        # Another span with the same messages, and the same one again with one more.
        await made(world, until=None)
        await world.say("小赵", "顺便说一下，限流改为每秒 200 次", START + timedelta(minutes=20))
        await made(world)
        again = list(await session.scalars(select(TodoRow).order_by(TodoRow.id)))
        assert [row.message_id for row in again] == [row.message_id for row in rows]
        assert next(row for row in again if row.message_id == ids[4]).state == TodoState.DONE


async def test_what_a_picture_says_joins_the_minutes_once_it_is_read() -> None:
    notice = "通知：周五下午三点在 302 会议室验收，请供应商带合同原件，联系电话 13812345678"
    async with transaction() as session:
        world = await build(session)
        for who, text in (*TALK[:2], TALK[3], TALK[6], TALK[8]):
            await world.say(who, text, START)
        file_id = await world.file("小赵", "", START + timedelta(minutes=20), kind=FileKind.IMAGE)
        file = await session.get_one(File, file_id)
        assert file.blob_id is not None
        await session.execute(update(Message).where(Message.id == file.message_id).values(kind="image"))
        before = await made(world)
        assert "302" not in words_of(before.document)
        await readings.store(session, file.blob_id, Read(text=notice.replace("，", "\n")))
        after = await made(world)
        assert after.version > before.version
        items = [*after.document.highlights, *(item for chapter in after.document.chapters for item in chapter.items)]
        told = [item.text for item in items if file.message_id in item.source]
        assert told and told[0].startswith("图上写着：通知：周五下午三点在 302 会议室验收")
        assert "13812345678" not in words_of(after.document)
        assert after.document.messages == before.document.messages + 1
        assert await made(world) == after  # and once
        # Nobody said it who sent it: no todo, no decision.
        assert not any(file.message_id in item.source for item in (*after.document.todos, *after.document.decisions))
        await messages.recall(session, Message.id == file.message_id)
        assert "302" not in words_of((await made(world)).document)


async def test_what_a_document_says_joins_the_minutes_under_its_name() -> None:
    async with transaction() as session:
        world = await build(session)
        for who, text in (*TALK[:2], TALK[3], TALK[6], TALK[8]):
            await world.say(who, text, START)
        file_id = await world.file("小赵", "验收方案.pdf", START + timedelta(minutes=20), kind=FileKind.PDF)
        file = await session.get_one(File, file_id)
        assert file.blob_id is not None
        before = await made(world)
        assert "消防泵房" not in words_of(before.document)
        said = "验收方案\n12月5日上午九点在消防泵房集合，逐层检查，联系电话 13812345678，验收不合格的三天内整改"
        await readings.store(session, file.blob_id, Read(text=said))
        after = await made(world)
        assert after.version > before.version
        items = [*after.document.highlights, *(item for chapter in after.document.chapters for item in chapter.items)]
        told = [item.text for item in items if file.message_id in item.source]
        assert told and told[0].startswith("《验收方案.pdf》里写着：验收方案 12月5日上午九点在消防泵房集合")
        assert "13812345678" not in words_of(after.document)
        assert [item.text for item in after.document.files] == ["验收方案.pdf"]
        # Nobody said it who sent it: no todo, no decision.
        assert not any(file.message_id in item.source for item in (*after.document.todos, *after.document.decisions))
        await messages.recall(session, Message.id == file.message_id)
        assert "消防泵房" not in words_of((await made(world)).document)


async def test_of_a_long_picture_or_document_the_beginning_counts() -> None:
    async with transaction() as session:
        world = await build(session)
        await talked(world)
        for number, (kind, brings) in enumerate(((FileKind.IMAGE, "image"), (FileKind.PDF, "file"))):
            at = START + timedelta(minutes=20 + number)
            file = await session.get_one(File, await world.file("小赵", "", at, kind=kind))
            assert file.blob_id is not None
            await session.execute(update(Message).where(Message.id == file.message_id).values(kind=brings))
            await readings.store(session, file.blob_id, Read(text=f"{kind}的开头。{'中间' * 400}结尾"))
        readable = access.readable_messages(Subject.of_contact(world.people["王"]), PRIVATE)
        read = await talks.read(session, readable, world.rooms["产品群"], START, UNTIL, load_settings().zone)
        picture, document = read.talk.lines[-2:]
        assert [(line.kind, len(line.text)) for line in (picture, document)] == [("image", 600), ("file", 300)]
        assert picture.text.startswith("image的开头。")
        assert document.text.startswith("pdf的开头。")


async def test_the_time_in_which_the_bot_was_deaf_is_named() -> None:
    async with transaction() as session:
        world = await build(session)
        await talked(world)
        heard = update(Bot).values(heard_at=now())
        await session.execute(heard)
        session.add(RoomBot(room_id=world.rooms["产品群"].id, bot_id=world.bot.id, joined_at=START - timedelta(days=9)))
        await session.flush()
        before = await made(world)
        assert before.document.gaps == ()
        gap = Gap(
            bot_id=world.bot.id,
            started_at=START + timedelta(hours=1),
            ended_at=START + timedelta(hours=2),
            reason="网关断开",
        )
        session.add(gap)
        await session.flush()
        after = await made(world)
        (told,) = after.document.gaps
        assert "不在线（网关断开）" in told
        assert "昨天" not in told  # it is read on other days, too
        assert after.version > before.version


async def test_nothing_said_is_said() -> None:
    async with transaction() as session:
        world = await build(session)
        with pytest.raises(Nothing):
            await made(world)
        await world.say("王", "哈哈哈", START)
        await world.say("王", "收到", START)
        with pytest.raises(Nothing):
            await made(world)


async def test_what_was_said_to_the_bot_or_by_it_does_not_count() -> None:
    async with transaction() as session:
        world = await build(session)
        await talked(world)
        await world.say("王", "@小港 今天的纪要发我一份，周五之前把报价单整理好", START + timedelta(minutes=30))
        await world.say(
            "王", "王，这是纪要：报价单周五之前", START + timedelta(minutes=31), by_bot=True, from_self=True
        )
        found = await made(world)
        assert "报价单" not in words_of(found.document)


async def test_numbers_that_are_nobodys_business_are_starred() -> None:
    async with transaction() as session:
        world = await build(session)
        await world.say("王", "供货商就定老周了，电话 13812345678", START)
        await world.say(
            "建国同志",
            "合同照 110101199003074514 这个身份证签，下周一之前，附件在 https://example.com/13812345678",
            START + timedelta(minutes=1),
        )
        found = words_of((await made(world)).document)
    assert "电话 13812345678" not in found
    assert "110101199003074514" not in found
    assert "https://example.com/13812345678" in found
    assert "138****5678" in found


async def test_heard_by_two_bots_it_was_said_once() -> None:
    async with transaction() as session:
        world = await build(session)
        await talked(world)
        alone = (await made(world)).document
        other = Bot(name="second", wechat_name="小港二号")
        session.add(other)
        await session.flush()
        for number, (who, text) in enumerate(TALK):
            await world.say(who, text, START + timedelta(minutes=number), bot_id=other.id)
        assert (await made(world)).document.messages == alone.messages


async def test_spans_from_the_last_minutes_and_from_the_askers_last_words() -> None:
    async with transaction() as session:
        world = await build(session)
        await talked(world)
        room = world.rooms["产品群"].id
        subject = Subject.of_contact(world.people["王"])
        assert await spans.reached(session, subject, PRIVATE, room) is None
        await made(world)
        assert await spans.reached(session, subject, PRIVATE, room) == UNTIL
        assert await spans.spoke_last(session, subject, PRIVATE, room) == START + timedelta(minutes=7)
        assert await spans.spoke_last(session, Subject.of_contact(world.people["外人"]), PRIVATE, room) is None
        await world.say("小赵", "另一场", START - timedelta(hours=3))
        since, until = await spans.stretch(session, subject, PRIVATE, room, START - timedelta(hours=5), UNTIL)
        assert (since, until) == (START, START + timedelta(minutes=8, seconds=1))


async def test_the_operator_reads_without_storing() -> None:
    async with transaction() as session:
        world = await build(session)
        await talked(world)
        ((room_id, _),) = await service.rooms_for_operator(session, "产品群")
        found = await service.of_room_for_operator(session, room_id)
        assert found is not None
        assert found.messages > 0
        assert await everything(session) == ""
        (empty,) = await service.rooms_for_operator(session, "测试群")
        assert await service.of_room_for_operator(session, empty[0]) is None


async def test_of_very_much_talk_the_newest_is_looked_at_and_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talks, "MOST", 5)
    async with transaction() as session:
        world = await build(session)
        ids = await talked(world)
        found = (await made(world)).document
    assert {source for chapter in found.chapters for source in chapter.source} <= set(ids[4:])
    assert "只看了" in found.gaps[0]
    assert found.since == START + timedelta(minutes=4)


async def test_a_todo_goes_with_its_message_though_no_minutes_hold_it_any_more() -> None:
    async with transaction() as session:
        world = await build(session)
        ids = await talked(world)
        await made(world)
        await session.execute(delete(MinutesRow))
        assert "补丁" in await everything(session)
        await messages.recall(session, Message.id == ids[4])
    await run_jobs()
    async with transaction() as session:
        assert "补丁" not in await everything(session)
