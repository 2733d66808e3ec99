"""What the tagger is trained on: marked sentences, many more that rules mark, and all of them with other names."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

from rasa_project.components.finding import find_spans
from rasa_project.components.spans import Span
from rasa_project.components.tagger import TAGGED, train
from rasa_project.components.variants import vary

#: A clean text, its intent and its entities, None where they are not marked.
Example = tuple[str, str, list[Span] | None]
#: How many examples are learned as if the intent was not known, as it is where the classifier is not sure.
_UNSURE = 0.1


def learn(path: Path, examples: list[Example], variants: int, unmarked: int) -> None:
    """Writes the file of a tagger trained on `variants` of each marked example and one each of `unmarked` others."""
    train(path, _seen(_all(examples, variants, unmarked)))


def _all(examples: list[Example], variants: int, unmarked: int) -> Iterator[tuple[str, str, list[Span]]]:
    chance = Random(0)
    for text, intent, spans in examples:
        if spans is not None:
            yield text, intent, spans
            if any(span.entity in TAGGED for span in spans):
                for _ in range(variants):
                    yield _varied(text, intent, spans, chance)
    # Most name nothing: without them, everything would be taken for a name.
    others = [(text, intent) for text, intent, spans in examples if spans is None]
    for text, intent in chance.sample(others, min(unmarked, len(others))):
        yield _varied(text, intent, find_spans(text, intent), chance)


def _varied(text: str, intent: str, spans: list[Span], chance: Random) -> tuple[str, str, list[Span]]:
    varied, moved = vary(text, spans, chance)
    return varied, intent, moved


def _seen(
    examples: Iterator[tuple[str, str, list[Span]]],
) -> Iterator[tuple[str, str | None, list[Span], list[Span]]]:
    """Each with what the rules find in it, which in a varied one may be less than is there."""
    chance = Random(0)
    for text, intent, spans in examples:
        sure = chance.random() >= _UNSURE
        yield text, intent if sure else None, find_spans(text, intent, sure), spans
