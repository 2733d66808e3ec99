"""The search index holds what is needed to find every substring."""

from hypothesis import given
from hypothesis import strategies as st

from botbay.chat.search import grams


def test_single_characters_and_pairs_of_each_word() -> None:
    assert grams("开会 WiFi") == sorted({"开", "会", "开会", "w", "i", "f", "wi", "if", "fi"})


@given(st.text(max_size=60), st.data())
def test_every_substring_of_a_word_has_its_grams_in_the_index(text: str, data: st.DataObject) -> None:
    words = text.split()
    if not words:
        return
    word = data.draw(st.sampled_from(words))
    start = data.draw(st.integers(0, len(word) - 1))
    end = data.draw(st.integers(start + 1, len(word)))
    assert set(grams(word[start:end])) <= set(grams(text)) or word[start:end] != word[start:end].lower()
