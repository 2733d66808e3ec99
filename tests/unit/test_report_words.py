"""How a report's facts are said."""

from datetime import date, datetime, timedelta

import pytest

from tests.report_samples import AT, ZONE, empty, sample
from workers.report import spans, words
from workers.report.document import Report
from workers.report.spans import Span


def of(span: Span, **changes: object) -> Report:
    """A report of a span, made on the Monday evening of the sample."""
    open_ = span.since <= AT < span.until
    return sample(**{"grain": span.grain, "since": span.since, "until": span.until, "open": open_, **changes})


def at(month: int, day: int, hour: int = 0, *, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("span", "title"),
    [
        (spans.day(date(2026, 11, 23), ZONE), "今天（11月23日 周一）的日报"),
        (spans.day(date(2026, 11, 22), ZONE), "昨天（11月22日 周日）的日报"),
        (spans.day(date(2026, 5, 8), ZONE), "5月8日（周五）的日报"),
        (spans.day(date(2025, 5, 8), ZONE), "2025年5月8日（周四）的日报"),
        (spans.week(date(2026, 11, 23), ZONE), "这周（11月23日–29日）的周报"),
        (spans.week(date(2026, 11, 20), ZONE), "上周（11月16日–22日）的周报"),
        (spans.week(date(2026, 10, 1), ZONE), "9月28日那周（9月28日–10月4日）的周报"),
        (spans.month(date(2026, 10, 3), ZONE), "10月的月报"),
        (spans.month(date(2025, 12, 3), ZONE), "2025年12月的月报"),
        (spans.between(at(11, 1), at(11, 11), ZONE), "11月1日–10日的统计"),
        (spans.between(at(11, 22, 20), at(11, 22, 22), ZONE), "11月22日 20:00–22:00的统计"),
        (spans.between(at(11, 22, 20), at(11, 23), ZONE), "11月22日 20:00–24:00的统计"),
        (spans.between(at(11, 22, 20), at(11, 23, 2), ZONE), "11月22日 20:00–11月23日 02:00的统计"),
    ],
)
def test_a_report_is_called_by_what_it_is_of(span: Span, title: str) -> None:
    assert words.title(of(span)) == title


@pytest.mark.parametrize(
    ("span", "total", "before", "change"),
    [
        (spans.day(date(2026, 11, 23), ZONE), 12, 5, "比昨天同时段多 7 条"),
        (spans.day(date(2026, 11, 22), ZONE), 12, 1512, "比前天少 1,500 条"),
        (spans.day(date(2026, 11, 20), ZONE), 12, 12, "和前一天一样"),
        (spans.day(date(2026, 11, 23), ZONE), 12, 12, "和昨天同时段一样"),
        (spans.day(date(2026, 11, 20), ZONE), 12, None, ""),
        (spans.week(date(2026, 11, 23), ZONE), 12, 5, "比上周同时段多 7 条"),
        (spans.week(date(2026, 11, 20), ZONE), 12, 5, "比前一周多 7 条"),
        (spans.month(date(2026, 11, 20), ZONE), 12, 5, "比上月同时段多 7 条"),
        (spans.month(date(2026, 10, 20), ZONE), 12, 5, "比前一个月多 7 条"),
        (spans.between(at(11, 1), at(11, 11), ZONE), 12, 5, "比前一段多 7 条"),
    ],
)
def test_a_figure_is_compared_with_the_span_before(span: Span, total: int, before: int | None, change: str) -> None:
    assert words.change(of(span, total=total, before=before)) == change


def test_the_busiest_hour_and_the_calls_are_said_only_where_there_are_any() -> None:
    assert words.busiest(sample()) == "15 点，164 条"
    assert words.busiest(empty()) == ""
    assert words.calls(sample()) == "3 次，2 次还没回"
    answered = tuple(each.model_copy(update={"answered": True}) for each in sample().mentions)
    assert words.calls(sample(mentions=answered)) == "3 次，都回了"
    assert words.calls(empty()) == ""


def test_days_are_as_long_as_the_clock_makes_them() -> None:
    """The day on which Berlin's summer time begins has 23 hours, and the week before it one more than usual."""
    from zoneinfo import ZoneInfo

    berlin = ZoneInfo("Europe/Berlin")
    day = spans.day(date(2026, 3, 29), berlin)
    assert day.until.timestamp() - day.since.timestamp() == timedelta(hours=23).total_seconds()
    assert spans.between(day.since, day.until, berlin).grain == "day"
    before = spans.before(day)
    assert (before.since, before.until) == (datetime(2026, 3, 28, tzinfo=berlin), day.since)
    noon = datetime(2026, 3, 29, 12, tzinfo=berlin)
    assert spans.same_moment(before, day, noon) == datetime(2026, 3, 28, 12, tzinfo=berlin)


def test_a_span_over_years_names_both() -> None:
    span = spans.between(at(11, 23, year=2025), at(11, 24), ZONE)
    assert words.title(of(span)) == "2025年11月23日–2026年11月23日的统计"
