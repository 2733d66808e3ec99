"""What the dialogue server made of the sentence just said."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rasa_sdk import Tracker

#: A sentence that is less sure than this is taken for the answer that a form waits for.
_COMMAND = 0.85
#: Not sure to ask for anything: any of these may be the answer to a question.
_NO_COMMAND = frozenset({"nlu_fallback", "unsure", "out_of_scope", "chitchat"})


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A sentence with its likeliest intents (name, confidence), and its entities as the pipeline found them.

    ``triggered``: nobody said it; it came by itself, and its text is the time that it came with.
    """

    text: str
    intent: str
    confidence: float
    ranking: tuple[tuple[str, float], ...]
    decision: str  # accept, clarify or none
    options: tuple[str, ...]
    entities: tuple[Mapping[str, Any], ...]
    triggered: bool = False

    @classmethod
    def of(cls, tracker: Tracker) -> "Heard":
        message: Mapping[str, Any] = tracker.latest_message
        intent = message.get("intent") or {}
        entities = tuple(one for one in message.get("entities") or [] if isinstance(one, Mapping))
        text = str(message.get("text") or "")
        triggered = text.startswith("/")  # the channel lets nobody say that
        if triggered:
            text = " ".join(str(one["value"]) for one in entities if one.get("entity") == "time")
        ranking = [(str(one["name"]), float(one["confidence"])) for one in message.get("intent_ranking") or []]
        return cls(
            text=text,
            intent=str(intent.get("name") or "nlu_fallback"),
            confidence=float(intent.get("confidence") or 0.0),
            ranking=tuple(one for one in ranking if one[0] != "nlu_fallback"),
            decision=str(message.get("decision") or "accept"),
            options=tuple(message.get("options") or ()),
            entities=entities,
            triggered=triggered,
        )

    def first(self, name: str, key: str = "value") -> Any | None:
        """The first entity of that name: its value, or another key of it; None when there is none."""
        return next((one.get(key) for one in self.entities if one.get("entity") == name), None)

    def all(self, name: str) -> list[str]:
        """The values of all entities of that name."""
        return [str(one["value"]) for one in self.entities if one.get("entity") == name]

    def commands(self, *but: str) -> bool:
        """Whether the sentence surely asks for something (or for something other than the intents ``but``)."""
        return self.intent not in _NO_COMMAND and self.intent not in but and self.confidence >= _COMMAND


def said_before(tracker: Tracker) -> Mapping[str, Any] | None:
    """The sentence before the one just said, which may stand there twice: as it was heard, and as it was meant."""
    turn = (tracker.latest_message.get("metadata") or {}).get("turn_id")
    said = [event for event in tracker.events if event["event"] == "user"]
    return next((each for each in reversed(said[:-1]) if (each.get("metadata") or {}).get("turn_id") != turn), None)


def answers(tracker: Tracker, slot: str) -> bool:
    """Whether the sentence was said in answer to a form's question for ``slot``, and nothing was done since.

    (A form that calls its validator counts as run already.) What came by itself answers nothing.
    """
    if Heard.of(tracker).triggered:
        return False
    form = (tracker.active_loop or {}).get("name")
    for event in reversed(tracker.events):
        if event["event"] == "user":
            return bool(tracker.get_slot("requested_slot") == slot)
        if event["event"] == "action" and event.get("name") != form:
            return False
    return False
