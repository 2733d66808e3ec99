"""A logistic regression on many rare marks, each drawn to a weight of its own."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

_STEPS = 30
_TURNS = 60  # of conjugate gradients in a step
_SMALL = 0.04  # weights below this are left out

#: The marks of a row, whether it is one, what it weighs, and the chat it is from.
Row = tuple[Collection[str], int, float, str]


def fit(
    rows: Sequence[Row], prior: Mapping[str, float], *, pull: float, pull_new: float, found: float, chats: int
) -> dict[str, float]:
    """Weights that make the rows likely without going far from the prior, for marks in it or seen in so many chats.

    ``pull`` draws those of the prior, ``pull_new`` the others to nothing; ``found`` is what missing one weighs.
    """
    seen: dict[str, set[str]] = {}
    for marks, _, _, chat in rows:
        for mark in marks:
            seen.setdefault(mark, set()).add(chat)
    names = sorted(set(prior) - {"bias"} | {mark for mark, where in seen.items() if len(where) >= chats})
    place = {name: at for at, name in enumerate([*names, "bias"])}
    each = [[*sorted(place[mark] for mark in marks if mark in place), len(names)] for marks, _, _, _ in rows]
    marks_at = np.concatenate([np.array(at) for at in each])
    row_of = np.repeat(np.arange(len(rows)), [len(at) for at in each])
    y = np.array([label for _, label, _, _ in rows], float)
    s = np.array([weight * (found if label else 1) for _, label, weight, _ in rows], float)
    start = np.array([prior.get(name, 0.0) for name in place], float)
    pulls = np.array([pull if name in prior or not _made(name) else pull_new for name in place], float)

    def forth(w: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(row_of, w[marks_at], len(rows))

    def back(v: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(marks_at, v[row_of], len(place))

    w = start.copy()
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-forth(w)))
        h = s * p * (1 - p)
        scale = 1 / (back(h) + pulls)
        step, left = np.zeros(len(place)), -(back(s * (p - y)) + pulls * (w - start))
        least = 1e-3 * np.linalg.norm(left)
        turn = scale * left
        along = turn.copy()
        for _ in range(_TURNS):
            bent = back(h * forth(along)) + pulls * along
            far = (left @ turn) / (along @ bent)
            step += far * along
            before, left = left @ turn, left - far * bent
            if np.linalg.norm(left) <= least:
                break
            turn = scale * left
            along = turn + (left @ turn) / before * along
        w += step
        if np.abs(step).max() < 1e-3:
            break
    found_weights = {name: round(float(w[at]), 2) for name, at in place.items()}
    return {name: v for name, v in found_weights.items() if not _made(name) or abs(v) >= _SMALL}


def fit_values(rows: Sequence[tuple[Mapping[str, float], int]], *, pull: float, found: float) -> dict[str, float]:
    """Weights of values that count as far as they go, drawn to nothing; ``found`` is what missing one weighs."""
    names = sorted(rows[0][0])
    x = np.array([[*(values[name] for name in names), 1.0] for values, _ in rows])
    y = np.array([label for _, label in rows], float)
    s = np.where(y > 0, found, 1.0)
    pulls = np.array([pull] * len(names) + [0.01])
    w = np.zeros(len(pulls))
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-(x @ w)))
        step = np.linalg.solve((x.T * (s * p * (1 - p))) @ x + np.diag(pulls), x.T @ (s * (p - y)) + pulls * w)
        w -= step
        if np.abs(step).max() < 1e-6:
            break
    return {name: round(float(each), 2) for name, each in zip([*names, "bias"], w, strict=True)}


def _made(name: str) -> bool:
    """Whether a mark is of the wording, or cues by twos."""
    return name.startswith(("~", "=~", ">~")) or "*" in name
