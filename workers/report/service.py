"""Reports: made from what is kept, stored once a span and scope, and read by whoever may read what they count.

Nothing here commits. A stored report stands until what it counts changes: the one that comes by itself and the one
asked for are the same.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import gaps, handing
from botbay.chat.access import PRIVATE, Audience, Subject, countable_messages, readable_rooms
from botbay.chat.gaps import GapSpan
from botbay.chat.models import Account, Message, Room
from botbay.db import now
from workers.minutes import service as minutes
from workers.report import making, repository, spans
from workers.report.document import Report
from workers.report.models import ReportRow
from workers.report.repository import readable_reports
from workers.report.scope import Scope
from workers.report.spans import Span

#: Seconds for which a report of a span that has not ended may stand though nothing was said.
_FRESH = 300


def made_key(report_id: int) -> str:
    """What pictures of this report are kept under until they are sent: see ``botbay.chat.handing``."""
    return f"report-{report_id}"


class ReportError(Exception):
    """What was asked cannot be done. The text is for people and says why."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A report as it stands."""

    id: int
    report: Report


async def of_person(session: AsyncSession, account: Account, span: Span) -> Stored:
    """The report over all the rooms in which the account's contacts are members now."""
    return await _stored(session, await _personal(session, account), span)


async def of_room(session: AsyncSession, subject: Subject, audience: Audience, room_id: int, span: Span) -> Stored:
    """The report of one room. Raises ReportError where the room may not be read here."""
    room = await session.scalar(readable_rooms(subject, audience).where(Room.id == room_id))
    if room is None:
        raise ReportError("你不在这个群里，看不到它的日报。")
    return await _stored(session, await _of_room(session, subject, audience, room_id), span)


async def get(session: AsyncSession, subject: Subject, audience: Audience, report_id: int) -> Stored | None:
    """A stored one, made anew where what it counts has changed; None where it may not be read here."""
    row = await session.scalar(readable_reports(subject, audience).where(ReportRow.id == report_id))
    if row is None:
        return None
    span = spans.between(row.since, row.until, ZoneInfo(row.zone))
    if row.account_id is not None:
        scope = await _personal(session, await session.get_one(Account, row.account_id))
    else:
        assert row.room_id is not None
        scope = await _of_room(session, subject, audience, row.room_id)
    return await _stored(session, scope, span)


async def for_operator(session: AsyncSession, span: Span, room_id: int | None = None) -> Report:
    """The figures of a room, or of all, for whoever runs the service, by the command line: nothing is stored."""
    rooms = [room_id] if room_id is not None else list(await session.scalars(select(Room.id).order_by(Room.id)))
    everything = select(Message).where(Message.room_id.is_not(None))
    scope = Scope(
        subject=Subject(),
        audience=Audience(room_id=room_id),
        countable=everything,
        rooms=rooms,
        several=await repository.with_several_bots(session, rooms),
        room_id=room_id,
    )
    at = now()
    return await making.made(session, scope, span, at, await _deaf(session, scope, span, at))


async def rooms_for_operator(session: AsyncSession, name: str) -> Sequence[tuple[int, str]]:
    """Id and topic of the rooms of this name or number (#12), else of those in whose name it is."""
    return await minutes.rooms_for_operator(session, name)


async def forget(session: AsyncSession, message_ids: Collection[int]) -> None:
    """These messages were recalled or erased: no report tells of them any more."""
    for report_id in await repository.forget(session, message_ids):
        await handing.withdraw(session, made_key(report_id))


async def _personal(session: AsyncSession, account: Account) -> Scope:
    subject = Subject.of_account(account)
    found = await session.scalars(readable_rooms(subject, PRIVATE).with_only_columns(Room.id).order_by(Room.id))
    rooms = list(found)
    return Scope(
        subject=subject,
        audience=PRIVATE,
        countable=countable_messages(subject, PRIVATE),
        rooms=rooms,
        several=await repository.with_several_bots(session, rooms),
        room_id=None,
        account_id=account.id,
        own=await repository.own_contacts(session, account.id),
    )


async def _of_room(session: AsyncSession, subject: Subject, audience: Audience, room_id: int) -> Scope:
    return Scope(
        subject=subject,
        audience=audience,
        countable=countable_messages(subject, audience),
        rooms=[room_id],
        several=await repository.with_several_bots(session, [room_id]),
        room_id=room_id,
    )


async def _stored(session: AsyncSession, scope: Scope, span: Span) -> Stored:
    row = await repository.hold(
        session, scope.account_id, scope.room_id, span.since.astimezone(UTC), span.until.astimezone(UTC), span.zone.key
    )
    at = now()
    deaf = await _deaf(session, scope, span, at)
    fingerprint = await _fingerprint(session, scope, span, at, deaf)
    if row.fingerprint != fingerprint:
        report = await making.made(session, scope, span, at, deaf)
        row.document, row.fingerprint, row.made_at = report.model_dump(mode="json"), fingerprint, at
        await session.flush()
        return Stored(id=row.id, report=report)
    return Stored(id=row.id, report=Report.model_validate(row.document))


async def _deaf(session: AsyncSession, scope: Scope, span: Span, at: datetime) -> Sequence[GapSpan]:
    return await gaps.gaps_of(session, scope.rooms, span.since, spans.counted_to(span, at))


async def _fingerprint(session: AsyncSession, scope: Scope, span: Span, at: datetime, deaf: Sequence[GapSpan]) -> str:
    """The same as long as a report of the span would be."""
    begin = min(spans.before(span).since, span.since - making.TREND)
    told = [
        list(scope.rooms),
        # What a clock ahead of ours has dated is not counted yet, and is news when its time has come.
        await repository.state(session, scope, begin, spans.counted_to(span, at)),
        [(gap.started_at, gap.ended_at, gap.reason) for gap in deaf],
        # One that is open says up to when it counts, and compares with the same moment of the span before.
        int(at.timestamp()) // _FRESH if span.since <= at < span.until else None,
        at.astimezone(span.zone).date(),  # tomorrow its title says 昨天
        await minutes.found_changes(session, scope.rooms),
        sorted((await repository.spoke_last(session, scope)).items()) if scope.own else None,
    ]
    return hashlib.sha256(repr(told).encode()).hexdigest()
