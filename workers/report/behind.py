"""The messages behind a figure of a report, page by page: those that may be shown, and of the rest how many."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, extract, func, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import lines
from botbay.chat.access import PRIVATE, Subject, countable_messages, readable_messages, readable_rooms
from botbay.chat.models import Contact, File, FileKind, FileState, Member, Message, Room
from botbay.zh.masking import masked
from workers.report import repository
from workers.report.document import Kind, Report
from workers.report.scope import Scope

PAGE = 50
_LONGEST = 300  # characters of a message in the list
_NAMED_KINDS = ("text", "image", "voice", "video", "file", "link")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """All that a report counts, or of it what is so: ``hour`` of the report's time zone, ``word`` stands in a text."""

    kind: Kind | None = None
    hour: int | None = None
    room_id: int | None = None
    person_id: int | None = None
    word: str = ""
    ids: tuple[int, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Line:
    """A message in a list. ``who`` is the name borne in its room; ``file_id`` is of a file that can be opened."""

    id: int
    room_id: int
    room: str
    who: str
    at: datetime
    text: str
    file_id: int | None
    file_kind: FileKind | None


@dataclass(frozen=True, kw_only=True)
class Behind:
    """A page of messages, the earliest first; ``total`` is the figure, ``unseen`` of it are only counted."""

    lines: list[Line]
    total: int
    unseen: int
    more: bool


async def messages(
    session: AsyncSession,
    subject: Subject,
    report: Report,
    figure: Figure,
    *,
    after: Line | None = None,
    limit: int = PAGE,
) -> Behind:
    """What a figure of the report counts for this reader now: the first page, or what follows on a line."""
    scope = await _scope(session, subject, report)
    until = min(report.until, report.made_at)
    counted = _only(repository.said(scope, report.since, until), report, figure)
    total, unseen = (
        await session.execute(counted.with_only_columns(func.count(), func.count().filter(Message.withheld)))
    ).one()
    readable = replace(scope, countable=readable_messages(subject, PRIVATE))
    shown = _only(repository.said(readable, report.since, until), report, figure)
    listed = _with_names(shown).order_by(Message.sent_at, Message.id).limit(limit + 1)
    if after is not None:
        listed = listed.where(tuple_(Message.sent_at, Message.id) > tuple_(after.at, after.id))
    rows: Sequence[tuple[Message, str, int, str, File | None]] = (await session.execute(listed)).tuples().all()
    zone = ZoneInfo(report.zone)
    return Behind(lines=[_line(*row, zone) for row in rows[:limit]], total=total, unseen=unseen, more=len(rows) > limit)


async def _scope(session: AsyncSession, subject: Subject, report: Report) -> Scope:
    """What the report counts, as far as it may be read now."""
    wanted = readable_rooms(subject, PRIVATE).with_only_columns(Room.id).order_by(Room.id)
    if report.room_id is not None:
        wanted = wanted.where(Room.id == report.room_id)
    rooms = (await session.scalars(wanted)).all()
    return Scope(
        subject=subject,
        audience=PRIVATE,
        countable=countable_messages(subject, PRIVATE),
        rooms=rooms,
        several=await repository.with_several_bots(session, rooms),
        room_id=report.room_id,
    )


def _only(wanted: Select[Message], report: Report, figure: Figure) -> Select[Message]:
    if figure.kind == "other":
        wanted = wanted.where(Message.kind.not_in(_NAMED_KINDS))
    elif figure.kind is not None:
        wanted = wanted.where(Message.kind == figure.kind)
    if figure.hour is not None:
        wanted = wanted.where(extract("hour", func.timezone(report.zone, Message.sent_at)) == figure.hour)
    if figure.room_id is not None:
        wanted = wanted.where(Message.room_id == figure.room_id)
    if figure.person_id is not None:
        wanted = wanted.where(Message.talker_id == figure.person_id)
    if figure.word:
        wanted = wanted.where(Message.kind == "text", Message.text.icontains(figure.word, autoescape=True))
    if figure.ids is not None:
        wanted = wanted.where(Message.id.in_(figure.ids))
    return wanted


def _with_names(wanted: Select[Message]) -> Select[*tuple[Any, ...]]:
    return (
        wanted.outerjoin(Contact, Contact.id == Message.talker_id)
        .outerjoin(Member, (Member.room_id == Message.room_id) & (Member.contact_id == Message.talker_id))
        .join(Room, Room.id == Message.room_id)
        .outerjoin(File, (File.message_id == Message.id) & (File.state == FileState.STORED) & File.trashed_at.is_(None))
        .with_only_columns(
            Message, func.coalesce(func.nullif(Member.alias, ""), Contact.name, ""), Room.id, Room.topic, File
        )
    )


def _line(message: Message, who: str, room_id: int, room: str, file: File | None, zone: ZoneInfo) -> Line:
    text = masked(lines.line(message))
    return Line(
        id=message.id,
        room_id=room_id,
        room=lines.flat(room),
        who=lines.flat(who),
        at=message.sent_at.astimezone(zone),
        text=text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…",
        file_id=None if file is None else file.id,
        file_kind=None if file is None else file.kind,
    )
