"""People with accounts who ask and approve, and what they say to the bot: the rules' part is played, actions are real."""

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import select, update

from actions.base import BotBayAction, BotBayForm
from actions.help import DefaultFallback
from actions.offers import Clarify, TakeChoice
from actions.request_form import AnswerAside, AnswerRequest, AskPart, TakeRequest, ValidateRequestForm
from actions.requests import FEATURES, Request
from botbay import due
from botbay.chat import conversations
from botbay.chat.models import Account, Bot, Contact, Conversation, OutboxItem, Turn, TurnState
from botbay.db import now, transaction
from botbay.due import Due
from rasa_project.components.finding import find_entities
from workers.approvals import catalogue, service
from workers.approvals.due import attend
from workers.approvals.models import Application, ApprovalSeat

HANDLERS = {service.HANDLER: attend}
_DOMAIN = {"forms": {"request_form": {"required_slots": ["part"]}}}
_ASKED = {"choose", "affirm", "deny"}


@dataclass
class Office:
    """小王 asks; 李建国 is 主管, 陈总 总经理, 小赵 财务; 张伟 has an account and no part in it."""

    bot_id: int
    accounts: dict[str, int]
    contacts: dict[str, int]

    def talk(self, who: str) -> "Talk":
        return Talk(self, who)

    async def account(self, who: str) -> Account:
        async with transaction() as session:
            return await session.get_one(Account, self.accounts[who])


async def office(*, without: Sequence[str] = ()) -> Office:
    """``without``: roles that nobody holds."""
    people = {"小王": "xiaowang", "李建国": "lijianguo", "陈总": "chenzong", "小赵": "xiaozhao", "张伟": "zhangwei"}
    async with transaction() as session:
        bot = Bot(name="harbour", wechat_name="小港")
        accounts = {who: Account(name=name, display_name=who) for who, name in people.items()}
        session.add_all([bot, *accounts.values()])
        await session.flush()
        contacts = {who: Contact(wechat_id=f"wxid_{who}", name=who, account_id=accounts[who].id) for who in people}
        session.add_all(contacts.values())
        await session.flush()
        for contact in contacts.values():
            await conversations.get(session, bot.id, None, contact.id)
            contact.bound_at = now()
        for role, who in (("主管", "李建国"), ("总经理", "陈总"), ("财务", "小赵")):
            if role not in without:
                await catalogue.give_role(session, role, accounts[who])
    return Office(
        bot_id=bot.id,
        accounts={who: each.id for who, each in accounts.items()},
        contacts={who: each.id for who, each in contacts.items()},
    )


async def submitted(world: Office, who: str = "小王", kind: str = "报销", **values: Any) -> int:
    """An application that was put in by a page; its number. The approvers have been asked."""
    if kind == "报销":
        values = {"金额": "1200", "用途": "拜访客户打车"} | values
    async with transaction() as session:
        account = await session.get_one(Account, world.accounts[who])
        application = await service.submit(
            session, account=account, kind=kind, values=values, key=uuid.uuid4().hex, via="page"
        )
    await work()
    return application.id


async def work() -> None:
    while await due.step(HANDLERS):
        pass


async def later(number: int, **by: float) -> None:
    """So much time goes by for the approvers who are waited for."""
    shift = timedelta(**by)
    async with transaction() as session:
        asked = select(ApprovalSeat).where(ApprovalSeat.application_id == number, ApprovalSeat.asked_at.is_not(None))
        for seat in await session.scalars(asked):
            assert seat.asked_at is not None
            seat.asked_at -= shift
        await session.execute(update(Due).where(Due.handler == service.HANDLER).values(not_before=now()))
    await work()


async def state(number: int) -> tuple[str, int]:
    async with transaction() as session:
        application = await session.get_one(Application, number)
        return application.state, application.at


class Talk:
    """One person's private chat with the bot."""

    def __init__(self, world: Office, who: str) -> None:
        self.world, self.contact_id = world, world.contacts[who]
        self.slots: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []
        self.form = False
        self.given: list[dict[str, Any]] = []  # what the last answer hands over
        self._heard = 0

    async def cards(self) -> list[str]:
        """What the bot says by itself: turns that came by triggers, and notices; each once."""
        told: list[str] = []
        async with transaction() as session:
            private = await conversations.get(session, self.world.bot_id, None, self.contact_id)
            turns = await session.scalars(
                select(Turn)
                .where(Turn.conversation_id == private, Turn.state == TurnState.QUEUED, Turn.trigger.is_not(None))
                .order_by(Turn.id)
            )
            waiting = [(turn.id, dict(turn.trigger or {})) for turn in turns]
        for turn_id, trigger in waiting:
            entities = [{"entity": name, "value": value} for name, value in trigger["entities"].items()]
            told += await self._turn(turn_id, f"/{trigger['intent']}", trigger["intent"], entities)
        async with transaction() as session:
            items = await session.scalars(
                select(OutboxItem)
                .where(OutboxItem.conversation_id == private, OutboxItem.id > self._heard)
                .order_by(OutboxItem.id)
            )
            for item in items:
                told.append(item.text)
                self._heard = item.id
        return told

    async def say(self, text: str, intent: str = "out_of_scope", confidence: float = 0.99, decision: str = "") -> str:
        """``intent`` as the dialogue server would hear it."""
        async with transaction() as session:
            private = await conversations.get(session, self.world.bot_id, None, self.contact_id)
            key = uuid.uuid4().hex
            await conversations.queue_turn(session, private, key, text=text)
            turn_id = (await session.scalars(select(Turn.id).where(Turn.key == key))).one()
        entities = find_entities(text, intent)
        return "\n".join(await self._turn(turn_id, text, intent, entities, confidence, decision))

    async def _turn(
        self,
        turn_id: int,
        text: str,
        intent: str,
        entities: list[dict[str, Any]],
        confidence: float = 1.0,
        decision: str = "",
    ) -> list[str]:
        said: dict[str, Any] = {
            "text": text,
            "intent": {"name": intent, "confidence": confidence},
            "entities": entities,
            "metadata": {"turn_id": turn_id},
        }
        if decision:
            said |= {"decision": decision, "options": [intent]}
        self.events.append({"event": "user", "timestamp": time.time(), "metadata": {"turn_id": turn_id}})
        messages = await self._understood(said)
        async with transaction() as session:
            await conversations.finish(session, turn_id, asked=self.form)
        self.given = [each["custom"] for each in messages if each.get("custom")]
        return [each["text"] for each in messages if each.get("text")]

    async def _understood(self, said: Mapping[str, Any]) -> list[dict[str, Any]]:
        intent = said["intent"]["name"]
        if self.form:
            return await self._in_form(said, intent)
        if intent in _ASKED:
            return await self._act(TakeChoice(), said)
        if intent in ("unsure", "nlu_fallback", "out_of_scope"):
            return await self._act(Clarify() if intent == "unsure" else DefaultFallback(), said)
        messages = await self._act(TakeRequest(), said)
        if self.slots.get("request_state") == "complete":
            messages += await self._act(AnswerRequest(), said)
        elif self.slots.get("request_state") == "missing":
            self.form = True
            messages += await self._act(AskPart(), said)
        self.slots["request_state"] = "none"
        return messages

    async def _in_form(self, said: Mapping[str, Any], intent: str) -> list[dict[str, Any]]:
        before = self.slots.get("request")
        self.slots |= {"requested_slot": "part", "part": None}
        messages = await self._act(ValidateRequestForm(), said, form=True)
        if self._answered:
            known = Request.of_slot(self.slots.get("request"))
            if known is not None and known.missing is None:
                self.form = False
                return messages + await self._act(AnswerRequest(), said)
            return messages + await self._act(AskPart(), said)
        assert self.slots.get("request") == before
        if intent in ("cancel", "deny"):
            self.form, self.slots["request"] = False, None
            return [*messages, {"text": "（放下了）"}]
        aside = await self._act(AnswerAside(), said) if intent in FEATURES else [{"text": "（先答完）"}]
        return messages + aside + await self._act(AskPart(), said)

    async def _act(
        self, action: BotBayAction | BotBayForm, said: Mapping[str, Any], *, form: bool = False
    ) -> list[dict[str, Any]]:
        async with transaction() as session:
            private = await conversations.get(session, self.world.bot_id, None, self.contact_id)
            sender_id = (await session.get_one(Conversation, private)).sender_id
        loop = {"name": "request_form"} if form else {}

        def tracker() -> Tracker:
            return Tracker(
                sender_id, dict(self.slots), dict(said), list(self.events), False, None, loop, "action_listen"
            )

        dispatcher, again = CollectingDispatcher(), CollectingDispatcher()
        events = await action.run(dispatcher, tracker(), _DOMAIN)
        assert await action.run(again, tracker(), _DOMAIN) == events  # a turn that is run twice
        assert again.messages == dispatcher.messages
        self._answered = any(each.get("name") == "request" for each in events)
        self.slots.update({each["name"]: each["value"] for each in events if each["event"] == "slot"})
        self.events.append({"event": "action", "name": action.name()})
        messages = list(dispatcher.messages)
        for each in events:
            if each["event"] == "user":  # it reads on as from another sentence
                messages += await self._understood({**each["parse_data"], "decision": "accept"})
        return messages
