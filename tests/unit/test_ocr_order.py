"""The order in which people read what stands in a picture."""

from hypothesis import given
from hypothesis import strategies as st

from workers.ocr.order import reading_order

Quad = list[list[float]]


def box(left: float, top: float, width: float, height: float = 20) -> Quad:
    return [[left, top], [left + width, top], [left + width, top + height], [left, top + height]]


def test_rows_from_above_and_each_from_the_left() -> None:
    quads = [box(200, 52, 80), box(0, 0, 80), box(0, 50, 80), box(200, 3, 80)]
    assert reading_order(quads) == [1, 3, 2, 0]


def test_columns_one_after_the_other_below_a_headline() -> None:
    left = [box(0, 60 + 30 * row, 300) for row in range(4)]
    right = [box(340, 60 + 30 * row, 300) for row in range(4)]
    mixed = [quad for pair in zip(left, right, strict=True) for quad in pair]
    assert reading_order([*mixed, box(100, 0, 400, 30)]) == [8, 0, 2, 4, 6, 1, 3, 5, 7]


def test_the_bubbles_of_a_chat_take_turns() -> None:
    chat = [box(0 if row % 2 == 0 else 400, 60 * row, 300) for row in range(8)]
    assert reading_order(chat) == list(range(8))


def test_a_table_is_read_row_by_row() -> None:
    table = [box(column * 200, row * 40, 60) for row in range(5) for column in range(3)]
    assert reading_order(table) == list(range(15))


def test_nothing_has_no_order() -> None:
    assert reading_order([]) == []


_SIDES = st.floats(1, 2000, allow_nan=False)


@given(st.lists(st.tuples(_SIDES, _SIDES, _SIDES, st.floats(1, 100)), max_size=30))
def test_each_line_comes_once(boxes: list[tuple[float, float, float, float]]) -> None:
    order = reading_order([box(*each) for each in boxes])
    assert sorted(order) == list(range(len(boxes)))
