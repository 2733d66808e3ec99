"""A part of a sentence that means something, and the copy of the sentence in which such parts are looked for."""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from rasa_project.components.text import LONGEST, simplify

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―~∼〜～"), "-") | {0x3002: ".", 0x3001: ","}
_SPACE = re.compile(r"\s")
_GAP = re.compile(r"\s+")
#: What stands for a part that is taken already: no pattern matches it.
TAKEN = "\0"


@dataclass(frozen=True, slots=True)
class Span:
    """One entity; `value` of the sentence is what stands from `start` up to `end`."""

    entity: str
    start: int
    end: int
    extra: dict[str, Any] = field(default_factory=dict)


@lru_cache(maxsize=1)  # the entities and the scope of a sentence are both looked for in it
def clean(text: str) -> str:
    """The beginning of a text in simplified, half-width, lower-case characters, each at its old place.

    。 and 、 become . and , and all dashes become -.
    """
    text = text[:LONGEST]
    if text.isascii():
        return text.lower().translate(_DASHES)
    simple = simplify(text)
    if len(simple) != len(text):
        simple = "".join(simplify(each)[:1] or each for each in text)
    simple = simple.translate(_DASHES)
    if not unicodedata.is_normalized("NFKC", simple):
        # A character that opens into several (㎡, …) would shift all that follow.
        simple = "".join(new if len(new := unicodedata.normalize("NFKC", old)) == 1 else old for old in simple)
    lower = simple.lower()
    return lower if len(lower) == len(text) else simple


def take(text: str, spans: list[Span]) -> str:
    """The text with these parts made unreadable."""
    for span in spans:
        text = text[: span.start] + TAKEN * (span.end - span.start) + text[span.end :]
    return text


def close_up(text: str) -> tuple[str, "list[int] | range"]:
    """The text without the spaces beside Chinese characters, and where each character of it stood."""
    if not _SPACE.search(text):
        return text, range(len(text))
    kept = list(range(len(text)))
    for gap in reversed(list(_GAP.finditer(text))):
        before, after = text[: gap.start()][-1:], text[gap.end() :][:1]
        keep = 1 if before.isascii() and after.isascii() and before and after else 0
        del kept[gap.start() + keep : gap.end()]
    return "".join(" " if text[at].isspace() else text[at] for at in kept), kept
