"""A file of history becomes talks."""

import io
import json
from datetime import datetime
from zoneinfo import ZoneInfo

from workers.minutes import reading
from workers.minutes.talk import Talk

SHANGHAI = ZoneInfo("Asia/Shanghai")


def read(*lines: object, since: datetime | None = None, until: datetime | None = None) -> tuple[list[Talk], list[int]]:
    bad: list[int] = []
    raw = [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in lines]
    stream = io.BytesIO("\n".join(raw).encode())
    return reading.talks(stream, SHANGHAI, lambda number, reason: bad.append(number), since=since, until=until), bad


def said(text: str, minute: int = 0, talker: str = "王芳", **more: object) -> dict[str, object]:
    at = f"2026-03-04T09:{minute:02}:00+08:00"
    return {"room": "项目群", "talker": talker, "at": at, "type": "text", "text": text} | more


def test_a_line_keeps_its_number_and_its_zone() -> None:
    (talk,), _ = read("", said("早"), said("开会", 1))
    assert [line.id for line in talk.lines] == [1, 2]
    assert talk.lines[0].at.isoformat() == "2026-03-04T09:00:00+08:00"
    assert [(person.key, person.name) for person in talk.people] == [("王芳", "王芳")]


def test_each_room_is_a_talk_of_its_own() -> None:
    talks, _ = read(said("一"), said("二", room="家长群"), said("三", 2))
    assert [(talk.room, [line.id for line in talk.lines]) for talk in talks] == [("项目群", [0, 2]), ("家长群", [1])]


def test_bad_lines_are_told_and_the_rest_goes_in() -> None:
    (talk,), bad = read(said("一"), "{", {"room": "项目群"}, said("二", 1))
    assert [line.id for line in talk.lines] == [0, 3]
    assert bad == [2, 3]


def test_lines_out_of_order_are_put_in_order_of_time() -> None:
    (talk,), _ = read(said("二", 5), said("一", 1))
    assert [line.text for line in talk.lines] == ["一", "二"]


def test_a_span_leaves_out_what_lies_outside() -> None:
    since, until = (datetime(2026, 3, 4, 9, minute, tzinfo=SHANGHAI) for minute in (1, 3))
    (talk,), _ = read(*(said(str(minute), minute) for minute in range(5)), since=since, until=until)
    assert [line.text for line in talk.lines] == ["1", "2"]


def test_mentions_are_people_or_everybody() -> None:
    (talk,), _ = read(said("@小李 在吗", mentions=["小李"]), said("@所有人 开会", 1, mentions=["所有人"]))
    assert talk.lines[0].mentions == ("小李",)
    assert talk.lines[1].all_mentioned and not talk.lines[1].mentions
    assert "小李" in [person.name for person in talk.people]


def test_ids_of_an_export_name_people_and_the_quoted_message() -> None:
    first = said("几点开会", id="m1", talker_id="wxid_a")
    second = said(
        "@王芳 三点", 1, "小李", id="m2", talker_id="wxid_b", quote="m1", mentions=["王芳"], mention_ids=["wxid_a"]
    )
    (talk,), _ = read(first, second)
    assert talk.lines[1].replies_to == 0
    assert talk.lines[1].mentions == ("wxid_a",)


def test_a_quote_in_the_text_is_found_again_and_taken_off() -> None:
    quote = "「王芳：几点开会」\n- - - - - -\n下午三点"
    (talk,), _ = read(said("几点开会"), said(quote, 1, "小李"), said("「别人：不在这里」\n- - - - - -\n好", 2))
    assert (talk.lines[1].replies_to, talk.lines[1].text) == (0, "下午三点")
    assert talk.lines[2].replies_to is None
    assert talk.lines[2].text.startswith("「别人")


def test_files_links_and_pictures() -> None:
    (talk,), _ = read(
        said("[文件] 报价单.xlsx", type="file", file="文件/报价单.xlsx"),
        said("报名表 https://example.com/a?b=1", 1, type="link"),
        said("[图片]", 2, type="image"),
        said("", 3, type="link", details={"url": "https://example.com/x", "title": "通知"}),
    )
    assert [line.file_name for line in talk.lines] == ["报价单.xlsx", "", "", ""]
    assert (talk.lines[1].link, talk.lines[1].title) == ("https://example.com/a?b=1", "报名表")
    assert talk.lines[2].text == ""
    assert (talk.lines[3].link, talk.lines[3].title) == ("https://example.com/x", "通知")


def test_recalled_and_withheld_messages_say_nothing() -> None:
    (talk,), _ = read(said("删了", recalled=True), said("不存", 1, withheld=True), said("在", 2))
    assert [(line.kind, line.text) for line in talk.lines] == [("recall", ""), ("text", "在")]
