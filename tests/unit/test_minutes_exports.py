"""Minutes as files and as a mail, opened again and read."""

import io
import re
import zipfile
from html.parser import HTMLParser

import pypdfium2
import pytest
from docx import Document
from docx.oxml.ns import qn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from botbay.zh import font
from tests.minutes_fixture import ADDRESS, at, empty, item, made
from workers.minutes import docx, html, lettering, markdown, parts, pdf, typeset
from workers.minutes.document import Minutes, Todo
from workers.minutes.lettering import INK, Run
from workers.minutes.typeset import Paragraph, Table

_HEADINGS = ["摘要", "决定", "待办", "待解决的问题", "重点", "链接", "文件", "关键词"]
_SAID = "旧接口保留到 <b>6 月</b> | 之后下线"
_NASTY = [
    "",
    " ",
    "# 不是标题",
    "1. 不是列表",
    "2.0 版",
    "- 不是列表",
    "**不粗** _不斜_ `不是代码` ~~没删~~",
    "[不是链接](http://a.example)",
    "<script>alert(1)</script>&amp;",
    "| 不 | 是 | 表 |",
    "\\ 反斜线 \\| 和竖线",
    "---",
    "😀👍🏽👨‍👩‍👧 ✅ 1️⃣ 🇨🇳",
    "한국어 ไทย عربي שלום 𠮷野家",
    "\x00\x07\x1b[31m\ufeff\ud800\uffff换\r\n行",
    "\u202e倒过来",
    "一" * 3000,
    "，。！" * 200,
    "https://example.com/" + "a" * 900,
    "www.没有协议.cn，https://a.example/路径）",
    "{{ 7 * 7 }} {% raw %} $x$",
]
_ANY = st.one_of(st.sampled_from(_NASTY), st.text(max_size=60), st.text("你好ab ，。（)*_|<&#\\`[]~-1.\n", max_size=40))

_MARKDOWN_TAGS = {
    *["h1", "h2", "h3", "ul", "li", "p", "strong", "em", "table", "thead", "tbody", "tr", "th", "td", "a", "blockquote"]
}


def words(text: str) -> str:
    """What is left of a text when blanks do not count."""
    return "".join(text.split())


def docx_text(data: bytes) -> str:
    return "\n".join("".join(part.itertext()) for part in Document(io.BytesIO(data)).element.body.iter(qn("w:p")))


def pdf_pages(data: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(data)
    pages = []
    for page in document:
        sheet = page.get_textpage()
        pages.append(sheet.get_text_bounded())
        sheet.close()
        page.close()
    document.close()
    return pages


class _Seen(HTMLParser):
    """The words of HTML, and what it would fetch or run."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.text, self.tags, self.links = "", list[str](), list[str]()
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "background")]

    def handle_data(self, data: str) -> None:
        self.text += data


def markdown_html(source: str) -> str:
    return str(MarkdownIt("commonmark").enable("table").render(source))


def with_text(text: str) -> Minutes:
    """Minutes in which every place says this."""
    said = item(text, 1, who=text)
    whole = made()
    return whole.model_copy(
        update={
            "room": text,
            "title": text,
            "people": (text,),
            "summary": (said,),
            "chapters": (whole.chapters[0].model_copy(update={"title": text, "items": (said,)}),),
            "decisions": (said,),
            "todos": (Todo(text=text, what=text, who=text, shown=text, source=(1,), at=at(1)),),
            "questions": (said,),
            "links": (said,),
            "files": (said,),
            "keywords": (text,),
            "gaps": (text,),
        }
    )


# --- what stands where -------------------------------------------------------------------------------------


def test_all_exports_show_the_same_parts_in_the_same_order() -> None:
    minutes = made()
    headings = re.findall(r"^## (.+)$", markdown.render(minutes), re.MULTILINE)
    assert headings == _HEADINGS
    paper = Document(io.BytesIO(docx.render(minutes)))
    assert [each.text for each in paper.paragraphs if each.style and each.style.name == "Heading 1"] == _HEADINGS
    assert re.findall(r"<h2[^>]*>(.+)</h2>", html.render(minutes, None)) == _HEADINGS
    assert re.findall(r"^【(.+)】$", html.plain(minutes, None), re.MULTILINE) == _HEADINGS
    printed = "\n".join(pdf_pages(pdf.render(minutes)))
    assert [line for line in printed.splitlines() if line.strip() in _HEADINGS] == _HEADINGS


def test_what_was_not_found_and_what_nobody_said_is_named() -> None:
    for shown in (
        markdown.render(empty()),
        docx_text(docx.render(empty())),
        "\n".join(pdf_pages(pdf.render(empty()))),
        html.render(empty(), None),
        html.plain(empty(), None),
    ):
        assert shown.count("未发现") >= 3
        assert "摘要" not in shown
    assert "| 待确认 | 写发版公告 | 待确认 |" in markdown.render(made())


def test_a_highlight_stands_once_under_its_topic() -> None:
    other = item("没有归到话题里的一句重点", 19, minutes=400)
    minutes = made().model_copy(update={"highlights": (*made().highlights, other)})
    section = next(each for each in parts.sections(minutes) if each.key == "highlights")
    assert [row.text for row in section.rows] == [other.text]
    assert [(each.title, len(each.rows)) for each in section.chapters] == [("2.0 发版", 2), ("设计稿", 1)]


def test_times_are_told_in_the_zone_of_the_people() -> None:
    assert parts.span(at(0), at(540)) == "2026年3月4日 周三 09:00–18:00"
    assert parts.span(at(-540), at(900)) == "2026年3月4日 周三 全天"
    assert parts.span(at(-540 - 2880), at(30)) == "2026年3月2日 周一 00:00 到3月4日 周三 09:30"
    assert parts.span(at(0), at(40), at(0)) == "09:00–09:40"
    first, second, third = made().todos
    assert parts.due(first, at(0)) == "3月6日 周五（周五之前）"
    assert parts.due(second, at(0)) == "待确认"
    assert parts.due(third, at(0)) == "3月5日 周四 15:00（明天下午3点前）"
    assert parts.due(second.model_copy(update={"shown": "尽快"}), at(0)) == "尽快"
    two_days = made().model_copy(update={"since": at(-1440)})
    assert parts.about(item("好", 1), two_days) == "王芳 3月4日 09:05"


def test_addresses_end_where_people_end_them() -> None:
    assert list(parts.pieces("见 https://a.example/x?y=1，明天（http://b.example/）。")) == [
        ("见 ", ""),
        ("https://a.example/x?y=1", "https://a.example/x?y=1"),
        ("，明天（", ""),
        ("http://b.example/", "http://b.example/"),
        ("）。", ""),
    ]
    assert [address for _, address in parts.pieces("(https://a.example/a_(b)). javascript:alert(1) https://")] == [
        "",
        "https://a.example/a_(b)",
        "",
    ]


def test_the_file_is_called_after_the_room_and_the_day() -> None:
    assert parts.file_name(made(), "docx") == "产品群 纪要 2026-03-04.docx"
    assert parts.file_name(with_text("../a\\b:c\u202e"), "pdf") == "a b c 纪要 2026-03-04.pdf"
    assert parts.file_name(with_text("长" * 300), "md") == f"{'长' * 60} 纪要 2026-03-04.md"
    assert parts.file_name(with_text(" "), "md") == "群 纪要 2026-03-04.md"


# --- the formats -------------------------------------------------------------------------------------------


def test_the_word_document_has_headings_tables_links_and_chinese_fonts() -> None:
    data = docx.render(made())
    paper = Document(io.BytesIO(data))
    assert [[cell.text for cell in row.cells] for row in paper.tables[0].rows] == [
        ["谁", "做什么", "什么时候"],
        ["老李", "把支付页的崩溃修了", "3月6日 周五（周五之前）"],
        ["待确认", "写发版公告", "待确认"],
        ["阿May😀", "把素材给钱小满", "3月5日 周四 15:00（明天下午3点前）"],
    ]
    assert _SAID in docx_text(data)
    assert ADDRESS in {each.target_ref for each in paper.part.rels.values() if each.is_external}
    for name in ("Normal", "Title", "Heading 1", "Heading 2"):
        fonts = paper.styles[name].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")) == "微软雅黑"
        assert not [each for each in fonts.attrib if "heme" in each]
    about = paper.core_properties
    assert (about.title, about.author, about.language) == ("产品群 3月4日纪要", "BotBay", "zh-CN")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert '<w:font w:name="微软雅黑"><w:altName w:val="宋体"/>' in archive.read("word/fontTable.xml").decode()
        assert not [name for name in archive.namelist() if "thumbnail" in name]


def test_the_pdf_holds_its_letters_and_numbers_its_pages() -> None:
    data = pdf.render(made())
    assert len(data) < 120_000
    pages = pdf_pages(data)
    printed = words("".join(pages))
    for each in (_SAID, "阿May", "待确认", "明天下午3点前", ADDRESS, "机器人3月4日 12:10–12:40 不在线"):
        assert words(each) in printed
    assert [f"第 {number} 页，共 {len(pages)} 页" in page for number, page in enumerate(pages, 1)] == [True] * len(
        pages
    )
    document = pypdfium2.PdfDocument(data)
    assert document.get_metadata_value("Title") == "产品群 3月4日纪要"
    assert [each.get_title() for each in document.get_toc()][:2] == ["摘要", "决定"]
    document.close()


def test_many_todos_run_over_pages_under_the_same_head() -> None:
    todo = made().todos[0]
    many = [todo.model_copy(update={"what": f"第 {number} 件事：" + "要做的" * (number % 40)}) for number in range(80)]
    pages = pdf_pages(pdf.render(made().model_copy(update={"todos": tuple(many)})))
    assert len(pages) > 3
    assert all(words(f"第{number}件事") in words("".join(pages)) for number in range(80))
    assert all("谁 做什么 什么时候" in " ".join(page.split()) for page in pages[1:3])


def test_no_word_leaves_the_page() -> None:
    data = pdf.render(with_text("字" * 900 + "w" * 900))
    document = pypdfium2.PdfDocument(data)
    for page in document:
        sheet = page.get_textpage()
        for index in range(sheet.count_rects()):
            left, bottom, right, top = sheet.get_rect(index)
            assert 50 < left < right < 545 and 20 < bottom < top < 800
        sheet.close()
        page.close()
    document.close()


def test_signs_that_the_font_lacks_are_left_out_and_letters_are_marked() -> None:
    assert font.showable("同意👍🏽 ✅ 周五") == "同意 周五"
    assert font.showable("😀👨‍👩‍👧") == "[表情]"
    assert font.showable("1️⃣ 先发") == "1 先发"
    assert font.showable("한") == "〓"
    assert font.showable("阿May　①→°ア") == "阿May　①→°ア"


def lines(text: str, width: float) -> list[str]:
    letters = [lettering.Letter(each, Run(text=text), 2 if lettering._wide(each) else 1) for each in text]
    return ["".join(letter.text for letter in line) for line in lettering.wrapped(letters, width)]


def test_lines_break_as_chinese_does() -> None:
    assert lines("一二三四五，六七", 10) == ["一二三四", "五，六七"]
    assert lines("一二三四（五六", 10) == ["一二三四", "（五六"]
    assert lines("发版 version2 明天", 9) == ["发版", "version2", "明天"]
    assert lines("aaaaaaaaaaaa", 5) == ["aaaaa", "aaaaa", "aa"]
    assert lines("", 5) == [""]


@given(st.text("一二三ab ，。（）", max_size=60), st.integers(6, 30))
def test_breaking_lines_loses_nothing_and_keeps_the_width(text: str, width: int) -> None:
    broken = lines(text, width)
    assert words("".join(broken)) == words(text)
    assert all(sum(2 if lettering._wide(each) else 1 for each in line) <= width for line in broken)


def test_a_mail_fetches_nothing_and_links_only_to_what_was_said() -> None:
    seen = _Seen(html.render(made(), "https://bot.example/minutes/3"))
    assert set(seen.links) == {"https://bot.example/minutes/3", ADDRESS}
    assert not {"script", "img", "link", "iframe", "style", "b"} & set(seen.tags)
    assert _SAID in seen.text
    assert "https://bot.example/minutes/3" in html.plain(made(), "https://bot.example/minutes/3")
    assert "网页版" not in html.render(made(), None) + html.plain(made(), None)


def test_a_mail_of_many_items_stays_below_what_gmail_cuts() -> None:
    many = tuple(item(f"第 {number} 条：" + "很长的一句话" * 12, number) for number in range(400))
    todos = tuple(made().todos[0].model_copy(update={"what": f"第 {number} 件：" + "做" * 60}) for number in range(30))
    shown = html.render(
        made().model_copy(update={"highlights": many, "todos": todos, "links": many}), "https://a.example/"
    )
    assert len(shown.encode()) < 100_000
    assert shown.count("件：") == 30
    assert re.findall(r"还有 (\d+) 条，见附件", shown) == ["355", "400", "1"]


# --- any text ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", _NASTY)
def test_what_people_write_is_shown_as_they_wrote_it(text: str) -> None:
    check(text)


def test_what_people_write_is_printed_as_they_wrote_it() -> None:
    minutes = empty().model_copy(update={"decisions": tuple(item(text, 1, who=text[:40]) for text in _NASTY)})
    pages = (re.sub(r"第 \d+ 页，共 \d+ 页", "", page) for page in pdf_pages(pdf.render(minutes)))
    printed = words("".join(pages))
    assert [text for text in _NASTY if words(font.showable(parts.clean(text))) not in printed] == []


@given(_ANY)
@settings(max_examples=60, deadline=None)
def test_any_text_survives_as_text(text: str) -> None:
    check(text)


@given(st.text(max_size=50))
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_text_survives_on_paper(text: str) -> None:
    assert pdf_pages(pdf.render(with_text(text)))


def check(text: str) -> None:
    """Every export but the PDF shows the text itself, and is what it is otherwise."""
    minutes, said = with_text(text), words(parts.clean(text))
    rendered = _Seen(markdown_html(markdown.render(minutes)))
    assert words(rendered.text).count(said) >= 10
    assert rendered.tags.count("table") == 1 and rendered.tags.count("tr") == 2
    assert {"h1", "h2"} <= set(rendered.tags) <= _MARKDOWN_TAGS
    paper = docx.render(minutes)
    assert words(docx_text(paper)).count(said) >= 10
    mail = _Seen(html.render(minutes, None))
    assert words(mail.text).count(said) >= 10
    assert set(mail.tags) <= {*_Seen(html.render(with_text("好"), None)).tags, *(["a"] if mail.links else [])}
    assert words(html.plain(minutes, None)).count(said) >= 10
    html.plain(minutes, None).encode()
    markdown.render(minutes).encode()


def test_a_table_as_long_as_a_page_goes_on() -> None:
    cell = (Run(text="很长" * 4000),)
    head = tuple((Run(text=each, bold=True),) for each in "甲乙")
    data = typeset.made([Table(rows=(head, (cell, (Run(text="乙"),))), widths=(60, 60))], title="表", subject="")
    assert words("".join(pdf_pages(data))).count("很长") == 4000


def test_one_colour_is_one_line_of_text() -> None:
    data = typeset.made([Paragraph(runs=(Run(text="前 "), Run(text="后", color=INK)))], title="行", subject="")
    assert "前 后" in pdf_pages(data)[0]
