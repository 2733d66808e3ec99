"""The rules of the inbox: what comes in, what a maintainer makes of it, and the trainings. Nothing here commits."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from botbay import jobs
from botbay.chat import consent
from botbay.chat.models import Bot, Contact, Conversation, Room, Turn
from botbay.db import notify, now
from botbay.settings import load_settings
from workers.training import export as files
from workers.training import repository
from workers.training.export import Entity, Example
from workers.training.intents import LABELS, OTHERS
from workers.training.kinds import kinds
from workers.training.masking import mask
from workers.training.models import Reason, Sentence, SentenceState, TrainingRun
from workers.training.repository import Counted

#: NOTIFY channel that tells pages of a change.
CHANNEL = "training"
#: The job that trains, or goes back to an earlier version; its payload is {"run_id": …}.
JOB = "train_model"
#: How long after a sentence what somebody chooses or says still explains it.
_EXPLAINED = timedelta(minutes=10)
#: Days that a sentence waits when BOTBAY_RETENTION_DAYS sets none.
_DAYS = 90
_RANKED = 5
_RUNS = 20


class TrainingError(Exception):
    """What was asked cannot be done. The text is for people and says why."""


# --- what comes in -----------------------------------------------------------------------------------------


async def note(
    session: AsyncSession,
    *,
    turn: Turn,
    text: str,
    reason: Reason,
    ranking: Sequence[tuple[str, float]],
    label: str | None = None,
    people: Collection[str] = (),
    rooms: Collection[str] = (),
    accounts: Collection[str] = (),
) -> None:
    """Put a sentence of this turn's conversation into the inbox, masked; ``label`` is what it seems to have meant.

    ``people``, ``rooms`` and ``accounts``: names in it that may be known to nobody here, and are masked too.

    Nothing is kept of whom nothing may be kept of. Noting the same turn for the same reason again changes nothing.
    """
    conversation = await session.get_one(Conversation, turn.conversation_id)
    contact = await session.get_one(Contact, conversation.contact_id)
    room, member = None, None
    if conversation.room_id is not None:
        room = await session.get_one(Room, conversation.room_id)
        member = await consent.member_of(session, room.id, contact.id)
    if not consent.keeps(load_settings(), room, contact, member) or await repository.noted(session, turn.id, reason):
        return
    bot = await session.get_one(Bot, conversation.bot_id)
    names = set(people) | await repository.names_around(session, contact.id, conversation.room_id)
    known = await repository.account_names(session)
    names |= {shown for name, shown in known if shown != name}
    bots = {bot.wechat_name, contact.nickname or ""}  # the bot is nobody to be hidden
    masked = files.writable(
        mask(
            text,
            people=names - bots,
            accounts={name for name, _ in known} | set(accounts),
            rooms=set(rooms) | await repository.topics_around(session, contact.id, conversation.room_id),
            spared=bots,
        )
    )
    if not masked:
        return
    likely = [[intent, round(confidence, 3)] for intent, confidence in ranking[:_RANKED]]
    sentence_id = await repository.upsert(session, masked, likely, _known(label))
    await repository.sight(session, sentence_id, conversation, turn.id, reason)
    await notify(session, CHANNEL)


async def suggest(session: AsyncSession, *, turn: Turn, label: str, chosen: bool) -> None:
    """What the person chose or said next explains a sentence of the conversation that has no label yet.

    What was ``chosen`` of an offer explains the last one, whatever stands there. What was said in other words explains
    only the one said directly before, and nothing that is explained already: it may be about something else.
    """
    if not _known(label):
        return
    before = None if chosen else await repository.turn_before(session, turn)
    if not chosen and before is None:
        return
    sentence = await repository.latest_open(session, turn.conversation_id, now() - _EXPLAINED, before)
    if sentence is not None and (chosen or sentence.suggestion is None):
        sentence.suggestion = label
        await notify(session, CHANNEL)


def _known(label: str | None) -> str | None:
    return label if label in LABELS or label in OTHERS else None


# --- what a maintainer makes of it -------------------------------------------------------------------------


async def waiting(session: AsyncSession, *, limit: int = 50) -> tuple[list[Counted], int]:
    """The sentences that wait for a label, the most frequent first, and how many there are in all."""
    return await _listed(session, SentenceState.OPEN, limit)


async def labelled(session: AsyncSession, *, limit: int = 200) -> tuple[list[Counted], int]:
    """The sentences that wait for the next training, and how many there are in all."""
    return await _listed(session, SentenceState.LABELLED, limit)


async def dismissed(session: AsyncSession, *, limit: int = 50) -> tuple[list[Counted], int]:
    """The sentences that were left out, and how many there are in all."""
    return await _listed(session, SentenceState.DISMISSED, limit)


async def _listed(session: AsyncSession, state: SentenceState, limit: int) -> tuple[list[Counted], int]:
    return await repository.listed(session, state, limit), await repository.count(session, state)


async def label(session: AsyncSession, sentence_id: int, intent: str, entities: Sequence[Entity] = ()) -> None:
    """Say what a sentence means. Raises TrainingError where that would contradict the data or spoil the test."""
    sentence = await _find(session, sentence_id)
    if _known(intent) is None:
        raise TrainingError(f"没有「{intent}」这种意思。")
    await _check_entities(sentence.text, entities)
    words = await asyncio.to_thread(files.refusal, sentence.text, intent)
    if words is not None:
        raise TrainingError(words)
    sentence.state, sentence.intent, sentence.labelled_at, sentence.problem = SentenceState.LABELLED, intent, now(), ""
    sentence.entities = [[entity.start, entity.end, entity.kind] for entity in entities]
    await notify(session, CHANNEL)


async def _check_entities(text: str, entities: Sequence[Entity]) -> None:
    if not entities:
        return
    known, end = await asyncio.to_thread(kinds), 0
    for entity in sorted(entities, key=lambda each: each.start):
        if entity.kind not in known:
            raise TrainingError(f"没有「{entity.kind}」这种词。")
        if not end <= entity.start < entity.end <= len(text):
            raise TrainingError("标的词重叠了，或超出了句子。")
        end = entity.end


async def dismiss(session: AsyncSession, sentence_id: int) -> None:
    """Leave a sentence out: it teaches nothing, and does not come back when it is said again."""
    sentence = await _find(session, sentence_id)
    sentence.state = SentenceState.DISMISSED
    await notify(session, CHANNEL)


async def reopen(session: AsyncSession, sentence_id: int) -> None:
    """Take a label or a dismissal back."""
    sentence = await _find(session, sentence_id)
    sentence.state, sentence.labelled_at = SentenceState.OPEN, None
    await notify(session, CHANNEL)


async def _find(session: AsyncSession, sentence_id: int) -> Sentence:
    sentence = await repository.find(session, sentence_id)
    if sentence is None or sentence.state == SentenceState.EXPORTED:
        raise TrainingError("这句已经不在了：被教过了，或说的人收回了同意。")
    return sentence


async def export(session: AsyncSession) -> int:
    """Write the labelled sentences into the training data; how many. One that no longer fits opens again."""
    taught: list[Sentence] = []
    for sentence in await repository.labelled(session):
        assert sentence.intent is not None
        words = await asyncio.to_thread(files.refusal, sentence.text, sentence.intent)
        if words is None:
            sentence.state = SentenceState.EXPORTED
            taught.append(sentence)
        else:
            sentence.state, sentence.problem = SentenceState.OPEN, words
    if taught:
        await asyncio.to_thread(files.write, [_example(sentence) for sentence in taught])
    await notify(session, CHANNEL)
    return len(taught)


def entities_of(sentence: Sentence) -> list[Entity]:
    """The words of a sentence that were marked."""
    return [Entity(start=start, end=end, kind=kind) for start, end, kind in sentence.entities]


def _example(sentence: Sentence) -> Example:
    assert sentence.intent is not None
    return Example(text=sentence.text, intent=sentence.intent, entities=entities_of(sentence))


# --- trainings ---------------------------------------------------------------------------------------------


async def start(session: AsyncSession) -> int:
    """Have the worker train with what is labelled; the run's id. Raises TrainingError while a run is under way."""
    return await _open(session, None)


async def go_back(session: AsyncSession, version: str) -> int:
    """Have the worker put an earlier version into use; the run's id. Raises TrainingError while a run is under way."""
    return await _open(session, version)


async def _open(session: AsyncSession, wanted: str | None) -> int:
    run_id = await repository.open_run(session, wanted)
    if run_id is None:
        raise TrainingError("上一次还没做完，等它结束再来。")
    await jobs.enqueue(session, [jobs.NewJob(name=JOB, payload={"run_id": run_id}, key=f"{JOB}:{run_id}")])
    await notify(session, CHANNEL)
    return run_id


async def latest_run(session: AsyncSession) -> TrainingRun | None:
    return await repository.latest_run(session)


# --- what goes ---------------------------------------------------------------------------------------------


async def sweep(session: AsyncSession) -> None:
    """Delete what was forgotten with its dialogue."""
    await repository.sweep(session)


async def expire(session: AsyncSession) -> None:
    """Delete what has waited too long for a label."""
    days = load_settings().retention_days or _DAYS
    await repository.sweep(session, now() - timedelta(days=days))
    await repository.forget_runs(session, _RUNS)
