"""By when: the words as a moment."""

from datetime import datetime

import pytest

from tests.minutes_chat import START, at
from workers.minutes import due


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("周五之前发我", at(6)),
        ("月底交", at(31)),
        ("明天上午", at(5, 12)),
        ("今天下班前给我", at(4, 18)),
        ("明天下午3点前", at(5, 15)),
        ("今晚弄好", at(4)),
        ("本周内完成", at(8)),
        ("三天内", at(7)),
        ("15号交表", at(15)),
        ("明天中午前", at(5, 12)),
        ("今天先看看，明天下午发我", at(5, 18)),
        ("周日所有人6点半门口签到", at(8, 6, 30)),
        ("五一前给我", at(30).replace(month=4)),
        ("明天晚上除了客服，其他人8点半到仓库帮忙", at(5, 20, 30)),
    ],
)
def test_a_time_is_a_moment(text: str, moment: datetime) -> None:
    found = due.find(text, START)
    assert found is not None and found[0] == moment


@pytest.mark.parametrize(
    "text",
    ["尽快", "这两天弄好", "回头发你", "昨天就发了", "周五开会要用的那份", "没有时间", "消防周六来检查，通道清掉"],
)
def test_what_names_no_deadline_is_none(text: str) -> None:
    assert due.find(text, START) is None
