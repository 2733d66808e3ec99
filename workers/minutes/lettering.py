"""Letters of Chinese text for PDF: a font cut down to what is said, how wide its letters are, where lines break."""

import io
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

from botbay.zh.font import PATH, showable

WEIGHTS = {False: 400, True: 700}
POINT = 25.4 / 72  # millimetres
#: What no line begins with, and what none ends with.
_NOT_FIRST = frozenset("，。、；：？！）》〉」』】〕〗”’…—～·％‰℃,.;:?!)]}%°")
_NOT_LAST = frozenset("（《〈「『【〔〖“‘([{￥$")

Color = tuple[int, int, int]
INK: Color = (28, 43, 42)


@dataclass(frozen=True, kw_only=True)
class Run:
    """Words in one look; ``size`` in points, ``link`` an address."""

    text: str
    size: float = 10.5
    bold: bool = False
    color: Color = INK
    link: str = ""


class Face:
    """One weight of the font with no more letters than are needed, and how wide they are."""

    def __init__(self, bold: bool, letters: Iterable[str]) -> None:
        options = subset.Options()
        options.layout_features, options.hinting, options.notdef_outline = [], False, True
        with TTFont(PATH, lazy=True) as font:
            subsetter = subset.Subsetter(options)
            subsetter.populate(unicodes={ord(each) for each in letters} | {ord(" ")})
            subsetter.subset(font)
            small = io.BytesIO()
            font.save(small)
        font = TTFont(small)
        instancer.instantiateVariableFont(font, {"wght": WEIGHTS[bold]}, inplace=True)
        out = io.BytesIO()
        font.save(out)
        self.data = out.getvalue()
        em, advances = font["head"].unitsPerEm, font["hmtx"]
        self.widths = {chr(code): advances[name][0] / em for code, name in font.getBestCmap().items()}


@dataclass(frozen=True)
class Letter:
    text: str
    run: Run
    width: float


Line = Sequence[Letter]


def letters_of(runs: Iterable[Run], faces: Mapping[bool, Face]) -> list[Letter]:
    """The letters of some runs as they will be seen, in the face of each run's weight."""
    found = []
    for run in runs:
        widths = faces[run.bold].widths
        found += [Letter(each, run, widths[each] * run.size * POINT) for each in _with_ends(run.text)]
    return found


def _with_ends(text: str) -> str:
    """``showable``, with the blanks at its ends that part it from its neighbours."""
    shown = showable(text)
    before = " " if text[:1].isspace() and shown[:1] not in ("", " ", "\u3000") else ""
    after = " " if text[-1:].isspace() and shown[-1:] not in ("", " ", "\u3000") else ""
    return before + shown + after


def wrapped(letters: Sequence[Letter], width: float) -> list[Line]:
    """Lines that are no wider: Chinese breaks between letters but not before a comma, words only where they must."""
    lines: list[Line] = []
    line: list[Letter] = []
    used = 0.0
    start = 0
    for end in range(1, len(letters) + 1):
        if end < len(letters) and not _breaks(letters[end - 1].text, letters[end].text):
            continue
        cluster = letters[start:end]
        start = end
        needed = sum(letter.width for letter in cluster)
        if used + _bare_width(cluster, needed) > width and line:
            lines.append(_trimmed(line))
            line, used = [], 0.0
        if needed <= width:
            line += cluster
            used += needed
            continue
        for letter in cluster:  # longer than a line: an address, or a word of nobody's
            if used + letter.width > width and line:
                lines.append(_trimmed(line))
                line, used = [], 0.0
            line.append(letter)
            used += letter.width
    if line or not lines:
        lines.append(_trimmed(line))
    return lines


def _bare_width(cluster: Sequence[Letter], width: float) -> float:
    return width - cluster[-1].width if cluster[-1].text == " " else width


def _trimmed(line: list[Letter]) -> Line:
    end = len(line)
    while end and line[end - 1].text == " ":
        end -= 1
    return line[:end]


def _breaks(before: str, after: str) -> bool:
    if after in _NOT_FIRST or before in _NOT_LAST or after == " ":
        return False
    return before == " " or _wide(before) or _wide(after)


def _wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF" or letter in "“”‘’…—·"
