"""The first page of a PDF."""

from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]

from workers.archive import pictures
from workers.archive.previews import NoPreview

_LONGEST = 20_000.0  # points; a page of A0 has 3370


def first_page(source: Path, target: Path) -> int:
    """Write its picture; how many pages there are. Raises NoPreview."""
    try:
        document = pypdfium2.PdfDocument(source)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise NoPreview("PDF 有密码，做不了预览" if locked else "PDF 坏了，打不开") from None
    pages = len(document)
    if not pages:
        raise NoPreview("PDF 里一页也没有")
    page = document[0]
    width, height = page.get_size()
    if not 1 <= min(width, height) <= max(width, height) <= _LONGEST:
        raise NoPreview("PDF 的页面尺寸不正常，不做预览")
    image = page.render(scale=2 * pictures.SIDE / max(width, height)).to_pil()
    pictures.save(image, target)
    return pages
