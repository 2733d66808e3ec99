"""接龙 as people write them become a list; what is none stays a message, and nothing that is written breaks it."""

import io

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from botbay.chat.solitaires import as_sheet
from botbay.zh.solitaire import Solitaire, parse

WECHAT = """#接龙
周五聚餐
六点，老地方
例 张三 2人

1. 小王 2人
2. 小李
3. 老张 带酒
不吃辣"""


def test_wechats_own() -> None:
    assert parse(WECHAT) == Solitaire(
        title="周五聚餐",
        entries=(("小王", "2人"), ("小李", ""), ("老张", "带酒\n不吃辣")),
        description="六点，老地方",
        example="张三 2人",
    )


@pytest.mark.parametrize(
    ("text", "title", "entries"),
    [
        ("接龙：水果\n1、小王：苹果\n2、小李+1", "水果", (("小王", "苹果"), ("小李", "+1"))),
        ("【接龙】团建\n1.小王\n2.3班小李", "团建", (("小王", ""), ("3班小李", ""))),
        ("[群接龙]：团建\n① 小王\n②小李，一份", "团建", (("小王", ""), ("小李", "一份"))),
        ("周五聚餐接龙\n1️⃣小王\n2️⃣ 小李 两份", "周五聚餐接龙", (("小王", ""), ("小李", "两份"))),
        ("接龙\n报名\n１．小王\n２．小李", "报名", (("小王", ""), ("小李", ""))),
        ("＃接龙\r\n报名\r\n\r\n1. 小王\u3000两份\r\n", "报名", (("小王", "两份"),)),
        ("#接龙 报名\n1) 小王\n3) 小李", "报名", (("小王", ""), ("小李", ""))),
        ("#接龙\n大米，1.5公斤起\n1. 小王 3袋", "大米，1.5公斤起", (("小王", "3袋"),)),
        ("#接龙\n报名\n12:30 集合\n1. 小王", "报名", (("小王", ""),)),
        ("#接龙\n报名\n1. 小王\n2. \n3.", "报名", (("小王", ""),)),
        ("#接龙\n1. 小王", "接龙", (("小王", ""),)),
        ("#接龙\n报名", "报名", ()),
    ],
)
def test_as_people_write_it(text: str, title: str, entries: tuple[tuple[str, str], ...]) -> None:
    found = parse(text)
    assert found is not None
    assert (found.title, found.entries) == (title, entries)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  \n ",
        "大家快接龙",
        "接龙怎么弄？\n1. 点加号\n2. 点接龙",
        "谁没接龙\n1. 小王",
        "1. 小王\n2. 小李",
        "接龙：聚餐",
        "今天的事\n#接龙\n1. 小王",
    ],
)
def test_what_is_none(text: str) -> None:
    assert parse(text) is None


def test_a_known_name_with_a_space_is_kept_whole() -> None:
    found = parse("#接龙\n报名\n1. Tom Lee 两份\n2. Tommy 一份", {"Tom Lee", "Tom"})
    assert found is not None
    assert found.entries == (("Tom Lee", "两份"), ("Tommy", "一份"))


word = st.text(alphabet=st.characters(categories=("L",)), min_size=1, max_size=12)


@given(word, st.lists(st.tuples(word, word | st.just("")), max_size=30))
def test_what_is_written_is_read(title: str, entries: list[tuple[str, str]]) -> None:
    lines = [f"{number}. {who} {what}" for number, (who, what) in enumerate(entries, start=1)]
    found = parse("\n".join(["#接龙", f"《{title}》", "", *lines]))
    assert found == Solitaire(f"《{title}》", tuple(entries))


@given(st.text(), st.lists(st.text(), max_size=3))
def test_nothing_breaks_it(text: str, names: list[str]) -> None:
    parse(text, names)
    for head in ("#接龙\n", "接龙：", "#接龙\n标题\n1. "):
        found = parse(head + text, names)
        if found is not None:
            as_sheet(found)


@given(st.lists(st.sampled_from(["#接龙", "接龙", "：", "\n", "1.", "2、", "例", " ", "王", "=", "①", "\u20e3", "９"])))
def test_nothing_is_lost(parts: list[str]) -> None:
    text = "".join(parts)
    found = parse(text)
    if found is None:
        return
    whole = "".join([found.title, found.description, found.example, *(who + what for who, what in found.entries)])
    assert whole.count("王") == text.count("王")


def test_a_huge_one_is_read_in_time() -> None:
    lines = [f"{number}. 某{number} {number}份" for number in range(1, 5001)]
    found = parse("\n".join(["#接龙", "很多人", *lines]))
    assert found is not None
    assert len(found.entries) == 5000


def test_a_sheet_holds_text_and_no_formulas() -> None:
    solitaire = Solitaire(
        title="报名:[一]/二*",
        entries=(
            ("=1+1", "+2"),
            ("-小王", "@SUM(A1)"),
            ("小李\x07", "半个\ud800字"),
            ("长", "字" * 40_000),
            ("2", "3"),
        ),
    )
    book = openpyxl.load_workbook(io.BytesIO(as_sheet(solitaire)))
    sheet = book.active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0] == ["序号", "姓名", "内容"]
    assert rows[1:4] == [[1, "=1+1", "+2"], [2, "-小王", "@SUM(A1)"], [3, "小李", "半个字"]]
    assert rows[5] == [5, "2", "3"]
    kinds = {cell.data_type for row in sheet.iter_rows(min_row=2, min_col=2) for cell in row}
    assert kinds == {"s"}


def test_an_empty_one_is_a_sheet_too() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(as_sheet(Solitaire("", ())))).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [["序号", "姓名", "内容"]]
