"""What every action shares: one transaction, the turn it belongs to, and the same answer when a turn is run again.

Rasa saves its tracker only after the actions have run, so a crash in between makes it run them again. Each run is
recorded with its effects in one transaction; the second run answers what the first one did.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import console
from botbay.chat.models import ActionRun, Bot, Contact, Conversation, Room, Turn, TurnState
from botbay.db import transaction
from botbay.settings import Settings, load_settings


class NoTurn(Exception):
    """The call belongs to no turn that is being worked on: nothing may be done for it."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """The turn that an action works on, read from the database: what the caller says of it is not trusted."""

    session: AsyncSession
    settings: Settings
    turn: Turn
    conversation: Conversation
    bot: Bot
    contact: Contact
    room: Room | None

    @property
    def private(self) -> bool:
        return self.room is None


async def load_context(session: AsyncSession, tracker: Tracker) -> Context:
    """Raises NoTurn where the tracker's latest message names no turn under way in this very conversation."""
    metadata = tracker.latest_message.get("metadata") or {}
    turn = await session.get(Turn, int(metadata.get("turn_id", 0)))
    if turn is None or turn.state != TurnState.QUEUED:
        raise NoTurn("no such turn")
    conversation = await session.get_one(Conversation, turn.conversation_id)
    if conversation.sender_id != tracker.sender_id:
        raise NoTurn("the turn belongs to another conversation")
    return Context(
        session=session,
        settings=load_settings(),
        turn=turn,
        conversation=conversation,
        bot=await session.get_one(Bot, conversation.bot_id),
        contact=await session.get_one(Contact, conversation.contact_id),
        room=await session.get(Room, conversation.room_id) if conversation.room_id is not None else None,
    )


def _step(tracker: Tracker, action: str) -> int:
    """How many times this action has run in this turn: tells two runs in one turn apart.

    A turn may hold more than one sentence: a choice is followed by what it stands for.
    """
    turn_id = (tracker.latest_message.get("metadata") or {}).get("turn_id")
    count = 0
    for event in reversed(tracker.events):
        if event["event"] == "user" and (event.get("metadata") or {}).get("turn_id") != turn_id:
            break
        if event["event"] == "action" and event.get("name") == action:
            count += 1
    return count


class _Work(Protocol):
    async def __call__(self, context: Context) -> list[dict[str, Any]]: ...


async def once(dispatcher: CollectingDispatcher, tracker: Tracker, action: str, work: _Work) -> list[dict[str, Any]]:
    """Do an action's work in one transaction, or answer what it answered when it ran for this turn before."""
    async with transaction() as session:
        context = await load_context(session, tracker)
        if console.is_standing(context.turn):
            return await work(context)
        step = _step(tracker, action)
        await session.execute(select(Turn.id).where(Turn.id == context.turn.id).with_for_update())
        before = await session.get(ActionRun, (context.turn.id, action, step))
        if before is not None:
            events, messages = before.result
            dispatcher.messages.extend(messages)
            return list(events)
        events = await work(context)
        session.add(
            ActionRun(turn_id=context.turn.id, action=action, step=step, result=[events, list(dispatcher.messages)])
        )
    return events


class BotBayAction(Action):
    """An action of ours: subclasses give ``action`` and ``answer``."""

    action: str

    def name(self) -> str:
        return self.action

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        """Do it within ``context.session``; replies go to the dispatcher, slot events are returned."""
        raise NotImplementedError

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        async def work(context: Context) -> list[dict[str, Any]]:
            return await self.answer(context, tracker, dispatcher)

        return await once(dispatcher, tracker, self.action, work)


class BotBayForm(FormValidationAction):
    """A form's validator; subclasses give ``action`` and ``validate_<slot>`` methods that take the context.

    The validators of one turn run in one transaction, and once.
    """

    action: str
    context: Context

    def name(self) -> str:
        return self.action

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        # The SDK keeps one instance for all conversations: the context goes into one of this turn's own.
        own = type(self)()
        validate = super(BotBayForm, own).run

        async def work(context: Context) -> list[dict[str, Any]]:
            own.context = context
            return [dict(event) for event in await validate(dispatcher, tracker, domain)]

        return await once(dispatcher, tracker, self.action, work)


def slots(**values: Any) -> list[dict[str, Any]]:
    """Slot events."""
    return [{"event": "slot", "name": name, "value": value, "timestamp": None} for name, value in values.items()]


def entity(tracker: Tracker, name: str) -> str | None:
    """The first entity of that name in the sentence just said."""
    found = (e for e in tracker.latest_message.get("entities") or [] if isinstance(e, Mapping))
    return next((str(e["value"]) for e in found if e.get("entity") == name), None)
