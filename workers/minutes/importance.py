"""How much each sentence of a talk matters: a logistic regression on what it shows, trained on marked meetings."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from workers.minutes.features import Row, features
from workers.minutes.sentences import Sentence

#: Sentences are compared within a stretch of at most so many: a meeting's topic, an evening's chat.
_STRETCH = 200


class Weights(NamedTuple):
    """By feature, in its order: its name, its mean and deviation in training, and its coefficient."""

    names: tuple[str, ...]
    means: Row
    deviations: Row
    coefficients: Row
    bias: float


def scores(sentences: Sequence[Sentence], *, background: Mapping[str, int] | None = None) -> list[float]:
    """The importance of each sentence of a talk, 0..1, in their order.

    ``background`` counts in how many of the room's earlier messages each word stood. Trained on VCSum (Wu et al.
    2023) by tests/bench/train_importance.py.
    """
    weights = _weights()
    found: list[float] = []
    for stretch in stretches(sentences):
        rows = matrix(stretch, weights.names, background)
        # ``*`` and ``sum`` instead of ``@``: the same in every process, whatever its number of threads.
        sums = (((rows - weights.means) / weights.deviations) * weights.coefficients).sum(1) + weights.bias
        found += [float(value) for value in 1 / (1 + np.exp(-sums))]
    return found


def stretches(sentences: Sequence[Sentence]) -> list[Sequence[Sentence]]:
    """The sentences in stretches of nearly the same length."""
    count = -(-len(sentences) // _STRETCH)
    return (
        [sentences[first:end] for first, end in pairwise(len(sentences) * n // count for n in range(count + 1))]
        if count
        else []
    )


def matrix(sentences: Sequence[Sentence], names: Sequence[str] | None, background: Mapping[str, int] | None) -> Row:
    """The features of a stretch (sentences x features), of these names or all."""
    found = features(sentences, background)
    return np.array([found[name] for name in names or found]).T


@cache
def _weights() -> Weights:
    table = json.loads(files("workers.minutes").joinpath("importance.json").read_text("utf-8"))
    rows = table["features"]
    means, deviations, coefficients = np.array(list(rows.values())).T
    return Weights(tuple(rows), means, deviations, coefficients, table["bias"])
