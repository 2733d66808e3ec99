"""Meeting people: who they are to the bot, greeting them, joining a room."""

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import BotBayAction, Context, slots
from actions.words import notice, private_only
from botbay.chat import accounts


class MeetContact(BotBayAction):
    """Tells the dialogue whether the contact is bound and has named the bot."""

    action = "action_meet_contact"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        return slots(
            bound=await accounts.bound(context.session, context.contact), named=context.contact.nickname is not None
        )


class GreetContact(BotBayAction):
    action = "action_greet_contact"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        name = context.contact.nickname or context.bot.wechat_name
        dispatcher.utter_message(text=f"你好，我是你的专属助手{name}，有事直接跟我说。想知道我会什么，发「帮助」。")
        return []


class RoomJoined(BotBayAction):
    """One short greeting, and the notice of what 开始记录 would keep."""

    action = "action_room_joined"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        if context.room is not None and context.room.recording_at is not None:
            now_kept = "这个群正在记录：\n"
        else:
            now_kept = "现在什么都没有记录。\n群主或拉我进来的人说「开始记录」后，"
        dispatcher.utter_message(
            text=f"大家好，我是{context.bot.wechat_name}，@我 就能叫到我。{now_kept}{notice(context.settings)}"
        )
        return []


class MemberJoined(BotBayAction):
    """Whoever comes into a room that is being kept hears what the others heard when it began."""

    action = "action_member_joined"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        if context.room is not None and context.room.recording_at is not None:
            dispatcher.utter_message(text=f"欢迎新朋友！这个群正在记录：{notice(context.settings)}")
        return []


class PrivateOnly(BotBayAction):
    action = "action_private_only"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        dispatcher.utter_message(text=private_only(context))
        return []
