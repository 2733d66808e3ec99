"""Words marked in a text: where they stand, and the text with them tinted. Never markup."""

from collections.abc import Iterator, Sequence

from botbay.chat.search import fold, normalise
from botbay.zh.text import simplified
from web.layout import text

Span = tuple[int, int]
#: Further places in one text are not tinted: each costs the page two elements.
_MOST = 200


def spans(words: str, wanted: Sequence[str]) -> list[Span]:
    """Where the wanted words stand in a text: first and last character (not itself), in order, none over another."""
    return spans_of([words], wanted)[0]


def spans_of(lines: Sequence[str], wanted: Sequence[str]) -> list[list[Span]]:
    """The same in each of a text's lines; a word that stands in none of them may stand across their ends.

    Width, case, white space and traditional characters make no difference.
    """
    found: list[list[Span]] = [[] for _ in lines]
    wanted = [word for each in wanted if (word := "".join(fold(each).split()))]
    if not wanted:
        return found
    signs, places = [], []
    for number, line in enumerate(lines):
        for place, sign in enumerate(line):
            for each in normalise(sign):
                if not each.isspace():
                    signs.append(each)
                    places.append((number, place))
    plain = simplified("".join(signs))
    for word in wanted:
        hits = [places[start : start + len(word)] for start in _starts(plain, word)]
        within = [hit for hit in hits if hit[0][0] == hit[-1][0]]
        for hit in within or hits:
            for number in sorted({line for line, _ in hit}):
                here = [place for line, place in hit if line == number]
                found[number].append((here[0], here[-1] + 1))
    return [_merged(each) for each in found]


def _starts(plain: str, word: str) -> Iterator[int]:
    start = plain.find(word)
    while start >= 0:
        yield start
        start = plain.find(word, start + len(word))


def _merged(found: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(found):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def marked(words: str, marks: Sequence[Span]) -> None:
    """The text as elements, those parts of it tinted."""
    at = 0
    for start, end in marks[:_MOST]:
        if start > at:
            text(words[at:start], tag="span")
        text(words[start:end], "bb-hit", tag="mark")
        at = end
    if at < len(words):
        text(words[at:], tag="span")
