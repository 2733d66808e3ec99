"""Searching all that may be read: what was said, what stands in pictures and documents, what files are called."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.access import PRIVATE, Audience, Subject
from botbay.chat.models import FileKind
from botbay.chat.people import meant, own_wechat_ids
from botbay.chat.search import normalise
from botbay.zh.masking import masked
from workers.search import questions, repository
from workers.search.questions import Question
from workers.search.repository import Bounds, Candidate, Reach

#: Of more hits than that the rest is not counted.
MOST = 100
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

    ``mentioned``: only what names the asker with @. ``asked``: the question, where the words are but a part of it.
    """

    words: str
    room_id: int | None = None
    person: str = ""
    kinds: frozenset[Kind] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    order: Order = Order.BEST
    mentioned: bool = False
    asked: str = ""


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
    """What fits all words (parts of words are enough), among what the asker may read and the audience may see.

    Without words it is all that fits the person, the mentions, the time or the kinds, the newest first.
    """
    talkers = await meant(session, subject, audience, query.person) if query.person else None
    mentions = await own_wechat_ids(session, subject) if query.mentioned else None
    bounds = _bounds(query, talkers, mentions)
    found = await _found(session, Reach.of(subject, audience), bounds, query, limit, skip)
    return await _results(session, found, audience, limit, skip)


async def answer(session: AsyncSession, subject: Subject, audience: Audience, text: str) -> Hit | None:
    """The line that answers what a sentence asks; None where it asks nothing, or nobody said it."""
    question = questions.understand(text)
    if question is None or not question.asked:
        return None
    found = await _Search(session, Reach.of(subject, audience), _bounds(Query(words=text), None, None)).answer(question)
    return None if found is None else _hit(found, (await _texts(session, [found]))[found], audience)


async def search_for_operator(session: AsyncSession, room_ids: Sequence[int], query: Query, *, limit: int) -> Results:
    """The same in these rooms for whoever runs the service, by the command line; the query's person is not looked at."""
    reach = Reach.of_operator(room_ids)
    found = await _found(session, reach, _bounds(query, None, None), query, limit, 0)
    return await _results(session, found, PRIVATE, limit, 0)


async def rooms_for_operator(session: AsyncSession, name: str | None = None) -> list[int]:
    """The rooms of this name or number (#12), else those in whose name it is; all without one."""
    rooms = await repository.all_rooms(session)
    if name is None:
        return [room_id for room_id, _ in rooms]
    same = [room_id for room_id, topic in rooms if name in (topic, f"#{room_id}")]
    return same or [room_id for room_id, topic in rooms if name and name in topic]


def words_of(text: str) -> list[str]:
    """The parts of a query: what stands between white space, as the index has it."""
    return list(dict.fromkeys(normalise(text.replace("\x00", " "))[:_LONGEST_QUERY].split()))


def _bounds(query: Query, talkers: frozenset[int] | None, mentions: frozenset[str] | None) -> Bounds:
    kinds = query.kinds or frozenset(Kind)
    return Bounds(
        room_id=query.room_id,
        talkers=talkers,
        mentions=mentions,
        since=query.since,
        until=query.until,
        said=frozenset(kind.value for kind in kinds & {Kind.TEXT, Kind.LINK, Kind.FILE}),
        read=frozenset(kind == Kind.PICTURE for kind in kinds & {Kind.PICTURE, Kind.DOCUMENT}),
    )


#: A place, and whether the parts stand in what was read in its file, else in its words or its file's name.
_Fit = tuple[repository.Place, bool]


@dataclass(frozen=True, kw_only=True)
class _One:
    """A message that fits the parts; ``read``: they stand in its file, else in its words or its file's name."""

    message: Candidate
    parts: tuple[str, ...]
    read: bool


@dataclass(frozen=True, kw_only=True)
class _Found:
    """A page of what fits, in the order in which it is told, how much there is, and the line that answers."""

    page: Sequence[_One] = ()
    count: int = 0
    answer: _One | None = None


class _Search:
    """Finds by several sets of words in one place, each once."""

    def __init__(self, session: AsyncSession, reach: Reach, bounds: Bounds) -> None:
        self._session, self._reach, self._bounds = session, reach, bounds
        self._fits: dict[tuple[str, ...], list[_Fit]] = {}

    async def fitting(self, parts: Sequence[str], most: int) -> Sequence[_Fit]:
        """The newest that fit, the newest first."""
        key = tuple(parts)
        if key not in self._fits:
            said = await repository.said(self._session, self._reach, self._bounds, parts, most)
            read = set(await repository.read(self._session, self._reach, self._bounds, parts, most)).difference(said)
            self._fits[key] = sorted([*((place, False) for place in said), *((place, True) for place in read)])[::-1]
        return self._fits[key][:most]

    async def known(self, fits: Sequence[_Fit], parts: Sequence[str]) -> list[_One]:
        known = await repository.candidates(self._session, [place[1] for place, _ in fits]) if fits else {}
        return [
            _One(message=known[place[1]], parts=tuple(parts), read=read) for place, read in fits if place[1] in known
        ]

    async def answer(self, question: Question) -> _One | None:
        """The line that answers; it need not hold the words that ask."""
        for count in range(len(question.words), len(question.words) // 2, -1):
            some = [normalise(word) for word in question.words[:count]]  # the longest words say the most
            found = await self.known(await self.fitting(some, _COMPARED), some)
            texts = await _texts(self._session, found)
            at = questions.best(question, [texts[one] for one in found])
            if at is not None:
                return found[at]
        return None


async def _found(session: AsyncSession, reach: Reach, bounds: Bounds, query: Query, limit: int, skip: int) -> _Found:
    parts = words_of(query.words)
    if not parts and bounds.talkers is None and bounds.mentions is None and not query.kinds and not query.since:
        return _Found()
    most = max(MOST, skip + limit) + 1  # one more than is told says whether there are more
    search = _Search(session, reach, bounds)
    fits = await search.fitting(parts, most)
    question = questions.understand(query.asked or query.words) if parts else None
    if question is not None and not fits:
        # Nobody said it as it was asked: what is about the same goes with the answer.
        parts = [normalise(word) for word in question.words]
        fits = await search.fitting(parts, most)
    compared = _COMPARED if parts and query.order == Order.BEST and skip < _COMPARED else 0
    # The same for each page: so no hit is told twice or never.
    best = sorted(await search.known(fits[:compared], parts), key=lambda one: -_worth(one))
    rest = await search.known(fits[max(compared, skip) : skip + limit], parts)
    return _Found(
        page=[*best[skip : skip + limit], *rest],
        count=len(fits),
        answer=await search.answer(question) if question is not None and skip == 0 else None,
    )


async def _results(session: AsyncSession, found: _Found, audience: Audience, limit: int, skip: int) -> Results:
    texts = await _texts(session, [*found.page, *([found.answer] if found.answer else [])])
    return Results(
        hits=tuple(_hit(one, texts[one], audience) for one in found.page),
        total=min(found.count, MOST),
        more=found.count > skip + limit,
        answer=_hit(found.answer, texts[found.answer], audience) if found.answer else None,
    )


async def _texts(session: AsyncSession, some: Sequence[_One]) -> dict[_One, str]:
    """The text in which the parts of each stand."""
    read: dict[str, list[_One]] = {}
    for one in some:
        if one.read:
            read.setdefault(_first(one), []).append(one)
    around: dict[tuple[int, str], str] = {}
    for part, those in read.items():
        found = await repository.read_around(session, [one.message.message_id for one in those], part)
        around |= {(message_id, part): text for message_id, text in found.items()}
    return {one: around.get((one.message.message_id, _first(one)), "") if one.read else _said(one) for one in some}


def _first(one: _One) -> str:
    return next(iter(one.parts), "")


def _said(one: _One) -> str:
    message = one.message
    return message.name if _kind(one) == Kind.FILE else message.text or message.name


def _kind(one: _One) -> Kind:
    if one.read:
        return Kind.PICTURE if one.message.file_kind == FileKind.IMAGE else Kind.DOCUMENT
    if one.message.kind == "link":
        return Kind.LINK
    return Kind.FILE if one.message.name else Kind.TEXT


def _worth(one: _One) -> float:
    """How well it fits, for what is newest among equals (the sort is stable)."""
    if one.read:
        return 0.0
    text = questions.plain(_said(one)).strip()
    whole = " ".join(questions.plain(part) for part in one.parts)
    return (3 if text == whole else 1 if whole in text else 0) + min(1.0, len(whole) / max(1, len(text)))


def _hit(one: _One, text: str, audience: Audience) -> Hit:
    message = one.message
    outside = message.room_id is not None and audience.room_id != message.room_id
    snippet, marks = snip(masked(text) if outside else text, text, one.parts)
    return Hit(
        message_id=message.message_id,
        room_id=message.room_id,
        place=message.place,
        talker_id=message.talker_id,
        sender=message.sender,
        sent_at=message.sent_at,
        kind=_kind(one),
        snippet=snippet,
        marks=marks,
        file_id=message.file_id,
        file_name=masked(message.name) if outside else message.name,
        file_kind=message.file_kind,
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
