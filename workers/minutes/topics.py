"""Where a talk goes over from one topic to the next: at pauses, and where the words change."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

_AROUND = 8  # lines looked at on either side of a possible break
_LEAST = 4  # lines of a chapter
_MOST = 12  # chapters
_LINES_A_CHAPTER = 9  # so many on the average at least
_CLEAR = 0.55  # what a break has to weigh
_PAUSE = 20 * 60.0  # seconds after which people begin anew
_LONG = 3 * 3600.0


def break_up(
    words: Sequence[Sequence[str]],
    at: Sequence[float],
    answers: Sequence[int | None],
    weight: Callable[[str], float],
) -> list[range]:
    """Chapters as ranges of lines that follow each other, together all of them.

    ``words`` of each line, ``at`` its time in seconds, ``answers`` the number of the line that it replies to;
    ``weight`` says how much a word tells.
    """
    count = len(words)
    most = min(_MOST, count // _LINES_A_CHAPTER)
    if most < 2:
        return [range(count)] if count else []
    weights = _breaks(words, at, answers, weight)
    least = max(_LEAST, count // (4 * _MOST))
    chosen: list[int] = []
    for place in sorted(range(least, count - least + 1), key=lambda each: (-weights[each], each)):
        if weights[place] < _CLEAR or len(chosen) == most - 1:
            break
        if all(abs(place - other) >= least for other in chosen):
            chosen.append(place)
    borders = [0, *sorted(chosen), count]
    return [range(start, end) for start, end in pairwise(borders)]


def _breaks(
    words: Sequence[Sequence[str]],
    at: Sequence[float],
    answers: Sequence[int | None],
    weight: Callable[[str], float],
) -> list[float]:
    """How much speaks for a break before each line: its pause, and the valley of likeness that it lies in."""
    count = len(words)
    likeness = [0.0] * (count + 1)
    for place in range(1, count):
        before = _bag(words[max(0, place - _AROUND) : place], weight)
        after = _bag(words[place : place + _AROUND], weight)
        likeness[place] = _cosine(before, after)
    weights = [0.0] * (count + 1)
    for place in range(1, count):
        left = max(likeness[max(1, place - _AROUND) : place + 1])
        right = max(likeness[place : place + _AROUND])
        depth = (left + right) / 2 - likeness[place]
        weights[place] = 0.8 * depth + 0.35 * (1 - likeness[place]) + _pause(at[place] - at[place - 1])
    for line, answered in enumerate(answers):
        if answered is not None:
            for place in range(max(answered + 1, line - _AROUND), line + 1):
                weights[place] -= 0.3
    return weights


def _pause(seconds: float) -> float:
    """0 for what follows at once, 0.4 after 20 minutes, 0.9 after three hours and more."""
    if seconds <= _PAUSE:
        return 0.4 * math.log1p(max(0.0, seconds) / 60) / math.log1p(_PAUSE / 60)
    return 0.4 + 0.5 * min(1.0, math.log(seconds / _PAUSE) / math.log(_LONG / _PAUSE))


def _bag(lines: Sequence[Sequence[str]], weight: Callable[[str], float]) -> dict[str, float]:
    counts = Counter(word for line in lines for word in line)
    return {word: math.sqrt(number) * weight(word) for word, number in counts.items()}


def _cosine(one: dict[str, float], other: dict[str, float]) -> float:
    if not one or not other:
        return 0.0
    shared = sum(value * other[word] for word, value in one.items() if word in other)
    sizes = math.sqrt(sum(each * each for each in one.values()) * sum(each * each for each in other.values()))
    return shared / sizes if sizes else 0.0
