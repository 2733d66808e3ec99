"""People in a room who have themselves reminded: what they say, what the bot answers, and the passing of time."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import select, update

from actions.base import BotBayAction
from actions.offers import Clarify, TakeChoice
from actions.reminder_answers import Remind
from actions.request_form import AnswerRequest, AskPart, TakeRequest, ValidateRequestForm
from actions.requests import Request
from actions.taking_back import TakeCancel
from botbay import due
from botbay.chat import conversations
from botbay.chat.models import Account, Contact, Conversation, Friend, OutboxItem, RoomBot, Turn, TurnState
from botbay.db import now, transaction
from botbay.due import Due
from botbay.settings import load_settings
from rasa_project.components.finding import find_entities
from tests.integration.files_world import FilesWorld, build
from workers.reminders import telling
from workers.reminders.models import Reminder, ReminderState
from workers.reminders.service import HANDLER

ACTING: Mapping[str, due.Handler] = {HANDLER: telling.remind}
_FORM = {"forms": {"request_form": {"required_slots": ["part"]}}}


async def group(*, timezone: str | None = None) -> FilesWorld:
    """王 with an account, and the bot at work in 产品群; it may speak to 王 and 小赵 in private."""
    async with transaction() as session:
        world = await build(session)
        account = Account(name="wang", display_name="王", timezone=timezone)
        session.add(account)
        await session.flush()
        await session.execute(update(Contact).where(Contact.name == "王").values(account_id=account.id))
        world.people["王"].account_id = account.id
        for topic in ("产品群", "测试群"):
            session.add(RoomBot(room_id=world.rooms[topic].id, bot_id=world.bot.id, engaged_at=now()))
        session.add(Friend(bot_id=world.bot.id, contact_id=world.people["王"].id, alias="", engaged_at=now()))
        await session.execute(update(Friend).values(engaged_at=now()))
    return world


class Chat:
    """One person with the bot, in private or in a room. The rules' part is played here; the actions are real.

    What is due and was told is taken into the dialogue before the next sentence, as its turn is.
    """

    def __init__(self, world: FilesWorld, who: str, room: str | None = None) -> None:
        self.bot_id = world.bot.id
        self.room_id = world.rooms[room].id if room else None
        self.contact_id = world.people[who].id
        self.slots: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []
        self.asking = False

    async def say(
        self,
        text: str,
        intent: str,
        *,
        decision: str = "accept",
        options: tuple[str, ...] = (),
        message: int | None = None,
    ) -> str:
        """What the bot answers; ``message`` is the id of the kept message, where there is one."""
        await self._take_triggers()
        key = f"{self.contact_id}:{self.room_id}:{len(self.events)}"
        async with transaction() as session:
            here = await conversations.get(session, self.bot_id, self.room_id, self.contact_id)
            await conversations.queue_turn(session, here, key, text=text, message_id=message)
        said = {
            "text": text,
            "intent": {"name": "unsure" if decision == "clarify" else intent, "confidence": 0.99},
            "entities": find_entities(text, intent),
            "decision": decision,
            "options": list(options),
        }
        return await self._turn(key, said, intent if decision == "accept" else "unsure")

    async def _turn(self, key: str, said: dict[str, Any], intent: str) -> str:
        async with transaction() as session:
            turn = (await session.scalars(select(Turn).where(Turn.key == key))).one()
            sender = (await session.get_one(Conversation, turn.conversation_id)).sender_id
        said["metadata"] = {"turn_id": turn.id}
        self.events.append({"event": "user", "timestamp": now().timestamp(), "metadata": {"turn_id": turn.id}, **said})
        answers: list[str] = []
        await self._follow(intent, said, sender, answers)
        async with transaction() as session:
            await conversations.finish(session, turn.id, asked=self.asking)
        return "\n".join(answers)

    async def _follow(self, intent: str, said: dict[str, Any], sender: str, answers: list[str]) -> None:
        if self.asking and intent not in ("cancel", "reminder_due"):
            await self._run(ValidateRequestForm(), said, sender, answers)
            if _missing(self.slots.get("request")):
                await self._run(AskPart(), said, sender, answers)
            else:
                self.asking = False
                await self._run(AnswerRequest(), said, sender, answers)
            return
        action: BotBayAction = {
            "choose": TakeChoice,
            "affirm": TakeChoice,
            "deny": TakeChoice,
            "unsure": Clarify,
            "cancel": TakeCancel,
            "reminder_due": Remind,
        }.get(intent, TakeRequest)()
        again = await self._run(action, said, sender, answers)
        if again is not None:  # read on as from another sentence
            self.events.append({"event": "user", "timestamp": now().timestamp(), **again["parse_data"]})
            await self._follow(again["parse_data"]["intent"]["name"], again["parse_data"], sender, answers)
            return
        if isinstance(action, TakeRequest):
            match self.slots.get("request_state"):
                case "complete":
                    await self._run(AnswerRequest(), said, sender, answers)
                case "missing":
                    self.asking = True
                    await self._run(AskPart(), said, sender, answers)

    async def _run(self, action: Any, said: dict[str, Any], sender: str, answers: list[str]) -> dict[str, Any] | None:
        """Runs it twice, as a turn is after a crash; the sentence to read on from, where it gives one."""
        loop = {"name": "request_form"} if self.asking else {}
        slots = {**self.slots, "requested_slot": "part" if self.asking else None}
        events = list(self.events)
        if self.asking:
            events.append({"event": "action", "name": "request_form"})
        tracker = Tracker(sender, slots, said, events, False, None, loop, "action_listen")
        dispatcher, again = CollectingDispatcher(), CollectingDispatcher()
        done = await action.run(dispatcher, tracker, _FORM)
        assert await action.run(again, tracker, _FORM) == done
        assert again.messages == dispatcher.messages
        for event in done:
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
                stamp = {"event": "slot", "name": event["name"], "timestamp": now().timestamp()}
                self.events.append(stamp)
        self.events.append({"event": "action", "name": action.name()})
        answers += [
            each.get("text") or each["response"]
            for each in dispatcher.messages
            if each.get("text") or each.get("response")
        ]
        return next((event for event in done if event["event"] == "user"), None)

    async def _take_triggers(self) -> None:
        async with transaction() as session:
            here = await conversations.get(session, self.bot_id, self.room_id, self.contact_id)
            waiting = select(Turn).where(
                Turn.conversation_id == here, Turn.state == TurnState.QUEUED, Turn.trigger.is_not(None)
            )
            turns = [(turn.key, turn.trigger or {}) for turn in await session.scalars(waiting.order_by(Turn.id))]
        for key, trigger in turns:
            name = trigger["intent"]
            said = {"text": f"/{name}", "intent": {"name": name, "confidence": 1.0}, "entities": []}
            assert await self._turn(key, said, name) == ""


def _missing(request: Any) -> bool:
    read = Request.of_slot(request)
    return read is not None and read.missing is not None


# --- time --------------------------------------------------------------------------------------------------


async def all_reminders() -> list[Reminder]:
    async with transaction() as session:
        return list(await session.scalars(select(Reminder).order_by(Reminder.id)))


async def only() -> Reminder:
    """The one that waits."""
    (one,) = [each for each in await all_reminders() if each.state == ReminderState.WAITING]
    return one


async def since(reminder_id: int, slot: datetime) -> None:
    """It was set for that slot, and nobody has worked since."""
    async with transaction() as session:
        reminder = await session.get_one(Reminder, reminder_id)
        reminder.at = slot
        if reminder.rule is not None:
            reminder.first = slot.astimezone(_zone()).replace(tzinfo=None).isoformat()
        await due.put(session, HANDLER, str(reminder_id), slot, {})


async def passes(*, late: timedelta = timedelta()) -> list[str]:
    """Everything that waits comes due, ``late`` ago, and is worked on; what is said then, in the order of the saying."""
    for each in await all_reminders():
        if each.state == ReminderState.WAITING:
            await since(each.id, now() - late)
    return await work()


async def work() -> list[str]:
    """All that is due is done; what is said."""
    before = await said()
    while await due.step(ACTING):
        pass
    return (await said())[len(before) :]


async def said(conversation_id: int | None = None) -> list[str]:
    """What went to the outbox, to all or into one conversation."""
    async with transaction() as session:
        items = select(OutboxItem.text).order_by(OutboxItem.id)
        if conversation_id is not None:
            items = items.where(OutboxItem.conversation_id == conversation_id)
        return list(await session.scalars(items))


async def slots_due() -> list[Due]:
    async with transaction() as session:
        return list(await session.scalars(select(Due).where(Due.handler == HANDLER).order_by(Due.at)))


def _zone() -> ZoneInfo:
    return load_settings().zone
