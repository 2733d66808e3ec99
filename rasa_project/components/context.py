"""Who is being spoken to, as entities: rules then ask for it without calling an action."""

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, METADATA
from rasa.shared.nlu.training_data.message import Message

CONTEXT_ENTITIES = ("audience", "bound", "named")


def context_entities(metadata: dict[str, Any]) -> list[dict[str, Any]]:
    """The entities for what `metadata` tells; what it does not tell gives none."""
    return [
        {"entity": name, "value": metadata[name], "extractor": "TurnContext"}
        for name in CONTEXT_ENTITIES
        if metadata.get(name) is not None
    ]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class TurnContext(GraphComponent):
    """Adds `audience`, `bound` and `named` from the metadata that the channel passes with each message."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "TurnContext":
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            found = context_entities(message.get(METADATA) or {})
            message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages
