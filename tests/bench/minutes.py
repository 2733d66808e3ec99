"""How well and how fast minutes are made: importance on marked meetings, and the time and memory of a large room."""

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.bench import train_importance
from workers.minutes.features import features

#: Marked meetings in VCSum's form; without them that part is left out.
_VCSUM = "VCSUM"
_CHATS = Path(__file__).resolve().parents[1] / "minutes_chats"
_MESSAGES = 2_000


def main() -> None:
    if file := os.environ.get(_VCSUM):
        segments = train_importance.read(Path(file))
        train_importance.compare(segments, list(features(segments[0].sentences)))
    else:
        print(f"importance on marked meetings: left out, {_VCSUM} names no file")
    for folder in sorted(each for each in _CHATS.iterdir() if each.is_dir()):
        print(f"-- decisions, todos, questions and highlights on {folder.name}")
        subprocess.run([sys.executable, "-m", "tests.bench.minutes_chats", folder], check=True)
    with tempfile.TemporaryDirectory() as directory:
        _time(_room(Path(directory)))


def _room(directory: Path) -> Path:
    """So many messages of one room: those of all marked chats, over and over, each time in another order of chats."""
    chats = [file.read_text("utf-8").splitlines() for file in sorted(_CHATS.rglob("*.jsonl"))]
    chance, lines = random.Random(0), list[str]()
    while len(lines) < _MESSAGES:
        chance.shuffle(chats)
        lines += [line for chat in chats for line in chat]
    at = datetime(2026, 3, 4, tzinfo=UTC)
    file = directory / "room.jsonl"
    with file.open("w", encoding="utf-8") as out:
        for number, line in enumerate(lines[:_MESSAGES]):
            facts = json.loads(line) | {"room": "大群", "at": (at + timedelta(seconds=30 * number)).isoformat()}
            out.write(json.dumps(facts, ensure_ascii=False) + "\n")
    return file


def _time(file: Path) -> None:
    """CPU time (s) and memory of ``botbay minutes`` as a whole process, the median of three."""
    taken = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [str(Path(sys.executable).with_name("botbay")), "minutes", "--file", str(file), "--json"]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(json.dumps({"messages": _MESSAGES, "cpu_s": round(sorted(taken)[1], 2), "most_memory_of_a_child_mb": memory}))


if __name__ == "__main__":
    main()
