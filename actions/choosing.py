"""Lists with numbers that an answer told: whether one still stands, and which of its places were said."""

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk import Tracker

from actions.heard import Heard
from actions.requests import Request

#: Numbers hold this long after the list, or after one of them was taken. Seconds.
_HOLDS = 30 * 60
MORE = re.compile(r"还有|换一?[批页组些]|下一?[批页]|更多|(?:其[他它]|别)的(?!群|人)|再来|继续|往下")
_NEWEST, _OLDEST = re.compile(r"最新|最近|最晚"), re.compile(r"最早|最老|最旧")


def standing(tracker: Tracker, intent: str) -> Request | None:
    """The request of this intent whose answer told things with numbers, while the numbers hold."""
    request = Request.of_slot(tracker.get_slot("answered_request"))
    if request is None or request.intent != intent or not request.choices:
        return None
    for event in reversed(tracker.events):
        if event["event"] == "user" and turn_of(event) == request.told:
            said_at = event.get("timestamp")
            return request if said_at is None or float(said_at) > time.time() - _HOLDS else None
    return None


def turn_of(event: Mapping[str, Any]) -> int | None:
    return (event.get("metadata") or {}).get("turn_id")


def places(heard: Heard, choices: Sequence[Mapping[str, Any]]) -> list[int]:
    """The places that were said, counted from 0; one outside of the list for a number that stands for none.

    ``choices``: each with ``at``, when it was sent (ISO).
    """
    times = [str(choice["at"]) for choice in choices]
    if heard.intent == "choose" and _NEWEST.search(heard.text):
        return [times.index(max(times))]
    if heard.intent == "choose" and _OLDEST.search(heard.text):
        return [times.index(min(times))]
    numbers = [one.get("number") for one in heard.entities if one.get("entity") == "ordinal"]
    found = [
        number - 1 if number > 0 else len(choices) + number
        for number in numbers
        if isinstance(number, int) and number != 0
    ]
    return list(dict.fromkeys(found))
