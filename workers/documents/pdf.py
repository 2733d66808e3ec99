"""The text of a PDF, page by page; one that was scanned has none."""

from collections.abc import Iterator
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]

from workers.documents.extract import NoText, OnlyPictures

#: How pdfium writes a hyphen at the end of a line.
_HYPHEN = "\ufffe"
#: Scanners put no more than this beside their pictures, in letters of a whole document.
_FEW = 20


def pieces(source: Path) -> Iterator[str]:
    """Each page's text. Raises NoText, and OnlyPictures at the end."""
    try:
        document = pypdfium2.PdfDocument(source)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise NoText("PDF 有密码，读不了" if locked else "PDF 坏了，打不开") from None
    if not len(document):
        raise NoText("PDF 里一页也没有")
    letters, pictured = 0, False
    for number in range(len(document)):
        page = document[number]
        words = page.get_textpage()
        text = words.get_text_range().replace(_HYPHEN, "-")
        letters += sum(not letter.isspace() for letter in text)
        pictured = pictured or (letters < _FEW and any(page.get_objects((pypdfium2.raw.FPDF_PAGEOBJ_IMAGE,))))
        yield text
        words.close()
        page.close()
    # Writing that was drawn as lines is no text either.
    if not letters or (letters < _FEW and pictured):
        raise OnlyPictures
