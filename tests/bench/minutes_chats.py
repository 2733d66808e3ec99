"""How well decisions, todos, questions and highlights are found in chats that people marked.

``python -m tests.bench.minutes_chats FOLDER …``: folders of ``<name>.jsonl`` with ``<name>.gold.json``.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from workers.minutes import engine, noise, reading
from workers.minutes.document import Item, Todo
from workers.minutes.talk import Talk


@dataclass(frozen=True, eq=False)
class Marked:
    """A chat with what people marked in it."""

    name: str
    talk: Talk
    gold: dict[str, Any]


def chats(folders: Sequence[Path]) -> list[Marked]:
    """All the marked chats of some folders, by name."""
    return [
        Marked(path.stem, _talk(path), json.loads(path.with_suffix("").with_suffix(".gold.json").read_text("utf-8")))
        for folder in folders
        for path in sorted(folder.glob("*.jsonl"))
        if path.with_suffix("").with_suffix(".gold.json").exists()
    ]


def _talk(path: Path) -> Talk:
    with path.open("rb") as stream:
        [talk] = reading.talks(stream, ZoneInfo("Asia/Shanghai"), lambda number, why: print(path.name, number, why))
    return noise.bots_marked(talk)


def pairs(found: Sequence[Item], gold: Sequence[dict[str, Any]]) -> list[tuple[int, int]]:
    """Which find is which marked one, one to one: the most that share a source line, the first line first."""
    options = [
        (
            mine.source[0] in marked["source"][:1],
            len(set(mine.source) & set(marked["source"])),
            _same_person(mine, marked),
            a,
            b,
        )
        for a, mine in enumerate(found)
        for b, marked in enumerate(gold)
        if set(mine.source) & set(marked["source"])
    ]
    match: dict[int, int] = {}

    def place(a: int, seen: set[int]) -> bool:
        for *_, b in sorted((each for each in options if each[3] == a), key=lambda e: (not e[2], not e[0], -e[1])):
            if b in seen:
                continue
            seen.add(b)
            if b not in match or place(match[b], seen):
                match[b] = a
                return True
        return False

    for _, _, _, a, _ in sorted(options, key=lambda e: (not e[2], not e[0], -e[1])):
        if a not in match.values():
            place(a, set())
    return sorted((a, b) for b, a in match.items())


def _same_person(mine: Item, marked: dict[str, Any]) -> bool:
    return isinstance(mine, Todo) and mine.who == marked.get("who")


def count(chat: Marked, *, show: bool = False) -> Counter[str]:
    """What was found in one chat, wanted, and right."""
    total: Counter[str] = Counter()
    lines = chat.talk.lines
    made = engine.make(chat.talk, since=lines[0].at, until=lines[-1].at)
    found: dict[str, Sequence[Item]] = {
        "decisions": made.decisions,
        "todos": made.todos,
        "questions": made.questions,
    }
    for part, items in found.items():
        gold = chat.gold[part]
        both = pairs(items, gold)
        total[f"{part} found"] += len(items)
        total[f"{part} wanted"] += len(gold)
        total[f"{part} right"] += len(both)
        if part == "todos":
            for a, b in both:
                mine = items[a]
                assert isinstance(mine, Todo)
                total["who right"] += _right_who(mine, gold[b])
                total["due right"] += _right_due(mine, gold[b])
        if show:
            _show(chat, part, items, gold, both)
    chosen = {each.source[0] for each in made.highlights if each.source}
    total["highlights found"] += len(chosen)
    total["highlights noise"] += len(chosen & set(chat.gold["noise"]))
    total["highlights wanted"] += len(chat.gold["highlights"])
    total["highlights right"] += len(chosen & set(chat.gold["highlights"]))
    return total


def _right_who(mine: Todo, gold: dict[str, Any]) -> bool:
    return mine.who == gold["who"] or (not mine.who_key and bool(mine.who) and mine.who in gold["who"])


def _right_due(mine: Todo, gold: dict[str, Any]) -> bool:
    if gold["due"] is None or mine.due is None:
        return gold["due"] is None and mine.due is None
    wanted = datetime.fromisoformat(gold["due"])
    return wanted.replace(second=0, microsecond=0) == mine.due.replace(second=0, microsecond=0)


def _show(
    chat: Marked, part: str, items: Sequence[Item], gold: Sequence[dict[str, Any]], both: list[tuple[int, int]]
) -> None:
    mine, theirs = {a for a, _ in both}, {b for _, b in both}
    for a, b in both:
        one = items[a]
        if isinstance(one, Todo):
            if not _right_who(one, gold[b]):
                print(f"  {chat.name} who   {one.source} {one.text[:40]} | {one.who} not {gold[b]['who']}")
            if not _right_due(one, gold[b]):
                print(
                    f"  {chat.name} due   {one.source} {one.text[:40]} | {one.due} not {gold[b]['due']} {gold[b]['due_text']}"
                )
    for a, one in enumerate(items):
        if a not in mine:
            print(f"  {chat.name} {part} wrong {one.source} {one.who} | {one.text[:60]}")
    for b, marked in enumerate(gold):
        if b not in theirs:
            print(
                f"  {chat.name} {part} missed {marked['source']} {marked.get('who', '')} | {marked.get('text') or marked.get('what')}"
            )


def _rate(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "  — "


def table(name: str, c: Counter[str]) -> str:
    """A line of figures: precision and recall of decisions, todos and questions, shares right of the found todos."""
    cells = [f"{name:14}"]
    for part in ("decisions", "todos", "questions"):
        right = c[f"{part} right"]
        cells.append(f"{part} P {_rate(right, c[f'{part} found'])} R {_rate(right, c[f'{part} wanted'])}")
    cells.append(f"who {_rate(c['who right'], c['todos right'])} due {_rate(c['due right'], c['todos right'])}")
    cells.append(
        f"highlights noise {_rate(c['highlights noise'], c['highlights found'])}"
        f" recall {_rate(c['highlights right'], c['highlights wanted'])}"
    )
    return "  ".join(cells)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--show", action="store_true", help="print what was missed and what was wrong")
    parser.add_argument("--only", nargs="*", help="names of chats")
    given = parser.parse_args(arguments)
    total: Counter[str] = Counter()
    for chat in chats(given.folders):
        if given.only and chat.name not in given.only:
            continue
        counted = count(chat, show=given.show)
        print(table(chat.name, counted))
        total += counted
    print(table("all", total))


if __name__ == "__main__":
    main(sys.argv[1:])
