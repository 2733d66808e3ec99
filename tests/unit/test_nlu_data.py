"""The sentences that the dialogue is trained and tested on, and the names that the domain shares with the actions."""

import importlib
import pkgutil
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

import actions
from actions.base import BotBayAction, BotBayForm

PROJECT = Path(__file__).parents[2] / "rasa_project"
ACTING = {
    "accounts": ["bind_account", "unbind_account"],
    "naming": ["name_bot"],
    "switching": ["stop_bot", "start_bot"],
    "recording": ["start_recording", "stop_recording", "forget_me", "remember_me"],
    "reports": ["ask_daily_report", "mail_report", "subscribe_report", "unsubscribe_report"],
    "minutes": ["ask_minutes", "mail_minutes"],
    "reminders": ["create_reminder", "list_todos", "cancel_reminder", "complete_todo", "snooze_reminder"],
    "approvals": [
        *("submit_application", "ask_application_status", "withdraw_application"),
        *("list_approvals", "approve", "reject", "transfer_approval"),
    ],
    "files": ["find_file", "find_message", "read_image"],
}
TRIGGERS = {"new_friend", "room_joined", "member_joined", "question_expired", "reminder_due"}
_MARK = re.compile(r"\[([^\[\]]+)\]\(\w+\)")


def sentences(path: Path) -> list[tuple[str, str]]:
    """Text, without the marks of entities, and intent of every example in an NLU file."""
    blocks = yaml.safe_load(path.read_text("utf-8"))["nlu"]
    return [
        (_MARK.sub(r"\1", line.removeprefix("- ")), block["intent"])
        for block in blocks
        for line in block["examples"].splitlines()
    ]


@pytest.fixture(scope="module")
def training() -> list[tuple[str, str]]:
    return [pair for path in sorted((PROJECT / "data/nlu").glob("*.yml")) for pair in sentences(path)]


@pytest.fixture(scope="module")
def held_out() -> list[tuple[str, str]]:
    return sentences(PROJECT / "tests/test_nlu.yml")


@pytest.fixture(scope="module")
def domain() -> dict[str, list[Any]]:
    merged: dict[str, list[Any]] = {}
    for path in sorted((PROJECT / "domain").glob("*.yml")):
        for key, value in yaml.safe_load(path.read_text("utf-8")).items():
            merged.setdefault(key, []).extend(value)
    return merged


def test_every_intent_has_enough_varied_sentences(training: list[tuple[str, str]]) -> None:
    count = Counter(intent for _, intent in training)
    assert min(count.values()) >= 40, count


def test_no_sentence_stands_twice_but_what_may_mean_several_things(training: list[tuple[str, str]]) -> None:
    ambiguous = sentences(PROJECT / "data/nlu/ambiguous.yml")
    twice = {text for text, times in Counter(text for text, _ in training).items() if times > 1}
    assert twice == {text for text, _ in ambiguous}
    assert len(set(ambiguous)) == len(ambiguous)


@pytest.mark.parametrize("topic", ACTING)
def test_commands_stand_beside_near_misses_in_the_same_words(topic: str) -> None:
    pairs = sentences(PROJECT / f"data/nlu/{topic}.yml")
    near_misses = [text for text, intent in pairs if intent == "out_of_scope"]
    assert len(near_misses) >= 40 * len(ACTING[topic])
    for intent in ACTING[topic]:
        words = {text[i : i + 2] for text, found in pairs if found == intent for i in range(len(text) - 1)}
        shared = [text for text in near_misses if any(text[i : i + 2] in words for i in range(len(text) - 1))]
        assert len(shared) >= 40, intent


def test_held_out_sentences_are_held_out(training: list[tuple[str, str]], held_out: list[tuple[str, str]]) -> None:
    assert {text for text, _ in training} & {text for text, _ in held_out} == set()
    assert min(Counter(intent for _, intent in held_out).values()) >= 15


def test_domain_and_data_name_the_same_intents(
    domain: dict[str, list[Any]], training: list[tuple[str, str]], held_out: list[tuple[str, str]]
) -> None:
    trained = {intent for _, intent in training}
    assert trained == {intent for _, intent in held_out}
    assert set(domain["intents"]) == trained | TRIGGERS | {"nlu_fallback", "unsure"}


def test_every_action_of_the_domain_is_served(domain: dict[str, list[Any]]) -> None:
    named = {next(iter(action)) if isinstance(action, dict) else action for action in domain["actions"]}
    for module in pkgutil.iter_modules(actions.__path__, "actions."):
        importlib.import_module(module.name)
    served = {action.action for action in (*BotBayAction.__subclasses__(), *BotBayForm.__subclasses__())}
    assert served == named
