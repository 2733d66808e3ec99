"""Every kind of message has one line that people read, whatever it holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botbay.chat.lines import line, words
from botbay.chat.models import Message
from botbay.db import now
from connector.drivers.base import MessageKind

ITEMS = [{"who": "张三", "text": "好"}] * 8


@pytest.mark.parametrize(
    ("kind", "content", "shown"),
    [
        ("text", {"text": "第一行\n第二行"}, "第一行 第二行"),
        ("image", {}, "[图片]"),
        ("emoticon", {}, "[表情]"),
        ("emoticon", {"details": {"meaning": "抱拳"}}, "[表情] 抱拳"),
        ("voice", {"details": {"seconds": 12}}, "[语音 12 秒]"),
        ("voice", {}, "[语音]"),
        ("voice", {"details": {"seconds": 12}, "seconds": 11.4}, "[语音 11 秒]"),
        ("video", {"details": {"seconds": 0.2}}, "[视频 1 秒]"),
        ("file", {"file_name": "合同.pdf"}, "[文件] 合同.pdf"),
        ("link", {"details": {"title": "年会通知", "url": "https://a"}}, "[链接] 年会通知"),
        ("link", {"text": "https://a"}, "[链接] https://a"),
        ("mini_program", {"details": {"title": "群投票"}}, "[小程序] 群投票"),
        ("card", {"details": {"name": "张三"}}, "[名片] 张三"),
        ("merged", {"details": {"title": "群聊的聊天记录", "items": ITEMS}}, "[聊天记录] 群聊的聊天记录（8 条）"),
        ("location", {"text": "家", "details": {"title": "家"}}, "[位置]"),
        ("transfer", {"text": "￥100"}, "[转账]"),
        ("red_packet", {"text": "恭喜发财"}, "[红包]"),
        ("recall", {}, "[已撤回]"),
        ("unknown", {}, "[收到一条看不了的消息]"),
        ("brand_new", {}, "[收到一条看不了的消息]"),
        ("notice", {"text": "群公告"}, "群公告"),
        ("notice", {}, "[通知]"),
        ("notice", {"details": {"event": "joined", "names": ["小王"], "by": "小李"}}, "小李邀请小王进了群"),
        (
            "notice",
            {"details": {"event": "joined", "names": ["小王", "小张"], "unnamed": 1}},
            "小王、小张等 3 人进了群",
        ),
        ("notice", {"details": {"event": "joined", "names": [], "unnamed": 3}}, "3 人进了群"),
        ("notice", {"details": {"event": "left", "names": ["小王"], "by": ""}}, "小王离开了群"),
        ("notice", {"details": {"event": "left", "names": [], "unnamed": 1}}, "有人离开了群"),
        ("notice", {"details": {"event": "left", "names": ["小王"], "by": "小李"}}, "小李把小王移出了群"),
        ("notice", {"details": {"event": "renamed", "names": [], "by": "", "topic": "新名"}}, "群名改成「新名」"),
        ("notice", {"details": {"event": "renamed", "by": "小李", "topic": "新名"}}, "小李把群名改成「新名」"),
        ("file", {"file_name": "\u202efdp.exe\n\x07"}, "[文件] fdp.exe"),
    ],
)
def test_the_line_of_a_kind(kind: str, content: dict[str, object], shown: str) -> None:
    assert words(kind, **content) == shown  # type: ignore[arg-type]


def test_a_recalled_message_and_one_that_is_not_kept() -> None:
    gone = Message(kind="text", text="", details={}, withheld=False, recalled_at=now())
    assert line(gone) == "[已撤回]"
    unkept = Message(kind="text", text="", details={}, withheld=True)
    assert line(unkept) == "[未记录]"
    assert line(Message(kind="transfer", text="", details={}, withheld=True)) == "[转账]"
    assert line(Message(kind="card", text="张三", details={"name": "张三"}, withheld=False)) == "[名片] 张三"


def test_every_kind_is_known() -> None:
    for kind in MessageKind:
        assert kind in ("text", "unknown") or words(kind) != "[收到一条看不了的消息]"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
parts = st.sampled_from(["title", "name", "items", "seconds", "meaning", "event", "names", "by", "topic", "unnamed"])
events = st.fixed_dictionaries({"event": st.sampled_from(["joined", "left", "renamed"]) | anything})


@given(st.sampled_from([*MessageKind, "?"]), st.text(), st.dictionaries(parts, anything), events | st.just({}))
def test_no_content_breaks_it(kind: str, text: str, details: dict[str, object], event: dict[str, object]) -> None:
    shown = words(kind, text, details={**details, **event})
    assert len(shown.splitlines()) <= 1
    shown.encode()
