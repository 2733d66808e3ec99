"""The most telling words."""

from botbay.zh.keywords import Keywords, rarity, told


def best(lines: list[str], limit: int = 3, **known: object) -> list[str]:
    return Keywords(**known).best([told(line) for line in lines], limit)  # type: ignore[arg-type]


def test_what_is_said_often_here_and_seldom_elsewhere_comes_first() -> None:
    lines = ["发酵箱又坏了", "发酵箱约了售后", "今天大家觉得时间怎么样", "发酵箱明天修"]
    assert best(lines)[0] in ("发酵箱", "发酵")


def test_names_of_the_people_and_addresses_are_no_keywords() -> None:
    lines = ["王经理说蓝海的合同", "王经理问蓝海合同 https://m.tb.cn/h.abc", "林小雨看合同"]
    found = best(lines, 8, names=["林小雨", "甲方王经理"])
    assert "合同" in found
    assert not {"王经理", "小雨", "林小雨", "m.tb.cn", "tb", "cn"} & set(found)


def test_what_the_room_always_says_tells_less() -> None:
    usual = {"合同": 900, "车间": 5, "生产": 500}
    assert rarity("合同", usual) < rarity("合同")
    lines = ["合同里写了大屏", "大屏的合同"]
    assert best(lines, 1) == ["合同"] or best(lines, 1) == ["大屏"]
    assert best(lines, 1, background=usual) == ["大屏"]


def test_a_word_is_not_named_twice() -> None:
    found = best(["电梯大修要招标", "电梯大修的资质", "电梯大修投票"], 5)
    assert sum("电梯" in word for word in found) == 1


def test_nothing_telling_is_no_keyword() -> None:
    assert best(["今天我们大家都觉得可以", "好的"]) == []
