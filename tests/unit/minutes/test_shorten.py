"""Messages made shorter: no word is changed, what carries nothing goes."""

import pytest

from workers.minutes.shorten import bare, shorten


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("对了，明天上午十点开会哈", "明天上午十点开会"),
        ("@林小雨\u2005剩下的用例明天中午前能跑完吗", "剩下的用例明天中午前能跑完吗"),
        ("「王芳：几点」\n- - - - - -\n下午三点", "下午三点"),
        ("那就周三吧[OK]", "那就周三"),
        ("版本号统一 3.2.0 吧👌", "版本号统一 3.2.0"),
        ("嗯嗯，就按变更单来。", "就按变更单来"),
        ("灰度比例定多少？", "灰度比例定多少？"),
        ("第一条\n第二条", "第一条，第二条"),
        ("对了", "对了"),
        ("行不行", "行不行"),
        ("…好吧 主舞台用鲜花", "主舞台用鲜花"),
        ("那行 圆圆周六顶班", "圆圆周六顶班"),
        ("另外下午停工休息", "另外下午停工休息"),
    ],
)
def test_what_carries_nothing_goes(text: str, short: str) -> None:
    assert shorten(text) == short


def test_a_long_message_is_cut_at_a_clause_and_shows_it() -> None:
    text = "停服不用四小时，我把脚本改成分批跑，估计一小时内，但是我得在预发再演练一遍才有数"
    assert shorten(text, 30) == "停服不用四小时，我把脚本改成分批跑，估计一小时内…"


def test_asides_go_only_where_room_is_short() -> None:
    text = "豆豆（我们家的狗）周五送去寄养"
    assert shorten(text, 40) == text
    assert shorten(text, 12) == "豆豆周五送去寄养"


def test_a_message_without_a_clause_is_cut_anyway() -> None:
    assert shorten("字" * 100, 20) == "字" * 19 + "…"


def test_emoticons_alone_leave_nothing() -> None:
    assert bare("[捂脸]😂") == ""
    assert shorten("[捂脸]😂") == ""
