"""The Chinese font that comes with a package, and what of a text it can show."""

import functools
import unicodedata
from importlib.resources import files
from pathlib import Path

from fontTools.ttLib import TTFont

PATH = Path(str(files("justmytype_intl_cjk"))) / "fonts/ofl/notosanssc/NotoSansSC[wght].ttf"
#: Instead of a letter that the font lacks, and of words that were signs only.
LACKING, SIGNS = "〓", "[表情]"


@functools.cache
def _letters() -> frozenset[int]:
    with TTFont(PATH, lazy=True) as font:
        # Naming 30,000 glyphs takes a tenth of a second, and no name is needed.
        font.setGlyphOrder([""] * font["maxp"].numGlyphs)
        return frozenset(font.getBestCmap())


def showable(text: str) -> str:
    """The text as the font can show it: signs that it lacks left out, letters that it lacks as 〓."""
    there = _letters()
    if all(ord(each) in there for each in text):
        return text
    out = ""
    for each in text:
        if ord(each) in there:
            out += each
        elif unicodedata.category(each)[0] in "LN":
            out += LACKING
    return " ".join(out.split()) or (SIGNS if text.strip() else "")
