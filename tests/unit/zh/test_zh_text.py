"""Numbers and plain text."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botbay.zh.numbers import number
from botbay.zh.text import plain
from botbay.zh.time.almanac import feast_day, holiday, is_workday, workday


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("15", 15),
        ("十五", 15),
        ("二十", 20),
        ("二零二七", 2027),
        ("两千零四", 2004),
        ("廿三", 23),
        ("一百零八", 108),
        ("俩", 2),
    ],
)
def test_numbers(text: str, value: int) -> None:
    assert number(text) == value


def test_what_is_no_number() -> None:
    assert number("十个") is None
    assert number("") is None


def test_plain_text() -> None:
    assert plain("１０月 ３日，後天　下午").text == "10月3日,后天下午"
    assert plain("2010 01 29").text == "2010 01 29"


@given(st.text())
def test_every_character_knows_where_it_stood(text: str) -> None:
    clean = plain(text)
    assert len(clean.origin) == len(clean.text) + 1
    assert list(clean.origin) == sorted(set(clean.origin))


def test_feasts() -> None:
    assert feast_day("中秋", 2027) == date(2027, 9, 15)
    assert feast_day("除夕", 2027) == date(2027, 2, 5)
    assert feast_day("清明", 2027) == date(2027, 4, 5)
    assert feast_day("母亲节", 2027) == date(2027, 5, 9)
    assert feast_day("春节", 2200) is None


def test_days_off_are_official_where_they_are_out_and_guessed_where_not() -> None:
    assert holiday("国庆", 2025) == (date(2025, 10, 1), date(2025, 10, 9))
    assert holiday("国庆", 2050) == (date(2050, 10, 1), date(2050, 10, 8))
    assert not is_workday(date(2050, 10, 3))
    assert is_workday(date(2025, 9, 28))  # a Sunday that is worked for the holiday
    assert workday(date(2025, 9, 30), 1) == date(2025, 10, 9)
    assert workday(date(2025, 10, 9), -1) == date(2025, 9, 30)
