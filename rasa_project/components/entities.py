"""What a command carries in its own sentence: its entities, and for whom it is meant."""

import re
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from rasa_project.components.finding import find_entities
from rasa_project.components.text import LONGEST, simplify

#: Below this another intent may well be meant.
_SURE = 0.5
_SCOPES = (
    (
        "all",
        re.compile(r"所有的?群|每个群|各个群|任何群|全部|所有的?地方|任何地方|哪里都|哪儿都|到处|所有聊天|所有对话"),
    ),
    ("room", re.compile(r"全群|整个群|整群|这个群|这群|本群|群里|大家|所有人|全体|在群|对谁都|每个人")),
)


def find_scope(text: str) -> str | None:
    """`all` for every conversation, `room` for the whole room, None for the speaker alone."""
    simplified = simplify(text[:LONGEST])
    return next((scope for scope, words in _SCOPES if words.search(simplified)), None)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class CommandEntities(GraphComponent):
    """Adds what the sentence names: all that `find_entities` finds, and `scope`.

    Stands behind the classifier: what is looked for depends on the intent.
    """

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "CommandEntities":
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            likeliest = message.get(INTENT) or {}
            sure = float(likeliest.get(PREDICTED_CONFIDENCE_KEY) or 0.0) >= _SURE
            entities = find_entities(text, likeliest.get(INTENT_NAME_KEY), sure)
            if scope := find_scope(text):
                entities.append({"entity": "scope", "value": scope})
            entities = [{**each, "extractor": "CommandEntities"} for each in entities]
            message.set(ENTITIES, message.get(ENTITIES, []) + entities, add_to_output=True)
        return messages
