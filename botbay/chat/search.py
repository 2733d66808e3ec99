"""The search index of messages: every character and every pair of neighbouring ones, as PostgreSQL's tsvector.

Single characters and pairs find every Chinese substring of any length, where word segmentation misses a third; what
is found is to be rechecked with LIKE, because pairs may match out of order. Written in the transaction that stores
the message.
"""

import unicodedata

_LIMIT = 20_000  # characters indexed of one message: a tsvector holds 1 MB


def normalise(text: str) -> str:
    """Text as the index sees it: NFKC, lower case."""
    return unicodedata.normalize("NFKC", text).lower()


def grams(text: str, limit: int = _LIMIT) -> list[str]:
    """The distinct single characters and pairs of a text, white space apart, sorted: lexemes of its tsvector.

    Of a longer text than ``limit`` characters only the beginning is told.
    """
    found: set[str] = set()
    for word in normalise(text)[:limit].replace("\x00", " ").split():
        found.update(word)
        found.update(word[i : i + 2] for i in range(len(word) - 1))
    return sorted(found)
