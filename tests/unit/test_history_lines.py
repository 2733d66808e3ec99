"""A line of chat history: what people write is understood, and whatever else stands there is refused with a reason."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from botbay.chat.history import KINDS, LINE_LIMIT, Line, LineError, read, write
from connector.drivers.base import MessageKind

SHANGHAI = ZoneInfo("Asia/Shanghai")
GOOD = {"room": "产品群", "talker": "老李", "at": "2026-11-22T10:02:00", "type": "text", "text": "早"}


def said(**changes: object) -> Line:
    facts = {name: value for name, value in (GOOD | changes).items() if value is not ...}
    return read(json.dumps(facts).encode(), SHANGHAI)


def test_a_plain_line() -> None:
    assert said() == Line(
        room="产品群", talker="老李", at=datetime(2026, 11, 22, 2, 2, tzinfo=UTC), kind="text", text="早"
    )


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("2026-11-22T10:00:00+08:00", 2),
        ("2026-11-22T10:00:00Z", 10),
        ("2026-11-22 10:00", 2),
        ("20261122T100000", 2),
        (" 2026-11-22T10:00:00.250 ", 2),
    ],
)
def test_times_with_and_without_a_zone(written: str, hour: int) -> None:
    assert said(at=written).at.hour == hour


@pytest.mark.parametrize(
    ("written", "kind"),
    [("图片", "image"), ("[语音]", "voice"), ("文件", "file"), ("Attachment", "file"), ("系统消息", "notice")],
)
def test_kinds_by_their_chinese_names_and_common_ones(written: str, kind: str) -> None:
    assert said(type=written).kind == kind


def test_every_kind_of_message_has_its_name_here() -> None:
    assert {kind.value for kind in MessageKind} <= set(KINDS)
    words = [word for kind, others in KINDS.items() for word in (kind, *others)]
    assert len(words) == len(set(words))


def test_mentions_are_names_with_or_without_the_sign() -> None:
    assert said(mentions=["@小王", "老张 "]).mentions == ("小王", "老张")
    assert said(mentions="小王").mentions == ("小王",)


def test_what_no_database_takes_is_left_out() -> None:
    assert said(text="前\x00后 \ud800").text == "前后 \ufffd"
    assert said(details={"a\x00": ["\ud800"]}).details == {"a": ["\ufffd"]}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"room": ...}, "room"),
        ({"talker": " "}, "talker"),
        ({"at": ...}, "at"),
        ({"at": "昨天"}, "昨天"),
        ({"at": 1763776920}, "at"),
        ({"at": "0001-01-01T00:00:00+08:00"}, "0001"),
        ({"at": "9999-12-31T23:59:59-08:00"}, "9999"),
        ({"type": ...}, "type"),
        ({"type": "打喷嚏"}, "打喷嚏"),
        ({"type": 7}, "type"),
        ({"text": ...}, "text"),
        ({"text": 5}, "text"),
        ({"room": "长" * 300}, "room"),
        ({"mentions": [1]}, "mentions"),
        ({"mentions": {"a": 1}}, "mentions"),
        ({"mentions": ["a"], "mention_ids": ["x", "y"]}, "mention_ids"),
        ({"details": []}, "details"),
        ({"withheld": "yes"}, "withheld"),
        ({"recalled": 3}, "recalled"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(LineError, match=complaint):
        said(**changes)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"[1, 2]",
        b'"text"',
        b"{",
        b'{"room": NaN}',
        b'{"a": 1' + b"0" * 5000 + b"}",
        b"[" * 100_000,
        b'{"room":"a","talker":"b","at":"2026-11-22","type":"text","text":"","details":{"n":1e999}}',
        b'{"room": "' + b"x" * LINE_LIMIT + b'"}',
    ],
)
def test_what_is_no_line_is_refused(raw: bytes) -> None:
    with pytest.raises(LineError):
        read(raw, SHANGHAI)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("2026-11-22T10:00:00"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
names = st.sampled_from(
    [*GOOD, "file", "mentions", "mention_ids", "id", "quote", "details", "recalled", "withheld", "by_bot", "file_name"]
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(names, anything).map(lambda facts: json.dumps(GOOD | facts).encode()) | st.binary())
def test_nothing_raises_but_the_lines_own_error(raw: bytes) -> None:
    try:
        line = read(raw, SHANGHAI)
    except LineError as error:
        assert str(error)
    else:
        assert read(write(line), SHANGHAI) == line


@settings(deadline=None)
@given(
    st.text(),
    st.text(max_size=200),
    st.lists(st.text(max_size=200), max_size=3),
    st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1)),
)
def test_what_is_written_reads_the_same(text: str, name: str, mentions: list[str], at: datetime) -> None:
    line = said(text=text, talker=f"x{name[:50]}", mentions=mentions, at=at.isoformat(), details={"title": text})
    assert read(write(line), SHANGHAI) == line
