"""Names of files stay as people gave them, without what misleads people or file systems."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from botbay.chat.models import FileKind
from botbay.chat.names import safe

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026年合同（终稿）.docx", "2026年合同（终稿）.docx"),
        ("周报🎉🎉.pdf", "周报🎉🎉.pdf"),
        ("全家👨‍👩‍👧.jpg", "全家👨‍👩‍👧.jpg"),  # one emoji of three, joined
        ("ไฟล์งาน.xlsx", "ไฟล์งาน.xlsx"),
        ("العقد.pdf", "العقد.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\win.ini", "win.ini"),
        ("/etc/shadow", "shadow"),
        ("C:\\Users\\li\\合同.doc", "合同.doc"),
        ("合同/", "合同"),
        ("..", ""),
        (".", ""),
        ("   ", ""),
        ("\u202e\u200b", ""),
        ("", ""),
        (".bashrc", "bashrc"),
        ("...htaccess", "htaccess"),
        ("合同\u202efdp.exe", "合同fdp.exe"),
        ("合\u200b同\ufeff.pdf", "合同.pdf"),
        ("a\x00b\x07.txt", "ab.txt"),
        ("第一行\n第二行.txt", "第一行 第二行.txt"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("com1.tar.gz", "_com1.tar.gz"),
        ("console.txt", "console.txt"),
        ("会议 10:30 <终>?.txt", "会议 10_30 _终__.txt"),
        ("末尾有点. . ", "末尾有点"),
        ("a\ud800b.txt", "ab.txt"),
        ("e\u0301.txt", "\xe9.txt"),  # as a Mac writes it
    ],
)
def test_what_becomes_of_a_name(given: str, expected: str) -> None:
    assert safe(given, FileKind.OTHER, "") == expected


def test_a_name_without_extension_gets_the_one_of_its_bytes() -> None:
    assert safe("合同", FileKind.DOCUMENT, DOCX) == "合同.docx"
    assert safe("合同.pdf", FileKind.DOCUMENT, DOCX) == "合同.pdf"  # what people wrote stays


def test_a_long_name_is_cut_and_keeps_its_extension() -> None:
    name = safe("会" * 300 + ".docx", FileKind.OTHER, "")
    assert name.endswith("会.docx")
    assert 250 < len(name.encode()) <= 255


NASTY = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("./\\: \x00\n\u202e\u200b\u200d\ufe0f\ufeff👨👩🏽文件.con"),
    ),
    max_size=400,
)


@given(NASTY, st.sampled_from(list(FileKind)), st.sampled_from(["", "image/jpeg", DOCX, "application/pdf"]))
@example("👨\u200d" * 60, FileKind.OTHER, "")
@example("con" + "." * 300 + "txt", FileKind.OTHER, "")
@example("a." + "b" * 300, FileKind.IMAGE, "image/jpeg")
@example(". con", FileKind.OTHER, "")
@example("\u200dcon.\u200d", FileKind.OTHER, "")
def test_no_name_does_harm(name: str, kind: FileKind, mime: str) -> None:
    made = safe(name, kind, mime)
    assert len(made.encode()) <= 255
    assert not set(made) & set('/\\<>:"|?*\n\r\t\x00')
    assert not any("\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069" or char == "\u200b" for char in made)
    assert made == made.strip(" ")
    assert not made.startswith(".")
    assert not made.endswith(".")
    assert made.partition(".")[0].strip().casefold() not in {"con", "nul", "aux", "prn", "com1", "lpt9"}
    assert safe(made, kind, mime) == made
