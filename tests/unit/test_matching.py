"""What fits what somebody looks for: names of files, of people, of kinds; and how times and sizes are said."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.words import day_said
from botbay.chat.models import FileKind
from botbay.chat.people import Called, called
from workers.archive.matching import Fit, fit, kinds_of, split


@pytest.mark.parametrize(
    ("name", "words", "how"),
    [
        ("合同.pdf", "合同", Fit.SAME),
        ("合同.pdf", "合同.PDF", Fit.SAME),
        ("采购合同-终稿.pdf", "采购合同", Fit.WITHIN),
        ("采购合同-终稿.pdf", "合同终稿", Fit.WITHIN),
        ("采购合同-终稿.pdf", "终稿 合同", Fit.SCATTERED),
        ("采购合同-终稿.pdf", "终稿采购合同", Fit.SCATTERED),
        ("採購合同.docx", "采购合同", Fit.SAME),
        ("Ｑ３報價單.xlsx", "q3报价单.pdf", Fit.WITHIN),
        ("采购合同.pdf", "新版采购合同", Fit.NEAR),
        ("采购合同.pdf", "劳动合同", Fit.NEAR),
        ("采购合同.pdf", "发票", None),
        ("a.pdf", "！？", None),
    ],
)
def test_how_well_a_name_fits(name: str, words: str, how: Fit | None) -> None:
    assert fit(name, words) == how


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_name_and_any_words_can_be_compared(name: str, words: str) -> None:
    fit(name, words)
    called(words, [name])
    kinds_of(words)
    assert all(split(words))


@pytest.mark.parametrize(
    ("said", "names", "how"),
    [
        ("李建国", ["李建国"], Called.EXACTLY),
        ("@老李", ["老李"], Called.EXACTLY),
        ("建国", ["李建国"], Called.PARTLY),
        ("陈晓老师", ["陈晓"], Called.PARTLY),
        ("老李", ["李建国"], Called.BY_SURNAME),
        ("李总", ["老李"], Called.BY_SURNAME),
        ("张姐", ["小张"], Called.BY_SURNAME),
        ("老李", ["王建国", "桃李满天下"], None),
        ("", ["李建国"], None),
    ],
)
def test_who_is_meant(said: str, names: list[str], how: Called | None) -> None:
    assert called(said, names) == how


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("PPT", FileKind.SLIDES),
        ("excel表格", FileKind.SHEET),
        ("表", FileKind.SHEET),
        ("截图", FileKind.IMAGE),
        ("照片", FileKind.IMAGE),
        ("錄音", FileKind.AUDIO),
        ("小视频", FileKind.VIDEO),
        ("zip包", FileKind.ARCHIVE),
        ("word文档", FileKind.DOCUMENT),
        ("pdf", FileKind.PDF),
    ],
)
def test_words_for_kinds(words: str, kind: FileKind) -> None:
    assert kinds_of(words) == {kind}


def test_a_document_may_be_of_several_kinds_and_a_file_of_any() -> None:
    assert {FileKind.DOCUMENT, FileKind.PDF} < kinds_of("文档")
    assert kinds_of("附件") == frozenset()


def test_when_and_how_large_are_said_as_people_do() -> None:
    now = datetime(2026, 11, 25, 17)  # a Wednesday
    said = [
        day_said(datetime(2026, *day, 15, 20), now)
        for day in ((11, 25), (11, 24), (11, 23), (11, 20), (11, 16), (11, 15))
    ]
    assert said == ["今天 15:20", "昨天 15:20", "周一", "上周五", "上周一", "11月15日"]
    assert day_said(datetime(2025, 10, 12), now) == "2025年10月12日"
