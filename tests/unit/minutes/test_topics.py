"""Where a talk breaks into chapters."""

import random

from workers.minutes.topics import break_up


def broken(words: list[list[str]], at: list[float], answers: list[int | None] | None = None) -> list[range]:
    return break_up(words, at, answers or [None] * len(words), lambda word: 1.0)


def test_a_few_lines_are_one_chapter() -> None:
    assert broken([["水管"]] * 6, [60.0 * each for each in range(6)]) == [range(6)]
    assert broken([], []) == []


def test_a_long_pause_and_new_words_begin_a_chapter() -> None:
    words = [["水管", "漏水"]] * 12 + [["发票", "报销"]] * 12
    at = [60.0 * each + (7200 if each >= 12 else 0) for each in range(24)]
    assert broken(words, at) == [range(12), range(12, 24)]


def test_new_words_alone_begin_a_chapter_and_a_common_subject_none() -> None:
    at = [30.0 * each for each in range(30)]
    assert broken([["水管", "漏水"]] * 15 + [["发票", "报销"]] * 15, at) == [range(15), range(15, 30)]
    assert broken([["水管", "漏水"]] * 30, at) == [range(30)]


def test_a_reply_holds_together_what_a_pause_parts() -> None:
    words = [["水管"]] * 20
    at = [60.0 * each + (3600 if each >= 10 else 0) for each in range(20)]
    assert len(broken(words, at)) == 2
    assert broken(words, at, [None] * 10 + [9, 9] + [None] * 8) == [range(20)]


def test_two_thousand_lines_have_at_most_twelve_chapters_and_none_of_two_lines() -> None:
    chance = random.Random(5)
    words = [chance.sample(["水管", "发票", "会议", "合同", "电梯", "车位"], 2) for _ in range(2000)]
    at, now = [], 0.0
    for _ in range(2000):
        now += chance.choice([10, 60, 600, 9000])
        at.append(now)
    chapters = broken(words, at)
    assert len(chapters) <= 12
    assert min(map(len, chapters)) > 2
    assert [number for chapter in chapters for number in chapter] == list(range(2000))
