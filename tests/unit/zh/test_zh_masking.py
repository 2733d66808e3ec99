"""What is left of a number that is nobody else's business."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botbay.zh.masking import masked


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("打我电话13812345678", "打我电话138****5678"),
        ("+86 138 1234 5678 张姐", "+86 138 **** 5678 张姐"),
        ("前台０１０－１２３４５６７８", "前台０１０－****５６７８"),
        ("身份证 11010519491231002X", "身份证 110105********002X"),
        ("卡号6222 0212 3456 7894 518", "卡号6222 **** **** ***4 518"),
        ("张三110105194912310021.jpg", "张三110105********0021.jpg"),
    ],
)
def test_numbers_of_people_are_starred(said: str, shown: str) -> None:
    assert masked(said) == shown


@pytest.mark.parametrize(
    "said",
    [
        "订单号 2026112213345678",
        "快递 75312345678901",
        "2026-11-22 15:30 开会",
        "预算 1380000 元",
        "编号110105194913310021",
        "0.138123456789",
    ],
)
def test_other_numbers_stay(said: str) -> None:
    assert masked(said) == said


@given(st.text())
def test_any_text_is_masked_once_and_for_all(text: str) -> None:
    assert masked(masked(text)) == masked(text)
