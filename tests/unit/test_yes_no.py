"""A yes that is no yes: what is said in answer to a question that erases, keeps or unbinds."""

from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.heard import Heard
from actions.recording import ValidateEraseRecordingForm
from actions.yes_no import agrees
from tests.unit.test_requests import heard


@pytest.mark.parametrize(
    ("text", "intent", "yes"),
    [
        ("好的", "affirm", True),
        ("没问题", "affirm", True),
        ("不错，存吧", "affirm", True),
        ("好的不用保存", "affirm", False),
        ("好，先等等", "affirm", False),
        ("不要", "deny", False),
        ("同意", "approve", True),
        ("今天天气不错", "chitchat", None),
    ],
)
def test_a_yes_with_a_no_in_it_is_a_no(text: str, intent: str, yes: bool | None) -> None:
    assert agrees(heard(text, intent)) is yes


@pytest.mark.parametrize(
    ("text", "intent", "erased"),
    [
        ("好", "affirm", True),
        ("删掉", "out_of_scope", True),
        ("都删了吧", "out_of_scope", True),
        ("不留了，都删了", "out_of_scope", True),
        ("好的，保留吧", "affirm", False),
        ("好，留着", "affirm", False),
        ("好的，别删", "affirm", False),
        ("留着", "start_recording", False),
        ("不用", "deny", False),
        ("先不删", "deny", False),
        ("别留了", "out_of_scope", None),
        ("昨天谁发的红包", "out_of_scope", None),
    ],
)
async def test_what_was_kept_is_erased_only_by_a_clear_yes(text: str, intent: str, erased: bool | None) -> None:
    said: dict[str, Any] = {"text": text, "intent": {"name": intent, "confidence": 0.99}, "entities": []}
    slots = {"requested_slot": "erase_confirmed"}
    loop = {"name": "erase_recording_form"}
    tracker = Tracker("c1-0", slots, said, [{"event": "user", "parse_data": said}], False, None, loop, None)
    found = await ValidateEraseRecordingForm().extract_erase_confirmed(CollectingDispatcher(), tracker, {})
    assert Heard.of(tracker).text == text
    assert found.get("erase_confirmed") is erased
