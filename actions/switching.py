"""Switching the bot's answers off and on by chat."""

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import select

from actions.base import BotBayAction, Context, entity
from botbay.chat import contacts, conversations, rooms
from botbay.chat.models import Account, Role, RoomBot
from botbay.db import now


async def _rules_room(context: Context) -> bool:
    """Whether the asker may silence the whole room: who answers for it, or a maintainer."""
    assert context.room is not None
    if await rooms.may_decide(context.session, context.room.id, context.contact.id):
        return True
    alive = (Account.id == context.contact.account_id) & Account.disabled_at.is_(None)
    return await context.session.scalar(select(Account.role).where(alive)) == Role.MAINTAINER


class StopBot(BotBayAction):
    action = "action_stop_bot"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        wide = entity(tracker, "scope") in ("room", "all")
        if context.room is not None and wide:
            if not await _rules_room(context):
                dispatcher.utter_message(text="让全群安静要群主或拉我进来的人说；只对你安静的话，说「停止应答」就行。")
                return []
            context.room.stopped_at = now()
            dispatcher.utter_message(text="好的，我在这个群里先不说话了。需要时 @我 说「变身机器人」。")
            return []
        await conversations.stop(context.session, [context.conversation.id])
        where = "" if context.private else "在这个群里"
        dispatcher.utter_message(text=f"好的，{where}我先不回你了，消息不受影响。想叫我回来，说「变身机器人」。")
        return []


class StartBot(BotBayAction):
    action = "action_start_bot"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        session = context.session
        if context.room is not None and context.room.stopped_at is not None:
            if not await _rules_room(context):
                return []  # the room was silenced by who may; others do not wake it, nor make it speak
            context.room.stopped_at = None
        await conversations.wake(session, context.conversation.id)
        if context.room is None:
            await contacts.engage(session, context.bot.id, context.contact.id, now())
            dispatcher.utter_message(text="我来啦！")
            return []
        room_bot = await session.get(RoomBot, (context.room.id, context.bot.id))
        if room_bot is not None:
            room_bot.engaged_at = room_bot.engaged_at or now()
            room_bot.paused_until = None
        dispatcher.utter_message(text="我来啦，有事 @我 就行。想知道我会什么，@我 说「帮助」。")
        return []
