"""What is understood and cannot be done yet: one intent for all of it, so that one rule answers."""

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_NAME_KEY
from rasa.shared.nlu.training_data.message import Message

NOT_YET = "not_yet"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class Opening(GraphComponent):
    """Renames the intents of `coming` to `not_yet`; the entity `feature` keeps which one it was.

    A feature that is done takes its intents off the list in config.yml and gets rules of its own.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._coming = frozenset(config["coming"])

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"coming": []}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "Opening":
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            intent = message.get(INTENT) or {}
            if intent.get(INTENT_NAME_KEY) in self._coming:
                feature = {"entity": "feature", "value": intent[INTENT_NAME_KEY], "extractor": "Opening"}
                message.set(ENTITIES, [*message.get(ENTITIES, []), feature], add_to_output=True)
                message.set(INTENT, {**intent, INTENT_NAME_KEY: NOT_YET}, add_to_output=True)
        return messages
