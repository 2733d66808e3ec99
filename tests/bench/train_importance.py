"""Fits the weights of ``workers/minutes/importance``: ``python -m tests.bench.train_importance FILE [--check]``.

FILE holds segments of meetings in JSON lines, as VCSum has them: ``meeting``, ``sentences`` of ``text``, ``speaker`` and
``salient`` (people's marks). Prints, each cross-validated by meeting, the mean over segments of F1 with 20 % of the
sentences picked, and AUC: of these weights, of simple methods, and of these weights without each group of signals.
``--check`` writes nothing.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import workers.minutes
from workers.minutes.features import Row, features
from workers.minutes.importance import matrix
from workers.minutes.sentences import Sentence
from workers.minutes.words import words

_PULL = 100.0  # how hard a weight is drawn to nothing: 1 / (2 C) of a regression
_FOLDS, _SEEDS = 11, (0, 1, 2)
_SHARE = 0.2
_GROUPS: dict[str, Callable[[str], bool]] = {
    "cues": lambda name: name.startswith(("t_", "s_")) and not name.startswith("t_kind_") and name not in _LENGTHS,
    "kinds of words": lambda name: name.startswith("t_kind_"),
    "length": lambda name: name in _LENGTHS,
    "words among the others'": lambda name: name.startswith("w_"),
    "turn and speaker": lambda name: name.startswith(("turn_", "speaker")),
    "place": lambda name: (
        name
        in {"place", "place_edge", "head", "tail", "head_long", "tail_long", "sentences", "since_question", "counting"}
    ),
}
_LENGTHS = {"t_length", "t_words", "t_words_share", "t_different", "t_different_share", "t_stutter"}


@dataclass(frozen=True)
class Segment:
    meeting: int
    sentences: list[Sentence]
    rows: Row
    marks: Row


def read(file: Path) -> list[Segment]:
    """The segments of a file with the features of their sentences."""
    found = []
    for line in file.read_text("utf-8").splitlines():
        facts = json.loads(line)
        sentences = [
            Sentence(text=each["text"].strip(), words=words(each["text"].strip()), speaker=str(each["speaker"]))
            for each in facts["sentences"]
        ]
        marks = np.array([float(each["salient"]) for each in facts["sentences"]])
        found.append(Segment(facts["meeting"], sentences, matrix(sentences, None, None), marks))
    return found


def fit(segments: Sequence[Segment], keep: Sequence[int]) -> tuple[Row, Row, Row, float]:
    """Means, deviations, coefficients and bias of a logistic regression by Newton's method; each segment counts alike."""
    rows = np.vstack([each.rows[:, keep] for each in segments])
    marks = np.concatenate([each.marks for each in segments])
    weight = np.concatenate([np.full(len(each.marks), 50 / len(each.marks)) for each in segments])
    means, deviations = rows.mean(0), np.where(rows.std(0) > 1e-9, rows.std(0), 1.0)
    known = np.column_stack([(rows - means) / deviations, np.ones(len(rows))])
    pull = np.append(np.full(len(keep), _PULL), 0.0)
    found = np.zeros(known.shape[1])
    for _ in range(12):
        chance = 1 / (1 + np.exp(-known @ found))
        slope = known.T @ (weight * (chance - marks)) + pull * found
        curve = (known.T * (weight * chance * (1 - chance))) @ known + np.diag(pull)
        found -= np.linalg.solve(curve, slope)
    return means, deviations, found[:-1], float(found[-1])


def f1(scores: Row, marks: Row) -> float:
    """Of the best fifth (rounded, at least one)."""
    count = max(1, round(_SHARE * len(marks)))
    hits = marks[np.argsort(-scores, kind="stable")[:count]].sum()
    return float(2 * hits / (count + marks.sum()))


def auc(scores: Row, marks: Row) -> float:
    """How often a marked sentence scores above one that is not; half where they are equal."""
    above = np.subtract.outer(scores[marks > 0], scores[marks == 0])
    return float(((above > 0) + 0.5 * (above == 0)).mean())


def figures(segments: Sequence[Segment], scored: Sequence[Row]) -> tuple[float, float]:
    """Mean F1 and mean AUC over segments; a segment with all or none marked has no AUC."""
    pairs = list(zip(scored, (each.marks for each in segments), strict=True))
    return (
        float(np.mean([f1(*pair) for pair in pairs])),
        float(np.mean([auc(*pair) for pair in pairs if 0 < pair[1].sum() < len(pair[1])])),
    )


def crossed(segments: Sequence[Segment], keep: Sequence[int], seed: int) -> list[Row]:
    """Scores of each segment by weights that never saw its meeting."""
    meetings = np.random.RandomState(seed).permutation(sorted({each.meeting for each in segments}))
    scored: dict[int, Row] = {}
    for fold in range(_FOLDS):
        out = set(meetings[fold::_FOLDS].tolist())
        means, deviations, coefficients, _ = fit([each for each in segments if each.meeting not in out], keep)
        for number, each in enumerate(segments):
            if each.meeting in out:
                scored[number] = ((each.rows[:, keep] - means) / deviations) @ coefficients
    return [scored[number] for number in range(len(segments))]


def compare(segments: Sequence[Segment], names: Sequence[str]) -> None:
    """Prints the figures of our weights, cross-validated, beside those of simple methods."""
    simple = {"longest": "t_length", "TF-IDF sum": "w_tfidf", "TextRank": "w_rank"}
    for title, name in simple.items():
        print(_line(title, *figures(segments, [each.rows[:, names.index(name)] for each in segments])))
    runs = [figures(segments, crossed(segments, range(len(names)), seed)) for seed in _SEEDS]
    spread = float(np.std([run[0] for run in runs]))
    print(_line("ours", *np.mean(runs, axis=0).tolist(), spread=round(spread, 4), seeds=len(_SEEDS)))


def _line(way: str, score: float, area: float, **more: float) -> str:
    return json.dumps({"way": way, "f1_at_20": round(score, 4), "auc": round(area, 4), **more}, ensure_ascii=False)


def main() -> None:
    parser = argparse.ArgumentParser(description="Fits the weights of importance to marked meetings.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--check", action="store_true", help="print the figures, write nothing")
    arguments = parser.parse_args()
    segments = read(arguments.file)
    names = list(features(segments[0].sentences))
    compare(segments, names)
    for group, has in _GROUPS.items():
        keep = [number for number, name in enumerate(names) if not has(name)]
        print(_line(f"without {group}", *figures(segments, crossed(segments, keep, 0)), features=len(keep)))
    if not arguments.check:
        means, deviations, coefficients, bias = fit(segments, range(len(names)))
        rows = zip(names, zip(means, deviations, coefficients, strict=True), strict=True)
        table = {
            "bias": round(bias, 5),
            "features": {name: [round(float(value), 5) for value in values] for name, values in rows},
        }
        text = (
            json.dumps(table, ensure_ascii=False, indent=0).replace(",\n", ", ").replace("[\n", "[").replace("\n]", "]")
        )
        (Path(workers.minutes.__file__).parent / "importance.json").write_text(
            text.replace("], ", "],\n") + "\n", "utf-8"
        )


if __name__ == "__main__":
    main()
