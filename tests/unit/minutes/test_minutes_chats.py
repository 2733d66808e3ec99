"""Decisions, todos and highlights of the marked chats: what was reached once is not lost again."""

from collections import Counter
from pathlib import Path

import pytest

from tests.bench.minutes_chats import chats, count

_CHATS = Path(__file__).resolve().parents[2] / "minutes_chats" / "tuning"


@pytest.fixture(scope="module")
def found() -> Counter[str]:
    """What was found, wanted and right in the chats to which the weights of cues were fitted."""
    total: Counter[str] = Counter()
    for chat in chats([_CHATS]):
        total += count(chat)
    return total


@pytest.mark.parametrize(("part", "precision", "recall"), [("decisions", 0.74, 0.74), ("todos", 0.74, 0.8)])
def test_most_of_what_people_marked_is_found_and_little_else(
    found: Counter[str], part: str, precision: float, recall: float
) -> None:
    assert found[f"{part} right"] >= precision * found[f"{part} found"]
    assert found[f"{part} right"] >= recall * found[f"{part} wanted"]


def test_who_and_when_are_right_in_most_todos(found: Counter[str]) -> None:
    assert found["who right"] >= 0.9 * found["todos right"]
    assert found["due right"] >= 0.8 * found["todos right"]


def test_hardly_any_noise_is_a_highlight(found: Counter[str]) -> None:
    assert found["highlights noise"] < 0.03 * found["highlights found"]
