"""What never counts in minutes, and what does although it is short."""

from datetime import UTC, datetime

import pytest

from workers.minutes import noise
from workers.minutes.talk import Line, Person, Talk


def line(text: str, number: int = 0, who: str = "王芳", kind: str = "text", mentions: tuple[str, ...] = ()) -> Line:
    return Line(
        id=number, who=who, at=datetime(2026, 3, 4, 9, number, tzinfo=UTC), kind=kind, text=text, mentions=mentions
    )


@pytest.mark.parametrize(
    "text",
    [
        "收到",
        "收到，谢谢王老师[玫瑰]",
        "好的好的👌",
        "OK",
        "+1",
        "1",
        "哈哈哈哈哈笑死我了",
        "谢谢各位家长的配合",
        "@王芳\u2005收到",
        "666",
        "[捂脸]",
        "…………",
        "老师早上好☀️",
        "小李 收到！辛苦了",
        "恭喜发财，大吉大利",
        "可以，没问题",
        "今天好热啊",
        "「王芳：明天下午三点开会」\n- - - - - -\n收到",
        "太强了吧！！！",
        "嗯嗯 好的呢",
    ],
)
def test_a_line_that_says_nothing_is_noise(text: str) -> None:
    assert noise.is_noise(line(text))


@pytest.mark.parametrize(
    "text",
    [
        "那就周三下午三点开会",
        "可以，那就周三吧",
        "行，我来弄",
        "好，先各交两千",
        "测试通过",
        "三楼的水管漏了",
        "不用了，改到周五",
        "你几点到？",
        "1号会议室",
        "@王芳\u2005明天把报价单发我",
        "谢谢大家，明天8点集合，记得带身份证",
        "3号走",
        "一共260块",
    ],
)
def test_a_short_line_that_says_something_counts(text: str) -> None:
    assert not noise.is_noise(line(text))


@pytest.mark.parametrize("kind", ["emoticon", "red_packet", "transfer", "location", "notice", "recall"])
def test_some_kinds_never_count(kind: str) -> None:
    assert noise.is_noise(line("明天下午三点开会", kind=kind))


def test_a_picture_counts_when_text_was_read_in_it() -> None:
    assert noise.is_noise(line("", kind="image"))
    assert not noise.is_noise(line("施工进度表 8层顶板 24号浇筑", kind="image"))


def test_names_of_the_room_are_as_little_as_a_greeting() -> None:
    talk = Talk(room="群", lines=[line("谢谢诺爸")], people=[Person(key="a", name="王一诺爸爸", others=("诺爸",))])
    assert noise.noisy(talk) == {0}


def test_a_long_line_is_read_in_no_time() -> None:
    assert not noise.is_noise(line("哈嘿" * 20_000 + "明天开会"))


def marked(lines: list[Line], *names: str) -> set[int]:
    talk = noise.bots_marked(Talk(room="群", lines=lines, people=[Person(key=name, name=name) for name in names]))
    return {each.id for each in talk.lines if each.to_bot or each.by_bot}


def test_what_is_said_to_a_bot_and_by_it_is_marked() -> None:
    lines = [
        line("@小贝\u2005出个纪要", 0, mentions=("小贝",)),
        line("已为您生成纪要，待办 7 条，点此查看。", 1, who="小贝"),
        line("@王芳 明天提醒我带U盘", 2, who="小李", mentions=("王芳",)),
        line("好，我记着", 3),
    ]
    assert marked(lines, "小贝", "王芳", "小李") == {0, 1}


def test_a_bot_without_a_telling_name_is_known_by_its_answers() -> None:
    lines = [
        line("@团子 出个日报", 0, mentions=("团子",)),
        line("今天共 120 条消息，点此查看。", 1, who="团子"),
        line("方案改到周五交", 2),
        line("@团子 整理一下今天的待办", 3, mentions=("团子",)),
        line("共 3 项待办。", 4, who="团子"),
    ]
    assert marked(lines, "团子", "王芳") == {0, 1, 3, 4}


def test_a_bot_that_speaks_once_is_known_by_how_it_speaks() -> None:
    lines = [
        line("@团子 今天的纪要", 0, mentions=("团子",)),
        line("已为您生成今天的纪要，共 3 项决定，点击查看", 1, who="团子"),
    ]
    assert marked(lines, "团子", "王芳") == {0, 1}


def test_a_person_who_answers_like_others_is_no_bot() -> None:
    lines = [
        line("@小李 帮我查一下库存", 0, mentions=("小李",)),
        line("还有 20 箱", 1, who="小李"),
        line("明天要补货", 2),
        line("我下午去仓库", 3, who="小李"),
    ]
    assert marked(lines, "小李", "王芳") == set()
