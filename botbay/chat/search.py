"""The search index of messages: every character and every pair of neighbouring ones, as PostgreSQL's tsvector.

Single characters and pairs find every Chinese substring of any length, where word segmentation misses a third; what
is found is to be rechecked with LIKE, because pairs may match out of order. Written in the transaction that stores
the message.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Any

from opencc import OpenCC
from sqlalchemy import ARRAY, Boolean, ColumnElement, Text, bindparam, cast, func, literal_column
from sqlalchemy.dialects.postgresql import TSQUERY

from botbay.zh.text import simplified

#: What LIKE takes for more than itself, and how it stands for itself.
_SIGN, _AS_SIGN = re.compile(r"([\\%_])"), r"\\\1"
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


def fold(text: str) -> str:
    """Text as it is compared by us: as ``normalise`` has it, in simplified characters."""
    return simplified(normalise(text))


@cache
def _traditional() -> OpenCC:
    return OpenCC("s2t")


def variants(folded: str) -> set[str]:
    """A folded text as it may stand in the database, where nothing is folded but by NFKC and lower case."""
    return {folded, str(_traditional().convert(folded))}


def plain(column: Any) -> ColumnElement[str]:
    """A column's text as ``normalise`` has it."""
    return func.lower(func.normalize(column, literal_column("NFKC")))


def spellings(part: str) -> list[str]:
    """A part as it may stand in a text that ``normalise`` has gone over: in simplified and in traditional characters."""
    return sorted(variants(fold(part)) | {normalise(part)})


def holds(column: Any, part: str) -> ColumnElement[bool]:
    """Whether a column's text holds a part of which the script, simplified or traditional, does not matter."""
    patterns = [f"%{_SIGN.sub(_AS_SIGN, one)}%" for one in spellings(part)]
    return plain(column).op("LIKE", is_comparison=True)(func.any(bindparam(None, patterns, type_=ARRAY(Text))))


def indexed(column: Any, parts: Sequence[str]) -> ColumnElement[bool]:
    """Whether an entry of the index may hold all parts: to be rechecked for those of three characters and more."""
    return column.bool_op("@@")(_query(parts))  # type: ignore[no-any-return]


def matches(column: Any, parts: Sequence[str]) -> ColumnElement[bool]:
    """The same as ``indexed``, asked of each entry by itself: no planner takes it to the index."""
    return func.ts_match_vq(column, _query(parts), type_=Boolean)


def _query(parts: Sequence[str]) -> ColumnElement[Any]:
    told = "&".join("(" + "|".join(_lexemes(one) for one in spellings(part)) + ")" for part in parts)
    return cast(told, TSQUERY)


def _lexemes(run: str) -> str:
    """The lexemes of a run of characters, as a query for the index.

    Where there are pairs, they imply the single ones, and the database knows better how many entries have them.
    """
    told = grams(run)
    pairs = [lexeme for lexeme in told if len(lexeme) > 1] or told
    quoted = (lexeme.replace("\\", "\\\\").replace("'", "''") for lexeme in pairs)
    return "(" + "&".join(f"'{lexeme}'" for lexeme in quoted) + ")"
