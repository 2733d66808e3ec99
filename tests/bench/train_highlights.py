"""What each signal of a highlight adds on marked chats: ``python -m tests.bench.train_highlights FOLDER …``.

Prints the precision, recall and noise of the default number of highlights with the weights of
``workers/minutes/highlights.py``, without each of them, and with weights fitted to the other chats (a logistic
regression); and the weights fitted to all, which were rounded by hand and put there.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.minutes_chats import Marked, chats
from workers.minutes import engine, highlights

_PULL = 1.0  # to zero
_NOISE = 3.0  # what noise weighs among the lines that are no highlights
_STEPS = 50

Signals = Mapping[int, Mapping[str, float]]
NAMES = list(highlights.WEIGHTS)


def table(found: Signals) -> Any:
    return np.array([[line.get(name, 0.0) for name in NAMES] for line in found.values()])


def fitted(marked: Sequence[tuple[Marked, Signals]]) -> Any:
    rows = np.vstack([table(found) for _, found in marked])
    rows = np.c_[rows, np.ones(len(rows))]
    wanted = np.array([key in chat.gold["highlights"] for chat, found in marked for key in found], dtype=float)
    heavy = np.array([_NOISE if key in chat.gold["noise"] else 1.0 for chat, found in marked for key in found])
    pull = np.eye(rows.shape[1]) * _PULL
    pull[-1, -1] = 1e-6
    weights = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (heavy * (chance - wanted)) + pull @ weights
        curve = (rows * (heavy * chance * (1 - chance))[:, None]).T @ rows + pull
        weights -= np.linalg.solve(curve, slope)
    return weights[:-1]


def reached(marked: Sequence[tuple[Marked, Signals]], weights: Any) -> Any:
    """Precision, recall and the share of noise of the default number of highlights."""
    right = picked = noise = wanted = 0
    for chat, found in marked:
        scores = dict(zip(found, table(found) @ weights, strict=True))
        count = highlights.wanted(None, len(chat.talk.lines), len(found))
        top = set(sorted(scores, key=lambda key: -scores[key])[:count])
        right += len(top & set(chat.gold["highlights"]))
        noise += len(top & set(chat.gold["noise"]))
        picked += len(top)
        wanted += len(chat.gold["highlights"])
    return np.array([right / picked, right / wanted, noise / picked])


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    marked = [(chat, engine.signals(chat.talk)) for chat in chats(parser.parse_args(arguments).folders)]
    now = np.array([highlights.WEIGHTS[name] for name in NAMES])
    base = reached(marked, now)
    print("{:16} precision {:.2f}  recall {:.2f}  noise {:.3f}".format("now", *base))
    for place, name in enumerate(NAMES):
        without = now.copy()
        without[place] = 0
        print("- {:14} {:+.3f}  {:+.3f}  {:+.3f}".format(name, *(reached(marked, without) - base)))
    alone = np.array([float(name == "importance") for name in NAMES])
    print("{:16} precision {:.2f}  recall {:.2f}  noise {:.3f}".format("importance alone", *reached(marked, alone)))
    others = [reached([one], fitted([each for each in marked if each is not one])) for one in marked if len(marked) > 1]
    if others:
        print(
            "{:16} precision {:.2f}  recall {:.2f}  noise {:.3f}".format("fitted to others", *np.mean(others, axis=0))
        )
    print({name: round(float(weight), 1) for name, weight in zip(NAMES, fitted(marked), strict=True)})


if __name__ == "__main__":
    main(sys.argv[1:])
