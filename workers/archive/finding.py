"""Finding files as people speak of them: a part of the name, who sent it, of what kind, about when, in which room."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import combinations

from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.access import Audience, Subject
from botbay.chat.models import FileKind
from botbay.chat.people import meant
from workers.archive import finding_repository as repository
from workers.archive.finding_repository import MOST, Bounds, FoundFile
from workers.archive.matching import Fit, fit, split

__all__ = ["MOST", "Found", "FoundFile", "Wanted", "find", "get"]

#: What may be left out where nothing fits all, and in which order it is tried.
_PARTS = ("time", "person", "kind", "room")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is looked for; an empty part says nothing. ``until`` is itself outside; both are aware.

    ``private``: only in private chats; this is never left out.
    """

    words: str = ""
    person: str = ""
    kinds: frozenset[FileKind] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    room_id: int | None = None
    private: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        given = {
            "time": self.since is not None or self.until is not None,
            "person": bool(self.person),
            "kind": bool(self.kinds),
            "room": self.room_id is not None,
        }
        return tuple(part for part in _PARTS if given[part])

    def without(self, parts: Iterable[str]) -> "Wanted":
        """The same with these of its parts left out."""
        left = self
        for part in parts:
            match part:
                case "time":
                    left = replace(left, since=None, until=None)
                case "person":
                    left = replace(left, person="")
                case "kind":
                    left = replace(left, kinds=frozenset())
                case "room":
                    left = replace(left, room_id=None)
        return left


@dataclass(frozen=True, kw_only=True)
class Found:
    """The best ``files``, the best first, out of ``total``; of very many only the newest are counted (``MOST``).

    ``relaxed``: the parts (time, person, kind, room) that had to be left out to find any. ``near``: the names hold
    only a part of the words.
    """

    files: tuple[FoundFile, ...] = ()
    total: int = 0
    relaxed: tuple[str, ...] = field(default=())
    near: bool = False


async def find(session: AsyncSession, subject: Subject, audience: Audience, wanted: Wanted, limit: int = 6) -> Found:
    """The files that fit, among those that the asker may read and the audience may see.

    Where none fits all parts, as few of them as possible are left out, the time first; then a part of the words is
    enough.
    """
    people = await meant(session, subject, audience, wanted.person)
    for near in (False, True) if wanted.words else (False,):
        for relaxed in _fewer(wanted):
            left = wanted.without(relaxed)
            files = await _all(session, subject, audience, left, people, near=near)
            if files:
                return Found(files=tuple(files[:limit]), total=len(files), relaxed=relaxed, near=near)
            # What is not there at all is not looked for in every way.
            if not relaxed and wanted.words and wanted.parts:
                bare = wanted.without(wanted.parts)
                if not await _all(session, subject, audience, bare, people, near=near):
                    break
    return Found()


async def get(session: AsyncSession, subject: Subject, audience: Audience, file_id: int) -> FoundFile | None:
    """One file as it is now; None where it is gone or may not be shown."""
    return await repository.by_id(session, subject, audience, file_id)


def _fewer(wanted: Wanted) -> list[tuple[str, ...]]:
    """The parts to leave out, one try after another; where nothing else is said, one that says something stays."""
    given = wanted.parts
    ways = [chosen for count in range(len(given) + 1) for chosen in combinations(given, count)]
    if wanted.words or given == ("time",):
        return ways
    return [chosen for chosen in ways if not chosen or len(chosen) < len(given)]


async def _all(
    session: AsyncSession,
    subject: Subject,
    audience: Audience,
    wanted: Wanted,
    people: frozenset[int],
    *,
    near: bool,
) -> list[FoundFile]:
    """All that fit, the best first, what was sent twice once."""
    bounds = Bounds(
        since=wanted.since,
        until=wanted.until,
        talkers=people if wanted.person else None,
        kinds=wanted.kinds,
        room_id=wanted.room_id,
        private=wanted.private,
    )
    runs = split(wanted.words) or ([wanted.words.strip()] if wanted.words.strip() else [])
    if not runs:
        return _once(await repository.newest(session, subject, audience, bounds))
    ranked: list[tuple[Fit, FoundFile]] = []
    for file in await repository.by_name(session, subject, audience, bounds, runs, near=near):
        how = fit(file.name, wanted.words)
        if how is not None and (near or how != Fit.NEAR):
            ranked.append((how, file))
    if not near:
        around = await repository.by_words_around(session, subject, audience, bounds, runs)
        ranked += [(Fit.BESIDE, file) for file in around]
    ranked.sort(key=lambda one: one[0])  # a stable sort: the newest stay first
    return _once(file for _, file in ranked)


def _once(files: Iterable[FoundFile]) -> list[FoundFile]:
    """Each file, and the same bytes under the same name, but the first time."""
    seen: set[object] = set()
    kept = []
    for file in files:
        same: Sequence[object] = (file.id, (file.blob_id, file.name) if file.blob_id is not None else file.id)
        if not seen.intersection(same):
            kept.append(file)
        seen.update(same)
    return kept
