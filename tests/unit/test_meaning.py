"""What is meant in a sentence that takes something back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.meaning import corrects, meant, only_denies, retold


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("不是产品群，是测试群", "测试群"),
        ("我说的是测试群，不是产品群", "测试群"),
        ("错了，是产品群不是测试群", "产品群"),
        ("不是，我说的是上周的，谢谢", "上周的"),
        ("不对，应该是周一下午，测试群", "周一下午，测试群"),
        ("不是，我要的是上周测试群的，发我邮箱", "上周测试群的，发我邮箱"),
        ("不是 a@b.com，是 c@d.com", "c@d.com"),
        ("错了，不是发到a@b.com，是发到c@d.com", "发到c@d.com"),
        ("不是昨天是前天", "前天"),
        ("错了 是测试群", "测试群"),
        ("不是小北，是小贝", "小贝"),
        ("不对", "不对"),
    ],
)
def test_what_is_denied_and_thanks_are_left_out(text: str, left: str) -> None:
    assert meant(text) == left


@given(st.text(max_size=80))
def test_any_text_means_something(text: str) -> None:
    assert bool(meant(text)) == bool(text)


@pytest.mark.parametrize(
    ("text", "yes"),
    [("不对，是后天", True), ("不是两点，是下午三点", True), ("说错了", True), ("不是很急的那份合同交给财务", False)],
)
def test_a_correction_is_known_by_its_beginning(text: str, yes: bool) -> None:
    assert corrects(text) is yes


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("产品群，哦不，测试群", ("产品群", "测试群")),
        ("明天三点 不对 后天三点", ("明天三点", "后天三点")),
        ("这样做，不行", None),
        ("不对，是后天", None),
        ("改到四点，说错了，五点", ("改到四点", "五点")),
    ],
)
def test_what_is_taken_back_in_the_middle_gives_way(text: str, parts: tuple[str, str] | None) -> None:
    assert retold(text) == parts


@pytest.mark.parametrize(
    ("text", "only"), [("不对", True), ("错了错了", True), ("不对，是后天", False), ("后天", False)]
)
def test_a_sentence_may_only_say_that_something_was_wrong(text: str, only: bool) -> None:
    assert only_denies(text) is only
