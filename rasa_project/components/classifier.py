"""Intent classification by character n-grams and jieba words: small, quick, and honest about its doubt."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import INTENT, TEXT, TEXT_TOKENS
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from scipy.special import log_softmax
from sklearn.model_selection import StratifiedShuffleSplit

from rasa_project.components import regression
from rasa_project.components.lexicon import notions
from rasa_project.components.shapes import shape

_DIGIT = re.compile(r"\d")
#: Steps of a fit from nothing, and of one that starts where the other ended.
_FIRST_STEPS, _MORE_STEPS = 60, 20


def grams(text: str, words: Iterable[str], longest: int) -> list[str]:
    """Each distinct feature of a shaped text once.

    Character n-grams with both ends marked, pairs of characters with one between them, words, pairs of neighbouring words, notions, and pairs of
    notions in their order. Digits count as one digit, so that a code looks like any other code.
    """
    marked = f"^{_DIGIT.sub('0', text)}$"
    found = [marked[i : i + n] for n in range(1, longest + 1) for i in range(len(marked) - n + 1)]
    found += ["s:" + first + third for first, third in zip(marked, marked[2:], strict=False)]
    cut = [_DIGIT.sub("0", word) for word in words]
    found += ["w:" + word for word in cut]
    found += [f"p:{left} {right}" for left, right in pairwise(["^", *cut, "$"])]
    named = notions(text)
    found += ["n:" + notion for notion in named]
    found += [f"o:{first} {second}" for first, second in combinations(named, 2)]
    return list(dict.fromkeys(found))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class GramClassifier(IntentClassifier, GraphComponent):
    """Multinomial logistic regression on weighted grams, its confidence calibrated on held-out examples.

    A gram never seen in training has no weight but its share in the length of the vector, so the
    more of a sentence is new, the nearer its confidence falls to chance. Predictions read two
    arrays and a dictionary; scikit-learn takes part in training only.
    """

    @classmethod
    def required_components(cls) -> list[type[Any]]:
        return [Tokenizer]

    @staticmethod
    def required_packages() -> list[str]:
        return ["jieba", "opencc", "sklearn"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "longest_gram": 3,
            "rarest": 2,
            "regularisation": 60.0,
            "held_out": 0.2,
            # The share in the length that a gram never seen has, against that of the rarest.
            "unknown": 0.3,
            "ranking_length": 5,
            # Near misses fill a third of the data and far less of what is said to a bot, so that intent starts
            # with lower odds than its share in the data gives it, by this natural logarithm.
            "surplus_intent": "out_of_scope",
            "surplus": 1.0,
        }

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._intents: list[str] = []
        self._index: dict[str, int] = {}
        self._idf = np.zeros(0)
        self._rarest_idf = 0.0
        self._weights = np.zeros((0, 0))
        self._bias = np.zeros(0)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "GramClassifier":
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Fits on every example that has a text and an intent, and stores the result."""
        examples = [e for e in training_data.intent_examples if e.get(TEXT) and e.get(INTENT)]
        documents = [self._grams(example) for example in examples]
        labels = np.array([example.get(INTENT) for example in examples])
        self._intents = sorted(set(labels))
        targets = np.searchsorted(self._intents, labels)

        splitter = StratifiedShuffleSplit(1, test_size=self._config["held_out"], random_state=0)
        inside, outside = next(splitter.split(documents, targets))
        self._fit([documents[i] for i in inside], targets[inside], _FIRST_STEPS)
        temperature = _temperature(np.array([self._scores(documents[i]) for i in outside]), targets[outside])

        self._fit(documents, targets, _MORE_STEPS)
        self._weights /= temperature
        self._bias /= temperature
        if self._config["surplus_intent"] in self._intents:
            self._bias[self._intents.index(self._config["surplus_intent"])] -= self._config["surplus"]
        self._persist()
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets `intent` and `intent_ranking`; confidences are probabilities over all intents."""
        for message in messages:
            scores = self._scores(self._grams(message))
            confidences = np.exp(scores - scores.max())
            confidences /= confidences.sum()
            order = np.argsort(-confidences, kind="stable")[: self._config["ranking_length"]]
            ranking = [{"name": self._intents[i], "confidence": float(confidences[i])} for i in order]
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def _grams(self, message: Message) -> list[str]:
        words = [token.text for token in message.get(TEXT_TOKENS) or []]
        return grams(shape(message.get(TEXT) or ""), words, self._config["longest_gram"])

    def _fit(self, documents: list[list[str]], targets: "np.ndarray[Any, Any]", steps: int) -> None:
        """Fits from the weights of the fit before, where there was one."""
        before = dict(zip(self._index, self._weights, strict=True))
        counts = Counter(gram for document in documents for gram in document)
        known = sorted(gram for gram, count in counts.items() if count >= self._config["rarest"])
        self._index = {gram: i for i, gram in enumerate(known)}
        self._idf = np.log((1 + len(documents)) / (1 + np.array([counts[gram] for gram in known]))) + 1
        self._rarest_idf = float(self._idf.max())
        rows = [self._vector(document) for document in documents]
        matrix = csr_matrix(
            (
                np.concatenate([values for _, values in rows]).astype("f4"),
                np.concatenate([columns for columns, _ in rows]),
                np.cumsum([0] + [len(columns) for columns, _ in rows]),
            ),
            shape=(len(documents), len(self._index)),
        )
        start = np.zeros((len(known) + 1, len(self._intents)))
        for gram in before.keys() & self._index.keys():
            start[self._index[gram]] = before[gram]
        if before:
            start[-1] = self._bias
        found = regression.fit(matrix, targets, self._config["regularisation"], start, steps)
        self._weights, self._bias = np.ascontiguousarray(found[:-1]), found[-1]

    def _vector(self, document: list[str]) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
        """Columns and values of the known grams; the unknown ones weigh in the length only."""
        index = self._index
        columns = np.array([index[gram] for gram in document if gram in index], dtype=np.int64)
        values = self._idf[columns]
        unknown = self._config["unknown"] * (len(document) - len(columns)) * self._rarest_idf**2
        return columns, values / math.sqrt(float(values @ values) + unknown)

    def _scores(self, document: list[str]) -> "np.ndarray[Any, Any]":
        columns, values = self._vector(document)
        return values @ self._weights[columns] + self._bias

    def _persist(self) -> None:
        with self._storage.write_to(self._resource) as folder:
            np.savez(folder / "weights.npz", idf=self._idf, weights=self._weights.astype("f4"), bias=self._bias)
            (folder / "vocabulary.json").write_text(
                json.dumps({"intents": self._intents, "grams": list(self._index)}, ensure_ascii=False), "utf-8"
            )

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "GramClassifier":
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            arrays = np.load(folder / "weights.npz")
            component._idf, component._bias = arrays["idf"], arrays["bias"]
            component._rarest_idf = float(component._idf.max())
            component._weights = arrays["weights"]
            vocabulary = json.loads((folder / "vocabulary.json").read_text("utf-8"))
        component._intents = vocabulary["intents"]
        component._index = {gram: i for i, gram in enumerate(vocabulary["grams"])}
        return component


def _temperature(scores: "np.ndarray[Any, Any]", targets: "np.ndarray[Any, Any]") -> float:
    """What to divide held-out scores by so that their confidences are as often right as they claim."""
    rows = np.arange(len(targets))

    def loss(log_temperature: float) -> float:
        return -float(log_softmax(scores / np.exp(log_temperature), axis=1)[rows, targets].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded").x))
