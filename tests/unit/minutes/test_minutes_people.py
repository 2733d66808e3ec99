"""Who is meant by the forms of a name."""

import pytest

from tests.minutes_chat import chat
from workers.minutes.assignees import People

ROOM = ("王思远", "李梅", "陈梓萱妈妈", "刘工（总包）", "水电老秦", "阿May", "11栋张律师", "Kevin Zhou", "建国（姐夫）")


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("思远", "王思远"),
        ("老王", "王思远"),
        ("王总", "王思远"),
        ("李姐", "李梅"),
        ("小李", "李梅"),
        ("梓萱妈", "陈梓萱妈妈"),
        ("刘工", "刘工（总包）"),
        ("老秦", "水电老秦"),
        ("秦师傅", "水电老秦"),
        ("may", "阿May"),
        ("张律师", "11栋张律师"),
        ("kevin", "Kevin Zhou"),
        ("建国", "建国（姐夫）"),
        ("姐夫", "建国（姐夫）"),
        ("老吴", ""),
    ],
)
def test_a_member_is_found_by_what_others_call_them(called: str, name: str) -> None:
    assert People(chat("王思远: 早", people=ROOM)).key(called) == name


def test_of_two_by_the_same_name_none_is_guessed() -> None:
    assert People(chat("王芳: 早", "王磊: 早")).key("小王") == ""
