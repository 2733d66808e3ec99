"""Where words stand in a text."""

from hypothesis import given
from hypothesis import strategies as st

from botbay.chat.search import normalise
from web.pages.marking import spans, spans_of


def test_width_case_and_white_space_make_no_difference() -> None:
    words = "ＷｉＦｉ 密码：abc，wifi密 码"
    assert [words[start:end] for start, end in spans(words, ["wifi密码"])] == ["ＷｉＦｉ 密码", "wifi密 码"]
    assert spans("什么都没有", ["密码", "", " "]) == []
    assert spans("會議記錄在這裡", ["会议记录"]) == [(0, 4)]


def test_places_that_touch_or_overlap_become_one_only_where_they_overlap() -> None:
    assert spans("密码码", ["密码", "码码"]) == [(0, 3)]
    assert spans("密码密码", ["密码"]) == [(0, 2), (2, 4)]


def test_a_word_across_the_ends_of_lines_is_found_only_where_no_line_has_it() -> None:
    assert spans_of(["房间密", "码 8888", "别的"], ["密码"]) == [[(2, 3)], [(0, 1)], []]
    assert spans_of(["房间密", "码 8888", "密码"], ["密码"]) == [[], [], [(0, 2)]]
    assert spans_of([], ["密码"]) == []


_TEXT = st.text(alphabet=st.sampled_from("密码ABab１1㎏ﬁ İß\n<>&"), max_size=40)


@given(_TEXT, st.lists(_TEXT, max_size=4))
def test_what_is_marked_lies_in_order_within_the_text(words: str, wanted: list[str]) -> None:
    end = 0
    for start, stop in spans(words, wanted):
        assert end <= start < stop <= len(words)
        end = stop


@given(_TEXT, _TEXT, st.text(alphabet="密码ABab1", min_size=1, max_size=5))
def test_a_word_that_is_there_is_marked(before: str, after: str, word: str) -> None:
    words = f"{before}{word}{after}"
    found = ["".join(normalise(words[start:stop]).split()) for start, stop in spans(words, [word])]
    assert any(normalise(word) in each for each in found)
