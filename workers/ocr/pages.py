"""A whole picture: long ones in tiles, turned ones turned, its lines cut out, read, and put in order."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.ocr.models import Image, Models, Quad
from workers.ocr.order import reading_order
from workers.ocr.tiles import find

#: Nothing that people can read has fewer pixels from top to bottom.
_LEAST = 8
#: By how much of its height a line is cut out longer at both ends: what was found ends close to the writing.
_MARGIN = 0.2
#: A line that is longer, in heights, is read in pieces: the models squeeze what is longer than 66.
_LONGEST = 50.0
_UNSURE = 0.5  # what is read with less is no writing
_DOUBTFUL = 0.85  # a page that reads worse may lie upside down


@dataclass(frozen=True)
class Found:
    """A line: its corners clockwise from the upper left one of the writing, as 4 rows of x and y."""

    text: str
    quad: Quad
    confidence: float


def read(models: Models, pixels: NDArray[np.uint8]) -> list[dict[str, object]]:
    """The lines of a picture, rows of pixels of red, green and blue, as people read them: ``text box confidence``."""
    image = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), np.uint8)
    height, width = image.shape[:2]
    if min(height, width) < _LEAST:
        return []
    turn, lines = 0, find(models, image)
    if _mostly_tall(lines) and (turn := models.turned(image)):
        lines = find(models, _turned(image, turn))
    found = _lines(models, _turned(image, turn), lines)
    # Upside down looks to the detection like upright: only what it reads like tells.
    if _doubtful(found) and (further := models.turned(_turned(image, turn))):
        other = (turn + further) % 360
        again = _lines(models, _turned(image, other), find(models, _turned(image, other)))
        if _certainty(again) > _certainty(found):
            turn, found = other, again
    found = [each for each in found if each.text.strip() and each.confidence >= _UNSURE]
    return [
        {
            "text": found[index].text.strip(),
            "box": [[round(float(x), 1), round(float(y), 1)] for x, y in _back(found[index].quad, turn, width, height)],
            "confidence": round(found[index].confidence, 4),
        }
        for index in reading_order([each.quad.tolist() for each in found])
    ]


def _lines(models: Models, image: Image, quads: Sequence[Quad]) -> list[Found]:
    pieces = [_pieces(_cut_out(image, quad)) for quad in quads]
    read = iter(models.recognise([piece for line in pieces for piece in line]))
    found = []
    for quad, line in zip(quads, pieces, strict=True):
        parts = [next(read) for _ in line]
        confidence = min(confidence for _, confidence in parts)
        found.append(Found("".join(text for text, _ in parts), quad, confidence))
    return found


def _cut_out(image: Image, quad: Quad) -> Image:
    """A line, straight, and upright where it runs downwards."""
    width = max(1.0, float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[2] - quad[3])))
    height = max(1.0, float(np.linalg.norm(quad[3] - quad[0])), float(np.linalg.norm(quad[2] - quad[1])))
    tall = height >= 1.5 * width
    if not tall:
        along = (quad[1] - quad[0]) / width * (_MARGIN * height)
        quad = quad + np.array([-along, along, along, -along], np.float32)
        width += 2 * _MARGIN * height
    size = (max(1, round(width)), max(1, round(height)))
    target = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    turning = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    cut = cv2.warpPerspective(image, turning, size, borderMode=cv2.BORDER_REPLICATE, flags=cv2.INTER_CUBIC)
    return np.ascontiguousarray(np.rot90(cut) if tall else cut, np.uint8)


def _pieces(line: Image) -> Sequence[Image]:
    """A line, or where it is very long its parts, cut where between the letters there is least."""
    height, width = line.shape[:2]
    if width <= _LONGEST * height:
        return [line]
    middle, reach = width // 2, 4 * height
    grey = cv2.cvtColor(line[:, middle - reach : middle + reach], cv2.COLOR_BGR2GRAY)
    place = middle - reach + int(np.argmin(np.asarray(grey, np.float32).std(axis=0)))
    return [*_pieces(line[:, :place]), *_pieces(line[:, place:])]


def _mostly_tall(quads: Sequence[Quad]) -> bool:
    """Whether the lines of writing, by their length, run up or down rather than across."""
    tall = across = 0.0
    for quad in quads:
        width, height = np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[3] - quad[0])
        if height > 1.5 * width:
            tall += float(height)
        else:
            across += float(width)
    return tall > across


def _certainty(found: Sequence[Found]) -> float:
    """How many letters were read, each counted by how sure it is."""
    return sum(len(each.text) * each.confidence**4 for each in found)


def _doubtful(found: Sequence[Found]) -> bool:
    letters = sum(len(each.text) for each in found)
    return letters > 0 and sum(len(each.text) * each.confidence for each in found) < _DOUBTFUL * letters


def _turned(image: Image, turn: int) -> Image:
    """A picture that is turned clockwise by so many degrees, turned back."""
    return image if turn == 0 else np.ascontiguousarray(np.rot90(image, turn // 90))


def _back(quad: Quad, turn: int, width: int, height: int) -> NDArray[np.float32]:
    """Corners in a picture that was turned back, in the picture as it was, of this size."""
    x, y = quad[:, 0], quad[:, 1]
    if turn == 90:
        x, y = width - y, x
    elif turn == 180:
        x, y = width - x, height - y
    elif turn == 270:
        x, y = y, height - x
    return np.stack([np.clip(x, 0, width), np.clip(y, 0, height)], axis=1)
