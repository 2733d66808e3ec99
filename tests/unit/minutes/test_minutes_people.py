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


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("吴越🌙", "越越"),
        ("Jason何", "何总"),
        ("Jason何", "J哥"),
        ("制片阿May", "阿May"),
        ("店长Tina", "T姐"),
        ("店长Tina", "店长"),
        ("1201徐", "徐工"),
        ("桂兰", "桂兰姐"),
        ("小葵女高", "小葵"),
        ("果果要早睡", "果果"),
        ("桃子要嫁了", "桃子"),
        ("传菜阿豪", "豪子"),
        ("前台雯雯", "雯雯"),
        ("卖袜子的娟姐", "娟姐"),
        ("场控豆芽", "豆芽"),
        ("医疗陈青", "陈医生"),
        ("罗素琴护士长", "罗姐"),
        ("班长-林可", "班长"),
        ("高主任", "主任"),
        ("大姐吴秀兰", "大姐"),
        ("二哥建国", "建国"),
        ("晓雯", "雯雯"),
    ],
)
def test_a_member_is_found_by_a_part_of_a_longer_name(name: str, called: str) -> None:
    assert People(chat("王思远: 早", people=("王思远", name))).key(called) == name


@pytest.mark.parametrize(("name", "word"), [("小心驾驶", "小心"), ("木心不冷", "不冷"), ("项目部工程", "工程")])
def test_a_plain_word_in_a_name_is_no_name(name: str, word: str) -> None:
    assert People(chat("王思远: 早", people=("王思远", name))).key(word) == ""


def test_a_title_that_two_bear_names_neither() -> None:
    assert People(chat("高主任: 早", "周主任: 早")).key("主任") == ""


def test_of_two_by_the_same_name_none_is_guessed() -> None:
    assert People(chat("王芳: 早", "王磊: 早")).key("小王") == ""
