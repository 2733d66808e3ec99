"""What is left of a document when some of the messages that it was made from are gone."""

import re
from collections.abc import Collection, Iterator
from typing import TypeVar

from workers.minutes.document import Chapter, Item, Minutes

_Part = TypeVar("_Part", bound=Item)
_BETWEEN = re.compile(r"[、，,\s]+")
_UNTITLED = "话题"


def sources(document: Minutes) -> set[int]:
    """The ids of all messages that a document was made from, as far as it tells."""
    return {source for part in _parts(document) for source in part.source}


def without(document: Minutes, gone: Collection[int], silent: Collection[str], said: str) -> Minutes:
    """The document without the messages that are ``gone`` and the people who fell ``silent`` (names).

    Every item that leans on one of them goes whole. ``said`` is what the other messages say, each on its line: a
    keyword or a title that none of them says goes too. What people wrote into it themselves, with no source, stays.
    """
    lost = sources(document) & set(gone)
    chapters = [
        _chapter(chapter, lost, said)
        for chapter in document.chapters
        if set(chapter.source) - lost or not chapter.source
    ]
    return document.model_copy(
        update={
            "title": _title(document, said),
            "people": tuple(name for name in document.people if name not in silent),
            "messages": max(0, document.messages - len(lost)),
            "summary": _kept(document.summary, lost),
            "chapters": tuple(chapters),
            "highlights": _kept(document.highlights, lost),
            "decisions": _kept(document.decisions, lost),
            "todos": _kept(document.todos, lost),
            "questions": _kept(document.questions, lost),
            "links": _kept(document.links, lost),
            "files": _kept(document.files, lost),
            "keywords": tuple(word for word in document.keywords if word.lower() in said.lower()),
        }
    )


def _parts(document: Minutes) -> Iterator[Item | Chapter]:
    for chapter in document.chapters:
        yield chapter
        yield from chapter.items
    for items in (document.summary, document.highlights, document.decisions, document.todos):
        yield from items
    for items in (document.questions, document.links, document.files):
        yield from items


def _kept(items: tuple[_Part, ...], lost: Collection[int]) -> tuple[_Part, ...]:
    return tuple(item for item in items if not set(item.source) & set(lost))


def _chapter(chapter: Chapter, lost: Collection[int], said: str) -> Chapter:
    source = tuple(each for each in chapter.source if each not in lost)
    if source == chapter.source:
        return chapter
    return chapter.model_copy(
        update={
            "title": chapter.title if _says(said, chapter.title) else _UNTITLED,
            "messages": max(0, chapter.messages - len(chapter.source) + len(source)),
            "items": _kept(chapter.items, lost),
            "source": source,
        }
    )


def _title(document: Minutes, said: str) -> str:
    room, mark, about = document.title.partition(" · ")
    if not mark:
        return document.title
    kept = [word for word in about.split("、") if _says(said, word)]
    return f"{room}{mark}{'、'.join(kept)}" if kept else room


def _says(said: str, title: str) -> bool:
    return all(word.lower() in said.lower() for word in _BETWEEN.split(title) if word)
