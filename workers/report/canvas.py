"""A picture that grows downwards: text in the Chinese font, bars, wrapped words. Sizes in pixels."""

import functools
import io
from collections.abc import Sequence
from itertools import pairwise

from PIL import Image, ImageDraw, ImageFont

from botbay.zh import font
from botbay.zh.font import showable

Color = str
INK, MUTED, ACCENT, PALE, LINE, GROUND = "#16302e", "#6b7f7c", "#0f766e", "#bfe0db", "#e3ebea", "#ffffff"
_REGULAR, _BOLD = 400, 700
_HIGHEST = 8000


@functools.cache
def _face(size: int, bold: bool) -> ImageFont.FreeTypeFont:
    face = ImageFont.truetype(font.PATH, size, layout_engine=ImageFont.Layout.BASIC)
    face.set_variation_by_axes([_BOLD if bold else _REGULAR])
    return face


class Canvas:
    """``y`` is where the next thing goes; ``left`` and ``right`` are the edges of what is drawn."""

    def __init__(self, width: int, margin: int) -> None:
        self._image = Image.new("RGB", (width, _HIGHEST), GROUND)
        self.draw = ImageDraw.Draw(self._image)
        self.left, self.right = margin, width - margin
        self.y = margin
        self._cuts: list[int] = []

    @property
    def width(self) -> int:
        return self.right - self.left

    def text(
        self, x: float, y: float, text: str, size: int, *, bold: bool = False, color: Color = INK, anchor: str = "la"
    ) -> float:
        """Draws a line of text, as the font can show it, and tells its width; ``anchor`` as Pillow has it."""
        shown = showable(text)
        self.draw.text((x, y), shown, fill=color, font=_face(size, bold), anchor=anchor)
        return measure(shown, size, bold=bold)

    def bar(self, x0: float, y0: float, x1: float, y1: float, color: Color, radius: float = 6) -> None:
        """A filled one; what is too small for round corners has none."""
        if x1 - x0 < 1 or y1 - y0 < 1:
            return
        round_ = min(radius, (x1 - x0) / 2, (y1 - y0) / 2)
        self.draw.rounded_rectangle((x0, y0, x1, y1), round_, fill=color)

    def cut(self) -> None:
        """The picture may be cut here, where nothing is drawn."""
        self._cuts.append(int(self.y))

    def png(self, margin: int) -> bytes:
        """The picture as far as it was drawn."""
        return _png(self._used(margin))

    def pngs(self, margin: int, highest: int) -> Sequence[bytes]:
        """The same as pictures to be set below each other, cut so that none is higher where a cut allows it."""
        used = self._used(margin)
        pieces, top = [], 0
        for place, below in pairwise([*self._cuts, used.height]):
            if below - top > highest and place > top:
                pieces.append(used.crop((0, top, used.width, place)))
                top = place
        pieces.append(used.crop((0, top, used.width, used.height)))
        return [_png(piece) for piece in pieces]

    def _used(self, margin: int) -> Image.Image:
        used = self._image.crop((0, 0, self._image.width, min(_HIGHEST, int(self.y) + margin)))
        # Few colours: a third of the bytes, and the same to the eye.
        return used.quantize(64, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=6)
    return out.getvalue()


def measure(text: str, size: int, *, bold: bool = False) -> float:
    return _face(size, bold).getlength(showable(text))


def clipped(text: str, size: int, width: float, *, bold: bool = False) -> str:
    """As much of a line as fits, with … where it was cut."""
    text = showable(text)
    if measure(text, size, bold=bold) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(f"{text[:middle]}…", size, bold=bold) <= width:
            low = middle
        else:
            high = middle - 1
    return f"{text[:low].rstrip()}…"


def wrapped(text: str, size: int, width: float, most: int) -> Sequence[str]:
    """At most so many lines of this width; the last is cut."""
    lines: list[str] = []
    rest = showable(text)
    while rest and len(lines) < most:
        if len(lines) == most - 1:
            lines.append(clipped(rest, size, width))
            break
        end = len(clipped(rest, size, width).removesuffix("…")) if measure(rest, size) > width else len(rest)
        lines.append(rest[: max(1, end)].rstrip())
        rest = rest[max(1, end) :].lstrip()
    return lines
