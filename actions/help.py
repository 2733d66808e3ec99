"""What the bot can do, who it is, and what it says when it does not understand."""

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import messages
from actions.base import BotBayAction, Context
from actions.heard import Heard
from actions.learning import note
from actions.offers import goes_on
from botbay.chat import accounts
from workers.training.models import Reason

#: What to say instead, by what a sentence that was not understood is nearest to.
EXAMPLES = {
    "ask_daily_report": "今天的日报",
    "mail_report": "把日报发到我邮箱",
    "subscribe_report": "每天晚上九点发我日报",
    "ask_minutes": "昨天的纪要",
    "mail_minutes": "把纪要发到我邮箱",
    "create_reminder": "明天下午三点提醒我开会",
    "list_todos": "我还有哪些待办",
    "cancel_reminder": "取消明天的提醒",
    "complete_todo": "这件事做完了",
    "snooze_reminder": "晚十分钟再提醒我",
    "submit_application": "我要请假",
    "list_approvals": "有哪些单子等我批",
    "ask_application_status": "我的申请到哪一步了",
    "find_file": "帮我找采购合同",
    "find_message": "谁说过 WiFi 密码",
    "read_image": "图上写了什么",
    "name_bot": "以后叫你小贝",
    "start_recording": "开始记录",
    "stop_recording": "停止记录",
    "forget_me": "不要记录我",
    "stop_bot": "停止应答",
}


class Help(BotBayAction):
    action = "action_help"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        if not context.private:
            dispatcher.utter_message(
                text="在群里可以 @我 说：昨天的纪要、今天的日报、找一下采购合同、明天下午两点提醒大家开会。\n"
                "还有：开始记录、停止记录、不要记录我、停止应答、变身机器人。\n"
                "账号、请假报销和审批的事请私聊我。"
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
            "· 提醒：「明天下午三点提醒我开会」「我的待办」，到点叫你；在群里还能「提醒小赵后天十点交方案」\n"
            "· 申请：「我要请假」「报销打车费 56 元」「我的单子到哪了」；要你批的会私聊你，回「同意」或「不行，原因」\n"
            "· 日报：「昨天的日报」「每天晚上九点发我日报」\n"
            "· 找文件：「上个月老李传的那份合同在哪」，回编号就发给你\n"
            "· 读图：发我一张图，问「图上写了什么」\n"
            "· 找话：「谁说过 WiFi 密码」「WiFi 密码多少」，图片和文档里写的也找得到\n"
            "· 纪要：「产品群昨天的纪要」「我不在的时候说了啥」，再说「发我邮箱」就寄给你\n"
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
        heard = Heard.of(tracker)
        if (events := await goes_on(context, tracker, heard, dispatcher)) is not None:
            return events
        if await messages.answered(context, heard.text, dispatcher):
            return []
        await note(context, heard, Reason.UNKNOWN)
        near = [EXAMPLES[intent] for intent, _ in heard.ranking if intent in EXAMPLES]
        usual = ["以后叫你小贝" if await accounts.bound(context.session, context.contact) else "绑定账号", "停止应答"]
        first, second = (near + (usual if context.private else ["开始记录", "不要记录我"]))[:2]
        where = "" if context.private else " @我 说"
        dispatcher.utter_message(text=f"这句我没听懂。可以试试{where}「{first}」「{second}」，发「帮助」看我会什么。")
        return []
