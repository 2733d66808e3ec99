"""改到九点: what the new words leave unsaid stays as it was."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from actions.reminder_moves import moved, only_moves
from workers.reminders.service import When
from workers.reminders.times import Unclear

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 16, tzinfo=ZONE)  # a Monday
TOMORROW = datetime(2026, 11, 24, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("old", "words", "new"),
    [
        ("15:00", "改到后天", "25 15:00"),
        ("15:00", "周五", "27 15:00"),
        ("20:00", "第二个改到九点", "24 21:00"),
        ("08:50", "八点四十", "24 08:40"),
        ("10:00", "四点", "24 16:00"),
        ("06:30", "提前到六点十分", "24 06:10"),
        ("17:00", "六点半吧 晚上", "24 18:30"),
        ("10:00", "改到晚上", "24 20:00"),
        ("10:00", "把10点的会改到下午两点", "24 14:00"),
        ("10:00", "后天三点", "25 15:00"),
        ("15:00", "提前半小时", "24 14:30"),
        ("15:00", "往后推两个小时", "24 17:00"),
        ("15:00", "推迟一天", "25 15:00"),
        ("15:00", "半小时后", "23 16:30"),
    ],
)
def test_what_is_not_said_stays(old: str, words: str, new: str) -> None:
    hour, minute = map(int, old.split(":"))
    read = moved(words, When(at=TOMORROW + timedelta(hours=hour, minutes=minute)), ZONE, NOW)
    assert read is not None
    assert f"{read.when.at:%d %H:%M}" == new


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("改成八点四十", "FREQ=DAILY;BYHOUR=8;BYMINUTE=40"),
        ("提前十分钟", "FREQ=DAILY;BYHOUR=8;BYMINUTE=40"),
        ("改成每周六", "FREQ=WEEKLY;BYDAY=SA"),
        ("改到每天晚上九点", "FREQ=DAILY;BYHOUR=21;BYMINUTE=0"),
    ],
)
def test_one_that_recurs_keeps_its_rule(words: str, rule: str) -> None:
    old = When(at=TOMORROW + timedelta(hours=8, minutes=50), rule="FREQ=DAILY;BYHOUR=8;BYMINUTE=50")
    read = moved(words, old, ZONE, NOW)
    assert read is not None
    assert read.when.rule == rule
    assert read.when.at.hour == (21 if "晚" in words else 8)


def test_what_cannot_be_is_said_so() -> None:
    with pytest.raises(Unclear, match="没有「2月30号」这一天"):
        moved("改到2月30号", When(at=TOMORROW), ZONE, NOW)
    assert moved("好的", When(at=TOMORROW), ZONE, NOW) is None


def test_it_says_when_and_not_what() -> None:
    assert only_moves("提前到六点十分")
    assert only_moves("那改到后天吧")
    assert not only_moves("明天提醒我把会改到下午")
