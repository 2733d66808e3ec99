"""Slots of reminders that recur: by the clock on the wall over a year, across changes of the clocks, on working days."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from botbay.zh.time.almanac import is_workday
from botbay.zh.time.recurring import times_of_day
from workers.reminders.slots import Series, in_words

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Asia/Shanghai"), ZoneInfo("Australia/Lord_Howe")]
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

clocks = st.tuples(st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
starts = st.dates(date(2026, 1, 1), date(2027, 12, 31))
rules = st.one_of(
    st.just("FREQ=DAILY"),
    st.integers(2, 9).map(lambda days: f"FREQ=DAILY;INTERVAL={days}"),
    st.lists(st.sampled_from(DAYS), min_size=1, max_size=4, unique=True).map(
        lambda days: f"FREQ=WEEKLY;BYDAY={','.join(days)}"
    ),
    st.integers(1, 28).map(lambda day: f"FREQ=MONTHLY;BYMONTHDAY={day}"),
    st.just("FREQ=MONTHLY;BYMONTHDAY=-1"),
)


def year(series: Series, start: datetime) -> list[datetime]:
    return list(takewhile(lambda slot: slot < start + timedelta(days=366), series.slots(start)))


def standing(local: datetime, zone: ZoneInfo) -> bool:
    """Whether the clocks of a zone show this time at all."""
    return local.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local


@settings(max_examples=150, deadline=None)
@given(rule=rules, clock=clocks, start=starts, zone=st.sampled_from(ZONES))
def test_each_slot_is_at_its_time_of_the_wall_once_a_day_the_whole_year(
    rule: str, clock: tuple[int, int], start: date, zone: ZoneInfo
) -> None:
    first = datetime.combine(start, time(*clock))
    begin = first.replace(tzinfo=zone).astimezone(UTC) - timedelta(seconds=1)
    series = Series(rule=f"{rule};BYHOUR={clock[0]};BYMINUTE={clock[1]}", first=first, zone=zone)
    slots = year(series, begin)
    assert slots
    assert all(earlier < later for earlier, later in pairwise(slots))
    days = [slot.astimezone(zone).date() for slot in slots]
    assert len(set(days)) == len(days)
    for slot in slots:
        local = slot.astimezone(zone).replace(tzinfo=None)
        meant = datetime.combine(local.date(), time(*clock))
        assert local == meant or not standing(meant, zone)
    if rule == "FREQ=DAILY":
        assert all((later - earlier).days == 1 for earlier, later in pairwise(days))


@settings(max_examples=80, deadline=None)
@given(rule=rules, clock=clocks, start=starts, zone=st.sampled_from(ZONES), skip=st.integers(1, 60))
def test_counting_on_from_any_slot_gives_the_same_slots(
    rule: str, clock: tuple[int, int], start: date, zone: ZoneInfo, skip: int
) -> None:
    first = datetime.combine(start, time(*clock))
    series = Series(rule=f"{rule};BYHOUR={clock[0]};BYMINUTE={clock[1]}", first=first, zone=zone)
    slots = year(series, first.replace(tzinfo=zone).astimezone(UTC) - timedelta(seconds=1))
    here = slots[min(skip, len(slots) - 2)]
    passed = series.passed(slots[0], here)
    assert passed.last == here
    assert passed.count == slots.index(here) + 1
    assert passed.following == slots[slots.index(here) + 1]
    on = Series(rule=series.rule, first=passed.first, zone=zone)
    assert year(on, here)[:10] == [slot for slot in year(series, here)][:10]


def test_nine_stays_nine_when_the_clocks_change_in_berlin() -> None:
    series = Series(rule="FREQ=DAILY;BYHOUR=9;BYMINUTE=0", first=datetime(2026, 1, 1, 9), zone=BERLIN)
    slots = year(series, datetime(2026, 1, 1, tzinfo=UTC))
    assert {slot.astimezone(BERLIN).hour for slot in slots} == {9}
    assert {slot.hour for slot in slots} == {7, 8}


def test_a_time_that_is_left_out_comes_later_and_one_that_comes_twice_once() -> None:
    series = Series(rule="FREQ=DAILY;BYHOUR=2;BYMINUTE=30", first=datetime(2026, 1, 1, 2, 30), zone=BERLIN)
    slots = {slot.astimezone(BERLIN).date(): slot for slot in year(series, datetime(2026, 1, 1, tzinfo=UTC))}
    assert f"{slots[date(2026, 3, 29)].astimezone(BERLIN):%H:%M}" == "03:30"
    assert slots[date(2026, 10, 25)] == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert series.after(datetime(2026, 10, 25, 1, 10, tzinfo=UTC)) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("rule", ["FREQ=HOURLY", "FREQ=MINUTELY;INTERVAL=30"])
def test_what_counts_hours_counts_them_through_a_change_of_the_clocks(rule: str) -> None:
    for change in (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)):
        series = Series.starting(rule, change, BERLIN)
        slots = list(takewhile(lambda slot: slot < change + timedelta(hours=6), series.slots(change)))  # noqa: B023
        assert len({later - earlier for earlier, later in pairwise(slots)}) == 1


def test_working_days_leave_out_holidays_and_take_in_the_days_worked_instead() -> None:
    rule = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=8;BYMINUTE=0"
    zone = ZoneInfo("Asia/Shanghai")
    series = Series(rule=rule, first=datetime(2026, 1, 1, 8), zone=zone, workdays=True)
    days = {slot.astimezone(zone).date() for slot in year(series, datetime(2025, 12, 31, 20, tzinfo=UTC))}
    assert date(2026, 10, 1) not in days
    assert date(2026, 2, 14) in days  # a Saturday that is worked for the Spring Festival
    assert all(is_workday(day) for day in days)


def test_how_close_slots_come() -> None:
    zone = ZoneInfo("Asia/Shanghai")

    def closest(rule: str) -> timedelta | None:
        return Series.starting(rule, datetime(2026, 1, 1, tzinfo=UTC), zone).closest()

    assert closest("FREQ=MINUTELY") == timedelta(minutes=1)
    assert closest("FREQ=DAILY;BYHOUR=8,9;BYMINUTE=0") == timedelta(hours=1)
    assert closest("FREQ=DAILY;BYHOUR=8;BYMINUTE=0,2") == timedelta(minutes=2)
    assert closest("FREQ=DAILY;COUNT=1") is None


def test_words() -> None:
    assert in_words("FREQ=WEEKLY;BYDAY=MO,WE;BYHOUR=9;BYMINUTE=30", datetime(2026, 1, 5, 9, 30)) == "每周一、三 09:30"
    assert in_words("FREQ=DAILY", datetime(2026, 1, 5, 9, 0)) == "每天 09:00"
    until = "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;UNTIL=20260107T235959"
    assert in_words(until, datetime(2026, 1, 5, 9, 0)) == "每天 09:00，到1月7号为止"
    assert in_words(until, datetime(2025, 12, 30, 9, 0)) == "每天 09:00，到2026年1月7号为止"


@settings(max_examples=60, deadline=None)
@given(
    times=st.lists(clocks, min_size=2, max_size=4, unique=True),
    start=starts,
    days=st.sampled_from(["", "MO,WE", "work"]),
)
def test_several_times_of_a_day_come_each_on_every_day_of_the_rule(
    times: list[tuple[int, int]], start: date, days: str
) -> None:
    meant = sorted(time(*each) for each in times)
    named = "MO,TU,WE,TH,FR" if days == "work" else days
    parts = {
        "FREQ": "DAILY",
        **({"BYDAY": named} if named else {}),
        **times_of_day([datetime.combine(start, each) for each in meant]),
    }
    zone = ZoneInfo("Asia/Shanghai")
    rule = ";".join(f"{name}={part}" for name, part in parts.items())
    series = Series(rule=rule, first=datetime.combine(start, meant[0]), zone=zone, workdays=days == "work")
    begin = datetime.combine(start, time(), zone) - timedelta(seconds=1)
    found = [
        slot.astimezone(zone) for slot in takewhile(lambda slot: slot < begin + timedelta(30), series.slots(begin))
    ]
    wanted = [
        datetime.combine(day, each, zone)
        for day in (start + timedelta(number) for number in range(30))
        if (is_workday(day) if days == "work" else not days or DAYS[day.weekday()] in days)
        for each in meant
    ]
    assert found == wanted
    assert in_words(rule, datetime.combine(start, meant[0])).endswith("、".join(f"{each:%H:%M}" for each in meant))


@pytest.mark.parametrize("zone", ZONES, ids=lambda zone: zone.key)
def test_what_counts_hours_ends_by_the_clock_on_the_wall(zone: ZoneInfo) -> None:
    first = datetime(2026, 11, 24, 14, 20, tzinfo=zone)
    series = Series.starting("FREQ=HOURLY;INTERVAL=2;UNTIL=20261124T202000", first, zone)
    slots = [slot.astimezone(zone) for slot in series.slots(first - timedelta(seconds=1))]
    assert [(slot.hour, slot.minute) for slot in slots] == [(14, 20), (16, 20), (18, 20), (20, 20)]
    assert in_words(series.rule, first.replace(tzinfo=None)) == "每2小时，到11月24号 20:20为止"
