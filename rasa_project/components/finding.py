"""All the entities of a sentence, as Rasa carries them."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from rasa_project.components.tagger import Tagger

_LOOKING = frozenset({"find_file", "find_message"})
#: Where a kind of file says what is looked for, or what instead of it.
_OF_FILES = _LOOKING | {"follow_up", "correct"}


#: Asks for nothing: 晚上好 names no time, 88 no choice.
_TALK = frozenset({"greet", "goodbye", "thanks", "chitchat", "ask_identity"})
#: Names nobody: the tagger need not look.
_NAMELESS = _TALK | {"affirm", "deny", "cancel", "help", "forget_me", "remember_me", "choose", "bind_account"}


def find_spans(text: str, intent: str | None = None, sure: bool = True) -> list[Span]:
    """The parts of a clean text that name something. What is looked for depends on the intent.

    Where that is not `sure`, the sentence may be a greeting that is none, or give the bot a name. Never raises on any
    text.
    """
    if sure and intent in _TALK:
        return []
    rest = text
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
    return spans


def _completed(text: str, spans: list[Span]) -> list[Span]:
    """The spans of a clean text, each file_kind with its `kind`: it is none without."""
    whole = []
    for span in spans:
        if span.entity == "file_kind" and not span.extra:
            kinds = find_kinds(text[span.start : span.end])
            if not kinds:
                continue
            span = replace(span, extra=kinds[0].extra)
        whole.append(span)
    return whole


def find_entities(
    text: str, intent: str | None = None, sure: bool = True, tagger: "Tagger | None" = None
) -> list[dict[str, Any]]:
    """The entities of a text in its order, as Rasa carries them: `entity`, `value` as it was typed, `start` and `end`.

    `number` stands beside an ordinal, `kind` beside a file_kind. Without a tagger they are what the rules find.
    """
    cleaned = clean(text)
    spans = find_spans(cleaned, intent, sure)
    if tagger and not (sure and intent in _NAMELESS):
        spans = _completed(cleaned, tagger.find(cleaned, intent if sure else None, spans))
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
