"""Whether cues add up: a logistic regression whose weights stand beside it as text."""

import json
from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files
from math import exp, fsum

#: From this chance on a find counts.
LIKELY = 0.5


@cache
def weights(name: str) -> Mapping[str, float]:
    """The weights for ``todo``, ``decision`` or ``question``, made by tests/bench/train_cues.py."""
    table: dict[str, dict[str, float]] = json.loads(files("workers.minutes").joinpath("cues.json").read_text("utf-8"))
    return table[name]


def chance(name: str, cues: Collection[str]) -> float:
    """How likely it is, 0 to 1, that lines with these cues are one."""
    table = weights(name)
    total = table["bias"] + fsum(table.get(cue, 0.0) for cue in cues)
    return 1 / (1 + exp(-total))


def balance(name: str, values: Mapping[str, float]) -> float:
    """How likely it is, 0 to 1, by values that count as far as they go."""
    table = weights(name)
    return 1 / (1 + exp(-table["bias"] - fsum(table[each] * value for each, value in values.items())))
