"""Intent classification by character n-grams and jieba words: small, quick, and honest about its doubt."""

import json
import re
from collections import Counter
from collections.abc import Iterable
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
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from rasa_project.components.text import normalise

_DIGIT = re.compile(r"\d")


def grams(text: str, words: Iterable[str], longest: int) -> list[str]:
    """Each distinct feature of a normalised text once: character n-grams with both ends marked, words, word pairs.

    Digits count as one digit, so that a code looks like any other code.
    """
    marked = f"^{_DIGIT.sub('0', text)}$"
    found = {marked[i : i + n] for n in range(1, longest + 1) for i in range(len(marked) - n + 1)}
    cut = [_DIGIT.sub("0", word) for word in words]
    found.update(f"w:{word}" for word in cut)
    found.update(f"p:{left} {right}" for left, right in zip(["^", *cut], [*cut, "$"], strict=True))
    return sorted(found)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class GramClassifier(IntentClassifier, GraphComponent):
    """Multinomial logistic regression on weighted grams, its confidence calibrated by cross-validation.

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
        return {"longest_gram": 3, "rarest": 2, "regularisation": 60.0, "folds": 3, "ranking_length": 5}

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._intents: list[str] = []
        self._index: dict[str, int] = {}
        self._idf = np.zeros(0)
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

        held_out = np.zeros((len(documents), len(self._intents)))
        for inside, outside in StratifiedKFold(self._config["folds"], shuffle=True, random_state=0).split(
            documents, targets
        ):
            self._fit([documents[i] for i in inside], targets[inside])
            held_out[outside] = [self._scores(documents[i]) for i in outside]
        temperature = _temperature(held_out, targets)

        self._fit(documents, targets)
        self._weights /= temperature
        self._bias /= temperature
        self._persist()
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets `intent` and `intent_ranking`; confidences are probabilities over all intents."""
        for message in messages:
            confidences = softmax(self._scores(self._grams(message)))
            order = np.argsort(-confidences, kind="stable")[: self._config["ranking_length"]]
            ranking = [{"name": self._intents[i], "confidence": float(confidences[i])} for i in order]
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def _grams(self, message: Message) -> list[str]:
        words = [token.text for token in message.get(TEXT_TOKENS) or []]
        return grams(normalise(message.get(TEXT) or ""), words, self._config["longest_gram"])

    def _fit(self, documents: list[list[str]], targets: "np.ndarray[Any, Any]") -> None:
        counts = Counter(gram for document in documents for gram in document)
        known = sorted(gram for gram, count in counts.items() if count >= self._config["rarest"])
        self._index = {gram: i for i, gram in enumerate(known)}
        self._idf = np.log((1 + len(documents)) / (1 + np.array([counts[gram] for gram in known]))) + 1
        rows = [self._vector(document) for document in documents]
        matrix = csr_matrix(
            (
                np.concatenate([values for _, values in rows]),
                np.concatenate([columns for columns, _ in rows]),
                np.cumsum([0] + [len(columns) for columns, _ in rows]),
            ),
            shape=(len(documents), len(self._index)),
        )
        model = LogisticRegression(C=self._config["regularisation"], max_iter=200, tol=1e-3)
        with threadpool_limits(1):  # the same sums on every machine, and no threads spinning for each other
            model.fit(matrix, targets)
        self._weights = np.ascontiguousarray(model.coef_.T)
        self._bias = model.intercept_

    def _vector(self, document: list[str]) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
        """Columns and values of the known grams; the unknown ones weigh as the rarest and only in the length."""
        columns = np.array([self._index[gram] for gram in document if gram in self._index], dtype=np.int64)
        values = self._idf[columns]
        unknown = (len(document) - len(columns)) * float(self._idf.max()) ** 2
        return columns, values / np.sqrt(float(values @ values) + unknown)

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
