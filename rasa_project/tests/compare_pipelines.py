"""Compares NLU pipelines on this project's data: accuracy, caution, speed, memory.

    PYTHONPATH=. rasa_project/.venv/bin/python rasa_project/tests/compare_pipelines.py [CONFIG…]

Prints one JSON line a pipeline. Training and serving have a process each, so that the memory is that
of serving. Of the held-out commands, `top` counts those whose likeliest intent is right, `right` those
on which it would be acted rightly, `asked` those between the two thresholds, and `wrong` those on which
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
import resource
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parents[1]
INERT = frozenset({"out_of_scope", "chitchat", "nlu_fallback"})
TALK = frozenset({"greet", "thanks", "goodbye", "affirm", "deny", "cancel", "help", "ask_identity"}) | frozenset(
    {"choose", "correct", "follow_up"}
)
IRREVOCABLE = frozenset({"mail_minutes", "mail_report", "approve", "reject", "transfer_approval"}) | frozenset(
    {"cancel_reminder", "withdraw_application", "forget_me", "unbind_account"}
)
#: Below this nothing is even asked.
ASKING = 0.3


def sentences(name: str) -> list[tuple[str, str]]:
    """Text and intent of every sentence in a file of `tests`."""
    blocks = yaml.safe_load((PROJECT / f"tests/{name}.yml").read_text("utf-8"))["nlu"]
    return [(line[2:].strip(), block["intent"]) for block in blocks for line in block["examples"].splitlines()]


@dataclass(frozen=True, kw_only=True)
class Guess:
    """What a pipeline makes of a sentence: its likeliest intent, and whether that would be acted on."""

    intent: str
    confidence: float
    accepted: bool

    @property
    def acts(self) -> bool:
        return self.accepted and self.intent not in INERT | TALK

    def means(self, wanted: str) -> bool:
        return self.intent == wanted or {self.intent, wanted} <= INERT


def commands(pairs: list[tuple[str, Guess]]) -> dict[str, Any]:
    """Shares of what became of sentences that ask for something."""
    asking = [(wanted, guess) for wanted, guess in pairs if wanted not in INERT]
    outcomes = {
        "top": sum(guess.means(wanted) for wanted, guess in asking),
        "right": sum(guess.accepted and guess.means(wanted) for wanted, guess in asking),
        "asked": sum(
            not guess.accepted and guess.confidence >= ASKING and guess.intent not in INERT for _, guess in asking
        ),
        "wrong": sum(guess.acts and not guess.means(wanted) for wanted, guess in asking),
    }
    return {"sentences": len(asking)} | {name: round(count / len(asking), 4) for name, count in outcomes.items()}


def others(guesses: list[Guess]) -> dict[str, Any]:
    """Counts of what became of sentences that ask for nothing."""
    return {
        "sentences": len(guesses),
        "acted": sum(guess.acts for guess in guesses),
        "irrevocable": sum(guess.acts and guess.intent in IRREVOCABLE for guess in guesses),
    }


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


def serve(folder: str, not_commands: Path | None, confused: int) -> dict[str, Any]:
    """Loads the model in `folder` and lets it parse everything."""
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.ERROR)
    started = time.perf_counter()
    agent = Agent.load(f"{folder}/model.tar.gz")
    loaded = time.perf_counter() - started
    parse_times: list[float] = []
    loop = asyncio.new_event_loop()

    def guess(text: str) -> Guess:
        begun = time.perf_counter()
        found = loop.run_until_complete(agent.parse_message(text))
        parse_times.append(time.perf_counter() - begun)
        likeliest = next(one for one in found["intent_ranking"] if one["name"] != "nlu_fallback")
        return Guess(
            intent=likeliest["name"],
            confidence=likeliest["confidence"],
            accepted=found["intent"]["name"] in (likeliest["name"], "not_yet"),
        )

    outcome: dict[str, Any] = {}
    confusions: Counter[str] = Counter()
    for name in ("test_nlu", "test_nlu_blind"):
        pairs = [(wanted, guess(text)) for text, wanted in sentences(name)]
        outcome[name] = commands(pairs) | {"others": others([g for wanted, g in pairs if wanted in INERT])}
        if name == "test_nlu":
            confusions.update(f"{wanted} -> {g.intent}" for wanted, g in pairs if not g.means(wanted))
    if confused:
        outcome["confused"] = dict(confusions.most_common(confused))
    if not_commands is not None:
        texts = [json.loads(line)["text"] for line in not_commands.read_text("utf-8").splitlines()]
        outcome["not_commands"] = others([guess(text) for text in texts])
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
    arguments = parser.parse_args()
    configs = arguments.configs or [PROJECT / "config.yml", *sorted((PROJECT / "tests/pipelines").glob("*.yml"))]
    spawning = multiprocessing.get_context("spawn")
    for config in configs:
        with tempfile.TemporaryDirectory() as folder:
            with spawning.Pool(1) as pool:
                outcome = pool.apply(train, (config, folder))
            with spawning.Pool(1) as pool:
                outcome |= pool.apply(serve, (folder, arguments.not_commands, arguments.confused))
        print(json.dumps(outcome), flush=True)


if __name__ == "__main__":
    main()
