"""What ``botbay nlu parse`` says of the times that the pipeline found: the same as the bot makes of them."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from actions.heard import Heard
from actions.request_times import read_time
from actions.requests import FEATURES
from botbay.rasa.parsing import resolved

NOW = datetime(2026, 11, 22, 17, 0, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Sunday


def entity(value: str) -> dict[str, Any]:
    return {"entity": "time", "value": value, "start": 3, "end": 3 + len(value), "extractor": "CommandEntities"}


@pytest.mark.parametrize(
    ("value", "intent", "told"),
    [
        ("明天三点", "create_reminder", {"kind": "point", "at": "2026-11-23T15:00:00+08:00", "ambiguous": True}),
        ("3月5号", "ask_minutes", {"kind": "point", "at": "2026-03-05T00:00:00+08:00"}),
        ("3月5号", "cancel_reminder", {"kind": "point", "at": "2027-03-05T00:00:00+08:00"}),
        ("每天睡前十一点", "create_reminder", {"kind": "recurring", "rrule": "FREQ=DAILY", "matched": "每天"}),
        ("提前十分钟", "create_reminder", {"kind": "none", "at": None, "rrule": None}),
        ("睡前", "create_reminder", {"kind": "point", "at": "2026-11-22T22:00:00+08:00"}),
        ("饭后", "create_reminder", {"kind": "none", "at": None, "rrule": None}),
    ],
)
def test_a_time_keeps_its_place_and_says_what_it_means(value: str, intent: str, told: dict[str, Any]) -> None:
    found = resolved(entity(value), intent, NOW)
    assert entity(value).items() <= found.items()
    assert told.items() <= found.items()
    assert ("matched" in found) == ("matched" in told)


@pytest.mark.parametrize("intent", sorted(FEATURES))
def test_it_looks_the_same_way_as_the_bot_does(intent: str) -> None:
    value = "3月5号上午九点"
    heard = Heard(
        text=value,
        intent=intent,
        confidence=1.0,
        ranking=(),
        decision="accept",
        options=(),
        entities=({"entity": "time", "value": value},),
    )
    used = read_time(heard, value, intent, NOW.replace(tzinfo=None))
    assert used is not None
    if intent != "subscribe_report":  # every day at that hour, whichever day was named
        assert ("2027" in used["shown"]) == ("2027" in resolved(entity(value), intent, NOW)["at"])
