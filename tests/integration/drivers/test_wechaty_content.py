"""What a message brings beside its text, read out of what puppets give; whatever they give, nothing breaks."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechaty_grpc.wechaty.puppet import MessagePayloadResponse

from botbay.chat.lines import words
from connector.drivers.base import ContactCard, InboundMessage, MessageKind
from connector.drivers.wechaty_content import answer
from connector.drivers.wechaty_messages import inbound_message, recalled_id
from connector.drivers.wechaty_xml import read
from tests.gateway_fixture import WIRE_TYPES

PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

LINK = """<?xml version="1.0"?><msg><appmsg appid="" sdkver="0"><title>年会通知</title><des>周五下午三点，带上家属</des>
<type>5</type><url>https://example.com/a?x=1&amp;y=2</url><thumburl>https://example.com/t.jpg</thumburl></appmsg></msg>"""
MINI = """<msg><appmsg><title>群投票：聚餐吃什么</title><des></des><type>33</type><url>https://mp.weixin.qq.com/</url>
<weappinfo><pagepath>pages/index.html</pagepath></weappinfo></appmsg></msg>"""
RECORD = """<recordinfo><title>群聊的聊天记录</title><datalist count="4">
<dataitem datatype="1"><sourcename>张三</sourcename><datadesc>合同周五交 &amp;amp; 盖章</datadesc></dataitem>
<dataitem datatype="2"><sourcename>李四</sourcename><datadesc></datadesc></dataitem>
<dataitem datatype="8"><sourcename>李四</sourcename><datatitle>合同.pdf</datatitle></dataitem>
<dataitem datatype="5"><sourcename>王五</sourcename><weburlitem><title>天气</title></weburlitem></dataitem>
</datalist></recordinfo>"""
MERGED = f"""<msg><appmsg><title>群聊的聊天记录</title><des>张三: 合同周五交\n李四: [图片]</des><type>19</type>
<recorditem><![CDATA[{RECORD.replace("&amp;amp;", "&amp;")}]]></recorditem></appmsg></msg>"""


def made(kind: str, text: str, told: Mapping[str, object] | None = None, **more: object) -> InboundMessage:
    facts = {"id": "m1", "text": text, "type": WIRE_TYPES[kind], "from_id": "wxid_zhang", "to_id": "wxid_bot"} | more
    payload = MessagePayloadResponse(**facts)
    return inbound_message(payload, ContactCard(id="wxid_zhang", name="张三"), "wxid_bot", told)


def test_a_link() -> None:
    message = made("link", LINK)
    assert message.details == {
        "title": "年会通知",
        "description": "周五下午三点，带上家属",
        "url": "https://example.com/a?x=1&y=2",
        "picture_url": "https://example.com/t.jpg",
    }
    assert message.text == "年会通知\n周五下午三点，带上家属\nhttps://example.com/a?x=1&y=2"


def test_a_link_of_which_only_the_gateway_tells() -> None:
    told = {"title": "年会", "url": "https://a.cn", "thumbnailUrl": PIXEL}
    message = made("link", "<msg><appmsg/></msg>", told)
    assert message.details == {"title": "年会", "description": "", "url": "https://a.cn", "picture": PIXEL}


@pytest.mark.parametrize("picture", ["data:image/svg+xml;base64,PHN2Zz4=", "data:image/png;base64,PHN2Zz4=", "/etc/x"])
def test_what_is_no_picture_is_not_taken_for_one(picture: str) -> None:
    details = made("link", "", {"title": "年会", "thumbnailUrl": picture}).details
    assert not {"picture", "picture_url"} & details.keys()


@pytest.mark.parametrize("address", ["javascript:alert(1)", "file:///etc/passwd", "https://a b", "weixin://x"])
def test_an_address_that_is_not_of_the_web_is_left_out(address: str) -> None:
    assert made("link", "", {"title": "年会", "url": address}).details["url"] == ""


def test_a_mini_program() -> None:
    message = made("mini_program", MINI)
    assert message.details["title"] == message.text == "群投票：聚餐吃什么"


def test_a_card() -> None:
    message = made("card", '<?xml version="1.0"?>\n<msg username="wxid_li" nickname="李四（财务）" sex="1" />')
    assert (message.details, message.text) == ({"name": "李四（财务）"}, "李四（财务）")
    assert made("card", "", {"name": "王五"}).details == {"name": "王五"}


@pytest.mark.parametrize("text", [MERGED, MERGED.replace("<![CDATA[", "").replace("]]>", "")])
def test_a_merged_history(text: str) -> None:
    message = made("merged", text)
    assert message.details == {
        "title": "群聊的聊天记录",
        "items": [
            {"who": "张三", "text": "合同周五交 & 盖章"},
            {"who": "李四", "text": "[图片]"},
            {"who": "李四", "text": "[文件] 合同.pdf"},
            {"who": "王五", "text": "[链接] 天气"},
        ],
    }
    assert "张三：合同周五交" in message.text
    assert words(message.kind, details=message.details) == "[聊天记录] 群聊的聊天记录（4 条）"


def test_a_merged_history_that_breaks_off() -> None:
    items = made("merged", MERGED[: MERGED.index('<dataitem datatype="8"')]).details["items"]
    assert items == [{"who": "张三", "text": "合同周五交 & 盖章"}, {"who": "李四", "text": "[图片]"}]
    without = made("merged", MERGED[: MERGED.index("<recorditem>") + 20]).details["items"]
    assert without == [{"who": "张三", "text": "合同周五交"}, {"who": "李四", "text": "[图片]"}]


def test_a_long_merged_history_is_cut() -> None:
    item = f"<dataitem datatype='1'><sourcename>{'名' * 500}</sourcename><datadesc>{'话' * 5000}</datadesc></dataitem>"
    message = made(
        "merged", f"<msg><appmsg><title>长</title><recorditem><a>{item * 300}</a></recorditem></appmsg></msg>"
    )
    assert len(json.dumps(message.details, ensure_ascii=False)) < 500_000
    assert len(message.text) <= 16_000


def test_voice_and_video_tell_how_long_they_are() -> None:
    assert made("voice", '<msg><voicemsg endflag="1" voicelength="12345" /></msg>').details == {"seconds": 12}
    assert made("video", '<msg><videomsg playlength="9" /></msg>').details == {"seconds": 9}
    assert made("voice", '<msg><voicemsg voicelength="很长" /></msg>').details == {}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("<msg><appmsg><title>微信转账</title><des>收到转账100.00元</des><type>2000</type></appmsg></msg>", "transfer"),
        ("<msg><appmsg><title>恭喜发财</title><type>2001</type></appmsg></msg>", "red_packet"),
        ('<msg><location x="1" y="2" label="家" /></msg>', "location"),
        (LINK, "link"),
        (MERGED, "merged"),
        ('<msg><emoji md5="1" /></msg>', "emoticon"),
        ("<msg><appmsg><title>看视频号</title><type>51</type></appmsg></msg>", "unknown"),
    ],
)
def test_what_the_puppet_does_not_know_its_own_xml_tells(text: str, kind: str) -> None:
    assert made("unknown", text).kind == kind


def test_money_that_the_puppet_takes_for_a_link_is_only_counted() -> None:
    message = made("link", "<msg><appmsg><title>微信转账</title><type>2000</type></appmsg></msg>")
    assert (message.kind, message.text, message.details) == (MessageKind.TRANSFER, "", {})


def test_a_file_whose_name_only_its_xml_tells() -> None:
    assert made("unknown", "<msg><appmsg><title>表.xlsx</title><type>6</type></appmsg></msg>").file_name == "表.xlsx"


def test_what_nobody_knows_is_kept_raw() -> None:
    message = made("unknown", "<msg><appmsg><title>看视频号</title><type>51</type></appmsg></msg>")
    assert message.text == "看视频号"
    assert "<type>51</type>" in str(message.raw["text"])


def test_an_entity_is_never_opened() -> None:
    bomb = '<!DOCTYPE m [<!ENTITY a "哈"><!ENTITY b "&a;&a;&a;">]><msg><appmsg><title>&b;</title></appmsg></msg>'
    assert read(bomb, partly=True) is None
    assert made("link", bomb).details["title"] == ""
    outside = '<!DOCTYPE m SYSTEM "file:///etc/passwd"><msg/>'
    assert read(outside, partly=True) is None
    assert read("<a>" * 10_000, partly=True) is None
    assert read("<a>" + "<b/>" * 100_000, partly=True) is None


def test_the_id_of_what_was_recalled_out_of_broken_xml() -> None:
    assert recalled_id("<sysmsg type='revokemsg'><revokemsg><newmsgid>2233</newmsgid><replacemsg>“张&") == "2233"
    assert recalled_id("<revokemsg><newmsgid>22</newmsgid>" + "<a>" * 10_000) == "22"
    assert recalled_id("看不懂的 一句话") is None
    assert recalled_id("x" * 10_000) is None


@given(st.sampled_from(sorted(WIRE_TYPES)), st.text(), st.integers(min_value=0, max_value=2**63), st.data())
def test_no_text_breaks_it(kind: str, text: str, timestamp: int, data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([LINK, MINI, MERGED]))
    at = data.draw(st.integers(min_value=0, max_value=len(whole)))
    for form in (text, whole[:at] + text + whole[at:], whole[:at]):
        message = made(kind, form, answer(text), timestamp=timestamp)
        json.dumps(dict(message.details))


@given(st.recursive(st.none() | st.text() | st.integers() | st.floats(), lambda inner: st.lists(inner)))
def test_no_answer_of_a_gateway_breaks_it(value: object) -> None:
    told = dict.fromkeys(("title", "url", "description", "thumbnailUrl", "thumbUrl", "name"), value)
    for kind in ("link", "mini_program", "card"):
        made(kind, "", told)
    assert answer(json.dumps(value)) == {}
