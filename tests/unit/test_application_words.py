"""What the sentence that asks for something tells in one's own words."""

from datetime import datetime

import pytest

from actions.application_words import own_words
from workers.approvals.catalogue import shipped


@pytest.mark.parametrize(
    ("kind", "said", "amount", "told"),
    [
        ("请假", "我要请假，下周一到周三，年假，回老家", None, {"事由": "回老家"}),
        ("请假", "我明天想请个假去医院看牙", None, {"事由": "去医院看牙"}),
        ("请假", "我生病了想请假", None, {"事由": "生病了"}),
        ("请假", "想请个假", None, {}),
        ("请假", "我要请三天年假，可以吗", None, {}),
        ("报销", "我要报销", None, {}),
        ("报销", "报销打车费86块5 去机场接客户", "86块5", {"用途": "打车费，去机场接客户"}),
        ("报销", "我要报销上次去客户那儿的打车费", None, {"用途": "上次去客户那儿的打车费"}),
        ("采购", "采购一台打印机，打合同用", None, {"物品": "一台打印机", "事由": "打合同用"}),
        ("采购", "帮我提一个采购申请", None, {}),
        ("出差", "我要出差，下周二到周四，去上海，参加展会", None, {"地点": "上海", "事由": "参加展会"}),
        ("出差", "下周二去上海出差参加展会", None, {}),  # where the place ends nobody can tell: it is asked
        ("加班", "申请加班，昨天晚上七点到十点，赶项目", None, {"事由": "赶项目"}),
    ],
)
def test_it_is_not_asked_again(kind: str, said: str, amount: str | None, told: dict[str, str]) -> None:
    assert own_words(shipped()[kind], said, amount, datetime(2026, 11, 23, 15)) == told
