"""Fits the weights of cues to marked chats: ``python -m tests.bench.train_cues FOLDER … [--check]``.

A logistic regression drawn towards weights set by hand, since marked chats are few. ``--check`` prints what it
reaches on each chat when trained on the others, and writes nothing.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np

from tests.bench.cue_priors import PRIORS
from tests.bench.minutes_chats import Marked, chats, count, table
from workers.minutes import decisions, questions, todos, weighing
from workers.minutes.said import Scene

_PULL = {"todo": 4.0, "decision": 2.5, "question": 2.5}  # how hard a weight is drawn to the one set by hand
_FOUND = {"todo": 1.4, "decision": 2.2, "question": 1.5}  # what missing one weighs against a wrong one
_STEPS = 100

Rows = list[tuple[frozenset[str], int, float]]


def todo_rows(chat: Marked) -> Rows:
    """Candidates with whether they are marked; which of a marked one's further lines is taken does not matter."""
    firsts = {source["source"][0]: source for source in chat.gold["todos"]}
    further = {line for each in chat.gold["todos"] for line in each["source"][1:]} - set(firsts)
    rows: Rows = []
    scene = Scene(chat.talk)
    for each in todos.candidates(scene):
        line = each.source[0].line.id
        marked = [g for g in chat.gold["todos"] if line == g["source"][0]]
        if marked:
            right = any(g["who"] in (each.task.key, each.task.who) or not each.task.key for g in marked)
            rows.append((each.task.cues, 1 if right else 0, 1.0 if right else 0.3))
        elif line not in further and not todos.done_later(each, scene):
            rows.append((each.task.cues, 0, 1.0))
    return rows


def decision_rows(chat: Marked) -> Rows:
    firsts = {each["source"][0] for each in chat.gold["decisions"]}
    further = {line for each in chat.gold["decisions"] for line in each["source"][1:]} - firsts
    rows: Rows = []
    for each in decisions.candidates(Scene(chat.talk)):
        line = each.said.line.id
        if line in firsts or line not in further:
            rows.append((each.cues, int(line in firsts), 1.0))
    return rows


def question_rows(chat: Marked) -> Rows:
    """The questions of a chat with whether they are marked as open; beside the decisions found."""
    wanted = {line for each in chat.gold["questions"] for line in each["source"]}
    return [
        (each.cues, int(each.said.line.id in wanted), 1.0)
        for each in questions.candidates(Scene(chat.talk), decisions.find(chat.talk))
    ]


def fit(rows: Rows, prior: Mapping[str, float], pull: float, found: float) -> dict[str, float]:
    """Weights that make the rows likely without going far from the prior."""
    names = sorted({cue for cues, _, _ in rows for cue in cues} | set(prior) - {"bias"})
    place = {name: at for at, name in enumerate(names)}
    x = np.zeros((len(rows), len(names) + 1))
    x[:, -1] = 1
    for number, (cues, _, _) in enumerate(rows):
        for cue in cues:
            x[number, place[cue]] = 1
    y = np.array([label for _, label, _ in rows], float)
    s = np.array([weight * (found if label else 1) for _, label, weight in rows], float)
    start = np.array([prior.get(name, 0.0) for name in names] + [prior["bias"]])
    w = start.copy()
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-(x @ w)))
        gradient = x.T @ (s * (p - y)) + pull * (w - start)
        hessian = (x.T * (s * p * (1 - p))) @ x + pull * np.eye(len(w))
        step = np.linalg.solve(hessian, gradient)
        w -= step
        if np.abs(step).max() < 1e-6:
            break
    return {"bias": round(float(w[-1]), 2)} | {name: round(float(v), 2) for name, v in zip(names, w, strict=False)}


def train(given: Sequence[Marked]) -> dict[str, dict[str, float]]:
    return {
        "decision": fit(
            [row for chat in given for row in decision_rows(chat)],
            PRIORS["decision"],
            _PULL["decision"],
            _FOUND["decision"],
        ),
        "todo": fit([row for chat in given for row in todo_rows(chat)], PRIORS["todo"], _PULL["todo"], _FOUND["todo"]),
        "question": fit(
            [row for chat in given for row in question_rows(chat)],
            PRIORS["question"],
            _PULL["question"],
            _FOUND["question"],
        ),
    }


def use(tables: Mapping[str, Mapping[str, float]]) -> None:
    """Makes these weights the ones that count, in this process."""
    weighing.weights = tables.__getitem__  # type: ignore[assignment]


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--priors", action="store_true")
    given = parser.parse_args(arguments)
    use(PRIORS)
    marked = chats(given.folders)
    if given.check or given.priors:
        total: Counter[str] = Counter()
        for one in marked:
            use(PRIORS if given.priors else train([each for each in marked if each is not one]))
            counted = count(one, show=given.show)
            print(table(one.name, counted))
            total += counted
        print(table("all", total))
        return
    path = Path(str(files("workers.minutes").joinpath("cues.json")))
    path.write_text(json.dumps(train(marked), ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
