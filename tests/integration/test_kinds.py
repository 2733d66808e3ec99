"""Every kind of message is kept as people can read it, whatever is in it; what is taken back is gone from all of them."""

import base64
import dataclasses
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from wechaty_grpc.wechaty.puppet import MessagePayloadResponse

from botbay.chat import consent, contacts, lines, messages
from botbay.chat.access import PRIVATE, Audience, Subject
from botbay.chat.models import Bot, File, Member, Message, Room, Turn, TurnState
from botbay.chat.search import grams
from botbay.chat.solitaires import of_room
from botbay.db import now, transaction
from botbay.settings import load_settings
from connector import notices
from connector.bot import clean
from connector.drivers.base import (
    ContactCard,
    InboundMessage,
    MemberCard,
    MessageKind,
    RoomCard,
    RoomJoin,
    RoomLeave,
    RoomTopic,
)
from connector.drivers.wechaty_content import answer
from connector.drivers.wechaty_messages import inbound_message
from connector.inbox import Inbox
from tests.conftest import use_settings
from tests.integration.test_inbox import BOT, GUEST, OWNER, ROOM, START, count, heard, inbox

pytestmark = pytest.mark.usefixtures("database")

LOCATED = (MessageKind.LOCATION, MessageKind.TRANSFER, MessageKind.RED_PACKET)
BROUGHT: dict[MessageKind, dict[str, object]] = {
    MessageKind.LINK: {"title": "年会", "description": "", "url": "https://a.cn"},
    MessageKind.CARD: {"name": "王五"},
    MessageKind.MERGED: {"title": "聊天记录", "items": [{"who": "王五", "text": "好"}]},
}


def of_kind(number: int, kind: MessageKind, text: str = "年会") -> InboundMessage:
    message = heard(number, text, kind=kind)
    return dataclasses.replace(message, details=BROUGHT.get(kind, {}), raw={"text": text}, file_name="年会.pdf")


async def stored() -> list[Message]:
    async with transaction() as session:
        return list(await session.scalars(select(Message).order_by(Message.id)))


async def found_by(words: str) -> list[str]:
    query = " & ".join(f"'{gram}'" for gram in grams(words))
    async with transaction() as session:
        found = select(Message.kind).where(Message.search.op("@@")(func.to_tsquery("simple", query)))
        return list(await session.scalars(found.order_by(Message.id)))


# --- what is kept -----------------------------------------------------------------------------------------


async def test_search_finds_links_cards_histories_and_file_names() -> None:
    box = await inbox()
    told = [
        dataclasses.replace(heard(1, "年会通知\n带上家属\nhttps://a.cn", kind=MessageKind.LINK)),
        heard(2, "王五", kind=MessageKind.CARD),
        heard(3, "聊天记录\n王五：合同周五交", kind=MessageKind.MERGED),
        dataclasses.replace(heard(4, "", kind=MessageKind.FILE), file_name="采购合同（终稿）.docx"),
    ]
    await box.store(told, now())
    assert await found_by("带上家属") == ["link"]
    assert await found_by("合同") == ["merged", "file"]
    assert await found_by("终稿") == ["file"]
    assert await found_by("王五") == ["card", "merged"]


PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(200_000)).decode()
HUGE = "长" * 3_000_000
BAD: list[tuple[int, str, str]] = [
    # the number on the wire, the text, and what the gateway answers when it is asked
    (14, "", ""),
    (14, "<msg>", "{"),
    (14, "<msg><appmsg>", "null"),
    (14, "<msg><appmsg><title>", "[]"),
    (14, "<msg><appmsg><title>断", '"x"'),
    (14, "<msg><appmsg><title>标题</title><url>javascript:alert(1)</url></appmsg></msg>", ""),
    (14, "", '{"title": 1, "url": {"a": []}}'),
    (14, "", '{"title": null, "url": null, "thumbnailUrl": null}'),
    (14, "", '{"title": "\\u0000\\ud800半\\udc00", "url": "https://a\\u0000b"}'),
    (14, "", '{"title": "\\u202e倒过来\\u202c", "description": "\\u2066\\u2069"}'),
    (14, "", '{"thumbnailUrl": "data:image/png;base64,' + PIXEL + '", "title": "大图"}'),
    (14, "", '{"thumbnailUrl": "data:image/png;base64,====", "title": "坏图"}'),
    (14, "", "[" * 100_000),
    (14, "", '{"title": NaN, "description": 1e999}'),
    (14, '<!DOCTYPE a [<!ENTITY b "x">]><msg><appmsg><title>&b;</title></appmsg></msg>', ""),
    (14, '<!DOCTYPE a SYSTEM "file:///etc/passwd"><msg><appmsg><title>a</title></appmsg></msg>', ""),
    (14, '<?xml version="1.0" encoding="utf-16"?><msg><appmsg><title>a</title></appmsg></msg>', ""),
    (14, '<?xml version="9"?><msg/>', ""),
    (14, "<msg><appmsg><title>&nbsp;&lt;</title></appmsg></msg>", ""),
    (14, "<msg><appmsg><title>" + HUGE + "</title></appmsg></msg>", ""),
    (14, "<msg>" * 5_000, ""),
    (14, "<msg>" + "<a/>" * 60_000 + "</msg>", ""),
    (9, "<msg><appmsg><title/><weappinfo/></appmsg></msg>", '{"title": ["x"]}'),
    (9, "not xml \x00 at all", '{"description": "只有说明"}'),
    (3, "<msg nickname='a\x00b'/>", ""),
    (3, "<msg username='x'/>", '{"name": 7}'),
    (3, "<msg nickname='" + "名" * 100_000 + "'/>", ""),
    (4, "<msg><appmsg><recorditem>不是 XML</recorditem></appmsg></msg>", ""),
    (4, "<msg><appmsg><recorditem><![CDATA[<recordinfo><datalist><dataitem", ""),
    (
        4,
        "<msg><appmsg><title>a</title><recorditem><![CDATA[<!DOCTYPE x [<!ENTITY y 'z'>]><r>&y;</r>]]></recorditem>",
        "",
    ),
    (4, "<msg><appmsg><recorditem>" + "<dataitem datatype='x'/>" * 5_000 + "</recorditem></appmsg></msg>", ""),
    (4, "<msg><appmsg><des>" + "a: b\n" * 50_000 + "</des></appmsg></msg>", ""),
    (4, "<msg/>", ""),
    (5, "<msg><emoji attachedtext='\u202e\u0007'/></msg>", ""),
    (2, "<msg><voicemsg voicelength='-1'/></msg>", ""),
    (2, "<msg><voicemsg voicelength='999999999999999999999'/></msg>", ""),
    (2, "<msg><voicemsg voicelength='１２'/></msg>", ""),
    (15, "<msg><videomsg playlength='1e5'/></msg>", ""),
    (7, "半个字 \ud800", ""),
    (7, "\x00", ""),
    (7, "\u202e\u2066\u200f", ""),
    (7, HUGE, ""),
    (7, "「" * 50_000 + "：" + "」\n- - - -" * 20_000, ""),
    (7, "「" + "三" * 40 + "：" + "x」\n" * 50_000 + "- - - - -\n好", ""),
    (7, "<msg><appmsg><title>好</title><refermsg><svrid>" + "9" * 5_000 + "</svrid></refermsg></appmsg></msg>", ""),
    (7, "#接龙\n" + "1. 小王\n" * 20_000, ""),
    (1, "<msg><appmsg><title>../../etc/passwd\x00.pdf</title></appmsg></msg>", ""),
    (10, "<group><note>", ""),
    (99, "<msg><appmsg><type>\ud83d</type></appmsg></msg>", ""),
    (0, "", ""),
    (-1, "{}", ""),
    (2**31 - 1, "\ufffe\uffff", ""),
]


def test_there_are_enough_bad_ones() -> None:
    assert len(BAD) >= 40


async def test_whatever_comes_one_message_each_is_stored() -> None:
    box = await inbox()
    for number, (wire_type, content, reply) in enumerate(BAD):
        payload = MessagePayloadResponse(
            id=f"bad{number}",
            type=wire_type,
            text=content,
            from_id=GUEST,
            room_id=ROOM,
            timestamp=1_800_000_000 + number,
        )
        message = inbound_message(payload, ContactCard(id=GUEST, name=GUEST), BOT, answer(reply))
        await box.store([clean(message)], now())
    kept = await stored()
    assert [message.source_id for message in kept] == [f"bad{number}" for number in range(len(BAD))]
    for message in kept:
        assert len(lines.line(message).splitlines()) <= 1
        assert len(message.text) <= 100_000


async def test_ids_and_times_out_of_this_world() -> None:
    box = await inbox()
    for number, timestamp in enumerate((0, 1, 2**53, 2**63)):
        payload = MessagePayloadResponse(
            id=f"{number}" * 5_000,
            type=7,
            text="在",
            from_id=GUEST,
            room_id=ROOM,
            timestamp=timestamp,
            filename="名" * 9_999,
        )
        message = inbound_message(payload, ContactCard(id=GUEST, name=GUEST), BOT)
        await box.store([message, message], now())
        await box.store([message], now())
    assert await count(Message) == 4


# --- quotes -----------------------------------------------------------------------------------------------


def quoting(number: int, name: str, quoted: str, quoted_id: str | None = None, **more: Any) -> InboundMessage:
    message = heard(number, "好的", talker=OWNER, **more)
    return dataclasses.replace(message, quoted_name=name, quoted_text=quoted, quoted_id=quoted_id)


async def test_a_quoted_picture_is_the_last_one_of_its_sender() -> None:
    box = await inbox()
    pictures = [heard(number, "", kind=MessageKind.IMAGE) for number in (1, 2)]
    other = heard(3, "", kind=MessageKind.IMAGE, talker=OWNER)
    await box.store([*pictures, other], now())
    await box.store([quoting(4, GUEST, "[图片]"), quoting(5, GUEST, "[视频]")], now())
    await box.store([heard(6, "", kind=MessageKind.IMAGE), quoting(7, GUEST, "[图片]")], now())
    quotes = {message.source_id: message.quoted_source_id for message in await stored()}
    assert [quotes[f"m{n}"] for n in (4, 5, 7)] == ["m2", None, "m6"]


async def test_a_quote_keeps_the_id_of_what_it_quotes_and_no_word_of_it() -> None:
    box = await inbox()
    await box.store([heard(1, "周五交"), heard(2, "周五交"), heard(3, "别的")], now())
    told = [
        quoting(4, GUEST, "周五交"),
        heard(5, "就在刚才"),
        quoting(6, GUEST, "就在刚才"),
        quoting(7, "没有这个人", "周五交"),
        quoting(8, GUEST, "没人说过的机密"),
        quoting(9, GUEST, "说过", "m3"),
        quoting(10, GUEST, "周五交", "别的编号"),
        quoting(11, GUEST, "说过", "不认得的编号"),
    ]
    await box.store(told, now())
    quotes = {message.source_id: message.quoted_source_id for message in await stored()}
    assert [quotes[f"m{n}"] for n in (4, 6, 7, 8, 9, 10, 11)] == ["m2", "m5", None, None, "m3", "m2", "不认得的编号"]
    async with transaction() as session:
        rows = await session.scalars(text("SELECT m::text FROM messages m"))
        assert not any("机密" in row for row in rows)


async def test_what_somebody_said_who_does_not_want_to_be_kept_is_not_quoted() -> None:
    box = await inbox()
    async with transaction() as session:
        guest = await contacts.by_wechat_id(session, GUEST)
        room = await session.scalar(select(Room))
        assert guest is not None
        assert room is not None
        await consent.refuse(session, guest.id, room.id)
    await box.store([heard(1, "不要记"), quoting(2, GUEST, "不要记")], now())
    assert [(message.text, message.quoted_source_id) for message in await stored()] == [("", None), ("好的", None)]


# --- recalls ----------------------------------------------------------------------------------------------


def taken_back(number: int, recalled: str) -> InboundMessage:
    return heard(number, "", kind=MessageKind.RECALL, recalled=recalled)


def content_of(message: Message) -> tuple[object, ...]:
    return (
        message.text,
        message.details,
        message.raw,
        message.mention_ids,
        message.quoted_source_id,
        message.file_name,
        message.search,
    )


NOTHING = ("", {}, {}, [], None, None, None)


@pytest.mark.parametrize("first", ["message", "recall"])
@pytest.mark.parametrize("kind", [kind for kind in MessageKind if kind != MessageKind.RECALL])
async def test_what_is_recalled_is_gone_and_its_place_stays(kind: MessageKind, first: str) -> None:
    box = await inbox()
    told = [of_kind(1, kind), taken_back(2, "m1")]
    for message in told if first == "message" else reversed(told):
        await box.store([message], now())
    once = await stored()
    (message,) = once
    assert content_of(message)[:-1] == NOTHING[:-1]
    assert not message.search
    assert (message.source_id, message.kind, message.sent_at) == ("m1", kind, START + timedelta(seconds=1))
    assert (message.talker_id is None) == (kind in LOCATED) == message.withheld
    assert message.recalled_at is not None
    assert lines.line(message) == "[已撤回]"
    assert await count(File) == 0
    await box.store([*told, *told], now())  # heard again
    (again,) = await stored()
    assert (again.id, again.recalled_at, again.text) == (message.id, message.recalled_at, "")
    assert await count(File) == 0


async def test_a_question_that_is_recalled_before_it_is_heard_is_not_answered() -> None:
    box = await inbox()
    await box.store([taken_back(2, "m1"), heard(1, "@小港 帮助", mentions=(BOT,))], now())
    assert await count(Turn) == 0
    await box.store([heard(3, "@小港 帮助", mentions=(BOT,)), taken_back(4, "m3"), heard(3, "@小港 帮助")], now())
    async with transaction() as session:
        assert list(await session.scalars(select(Turn.state))) == [TurnState.DONE]


async def test_a_place_is_kept_only_where_messages_are() -> None:
    box = await inbox(recording=False)
    await box.store([taken_back(1, "m9")], now())
    assert await count(Message) == 0


async def test_recalls_in_any_order_and_however_often_end_alike() -> None:
    box = await inbox()
    told = [heard(n, f"第 {n} 句") for n in range(1, 31)]
    told += [taken_back(100 + n, f"m{n}") for n in range(1, 31, 2)]
    told = told * 3
    random.Random(11).shuffle(told)
    for first in range(0, len(told), 13):
        await box.store(told[first : first + 13], now())
    kept = {message.source_id: message for message in await stored()}
    assert len(kept) == 30
    for n in range(1, 31):
        message = kept[f"m{n}"]
        assert (message.text == "") == (message.recalled_at is not None) == (n % 2 == 1)
        assert message.kind == "text"
        assert message.sent_at == START + timedelta(seconds=n)
        assert message.talker_id is not None


# --- what happens in a room -------------------------------------------------------------------------------

CARD = RoomCard(
    id=ROOM,
    topic="产品群",
    owner_id=OWNER,
    members=tuple(MemberCard(id=id, name=name) for id, name in ((OWNER, "群主"), (GUEST, "小王"), (BOT, "小港"))),
)


def joined(at: datetime, *invitees: str, by: str | None = OWNER) -> RoomJoin:
    return RoomJoin(room=CARD, invitee_ids=invitees, inviter_id=by, at=at)


async def happen(*events: RoomJoin | RoomLeave | RoomTopic) -> list[Message]:
    async with transaction() as session:
        room = (await session.scalars(select(Room))).one()
        bot_id = (await session.scalars(select(Bot.id))).one()
        for event in events:
            await notices.store(session, load_settings(), bot_id, room, event, now())
    return await stored()


async def prepared(*, recording: bool = True) -> Inbox:
    box = await inbox(recording=recording)
    async with transaction() as session:
        guest = await contacts.by_wechat_id(session, GUEST)
        assert guest is not None
        await session.execute(update(Member).where(Member.contact_id == guest.id).values(alias="王工"))
    return box


async def test_who_comes_and_goes_is_kept_once() -> None:
    await prepared()
    at = now()
    events = [
        joined(at, GUEST),
        joined(at + timedelta(seconds=1), GUEST, by=GUEST),
        RoomTopic(room_id=ROOM, topic="新产品群", changer_id=OWNER, at=at + timedelta(seconds=2)),
        RoomLeave(room_id=ROOM, leaver_ids=(GUEST,), remover_id=OWNER, at=at + timedelta(seconds=3)),
        RoomLeave(room_id=ROOM, leaver_ids=("wxid_nobody",), remover_id=None, at=at + timedelta(seconds=4)),
    ]
    kept = await happen(*events, *events)
    assert [lines.line(message) for message in kept] == [
        "群主邀请王工进了群",
        "王工进了群",
        "群主把群名改成「新产品群」",
        "群主把王工移出了群",
        "有人离开了群",
    ]
    first = kept[0]
    assert (first.kind, first.talker_id, first.withheld) == ("notice", None, False)
    assert {key: first.details[key] for key in ("event", "names", "by")} == {
        "event": "joined",
        "names": ["王工"],
        "by": "群主",
    }
    assert await found_by("新产品群") == ["notice"]
    assert len(await happen(*reversed(events))) == 5


async def test_of_a_room_that_is_not_recorded_nothing_is_kept() -> None:
    await prepared(recording=False)
    assert await happen(joined(now(), GUEST)) == []


async def test_what_happened_before_the_recording_is_not_kept() -> None:
    await prepared()
    assert await happen(joined(now() - timedelta(hours=1), GUEST)) == []


async def test_who_said_no_is_not_named() -> None:
    await prepared()
    kept = await happen(joined(now(), GUEST))
    assert kept[0].text == "群主邀请王工进了群"
    async with transaction() as session:
        guest = await contacts.by_wechat_id(session, GUEST)
        assert guest is not None
        assert await consent.refuse(session, guest.id, None) == 1
    kept = await happen(joined(now(), GUEST), joined(now(), BOT, by=GUEST))
    assert [(message.withheld, message.text) for message in kept] == [
        (True, ""),
        (False, "群主邀请有人进了群"),
        (False, "小港进了群"),
    ]
    assert "王工" not in str([message.details for message in kept])


async def test_where_each_member_is_asked_only_those_are_named_who_agreed(monkeypatch: pytest.MonkeyPatch) -> None:
    use_settings(monkeypatch, consent="member")
    await prepared()
    async with transaction() as session:
        guest = await contacts.by_wechat_id(session, GUEST)
        room = await session.scalar(select(Room))
        assert guest is not None
        assert room is not None
        await consent.agree(session, guest.id, room.id)
    kept = await happen(joined(now(), GUEST, "wxid_nobody"))
    assert kept[0].text == "王工等 2 人进了群"


# --- 接龙 -------------------------------------------------------------------------------------------------


def passed_on(
    number: int, *entries: str, title: str = "周五聚餐", talker: str = GUEST, minutes: int = 0
) -> InboundMessage:
    rows = [f"{place}. {entry}" for place, entry in enumerate(entries, start=1)]
    message = heard(number, "\n".join(["#接龙", title, "", *rows]), talker=talker)
    return dataclasses.replace(message, sent_at=START + timedelta(minutes=minutes or number))


async def tables(audience: Audience | None = None) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    async with transaction() as session:
        room = (await session.scalars(select(Room))).one()
        owner = await contacts.by_wechat_id(session, OWNER)
        assert owner is not None
        found = await of_room(session, Subject.of_contact(owner), audience or Audience(room_id=room.id), room.id)
        return [(table.solitaire.title, table.solitaire.entries) for table in found]


async def test_a_list_is_as_its_newest_version_says() -> None:
    box = await inbox()
    await box.store(
        [
            passed_on(1, "小王 2人"),
            passed_on(2, "小王 2人", "小李"),
            heard(3, "大家快接龙"),
            passed_on(4, "苹果", title="水果"),
            passed_on(5, "小王 3人", "小李", "老张 带酒"),
            passed_on(6, "小王 3人", "老张 带酒"),
        ],
        now(),
    )
    assert await tables() == [("周五聚餐", (("小王", "3人"), ("老张", "带酒"))), ("水果", (("苹果", ""),))]
    assert await tables(PRIVATE) == await tables()


async def test_two_who_add_at_once_are_both_in_it() -> None:
    box = await inbox()
    told = [("小王",), ("小王", "小李"), ("小王", "张姐"), ("小王", "小李", "老赵"), ("小王", "张姐", "阿强")]
    await box.store([passed_on(number, *entries) for number, entries in enumerate(told, start=1)], now())
    ((_, entries),) = await tables()
    assert {who for who, _ in entries} == {"小王", "小李", "张姐", "老赵", "阿强"}


async def test_the_same_title_on_another_day_is_another_list() -> None:
    box = await inbox()
    days: Sequence[InboundMessage] = [
        passed_on(1, "小王 面", title="午餐"),
        passed_on(2, "小王 面", "小李 饭", title="午餐"),
        passed_on(3, "小王 粥", title="午餐", minutes=24 * 60),
    ]
    await box.store(days, now())
    assert await tables() == [("午餐", (("小王", "粥"),)), ("午餐", (("小王", "面"), ("小李", "饭")))]


async def test_what_is_erased_is_in_no_list() -> None:
    box = await inbox()
    await box.store([passed_on(1, "小王", talker=OWNER), passed_on(2, "小王", "小李"), taken_back(3, "m2")], now())
    assert await tables() == [("周五聚餐", (("小王", ""),))]
    async with transaction() as session:
        await messages.erase(session, Message.source_id == "m1")
    assert await tables() == []


async def test_a_stranger_sees_no_list() -> None:
    box = await inbox()
    await box.store([passed_on(1, "小王")], now())
    async with transaction() as session:
        ids = await contacts.upsert(session, {"wxid_stranger": "生人"})
        room = (await session.scalars(select(Room))).one()
        stranger = Subject(contact_id=ids["wxid_stranger"])
        assert await of_room(session, stranger, PRIVATE, room.id) == []
