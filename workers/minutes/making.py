"""Minutes made from a talk as it was read: the engine's work, what may be missing, and what is nobody else's business."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from pydantic import JsonValue
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import gaps
from botbay.chat.models import Message, Room
from botbay.db import now
from botbay.settings import load_settings
from botbay.zh.masking import masked
from workers.minutes import engine, parts, talks
from workers.minutes.document import Minutes
from workers.minutes.talks import Read

#: Told with the full date: what is stored is read on another day.
_LATER = timedelta(days=3)


async def made(
    session: AsyncSession,
    readable: Select[Message],
    room: Room,
    read: Read,
    since: datetime,
    until: datetime | None,
    deaf: Sequence[gaps.GapSpan],
    *,
    highlights: int | float | None = None,
) -> Minutes | None:
    """The document of a talk, in which ``deaf`` are the times that were not heard; None where all of it is noise."""
    zone = load_settings().zone
    first, end = read.talk.lines[0].at if read.cut else since, end_of(until)
    before = await talks.background(session, readable, room.id, first)

    def work() -> Minutes:
        return engine.make(
            read.talk,
            since=first.astimezone(zone),
            until=end.astimezone(zone),
            highlights=highlights,
            background=talks.counted(before) or None,
        )

    document = await asyncio.to_thread(work)
    if not document.messages:
        return None
    told = [_gap(gap, end, zone) for gap in deaf]
    if read.cut:
        told.insert(0, f"只看了 {first.astimezone(zone):%Y-%m-%d %H:%M} 以后的消息：这段时间超过 {talks.MOST:,} 条")
    return _masked(document.model_copy(update={"gaps": tuple(told)}))


def end_of(until: datetime | None) -> datetime:
    """How far a span reaches by now."""
    return now() if until is None else min(until, now())


def _gap(gap: gaps.GapSpan, end: datetime, zone: tzinfo) -> str:
    closed = replace(gap, ended_at=gap.ended_at or end)
    assert closed.ended_at is not None
    return gaps.words(closed, zone, closed.ended_at + _LATER)


def _masked(document: Minutes) -> Minutes:
    """Read outside of its room, too: on a page, in a mail, in a private chat."""

    def within(value: JsonValue, hidden: bool) -> JsonValue:
        if isinstance(value, dict):
            return {key: within(each, key in ("text", "what", "title", "keywords")) for key, each in value.items()}
        if isinstance(value, list):
            return [within(each, hidden) for each in value]
        if hidden and isinstance(value, str):
            return "".join(text if address else masked(text) for text, address in parts.pieces(value))
        return value

    return Minutes.model_validate(within(document.model_dump(mode="json"), False))
