"""All the entities of a sentence, as Rasa carries them."""

from typing import Any

from rasa_project.components.accounts import find_accounts
from rasa_project.components.moments import find_moments
from rasa_project.components.nicknames import find_nicknames
from rasa_project.components.ordinals import find_numbers, find_ordinals
from rasa_project.components.people import find_people
from rasa_project.components.query import find_query, find_quoted_query
from rasa_project.components.rooms import find_quoted_rooms, find_rooms
from rasa_project.components.spans import Span, clean, take
from rasa_project.components.things import (
    find_amounts,
    find_emails,
    find_file_names,
    find_kinds,
)

_LOOKING = frozenset({"find_file", "find_message"})
#: Where a kind of file says what is looked for, or what instead of it.
_OF_FILES = _LOOKING | {"follow_up", "correct"}


#: Asks for nothing: 晚上好 names no time, 88 no choice.
_TALK = frozenset({"greet", "goodbye", "thanks", "chitchat", "ask_identity"})


def find_entities(text: str, intent: str | None = None, sure: bool = True) -> list[dict[str, Any]]:
    """The parts of a text that name something, in its order: `entity`, `value` as it was typed, `start` and `end`.

    `number` stands beside an ordinal, `kind` beside a file_kind. What is looked for depends on the intent; where that
    is not `sure`, the sentence may be a greeting that is none, or give the bot a name. Never raises on any text.
    """
    if sure and intent in _TALK:
        return []
    rest = clean(text)
    spans: list[Span] = []

    def found(more: list[Span]) -> None:
        nonlocal rest
        spans.extend(more)
        rest = take(rest, more)

    found(find_emails(rest))
    found(find_nicknames(rest, intent if sure or intent == "name_bot" else None))
    found(find_accounts(rest, intent))
    if intent in _LOOKING:
        found(find_file_names(rest))
    found(find_numbers(rest, intent))
    found(find_quoted_rooms(rest))
    if intent in _LOOKING and not any(span.entity == "query" for span in spans):
        found(find_quoted_query(rest))
    found(find_moments(rest, intent))
    found(find_rooms(rest))
    found(find_amounts(rest, intent))
    if intent != "name_bot":
        # 不叫小白了，叫小黑: neither is a person.
        found(find_people(rest, intent))
    found(find_ordinals(rest, intent))
    if intent in _OF_FILES:
        found(find_kinds(rest))
    if intent in _LOOKING and not any(span.entity == "query" for span in spans):
        found(find_query(rest))
    return [
        {
            "entity": span.entity,
            "value": text[span.start : span.end],
            "start": span.start,
            "end": span.end,
            **span.extra,
        }
        for span in sorted(spans, key=lambda span: span.start)
    ]
