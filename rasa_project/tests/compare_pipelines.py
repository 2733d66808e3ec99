"""Compares NLU pipelines on this project's data: accuracy, caution, speed, memory.

    PYTHONPATH=. rasa_project/.venv/bin/python rasa_project/tests/compare_pipelines.py [CONFIG…]

Prints one JSON line a pipeline. Training and serving have a process each, so that the memory is that
of serving. `right` counts a held-out sentence whose intent was accepted, or which was rightly not acted
on (out_of_scope, chitchat and nlu_fallback do nothing and count as one); `acted_wrongly` counts
sentences on which a command would have been carried out that nobody gave. The file of sentences that
are no commands has a JSON object with `text` a line.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parents[1]
ACTING = frozenset({"bind_account", "unbind_account", "name_bot", "stop_bot", "start_bot"}) | frozenset(
    {"start_recording", "stop_recording", "forget_me", "remember_me"}
)
INERT = frozenset({"out_of_scope", "chitchat", "nlu_fallback"})


def held_out() -> list[tuple[str, str]]:
    """Text and intent of every held-out sentence."""
    blocks = yaml.safe_load((PROJECT / "tests/test_nlu.yml").read_text("utf-8"))["nlu"]
    return [(line[2:].strip(), block["intent"]) for block in blocks for line in block["examples"].splitlines()]


def train(config: Path, folder: str) -> dict[str, Any]:
    """Trains one pipeline; the model goes to `folder`."""
    from rasa.model_training import train_nlu

    started, cpu = time.perf_counter(), time.process_time()
    with contextlib.redirect_stdout(sys.stderr):
        train_nlu(str(config), str(PROJECT / "data/nlu"), folder, "model", domain=str(PROJECT / "domain"))
    return {
        "pipeline": config.name,
        "train_s": round(time.perf_counter() - started, 1),
        "train_cpu_s": round(time.process_time() - cpu, 1),
    }


def serve(folder: str, not_commands: Path | None) -> dict[str, Any]:
    """Loads the model in `folder` and lets it parse everything."""
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.ERROR)
    started = time.perf_counter()
    agent = Agent.load(f"{folder}/model.tar.gz")
    loaded = time.perf_counter() - started
    parse_times: list[float] = []

    def intent(text: str) -> str:
        begun = time.perf_counter()
        found = asyncio.run(agent.parse_message(text))
        parse_times.append(time.perf_counter() - begun)
        return str(found["intent"]["name"])

    pairs = [(wanted, intent(text)) for text, wanted in held_out()]
    outcome: dict[str, Any] = {
        "right": round(sum(a == b or {a, b} <= INERT for a, b in pairs) / len(pairs), 4),
        "acted_wrongly": sum(found in ACTING and found != wanted for wanted, found in pairs),
        "held_out": len(pairs),
    }
    if not_commands is not None:
        texts = [json.loads(line)["text"] for line in not_commands.read_text("utf-8").splitlines()]
        outcome["not_commands_acted"] = round(sum(intent(text) in ACTING for text in texts) / len(texts), 5)
    return outcome | {
        "load_s": round(loaded, 2),
        "parse_p50_ms": round(statistics.median(parse_times) * 1000, 2),
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Compares NLU pipelines on this project's data.")
    parser.add_argument("configs", nargs="*", type=Path, help="pipelines (default: config.yml and tests/pipelines)")
    parser.add_argument("--not-commands", type=Path, help="JSON lines with sentences that are no commands")
    arguments = parser.parse_args()
    configs = arguments.configs or [PROJECT / "config.yml", *sorted((PROJECT / "tests/pipelines").glob("*.yml"))]
    spawning = multiprocessing.get_context("spawn")
    for config in configs:
        with tempfile.TemporaryDirectory() as folder:
            with spawning.Pool(1) as pool:
                outcome = pool.apply(train, (config, folder))
            with spawning.Pool(1) as pool:
                outcome |= pool.apply(serve, (folder, arguments.not_commands))
        print(json.dumps(outcome), flush=True)


if __name__ == "__main__":
    main()
