"""How pages say times and lengths, and which paths they lead back to."""

from datetime import timedelta

import pytest
from starlette.datastructures import Headers

from botbay.db import now
from web.layout import duration, local_time
from web.security import comes_from_us
from web.session import safe_path, sign_in_path


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "不到 1 秒"),
        (40, "40 秒"),
        (300, "5 分钟"),
        (307, "5 分钟"),
        (7500, "2 小时 5 分钟"),
        (86400 * 3 + 14400, "3 天 4 小时"),
    ],
)
def test_a_length_of_time_is_said_in_at_most_two_units(seconds: int, words: str) -> None:
    assert duration(timedelta(seconds=seconds)) == words


def test_times_near_now_are_said_by_day() -> None:
    assert local_time(now()).startswith("今天 ")
    assert local_time(now() - timedelta(days=1)).startswith("昨天 ")
    assert local_time(now() - timedelta(days=800)).endswith("日")


@pytest.mark.parametrize(
    "path", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:1", "", "/a\nb"]
)
def test_signing_in_leads_back_to_this_site_only(path: str) -> None:
    assert safe_path(path) == "/"


def test_signing_in_leads_back_to_the_page_asked_for() -> None:
    assert safe_path("/bots?x=1") == "/bots?x=1"
    assert sign_in_path("/bots?x=1") == "/login?next=/bots%3Fx%3D1"
    assert sign_in_path("/") == "/login"


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({}, True),  # no browser: curl, a script
        ({"sec-fetch-site": "same-origin", "origin": "https://proxy.example", "host": "inner"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"origin": "http://a:8080", "host": "a:8080"}, True),
        ({"origin": "http://a:8080", "host": "a:8081"}, False),
        ({"origin": "null", "host": "a"}, False),
    ],
)
def test_a_change_must_come_from_our_own_page(headers: dict[str, str], ours: bool) -> None:
    assert comes_from_us(Headers(headers)) is ours
