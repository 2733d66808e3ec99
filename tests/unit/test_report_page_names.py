"""What the page of a report shows of people: it is opened by link too."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from web.layout import local_time
from web.pages.report_view import _shown


def test_a_number_in_a_name_is_masked() -> None:
    assert "13812345678" not in _shown("王经理13812345678")


def test_a_time_is_told_in_the_zone_of_the_report() -> None:
    at = datetime(2020, 6, 30, 20, tzinfo=UTC)
    assert local_time(at, ZoneInfo("America/New_York")) == "2020年6月30日"
    assert local_time(at, ZoneInfo("Asia/Shanghai")) == "2020年7月1日"
