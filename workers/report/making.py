"""Makes a report: asks for the numbers and puts them in order."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import gaps
from botbay.chat.gaps import GapSpan
from botbay.chat.lines import flat
from botbay.chat.models import Message
from botbay.zh.masking import masked
from workers.minutes import service as minutes
from workers.report import keywords, repository, spans
from workers.report.document import (
    DayCount,
    FileEntry,
    Joined,
    Kind,
    KindCount,
    Mention,
    MinutesEntry,
    PersonCount,
    Report,
    RoomCount,
    TodoEntry,
)
from workers.report.repository import Counts, Sent
from workers.report.scope import Scope
from workers.report.spans import Span

#: Names for kinds of messages; what is not here is told as other.
_KINDS: Mapping[str, Kind] = {
    "text": "text",
    "image": "image",
    "emoticon": "other",
    "voice": "voice",
    "video": "video",
    "file": "file",
    "link": "link",
}
_ALL_KINDS: tuple[Kind, ...] = ("text", "image", "voice", "video", "file", "link", "other")
_UNNAMED = "没有同意记录的人"
TREND = timedelta(days=7)
_MOST_BROUGHT, _TOP = 5_000, 10  # of files, and of links
_LINE = 60  # characters


async def made(session: AsyncSession, scope: Scope, span: Span, at: datetime, deaf: Sequence[GapSpan]) -> Report:
    """The report of a span, counted up to ``at`` where that lies in it; ``deaf`` is when the rooms were not heard."""
    zone, until = span.zone, spans.counted_to(span, at)
    wanted = repository.said(scope, span.since, until)
    counts = await repository.counts(session, wanted)
    names = await repository.room_names(session, scope.rooms)
    people = await repository.people_names(
        session, {key for each in counts.rooms.values() for key in each if key is not None}, scope.room_id
    )
    files, links = [await repository.brought(session, wanted, kind, _MOST_BROUGHT) for kind in ("file", "link")]
    everybody = _people(counts, people)
    return Report(
        grain=span.grain,
        room_id=scope.room_id,
        title=names.get(scope.room_id, "") if scope.room_id is not None else "",
        zone=zone.key,
        since=span.since,
        until=span.until,
        made_at=at.astimezone(zone),
        open=span.since <= at < span.until,
        total=counts.total,
        before=await _before(session, scope, span, until),
        people_count=len({each.contact_id for each in everybody} - {None}),
        kinds=_kinds(counts),
        hours=_hours(counts, span),
        trend=await _trend(session, scope, span, until, counts),
        rooms=_rooms(counts, names),
        people=everybody,
        mentions=await _mentions(session, scope, wanted, names),
        keywords=await keywords.of(
            session, scope, wanted, counts.kinds.get("text", 0), span.since, list(people.values())
        ),
        files=_brought(files, names, people, span),
        links=_brought(links, names, people, span),
        joined=await _joined(session, scope, span, until, names),
        todos=await _todos(session, scope, span, until),
        minutes=await _minutes(session, scope, span, until),
        gaps=tuple(gaps.words(each, zone, at) for each in deaf),
    )


# --- numbers -----------------------------------------------------------------------------------------------


def _kinds(counts: Counts) -> tuple[KindCount, ...]:
    total: defaultdict[Kind, int] = defaultdict(int)
    for kind, number in counts.kinds.items():
        total[_KINDS.get(kind, "other")] += number
    ordered = sorted(_ALL_KINDS, key=lambda kind: (-total[kind], _ALL_KINDS.index(kind)))
    return tuple(KindCount(kind=kind, count=total[kind]) for kind in ordered)


def _hours(counts: Counts, span: Span) -> tuple[int, ...]:
    hours = [0] * 24
    for quarter, number in counts.quarters.items():
        hours[quarter.astimezone(span.zone).hour] += number
    return tuple(hours)


def _rooms(counts: Counts, names: Mapping[int, str]) -> tuple[RoomCount, ...]:
    found = [
        RoomCount(
            room_id=room,
            name=names.get(room, ""),
            count=sum(by_person.values()),
            people=sum(key is not None for key in by_person),
        )
        for room, by_person in counts.rooms.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.count, each.room_id)))


def _people(counts: Counts, names: Mapping[int, str]) -> tuple[PersonCount, ...]:
    total: defaultdict[int | None, int] = defaultdict(int)
    for by_person in counts.rooms.values():
        for key, number in by_person.items():
            total[key] += number
    ordered = sorted(total, key=lambda key: (key is None, -total[key], key or 0))
    return tuple(
        PersonCount(contact_id=key, name=_UNNAMED if key is None else names.get(key, "有人"), count=total[key])
        for key in ordered
    )


async def _before(session: AsyncSession, scope: Scope, span: Span, until: datetime) -> int | None:
    """How much was said in the span before, up to the same moment of it."""
    before = spans.before(span)
    if not await repository.kept_before(session, scope, span.since):
        return None
    end = before.until if until == span.until else min(before.until, spans.same_moment(before, span, until))
    return await repository.number(session, repository.said(scope, before.since, end))


async def _trend(
    session: AsyncSession, scope: Scope, span: Span, until: datetime, counts: Counts
) -> tuple[DayCount, ...]:
    last = (until - timedelta(microseconds=1)).astimezone(span.zone).date()
    first = min(span.since.date(), last - TREND + timedelta(days=1))
    quarters = Counter(counts.quarters)
    begin = spans.day(first, span.zone).since
    if begin < span.since:
        earlier = repository.said(scope, begin, span.since)
        quarters.update(await repository.by_quarter(session, earlier))
    days: Counter[date] = Counter()
    for quarter, number in quarters.items():
        days[quarter.astimezone(span.zone).date()] += number
    return tuple(
        DayCount(day=of, count=days[of])
        for of in (first + timedelta(days=place) for place in range((last - first).days + 1))
    )


# --- what was said and brought -----------------------------------------------------------------------------


async def _mentions(
    session: AsyncSession, scope: Scope, wanted: Select[Message], rooms: Mapping[int, str]
) -> tuple[Mention, ...]:
    if not scope.own:
        return ()
    calls = [
        each
        for each in await repository.calls_of(session, wanted, list(scope.own.values()))
        if each.talker_id not in scope.own
    ]
    names = await repository.people_names(session, {each.talker_id for each in calls if each.talker_id}, None)
    spoke = await repository.spoke_last(session, scope)
    return tuple(
        Mention(
            message_id=each.id,
            room_id=each.room_id or 0,
            room=rooms.get(each.room_id or 0, ""),
            who=names.get(each.talker_id or 0, ""),
            text=_short(each.text),
            at=each.sent_at,
            answered=spoke.get(each.room_id or 0, each.sent_at) > each.sent_at,
        )
        for each in calls
    )


def _brought(
    sent: Sequence[Sent], rooms: Mapping[int, str], people: Mapping[int, str], span: Span
) -> tuple[FileEntry, ...]:
    """Each once, those that were sent more often first; ``sent`` has the newest first."""
    same: dict[tuple[str, str], list[Sent]] = {}
    for each in sent:
        same.setdefault((_name(each), _url(each)), []).append(each)
    ordered = sorted(same.items(), key=lambda entry: -len(entry[1]))[:_TOP]
    return tuple(
        FileEntry(
            name=_short(name or url or "没有名字"),
            room=rooms.get(each[0].room_id, ""),
            who=people.get(each[0].talker_id or 0, ""),
            count=len(each),
            source=tuple(one.message_id for one in each),
            at=each[0].at.astimezone(span.zone),
            url=url,
            file_id=each[0].file_id,
        )
        for (name, url), each in ordered
    )


def _name(sent: Sent) -> str:
    return sent.name or flat(sent.title)


def _url(sent: Sent) -> str:
    url = flat(sent.url)
    return url if url.startswith(("https://", "http://")) else ""


def _short(text: str) -> str:
    text = masked(flat(text))
    return text if len(text) <= _LINE else f"{text[: _LINE - 1]}…"


# --- what happened -----------------------------------------------------------------------------------------


async def _joined(
    session: AsyncSession, scope: Scope, span: Span, until: datetime, rooms: Mapping[int, str]
) -> tuple[Joined, ...]:
    """Who came into the rooms, each once a room; two bots of a room tell the same."""
    found: dict[tuple[int, str], Joined] = {}
    for each in await repository.arrivals(session, scope, span.since, until):
        given = (each.details or {}).get("names")
        room = each.room_id or 0
        for name in map(flat, given if isinstance(given, list) else []):
            if name:
                at = each.sent_at.astimezone(span.zone)
                found.setdefault((room, name), Joined(name=name, room=rooms.get(room, ""), at=at))
    return tuple(found.values())


async def _todos(session: AsyncSession, scope: Scope, span: Span, until: datetime) -> tuple[TodoEntry, ...]:
    found = await minutes.todos_of(session, scope.subject, scope.audience, scope.rooms, span.since, until)
    entries = [
        TodoEntry(
            what=_short(each.what),
            who=each.who,
            due=each.shown,
            room=each.room,
            mine=each.who_contact_id in scope.own,
            source=each.sources,
        )
        for each in found
    ]
    return tuple(sorted(entries, key=lambda each: not each.mine))


async def _minutes(session: AsyncSession, scope: Scope, span: Span, until: datetime) -> tuple[MinutesEntry, ...]:
    found = await minutes.written_of(session, scope.subject, scope.rooms, span.since, until)
    return tuple(
        MinutesEntry(
            minutes_id=each.id,
            title=each.title,
            room=each.room,
            since=each.since.astimezone(span.zone),
            until=each.until.astimezone(span.zone),
        )
        for each in found
    )
