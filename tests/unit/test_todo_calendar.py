"""Any words survive a calendar file, and its lines are as RFC 5545 wants them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from botbay.chat.lines import flat
from web.calendar_files import render
from web.pages.todos_items import Entry
from workers.reminders.slots import Series

ZONE = ZoneInfo("Asia/Shanghai")
MOMENT = datetime(2026, 11, 24, 10, tzinfo=UTC)


def entry(what: str, place: str) -> Entry:
    return Entry(
        kind="reminder", id=1, what=what, own_words=None, at=MOMENT, all_day=False, series=None, told=None,
        place=place, who="我提醒自己", in_room=False, changeable=True,
    )  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(what=st.text(max_size=260).map(flat), place=st.text(max_size=80).map(flat))
@example(what='\\n;,:"^n\\', place="BEGIN:VEVENT")
@example(what="END:VEVENT\\nEND:VCALENDAR", place="汉" * 80)
@example(what="👨‍👩‍👧‍👦" * 30, place="ATTENDEE;CN=x:mailto:a@example.com")
def test_any_words_come_back_as_they_were_and_add_nothing(what: str, place: str) -> None:
    data = render([entry(what, place)], ZONE, MOMENT)
    (event,) = Calendar.from_ical(data).events
    assert str(event["SUMMARY"]) == what
    assert str(event["DESCRIPTION"]) == "\n".join(filter(None, ("我提醒自己", place)))
    assert data.endswith(b"\r\n")
    lines = data.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert all(line.decode() is not None for line in lines)  # no character is cut in two
    assert b"\n" not in data.replace(b"\r\n", b"") and b"\r" not in data.replace(b"\r\n", b"")
    assert sorted(line for line in lines if line.startswith(b"BEGIN:"))[:2] == [b"BEGIN:STANDARD", b"BEGIN:VCALENDAR"]
    assert len([line for line in lines if line.startswith(b"BEGIN:VEVENT")]) == 1


def test_every_two_hours_until_the_evening_ends_in_a_calendar_when_it_ends_here() -> None:
    series = Series.starting("FREQ=HOURLY;INTERVAL=2;UNTIL=20261124T220000", MOMENT, ZONE)  # 18:00 there
    (event,) = Calendar.from_ical(render([replace(entry("喝水", ""), series=series)], ZONE, MOMENT)).events
    rule = rrulestr(event["RRULE"].to_ical().decode(), dtstart=event["DTSTART"].dt)
    slots = [MOMENT + timedelta(hours=each) for each in (0, 2, 4)]
    assert list(rule) == slots == list(series.slots(MOMENT - timedelta(seconds=1)))
