"""The text of Word, Excel and PowerPoint files."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, time
from pathlib import Path
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"


def word(source: Path) -> Iterator[str]:
    """Paragraphs, and rows of tables with their cells between tabs; text boxes and content controls too."""
    import docx

    with source.open("rb") as file:
        body = docx.Document(file).element.body
    for old in list(body.iter(_FALLBACK)):  # the same once more, for programs that are older
        old.getparent().remove(old)
    yield from _blocks(body)


def _blocks(element: Any) -> Iterator[str]:
    for child in element:
        if child.tag == f"{_W}p":
            yield _paragraph(child)
        elif child.tag == f"{_W}tr":
            yield "\t".join(" ".join("\n".join(_blocks([cell])).split()) for cell in child)
        else:
            yield from _blocks(child)


def _paragraph(paragraph: Any) -> str:
    said = []
    for part in paragraph.iter():
        match part.tag:
            case "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}t":
                said.append(part.text or "")
            case "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}tab":
                said.append("\t")
            case _ if part.tag in (f"{_W}br", f"{_W}cr", f"{_W}p"):
                said.append("\n")
    return "".join(said)


def excel(source: Path) -> Iterator[str]:
    """The sheets with their names; rows with their cells between tabs, formulas by what they came to."""
    import openpyxl

    with source.open("rb") as file:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # a sheet may claim a million columns
            yield sheet.title
            for row in sheet.iter_rows(values_only=True):
                yield "\t".join(_cell(value) for value in row).strip()


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime() if value.time() == time():
            return f"{value:%Y-%m-%d}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case _:
            return " ".join(str(value).split())


def powerpoint(source: Path) -> Iterator[str]:
    """The slides one after the other, each with what was noted for it."""
    import pptx

    with source.open("rb") as file:
        show = pptx.Presentation(file)
    for slide in show.slides:
        yield from _shapes(slide.shapes)
        if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame) is not None:
            yield notes.text


def _shapes(shapes: Any) -> Iterator[str]:
    from pptx.shapes.group import GroupShape

    for shape in shapes:
        if isinstance(shape, GroupShape):
            yield from _shapes(shape.shapes)
        elif shape.has_text_frame:
            yield shape.text_frame.text.replace("\v", "\n")
        elif getattr(shape, "has_table", False):
            for row in shape.table.rows:
                yield "\t".join(" ".join(cell.text.split()) for cell in row.cells)


#: By the part that only such a file has.
READERS: Mapping[str, Callable[[Path], Iterator[str]]] = {
    "word/document.xml": word,
    "xl/workbook.xml": excel,
    "ppt/presentation.xml": powerpoint,
}
