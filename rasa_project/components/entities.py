"""What a command carries: the entities of its sentence, for whom it is meant, and to whom it is said."""

import re
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import (
    ENTITIES,
    INTENT,
    INTENT_NAME_KEY,
    METADATA,
    METADATA_INTENT,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from rasa_project.components.context import context_entities
from rasa_project.components.finding import find_entities
from rasa_project.components.learning import learn
from rasa_project.components.spans import Span, clean
from rasa_project.components.tagger import Tagger

#: Below this another intent may well be meant.
_SURE = 0.5
_FILE = "tagger.crf"
_SCOPES = (
    (
        "all",
        re.compile(r"所有的?群|每个群|各个群|任何群|全部|所有的?地方|任何地方|哪里都|哪儿都|到处|所有聊天|所有对话"),
    ),
    ("room", re.compile(r"全群|整个群|整群|这个群|这群|本群|群里|大家|所有人|全体|在群|对谁都|每个人")),
)


def find_scope(text: str) -> str | None:
    """`all` for every conversation, `room` for the whole room, None for the speaker alone."""
    cleaned = clean(text)
    return next((scope for scope, words in _SCOPES if words.search(cleaned)), None)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class CommandEntities(GraphComponent):
    """Adds what the sentence names: what rules find there, as a trained tagger corrects it, `scope`, and the context.

    Stands behind the classifier: what is looked for depends on the intent. The tagger learns from the examples whose
    entities are marked: those with a mark, and those of a block with the metadata `marked: true`, which holds
    sentences that name nothing too. From the others it learns as if the rules were right, with other names in them.
    """

    @staticmethod
    def required_packages() -> list[str]:
        # Rasa asks for both a module and a distribution of each name: this one brings pycrfsuite.
        return ["jieba", "opencc", "sklearn_crfsuite"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            # What each marked example is repeated with other names, and how many unmarked ones are taken.
            "variants": 2,
            "unmarked": 4000,
            # In these nothing is marked, whatever they name.
            "nothing_in": ["out_of_scope", "chitchat"],
        }

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, tagger: Tagger | None = None
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._tagger = tagger

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "CommandEntities":
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Trains the tagger, and stores it."""
        examples = [
            (clean(example.get(TEXT)), example.get(INTENT), _marks(example))
            for example in training_data.intent_examples
            if example.get(TEXT) and example.get(INTENT) not in self._config["nothing_in"]
        ]
        with self._storage.write_to(self._resource) as folder:
            learn(folder / _FILE, examples, self._config["variants"], self._config["unmarked"])
            self._tagger = Tagger(folder / _FILE)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "CommandEntities":
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, Tagger(folder / _FILE))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            likeliest = message.get(INTENT) or {}
            sure = float(likeliest.get(PREDICTED_CONFIDENCE_KEY) or 0.0) >= _SURE
            entities = find_entities(text, likeliest.get(INTENT_NAME_KEY), sure, self._tagger)
            if scope := find_scope(text):
                entities.append({"entity": "scope", "value": scope})
            entities += context_entities(message.get(METADATA) or {})
            entities = [{**each, "extractor": "CommandEntities"} for each in entities]
            message.set(ENTITIES, message.get(ENTITIES, []) + entities, add_to_output=True)
        return messages


def _marks(example: Message) -> list[Span] | None:
    """The entities of a marked example, None for one that is not marked."""
    block = (example.get(METADATA) or {}).get(METADATA_INTENT) or {}
    if not example.get(ENTITIES) and not block.get("marked"):
        return None
    return [Span(each["entity"], each["start"], each["end"]) for each in example.get(ENTITIES) or []]
