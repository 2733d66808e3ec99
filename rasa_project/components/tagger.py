"""Which characters of a sentence belong to a name, by what stands around them: a linear-chain random field."""

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from random import Random

import jieba
import pycrfsuite

from rasa_project.components.people import GIVEN, SURNAMES
from rasa_project.components.spans import Span

#: What the tagger decides on, with the letter of each; the other entities of the rules are only seen.
_LETTERS = {
    "person": "p",
    "room": "r",
    "nickname": "n",
    "query": "q",
    "file_kind": "f",
}
TAGGED = frozenset(_LETTERS)
#: Names that may hold a word of another kind.
_WIDE = frozenset({"room", "nickname", "query"})
_SEEN = _LETTERS | {"ordinal": "o", "amount": "m", "time": "t", "email": "e", "account": "a"}
_ENTITIES = {letter: entity for entity, letter in _LETTERS.items()}
_KINDS = {
    **dict.fromkeys(GIVEN, "g"),
    **{each: "S" if each in GIVEN else "s" for each in SURNAMES},
    **dict.fromkeys("零〇一二两三四五六七八九十百千万半几第", "1"),
    **dict.fromkeys("小老阿大", "x"),
    **dict.fromkeys("总工姐哥老师董经理主任会计员长叔婶爷奶妈爸伯姨", "t"),
}
_OPTIONS = {
    "c1": 0.02,
    "c2": 0.3,
    "max_iterations": 60,
    "feature.minfreq": 2,
    "feature.possible_transitions": True,
}
#: The share of the rules' findings that the tagger does not see in training, or sees displaced: what the rules were
#: made for they always find, and of what they will meet they miss as many.
_DROPPED = 0.1


def _kind(char: str) -> str:
    if kind := _KINDS.get(char):
        return kind
    if char.isdigit():
        return "d"
    if char.isascii():
        return "a" if char.isalpha() else "_" if char == " " else "."
    return "c" if "\u4e00" <= char <= "\u9fff" else "."


def features(text: str, intent: str | None, spans: list[Span]) -> list[list[str]]:
    """What the tagger goes by at each character of a clean text in which the rules found these spans.

    The characters around, which of them are words, what kind of characters they are, what the rules say there, and
    the intent.
    """
    said = ["-"] * len(text)
    for span in spans:
        letter = _SEEN[span.entity]
        said[span.start : span.end] = [letter.upper(), *letter * (span.end - span.start - 1)]
    rule = ["^", "^", *said, "$", "$"]
    kind = ["^", "^", *map(_kind, text), "$", "$"]
    char = ["^", "^", "^", *text, "$", "$", "$"]
    pair = [first + second for first, second in pairwise(char)]
    known = jieba.dt.FREQ.get
    word = ["1" if known(two) else "0" for two in pair]
    long_word = ["1" if known(two + third) else "0" for two, third in zip(pair, char[2:], strict=False)]
    wish = intent or "-"
    found = []
    for i in range(len(text)):
        j, here, at = i + 3, char[i + 3], rule[i + 2]
        before, kinds = kind[i + 1], kind[i + 2] + kind[i + 3]
        around = rule[i + 1] + at + rule[i + 3]
        found.append(
            [
                "0" + here,
                "1" + char[j - 1],
                "2" + char[j + 1],
                "3" + pair[j - 1],
                "4" + pair[j],
                "8" + pair[j - 3] + char[j - 1],
                "9" + pair[j] + char[j + 2],
                "r" + around,
                "R" + rule[i] + around + rule[i + 4],
                "k" + before + kinds,
                "l" + char[j - 1] + kinds + kind[i + 4],
                "w" + word[j - 1] + word[j] + word[j - 2] + word[j + 1] + "".join(long_word[j - 2 : j + 1]),
                "i" + wish + at + rule[i + 1],
                "I" + wish + here,
                "s" + at + pair[j],
                "S" + at + pair[j - 1],
                "t" + at + kinds,
            ]
        )
    return found


class Tagger:
    """Finds the entities of `TAGGED`, as `train` taught it."""

    def __init__(self, path: Path) -> None:
        """From the file that `train` wrote; it is read whole, and no longer needed then."""
        jieba.initialize()
        self._model = pycrfsuite.Tagger()
        self._model.open(str(path))

    def find(self, text: str, intent: str | None, spans: list[Span]) -> list[Span]:
        """The spans of a clean text, given those that the rules found in it."""
        if not text.strip():
            return spans
        extra = {(span.entity, span.start, span.end): span for span in spans}
        found = _read(self._model.tag(features(text, intent, spans)))
        # 周末活动方案 holds a time and names none.
        wider = [span for span in found if span.entity in _WIDE]
        kept = [
            span
            for span in spans
            if span.entity not in TAGGED
            and not any(
                other.start <= span.start and span.end <= other.end and other.end - other.start > span.end - span.start
                for other in wider
            )
        ]
        for span in found:
            if all(span.end <= other.start or span.start >= other.end for other in kept):
                kept.append(extra.get((span.entity, span.start, span.end), span))
        return kept


def train(path: Path, examples: Iterable[tuple[str, str | None, list[Span], list[Span]]]) -> None:
    """Writes the file of a tagger. An example is a clean text, its intent, what the rules found, and what is right."""
    jieba.initialize()
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params(_OPTIONS)
    chance = Random(0)
    for text, intent, spans, right in examples:
        if text:
            trainer.append(features(text, intent, _blurred(spans, chance)), _labels(len(text), right))
    trainer.train(str(path))


def _blurred(spans: list[Span], chance: Random) -> list[Span]:
    seen = []
    for span in spans:
        if span.entity in TAGGED and chance.random() < _DROPPED:
            if chance.random() < 0.5:
                continue
            if span.end - span.start > 2:
                first = chance.random() < 0.5
                span = Span(span.entity, span.start + first, span.end - (not first))
        seen.append(span)
    return seen


def _labels(length: int, spans: list[Span]) -> list[str]:
    labels = ["O"] * length
    for span in spans:
        if letter := _LETTERS.get(span.entity):
            labels[span.start : span.end] = ["B" + letter] + ["I" + letter] * (span.end - span.start - 1)
    return labels


def _read(labels: list[str]) -> list[Span]:
    spans: list[Span] = []
    for at, label in enumerate(labels):
        if label == "O":
            continue
        if label[0] == "I" and spans and spans[-1].end == at and spans[-1].entity == _ENTITIES[label[1]]:
            spans[-1] = Span(spans[-1].entity, spans[-1].start, at + 1)
        else:
            spans.append(Span(_ENTITIES[label[1]], at, at + 1))
    return spans
