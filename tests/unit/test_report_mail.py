"""The report as a mail, and as its plain text."""

import string
from datetime import timedelta

from tests.report_samples import empty, sample
from workers.report import html
from workers.report.document import DayCount, Joined, PersonCount, RoomCount

_GMAIL = 102 * 1024  # bytes


def test_a_mail_holds_every_figure_as_text_too() -> None:
    text = html.plain(sample(), "https://bot.example/reports/3")
    for words in (
        "今天（11月23日 周一）的日报",
        "消息：1,284 条（比昨天同时段多 112 条）",
        "图片 142",
        "15 点，164 条",
        "@我：3 次，2 次还没回",
        "- 产品群  402",
        "- 后端 赵云  144",
        "- 没有同意记录的人  30",
        "- 11-19  1,301",
        "20 点 84、21 点 14",
        "补丁什么时候能合",
        "提交登录页的补丁",
        "发布检查清单v3.xlsx",
        "13:05–13:21 不在线",
        "https://bot.example/reports/3",
    ):
        assert words in text, words


def test_when_the_bot_was_deaf_is_read_without_the_pictures() -> None:
    gaps = tuple(f"今天 {hour}:05–{hour}:21 不在线" for hour in (9, 13, 17))
    for report in (sample(gaps=gaps), empty(gaps=gaps)):
        body, _ = html.render(report, None)
        assert all(gap in body for gap in gaps)


def test_every_picture_goes_with_the_mail_and_none_is_fetched() -> None:
    body, pictures = html.render(sample(), None)
    assert [part.split('"')[0] for part in body.split('src="')[1:]] == [f"cid:{cid}" for cid in pictures]
    assert all(content.startswith(b"\x89PNG") for content in pictures.values())


def test_a_room_without_a_name_lists_no_rooms() -> None:
    assert "各群" in html.plain(sample(), None)
    assert "各群" not in html.plain(sample(room_id=1, title=""), None)


def test_the_longest_mail_is_shown_whole_and_its_text_holds_all() -> None:
    name = "项目二期施工协调群" * 7
    day = sample().trend[0].day
    report = sample(
        rooms=tuple(RoomCount(room_id=place, name=f"{name}{place}", count=9, people=1) for place in range(200)),
        people=tuple(PersonCount(contact_id=place, name=name, count=9) for place in range(500)),
        mentions=tuple(each.model_copy(update={"answered": False, "text": name[:60]}) for each in sample().mentions)
        * 40,
        todos=tuple(each.model_copy(update={"what": name[:60], "room": name}) for each in sample().todos) * 40,
        joined=tuple(Joined(name=name, room=name, at=sample().made_at) for _ in range(90)),
        trend=tuple(DayCount(day=day + timedelta(days=place), count=place) for place in range(366)),
    )
    body, _ = html.render(report, None)
    assert len(body.encode()) < _GMAIL
    assert "还有 188 行没列出来" in body
    assert f"- {name}199  9" in html.plain(report, None)


def test_what_people_wrote_is_no_html() -> None:
    report = sample(people=(PersonCount(contact_id=1, name="<b>王</b>&" + string.punctuation, count=3),))
    body, _ = html.render(report, "https://bot.example/?a=1&b=2")
    assert "<b>王" not in body
    assert "&lt;b&gt;王" in body
    assert "http://" not in body.replace("http://www.w3.org", "")


def test_a_name_cannot_turn_a_line_around() -> None:
    report = sample(people=(PersonCount(contact_id=1, name="王\u202egnp.exe\x07", count=3),))
    for text in (html.render(report, None)[0], html.plain(report, None)):
        assert "王gnp.exe" in text
