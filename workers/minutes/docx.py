"""Minutes as a Word document: real headings, a real table of todos, fonts that Chinese systems have."""

import io

from docx import Document
from docx.document import Document as DocxDocument
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import _Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from botbay.db import now
from workers.minutes import parts
from workers.minutes.document import OPEN, Minutes

#: Latin and Chinese by the same name; where a system lacks it, Word takes the second.
_FONT, _ELSE = "微软雅黑", "宋体"
_INK, _SOFT, _ACCENT, _WARN = (
    RGBColor(0x1C, 0x2B, 0x2A),
    RGBColor(0x5D, 0x6F, 0x6D),
    RGBColor(0x0F, 0x76, 0x6E),
    RGBColor(0x9A, 0x5B, 0x00),
)
_STYLES = {"Normal": 10.5, "Title": 20, "Heading 1": 14, "Heading 2": 12, "List Bullet": 10.5, "Footer": 9}
_WIDTHS = (Cm(3), Cm(8.6), Cm(5))
_TASK_HEADS = ("谁", "做什么", "什么时候")


def render(minutes: Minutes) -> bytes:
    """A .docx file."""
    document = Document()
    _prepare(document, minutes)
    document.add_paragraph(parts.title(minutes), style="Title")
    for name, value in parts.facts(minutes):
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(2)
        _run(paragraph, f"{name}　", color=_SOFT)
        _run(paragraph, value)
    for gap in parts.gaps(minutes):
        _run(document.add_paragraph(), gap, color=_WARN)
    for section in parts.sections(minutes):
        _section(document, section, 1)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _section(document: DocxDocument, section: parts.Section, level: int) -> None:
    document.add_heading(section.title, level)
    if section.about:
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        _run(paragraph, section.about, color=_SOFT, size=9)
    if section.tasks:
        _tasks(document, section)
    for row in section.rows:
        paragraph = document.add_paragraph(style="List Bullet")
        _said(paragraph, row.text)
        if row.about:
            _run(paragraph, f"　{row.about}", color=_SOFT, size=9)
    if section.words:
        document.add_paragraph("、".join(section.words))
    if section.nothing and not (section.tasks or section.rows):
        _run(document.add_paragraph(), section.nothing, color=_SOFT)
    for chapter in section.chapters:
        _section(document, chapter, level + 1)


def _tasks(document: DocxDocument, section: parts.Section) -> None:
    table = document.add_table(rows=1, cols=3, style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    head = table.rows[0]
    for cell, words in zip(head.cells, _TASK_HEADS, strict=True):
        _run(_inside(cell), words, bold=True)
        shade = OxmlElement("w:shd")
        for name, value in (("val", "clear"), ("color", "auto"), ("fill", "E3F3F0")):
            shade.set(qn(f"w:{name}"), value)
        cell._tc.get_or_add_tcPr().append(shade)
    head._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for task in section.tasks:
        who, what, due = table.add_row().cells
        _run(_inside(who), task.who, color=_open(task.who))
        _said(_inside(what), task.what)
        _run(_inside(due), task.due, color=_open(task.due))
    for row in table.rows:
        row._tr.get_or_add_trPr().insert(0, OxmlElement("w:cantSplit"))
        for cell, width in zip(row.cells, _WIDTHS, strict=True):
            cell.width = width


def _open(words: str) -> RGBColor | None:
    return _WARN if words == OPEN else None


def _inside(cell: _Cell) -> Paragraph:
    paragraph: Paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(3)
    return paragraph


def _said(paragraph: Paragraph, text: str) -> None:
    """Somebody's words, with their addresses as links."""
    for words, address in parts.pieces(text):
        if not address:
            _run(paragraph, words)
            continue
        link = OxmlElement("w:hyperlink")
        link.set(qn("r:id"), paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
        run = _run(paragraph, words, color=_ACCENT)
        run.font.underline = True
        link.append(run._r)
        paragraph._p.append(link)


def _run(
    paragraph: Paragraph, words: str, *, color: RGBColor | None = None, size: float | None = None, bold: bool = False
) -> Run:
    run = paragraph.add_run(words)
    if color is not None:
        run.font.color.rgb = color
    if size is not None:
        run.font.size = Pt(size)
    if bold:
        run.bold = True
    return run


# --- the look ----------------------------------------------------------------------------------------------


def _prepare(document: DocxDocument, minutes: Minutes) -> None:
    """Paper, fonts, page numbers, and what the file says about itself."""
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin = section.bottom_margin = Cm(2.2)
    for name, size in _STYLES.items():
        style = document.styles[name]
        assert isinstance(style, ParagraphStyle)
        _style(style, size)
    normal = document.styles["Normal"]
    assert isinstance(normal, ParagraphStyle)
    normal.paragraph_format.line_spacing = 1.35
    normal.paragraph_format.space_after = Pt(4)
    _fallback(document)
    _numbered(section.footer.paragraphs[0])
    about = document.core_properties
    about.title, about.subject = parts.title(minutes)[:250], parts.clean(minutes.room)[:250]
    about.author, about.last_modified_by, about.comments, about.language = "BotBay", "BotBay", "", "zh-CN"
    about.keywords = "、".join(map(parts.clean, minutes.keywords))[:250]
    about.created = about.modified = now().replace(tzinfo=None)


def _style(style: ParagraphStyle, size: float) -> None:
    style.font.size = Pt(size)
    style.font.color.rgb = _SOFT if style.name == "Footer" else _INK
    properties = style.element.get_or_add_rPr()
    fonts = properties.get_or_add_rFonts()
    for name in list(fonts.attrib):
        if "Theme" in name or "theme" in name:  # a theme's font would win over ours
            del fonts.attrib[name]
    for name in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{name}"), _FONT)
    if style.name == "Normal":
        language = OxmlElement("w:lang")
        language.set(qn("w:val"), "zh-CN")
        language.set(qn("w:eastAsia"), "zh-CN")
        properties.append(language)
    if style.name == "Title":
        for border in style.element.findall(f".//{qn('w:pBdr')}"):
            border.getparent().remove(border)


def _fallback(document: DocxDocument) -> None:
    """Name the font to take where ours is missing, and leave the template's picture of itself out."""
    package = document.part.package
    assert package is not None
    for part in package.iter_parts():
        if part.partname == "/word/fontTable.xml":
            font = f'<w:font w:name="{_FONT}"><w:altName w:val="{_ELSE}"/><w:charset w:val="86"/></w:font></w:fonts>'
            part._blob = part.blob.replace(b"</w:fonts>", font.encode())
    for key in [key for key, each in package.rels.items() if each.reltype == RELATIONSHIP_TYPE.THUMBNAIL]:
        del package.rels[key]


def _numbered(paragraph: Paragraph) -> None:
    """第 2 页，共 3 页; the reader's program fills it in."""
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for words, field in (("第 ", "PAGE"), (" 页，共 ", "NUMPAGES"), (" 页", "")):
        paragraph.add_run(words)
        if not field:
            continue
        for kind, code in (("begin", ""), ("", field), ("separate", ""), ("end", "")):
            run = paragraph.add_run()._r
            if kind:
                mark = OxmlElement("w:fldChar")
                mark.set(qn("w:fldCharType"), kind)
            else:
                mark = OxmlElement("w:instrText")
                mark.text = code
            run.append(mark)
