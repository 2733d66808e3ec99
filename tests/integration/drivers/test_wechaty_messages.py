"""What puppets put into a message's payload, and what BotBay makes of it."""

from datetime import UTC, datetime

import pytest
from wechaty_grpc.wechaty.puppet import MessagePayloadResponse

from connector.drivers.base import ContactCard, InboundMessage, MessageKind
from connector.drivers.wechaty_events import ContactCache
from connector.drivers.wechaty_messages import inbound_message, moment, recalled_id, split_quote

DASHES = "- - - - - - - - - - - - - - -"


def made(text: str, wire_type: int = 7) -> InboundMessage:
    payload = MessagePayloadResponse(id="m1", text=text, type=wire_type, from_id="wxid_zhang", to_id="wxid_bot")
    return inbound_message(payload, ContactCard(id="wxid_zhang", name="张三"), "wxid_bot")


@pytest.mark.parametrize(
    ("text", "name", "quoted", "typed"),
    [
        (f"「三哥：周五交」\n{DASHES}\n好的", "三哥", "周五交", "好的"),
        (f"「三哥：第一行\n第二行」\n{DASHES}\n好的\n再说", "三哥", "第一行\n第二行", "好的\n再说"),
        (f"「张(测试)：时间：「周五」」\n{DASHES}\n几点？", "张(测试)", "时间：「周五」", "几点？"),
        (f"「三哥：[图片]」\n{DASHES}\n@港湾\u2005认一下", "三哥", "[图片]", "@港湾\u2005认一下"),
    ],
)
def test_quote_in_the_text(text: str, name: str, quoted: str, typed: str) -> None:
    quote = split_quote(text)
    assert (quote.quoted_name, quote.quoted_text, quote.text) == (name, quoted, typed)


@pytest.mark.parametrize(
    "text",
    [
        "「三哥：周五交」",
        f"{DASHES}\n好的",
        f"见「三哥：周五交」\n{DASHES}\n好的",
        "「没有冒号」\n- - -\n好的",
        "1 < 2",
    ],
)
def test_what_only_looks_like_a_quote(text: str) -> None:
    message = made(text)
    assert (message.text, message.quoted_text, message.kind) == (text, None, MessageKind.TEXT)


def test_quote_as_xml() -> None:
    text = (
        "<msg><appmsg><title>几点开始？</title><type>57</type><refermsg><svrid>778899</svrid>"
        "<displayname>三哥</displayname><content>明天开会 &amp; 评审</content></refermsg></appmsg></msg>"
    )
    for form in (text, f"wxid_zhang:\n{text}"):
        message = made(form, wire_type=0)
        assert message.kind is MessageKind.TEXT
        assert message.text == "几点开始？"
        assert (message.quoted_id, message.quoted_name) == ("778899", "三哥")
        assert message.quoted_text == "明天开会 & 评审"


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY b "c">]><msg><refermsg/></msg>',
        "<msg><unclosed>",
        "<b>不是 XML 消息</b> 后面还有",
    ],
)
def test_xml_that_is_none(text: str) -> None:
    assert made(text).text == text


def test_recalled_id() -> None:
    assert recalled_id("msg-1") == "msg-1"
    xml = "<sysmsg type='revokemsg'><revokemsg><msgid>1</msgid><newmsgid>2233</newmsgid></revokemsg></sysmsg>"
    assert recalled_id(xml) == "2233"
    assert recalled_id("") is None


def test_wechats_own_xml_is_nothing_that_somebody_typed() -> None:
    message = made("<msg><emoji md5='1'/></msg>", wire_type=5)
    assert message.kind is MessageKind.EMOTICON
    assert message.text == ""
    assert message.raw["text"] == "<msg><emoji md5='1'/></msg>"


def test_moment() -> None:
    assert moment(1_760_000_000) == moment(1_760_000_000_000) == datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC)
    assert abs((moment(0) - datetime.now(UTC)).total_seconds()) < 5


def test_contact_cache_is_bounded_and_forgets() -> None:
    cache = ContactCache(size=3)
    for n in range(10):
        cache.put(ContactCard(id=f"c{n}", name=""))
    assert [n for n in range(10) if cache.get(f"c{n}")] == [7, 8, 9]
    cache.forget("c9")
    assert cache.get("c9") is None
    stale = ContactCache(seconds=0)
    stale.put(ContactCard(id="c", name=""))
    assert stale.get("c") is None
