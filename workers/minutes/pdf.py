"""Minutes as a PDF for every reader: its Chinese letters are in the file."""

from workers.minutes import parts, typeset
from workers.minutes.document import OPEN, Minutes
from workers.minutes.lettering import Color, Run
from workers.minutes.typeset import Paragraph, Table

_SOFT: Color = (93, 111, 109)
_ACCENT: Color = (15, 118, 110)
_WARN: Color = (154, 91, 0)
_HEADINGS = (14.0, 11.5)  # points, by level
_SMALL = 9.0
_TASK_HEADS = ("谁", "做什么", "什么时候")
_TASK_WIDTHS = (32.0, 86.0, 52.0)


def render(minutes: Minutes) -> bytes:
    """A .pdf file. Takes about a second of computing."""
    title = parts.title(minutes)
    blocks: list[Paragraph | Table] = [Paragraph(runs=(Run(text=title, size=20, bold=True),), after=3)]
    for name, value in parts.facts(minutes):
        blocks.append(Paragraph(runs=(Run(text=f"{name}　", color=_SOFT), Run(text=value)), after=0.5))
    for gap in parts.gaps(minutes):
        blocks.append(Paragraph(runs=(Run(text=gap, color=_WARN),), before=1))
    for section in parts.sections(minutes):
        blocks += _section(section, 0)
    return typeset.made(blocks, title=title, subject=parts.clean(minutes.room))


def _section(section: parts.Section, level: int) -> list[Paragraph | Table]:
    size = _HEADINGS[level]
    blocks: list[Paragraph | Table] = [
        Paragraph(
            runs=(Run(text=section.title or " ", size=size, bold=True),),
            before=5 - 2 * level,
            after=1.5 - level,
            outline=level,
        )
    ]
    if section.about:
        blocks.append(Paragraph(runs=(Run(text=section.about, size=_SMALL, color=_SOFT),)))
    if section.tasks:
        head = tuple((Run(text=words, bold=True),) for words in _TASK_HEADS)
        rows = tuple((_open(task.who), _said(task.what), _open(task.due)) for task in section.tasks)
        blocks.append(Table(rows=(head, *rows), widths=_TASK_WIDTHS))
    for row in section.rows:
        about = (Run(text=f"　{row.about}", size=_SMALL, color=_SOFT),) if row.about else ()
        blocks.append(Paragraph(runs=(*_said(row.text), *about), indent=5, bullet="•"))
    if section.words:
        blocks.append(Paragraph(runs=(Run(text="、".join(section.words)),)))
    if section.nothing and not (section.tasks or section.rows):
        blocks.append(Paragraph(runs=(Run(text=section.nothing, color=_SOFT),)))
    for chapter in section.chapters:
        blocks += _section(chapter, level + 1)
    return blocks


def _open(words: str) -> tuple[Run, ...]:
    return (Run(text=words, color=_WARN) if words == OPEN else Run(text=words),)


def _said(text: str) -> tuple[Run, ...]:
    """Somebody's words, with their addresses as links."""
    runs = tuple(
        Run(text=words, color=_ACCENT, link=address) if address else Run(text=words)
        for words, address in parts.pieces(text)
    )
    return runs or (Run(text=""),)
