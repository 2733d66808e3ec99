"""What is heard is stored once, in whatever order and however often it is heard, and only what may be kept."""

import dataclasses
import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import bots, consent, contacts, rooms
from botbay.chat.models import Bot, Contact, Conversation, File, Gate, Member, Message, Room, Turn, TurnState
from botbay.db import now, transaction
from botbay.settings import load_settings
from connector.drivers.base import ContactCard, InboundMessage, MessageKind
from connector.inbox import Inbox
from tests.conftest import use_settings

pytestmark = pytest.mark.usefixtures("database")

BOT, OWNER, GUEST, ROOM = "wxid_bot", "wxid_owner", "wxid_guest", "1@chatroom"
START = datetime(2026, 1, 22, 9, 0, tzinfo=UTC)


def heard(
    number: int,
    words: str,
    *,
    talker: str = GUEST,
    room: str | None = ROOM,
    kind: MessageKind = MessageKind.TEXT,
    source_id: str | None = None,
    mentions: tuple[str, ...] = (),
    recalled: str | None = None,
) -> InboundMessage:
    return InboundMessage(
        source_id=f"m{number}" if source_id is None else source_id,
        kind=kind,
        talker=ContactCard(id=talker, name=talker),
        room_id=room,
        listener_id=None if room else BOT,
        text=words,
        sent_at=START + timedelta(seconds=number),
        from_self=talker == BOT,
        mention_ids=mentions,
        file_name=words if kind == MessageKind.FILE else None,
        recalled_id=recalled,
    )


async def prepare(session: AsyncSession, *, recording: bool = True) -> int:
    """A bot that is logged in and a room in which it may speak."""
    bot = await bots.ensure(session, "harbour")
    await bots.logged_in(session, bot.id, BOT, "小港")
    facts = rooms.RoomFacts(
        wechat_id=ROOM,
        topic="产品群",
        owner_id=OWNER,
        members={OWNER: ("群主", ""), GUEST: ("小王", ""), BOT: ("小港", "")},
    )
    room_id = await rooms.upsert(session, facts, START)
    owner = await contacts.by_wechat_id(session, OWNER)
    assert owner is not None
    await rooms.add_bot(session, room_id, bot.id, owner.id, START, engaged=True)
    if recording:
        await consent.start_recording(session, room_id, owner.id)
    return bot.id


async def inbox(*, recording: bool = True) -> Inbox:
    async with transaction() as session:
        bot_id = await prepare(session, recording=recording)
    return Inbox(bot_id, load_settings())


async def count(what: type[Message] | type[Turn] | type[File]) -> int:
    async with transaction() as session:
        return await session.scalar(select(func.count()).select_from(what)) or 0


async def waiting_jobs() -> int:
    async with transaction() as session:
        return await session.scalar(text("SELECT count(*) FROM pgqueuer")) or 0


async def test_hearing_it_again_changes_nothing() -> None:
    box = await inbox()
    told = [heard(n, f"第 {n} 句") for n in range(30)]
    told += [heard(100 + n, f"@小港 帮助 {n}", mentions=(BOT,)) for n in range(5)]
    told += [heard(200 + n, f"表 {n}.xlsx", kind=MessageKind.FILE) for n in range(5)]
    told += [heard(300 + n, "没有编号", source_id="") for n in range(3)]
    again = told * 3
    random.Random(7).shuffle(again)
    while again:
        batch, again = again[:17], again[17:]
        await box.store(batch, now())
    assert await count(Message) == 43
    assert await count(Turn) == 5
    assert await count(File) == 5
    assert await waiting_jobs() == 5


async def test_a_stored_message_has_its_search_entry() -> None:
    box = await inbox()
    await box.store([heard(1, "方案定在周五")], now())
    async with transaction() as session:
        found = await session.scalars(
            select(Message.text).where(Message.search.op("@@")(func.plainto_tsquery("simple", "周五")))
        )
        assert list(found) == ["方案定在周五"]


async def test_before_the_yes_nothing_is_written_but_what_is_said_to_the_bot() -> None:
    box = await inbox(recording=False)
    await box.store([heard(1, "秘密"), heard(2, "@小港 帮助", mentions=(BOT,))], now())
    assert await count(Message) == 0
    async with transaction() as session:
        turns = (await session.scalars(select(Turn.text))).all()
        assert turns == ["帮助"]
        dump = await session.scalars(text("SELECT t::text FROM turns t UNION ALL SELECT m::text FROM messages m"))
        assert not any("秘密" in row for row in dump)


async def test_each_member_is_asked_where_the_setting_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    use_settings(monkeypatch, consent="member")
    box = await inbox()
    await box.store([heard(1, "还没同意")], now())
    async with transaction() as session:
        guest = await contacts.by_wechat_id(session, GUEST)
        room = await session.scalar(select(Room))
        assert guest is not None
        assert room is not None
        await consent.agree(session, guest.id, room.id)
    await box.store([heard(2, "同意之后")], now())
    async with transaction() as session:
        rows = await session.execute(select(Message.text, Message.withheld).order_by(Message.id))
        assert [tuple(row) for row in rows] == [("", True), ("同意之后", False)]


async def test_a_place_a_transfer_and_a_red_packet_are_only_counted() -> None:
    box = await inbox()
    kinds = (MessageKind.LOCATION, MessageKind.TRANSFER, MessageKind.RED_PACKET)
    await box.store([heard(n, "机密", kind=kind) for n, kind in enumerate(kinds)], now())
    async with transaction() as session:
        rows = await session.execute(select(Message.kind, Message.text, Message.talker_id))
        assert [tuple(row) for row in rows] == [(kind, "", None) for kind in kinds]


async def test_recalling_what_still_waits_for_an_answer_withdraws_it() -> None:
    box = await inbox(recording=False)
    await box.store([heard(1, "@小港 帮助", mentions=(BOT,))], now())
    await box.store([heard(2, "", kind=MessageKind.RECALL, recalled="m1")], now())
    async with transaction() as session:
        rows = await session.execute(select(Turn.state, Turn.text))
        assert [tuple(row) for row in rows] == [(TurnState.DONE, None)]


async def test_the_owners_words_silence_everything_and_bring_it_back() -> None:
    box = await inbox()
    await box.store([heard(1, "全部安静", talker=BOT), heard(2, "@小港 不要记录我", mentions=(BOT,))], now())
    await box.store([heard(3, "全部恢复应答", talker=BOT), heard(4, "@小港 帮助", mentions=(BOT,))], now())
    async with transaction() as session:
        # Silenced, it listens to nothing but a yes that is taken back.
        assert list(await session.scalars(select(Turn.gate).order_by(Turn.id))) == [Gate.SILENCED, Gate.OPEN]


async def test_a_stranger_in_private_leaves_no_words_behind() -> None:
    box = await inbox()
    long = "这是一段和机器人没有任何关系、写给号主本人的很长很长的私人消息，不该被任何地方记下来。"
    await box.store([heard(1, long, room=None, talker="wxid_friend")], now())
    assert await count(Turn) == 0
    assert await count(Message) == 0


async def test_the_bot_is_heard_until_the_batch_that_was_stored() -> None:
    box = await inbox()
    at = now()
    await box.store([heard(1, "嗯")], at)
    async with transaction() as session:
        assert await session.scalar(select(Bot.heard_at)) == at


async def test_wechats_own_accounts_are_no_people() -> None:
    box = await inbox()
    await box.store(
        [heard(1, "微信团队", room=None, talker="weixin"), heard(2, "推送", room=None, talker="gh_1")], now()
    )
    async with transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Conversation)) == 0
        names = set(await session.scalars(select(Contact.wechat_id)))
    assert not names & {"weixin", "gh_1"}


async def test_the_owners_own_chats_leave_no_trace() -> None:
    box = await inbox()
    told = heard(1, "晚上回家吃饭吗", room=None, talker=BOT)
    await box.store([dataclasses.replace(told, listener_id="wxid_mother")], now())
    async with transaction() as session:
        assert "wxid_mother" not in set(await session.scalars(select(Contact.wechat_id)))
    assert await count(Message) == 0


async def test_the_owners_own_groups_leave_no_trace() -> None:
    box = await inbox()
    assert await box.unknown_rooms([heard(1, "晚上回家吃饭", talker=BOT, room="family@chatroom")]) == set()
    assert await box.unknown_rooms([heard(1, "变身机器人", talker=BOT, room="work@chatroom")]) == {"work@chatroom"}


async def test_a_yes_in_one_room_leaves_a_no_for_everywhere_else() -> None:
    box = await inbox()
    other = "2@chatroom"
    async with transaction() as session:
        guest = await contacts.by_wechat_id(session, GUEST)
        room = await session.scalar(select(Room))
        assert guest is not None
        assert room is not None
        facts = rooms.RoomFacts(wechat_id=other, topic="别的群", owner_id=OWNER, members={GUEST: ("小王", "")})
        await consent.start_recording(session, await rooms.upsert(session, facts, START), guest.id)
        await consent.refuse(session, guest.id, None)
    async with transaction() as session:
        await consent.agree(session, guest.id, room.id)
    await box.store([heard(1, "这里可以"), heard(2, "那里不行", room=other)], now())
    async with transaction() as session:
        assert list(await session.scalars(select(Message.text).order_by(Message.id))) == ["这里可以", ""]


async def test_much_is_erased_as_well_as_little() -> None:
    box = await inbox()
    for first in range(0, 12_000, 2_000):
        await box.store([heard(first + n, "旧话") for n in range(2_000)], now())
    async with transaction() as session:
        room = await session.scalar(select(Room))
        assert room is not None
        assert await consent.erase_room(session, room.id) == 12_000
        assert await consent.kept_of_room(session, room.id) == 0


async def test_what_a_new_friend_asks_right_after_the_hello_is_for_the_bot() -> None:
    box = await inbox()
    await box.store(
        [
            heard(1, "hello bot", room=None, talker="wxid_new"),
            heard(2, "给我看看今天的日报", room=None, talker="wxid_new"),
        ],
        now(),
    )
    async with transaction() as session:
        rows = await session.execute(select(Turn.text, Turn.gate).order_by(Turn.id))
        assert [tuple(row) for row in rows] == [(None, Gate.OPEN), ("给我看看今天的日报", Gate.OPEN)]


async def test_the_owners_word_counts_for_what_is_said_right_after_it() -> None:
    box = await inbox()
    await box.store(
        [
            dataclasses.replace(heard(1, "变身机器人", room=None, talker=BOT), listener_id=GUEST),
            heard(2, "帮助", room=None),
            dataclasses.replace(heard(3, "安静", room=None, talker=BOT), listener_id=GUEST),
            heard(4, "在吗", room=None),
        ],
        now(),
    )
    async with transaction() as session:
        rows = await session.execute(select(Turn.text, Turn.gate).order_by(Turn.id))
        assert [tuple(row) for row in rows] == [("帮助", Gate.OPEN), ("在吗", Gate.WAKE)]


async def test_who_has_left_stays_out_however_late_their_last_words_are_heard() -> None:
    box = await inbox()
    async with transaction() as session:
        room = await session.scalar(select(Room))
        assert room is not None
        await rooms.leave(session, room.id, [GUEST], START + timedelta(minutes=10))

    async def left() -> bool:
        async with transaction() as session:
            guest = await contacts.by_wechat_id(session, GUEST)
            assert guest is not None
            return (await session.scalar(select(Member.left_at).where(Member.contact_id == guest.id))) is not None

    await box.store([heard(5, "再见")], now())
    assert await left()
    await box.store([heard(20 * 60, "我又回来了")], now())
    assert not await left()


async def test_the_pause_counts_from_when_the_owner_typed() -> None:
    box = await inbox()
    typed = heard(1, "我来回答", talker=BOT)
    for sent_at, gate in ((START, Gate.OPEN), (now(), Gate.WAKE)):
        told = dataclasses.replace(typed, source_id=f"o{gate}", sent_at=sent_at)
        await box.store([told], now())
        await box.store([heard(2, "@小港 帮助", mentions=(BOT,), source_id=f"t{gate}")], now())
        async with transaction() as session:
            assert await session.scalar(select(Turn.gate).order_by(Turn.id.desc()).limit(1)) == gate
