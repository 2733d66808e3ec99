"""The text of a PDF, page by page; of one that was scanned there is none."""

from collections.abc import Iterator
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]

from workers.documents.extract import NoText

#: How pdfium writes a hyphen at the end of a line.
_HYPHEN = "\ufffe"


def pieces(source: Path) -> Iterator[str]:
    """Each page's text. Raises NoText."""
    try:
        document = pypdfium2.PdfDocument(source)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise NoText("PDF 有密码，读不了" if locked else "PDF 坏了，打不开") from None
    if not len(document):
        raise NoText("PDF 里一页也没有")
    for number in range(len(document)):
        page = document[number]
        words = page.get_textpage()
        yield words.get_text_range().replace(_HYPHEN, "-")
        words.close()
        page.close()
