"""Minutes of a talk: people's own words with their sources, no noise, nothing invented."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from workers.minutes import engine
from workers.minutes.document import Minutes
from workers.minutes.talk import Line, Person, Talk

START = datetime(2026, 3, 4, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
CHAT = """
王芳|早
小李|早[太阳]
王芳|@所有人 展会的展台今天要定下来，主办方催了两次
小李|标准展台一万二，特装要三万八
老周|特装超预算了，总共才批了两万
王芳|那就定标准展台，小李你明天下午前把报名表交给主办方
小李|收到
老周|收到
老周|👍
小李|哈哈哈哈终于定了
小陈|展台的背景画面谁来设计？
老周|我来，周五之前出初稿
小陈|好的
小陈|[动画表情]
王芳|酒店我看了展馆旁边的，五百二一晚，四个人两间
老周|太贵了吧，去年住的那家三百
王芳|那家停业了，展馆旁边酒店就按五百二订两间
小陈|[捂脸]
小陈|样品要带多少套？上次带了三十套不够发
老周|不知道啊
小李|今天好冷啊
小李|谢谢老周
王芳|高铁票我统一买，大家今晚八点前把身份证号发我
小李|好
小陈|好的好的
老周|中午食堂有红烧肉哈哈哈
"""


def talk(text: str = CHAT, *, gap: int = 1) -> Talk:
    rows = [row.split("|") for row in text.strip().splitlines()]
    lines = [
        Line(id=100 + number, who=who, at=START + timedelta(minutes=number * gap), text=said)
        for number, (who, said) in enumerate(rows)
    ]
    return Talk(
        room="展会筹备",
        lines=lines,
        people=[Person(key=who, name=who) for who in dict.fromkeys(row[0] for row in rows)],
    )


def made(of: Talk, highlights: int | float | None = None) -> Minutes:
    since, until = (of.lines[0].at, of.lines[-1].at) if of.lines else (START, START)
    return engine.make(of, since=since, until=until, highlights=highlights)


def test_what_mattered_is_found_and_noise_is_not() -> None:
    chat = talk()
    minutes = made(chat)
    shown = {item.source[0] - 100 for item in minutes.highlights}
    assert shown & {5, 16, 22}
    assert not shown & {0, 1, 6, 7, 8, 9, 12, 13, 17, 20, 21, 23, 24, 25}
    assert minutes.title.startswith("展会筹备 · ")
    assert any("展台" in word for word in minutes.keywords)
    assert minutes.people[0] in ("王芳", "小李", "老周")
    assert minutes.messages == 26 - 13


def test_every_item_says_where_it_comes_from() -> None:
    minutes = made(talk())
    for items in (minutes.summary, minutes.highlights, minutes.decisions, minutes.todos, minutes.questions):
        for item in items:
            assert item.source and item.text
    assert 2 <= len(minutes.summary) <= 4
    for item in minutes.summary:
        said = next(line.text for line in talk().lines if line.id == item.source[0])
        assert item.text.rstrip("…") in said


def test_the_same_talk_gives_the_same_minutes() -> None:
    assert made(talk()) == made(talk())


def test_nothing_found_is_empty_and_not_invented() -> None:
    minutes = made(talk("王芳|收到\n小李|收到\n老周|👍\n小陈|哈哈哈"))
    assert (minutes.highlights, minutes.decisions, minutes.todos, minutes.questions) == ((), (), (), ())
    assert (minutes.summary, minutes.chapters, minutes.keywords) == ((), (), ())
    assert minutes.title == "展会筹备"
    assert made(Talk(room="群", lines=[], people=[])).people == ()


@pytest.mark.parametrize(("share", "count"), [(3, 3), (0.2, 5), (0.01, 1)])
def test_so_many_highlights_as_were_asked_for(share: int | float, count: int) -> None:
    assert len(made(talk(), share).highlights) == count


def test_what_is_said_twice_is_shown_once() -> None:
    text = "王芳|明天下午三点在二号会议室开评审会，带电脑\n小李|知道了\n王芳|明天下午三点在二号会议室开评审会，带上电脑\n老周|投影仪坏了要修"
    shown = [item.source[0] for item in made(talk(text), 3).highlights]
    assert len({100, 102} & set(shown)) == 1


def test_what_the_bot_and_its_callers_say_does_not_count() -> None:
    chat = talk("王芳|@小贝 出个纪要\n小贝|今天的决定：展台定在 A 馆，明天交报名表。\n小李|展台改到 B 馆，周五前付款")
    minutes = made(chat)
    assert {source for item in minutes.highlights for source in item.source} == {102}
    assert "小贝" not in minutes.people


def test_a_meeting_gets_the_share_of_all_its_lines() -> None:
    rows = [
        f"{number % 2}|第{number}位同志刚才讲到的这个产业转型的问题我觉得确实需要我们从资金和人才两个方面来认真考虑"
        for number in range(23)
    ]
    assert len(made(talk("\n".join(rows)), 0.2).highlights) == 5


def test_pauses_and_subjects_make_chapters_of_more_than_two_lines() -> None:
    chat = talk()
    later = [replace(line, id=line.id + 100, at=line.at + timedelta(hours=6)) for line in chat.lines]
    minutes = made(replace(chat, lines=[*chat.lines, *later]))
    assert len(minutes.chapters) >= 2
    assert all(chapter.messages > 2 and chapter.title and chapter.items for chapter in minutes.chapters)
    assert sum(chapter.messages for chapter in minutes.chapters) == minutes.messages


def test_links_and_files_are_listed_once_with_their_names() -> None:
    lines = [
        Line(id=1, who="a", at=START, text="报名表在这 https://example.com/form?id=1，周五前填"),
        Line(id=2, who="a", at=START, kind="link", text="", link="https://example.com/x", title="展会通知"),
        Line(id=3, who="a", at=START, text="再发一遍 https://example.com/form?id=1"),
        Line(id=4, who="a", at=START, kind="file", text="", file_name="报价单.xlsx"),
    ]
    minutes = made(Talk(room="群", lines=lines, people=[Person(key="a", name="王芳")]))
    assert [(item.text, item.source) for item in minutes.links] == [
        ("报名表在这，周五前填 https://example.com/form?id=1", (1,)),
        ("展会通知 https://example.com/x", (2,)),
    ]
    assert [(item.text, item.who, item.source) for item in minutes.files] == [("报价单.xlsx", "王芳", (4,))]


def test_text_read_in_a_picture_counts() -> None:
    lines = [
        Line(id=1, who="a", at=START, kind="image", text="停水通知：3月8日9:00至17:00停水，请提前储水"),
        Line(id=2, who="b", at=START, kind="image", text=""),
    ]
    minutes = made(Talk(room="群", lines=lines, people=[Person(key="a", name="物业"), Person(key="b", name="业主")]))
    assert [item.source for item in minutes.highlights] == [(1,)]
