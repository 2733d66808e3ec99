"""Questions that nobody answered."""

import pytest

from tests.minutes_chat import chat
from workers.minutes import questions


def found(*said: str) -> list[int]:
    return [each.source[0] for each in questions.find(chat(*said))]


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (["王芳: 停车场的月卡多少钱一个月？", "李磊 +200: 今天中午有人去食堂吗"], 0),
        (["王芳: 毕业照什么时候拍呀", "李磊: 不知道诶", "赵敏: 我也没收到通知"], 0),
        (["王芳: 新展柜的检测报告出来没有呀？商场进场要用", "李磊 +18: 说个事 有人低价卖咱们的货"], 0),
        (["王芳: 评价表是填纸质的还是系统里的啊，两个通知打架", "李磊 +20: 我也糊涂，下午去问问"], 0),
        (["李磊: 早", "王芳: 发票抬头开公司还是个人？"], 1),
    ],
)
def test_what_nobody_answers_stays_open(said: list[str], line: int) -> None:
    assert found(*said) == [line]


@pytest.mark.parametrize(
    "said",
    [
        ["王芳: 停车场的月卡多少钱一个月？", "李磊: 300"],
        ["王芳: 明天几点集合？", "李磊: 八点", "王芳: 好"],
        ["王芳: 快递到了吗", "李磊: 到了，在前台"],
        ["王芳: 谁带充电器了", "李磊: 我有"],
        ["王芳: 这也太贵了吧？"],
        ["王芳: 老师您看24号行吗", "李老师 +20: 24号我没问题"],
        ["王芳: @李磊 帮我带杯咖啡好吗", "李磊: 好"],
        ["王芳: 门票要不要提前买", "李磊 +30: 「王芳：门票要不要提前买」\\n- - - - - -\\n要的，网上买"],
    ],
)
def test_what_is_answered_or_asks_for_nothing_is_none(said: list[str]) -> None:
    assert found(*said) == []
