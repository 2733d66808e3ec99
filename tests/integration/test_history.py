"""Gaps as rooms see them; chat history goes in once, whatever its order; a room goes out and comes back the same."""

import json
import random
import subprocess
import zipfile
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from botbay import storage
from botbay.chat import bots, consent, contacts, files, gaps, messages, rooms
from botbay.chat.models import Blob, Bot, Contact, File, FileKind, FileState, Gap, Member, Message, Room
from botbay.chat.search import grams
from botbay.db import now, transaction
from botbay.settings import load_settings
from tests.conftest import use_settings
from tests.integration.test_cli import botbay
from workers.archive import exporting, importing
from workers.archive.history_source import Source

pytestmark = pytest.mark.usefixtures("database")

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


# --- what is there -----------------------------------------------------------------------------------------


async def a_bot(name: str, *, hears: bool = True) -> int:
    async with transaction() as session:
        bot = await bots.ensure(session, name)
        if hears:
            await bots.heard(session, bot.id, now())
        return bot.id


async def a_room(topic: str, *sitting: int, recording: bool = True, wechat_id: str | None = None) -> int:
    """A room with 老李 (群里叫李哥) and two called 小王."""
    members = {
        "wxid_li": ("老李", "李哥"),
        "wxid_w1": ("小王", ""),
        "wxid_w2": ("王二", "小王"),
        "wxid_zhang": ("老张", ""),
    }
    facts = rooms.RoomFacts(
        wechat_id=wechat_id or f"{topic}@chatroom", topic=topic, owner_id="wxid_li", members=members
    )
    async with transaction() as session:
        room_id = await rooms.upsert(session, facts, START)
        for bot_id in sitting:
            await rooms.add_bot(session, room_id, bot_id, None, START, engaged=True)
        if recording:
            owner = await contacts.by_wechat_id(session, "wxid_li")
            assert owner is not None
            await consent.start_recording(session, room_id, owner.id)
        return room_id


# --- gaps --------------------------------------------------------------------------------------------------


async def deaf(bot_id: int, start: float, end: float | None, reason: str = "网关断了") -> None:
    """From so many minutes after the start to so many."""
    ended = None if end is None else START + timedelta(minutes=end)
    async with transaction() as session:
        session.add(Gap(bot_id=bot_id, started_at=START + timedelta(minutes=start), ended_at=ended, reason=reason))


async def gaps_in(*room_ids: int, since: float = 0, until: float = 600) -> list[tuple[float, float | None, str]]:
    async with transaction() as session:
        found = await gaps.gaps_of(
            session, room_ids, START + timedelta(minutes=since), START + timedelta(minutes=until)
        )
    return [(minutes(span.started_at), minutes(span.ended_at), span.reason) for span in found]


def minutes(at: datetime | None) -> float | None:
    return None if at is None else (at - START) / timedelta(minutes=1)


async def test_a_room_is_deaf_only_while_all_its_bots_are() -> None:
    one, two = await a_bot("one"), await a_bot("two")
    both, alone = await a_room("两个", one, two), await a_room("一个", one)
    await deaf(one, 10, 40)
    await deaf(two, 30, 60, "没电了")
    assert await gaps_in(alone) == [(10, 40, "网关断了")]
    assert await gaps_in(both) == [(30, 40, "网关断了；没电了")]


async def test_gaps_are_merged_clipped_and_blips_left_out() -> None:
    bot = await a_bot("one")
    room = await a_room("群", bot)
    await deaf(bot, -20, -10)  # before it sat there
    await deaf(bot, -5, 2, "甲")
    await deaf(bot, 10, 20, "甲")
    await deaf(bot, 20, 30, "乙")
    await deaf(bot, 40, 40 + 4 / 60)
    await deaf(bot, 90, 120, "丙")
    assert await gaps_in(room, since=-60, until=100) == [(0, 2, "甲"), (10, 30, "甲；乙"), (90, 100, "丙")]
    assert await gaps_in(room, since=2, until=9) == []


async def test_a_moment_at_which_something_was_lost_is_told_however_short() -> None:
    one, two = await a_bot("one"), await a_bot("two")
    alone, both = await a_room("一个", one), await a_room("两个", one, two)
    async with transaction() as session:
        for minute in (10, 11, 50):
            await bots.lost(session, one, START + timedelta(minutes=minute), "有一条消息存不下来")
    assert await gaps_in(alone) == [(10, 10, "有一条消息存不下来"), (50, 50, "有一条消息存不下来")]
    assert await gaps_in(both) == []  # the other bot heard it
    assert await gaps_in(alone, since=10, until=20) == [(10, 10, "有一条消息存不下来")]


async def test_a_gap_that_lasts_is_open_and_one_nobody_wrote_down_is_found() -> None:
    down, dead, well = await a_bot("down"), await a_bot("dead"), await a_bot("well")
    rooms_of = [await a_room(name, bot) for name, bot in (("断", down), ("停", dead), ("好", well))]
    heard = now() - timedelta(hours=1)
    async with transaction() as session:
        await bots.heard(session, dead, heard)
        session.add(Gap(bot_id=down, started_at=heard, ended_at=None, reason="网关断了"))
        found = await gaps.gaps_of(session, rooms_of, heard - timedelta(hours=1), now())
        earlier = await gaps.gaps_of(session, rooms_of, heard - timedelta(hours=1), heard + timedelta(minutes=9))
    assert [(span.started_at, span.ended_at, span.reason, span.room_ids) for span in found] == [
        (heard, None, bots.NOT_RUNNING, frozenset({rooms_of[1]})),
        (heard, None, "网关断了", frozenset({rooms_of[0]})),
    ]
    assert {span.ended_at for span in earlier} == {heard + timedelta(minutes=9)}


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2026-11-21 10:02", "2026-11-21 10:40", "昨天 10:02–10:40 不在线（手机上退出了登录），这段时间的消息可能不全"),
        (
            "2026-11-21 23:50",
            "2026-11-22 00:20",
            "昨天 23:50 到今天 00:20 不在线（手机上退出了登录），这段时间的消息可能不全",
        ),
        (
            "2026-11-03 10:02",
            "2026-11-03 10:02:40",
            "11月3日 10:02 前后不在线（手机上退出了登录），这段时间的消息可能不全",
        ),
        (
            "2025-11-03 10:02",
            "2025-11-03 10:05",
            "2025年11月3日 10:02–10:05 不在线（手机上退出了登录），这段时间的消息可能不全",
        ),
        ("2026-11-22 10:02", None, "从今天 10:02 起不在线（手机上退出了登录），到现在的消息可能不全"),
        ("2026-11-20 10:02", "2026-11-20 10:02", "前天 10:02 有消息没能收下（手机上退出了登录），这前后的消息可能不全"),
    ],
)
def test_a_gap_in_words(start: str, end: str | None, said: str) -> None:
    at = [None if each is None else datetime.fromisoformat(each).replace(tzinfo=SHANGHAI) for each in (start, end)]
    assert at[0] is not None
    span = gaps.GapSpan(
        started_at=at[0].astimezone(UTC), ended_at=at[1], reason="手机上退出了登录", room_ids=frozenset({1})
    )
    assert gaps.words(span, SHANGHAI, datetime(2026, 11, 22, 12, 0, tzinfo=SHANGHAI)) == said


# --- import ------------------------------------------------------------------------------------------------


def line(number: int = 0, **changes: object) -> dict[str, object]:
    at = (START + timedelta(minutes=number)).isoformat()
    facts = {"room": "老同学", "talker": "阿明", "at": at, "type": "text", "text": f"第 {number} 句"}
    return facts | changes


def written(folder: Path, lines: Sequence[object], name: str = "history.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines) + "\n")
    return path


async def take(path: Path) -> tuple[importing.Summary, dict[int, str]]:
    complaints: dict[int, str] = {}
    source = Source(path)
    try:
        done = await importing.Import(load_settings(), source, complaints.__setitem__).run(lambda _: None)
    finally:
        source.close()
    return done, complaints


async def kept() -> list[Message]:
    async with transaction() as session:
        return list(await session.scalars(select(Message).order_by(Message.sent_at, Message.id)))


async def name_of(contact_id: int | None) -> str | None:
    async with transaction() as session:
        return await session.scalar(select(Contact.wechat_id).where(Contact.id == contact_id))


async def test_the_same_history_twice_in_another_order_changes_nothing(tmp_path: Path) -> None:
    lines = [line(number, talker=f"人{number % 3}") for number in range(1300)]
    lines += [line(5000, text="哈哈")] * 3  # said three times in the same second
    done, complaints = await take(written(tmp_path, lines))
    assert (done.added, done.present, done.bad, complaints) == (1303, 0, 0, {})
    random.Random(4).shuffle(lines)
    done, _ = await take(written(tmp_path, lines))
    assert (done.added, done.present, done.bad) == (0, 1303, 0)
    done, _ = await take(written(tmp_path, [line(5000, text="哈哈")] * 4))
    assert (done.added, done.present) == (1, 3)
    assert len(await kept()) == 1304
    async with transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Room)) == 1
        assert await session.scalar(select(func.count()).select_from(Contact)) == 4
        found = func.array_to_tsvector(grams("1299"))
        assert await session.scalar(select(Message.text).where(Message.search == found)) is None
        assert await session.scalar(
            select(Message.text).where(Message.search.op("@@")(func.to_tsquery("simple", "'12' & '99'")))
        )


async def test_bad_lines_are_named_and_the_rest_goes_in(tmp_path: Path) -> None:
    lines = [line(1), "{", "", line(2, type="打喷嚏"), line(3, file="../secret.txt", type="file"), line(4)]
    (tmp_path / "secret.txt").write_text("x")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    lines += [
        line(5, file="link.txt", type="file"),
        line(6, file="/etc/hostname"),
        line(7, file="没有.pdf"),
        line(8, file="."),
    ]
    done, complaints = await take(written(folder, lines))
    assert set(complaints) == {2, 4, 5, 7, 8, 9, 10}
    assert "打喷嚏" in complaints[4]
    assert (done.added, done.bad) == (2, 7)
    assert [message.text for message in await kept()] == ["第 1 句", "第 4 句"]


async def test_it_goes_into_the_room_where_a_bot_sits_and_to_the_members_it_means(tmp_path: Path) -> None:
    room_id = await a_room("产品群", await a_bot("one"))
    names = ["老李", "李哥", "小王", "新人"]
    lines = [line(number, room="产品群", talker=name) for number, name in enumerate(names)]
    lines.append(line(9, room="产品群", talker="老李", text="@老张 看一下 @所有人", mentions=["老张", "所有人"]))
    await take(written(tmp_path, lines))
    found = await kept()
    assert {message.room_id for message in found} == {room_id}
    talkers = [await name_of(message.talker_id) for message in found]
    assert talkers[:2] == ["wxid_li", "wxid_li"]
    assert all(talker is not None and talker.startswith("import:") for talker in talkers[2:4])  # two bear 小王
    assert found[-1].mention_ids == ["wxid_zhang"]
    async with transaction() as session:
        await session.execute(update(Room).where(Room.id == room_id).values(topic="产品一群"))
        strangers = select(Member.left_at).join(Contact).where(Contact.wechat_id.startswith("import:"))
        assert None not in list(await session.scalars(strangers))  # nobody reads a room because of an import
    done, _ = await take(written(tmp_path, lines))
    assert (done.added, done.present) == (0, 5)  # though the room has another name now


async def test_nothing_goes_into_a_room_whose_people_were_not_asked(tmp_path: Path) -> None:
    await a_room("产品群", await a_bot("one"), recording=False)
    path = written(tmp_path, [line(1, room="产品群"), line(2), line(3, room="产品群")])
    done, complaints = await take(path)
    assert (done.added, done.bad) == (1, 2)
    assert "开始记录" in complaints[1]


async def test_whoever_said_no_is_only_counted(tmp_path: Path) -> None:
    room_id = await a_room("产品群", await a_bot("one"))
    async with transaction() as session:
        ids = dict((await session.execute(select(Contact.wechat_id, Contact.id))).all())
        await consent.refuse(session, ids["wxid_zhang"], room_id)
        await consent.refuse(session, ids["wxid_w2"], None)
    (tmp_path / "a.txt").write_text("秘密")
    lines = [
        line(1, room="产品群", talker="老张", type="file", file="a.txt"),
        line(2, room="产品群", talker="小王"),  # one of the two who may be meant said no
        line(3, room="别的群", talker="王二"),  # may well be the one who said no everywhere
        line(4, room="产品群", talker="老李", type="位置", text="公司"),
        line(5, room="产品群", talker="老李"),
    ]
    path = written(tmp_path, lines)
    done, _ = await take(path)
    assert (done.added, done.counted, done.files) == (5, 4, 0)
    assert [message.text for message in await kept()] == ["", "", "", "", "第 5 句"]
    assert {message.talker_id for message in await kept() if message.withheld} == {None}
    assert (await take(path))[0].present == 5


async def test_what_a_bot_heard_itself_is_not_put_in_again_nor_what_was_erased(tmp_path: Path) -> None:
    bot_id = await a_bot("one")
    room_id = await a_room("产品群", bot_id)
    async with transaction() as session:
        talker = await contacts.by_wechat_id(session, "wxid_li")
        assert talker is not None
        rows = [
            {"bot_id": bot_id, "room_id": room_id, "peer_id": None, "talker_id": talker.id, "source_id": f"m{number}"}
            | {"kind": "text", "text": f"第 {number} 句", "sent_at": START + timedelta(minutes=number)}
            for number in (1, 2)
        ]
        await messages.store(session, rows)
        await messages.recall(session, Message.source_id == "m2")
    lines = [line(number, room="产品群", talker="老李") for number in (1, 2, 3)]
    done, _ = await take(written(tmp_path, [*lines, lines[0]]))
    assert (done.added, done.present) == (2, 2)
    assert [message.text for message in await kept()] == ["第 1 句", "第 1 句", "", "第 3 句"]


async def test_files_go_in_once_and_a_broken_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "图").mkdir()
    (tmp_path / "图" / "合同.pdf").write_bytes(b"%PDF-1.7 " + b"x" * 3_000_000)
    lines = [
        line(1, type="文件", file="图/合同.pdf", text=""),
        line(2, type="file", file="图\\合同.pdf", file_name="再发.pdf"),
    ]
    path = written(tmp_path, lines)
    done, _ = await take(path)
    assert (done.added, done.files) == (2, 2)
    assert (await take(path))[0].present == 2
    async with transaction() as session:
        found = (await session.execute(select(File.name, File.kind, File.state).order_by(File.id))).all()
        (blob,) = await session.scalars(select(Blob))
    assert [tuple(row) for row in found] == [
        ("合同.pdf", FileKind.PDF, FileState.STORED),
        ("再发.pdf", FileKind.PDF, FileState.STORED),
    ]
    assert blob.size == 3_000_009


# --- export ------------------------------------------------------------------------------------------------


async def stream(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def a_lively_room() -> int:
    """Every sort of place that a message can have, with files, one of which is missing."""
    bot_id = await a_bot("one")
    room_id = await a_room("产品群", bot_id)
    async with transaction() as session:
        ids = dict((await session.execute(select(Contact.wechat_id, Contact.id))).all())
        base = {"bot_id": bot_id, "room_id": room_id, "peer_id": None, "kind": "text", "text": ""}
        base |= {"file_name": None, "mention_ids": [], "quoted_source_id": None, "details": {}, "withheld": False}
        base |= {"from_self": False, "by_bot": False, "recalled_at": None}
        changes: list[dict[str, object]] = [
            {"talker_id": ids["wxid_li"], "text": "早\n第二行 😀"},
            {"talker_id": ids["wxid_w1"], "text": "@小王 你呢", "mention_ids": ["wxid_w2", "wxid_gone"]},
            {"talker_id": ids["wxid_w2"], "text": "在", "quoted_source_id": "m1"},
            {"talker_id": None, "kind": "voice", "withheld": True},
            {"talker_id": ids["wxid_zhang"], "recalled_at": START + timedelta(hours=3)},
            {"talker_id": ids["wxid_li"], "kind": "link", "details": {"title": "周报", "url": "https://a.b"}},
            {"talker_id": ids["wxid_zhang"], "text": "收到", "from_self": True, "by_bot": True},
            *(
                {"talker_id": ids["wxid_li"], "kind": "file", "file_name": name}
                for name in ("合同.pdf", "合同.PDF", "丢.zip")
            ),
        ]
        rows = [
            base | {"source_id": f"m{number}", "sent_at": START + timedelta(seconds=number // 2)} | change
            for number, change in enumerate(changes)
        ]
        new = await messages.store(session, rows)
        for number, name, data in ((7, "合同.pdf", b"one"), (8, "合同.PDF", b"two"), (9, "丢.zip", None)):
            file = File(message_id=new[f"m{number}"], name=name)
            session.add(file)
            await session.flush()
            if data is None:
                await files.fail(session, file.id, "已经过期")
            else:
                stored = await storage.put(f"files/{number}", stream(data))
                await files.attach(session, file.id, stored, "application/pdf", FileKind.PDF)
    await deaf(bot_id, 5, 9)
    return room_id


async def story() -> list[tuple[object, ...]]:
    """All that a reader may know of the messages, whatever their ids here."""
    async with transaction() as session:
        names = {
            contact_id: alias or name
            for contact_id, name, alias in await session.execute(
                select(Contact.id, Contact.name, Member.alias).outerjoin(Member, Member.contact_id == Contact.id)
            )
        }
        rows = (
            await session.execute(
                select(Message, File, Blob, Room.topic)
                .join(Room, Room.id == Message.room_id)
                .outerjoin(File, File.message_id == Message.id)
                .outerjoin(Blob, Blob.id == File.blob_id)
                .order_by(Message.sent_at, Message.id)
            )
        ).all()
    return [
        (topic, names.get(message.talker_id or 0), message.sent_at, message.kind, message.text, message.source_id)
        + (message.quoted_source_id, message.details, len(message.mention_ids), message.withheld, message.recalled_at)
        + (message.from_self, message.by_bot, message.file_name)
        + ((file.name, file.state, file.reason) if file is not None else ())
        + ((blob.sha256, blob.size) if blob is not None else ())
        for message, file, blob, topic in rows
    ]


def beside(path: Path) -> set[str]:
    return {each.name for each in path.parent.iterdir() if "out" in each.name}


async def export(target: Path, name: str = "产品群", since: datetime | None = None) -> exporting.Summary:
    async with transaction() as session:
        room = await exporting.find_room(session, name)
    return await exporting.Export(load_settings(), room, since, None).run(target)


async def empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is there any more, neither in the database nor in storage."""
    async with transaction() as session:
        for table in (File, Blob, Message, Member, Gap, Room, Contact, Bot):
            await session.execute(table.__table__.delete())
    use_settings(monkeypatch, data_dir=tmp_path / "elsewhere")


async def test_a_room_goes_out_and_comes_back_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await a_lively_room()
    before = await story()
    assert len(before) == 10
    path = tmp_path / "out.zip"
    done = await export(path)
    assert (done.messages, done.withheld, done.recalled, done.files) == (10, 1, 1, 2)
    assert (await take(path))[0].present == 10  # where it came from it changes nothing
    assert await story() == before
    await empty(monkeypatch, tmp_path)
    summary, complaints = await take(path)
    assert (summary.added, complaints) == (10, {})
    assert await story() == before
    again = tmp_path / "again.zip"
    await export(again)
    assert (await take(again))[0].present == 10
    assert await story() == before


async def test_the_zip_says_what_is_missing(tmp_path: Path) -> None:
    await a_lively_room()
    path = tmp_path / "out.zip"
    await export(path)
    assert path.stat().st_mode & 0o077 == 0
    assert beside(path) == {"out.zip"}  # nothing half done is left there
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {"messages.jsonl", "README.txt", "files/合同.pdf", "files/合同 (2).PDF"}
        told = archive.read("README.txt").decode()
        lines = [json.loads(each) for each in archive.read("messages.jsonl").splitlines()]
    assert "丢.zip：已经过期" in told
    assert "09:05–09:09 不在线（网关断了）" in told
    (withheld,) = [each for each in lines if each.get("withheld")]
    assert set(withheld) <= {"room", "room_id", "at", "type", "id", "withheld"}
    with pytest.raises(exporting.ExportError, match="已经有了"):
        await export(path)
    assert (await export(tmp_path / "part.zip", since=START + timedelta(seconds=3))).messages == 4


async def test_a_room_that_is_not_clear_is_asked_back(tmp_path: Path) -> None:
    first = await a_room("产品群", wechat_id="1@chatroom")
    await a_room("产品群", wechat_id="2@chatroom")
    await a_room("测试群")
    with pytest.raises(exporting.ExportError, match=f"2 个群.*#{first}"):
        await export(tmp_path / "out.zip")
    with pytest.raises(exporting.ExportError, match="测试群（#"):
        await export(tmp_path / "out.zip", "测试")
    assert (await export(tmp_path / "out.zip", f"#{first}")).messages == 0


# --- the commands ------------------------------------------------------------------------------------------


def test_the_commands_say_what_they_did(database_url: str, tmp_path: Path) -> None:
    settings = {"database_url": database_url, "data_dir": tmp_path / "data"}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return botbay(*arguments, cwd=tmp_path, **settings)

    written(tmp_path, [line(number) for number in range(1203)] + ["{", line(1, type="?"), line(1, at="?")])
    done = run("import", "history.jsonl")
    assert (done.returncode, done.stdout) == (1, "放入 1,203 条，已有 0 条，3 行有误。\n")
    assert [each.split("：")[0] for each in done.stderr.splitlines()] == ["第 1204 行", "第 1205 行", "第 1206 行"]
    done = run("import", "history.jsonl", "--json")
    assert json.loads(done.stdout) == {"added": 0, "counted": 0, "files": 0, "present": 1203, "bad": 3}
    done = run("export", "--room", "老同学", "--since", "2026-11-20T10:00", "--out", "a.zip")
    assert (done.returncode, done.stderr) == (0, "")
    assert "1,143 条" in done.stdout
    audit = (tmp_path / "data" / "logs" / "exports.log").read_text()
    assert "messages=1143" in audit
    assert "第 1 句" not in audit
    assert run("import", "a.zip").stdout == "放入 0 条，已有 1,143 条，0 行有误。\n"
    for arguments, words in (
        (("export", "--room", "没有的群"), "老同学（#"),
        (("export", "--room", "老同学", "--out", "a.zip"), "已经有了"),
        (("export", "--room", "老同学", "--out", "no/where.zip"), "写不了"),
    ):
        done = run(*arguments)
        assert done.returncode == 1
        assert words in done.stderr
        assert len(done.stderr.splitlines()) == 1
    (tmp_path / "bad.zip").write_bytes((tmp_path / "a.zip").read_bytes()[:-200])
    assert run("import", "bad.zip").returncode == 1
    assert run("import", "none.jsonl").returncode == 2
    assert run("export", "--room", "老同学", "--since", "昨天").returncode == 2
