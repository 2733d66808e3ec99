"""Times as people say them to be reminded: what is meant, what is asked, what has passed, what comes again."""

from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from botbay.zh.time import Grain, TimeExpression, describe, parse, question
from tests.time_lines import Line, lines, right

BASE = datetime(2026, 11, 24, 10)  # a Tuesday
#: A judgement of the lines that the parser does not share: for whoever is reminded the beginning of a month is a day.
_OTHERWISE = {"下月初"}


def first(text: str, base: datetime = BASE) -> TimeExpression:
    return parse(text, base)[0]


@pytest.mark.parametrize("line", lines("own.txt") + lines("blind.txt"), ids=lambda line: line.text)
def test_what_people_type_to_be_reminded(line: Line) -> None:
    found = parse(line.text, line.base)
    assert right(line, found[0] if found else None) is (line.text not in _OTHERWISE)


# --- what belongs together -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "at", "rrule", "said"),
    [
        ("从下周一开始每天早上7点", "2026-11-30T07:00", "FREQ=DAILY;BYHOUR=7;BYMINUTE=0", "从下周一开始，每天 07:00"),
        ("下周每天早上8点", "2026-11-30T08:00", "FREQ=DAILY;BYHOUR=8;BYMINUTE=0;UNTIL=20261206T235959", None),
        ("每天早上八点，到月底为止", "2026-11-25T08:00", "FREQ=DAILY;BYHOUR=8;BYMINUTE=0;UNTIL=20261130T235959", None),
        ("连续三天早上8点", "2026-11-25T08:00", "FREQ=DAILY;BYHOUR=8;BYMINUTE=0;UNTIL=20261127T235959", None),
        ("周五之前每天", "2026-11-24", "FREQ=DAILY;UNTIL=20261126T235959", "每天，到后天（周四）为止"),
        ("下周一三五晚上7点", "2026-11-30T19:00", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYHOUR=19;BYMINUTE=0;UNTIL=20261206T235959", None),
        ("每天9点到12点每小时", "2026-11-24T10:00", "FREQ=DAILY;BYHOUR=9,10,11,12;BYMINUTE=0", None),
        ("每天提醒我晚上十点", "2026-11-24T22:00", "FREQ=DAILY;BYHOUR=22;BYMINUTE=0", "每天 22:00"),
        ("从现在开始每小时", "2026-11-24T11:00", "FREQ=HOURLY", "每小时"),
        ("每个整点", "2026-11-24T11:00", "FREQ=HOURLY;BYMINUTE=0", "每个整点"),
        ("每季度最后一个工作日", "2026-12-31", "FREQ=MONTHLY;BYMONTH=3,6,9,12;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", None),
        ("每两个月的15号", "2026-12-15", "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=15", "每2个月的15号"),
        ("每月15号和月底", "2026-11-30", "FREQ=MONTHLY;BYMONTHDAY=15,-1", "每月15号、最后一天"),
        ("每年6月和12月", "2026-12-01", "FREQ=YEARLY;BYMONTH=6,12;BYMONTHDAY=1", "每年6月、12月1号"),
        ("单周周三早上九点", "2026-12-02T09:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=WE;BYHOUR=9;BYMINUTE=0", None),
        ("除了周末每天9点半", "2026-11-25T09:30", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9;BYMINUTE=30", None),
        ("每天早上9点，周末除外", "2026-11-25T09:00", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9;BYMINUTE=0", None),
        ("每天（节假日除外）下午三点", "2026-11-24T15:00", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=15;BYMINUTE=0", None),
        ("每个交易日下午两点半", "2026-11-24T14:30", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=14;BYMINUTE=30", None),
        ("周二、周四、周六早7点", "2026-11-26T07:00", "FREQ=WEEKLY;BYDAY=TU,TH,SA;BYHOUR=7;BYMINUTE=0", "每周二、四、六 07:00"),
        ("每天三次", "2026-11-24T12:00", "FREQ=DAILY;BYHOUR=8,12,18;BYMINUTE=0", "每天 08:00、12:00、18:00"),
        ("每天提醒我早中晚", "2026-11-24T12:00", "FREQ=DAILY;BYHOUR=8,12,18;BYMINUTE=0", None),
        ("每天早上7点，连续一周", "2026-11-25T07:00", "FREQ=DAILY;BYHOUR=7;BYMINUTE=0;UNTIL=20261201T235959", None),
        ("每周五下午5点，共4周", "2026-11-27T17:00", "FREQ=WEEKLY;BYDAY=FR;BYHOUR=17;BYMINUTE=0;UNTIL=20261224T235959", None),
    ],
)  # fmt: skip
def test_a_rule_with_its_beginning_and_its_end(text: str, at: str, rrule: str, said: str | None) -> None:
    found = first(text)
    assert (found.text, found.at, found.rrule) == (text, datetime.fromisoformat(at), rrule)
    assert said is None or describe(found, BASE) == said


@pytest.mark.parametrize(
    ("text", "days", "said"),
    [
        ("每年春节", ["2027-02-06", "2028-01-26"], "每年春节"),
        ("每年除夕晚上8点", ["2027-02-05", "2028-01-25"], "每年除夕 20:00"),
        ("每年农历十月初三", ["2027-10-31", "2028-11-18"], "每年农历十月初三"),
        ("每年冬至", ["2026-12-22", "2027-12-22"], "每年冬至"),
        ("每逢初一十五", ["2026-12-09", "2026-12-23"], "每月农历初一、十五"),
    ],
)
def test_what_follows_the_moon_comes_on_its_own_days(text: str, days: list[str], said: str) -> None:
    found = first(text)
    assert found.at is not None
    times = list(islice(rrulestr(str(found.rrule), dtstart=found.at), 2))
    assert times[0] == found.at
    assert [each.date().isoformat() for each in times] == days
    assert describe(found, BASE) == said
    assert describe(first(said), BASE) == said


def test_a_range_of_hours_that_comes_again_keeps_its_end() -> None:
    found = first("每周三下午三点到五点")
    assert (found.at, found.until) == (datetime(2026, 11, 25, 15), datetime(2026, 11, 25, 17))
    assert describe(found, BASE) == "每周三 15:00–17:00"


@pytest.mark.parametrize("text", ["周三和周五下午三点", "明天提醒我下午三点开会", "下周三、周四下午三点"])
def test_an_hour_said_once_is_that_of_both(text: str) -> None:
    one, other = parse(text, BASE)
    assert one.at is not None and other.at is not None
    assert (one.at.hour, other.at.hour, one.precision) == (15, 15, Grain.MINUTE)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("下午三点前十分钟", "2026-11-24T14:50"),
        ("下班前半小时", "2026-11-24T17:30"),
        ("国庆放假前一天", "2027-09-30"),
        ("五一前一周", "2027-04-24"),
        ("明天这个时候", "2026-11-25T10:00"),
        ("等20分钟叫我", "2026-11-24T10:20"),
        ("隔十分钟再提醒我", "2026-11-24T10:10"),
        ("这个下午", "2026-11-24T12:00"),
        ("十一后第一个工作日", "2027-10-08"),
        ("聽日下晝三點", "2026-11-25T15:00"),
        ("礼拜日朝早九点", "2026-11-29T09:00"),
    ],
)
def test_beside_a_day_or_an_hour(text: str, at: str) -> None:
    assert first(text).at == datetime.fromisoformat(at)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("明天上午", "明天（周三）上午"),
        ("明天早上", "明天（周三）早上"),
        ("两天半", "2天半"),
        ("半天", "半天"),
        ("年内", "今年"),
        ("最近几天", "11月24号–11月26号"),
        ("今明两天", "11月24号–11月25号"),
        ("明后天", "11月25号–11月26号"),
    ],
)
def test_it_is_said_back_in_the_words_that_were_used(text: str, said: str) -> None:
    assert describe(first(text), BASE) == said


@pytest.mark.parametrize("text", ["明天25点", "明天8:75", "周五30点"])
def test_an_hour_that_no_day_has_is_no_time(text: str) -> None:
    found = first(text)
    assert (found.text, found.kind) == (text, "none")


# --- what is asked, what has passed, what is none ---------------------------------------------------------------


def test_where_it_is_unclear_both_readings_can_be_asked_about() -> None:
    found = first("明天三点提醒我")
    assert found.readings == (datetime(2026, 11, 25, 3), datetime(2026, 11, 25, 15))
    assert found.at == found.readings[1]
    assert question(found) == "明天三点：凌晨 03:00还是下午 15:00？"
    again = first("每天9点")
    assert again.readings == (datetime(2026, 11, 25, 9), datetime(2026, 11, 25, 21))
    vague = first("待会儿提醒我")
    assert vague.readings == () and "什么时候" in str(question(vague))
    assert question(first("明天下午三点")) is None


def test_readings_are_in_the_zone_of_the_base() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    assert {each.tzinfo for each in first("明天三点", BASE.replace(tzinfo=zone)).readings} == {zone}


@pytest.mark.parametrize(
    ("text", "past"),
    [
        ("今天早上八点", True),
        ("昨天", True),
        ("上周", True),
        ("2020年1月1日", True),
        ("今天", False),
        ("八点", False),
        ("每天早上八点", False),
        ("这周", False),
    ],
)
def test_what_has_passed_is_told(text: str, past: bool) -> None:
    assert first(text).past is past


@pytest.mark.parametrize(
    "text", ["13月1日", "32号提醒我", "每月32号", "每周八", "每年2月30号", "11月31号下午三点", "4月31日", "0月5号"]
)
def test_a_day_that_is_none_is_told_and_not_guessed(text: str) -> None:
    found = parse(text, BASE)
    assert [(each.kind, each.at) for each in found] == [("none", None)]


def test_a_hundred_years_on_is_understood() -> None:
    assert first("一百年后").at == datetime(2126, 11, 24)
    assert describe(first("2126年3月1号上午九点"), BASE) == "2126年3月1号 09:00"


# --- properties ---------------------------------------------------------------------------------------------------

_DAYS = ["", "明天", "后天", "下周三", "周五", "月底", "12月5号", "国庆", "除夕", "三天后", "下个月15号", "今天"]
_HOURS = ["", "三点", "下午三点半", "15:30", "早上", "晚上十二点", "8点", "9点到11点", "前十分钟", "左右"]
_AGAIN = [
    *("", "每天", "每周一三五", "每个工作日", "每月31号", "每月最后一天", "隔天", "每两周的周五", "每年2月29号", "每年除夕"),
    *("每小时", "每隔30分钟", "每季度末", "每逢初一", "每年6月和12月", "工作日", "周一到周五", "每月第五个周一", "单周周三"),
]  # fmt: skip
_AROUND = [
    "",
    "提醒我",
    "，",
    "之前",
    "开始",
    "到",
    "和",
    "从",
    "连续三天",
    "起",
    "为止",
    "再",
    "下周",
    "每",
    "。",
    "的",
    " ",
]
_PIECES = st.sampled_from([*_DAYS, *_HOURS, *_AGAIN, *_AROUND])
_SENTENCES = st.lists(_PIECES, min_size=1, max_size=7).map("".join)
_ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"])
_MOMENTS = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2080, 1, 1))


@settings(max_examples=800, deadline=None)
@given(_SENTENCES, _MOMENTS, _ZONES)
def test_any_reminder_is_read(text: str, moment: datetime, zone: str) -> None:
    base = moment.replace(tzinfo=ZoneInfo(zone))
    reached = 0
    for found in parse(text, base):
        assert reached <= found.start < found.end <= len(text)
        assert found.text == text[found.start : found.end]
        reached = found.end
        assert all(each is None or each.tzinfo is base.tzinfo for each in (found.at, found.until, *found.readings))
        assert bool(found.readings) <= found.ambiguous
        assert describe(found, base)
        if found.readings:
            early, late = found.readings
            assert late - early == timedelta(hours=12)
        if found.rrule is not None:
            assert found.at is not None
            at = found.at.replace(tzinfo=None)
            assert next(iter(rrulestr(found.rrule, dtstart=at))) == at
            assert found.precision >= Grain.DAY or at >= moment.replace(microsecond=0)
            assert not found.past


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([each for each in _AGAIN if each]),
    st.sampled_from(["早上八点", "02:30", "晚上十二点"]),
    _MOMENTS,
    _ZONES,
)
def test_the_hour_on_the_wall_stays_through_a_year_of_zone_changes(
    again: str, hour: str, moment: datetime, zone: str
) -> None:
    found = first(again + hour, moment.replace(tzinfo=ZoneInfo(zone)))
    assert found.at is not None and found.rrule is not None
    at = found.at.replace(tzinfo=None)
    times = rrulestr(found.rrule, dtstart=at).between(at, at + timedelta(days=366), inc=True)
    assert times[0] == at
    if not found.rrule.startswith(("FREQ=HOURLY", "FREQ=MINUTELY")):
        assert {(each.hour, each.minute) for each in times} == {(at.hour, at.minute)}


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["", "从下周一开始", "12月", "下周", "从明天起"]),
    st.sampled_from(
        [each for each in _AGAIN[1:] if each not in ("每小时", "每隔30分钟", "每逢初一", "每年除夕", "单周周三")]
    ),
    st.sampled_from(["早上八点", "15:30"]),
    st.sampled_from(["", "，到12月25号为止"]),
    st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2060, 1, 1)),
)
def test_a_rule_said_back_means_the_same(since: str, again: str, hour: str, until: str, moment: datetime) -> None:
    base = moment.replace(second=0, microsecond=0)
    found = first(since + again + hour + until, base)
    if found.rrule is None:
        return
    said = describe(found, base)
    meant = first(said, base)
    assert describe(meant, base) == said
    assert (meant.at, meant.rrule) == (found.at, found.rrule)


@settings(max_examples=300, deadline=None)
@given(
    st.text(
        alphabet="每周月年天一三五十初最后个工作日早上点半前从到起开始和、连续提醒我隔双单农历 号底32:.~-", max_size=24
    ),
    _MOMENTS,
)
def test_scraps_of_such_sentences_never_raise(text: str, moment: datetime) -> None:
    for found in parse(text, moment):
        assert describe(found, moment)
        question(found)
        if found.rrule is not None:
            assert found.at is not None
            next(iter(rrulestr(found.rrule, dtstart=found.at)))
