"""Spans of talk that are told by something else than a time: the last minutes, the asker's last words, one meeting."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.access import Audience, Subject, readable_messages
from workers.minutes import repository
from workers.minutes.repository import readable_minutes

#: A pause this long ends a stretch of talk.
_PAUSE = timedelta(minutes=45)


async def reached(session: AsyncSession, subject: Subject, audience: Audience, room_id: int) -> datetime | None:
    """Until when the room's last minutes reach; None where it has none."""
    row = await repository.last_of(session, readable_minutes(subject, audience), room_id)
    return None if row is None else min(row.until or row.made_at, row.made_at)


async def spoke_last(session: AsyncSession, subject: Subject, audience: Audience, room_id: int) -> datetime | None:
    """When the asker last said something in the room, to somebody else than a bot; None where nothing of that is kept."""
    return await repository.spoke_last(session, readable_messages(subject, audience), room_id, subject)


async def stretch(
    session: AsyncSession, subject: Subject, audience: Audience, room_id: int, since: datetime, until: datetime
) -> tuple[datetime, datetime]:
    """The stretch of talk between two times in which most was said; the two times where nothing was."""
    stretches: list[list[datetime]] = []
    for at in await repository.times(session, readable_messages(subject, audience), room_id, since, until):
        if not stretches or at - stretches[-1][-1] > _PAUSE:
            stretches.append([])
        stretches[-1].append(at)
    if not stretches:
        return since, until
    longest = max(stretches, key=len)
    return longest[0], min(until, longest[-1] + timedelta(seconds=1))
