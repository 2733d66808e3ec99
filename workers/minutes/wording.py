"""The wording of a clause as a weighing knows it: its characters, one and two together, and its cues by twos."""

import re
from collections.abc import Collection, Iterable
from itertools import combinations

#: Characters of an answer that are read: how it begins tells what it is.
_BEGINNING = 12
_NUMBERS = re.compile(r"[一二两三四五六七八九十百千万\d]+")


def grams(text: str) -> set[str]:
    """The characters of a text, one and two together, its ends marked and all numbers alike."""
    whole = f"^{_NUMBERS.sub('0', text)}$"
    return {f"~{each}" for each in whole[1:-1]} | {f"~{whole[at : at + 2]}" for at in range(len(whole) - 1)}


def following(texts: Iterable[tuple[bool, str]]) -> set[str]:
    """How the texts that come next begin; each with whether the same person says it."""
    return {f"{'=' if same else '>'}{each}" for same, text in texts for each in grams(text[:_BEGINNING])}


def couples(cues: Collection[str]) -> list[str]:
    """The cues by twos, without those that are such already."""
    return [f"{a}*{b}" for a, b in combinations(sorted(each for each in cues if "+" not in each), 2)]
