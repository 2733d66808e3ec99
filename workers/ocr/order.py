"""The order in which people read the lines of a picture: rows from above, columns one after the other."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

Quad = Sequence[Sequence[float]]

#: Columns have this many lines at least, their lines are so many times as long as high, and so full of the column.
_LINES, _LONG, _FULL = 3, 5.0, 0.7
#: The blank between columns, in heights of a line.
_GUTTER = 0.6
#: Of the lines of the shorter column, the part that stands beside lines of the other: bubbles of a chat do not.
_BESIDE = 0.5
#: Lines are on one row when their middles differ by less than this part of a height.
_ROW = 0.5


@dataclass(frozen=True)
class _Line:
    index: int
    left: float
    top: float
    right: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def width(self) -> float:
        return self.right - self.left


def reading_order(quads: Sequence[Quad]) -> list[int]:
    """The indexes of lines, given by their corners (clockwise from the upper left, x and y), in reading order."""
    return [line.index for line in _ordered(_straight(quads))]


def _straight(quads: Sequence[Quad]) -> list[_Line]:
    """The lines as upright boxes, of a page that is turned back as far as most of them are askew."""
    slopes = [math.atan2(quad[1][1] - quad[0][1], quad[1][0] - quad[0][0]) for quad in quads]
    askew = statistics.median(slopes) if slopes else 0.0
    cos, sin = math.cos(askew), math.sin(askew)
    lines = []
    for index, quad in enumerate(quads):
        xs = [x * cos + y * sin for x, y in quad]
        ys = [y * cos - x * sin for x, y in quad]
        lines.append(_Line(index, min(xs), min(ys), max(xs), max(ys)))
    return lines


def _ordered(lines: list[_Line]) -> list[_Line]:
    """Rows from above; where the page has columns, one column after the other."""
    gutter = _gutter(lines)
    if gutter is None:
        return _rows(lines)
    above = [line for line in lines if line.left < gutter < line.right]
    if not above:
        return [
            *_ordered([line for line in lines if line.right <= gutter]),
            *_ordered([line for line in lines if line.left >= gutter]),
        ]
    # A headline runs over both columns: what stands above it is read first.
    first = min(above, key=lambda line: line.middle)
    before = [line for line in lines if line.middle < first.middle and line is not first]
    after = [line for line in lines if line.middle >= first.middle and line is not first]
    return [*_ordered(before), first, *_ordered(after)]


def _rows(lines: list[_Line]) -> list[_Line]:
    """From above, and what stands on one row from the left."""
    rows: list[list[_Line]] = []
    for line in sorted(lines, key=lambda line: line.middle):
        if rows and line.middle - rows[-1][0].middle < _ROW * min(line.height, rows[-1][0].height):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.left)]


def _gutter(lines: list[_Line]) -> float | None:
    """Where the blank between two columns is; None where the lines stand in one."""
    if len(lines) < 2 * _LINES:
        return None
    high = statistics.median(line.height for line in lines)
    edges = sorted({line.right for line in lines})
    for edge in edges:
        place = edge + _GUTTER * high / 2
        left = [line for line in lines if line.right <= edge]
        right = [line for line in lines if line.left >= edge + _GUTTER * high]
        across = len(lines) - len(left) - len(right)
        if across <= 1 + len(lines) // 10 and _is_column(left) and _is_column(right) and _beside(left, right):
            return place
    return None


def _is_column(lines: list[_Line]) -> bool:
    """Whether lines are a column of running text: several, long, and most of them full."""
    if len(lines) < _LINES:
        return False
    width = max(line.right for line in lines) - min(line.left for line in lines)
    full = [line for line in lines if line.width >= _FULL * width and line.width >= _LONG * line.height]
    return len(full) * 2 >= len(lines)


def _beside(left: list[_Line], right: list[_Line]) -> bool:
    """Whether two columns stand beside each other: bubbles of a chat take turns."""
    few, many = sorted((left, right), key=len)
    beside = [line for line in few if any(line.top < other.bottom and other.top < line.bottom for other in many)]
    return len(beside) >= _BESIDE * len(few)
