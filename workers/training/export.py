"""Labelled sentences in the dialogue's training data: what may go in, and the file that holds them.

Everything here reads or writes files: not for an event loop.
"""

import contextlib
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from botbay import rasa
from botbay.zh.text import plain
from workers.training.intents import LABELS, OTHERS

#: The dialogue looks at no more characters of a sentence.
LONGEST = 300
_HEAD = "# Labelled by maintainers on the page 训练, personal data masked. Written by BotBay, which keeps what it finds here.\n"
#: Rasa's own notation: [words](entity), [words]{"entity": …}, [words][{…}, {…}].
_MARKED = re.compile(r"\[(?P<words>[^\]]+?)\](?:\([^)]+\)|\{[^}]+\}|\[.*?\])")
_ENDS = " .!~…,;、。"


@dataclass(frozen=True, kw_only=True)
class Entity:
    """Some words of a sentence, from ``start`` up to ``end``, and what they are."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, kw_only=True)
class Example:
    text: str
    intent: str
    entities: Sequence[Entity] = ()

    def written(self) -> str:
        """The sentence in Rasa's notation."""
        text = self.text
        for entity in sorted(self.entities, key=lambda each: -each.start):
            text = f"{text[: entity.start]}[{text[entity.start : entity.end]}]({entity.kind}){text[entity.end :]}"
        return text


def writable(text: str) -> str:
    """The sentence as it can stand in training data: one line, no invisible signs, no longer than is looked at.

    Rasa takes square brackets for its own and knows no way to escape them, so they become the wide ones that the
    dialogue's tokenizer reads the same.
    """
    visible = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(visible.split())[:LONGEST].strip().translate({ord("["): "［", ord("]"): "］"})


def refusal(text: str, intent: str) -> str | None:
    """Why the sentence may not be taught with this label, in words, or None."""
    key = _key(text)
    for path in sorted((rasa.project() / "tests").glob("test_nlu*.yml")):
        if key in _intents(path):
            return "这句在考题里：考题拿来学，就考不出真本事了。忽略它就好。"
    for path in _others():
        if (known := _intents(path).get(key, intent)) != intent:
            label = {**LABELS, **OTHERS}.get(known, known)
            return f"这句在 {path.name} 里已经标成「{label}」，一句话不能教两个意思。改成一样的，或忽略它。"
    return None


def write(examples: Iterable[Example]) -> None:
    """Add the sentences to the file of labelled ones; one that stands in it already gets the new label.

    The file is replaced whole, so that nobody reads half of it.
    """
    path = rasa.labelled_path()
    known = {key for other in _others() for key in _intents(other)}
    lines: dict[str, tuple[str, str]] = {}
    if path.exists():
        lines = {_key(_words(line)): (intent, line) for intent, found in _read(path).items() for line in found}
    for example in examples:
        key = _key(example.text)
        if key not in known:
            lines[key] = (example.intent, example.written())
    by_intent: dict[str, list[str]] = defaultdict(list)
    for intent, line in lines.values():
        by_intent[intent].append(line)
    blocks = [
        f"  - intent: {intent}\n    examples: |\n" + "".join(f"      - {line}\n" for line in sorted(found))
        for intent, found in sorted(by_intent.items())
    ]
    if not blocks:
        return
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_text(f'{_HEAD}version: "3.1"\n\nnlu:\n' + "\n".join(blocks), "utf-8")
        part.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            part.unlink()


def _key(text: str) -> str:
    """What two sentences share that are the same to the dialogue."""
    return plain(text.strip(_ENDS)).text.strip(_ENDS)


def _words(line: str) -> str:
    return _MARKED.sub(lambda match: match["words"], line)


def _others() -> list[Path]:
    """The training data beside the file of labelled sentences."""
    return [path for path in sorted((rasa.project() / "data" / "nlu").glob("*.yml")) if path != rasa.labelled_path()]


def _intents(path: Path) -> Mapping[str, str]:
    """Intent by sentence of a file, which is read again only after a change."""
    facts = path.stat()
    return _intents_at(path, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=64)
def _intents_at(path: Path, changed: int, size: int) -> Mapping[str, str]:
    return {_key(_words(line)): intent for intent, lines in _read(path).items() for line in lines}


def _read(path: Path) -> dict[str, list[str]]:
    """The sentences of an NLU file by intent, as they are written there."""
    found: dict[str, list[str]] = defaultdict(list)
    for block in (yaml.safe_load(path.read_text("utf-8")) or {}).get("nlu") or []:
        examples = block.get("examples") or ""
        if "intent" not in block:
            continue
        if isinstance(examples, str):
            lines = [line.removeprefix("- ") for line in examples.splitlines()]
        else:
            lines = [str(example.get("text", "")) for example in examples]
        found[block["intent"]] += [" ".join(line.split()) for line in lines if line.strip()]
    return found
