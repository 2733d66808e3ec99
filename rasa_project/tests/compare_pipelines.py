"""Compares NLU pipelines on this project's data: accuracy, caution, speed, memory.

    PYTHONPATH=. rasa_project/.venv/bin/python rasa_project/tests/compare_pipelines.py [CONFIG…]

Prints one JSON line a pipeline, and at last how many times as long as the first each other one parses.
`--every N` trains all of them on each Nth sentence: DIET takes an hour for all. Training and serving have a
process each, so that the memory is that of serving. Of the held-out commands, `top` counts those whose likeliest intent is right, `right` those
on which it would be acted rightly, `asked` those that are asked back, and `wrong` those on which
another command would be carried out; out_of_scope and chitchat do nothing and count as one. Of what is
no command, `acted` counts the sentences on which a command would be carried out, and `irrevocable` those
of them that could not be undone. The file of sentences that are no commands has a JSON object with
`text` a line. Give `--confused N` to see the N most frequent confusions of the sentences in test_nlu.yml.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from rasa_project.tools.judging import INERT, Guess, commands, guess, others, sentences

PROJECT = Path(__file__).resolve().parents[1]


def sample(every: int, folder: str) -> int:
    """Writes each `every`th training sentence of each intent to `folder`/nlu.yml; how many those are."""
    texts: dict[str, list[str]] = {}
    for file in sorted((PROJECT / "data/nlu").glob("*.yml")):
        for text, intent in sentences(file):
            texts.setdefault(intent, []).append(text)
    chosen = {intent: said[::every] for intent, said in texts.items()}
    blocks = [
        {"intent": intent, "examples": "".join(f"- {text}\n" for text in said)} for intent, said in chosen.items()
    ]
    Path(folder, "nlu.yml").write_text(yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True), "utf-8")
    return sum(map(len, chosen.values()))


def train(config: Path, folder: str, every: int) -> dict[str, Any]:
    """Trains one pipeline; the model goes to `folder`."""
    from rasa.model_training import train_nlu

    count = sample(every, folder)
    started, cpu = time.perf_counter(), time.process_time()
    with contextlib.redirect_stdout(sys.stderr):
        train_nlu(str(config), f"{folder}/nlu.yml", folder, "model", domain=str(PROJECT / "domain"))
    return {
        "pipeline": config.name,
        "trained_on": count,
        "train_s": round(time.perf_counter() - started, 1),
        "train_cpu_s": round(time.process_time() - cpu, 1),
    }


def serve(folder: str, not_commands: Path | None, confused: int) -> dict[str, Any]:
    """Loads the model in `folder` and lets it parse everything."""
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    from connector.rasa_runner import order_nodes

    configure_structlog(logging.ERROR)
    started = time.perf_counter()
    agent = Agent.load(f"{folder}/model.tar.gz")
    assert agent.processor is not None
    order_nodes(agent.processor)  # as the server does: it is no part of a pipeline
    loaded = time.perf_counter() - started
    parse_times: list[float] = []
    loop = asyncio.new_event_loop()

    def parse(text: str) -> Guess:
        begun = time.process_time()  # what else runs on the machine must not count
        found = loop.run_until_complete(agent.parse_message(text))
        parse_times.append(time.process_time() - begun)
        return guess(found)

    outcome: dict[str, Any] = {}
    confusions: Counter[str] = Counter()
    pairs = [(wanted, parse(text)) for text, wanted in sentences(PROJECT / "tests/test_nlu.yml")]
    outcome["test_nlu"] = commands(pairs) | {"others": others([g for wanted, g in pairs if wanted in INERT])}
    confusions.update(f"{wanted} -> {g.intent}" for wanted, g in pairs if not g.means(wanted))
    if confused:
        outcome["confused"] = dict(confusions.most_common(confused))
    if not_commands is not None:
        texts = [json.loads(line)["text"] for line in not_commands.read_text("utf-8").splitlines()]
        outcome["not_commands"] = others([parse(text) for text in texts])
    return outcome | {
        "load_s": round(loaded, 2),
        "parse_p50_ms": round(statistics.median(parse_times) * 1000, 2),
        "parse_p95_ms": round(statistics.quantiles(parse_times, n=20)[-1] * 1000, 2),
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Compares NLU pipelines on this project's data.")
    parser.add_argument("configs", nargs="*", type=Path, help="pipelines (default: config.yml and tests/pipelines)")
    parser.add_argument("--not-commands", type=Path, help="JSON lines with sentences that are no commands")
    parser.add_argument("--confused", type=int, default=0, metavar="N", help="show the N most frequent confusions")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="train on each Nth sentence (default: all)")
    arguments = parser.parse_args()
    configs = arguments.configs or [PROJECT / "config.yml", *sorted((PROJECT / "tests/pipelines").glob("*.yml"))]
    os.environ["RASA_MAX_CACHE_SIZE"] = "0"  # what another run left behind would make a training look quick
    spawning = multiprocessing.get_context("spawn")
    medians: dict[str, float] = {}
    for config in configs:
        with tempfile.TemporaryDirectory() as folder:
            with spawning.Pool(1) as pool:
                outcome = pool.apply(train, (config, folder, arguments.every))
            with spawning.Pool(1) as pool:
                outcome |= pool.apply(serve, (folder, arguments.not_commands, arguments.confused))
        medians[config.name] = outcome["parse_p50_ms"]
        print(json.dumps(outcome), flush=True)
    first, *rest = medians
    ratios = {name: round(medians[name] / medians[first], 1) for name in rest}
    print(json.dumps({"parse_p50_times_as_long": ratios}))


if __name__ == "__main__":
    main()
