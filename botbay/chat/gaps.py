"""The times in which nobody was listening in a room, as its members are told: what was said then may be missing.

Gaps are recorded by bot (``botbay.chat.bots``). A room is deaf only while no bot that sits in it hears: where two
sit, their gaps are intersected.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import bots
from botbay.chat.models import Bot, Gap, RoomBot
from botbay.db import now

#: A shorter one is a reconnect: what the gateway says in it is told again when it is back, and every report would
#: otherwise begin with a list of them. A gap without any length is no blip but a moment at which something was surely
#: lost (see ``bots.lost``), so it stays.
BLIP = timedelta(seconds=5)
#: Moments so near to each other are told as one.
_AROUND = timedelta(minutes=10)
_END = datetime.max.replace(tzinfo=UTC)
_DAYS = {0: "今天", 1: "昨天", 2: "前天"}


@dataclass(frozen=True, kw_only=True)
class GapSpan:
    """A time in which these rooms were not heard; ``ended_at`` is None while they still are not.

    It ends where it started when something was lost at that moment.
    """

    started_at: datetime
    ended_at: datetime | None
    reason: str
    room_ids: frozenset[int]


@dataclass(frozen=True)
class _Span:
    start: datetime
    end: datetime
    reason: str = ""


async def gaps_of(session: AsyncSession, room_ids: Sequence[int], since: datetime, until: datetime) -> list[GapSpan]:
    """When these rooms were not heard between two aware times, clipped to them, the earliest first.

    Rooms that were deaf at the very same time, for the same reason, share a span.
    """
    stays: dict[int, dict[int, _Span]] = defaultdict(dict)
    for room_bot in await session.scalars(select(RoomBot).where(RoomBot.room_id.in_(room_ids))):
        stay = _Span(max(room_bot.joined_at, since), room_bot.left_at or _END)
        if stay.start < min(stay.end, until):
            stays[room_bot.room_id][room_bot.bot_id] = stay
    deaf = await _deaf(session, {bot_id for sitting in stays.values() for bot_id in sitting}, since, until)
    lasts = until > now() - bots.SILENCE  # whoever asks about the time until now is told that it goes on
    rooms: dict[tuple[datetime, datetime, str], set[int]] = defaultdict(set)
    for room_id, sitting in stays.items():
        for span in _of_room(sitting, deaf):
            end = span.end if lasts and span.end == _END else min(span.end, until)
            rooms[span.start, end, span.reason].add(room_id)
    return [
        GapSpan(started_at=start, ended_at=None if end == _END else end, reason=reason, room_ids=frozenset(found))
        for (start, end, reason), found in sorted(rooms.items())
        if start == end or end - start >= BLIP
    ]


def words(span: GapSpan, zone: tzinfo, at: datetime) -> str:
    """One sentence for people, as said at ``at``, without a full stop at its end."""
    start = span.started_at.astimezone(zone)
    today = at.astimezone(zone)
    reason = f"（{span.reason}）" if span.reason else ""
    if span.ended_at == span.started_at:
        return f"{_moment(start, today)} 有消息没能收下{reason}，这前后的消息可能不全"
    if span.ended_at is None:
        return f"从{_moment(start, today)} 起不在线{reason}，到现在的消息可能不全"
    end = span.ended_at.astimezone(zone)
    if f"{start:%F%R}" == f"{end:%F%R}":
        time = f"{_moment(start, today)} 前后"
    elif start.date() == end.date():
        time = f"{_moment(start, today)}–{end:%H:%M} "
    else:
        time = f"{_moment(start, today)} 到{_moment(end, today)} "
    return f"{time}不在线{reason}，这段时间的消息可能不全"


def _moment(time: datetime, today: datetime) -> str:
    day = _DAYS.get((today.date() - time.date()).days)
    if day is None:
        day = f"{time.month}月{time.day}日" if time.year == today.year else f"{time.year}年{time.month}月{time.day}日"
    return f"{day} {time:%H:%M}"


async def _deaf(
    session: AsyncSession, bot_ids: Iterable[int], since: datetime, until: datetime
) -> dict[int, list[_Span]]:
    """What is recorded of each bot, and what is not yet: nobody writes a gap down for a connector that is dead."""
    found: dict[int, list[_Span]] = defaultdict(list)
    ids = list(bot_ids)
    recorded = select(Gap).where(
        Gap.bot_id.in_(ids),
        Gap.started_at < until,
        or_(Gap.ended_at.is_(None), Gap.ended_at > since, Gap.started_at == since),
    )
    for gap in await session.scalars(recorded.order_by(Gap.started_at, Gap.id)):
        found[gap.bot_id].append(_Span(max(gap.started_at, since), gap.ended_at or _END, gap.reason))
    silent = select(Bot).where(Bot.id.in_(ids), Bot.heard_at < min(now() - bots.SILENCE, until))
    still_open = select(Gap.id).where(Gap.bot_id == Bot.id, Gap.ended_at.is_(None)).exists()
    for bot in await session.scalars(silent.where(~still_open)):
        assert bot.heard_at is not None
        found[bot.id].append(_Span(max(bot.heard_at, since), _END, bots.NOT_RUNNING))
    return found


def _of_room(sitting: dict[int, _Span], deaf: dict[int, list[_Span]]) -> list[_Span]:
    """When no bot heard of those that sat in the room, given when each of them sat there and was deaf."""
    hearing: dict[int, list[_Span]] = {}
    unheard: list[_Span] = []
    moments: list[tuple[int, _Span]] = []
    for bot_id, stay in sitting.items():
        lasting = []
        for gap in deaf.get(bot_id, ()):
            start, end = max(gap.start, stay.start), min(gap.end, stay.end)
            if start < end:
                lasting.append(_Span(start, end, gap.reason))
            elif gap.start == gap.end and stay.start <= gap.start < stay.end:
                moments.append((bot_id, gap))
        unheard += lasting
        hearing[bot_id] = _without([stay], lasting)
    spans = _merged(_without(unheard, [span for each in hearing.values() for span in each]))
    told = datetime.min.replace(tzinfo=UTC)
    for bot_id, moment in sorted(moments, key=lambda each: each[1].start):
        others = [span for other, each in hearing.items() if other != bot_id for span in each]
        # Another bot heard it, or it lies in a longer gap anyway, or was said with the moment before.
        if moment.start - told < _AROUND or any(span.start <= moment.start < span.end for span in [*spans, *others]):
            continue
        spans.append(moment)
        told = moment.start
    return spans


def _without(spans: Iterable[_Span], holes: Iterable[_Span]) -> list[_Span]:
    """The parts of spans that lie in none of the holes."""
    rest = list(spans)
    for hole in holes:
        rest = [
            _Span(start, end, span.reason)
            for span in rest
            for start, end in ((span.start, min(span.end, hole.start)), (max(span.start, hole.end), span.end))
            if start < end
        ]
    return rest


def _merged(spans: Iterable[_Span]) -> list[_Span]:
    """Spans that overlap or touch become one, with the reasons of all."""
    merged: list[_Span] = []
    for span in sorted(spans, key=lambda each: (each.start, each.end)):
        if merged and span.start <= merged[-1].end:
            last = merged[-1]
            reasons = dict.fromkeys([*last.reason.split("；"), span.reason])
            merged[-1] = _Span(last.start, max(last.end, span.end), "；".join(filter(None, reasons)))
        else:
            merged.append(span)
    return merged
