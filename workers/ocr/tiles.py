"""Where the lines of a picture are: long pictures are looked at tile by tile, small writing is looked at closely."""

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from workers.ocr.models import Image, Quad

#: The longer side of what the detection looks at, in pixels, and its largest where the writing is small.
_SIDE, _CLOSE = 960, 2400
#: Pixels that a picture may have that is wider than high, whose longer side may be longer than ``_SIDE``.
_AREA = 960 * 540
#: A picture that is more times as high as wide is looked at in tiles, each at most twice as high as wide.
_TALL, _TILE = 2.5, 2.0
#: Of a tile's height, the part that the next one shows again at least.
_AGAIN = 0.08
#: Writing of fewer pixels in what the detection looked at is looked at again so that it has ``_GOOD``.
_SMALL, _GOOD = 9.0, 16.0
#: Of the smaller of two lines, the part that lies in the larger one when both are the same line.
_SAME = 0.5


class Detector(Protocol):
    """What finds lines; the side is the most pixels that it looks at along the longer side."""

    def detect(self, image: Image, side: int) -> Sequence[Quad]: ...


def find(detector: Detector, image: Image) -> Sequence[Quad]:
    """Every line of a picture once, each whole."""
    height, width = image.shape[:2]
    if height <= _TALL * width:
        return _closely(detector, image)
    tile = max(int(_TILE * width), _SIDE)
    found: list[Quad] = []
    top = 0
    while True:
        bottom = min(top + tile, height)
        here = [quad + np.array([0, top], np.float32) for quad in _closely(detector, image[top:bottom])]
        found += here
        if bottom == height:
            return _once(found)
        # The next tile begins above what this one's edge may have cut, unless that is half a tile high.
        edge = bottom - max(4, int(_AGAIN / 4 * tile))
        cut = [float(quad[:, 1].min()) for quad in here if quad[:, 1].max() >= edge]
        start = min([bottom - _AGAIN * tile, *(each - _AGAIN / 2 * tile for each in cut)])
        top = max(int(start), top + tile // 2)


def _closely(detector: Detector, image: Image) -> Sequence[Quad]:
    height, width = image.shape[:2]
    longer = max(height, width)
    side = max(_SIDE, int(math.sqrt(_AREA * width / height)))
    found = detector.detect(image, side)
    scale = min(1.0, side / longer)
    if scale == 1.0:
        return found
    high = float(np.median([_height(quad) for quad in found])) * scale if found else 0.0
    if high >= _SMALL:
        return found
    closer = min(longer, _CLOSE, int(longer * scale * (_GOOD / max(high, _SMALL / 2))))
    return found if closer <= side else detector.detect(image, closer)


def _height(quad: Quad) -> float:
    return float(min(np.linalg.norm(quad[3] - quad[0]), np.linalg.norm(quad[1] - quad[0])))


def _once(found: Sequence[Quad]) -> Sequence[Quad]:
    """Of lines that two tiles have shown, the one that is whole."""
    kept: list[tuple[Quad, tuple[float, float, float, float]]] = []
    for quad in sorted(found, key=lambda quad: -_area(_bounds(quad))):
        bounds = _bounds(quad)
        if all(_shared(bounds, other) < _SAME * _area(bounds) for _, other in kept):
            kept.append((quad, bounds))
    return [quad for quad, _ in kept]


def _bounds(quad: Quad) -> tuple[float, float, float, float]:
    left, top = quad.min(axis=0)
    right, bottom = quad.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def _area(bounds: tuple[float, float, float, float]) -> float:
    return (bounds[2] - bounds[0]) * (bounds[3] - bounds[1])


def _shared(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> float:
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, across) * max(0.0, down)
