"""The pages of a PDF that says nothing but in pictures, as one picture: one below the other."""

from pathlib import Path

import numpy as np
import pypdfium2  # type: ignore[import-untyped]
from numpy.typing import NDArray

#: So many pages are read, and no more.
PAGES = 10
#: Pixels an inch: the small print of an invoice is still 17 high.
_FINE = 170
#: Pixels of the longer side of a page, whatever size it claims, and white ones between two pages.
_SIDE, _BETWEEN = 2_600, 40


def is_pdf(source: Path) -> bool:
    with source.open("rb") as file:
        return b"%PDF-" in file.read(1024)


def render(source: Path) -> tuple[NDArray[np.uint8], int]:
    """Rows of pixels of red, green and blue, and how many pages there are. Raises what the decoder raises."""
    document = pypdfium2.PdfDocument(source)
    pages = []
    for number in range(min(PAGES, len(document))):
        page = document[number]
        scale = min(_FINE / 72, _SIDE / max(1.0, *page.get_size()))
        pages.append(np.asarray(page.render(scale=scale).to_pil().convert("RGB")))
        page.close()
    height = sum(len(page) for page in pages) + _BETWEEN * (len(pages) - 1)
    whole = np.full((height, max(page.shape[1] for page in pages), 3), 255, np.uint8)
    top = 0
    for page in pages:
        whole[top : top + len(page), : page.shape[1]] = page
        top += len(page) + _BETWEEN
    return whole, len(document)
