"""Paragraphs and tables of Chinese text set on pages, for PDF; pages are numbered."""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fpdf import FPDF

from botbay.zh.font import LACKING, SIGNS, showable
from workers.minutes.lettering import (
    POINT,
    WEIGHTS,
    Face,
    Letter,
    Line,
    Run,
    letters_of,
    wrapped,
)

#: In millimetres: A4.
PAGE_WIDTH, PAGE_HEIGHT, MARGIN = 210.0, 297.0, 20.0
WIDTH = PAGE_WIDTH - 2 * MARGIN
_BOTTOM = PAGE_HEIGHT - MARGIN
_LEADING = 1.55
_CELL = 1.8  # between a table's line and its words
_SOFT, _LINE, _SHADE = (93, 111, 109), (201, 211, 207), (227, 243, 240)
_FOOT_SIZE = 9.0


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """``indent``, ``before`` and ``after`` in millimetres. ``bullet`` hangs in the indent.

    ``outline`` is its level as a bookmark, 0 for the highest; it then stays with what follows.
    """

    runs: tuple[Run, ...]
    indent: float = 0
    before: float = 0
    after: float = 1.2
    bullet: str = ""
    outline: int | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """``widths`` in millimetres; the first row is the head, which every page repeats."""

    rows: tuple[tuple[tuple[Run, ...], ...], ...]
    widths: tuple[float, ...]


@dataclass(frozen=True)
class _Words:
    x: float
    y: float  # of the baseline
    run: Run
    text: str
    width: float


@dataclass(frozen=True)
class _Box:
    x: float
    y: float
    width: float
    height: float
    shaded: bool


class _Layout:
    """Puts blocks on pages; nothing is drawn yet, so that the number of pages is known when it is."""

    def __init__(self, faces: dict[bool, Face]) -> None:
        self._faces = faces
        self.pages: list[list[_Words | _Box]] = [[]]
        self.outline: list[tuple[int, float, int, str]] = []  # page, height, level, words
        self._y = MARGIN

    def _letters(self, runs: Iterable[Run]) -> list[Letter]:
        return letters_of(runs, self._faces)

    def _new_page(self) -> None:
        self.pages.append([])
        self._y = MARGIN

    def paragraph(self, block: Paragraph) -> None:
        lines = wrapped(self._letters(block.runs), WIDTH - block.indent)
        height = _height(block.runs)
        if self._y > MARGIN:
            self._y += block.before
        kept = height * (3 if block.outline is not None else 1)
        if self._y + kept > _BOTTOM:
            self._new_page()
        if block.outline is not None:
            words = "".join(run.text for run in block.runs)
            self.outline.append((len(self.pages), self._y, block.outline, words))
        for number, line in enumerate(lines):
            if self._y + height > _BOTTOM:
                self._new_page()
            if number == 0 and block.bullet:
                first = block.runs[0]
                bullet = Run(text=block.bullet, size=first.size, color=_SOFT)
                self._put(self._letters([bullet]), MARGIN + block.indent - 4, self._y, height)
            self._put(line, MARGIN + block.indent, self._y, height)
            self._y += height
        self._y += block.after

    def table(self, block: Table) -> None:
        self._y += 1
        head, *rows = (
            [self._cell(runs, width) for runs, width in zip(row, block.widths, strict=True)] for row in block.rows
        )
        height = _height(block.rows[0][0])
        if self._y + 4 * height > _BOTTOM:
            self._new_page()
        self._row(head, block.widths, height, shaded=True)
        for row in rows:
            whole = max(map(len, row)) * height + 2 * _CELL
            room = _BOTTOM - MARGIN - height - 4 * _CELL
            if self._y + min(whole, height + 2 * _CELL if whole > room else whole) > _BOTTOM:
                self._new_page()
                self._row(head, block.widths, height, shaded=True)
            rest = row
            while any(rest):
                fits = max(1, int((_BOTTOM - self._y - 2 * _CELL) / height))
                self._row([cell[:fits] for cell in rest], block.widths, height, shaded=False)
                rest = [cell[fits:] for cell in rest]
                if any(rest):
                    self._new_page()
                    self._row(head, block.widths, height, shaded=True)
        self._y += 2

    def _cell(self, runs: Sequence[Run], width: float) -> list[Line]:
        return wrapped(self._letters(runs), width - 2 * _CELL)

    def _row(self, cells: Sequence[Sequence[Line]], widths: Sequence[float], height: float, *, shaded: bool) -> None:
        x, whole = MARGIN, max(map(len, cells)) * height + 2 * _CELL
        for cell, width in zip(cells, widths, strict=True):
            self.pages[-1].append(_Box(x, self._y, width, whole, shaded))
            for number, line in enumerate(cell):
                self._put(line, x + _CELL, self._y + _CELL + number * height, height)
            x += width
        self._y += whole

    def _put(self, line: Line, x: float, y: float, height: float) -> None:
        start = 0
        for end in range(1, len(line) + 1):
            if end < len(line) and line[end].run is line[start].run:
                continue
            run, width = line[start].run, sum(letter.width for letter in line[start:end])
            words = "".join(letter.text for letter in line[start:end])
            # The middle of a letter of Chinese lies 0.36 of its size above the baseline.
            self.pages[-1].append(_Words(x, y + height / 2 + 0.36 * run.size * POINT, run, words, width))
            x += width
            start = end

    def number_pages(self) -> None:
        for number, page in enumerate(self.pages, 1):
            run = Run(text=f"第 {number} 页，共 {len(self.pages)} 页", size=_FOOT_SIZE, color=_SOFT)
            width = sum(letter.width for letter in self._letters([run]))
            page.append(_Words((PAGE_WIDTH - width) / 2, PAGE_HEIGHT - 10, run, run.text, width))


def _height(runs: Sequence[Run]) -> float:
    return max((run.size for run in runs), default=10.5) * POINT * _LEADING


# --- drawing -----------------------------------------------------------------------------------------------


def made(blocks: Sequence[Paragraph | Table], *, title: str, subject: str) -> bytes:
    """A PDF of the blocks, one below the other. Takes about a second: let no event loop wait for it."""
    faces = {bold: Face(bold, letters) for bold, letters in _used(blocks).items()}
    layout = _Layout(faces)
    for block in blocks:
        if isinstance(block, Table):
            layout.table(block)
        else:
            layout.paragraph(block)
    layout.number_pages()
    pdf = FPDF(unit="mm", format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_title(title)
    pdf.set_subject(subject)
    pdf.set_author("BotBay")
    pdf.set_creator("BotBay")
    pdf.set_lang("zh-CN")
    with tempfile.TemporaryDirectory() as directory:
        for bold, face in faces.items():
            path = Path(directory) / f"{WEIGHTS[bold]}.ttf"
            path.write_bytes(face.data)
            pdf.add_font("notosanssc", "B" if bold else "", path)
        _draw(pdf, layout)
        return bytes(pdf.output())


def _used(blocks: Sequence[Paragraph | Table]) -> dict[bool, set[str]]:
    """The letters of each weight."""
    used: dict[bool, set[str]] = {
        False: set(f"{LACKING}{SIGNS}第页，共 •0123456789"),
        True: set(f"{LACKING}{SIGNS}"),
    }
    for block in blocks:
        runs = [run for row in block.rows for cell in row for run in cell] if isinstance(block, Table) else block.runs
        for run in runs:
            used[run.bold].update(showable(run.text))
    return used


def _draw(pdf: FPDF, layout: _Layout) -> None:
    pdf.set_draw_color(*_LINE)
    pdf.set_line_width(0.2)
    for number, page in enumerate(layout.pages, 1):
        pdf.add_page()
        for at, y, level, words in layout.outline:
            if at == number:
                pdf.set_y(y)
                pdf.start_section(words, level)
        for each in page:
            if isinstance(each, _Box):
                pdf.set_fill_color(*_SHADE)
                pdf.rect(each.x, each.y, each.width, each.height, style="DF" if each.shaded else "D")
                continue
            pdf.set_font("notosanssc", "B" if each.run.bold else "", each.run.size)
            pdf.set_text_color(*each.run.color)
            pdf.text(each.x, each.y, each.text)
            if each.run.link:
                top = each.y - each.run.size * POINT
                pdf.link(each.x, top, each.width, each.run.size * POINT * 1.3, each.run.link)
