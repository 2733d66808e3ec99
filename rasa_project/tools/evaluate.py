"""Tries a model on sentences that it has not seen: a report in JSON, and its confusions as a picture.

python -m rasa_project.tools.evaluate --model FILE --report FILE --picture FILE SENTENCES…
"""

import argparse
import asyncio
import json
import logging
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from rasa.core.agent import Agent
from rasa.utils.log_utils import configure_structlog

from connector.rasa_runner import order_nodes
from rasa_project.tools.judging import INERT, Guess, commands, guess, others, sentences

#: Of more intents than this only those that are confused are drawn: the names would be too small to read.
_READABLE = 30


async def outcomes(model: Path, files: "list[Path]") -> "dict[str, tuple[str, Guess]]":
    """What was wanted and what was understood, by sentence."""
    agent = Agent.load(model)
    assert agent.processor is not None
    order_nodes(agent.processor)
    wanted = {text: intent for file in files for text, intent in sentences(file)}
    return {text: (intent, guess(await agent.parse_message(text))) for text, intent in wanted.items()}


def report(tried: "dict[str, tuple[str, Guess]]") -> "dict[str, Any]":
    """The figures, each confusion (wanted, got), and each sentence that was not answered as it should be."""
    pairs = list(tried.values())
    nothing = others([got for wanted, got in pairs if wanted in INERT])
    return {
        **commands(pairs),
        "others": nothing["sentences"],
        "acted": nothing["acted"],
        "irrevocable": nothing["irrevocable"],
        "confusions": [(wanted, got.intent) for wanted, got in pairs if not got.means(wanted)],
        "mistakes": [
            {"text": text, "wanted": wanted, "got": got.intent, "confidence": round(got.confidence, 4)}
            for text, (wanted, got) in tried.items()
            if not got.right(wanted)
        ],
        "texts": list(tried),
    }


def draw(tried: "dict[str, tuple[str, Guess]]", picture: Path) -> None:
    """The confusion matrix: wanted downwards, understood to the right; what is right in green, the rest in red."""
    counts = Counter((wanted, got.intent) for wanted, got in tried.values())
    names = sorted({name for pair in counts for name in pair})
    if len(names) > _READABLE:
        confused = [pair for pair in counts if pair[0] != pair[1] and not set(pair) <= INERT]
        names = sorted({name for pair in confused for name in pair}) or names
    size = len(names)
    matrix = np.array([[counts[wanted, got] for got in names] for wanted in names])
    shades = np.where(np.eye(size, dtype=bool), np.minimum(matrix, 1), np.where(matrix > 0, 2 + (matrix > 2), 0))
    side = 3.0 + 0.33 * size
    figure = Figure(figsize=(side, side), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.imshow(shades, cmap=ListedColormap(["white", "#cdeccd", "#ffd9cf", "#f28b74"]), vmin=0, vmax=3)
    for row, column in zip(*np.nonzero(matrix), strict=True):
        axes.text(column, row, matrix[row, column], ha="center", va="center", fontsize=8)
    axes.set_xticks(range(size), names, rotation=90, fontsize=8)
    axes.set_yticks(range(size), names, fontsize=8)
    axes.set_xticks(np.arange(0.5, size), minor=True)
    axes.set_yticks(np.arange(0.5, size), minor=True)
    axes.grid(which="minor", color="#e4e4e4", linewidth=0.6)
    axes.tick_params(which="both", length=0)
    axes.set_xlabel("understood")
    axes.set_ylabel("wanted")
    figure.savefig(picture, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description="Tries a model on sentences that it has not seen.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--picture", type=Path, required=True)
    parser.add_argument("sentences", type=Path, nargs="+")
    arguments = parser.parse_args()
    configure_structlog(logging.ERROR)
    tried = asyncio.run(outcomes(arguments.model, arguments.sentences))
    draw(tried, arguments.picture)
    arguments.report.write_text(json.dumps(report(tried), ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main()
