"""The sentences of what was said: where one ends, and what is known of each beside its text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

#: What ends a sentence, with the closing marks and the ends that follow it; a full stop only before a space.
_END = re.compile(r"(?:[。！？!?；;…]+|\.(?=\s|$))[”’」』）)】\"'。！？!?；;…]*|\n+")
_SOUND = re.compile(r"\w")


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """One sentence of a talk.

    ``words`` are its content words (``words.words``). ``speaker`` tells people apart, ``at`` is in seconds, ``line``
    is the number of the message that it is part of. ``replies`` is how many messages quote that message,
    ``mentions`` how many people it calls by @; ``is_reply`` says that it quotes another one.
    """

    text: str
    words: Sequence[str]
    speaker: str = ""
    at: float | None = None
    line: int = 0
    replies: int = 0
    is_reply: bool = False
    mentions: int = 0


def split(text: str) -> list[str]:
    """The sentences of a text in their order, trimmed, with what ends them; what has no letter or digit is left out."""
    found, start = [], 0
    for end in _END.finditer(text):
        found.append(text[start : end.end()])
        start = end.end()
    found.append(text[start:])
    return [trimmed for sentence in found if _SOUND.search(trimmed := sentence.strip())]
