"""Times are said back as people say them."""

from datetime import datetime

import pytest

from botbay.zh.time import Prefer, describe, parse

BASE = datetime(2026, 11, 24, 10)  # a Tuesday


@pytest.mark.parametrize(
    ("text", "prefer", "said"),
    [
        ("明儿下午3点", "future", "明天（周三）15:00"),
        ("今晚八点", "future", "今天 20:00"),
        ("上礼拜五", "past", "上周五"),
        ("这周六", "future", "这周六"),
        ("3月5号上午九点到十一点", "past", "3月5号 09:00–11:00"),
        ("3月5号", "future", "2027年3月5号"),
        ("半个钟头后", "future", "今天 10:30"),
        ("周五之前", "future", "这周五之前"),
        ("下周一开始", "future", "从下周一开始"),
        ("昨天下午", "past", "昨天（周一）下午"),
        ("上个月", "past", "上个月"),
        ("上半年", "past", "上半年"),
        ("国庆期间", "past", "10月1号–10月7号"),
        ("最近一周", "past", "上周二到现在"),
        ("明天晚上十点到十二点", "future", "明天（周三）22:00–24:00"),
        ("一个半小时", "future", "1小时30分钟"),
        ("半小时", "future", "半小时"),
        ("每天早上八点", "future", "每天 08:00"),
        ("每周一三五晚上7点半", "future", "每周一、三、五 19:30"),
        ("每个工作日", "future", "每个工作日"),
        ("每月最后一天", "future", "每月最后一天"),
        ("每月最后一个周五", "future", "每月最后一个周五"),
        ("每年3月8号", "future", "每年3月8号"),
        ("隔天", "future", "每2天"),
        ("每半小时", "future", "每30分钟"),
    ],
)
def test_said_back(text: str, prefer: Prefer, said: str) -> None:
    [found] = parse(text, BASE, prefer)
    assert describe(found, BASE) == said


def test_a_day_that_does_not_exist_is_said_as_it_was_typed() -> None:
    [found] = parse("2月30号提醒我", BASE)
    assert describe(found, BASE) == "2月30号"
