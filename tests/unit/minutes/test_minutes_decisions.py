"""What a group settles on."""

import pytest

from tests.minutes_chat import chat
from workers.minutes import decisions


def found(*said: str) -> list[tuple[int, ...]]:
    return [each.source for each in decisions.find(chat(*said))]


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (["王芳: 团建去哪", "李磊: 爬山？", "赵敏: 去农家乐吧", "李磊: 可以", "王芳: 那就农家乐，定了"], 4),
        (["王芳: 周五开会有人冲突吗", "李磊: 我周五出差", "王芳: 那改到下周一上午10点", "李磊: 好", "赵敏: 好"], 2),
        (["王芳: 班服颜色蓝的还是白的", "李磊: 蓝的吧", "赵敏: 同意", "王芳: 好，统一买蓝色"], 3),
        (["李磊: 两家报价差不多", "赵敏: 要不选第二家吧，售后好", "李磊: 同意", "王芳: 行，就按第二家签"], 3),
        (["王芳: 预算多少", "李磊: 5000？", "王芳: 有点多", "李磊: 那4000", "王芳: 可以，就4000"], 4),
    ],
)
def test_what_is_settled_is_a_decision(said: list[str], line: int) -> None:
    assert any(line in source for source in found(*said))


@pytest.mark.parametrize(
    "said",
    [
        ["王芳: 要不去爬山吧", "李磊: 太累了不要", "赵敏: 算了"],
        ["王芳: 周五开会定了吗？", "李磊: 不知道"],
        ["王芳: 如果下雨就改到下周", "李磊: 希望别下"],
        ["王芳: 早上好", "李磊: 早"],
        ["王芳: 我明天去签合同", "李磊: 辛苦"],
    ],
)
def test_what_is_refused_asked_or_supposed_is_none(said: list[str]) -> None:
    assert found(*said) == []


def test_a_bare_agreement_tells_what_was_agreed() -> None:
    said = ["李磊: 费用三家平摊，每家先交两千", "赵敏: 可以", "王芳: OK就这么办"]
    [decision] = decisions.find(chat(*said))
    assert set(decision.source) >= {0, 2} or 0 in decision.source
    assert "平摊" in decision.text


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            [
                "小赵: 店长，外卖袋收不收钱？",
                "阿梅: 隔壁收五毛",
                "王店长: 外卖袋免费，礼盒另收5元",
                "小赵: 好的，那我改下菜单",
            ],
            2,
        ),
        (["小赵: 海报两版，投一下", "阿梅: 右", "老周: 右边", "李磊: 左", "小赵: 好那就右边了"], 4),
        (["小赵: 主任，培训约在周四下午三点，您看行不", "王主任: 行，周四15:00一号会议室", "小赵: 收到"], 1),
        (["阿梅: 发电机修要三天，租一台一天500", "王经理: 租，租两台，租三天", "阿梅: 好嘞，我打电话"], 1),
        (["阿梅: 这批玻璃杯碎了好几个", "王经理: 以后玻璃制品一律走专线，运费一家一半", "阿梅: 好"], 1),
    ],
)
def test_a_ruling_of_the_one_in_charge_and_a_vote_taken_up_are_decisions(said: list[str], line: int) -> None:
    assert [source[0] for source in found(*said)] == [line]


@pytest.mark.parametrize(
    "said",
    [
        ["小赵: 王主任，上次培训来了多少人？", "王主任: 一共32个", "小赵: 好的"],
        ["小赵: 那我去印海报，今晚弄好", "王店长: 好"],
        ["王店长: 投票吧，火锅1 烧烤2，明天中午截止", "小赵: 1", "阿梅: 2"],
    ],
)
def test_a_fact_told_a_promise_and_a_call_to_vote_are_none(said: list[str]) -> None:
    assert found(*said) == []


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (["李磊: 订哪个厅？大厅满了，只剩小厅", "赵敏: 小厅有点挤", "王芳: 小厅就小厅吧，就订它了", "李磊: 好的"], 2),
        (["李磊: 门口又停满了", "王芳: 以后送货的车一律停后院", "赵敏: 收到", "李磊: 收到"], 1),
        (["李磊: 横幅换不换新的？", "赵敏: 去年的还能用", "王芳: 横幅不换，就用去年的", "李磊: 行"], 2),
    ],
)
def test_giving_in_ruling_for_good_and_leaving_things_as_they_are_settle_too(said: list[str], line: int) -> None:
    assert any(line in source for source in found(*said))


@pytest.mark.parametrize(
    "said",
    [
        ["李磊: 电梯什么时候修好？", "王芳: 配件预计明天到，现在正在找师傅", "李磊: 哦"],
        ["李磊: 音箱坏了", "王芳: 那我得重新借一个", "李磊: 辛苦"],
    ],
)
def test_an_estimate_and_what_one_has_to_do_settle_nothing(said: list[str]) -> None:
    assert found(*said) == []


def test_of_a_ruling_and_its_echo_one_stands() -> None:
    said = [
        "李磊: 聚餐去哪家？",
        "赵敏: 火锅吧",
        "王芳: 那就火锅，周五晚上七点",
        "赵敏: 好",
        "李磊: 好，火锅，周五七点",
    ]
    assert len(found(*said)) == 1
