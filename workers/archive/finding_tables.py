"""Finding 接龙: the tables that rooms filled in together, by their titles and when they were last written to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import solitaires
from botbay.chat.access import Audience, Subject, readable_rooms
from workers.archive.finding import Wanted
from workers.archive.matching import Fit, fit

WORD = "接龙"


@dataclass(frozen=True, kw_only=True)
class FoundTable:
    """A 接龙 by the message that began it; ``entries``: how many there are."""

    room_id: int
    room: str
    message_id: int
    title: str
    entries: int
    updated_at: datetime


async def find_tables(
    session: AsyncSession, subject: Subject, audience: Audience, wanted: Wanted
) -> Sequence[FoundTable]:
    """The 接龙 whose titles fit what stands before that word, the one written to last first.

    Where none fits the title, all of the time and the room that are wanted; nothing where no 接龙 is wanted.
    """
    title, called, _ = wanted.words.partition(WORD)
    if not called:
        return []
    found: list[FoundTable] = []
    for room in await session.scalars(readable_rooms(subject, audience)):
        if wanted.room_id is not None and room.id != wanted.room_id:
            continue
        found += [
            FoundTable(
                room_id=room.id,
                room=room.topic,
                message_id=table.message_ids[0],
                title=table.solitaire.title,
                entries=len(table.solitaire.entries),
                updated_at=table.updated_at,
            )
            for table in await solitaires.of_room(session, subject, audience, room.id)
            if (wanted.since is None or table.updated_at >= wanted.since)
            and (wanted.until is None or table.updated_at < wanted.until)
        ]
    found.sort(key=lambda table: table.updated_at, reverse=True)
    if not found:
        anytime = replace(wanted, since=None, until=None)
        return [] if anytime == wanted else await find_tables(session, subject, audience, anytime)
    fitting = [table for table in found if fit(table.title, title) not in (None, Fit.NEAR)]
    return fitting or found
