"""What becomes of a sentence, and whether that is right: the rules by which pipelines and versions are measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rasa.shared.nlu.training_data.entities_parser import replace_entities

INERT = frozenset({"out_of_scope", "chitchat", "nlu_fallback"})
TALK = frozenset({"greet", "thanks", "goodbye", "affirm", "deny", "cancel", "help", "ask_identity"}) | frozenset(
    {"choose", "correct", "follow_up"}
)
IRREVOCABLE = frozenset({"mail_minutes", "mail_report", "approve", "reject", "transfer_approval"}) | frozenset(
    {"cancel_reminder", "withdraw_application", "forget_me"}
)
#: Below this nothing is even asked.
ASKING = 0.3


def sentences(file: Path) -> list[tuple[str, str]]:
    """Text, without the marks of entities, and intent of every sentence in a file of training data."""
    blocks = yaml.safe_load(file.read_text("utf-8"))["nlu"]
    return [
        (replace_entities(line[2:].strip()), block["intent"])
        for block in blocks
        for line in block["examples"].splitlines()
    ]


@dataclass(frozen=True, kw_only=True)
class Guess:
    """What a model makes of a sentence: its likeliest intent, and what follows from how sure it is."""

    intent: str
    confidence: float
    decision: str  # accept, clarify, none

    @property
    def accepted(self) -> bool:
        return self.decision == "accept"

    @property
    def asked(self) -> bool:
        return self.decision == "clarify"

    @property
    def acts(self) -> bool:
        return self.accepted and self.intent not in INERT | TALK

    def means(self, wanted: str) -> bool:
        return self.intent == wanted or {self.intent, wanted} <= INERT

    def right(self, wanted: str) -> bool:
        """Whether it does what was asked for; of what asks for nothing, whether it does nothing."""
        return not self.acts if wanted in INERT else self.accepted and self.means(wanted)


def guess(parsed: Mapping[str, Any]) -> Guess:
    """Reads the result of a parse. Without a decision in it, what is not the fallback is accepted."""
    ranking = [one for one in parsed.get("intent_ranking") or () if one["name"] != "nlu_fallback"]
    likeliest = ranking[0] if ranking else {"name": "nlu_fallback", "confidence": 0.0}
    intent, confidence = likeliest["name"], float(likeliest["confidence"])
    decision = parsed.get("decision")
    if decision is None:
        if ranking and parsed["intent"]["name"] == intent:
            decision = "accept"
        else:
            decision = "clarify" if confidence >= ASKING and intent not in INERT else "none"
    return Guess(intent=intent, confidence=confidence, decision=decision)


def commands(pairs: list[tuple[str, Guess]]) -> dict[str, Any]:
    """Shares of what became of sentences that ask for something."""
    asking = [(wanted, guess) for wanted, guess in pairs if wanted not in INERT]
    outcomes = {
        "top": sum(guess.means(wanted) for wanted, guess in asking),
        "right": sum(guess.right(wanted) for wanted, guess in asking),
        "asked": sum(guess.asked for _, guess in asking),
        "wrong": sum(guess.acts and not guess.means(wanted) for wanted, guess in asking),
    }
    shares = {name: round(count / len(asking), 4) if asking else 0.0 for name, count in outcomes.items()}
    return {"sentences": len(asking)} | shares


def others(guesses: list[Guess]) -> dict[str, Any]:
    """Counts of what became of sentences that ask for nothing."""
    return {
        "sentences": len(guesses),
        "acted": sum(guess.acts for guess in guesses),
        "irrevocable": sum(guess.acts and guess.intent in IRREVOCABLE for guess in guesses),
    }
