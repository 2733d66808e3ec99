"""What the bot can do, who it is, and what it says when it does not understand."""

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import BotBayAction, Context
from botbay.chat import accounts


class Help(BotBayAction):
    action = "action_help"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        if not context.private:
            dispatcher.utter_message(
                text="在群里可以 @我 说：开始记录、停止记录、不要记录我、停止应答、变身机器人。\n"
                "想给我起名字，说「以后叫你小贝」；账号的事请私聊我。"
            )
            return []
        account = (
            "换账号说「解绑」"
            if await accounts.bound(context.session, context.contact)
            else "说「绑定账号」，我就认识你了"
        )
        dispatcher.utter_message(
            text="我现在会这些，直接用你的话说就行：\n"
            f"· 账号：{account}\n"
            "· 起名字：「以后叫你小贝」\n"
            "· 群记录：把我拉进群，群主或拉我的人说「开始记录」「停止记录」\n"
            "· 隐私：随时说「不要记录我」\n"
            "· 想安静：「停止应答」；想我回来：「变身机器人」"
        )
        return []


class Identity(BotBayAction):
    action = "action_identity"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        name = context.contact.nickname or context.bot.wechat_name
        given = "，这名字是你给我起的" if context.contact.nickname else ""
        dispatcher.utter_message(
            text=f"我是{name}{given}。我是 BotBay 的机器人助手，帮大家在群里记事情、找东西。发「帮助」看我会什么。"
        )
        return []


class DefaultFallback(BotBayAction):
    """Not understood: says so shortly, with what can be asked."""

    action = "action_default_fallback"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        if context.private:
            example = "「以后叫你小贝」" if await accounts.bound(context.session, context.contact) else "「绑定账号」"
            text = f"这句我没听懂。可以试试{example}或「停止应答」，发「帮助」看我会的全部。"
        else:
            text = "这句我没听懂。可以试试 @我 说「开始记录」或「帮助」。"
        dispatcher.utter_message(text=text)
        return []
