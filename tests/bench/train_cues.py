"""Fits the weights of cues to marked chats: ``python -m tests.bench.train_cues FOLDER … [--check]``.

A logistic regression drawn towards weights set by hand, since marked chats are few. ``--check`` prints what it
reaches on each chat when trained on the others, and writes nothing.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from tests.bench import fitting
from tests.bench.cue_priors import PRIORS
from tests.bench.minutes_chats import Marked, chats, count, table
from tests.bench.plain_tasks import PLAIN
from tests.minutes_chat import chat
from workers.minutes import decisions, questions, standing, todos, weighing, wording
from workers.minutes.said import Said, Scene

_PULL = {
    "todo": 4.0,
    "done": 4,
    "decision": 8.0,
    "question": 2.5,
    "standing": 3.0,
}  # how hard a weight is drawn to the one set by hand
_FOUND = {
    "todo": 1.4,
    "done": 2.5,
    "decision": 2.2,
    "question": 1.5,
    "standing": 1.6,
}  # what missing one weighs against a wrong one
_PULL_WORDING = 8.0  # the same for the wording and for cues by twos
_PULL_ANSWERS = 12.0  # the same for the wording of decisions and of what follows them
_PLAIN = 1.5  # what a plain saying weighs beside a line of a chat
_IN_CHATS = 6  # chats that must show a wording for it to count
_FOLDS = 5  # in which chats are left out to see how lines stand by weights that do not know them
_STEPS = 100

Rows = list[tuple[frozenset[str], int, float]]


def todo_rows(chat: Marked) -> list[fitting.Row]:
    """Candidates with whether they are marked, also as done; which of a marked one's further lines does not matter."""
    given = [*chat.gold["todos"], *chat.gold.get("done", ())]
    firsts = {source["source"][0]: source for source in given}
    further = {line for each in given for line in each["source"][1:]} - set(firsts)
    rows: list[fitting.Row] = []
    scene = Scene(chat.talk)
    for each in todos.candidates(scene):
        line = each.source[0].line.id
        marks = {*each.task.cues, *wording.couples(each.task.cues), *wording.grams(each.task.clause)}
        marked = [g for g in given if line == g["source"][0]]
        if marked:
            right = any(g["who"] in (each.task.key, each.task.who) or not each.task.key for g in marked)
            rows.append((marks, int(right), 1.0 if right else 0.3, chat.name))
        elif line not in further and ("done" in chat.gold or not todos.done_later(each, scene)):
            rows.append((marks, 0, 1.0, chat.name))
    return rows


def done_rows(chat: Marked) -> Rows:
    """What may tell that a marked task is done, with whether it does."""
    rows: Rows = []
    scene = Scene(chat.talk)
    for each in todos.candidates(scene):
        line = each.source[0].line.id
        names = (each.task.key, each.task.who)
        done = [g for g in chat.gold.get("done", ()) if line == g["source"][0] and g["who"] in names]
        if done:
            for at, shown in todos.endings(each, scene):
                if at >= max(done[0]["source"][1:], default=line + 1) - 1 or at not in done[0]["source"]:
                    told = at in done[0]["source"]
                    if told or at < done[0]["source"][-1]:
                        rows.append((shown, int(told), 1.0))
        elif any(line == g["source"][0] and g["who"] in names for g in chat.gold["todos"]):
            rows.extend((shown, 0, 1.0) for _, shown in todos.endings(each, scene))
    return rows


@cache
def shown(chat: Marked) -> tuple[Scene, list[tuple[Said, frozenset[str]]]]:
    """A chat with the lines that could settle something and their cues, which no weights change."""
    scene = Scene(chat.talk)
    return scene, list(decisions.shown(scene))


def decides(chat: Marked, said: Said) -> bool | None:
    """Whether a line is marked as a decision; None where it does not matter."""
    firsts = {each["source"][0] for each in chat.gold["decisions"]}
    further = {line for each in chat.gold["decisions"] for line in each["source"]} - firsts
    return None if said.line.id in further else said.line.id in firsts


def decision_rows(chat: Marked) -> list[fitting.Row]:
    scene, lines = shown(chat)
    return [
        ({*known, *decisions.marks(said, scene)}, int(marked), 1.0, chat.name)
        for said, known in lines
        if (marked := decides(chat, said)) is not None
    ]


def standing_rows(chat: Marked) -> list[tuple[dict[str, float], int]]:
    """How the likely lines of a chat stand among those around them by the weights in use, with whether they are marked."""
    scene, lines = shown(chat)
    chances = decisions.weighed(lines, scene)
    return [
        (standing.of(said.place, chances, scene.said), int(marked))
        for said, _ in lines
        if chances[said.place] >= decisions.FAINT and (marked := decides(chat, said)) is not None
    ]


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


def plain_rows() -> list[fitting.Row]:
    """The candidates of what is plainly said, as rows."""
    rows: list[fitting.Row] = []
    for said, wanted in PLAIN:
        for each in todos.candidates(scene := Scene(chat(*said))):
            marks = {*each.task.cues, *wording.couples(each.task.cues), *wording.grams(each.task.clause)}
            right = scene.people.name(each.task.key) in wanted.get(each.source[0].place, "").split()
            rows.append((marks, int(right), _PLAIN, "plain"))
    return rows


def fit_todos(rows: Sequence[fitting.Row]) -> dict[str, float]:
    return fitting.fit(
        [*rows, *plain_rows()],
        PRIORS["todo"],
        pull=_PULL["todo"],
        pull_new=_PULL_WORDING,
        found=_FOUND["todo"],
        chats=_IN_CHATS,
    )


def fit_decisions(rows: Sequence[fitting.Row]) -> dict[str, float]:
    return fitting.fit(
        rows,
        PRIORS["decision"],
        pull=_PULL["decision"],
        pull_new=_PULL_ANSWERS,
        found=_FOUND["decision"],
        chats=_IN_CHATS,
    )


def train_decisions(given: Sequence[Marked]) -> dict[str, dict[str, float]]:
    """The weights of decisions by themselves, and among others: fitted to chances by weights that never saw the chat."""
    rows = {one.name: decision_rows(one) for one in given}
    stands: list[tuple[dict[str, float], int]] = []
    for fold in range(_FOLDS):
        apart = given[fold::_FOLDS]
        use({"decision": fit_decisions([row for one in given if one not in apart for row in rows[one.name]])})
        stands += [row for one in apart for row in standing_rows(one)]
    use(PRIORS)
    return {
        "decision": fit_decisions([row for one in given for row in rows[one.name]]),
        "standing": fitting.fit_values(stands, pull=_PULL["standing"], found=_FOUND["standing"]),
    }


def train(given: Sequence[Marked]) -> dict[str, dict[str, float]]:
    return {
        **train_decisions(given),
        "todo": fit_todos([row for chat in given for row in todo_rows(chat)]),
        "done": fit([row for chat in given for row in done_rows(chat)], PRIORS["done"], _PULL["done"], _FOUND["done"]),
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
