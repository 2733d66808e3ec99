"""What to do with a sentence: act on it, ask back, or say that it was not understood."""

import re
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from rasa_project.components.text import normalise

#: What may stand around a word of everyday agreement without making it any clearer.
_FRAME = re.compile(r"^(?:我们?|都|也|完全|非常|坚决|嗯|好|[,，\s])+|[的了吧啊哈呀嘛呢哦噢哟啦滴!~\s]+$")

ACCEPT, CLARIFY, NONE = "accept", "clarify", "none"
UNSURE, UNKNOWN = "unsure", "nlu_fallback"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class Decision(GraphComponent):
    """Adds `decision` and `options` to the parse result, and renames an intent that is not accepted.

    `accept`: the intent stays. `clarify`: the intent becomes `unsure`, and `options` holds the likeliest commands,
    best first. `none`: the intent becomes `nlu_fallback`, unless the sentence is known to ask for nothing. Confidences
    must be calibrated: the thresholds are shares of what may go wrong.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config
        self._irrevocable = frozenset(config["irrevocable"])
        self._never_offered = frozenset(config["never_offered"])
        self._idle = frozenset(config["idle"])
        self._harmless = frozenset(config["harmless"])
        self._everyday = frozenset(config["everyday"])

    @classmethod
    def required_components(cls) -> list[type[Any]]:
        return [IntentClassifier]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "accept": 0.6,
            "margin": 0.1,
            # What changes nothing may be taken for meant sooner.
            "accept_harmless": 0.6,
            "harmless": [],
            # What cannot be undone is done only when it is this sure.
            "accept_irrevocable": 0.85,
            "irrevocable": [],
            # Said alone these agree with anybody about anything: an irrevocable intent that has no more to go by is
            # asked back, and keeps its name, since a question that was just asked gives it its meaning.
            "everyday": [],
            # A question back is worth it when all commands together are this likely, and names those of this share.
            "ask": 0.35,
            "option": 0.12,
            "options": 3,
            # Without a conversation before it, these mean nothing, or they are no command.
            "never_offered": [],
            # These ask for nothing: understood, and not acted on.
            "idle": ["out_of_scope"],
        }

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "Decision":
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            ranking = [
                (str(one[INTENT_NAME_KEY]), float(one[PREDICTED_CONFIDENCE_KEY]))
                for one in message.get("intent_ranking") or []
            ]
            decision, options = self.decide(ranking)
            everyday = (
                decision == ACCEPT and ranking[0][0] in self._irrevocable and self._is_everyday(message.get(TEXT))
            )
            if everyday:
                decision, options = CLARIFY, [ranking[0][0]]
            message.set("decision", decision, add_to_output=True)
            message.set("options", options, add_to_output=True)
            likeliest = message.get(INTENT) or {INTENT_NAME_KEY: None, PREDICTED_CONFIDENCE_KEY: 0.0}
            if decision == CLARIFY and not everyday:
                message.set(INTENT, {**likeliest, INTENT_NAME_KEY: UNSURE}, add_to_output=True)
            elif decision == NONE and not self._accepts(ranking):
                message.set(INTENT, {**likeliest, INTENT_NAME_KEY: UNKNOWN}, add_to_output=True)
        return messages

    def decide(self, ranking: list[tuple[str, float]]) -> tuple[str, list[str]]:
        """The decision on a ranking of (intent, confidence), likeliest first, and what a question back would offer."""
        if self._accepts(ranking):
            return (NONE if ranking[0][0] in self._idle else ACCEPT), []
        commands = [(name, share) for name, share in ranking if name not in self._never_offered | self._idle]
        if sum(share for _, share in commands) < self._config["ask"]:
            return NONE, []
        options = [name for name, share in commands if share >= self._config["option"]]
        return (CLARIFY, options[: self._config["options"]]) if options else (NONE, [])

    def _enough(self, name: str) -> float:
        if name in self._irrevocable:
            return float(self._config["accept_irrevocable"])
        return float(self._config["accept_harmless" if name in self._harmless else "accept"])

    def _is_everyday(self, text: "str | None") -> bool:
        return _FRAME.sub("", normalise(text or "")) in self._everyday

    def _accepts(self, ranking: list[tuple[str, float]]) -> bool:
        if not ranking:
            return False
        name, share = ranking[0]
        second = ranking[1][1] if len(ranking) > 1 else 0.0
        return share >= self._enough(name) and share - second >= self._config["margin"]
