"""What a file is, its bytes say; its name says nothing."""

import io
import zipfile

import pytest

from botbay.chat.filetypes import EDGE, is_cut_off, recognise
from botbay.chat.models import FileKind
from botbay.zh.sizes import size_words


def zipped(*names: str, first: tuple[str, str] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        if first is not None:
            archive.writestr(zipfile.ZipInfo(first[0]), first[1])
        for name in names:
            archive.writestr(name, b"x" * 500)
    return out.getvalue()


def of(data: bytes, name: str = "") -> tuple[str, FileKind]:
    return recognise(data[:EDGE], data[-EDGE:], len(data), name)


OOXML = "application/vnd.openxmlformats-officedocument."
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)


@pytest.mark.parametrize(
    ("data", "name", "mime", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "报表.docx", "image/png", FileKind.IMAGE),
        (b"\xff\xd8\xff\xe0" + bytes(20), "x.mp4", "image/jpeg", FileKind.IMAGE),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "", "image/webp", FileKind.IMAGE),
        (b"\x00\x00\x00\x18ftypheic" + bytes(20), "", "image/heic", FileKind.IMAGE),
        (b"\x02#!SILK_V3\x0c\x00", "", "audio/silk", FileKind.AUDIO),
        (b"#!AMR\n\x3c", "", "audio/amr", FileKind.AUDIO),
        (b"ID3\x04" + bytes(20), "歌.txt", "audio/mpeg", FileKind.AUDIO),
        (b"\xff\xfb\x90\x64" + bytes(400), "", "audio/mpeg", FileKind.AUDIO),
        (b"OggS" + bytes(200), "", "audio/ogg", FileKind.AUDIO),
        (b"\x00\x00\x00\x18ftypM4A " + bytes(20), "", "audio/mp4", FileKind.AUDIO),
        (b"\x00\x00\x00\x18ftypisom" + bytes(20), "", "video/mp4", FileKind.VIDEO),
        (b"\x1a\x45\xdf\xa3\x01\x00\x42\x82\x84webm", "", "video/webm", FileKind.VIDEO),
        (b"%PDF-1.7\n" + bytes(20), "x.jpg", "application/pdf", FileKind.PDF),
        (zipped("a.txt"), "假的.docx", "application/zip", FileKind.ARCHIVE),
        (
            zipped("[Content_Types].xml", "word/document.xml"),
            "真的.zip",
            f"{OOXML}wordprocessingml.document",
            FileKind.DOCUMENT,
        ),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "", f"{OOXML}spreadsheetml.sheet", FileKind.SHEET),
        (
            zipped("[Content_Types].xml", "ppt/presentation.xml"),
            "",
            f"{OOXML}presentationml.presentation",
            FileKind.SLIDES,
        ),
        (
            zipped("x", first=("mimetype", "application/vnd.oasis.opendocument.spreadsheet")),
            "",
            "application/vnd.oasis.opendocument.spreadsheet",
            FileKind.SHEET,
        ),
        (
            zipped("AndroidManifest.xml", "classes.dex"),
            "红包.zip",
            "application/vnd.android.package-archive",
            FileKind.OTHER,
        ),
        (OLE + "Workbook".encode("utf-16-le"), "x.doc", "application/vnd.ms-excel", FileKind.SHEET),
        (OLE, "旧.ppt", "application/vnd.ms-powerpoint", FileKind.SLIDES),
        (OLE, "x.jpg", "application/x-ole-storage", FileKind.OTHER),
        (b"Rar!\x1a\x07\x01\x00", "", "application/vnd.rar", FileKind.ARCHIVE),
        (b"MZ\x90\x00" + bytes(100), "发票.pdf", "application/vnd.microsoft.portable-executable", FileKind.OTHER),
        ("大家好，这是纯文本。".encode(), "x.jpg", "text/plain", FileKind.TEXT),
        ("大家好，这是纯文本。".encode("gb18030"), "", "text/plain", FileKind.TEXT),
        ("大家好".encode("utf-16"), "", "text/plain", FileKind.TEXT),
        (b"<!DOCTYPE html><script>alert(1)</script>", "图.png", "text/html", FileKind.TEXT),
        (b"\xef\xbb\xbf  <html>%PDF-1.4", "x.pdf", "text/html", FileKind.TEXT),
        (b'<?xml version="1.0"?><svg onload="x()"/>', "x.png", "image/svg+xml", FileKind.OTHER),
        (b"<svg xmlns='x'>", "", "image/svg+xml", FileKind.OTHER),
        (b"alert(document.cookie)", "x.js", "text/plain", FileKind.TEXT),
        (bytes(range(256)) * 4, "x.jpg", "application/octet-stream", FileKind.OTHER),
        (b"", "x.jpg", "application/octet-stream", FileKind.OTHER),
    ],
)
def test_kind_and_type_come_from_the_bytes(data: bytes, name: str, mime: str, kind: FileKind) -> None:
    assert of(data, name) == (mime, kind)


def test_a_large_document_is_known_by_both_its_ends() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("docProps/thumbnail.jpeg", bytes(3 * EDGE))
        archive.writestr("[Content_Types].xml", "x")
        archive.writestr("word/document.xml", "x")
    assert of(out.getvalue())[1] == FileKind.DOCUMENT


def test_text_that_is_cut_inside_a_character_is_text() -> None:
    for encoding in ("utf-8", "gb18030"):
        data = ("x" + "文" * EDGE).encode(encoding)
        assert of(data) == ("text/plain", FileKind.TEXT)


def cut(data: bytes) -> bool:
    return is_cut_off(of(data)[0], data[:EDGE], data[-EDGE:], len(data))


def box(kind: bytes, length: int) -> bytes:
    return (length + 8).to_bytes(4, "big") + kind + bytes(length)


@pytest.mark.parametrize(
    "whole",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(100) + b"IEND\xaeB`\x82",
        b"\xff\xd8\xff\xe0" + b"\x11" * 200 + b"\xff\xd9",
        b"GIF89a" + b"\x11" * 2000 + b"\x3b",
        b"RIFF\x80\x00\x00\x00WEBPVP8 " + bytes(120),
        b"%PDF-1.7\n" + b"\x11" * 2000 + b"\n%%EOF\n",
        zipped("a.txt", "b.txt"),
        b"\x00\x00\x00\x10ftypisom\x00\x00\x00\x00" + box(b"mdat", 5 * EDGE) + box(b"moov", 300),
        b"7z\xbc\xaf\x27\x1c\x00\x04"
        + bytes(4)
        + (200).to_bytes(8, "little")
        + (30).to_bytes(8, "little")
        + bytes(234),
    ],
)
def test_a_missing_end_is_noticed(whole: bytes) -> None:
    assert not cut(whole)
    assert cut(whole[: int(len(whole) * 0.7)])


def test_sizes_in_words() -> None:
    assert [size_words(size) for size in (0, 812, 1024, 1_258_291, 1024**3, 1_288_490_188, 5 * 1024**4)] == [
        "0 B",
        "812 B",
        "1 KB",
        "1.2 MB",
        "1 GB",
        "1.2 GB",
        "5 TB",
    ]
