"""Searching all that may be read: what was said, what stands in pictures and documents, what files are called."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.access import Audience, Subject
from botbay.chat.models import FileKind
from botbay.chat.people import meant
from botbay.chat.search import normalise
from botbay.zh.masking import masked
from workers.search import questions, repository
from workers.search.repository import Bounds, Candidate, Scope

#: Of more hits than that the rest is not counted.
MOST = 500
#: The newest hits that are compared for the best, and for the answer to a question.
_COMPARED = 60
#: A snippet's length, and how much of it stands before what was found. Characters.
_SNIPPET, _BEFORE = 90, 24
_LONGEST_QUERY = 100


class Kind(StrEnum):
    """Where it was found: said, shared as a link, in a picture, in a document, in a file's name."""

    TEXT = "text"
    LINK = "link"
    PICTURE = "picture"
    DOCUMENT = "document"
    FILE = "file"


class Order(StrEnum):
    BEST = "best"
    NEWEST = "newest"


@dataclass(frozen=True, kw_only=True)
class Query:
    """What is looked for; an empty part is no bound. ``until`` is itself outside; both are aware.

    ``question``: the whole sentence in which it was asked for, where the words are only a part of it.
    """

    words: str
    question: str = ""
    room_id: int | None = None
    person: str = ""
    kinds: frozenset[Kind] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    order: Order = Order.BEST


@dataclass(frozen=True, kw_only=True)
class Hit:
    """Something that was found. ``marks``: from where to where the words stand in the snippet.

    ``place`` is the room's name, empty in private; ``sender`` the name borne there. ID, bank and phone numbers are
    starred where the audience is not the conversation itself.
    """

    message_id: int
    room_id: int | None
    place: str
    talker_id: int | None
    sender: str
    sent_at: datetime
    kind: Kind
    snippet: str
    marks: tuple[tuple[int, int], ...]
    file_id: int | None
    file_name: str
    file_kind: FileKind | None


@dataclass(frozen=True, kw_only=True)
class Results:
    """``total`` is counted up to ``MOST``; ``more``: there are more hits than those given and skipped."""

    hits: tuple[Hit, ...] = ()
    total: int = 0
    more: bool = False
    answer: Hit | None = None


async def search(
    session: AsyncSession, subject: Subject, audience: Audience, query: Query, *, limit: int = 20, skip: int = 0
) -> Results:
    """What fits all words (parts of words are enough), among what the asker may read and the audience may see."""
    parts = words_of(query.words)
    talkers = await meant(session, subject, audience, query.person) if query.person else None
    bounds = Bounds(room_id=query.room_id, talkers=talkers, since=query.since, until=query.until)
    if not parts and not query.person and not query.kinds:
        return Results()
    scope = Scope.of(subject, audience)
    answer = await _answer(session, scope, audience, bounds, query) if skip == 0 else None
    found = await _all(session, scope, bounds, query.kinds, parts, skip + limit + 1)
    compared = max(_COMPARED, skip + limit) if query.order == Order.BEST else skip + limit
    told = await _told(session, found[:compared], parts)
    if query.kinds:
        told = [one for one in told if _kind(one, parts) in query.kinds]
    if query.order == Order.BEST:
        told.sort(key=lambda one: -_worth(one, parts))
    return Results(
        hits=tuple(_hit(one, parts, audience) for one in told[skip : skip + limit]),
        total=min(len(found), MOST),
        more=len(found) > skip + limit,
        answer=answer,
    )


async def answer(session: AsyncSession, subject: Subject, audience: Audience, text: str) -> Hit | None:
    """The line that answers what a sentence asks; None where it asks nothing, or nobody said it."""
    question = questions.understand(text)
    if question is None or not question.asked:
        return None
    return await _line(session, Scope.of(subject, audience), audience, Bounds(), frozenset(), question)


async def of_operator(session: AsyncSession, text: str, room: str | None, *, limit: int) -> list[Hit] | None:
    """The newest that fits in the rooms of this name, or in all, for whoever runs the service; None without such a room."""
    rooms = await repository.rooms_named(session, room)
    if room is not None and not rooms:
        return None
    parts = words_of(text)
    found = await _all(session, Scope.of_operator(rooms), Bounds(), frozenset(), parts, limit)
    return [_hit(one, parts, Audience(room_id=one.room_id)) for one in await _told(session, found[:limit], parts)]


def words_of(text: str) -> list[str]:
    """The parts of a query: what stands between white space, as the index has it."""
    return list(dict.fromkeys(normalise(text.replace("\x00", " "))[:_LONGEST_QUERY].split()))


async def _all(
    session: AsyncSession,
    scope: Scope,
    bounds: Bounds,
    kinds: frozenset[Kind],
    parts: Sequence[str],
    at_least: int,
) -> list[repository.Place]:
    """The newest that fit: all of a rare word up to ``MOST``, of a frequent one as many as are needed."""
    found: set[repository.Place] = set()
    if not kinds or kinds & {Kind.TEXT, Kind.LINK, Kind.FILE}:
        frequent = not parts or await repository.is_frequent(session, parts)
        most = max(at_least, _COMPARED) if frequent and not kinds else MOST + 1
        found.update(await repository.said(session, scope, bounds, parts, most, frequent=frequent))
    if parts and (not kinds or kinds & {Kind.PICTURE, Kind.DOCUMENT}):
        found.update(await repository.read(session, scope, bounds, parts, MOST + 1))
    return sorted(found, reverse=True)


async def _told(session: AsyncSession, found: Sequence[repository.Place], parts: Sequence[str]) -> list[Candidate]:
    if not found:
        return []
    known = await repository.candidates(session, [message_id for _, message_id in found], next(iter(parts), ""))
    return [known[message_id] for _, message_id in found if message_id in known]


async def _answer(session: AsyncSession, scope: Scope, audience: Audience, bounds: Bounds, query: Query) -> Hit | None:
    """The line that answers, where the words ask something; it need not hold the words that ask."""
    question = questions.understand(query.question or query.words)
    return None if question is None else await _line(session, scope, audience, bounds, query.kinds, question)


async def _line(
    session: AsyncSession,
    scope: Scope,
    audience: Audience,
    bounds: Bounds,
    kinds: frozenset[Kind],
    question: questions.Question,
) -> Hit | None:
    for count in range(len(question.words), len(question.words) // 2, -1):
        some = question.words[:count]  # the longest words say the most
        places = await _all(session, scope, bounds, kinds, some, _COMPARED)
        lines = await _told(session, places[:_COMPARED], some)
        at = questions.best(question, [_text(one, some) for one in lines])
        if at is not None:
            return _hit(lines[at], list(some), audience)
    return None


def _text(one: Candidate, parts: Sequence[str]) -> str:
    """That of its texts in which the words stand."""
    texts = [one.text, one.read, one.name]
    holding = [text for text in texts if text and all(questions.plain(part) in questions.plain(text) for part in parts)]
    return next(iter(holding), next(filter(None, texts), ""))


def _kind(one: Candidate, parts: Sequence[str]) -> Kind:
    text = _text(one, parts)
    if one.kind == "link":
        return Kind.LINK
    if text == one.name:
        return Kind.FILE
    if text == one.text:
        return Kind.TEXT
    return Kind.PICTURE if one.file_kind == FileKind.IMAGE else Kind.DOCUMENT


def _worth(one: Candidate, parts: Sequence[str]) -> float:
    """How well it fits, for what is newest among equals (the sort is stable)."""
    text = questions.plain(_text(one, parts)).strip()
    whole = " ".join(questions.plain(part) for part in parts)
    return (3 if text == whole else 1 if whole in text else 0) + min(1.0, len(whole) / max(1, len(text)))


def _hit(one: Candidate, parts: Sequence[str], audience: Audience) -> Hit:
    text = _text(one, parts)
    outside = one.room_id is not None and audience.room_id != one.room_id
    snippet, marks = snip(masked(text) if outside else text, text, parts)
    return Hit(
        message_id=one.message_id,
        room_id=one.room_id,
        place=one.place,
        talker_id=one.talker_id,
        sender=one.sender,
        sent_at=one.sent_at,
        kind=_kind(one, parts),
        snippet=snippet,
        marks=marks,
        file_id=one.file_id,
        file_name=masked(one.name) if outside else one.name,
        file_kind=one.file_kind,
    )


def snip(shown: str, text: str, parts: Sequence[str]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The piece of a text around the first of the words, and where the words stand in it.

    ``shown`` is the text as it may be shown, of the same length.
    """
    searched = questions.plain(text)
    wanted = [questions.plain(part) for part in parts]
    first = min((at for part in wanted if (at := searched.find(part)) >= 0), default=0)
    start = max(0, first - _BEFORE) if len(text) > _SNIPPET else 0
    end = min(len(text), start + _SNIPPET)
    before, after = ("…" if start else ""), ("…" if end < len(text) else "")
    spans = sorted(
        (at, at + len(part))
        for part in wanted
        for at in range(start, end - len(part) + 1)
        if part and searched.startswith(part, at)
    )
    merged: list[tuple[int, int]] = []
    for begin, stop in spans:
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((begin, stop))
    shift = len(before) - start
    piece = "".join(" " if each in "\r\n\t" else each for each in shown[start:end])
    return before + piece + after, tuple((begin + shift, stop + shift) for begin, stop in merged)
