"""Text as people type it, brought to one form without losing the way back to what they typed."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from opencc import OpenCC

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―~∼〜～"), "-")


class _Halfwidth(dict[int, str]):
    """The plain form of each character, found out when it first comes up."""

    def __missing__(self, code: int) -> str:
        plain = unicodedata.normalize("NFKC", _DASHES.get(code, chr(code)))
        # A character that opens into several (㎡, …) would shift all that follow.
        self[code] = (plain if len(plain) == 1 else chr(code)).lower()[:1] or chr(code)
        return self[code]


_HALFWIDTH = _Halfwidth()
_GAP = re.compile(r"\s+")


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


def simplified(text: str) -> str:
    """Traditional characters as simplified ones, one for one: positions stay what they were."""
    if text.isascii():
        return text
    whole: str = _converter().convert(text)
    return whole if len(whole) == len(text) else "".join(_converter().convert(each)[:1] or each for each in text)


def halfwidth(text: str) -> str:
    """Full-width letters, digits and signs as plain ones, all dashes as ``-``; one for one, in lower case."""
    return text.translate(_HALFWIDTH)


@dataclass(frozen=True, slots=True)
class Plain:
    """A text in its plain form, and where each of its characters stood."""

    text: str
    #: The position in the original of each character, and the original's length at the end.
    origin: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a part of the plain text stood in the original."""
        return self.origin[start], self.origin[end - 1] + 1


def plain(text: str) -> Plain:
    """Simplified, half-width, lower-case, and without the spaces that only set Chinese words apart."""
    clean = halfwidth(simplified(text))
    kept = list(range(len(clean)))
    for gap in reversed(list(_GAP.finditer(clean))):
        before, after = clean[: gap.start()][-1:], clean[gap.end() :][:1]
        # 2010 01 29 and "May 5" need their space; 10月 3日 and 2 分 钟 do not.
        keep = 1 if before.isascii() and after.isascii() and before and after else 0
        del kept[gap.start() + keep : gap.end()]
    return Plain("".join(clean[at] if not clean[at].isspace() else " " for at in kept), (*kept, len(clean)))
