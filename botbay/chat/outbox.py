"""The outbox: what the bots are to say, put in once and sent in order."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from botbay.chat.models import Conversation, OutboxAttempt, OutboxItem, OutboxState
from botbay.db import notify, now

CHANNEL = "outbox"
_OPEN = (OutboxState.QUEUED, OutboxState.SENDING, OutboxState.UNKNOWN)


async def put(
    session: AsyncSession,
    conversation_id: int,
    key: str,
    *,
    text: str = "",
    kind: str = "text",
    file_key: str | None = None,
    file_name: str | None = None,
    mention: bool = False,
    turn_id: int | None = None,
) -> None:
    """Say something; a second time under the same key changes nothing. Senders are woken on commit."""
    await session.execute(
        insert(OutboxItem)
        .values(
            conversation_id=conversation_id,
            key=key,
            kind=kind,
            text=text,
            file_key=file_key,
            file_name=file_name,
            mention=mention,
            turn_id=turn_id,
        )
        .on_conflict_do_nothing(index_elements=[OutboxItem.key])
    )
    await notify(session, CHANNEL)


@dataclass(frozen=True, kw_only=True)
class Words:
    """A text to be said in a conversation, once under its key."""

    conversation_id: int
    key: str
    text: str
    mention: bool = False


async def put_texts(session: AsyncSession, said: Sequence[Words]) -> None:
    """As ``put``, of many at once."""
    if said:
        new = insert(OutboxItem).on_conflict_do_nothing(index_elements=[OutboxItem.key])
        await session.execute(new, [{"kind": "text", **asdict(each)} for each in said])
        await notify(session, CHANNEL)


async def next_items(session: AsyncSession, bot_id: int) -> Sequence[OutboxItem]:
    """The first open item of each of the bot's conversations that is due, oldest first."""
    earlier = aliased(OutboxItem)
    found = await session.scalars(
        select(OutboxItem)
        .join(Conversation, Conversation.id == OutboxItem.conversation_id)
        .where(
            Conversation.bot_id == bot_id,
            OutboxItem.state.in_(_OPEN),
            OutboxItem.not_before <= now(),
            ~select(earlier.id)
            .where(
                earlier.conversation_id == OutboxItem.conversation_id,
                earlier.state.in_(_OPEN),
                earlier.id < OutboxItem.id,
            )
            .exists(),
        )
        .order_by(OutboxItem.id)
    )
    return found.all()


async def begin(session: AsyncSession, item_id: int) -> int | None:
    """A try begins; the id of its record, which outlives a crash. None when somebody else has begun one."""
    claimed = await session.execute(
        update(OutboxItem)
        .where(OutboxItem.id == item_id, OutboxItem.state == OutboxState.QUEUED)
        .values(state=OutboxState.SENDING)
        .returning(OutboxItem.id)
    )
    if claimed.first() is None:
        return None
    attempt = OutboxAttempt(outbox_id=item_id)
    session.add(attempt)
    await session.flush()
    return attempt.id


async def end(
    session: AsyncSession,
    item_id: int,
    attempt_id: int,
    state: OutboxState,
    result: str,
    *,
    detail: str = "",
    source_id: str | None = None,
    retry_in: timedelta = timedelta(0),
) -> None:
    """How a try ended. An echo that came first has said already that it was sent, and stays right."""
    await session.execute(
        update(OutboxAttempt).where(OutboxAttempt.id == attempt_id).values(ended_at=now(), result=result, detail=detail)
    )
    values: dict[str, object] = {"state": state, "error": detail, "not_before": now() + retry_in}
    if state == OutboxState.SENT:
        values |= {"sent_at": now(), "source_id": source_id}
    await session.execute(
        update(OutboxItem).where(OutboxItem.id == item_id, OutboxItem.state != OutboxState.SENT).values(**values)
    )
    if source_id is not None:
        await session.execute(
            update(OutboxItem)
            .where(OutboxItem.id == item_id, OutboxItem.source_id.is_(None))
            .values(source_id=source_id)
        )


async def again(session: AsyncSession, item_id: int) -> None:
    """The try certainly did not arrive: the item waits to be sent as if new."""
    await session.execute(
        update(OutboxItem)
        .where(OutboxItem.id == item_id, OutboxItem.state != OutboxState.SENT)
        .values(state=OutboxState.QUEUED, not_before=now())
    )


async def give_up(session: AsyncSession, item_id: int, reason: str) -> None:
    """Nobody will ever know: the item is shown as unknown and the conversation goes on."""
    await session.execute(
        update(OutboxItem)
        .where(OutboxItem.id == item_id, OutboxItem.state != OutboxState.SENT)
        .values(state=OutboxState.LOST, error=reason)
    )


async def recognise_echo(
    session: AsyncSession, conversation_ids: Sequence[int], source_id: str, text: str | None, since: datetime
) -> bool:
    """Whether a message of the bot's own account is one that the bot sent: then it is known to have arrived.

    By the source id where the send told it, else the oldest one under way with the same text (None: a file).
    """
    same = OutboxItem.kind != "text" if text is None else OutboxItem.text == text
    under_way = (
        OutboxItem.source_id.is_(None)
        & OutboxItem.state.in_((OutboxState.SENDING, OutboxState.UNKNOWN, OutboxState.LOST, OutboxState.SENT))
        & (OutboxItem.created_at > since)
        & same
    )
    # One question with both ways to know it: the sender may be writing the source id down at this very moment. And
    # asked again, because the one that was waited for may have turned out to be another message's.
    candidate = (
        select(OutboxItem)
        .where(OutboxItem.conversation_id.in_(conversation_ids), (OutboxItem.source_id == source_id) | under_way)
        .order_by(OutboxItem.source_id.is_(None), OutboxItem.id)
        .limit(1)
        .with_for_update()
    )
    item = await session.scalar(candidate) or await session.scalar(candidate)
    if item is None:
        return False
    item.source_id = source_id
    if item.state != OutboxState.SENT:
        item.state, item.sent_at = OutboxState.SENT, now()
    await session.flush()
    return True
