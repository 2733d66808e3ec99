"""Sums of money and times of applications, as people say them."""

from datetime import datetime
from decimal import Decimal

import pytest

from actions import approval_words
from workers.approvals import catalogue, fields
from workers.approvals.amounts import AmountProblem, amount

NOW = datetime(2026, 11, 24, 10)


@pytest.mark.parametrize(
    ("said", "yuan"),
    [
        ("一千二", "1200"),
        ("三万五", "35000"),
        ("1万2千", "12000"),
        ("3万5", "35000"),
        ("一百零五", "105"),
        ("两千零四", "2004"),
        ("十五", "15"),
        ("三十五块五", "35.5"),
        ("12块5毛8分", "12.58"),
        ("¥1,280.5", "1280.5"),
        ("共计壹仟贰佰元整", "1200"),
        ("3张票共56元", "56"),
        ("2k", "2000"),
    ],
)
def test_a_sum_is_read_as_it_is_said(said: str, yuan: str) -> None:
    assert amount(said) == Decimal(yuan)


@pytest.mark.parametrize("said", ["几百块", "三百多块", "100美元", "-5", "0元", "99.999"])
def test_a_sum_that_cannot_be_taken_says_why(said: str) -> None:
    with pytest.raises(AmountProblem):
        amount(said)


@pytest.mark.parametrize("said", ["", "明天", "没有", "一二三四"])
def test_no_sum_is_none(said: str) -> None:
    assert amount(said) is None


@pytest.mark.parametrize(
    ("said", "since", "until"),
    [
        ("明天下午", "2026-11-25T12:00:00", "2026-11-25T18:00:00"),
        ("后天下午两点到五点", "2026-11-26T14:00:00", "2026-11-26T17:00:00"),
        ("下周一起三天", "2026-11-30T00:00:00", "2026-12-03T00:00:00"),
        ("下周二和周三", "2026-12-01T00:00:00", "2026-12-03T00:00:00"),
        ("12月3号请两天", "2026-12-03T00:00:00", "2026-12-05T00:00:00"),
        ("从12月1号请到12月5号", "2026-12-01T00:00:00", "2026-12-06T00:00:00"),
        ("12月1号、2号、3号", "2026-12-01T00:00:00", "2026-12-04T00:00:00"),
        ("明后天请假", "2026-11-25T00:00:00", "2026-11-27T00:00:00"),
        ("明天下午请半天假", "2026-11-25T12:00:00", "2026-11-25T18:00:00"),
        ("下周请一周", "2026-11-30T00:00:00", "2026-12-07T00:00:00"),
    ],
)
def test_a_span_is_read_as_it_is_said(said: str, since: str, until: str) -> None:
    field = catalogue.shipped()["请假"].field("时间")
    assert field is not None
    assert fields.read(field, said, NOW) == {"from": since, "to": until}


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("下午请两小时假", "从几点到几点"),
        ("下周请两天", "从哪天开始"),
        ("请到下周三", "从哪天开始"),
        ("请三天", "从哪天开始"),
        ("明天开始请假", "到什么时候"),
        ("明天和大后天请假", "要连着的一段"),
    ],
)
def test_a_span_that_was_left_open_is_asked_about(said: str, question: str) -> None:
    field = catalogue.shipped()["请假"].field("时间")
    assert field is not None
    with pytest.raises(fields.FieldProblem, match=question):
        fields.read(field, said, NOW)


@pytest.mark.parametrize(
    ("said", "days", "shown"),
    [
        ("明天请半天假", "0.5", "11月25日（周三）上午，0.5 天"),
        ("请两天半的假，从下周一开始", "2.5", "11月30日（周一）–12月2日（周三）上午，2.5 天"),
        ("今天下午到明天", "1.5", "11月24日（周二）下午–11月25日（周三），1.5 天"),
        ("明天下午到后天上午", "1", "11月25日（周三）下午–11月26日（周四）上午，1 天"),
        ("明天上午9点到11点半", "0.5", "11月25日（周三） 09:00–11:30，2.5 小时"),
        ("下周一到周三", "3", "11月30日（周一）–12月2日（周三），3 天"),
    ],
)
def test_half_days_count_as_halves(said: str, days: str, shown: str) -> None:
    field = catalogue.shipped()["请假"].field("时间")
    assert field is not None
    value = fields.read(field, said, NOW)
    assert fields.measure(field, value) == Decimal(days)
    assert fields.shown(field, value).replace("2026年", "") == shown  # the year is said in others


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("不行，发票抬头写错了", "发票抬头写错了"),
        ("发票抬头写错了，不行", "发票抬头写错了"),
        ("驳回因为金额不对", "金额不对"),
        ("驳回老李的报销，发票错了", "发票错了"),
        ("不同意 理由不充分", "理由不充分"),
        ("5号不行，日期不对", "日期不对"),
        ("不行", ""),
        ("申请 #12 同意", ""),
        ("老李那张报销单我同意", ""),
    ],
)
def test_the_reason_of_a_verdict_is_kept(said: str, reason: str) -> None:
    assert approval_words.remark(said) == reason


@pytest.mark.parametrize(
    ("said", "numbers"),
    [
        ("5号可以", [5]),
        ("#12", [12]),
        ("申请12", [12]),
        ("5月3号可以", []),
        ("500元可以", []),
        ("12号和13号同意", [12, 13]),
    ],
)
def test_a_number_is_an_applications_where_it_is_no_date_and_no_sum(said: str, numbers: list[int]) -> None:
    assert approval_words.numbers(said) == numbers
