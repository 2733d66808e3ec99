"""Jieba's words of the shaped text."""

import logging
from typing import Any

import jieba
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.jieba_tokenizer import JiebaTokenizer
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.training_data.message import Message

from rasa_project.components.shapes import shape

jieba.setLogLevel(logging.WARNING)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class NormalisingJiebaTokenizer(JiebaTokenizer):
    """Rasa's jieba tokenizer on the shaped text: offsets count in that text, blanks are no tokens."""

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        super().__init__(config, model_storage, resource)
        jieba.initialize()  # else the first message waits for the dictionary

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        words = jieba.tokenize(shape(message.get(attribute)))
        return [Token(word, start) for word, start, _ in words if not word.isspace()]
