"""Text out of documents, in a child that may die; of bad ones only a word about what is wrong."""

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from fpdf import FPDF
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from PIL import Image
from pptx import Presentation
from pptx.util import Inches

from botbay.capabilities import Worker, load
from botbay.chat.models import FileKind, Reading
from botbay.chat.readings import JOBS, LONGEST, Read, Unreadable
from botbay.db import transaction
from botbay.zh.font import PATH as FONT
from tests.integration.test_previews import NOISE, bring, child, endless_pdf, locked_pdf, pdf, zip_bomb
from tests.integration.test_readings import work
from tests.media_fixture import queued
from tests.read_fixture import drawn
from workers.documents.extract import text_of
from workers.documents.reading import Reader

# --- good ones ---------------------------------------------------------------------------------------------


def word(*lines: str) -> bytes:
    out, paper = io.BytesIO(), docx.Document()
    for line in lines:
        paper.add_paragraph(line)
    paper.save(out)
    return out.getvalue()


def contract() -> bytes:
    out, paper = io.BytesIO(), docx.Document()
    paper.add_heading("采购合同", 0)
    paper.add_paragraph("甲方：港湾科技\t乙方：北方设备")
    table = paper.add_table(2, 2)
    for cell, words in zip(table._cells, ("品名", "单价", "打印机\n（彩色）", "1,299 元"), strict=True):
        cell.text = words
    paper.add_paragraph("付款：验收后 30 天。")
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    paper.element.body.insert(
        1, parse_xml(f"<w:sdt {space}><w:sdtContent><w:p><w:r><w:t>控件里的字</w:t></w:r></w:p></w:sdtContent></w:sdt>")
    )
    paper.element.body.insert(
        2,
        parse_xml(
            f"<w:p {space}><w:ins w:id='1' w:author='a'><w:r><w:t>改后</w:t></w:r></w:ins>"
            "<w:del w:id='2' w:author='a'><w:r><w:delText>改前</w:delText></w:r></w:del></w:p>"
        ),
    )
    paper.save(out)
    return out.getvalue()


def sheets() -> bytes:
    out, book = io.BytesIO(), Workbook()
    first = book.active
    assert first is not None
    first.title = "九月"
    first.append(["姓名", "金额", "日期"])
    first.append(["小王", 1299.0, datetime(2026, 9, 3)])
    first.append([None, None, None])
    first.append(["小赵", 12.5, datetime(2026, 9, 4, 15, 30)])
    book.create_sheet("说明").append(["含税"])
    book.save(out)
    return out.getvalue()


def slides() -> bytes:
    out, show = io.BytesIO(), Presentation()
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text = "三季度复盘"
    slide.placeholders[1].text = "目标\n完成 93%"
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.text = "组里的字"
    table = slide.shapes.add_table(1, 2, 0, 0, Inches(2), Inches(1)).table
    table.cell(0, 0).text, table.cell(0, 1).text = "左", "右"
    slide.notes_slide.notes_text_frame.text = "这里停一下"
    show.save(out)
    return out.getvalue()


def paper() -> bytes:
    made = FPDF()
    made.add_font("cjk", fname=str(FONT))
    made.set_font("cjk", size=14)
    for words in ("第一页：会议改到周五下午三点", "第二页：带上合同"):
        made.add_page()
        made.multi_cell(0, 8, words)
    return bytes(made.output())


GOOD: dict[str, tuple[Callable[[], bytes], FileKind, str]] = {
    "合同.docx": (
        contract,
        FileKind.DOCUMENT,
        "采购合同\n控件里的字\n改后\n甲方：港湾科技\t乙方：北方设备\n品名\t单价\n打印机 （彩色）\t1,299 元\n付款：验收后 30 天。",
    ),
    "报销.xlsx": (
        sheets,
        FileKind.SHEET,
        "九月\n姓名\t金额\t日期\n小王\t1299\t2026-09-03\n小赵\t12.5\t2026-09-04 15:30\n说明\n含税",
    ),
    "复盘.pptx": (slides, FileKind.SLIDES, "三季度复盘\n目标\n完成 93%\n组里的字\n左\t右\n这里停一下"),
    "通知.pdf": (paper, FileKind.PDF, "第一页：会议改到周五下午三点\n第二页：带上合同"),
    "utf8.txt": (lambda: "WiFi 密码\r\n\r\n在白板上".encode(), FileKind.TEXT, "WiFi 密码\n在白板上"),
    "bom.csv": (lambda: b"\xef\xbb\xbf" + "姓名,电话".encode(), FileKind.TEXT, "姓名,电话"),
    "gbk.csv": (lambda: "姓名,电话\n小王,8 楼".encode("gb18030"), FileKind.TEXT, "姓名,电话\n小王,8 楼"),
    "utf16.txt": (lambda: "备忘：周五".encode("utf-16"), FileKind.TEXT, "备忘：周五"),
    "空.docx": (word, FileKind.DOCUMENT, ""),
}


async def read(data: bytes, name: str = "") -> tuple[FileKind, Reading]:
    """A message brings these bytes, and the worker reads them."""
    blob = await bring(data, name)
    async with Worker(load("documents")) as worker:
        await worker.handle(work(blob))
    async with transaction() as session:
        return blob.kind, await session.get_one(Reading, blob.id)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("name", GOOD)
async def test_a_document_says_what_stands_in_it(name: str) -> None:
    make, kind, words = GOOD[name]
    known, found = await read(make(), name)
    assert (known, found.problem, found.text) == (kind, "", words)
    assert not found.cut


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    "make",
    [
        lambda: "很长的一段话。".encode("gb18030") * 50_000,
        lambda: word(*["很长的一段话。" * 100] * 200),
    ],
    ids=["text", "word"],
)
async def test_of_a_long_document_the_beginning_is_kept(make: Callable[[], bytes]) -> None:
    _, found = await read(make())
    assert found.cut
    assert len(found.text) == LONGEST
    assert found.text.startswith("很长的一段话。" * 3)


def scanned(*extra: str) -> bytes:
    """A paper that is but a picture, with a few letters that the scanner put there."""
    made = FPDF()
    made.add_page()
    made.image(Image.new("RGB", (300, 200), "white"), w=100)
    made.set_font("helvetica", size=8)
    for words in extra:
        made.cell(text=words)
    return bytes(made.output())


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("make", [pdf, scanned, lambda: scanned("1/1 Scan")], ids=["blank", "scanned", "with a stamp"])
async def test_a_paper_that_is_but_pictures_goes_to_who_reads_pictures(make: Callable[[], bytes]) -> None:
    blob = await bring(make(), "扫描.pdf")
    async with Worker(load("documents")) as worker:
        await worker.handle(work(blob))
        await worker.handle(work(blob))
    async with transaction() as session:
        assert await session.get(Reading, blob.id) is None
    assert await queued(JOBS[FileKind.IMAGE]) == [{"blob_id": blob.id}]


@pytest.mark.usefixtures("database")
async def test_a_scanned_paper_says_what_its_pages_say() -> None:
    made = FPDF()
    made.add_page()
    made.image(io.BytesIO(drawn([(40, 40, "保修三年，上门维修")], size=(900, 200)).data), w=190)
    blob = await bring(bytes(made.output()), "合同.pdf")
    for name in ("documents", "ocr"):
        async with Worker(load(name)) as worker:
            await worker.handle(work(blob))
    async with transaction() as session:
        found = await session.get_one(Reading, blob.id)
    assert (found.text, found.problem, found.lines, found.cut) == ("保修三年，上门维修", "", [], False)


@pytest.mark.usefixtures("database")
async def test_a_picture_beside_words_is_no_scan() -> None:
    _, found = await read(scanned("A contract that says all of it in words"), "合同.pdf")
    assert found.text == "A contract that says all of it in words"


# --- bad ones ----------------------------------------------------------------------------------------------


def office(part: str, content: bytes, **others: bytes) -> bytes:
    """A file with the outside of an Office file, and in its main part what nobody expects."""
    kinds = {
        "word/document.xml": "wordprocessingml.document",
        "xl/workbook.xml": "spreadsheetml.sheet",
        "ppt/presentation.xml": "presentationml.presentation",
    }
    main = f"application/vnd.openxmlformats-officedocument.{kinds[part]}.main+xml"
    package = "http://schemas.openxmlformats.org/package/2006"
    document = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/'
            f'vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/{part}" ContentType="{main}"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{document}" '
            f'Target="{part}"/></Relationships>',
        )
        archive.writestr(part, content)
        for name, more in others.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), more)
    return out.getvalue()


_W = b'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
WORD, EXCEL, SLIDES = "word/document.xml", "xl/workbook.xml", "ppt/presentation.xml"


def laughs() -> bytes:
    """A billion of them, by entities."""
    names = [f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)]
    return (
        f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY l0 "lol">{"".join(names)}]>'.encode()
        + b"<w:document "
        + _W
        + b"><w:body><w:p><w:r><w:t>&l9;</w:t></w:r></w:p></w:body></w:document>"
    )


def outside(address: str) -> bytes:
    """Asks for a file of the machine."""
    return (
        f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY x SYSTEM "{address}">]>'.encode()
        + b"<w:document "
        + _W
        + b"><w:body><w:p><w:r><w:t>&x;</w:t></w:r></w:p></w:body></w:document>"
    )


def nested(depth: int) -> bytes:
    return b"<w:document " + _W + b"><w:body>" + b"<w:sdt>" * depth + b"</w:sdt>" * depth + b"</w:body></w:document>"


def huge_xml() -> bytes:
    return b"<w:document " + _W + b"><w:body>" + b"<w:p/>" * 30_000_000 + b"</w:body></w:document>"


def wide_sheet() -> bytes:
    """One cell at the end of everything, and a size to match."""
    out, book = io.BytesIO(), Workbook()
    assert book.active is not None
    book.active["XFD1048576"] = "尽头"
    book.save(out)
    return out.getvalue()


def locked_zip() -> bytes:
    data = bytearray(word("秘密"))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(mark)
        while place >= 0:
            data[place + at] |= 1
            place = data.find(mark, place + 4)
    return bytes(data)


def lying_sizes() -> bytes:
    """The table says that the parts are small."""
    data = bytearray(zip_bomb("[Content_Types].xml", WORD))
    place = data.find(b"PK\x01\x02")
    while place >= 0:
        data[place + 24 : place + 28] = (1000).to_bytes(4, "little")
        place = data.find(b"PK\x01\x02", place + 4)
    return bytes(data)


def claims(size: int) -> bytes:
    data = bytearray(word("x"))
    place = data.find(b"PK\x01\x02")
    data[place + 24 : place + 28] = size.to_bytes(4, "little")
    return bytes(data)


def many_parts() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("[Content_Types].xml", WORD, *(f"word/{n}.xml" for n in range(30_000))):
            archive.writestr(name, b"")
    return out.getvalue()


def encrypted_office() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000) + "EncryptedPackage".encode("utf-16-le") + bytes(2000)


def old_word() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000) + "WordDocument".encode("utf-16-le") + bytes(2000)


def odf() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", "<x/>")
    return out.getvalue()


PAPER, CONTRACT, SHEETS, SHOW = paper(), contract(), sheets(), slides()
BROKEN, STRANGE, ODD = "坏了或者读不懂", "大得不正常", "密码"

#: Bad input, and a word of what is said of it.
BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "zip bomb as docx": (lambda: zip_bomb("[Content_Types].xml", WORD), BROKEN),
    "zip bomb as xlsx": (lambda: zip_bomb("[Content_Types].xml", EXCEL), BROKEN),
    "zip bomb as pptx": (lambda: zip_bomb("[Content_Types].xml", SLIDES), BROKEN),
    "bomb of 300 MB": (lambda: office(WORD, bytes(300 * 1024**2)), STRANGE),
    "bomb that lies": (lying_sizes, BROKEN),
    "claims 4 GB": (lambda: claims(2**32 - 2), STRANGE),
    "too many parts": (many_parts, STRANGE),
    "huge xml": (lambda: office(WORD, huge_xml()), BROKEN),
    "billion laughs": (lambda: office(WORD, laughs()), BROKEN),
    "deep xml": (lambda: office(WORD, nested(100_000)), BROKEN),
    "docx of garbage": (lambda: office(WORD, NOISE), BROKEN),
    "docx of nothing": (lambda: office(WORD, b""), BROKEN),
    "xlsx of garbage": (lambda: office(EXCEL, NOISE), BROKEN),
    "pptx of garbage": (lambda: office(SLIDES, NOISE), BROKEN),
    "half a docx": (lambda: CONTRACT[: len(CONTRACT) // 2], BROKEN),
    "half an xlsx": (lambda: SHEETS[: len(SHEETS) // 2], BROKEN),
    "half a pptx": (lambda: SHOW[: len(SHOW) // 2], BROKEN),
    "docx with holes": (lambda: CONTRACT[:800] + bytes(3000) + CONTRACT[3800:], BROKEN),
    "docx with a password": (encrypted_office, ODD),
    "zip with a password": (locked_zip, ODD),
    "old doc": (old_word, "另存为"),
    "rtf": (lambda: rb"{\rtf1\ansi hello}", "另存为"),
    "odt": (odf, "还读不了"),
    "half a pdf": (lambda: PAPER[: len(PAPER) // 2], "PDF"),
    "pdf of garbage": (lambda: b"%PDF-1.7\n" + NOISE + b"%%EOF", "PDF"),
    "pdf in a loop": (endless_pdf, BROKEN),
    "pdf with a password": (locked_pdf, ODD),
    "pdf without pages": (lambda: pdf(0), "PDF"),
    "text of no encoding": (lambda: bytes(range(128, 256)) * 3, "文字编码"),
}


@pytest.mark.usefixtures("database")
@pytest.mark.timeout(600)
async def test_bad_input_leaves_a_reason_and_the_next_document_is_read(tmp_path: Path) -> None:
    outcomes: dict[str, str] = {}
    for what, (make, _) in BAD.items():
        source = tmp_path / "source"
        source.write_bytes(make())
        try:
            outcomes[what] = f"text: {(await Reader().read(source)).text[:50]!r}"
        except Unreadable as unreadable:
            outcomes[what] = str(unreadable)
    wrong = {what: outcome for what, outcome in outcomes.items() if BAD[what][1] not in outcome}
    assert wrong == {}
    assert len(BAD) >= 20
    assert all(len(outcome) < 50 for outcome in outcomes.values())
    _, found = await read(contract())
    assert found.text.startswith("采购合同")


async def test_what_is_odd_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("不给人看")
    source = tmp_path / "source"

    async def text(data: bytes) -> str:
        source.write_bytes(data)
        return (await Reader().read(source)).text

    assert "不给人看" not in await text(office(WORD, outside(secret.as_uri())))
    assert (await text(wide_sheet())).endswith("尽头")
    assert (await text(("乱\x00码\ud800" + "字" * 200).encode("utf-16", "surrogatepass"))).endswith("字")
    assert await text(office(EXCEL, b"<workbook/>")) == ""
    assert await text(b"") == ""


@pytest.mark.usefixtures("database")
async def test_a_bad_document_is_remembered_as_bad() -> None:
    kind, found = await read(zip_bomb("[Content_Types].xml", WORD), "合同.docx")
    assert (kind, found.text) == (FileKind.DOCUMENT, "")
    assert BROKEN in found.problem


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("import os; os.abort()", BROKEN),
        ("import sys; open(sys.argv[-2], 'w').write('x' * 10_000_000)", BROKEN),
        ("import sys; open(sys.argv[-2], 'w').write('{}')", BROKEN),
        ("import sys; open(sys.argv[-2], 'w').write('{\"text\": 7}')", BROKEN),
        ("import time; time.sleep(600)", "太费时间"),
    ],
)
async def test_a_child_that_dies_or_hangs_leaves_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, words: str
) -> None:
    child(tmp_path, monkeypatch, body)
    source = tmp_path / "source"
    source.write_bytes(b"x")
    with pytest.raises(Unreadable, match=words):
        await Reader().read(source, time=3.0)


async def test_the_child_is_confined_and_knows_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOTBAY_SECRET_KEY", "s" * 32)
    body = """
import json, os, sys
from botbay.confined import confine
from workers.documents import extract
confine(extract.LIMITS)
try:
    bytes(2 * 1024**3)
except MemoryError:
    secrets = [name for name in os.environ if "BOTBAY" in name]
    open(sys.argv[-2], "w").write(json.dumps({"text": f"refused {secrets}"}))
"""
    child(tmp_path, monkeypatch, body)
    assert await Reader().read(tmp_path) == Read(text="refused []")


@settings(max_examples=60, deadline=None)
@given(
    base=st.sampled_from([PAPER, CONTRACT, SHEETS, SHOW, "随便写点什么\n第二行".encode("gb18030")]),
    changes=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), max_size=6),
    end=st.floats(0.2, 1),
)
def test_whatever_is_changed_in_a_document_it_says_something_or_why_not(
    tmp_path_factory: pytest.TempPathFactory, base: bytes, changes: list[tuple[float, bytes]], end: float
) -> None:
    data = bytearray(base[: int(len(base) * end)])
    for place, content in changes:
        at = int(place * len(data))
        data[at : at + len(content)] = content
    source = tmp_path_factory.getbasetemp() / "changed"
    source.write_bytes(bytes(data))
    try:
        found = text_of(source, 200)
    except Exception:  # the child says why in people's words: see extract.main
        return
    assert len(found) <= 200
    found.encode()


def test_the_child_imports_no_more_than_it_needs() -> None:
    """A child for each document: what it imports is waited for."""
    code = "import sys, workers.documents.extract; print([m for m in ('sqlalchemy', 'asyncio') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
