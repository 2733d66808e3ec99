"""All SQL of the inbox and the trainings."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, cast, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Account, Contact, Conversation, Member, Room, Turn
from botbay.db import now
from workers.training.models import Reason, RunState, Sentence, SentenceState, Sighting, TrainingRun


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A sentence, how often it was said, why it is here, and when it was last said."""

    sentence: Sentence
    count: int
    reasons: frozenset[Reason]
    last: datetime


def _remembered() -> ColumnElement[bool]:
    """Whether a sighting's dialogue has not been forgotten since: a yes taken back, a message recalled."""
    return exists().where(
        Conversation.id == Sighting.conversation_id,
        Conversation.epoch == Sighting.epoch,
        Conversation.forget.is_(False),
    )


# --- names -------------------------------------------------------------------------------------------------


async def names_around(session: AsyncSession, contact_id: int, room_id: int | None) -> set[str]:
    """The names that the contact, and people of the room (in private, of all their rooms) bear."""
    rooms = select(Member.room_id).where(Member.contact_id == contact_id, Member.left_at.is_(None))
    here = Member.room_id == room_id if room_id is not None else Member.room_id.in_(rooms)
    members = select(Member.alias, Contact.name).join(Contact, Contact.id == Member.contact_id).where(here)
    own = await session.scalar(select(Contact.name).where(Contact.id == contact_id))
    return {name for row in await session.execute(members.distinct()) for name in row if name} | {own or ""} - {""}


async def topics_around(session: AsyncSession, contact_id: int, room_id: int | None) -> set[str]:
    """The names of the room, and of all rooms in which the contact is."""
    rooms = select(Member.room_id).where(Member.contact_id == contact_id, Member.left_at.is_(None))
    return set(await session.scalars(select(Room.topic).where(Room.id.in_(rooms) | (Room.id == room_id)))) - {""}


async def account_names(session: AsyncSession) -> set[tuple[str, str]]:
    """Name and shown name of every account."""
    return {(name, shown) for name, shown in await session.execute(select(Account.name, Account.display_name))}


# --- sentences ---------------------------------------------------------------------------------------------


async def noted(session: AsyncSession, turn_id: int, reason: Reason) -> bool:
    same = select(Sighting.id).where(Sighting.turn_id == turn_id, Sighting.reason == reason)
    return await session.scalar(same) is not None


async def upsert(session: AsyncSession, text: str, ranking: Sequence[Any], suggestion: str | None) -> int:
    """The sentence's row, made when it is new. One that has been taught and is not understood yet opens again."""
    statement = insert(Sentence).values(text=text, ranking=ranking, suggestion=suggestion)
    taught = Sentence.state == SentenceState.EXPORTED
    found: int | None = await session.scalar(
        statement.on_conflict_do_update(
            index_elements=[Sentence.text],
            set_={
                "ranking": statement.excluded.ranking,
                "suggestion": func.coalesce(
                    statement.excluded.suggestion, case((taught, Sentence.intent)), Sentence.suggestion
                ),
                "state": case((taught, SentenceState.OPEN), else_=Sentence.state),
            },
        ).returning(Sentence.id)
    )
    assert found is not None
    return found


async def sight(
    session: AsyncSession, sentence_id: int, conversation: Conversation, turn_id: int, reason: Reason
) -> None:
    values = {
        "sentence_id": sentence_id,
        "conversation_id": conversation.id,
        "epoch": conversation.epoch,
        "turn_id": turn_id,
        "reason": reason,
    }
    await session.execute(insert(Sighting).values(values).on_conflict_do_nothing())


async def latest_open(
    session: AsyncSession, conversation_id: int, since: datetime, turn_id: int | None = None
) -> Sentence | None:
    """The sentence without a label that was last said in a conversation, locked; only in that turn where one is given."""
    return await session.scalar(
        select(Sentence)
        .join(Sighting)
        .where(
            Sighting.conversation_id == conversation_id,
            Sighting.at >= since,
            *([] if turn_id is None else [Sighting.turn_id == turn_id]),
            Sentence.state == SentenceState.OPEN,
            _remembered(),
        )
        .order_by(Sighting.id.desc())
        .limit(1)
        .with_for_update(of=Sentence)
    )


async def turn_before(session: AsyncSession, turn: Turn) -> int | None:
    """The id of the turn directly before, in the same conversation."""
    before = select(func.max(Turn.id)).where(Turn.conversation_id == turn.conversation_id, Turn.id < turn.id)
    return await session.scalar(before)


async def find(session: AsyncSession, sentence_id: int) -> Sentence | None:
    """The sentence, locked; None when it is gone, or nobody's any more."""
    said = exists().where(Sighting.sentence_id == Sentence.id, _remembered())
    return await session.scalar(select(Sentence).where(Sentence.id == sentence_id, said).with_for_update())


async def listed(session: AsyncSession, state: SentenceState, limit: int) -> list[Counted]:
    """The most frequent first, then as they came."""
    rows = await session.execute(
        select(Sentence, func.count(), func.array_agg(Sighting.reason.distinct()), func.max(Sighting.at))
        .join(Sighting)
        .where(Sentence.state == state, _remembered())
        .group_by(Sentence.id)
        .order_by(func.count().desc(), Sentence.id)
        .limit(limit)
    )
    return [
        Counted(sentence=sentence, count=count, reasons=frozenset(map(Reason, reasons)), last=last)
        for sentence, count, reasons, last in rows
    ]


async def count(session: AsyncSession, state: SentenceState) -> int:
    said = exists().where(Sighting.sentence_id == Sentence.id, _remembered())
    return await session.scalar(select(func.count()).select_from(Sentence).where(Sentence.state == state, said)) or 0


async def labelled(session: AsyncSession) -> Sequence[Sentence]:
    """Every sentence that waits for the next training, locked."""
    said = exists().where(Sighting.sentence_id == Sentence.id, _remembered())
    waiting = select(Sentence).where(Sentence.state == SentenceState.LABELLED, said).order_by(Sentence.id)
    return (await session.scalars(waiting.with_for_update())).all()


async def sweep(session: AsyncSession, before: datetime | None = None) -> None:
    """Delete what was forgotten, what was said before a time (labelled ones wait), and sentences that are nobody's."""
    gone = ~_remembered()
    if before is not None:
        waits = exists().where(Sentence.id == Sighting.sentence_id, Sentence.state == SentenceState.LABELLED)
        gone |= (Sighting.at < before) & ~waits
    await session.execute(delete(Sighting).where(gone))
    nobodys = ~exists().where(Sighting.sentence_id == Sentence.id)
    # Somebody may be saying one of them just now: those are left, and the rest is looked at again once it is locked.
    ids = (await session.scalars(select(Sentence.id).where(nobodys).with_for_update(skip_locked=True))).all()
    await session.execute(delete(Sentence).where(Sentence.id.in_(ids), nobodys))


# --- trainings ---------------------------------------------------------------------------------------------


async def open_run(session: AsyncSession, wanted: str | None) -> int | None:
    """The id of a new run; None while another is under way."""
    statement = insert(TrainingRun).values(wanted=wanted).on_conflict_do_nothing().returning(TrainingRun.id)
    return await session.scalar(statement)


async def latest_run(session: AsyncSession) -> TrainingRun | None:
    return await session.scalar(select(TrainingRun).order_by(TrainingRun.id.desc()).limit(1))


async def unfinished_run(session: AsyncSession, run_id: int) -> TrainingRun | None:
    unfinished = select(TrainingRun).where(TrainingRun.id == run_id, TrainingRun.ended_at.is_(None))
    return await session.scalar(unfinished.with_for_update())


async def say(session: AsyncSession, run_id: int, line: str) -> None:
    more = TrainingRun.lines.op("||")(cast([line], JSONB))
    await session.execute(update(TrainingRun).where(TrainingRun.id == run_id).values(lines=more))


async def end_run(session: AsyncSession, run_id: int, *, version: str | None = None, error: str = "") -> None:
    state = RunState.FAILED if error else RunState.DONE
    await session.execute(
        update(TrainingRun)
        .where(TrainingRun.id == run_id, TrainingRun.ended_at.is_(None))
        .values(state=state, version=version, error=error, ended_at=now())
    )


async def forget_runs(session: AsyncSession, keep: int) -> None:
    """Delete all but the latest runs."""
    kept: Collection[int] = (
        await session.scalars(select(TrainingRun.id).order_by(TrainingRun.id.desc()).limit(keep))
    ).all()
    await session.execute(delete(TrainingRun).where(TrainingRun.id.not_in(kept), TrainingRun.ended_at.is_not(None)))
