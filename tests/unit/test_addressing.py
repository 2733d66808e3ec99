"""When a message in a room is for the bot, and what is left of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.addressing import Strength, Surroundings, address

BOT = "wxid_bot"


def around(
    *,
    names: tuple[str, ...] = ("小港",),
    others: tuple[str, ...] = (),
    nickname: str | None = None,
    quotes: bool = False,
) -> Surroundings:
    return Surroundings(
        bot_wechat_id=BOT,
        bot_names=frozenset(names),
        member_names=frozenset(others),
        nickname=nickname,
        quotes_bot=quotes,
    )


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("@小港\u2005今天的日报", "今天的日报"),
        ("@小港 今天的日报", "今天的日报"),
        ("@小港\u3000今天的日报", "今天的日报"),
        ("＠小港，今天的日报", "今天的日报"),
        ("@小港今天的日报", "今天的日报"),
        ("今天的日报 @小港", "今天的日报"),
        ("@小港", ""),
    ],
)
def test_the_name_written_out_calls_it_without_ids(text: str, rest: str) -> None:
    assert address(text, (), around()) == (Strength.CLEAR, rest)


def test_a_name_in_the_middle_of_a_sentence_may_only_be_talked_of() -> None:
    assert address("帮我 @小港\u2005提醒 @老李\u2005开会", (), around()) == (Strength.CALLED, "帮我 提醒 @老李 开会")
    assert address("昨天那个 @小港\u2005挺好用的", (), around())[0] == Strength.CALLED
    assert address("！@小港\u2005在吗", (), around())[0] == Strength.CLEAR


@pytest.mark.parametrize("name", ["小港(助手)", "小.港*", "小 港", "Bot[1]", "小港🤖"])
def test_any_name_may_be_its_name(name: str) -> None:
    assert address(f"@{name}\u2005帮助", (), around(names=(name,))) == (Strength.CLEAR, "帮助")


def test_a_member_whose_name_begins_alike_is_somebody_else() -> None:
    here = around(others=("小港2号",))
    assert address("@小港2号 在吗", (), here)[0] == Strength.NONE
    assert address("@小港 2号会议室在哪", (), here) == (Strength.CLEAR, "2号会议室在哪")


def test_ids_call_it_whatever_name_was_written() -> None:
    assert address("@旧名字\u2005帮助", (BOT,), around()) == (Strength.CLEAR, "帮助")
    assert address("@别人\u2005帮助", ("wxid_other",), around())[0] == Strength.NONE


@pytest.mark.parametrize("text", ["@所有人 明天放假", "＠全体成员 明天放假", "@all lunch"])
def test_who_calls_everybody_does_not_call_the_bot(text: str) -> None:
    assert address(text, (BOT,), around())[0] == Strength.NONE


def test_a_quote_of_it_calls_it() -> None:
    assert address("这个再说一遍", (), around(quotes=True)) == (Strength.CLEAR, "这个再说一遍")


@pytest.mark.parametrize(
    ("text", "strength", "rest"),
    [
        ("小贝，今天的日报", Strength.CLEAR, "今天的日报"),
        ("小贝 今天的日报", Strength.CLEAR, "今天的日报"),
        ("小贝", Strength.CLEAR, ""),
        ("小贝今天的日报", Strength.CALLED, "今天的日报"),
        ("今天小贝怎么样", Strength.NONE, "今天小贝怎么样"),
    ],
)
def test_the_name_that_the_asker_gave_it_calls_it_at_the_start(text: str, strength: Strength, rest: str) -> None:
    assert address(text, (), around(nickname="小贝")) == (strength, rest)


def test_a_name_that_a_member_bears_is_the_members() -> None:
    assert address("小贝，今天的日报", (), around(nickname="小贝", others=("小贝",)))[0] == Strength.NONE


@given(st.text(max_size=80), st.text(min_size=1, max_size=12), st.lists(st.text(min_size=1, max_size=12), max_size=4))
def test_no_text_and_no_name_breaks_it(text: str, name: str, others: list[str]) -> None:
    strength, rest = address(text, (), around(names=(name,), others=tuple(others), nickname=name))
    if strength == Strength.NONE:
        assert rest == text
    else:
        assert len(rest) <= len(text)
