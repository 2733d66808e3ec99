"""What is understood and cannot be done yet: says what was understood, and that it is to come."""

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import BotBayAction, Context, entity
from botbay.chat.access import Audience, Subject, readable_rooms
from botbay.db import now
from botbay.zh.time import describe, parse

#: What an intent is about, in people's words; an empty one is only ever heard in answer to another.
_WORDS = {
    "ask_daily_report": "日报",
    "ask_minutes": "纪要",
    "mail_minutes": "把纪要发到邮箱",
    "mail_report": "把日报发到邮箱",
    "subscribe_report": "每天自动发日报",
    "unsubscribe_report": "不再每天发日报",
    "create_reminder": "提醒",
    "list_todos": "看待办",
    "cancel_reminder": "取消提醒",
    "complete_todo": "把待办标成完成",
    "snooze_reminder": "晚点再提醒",
    "submit_application": "提交申请",
    "list_approvals": "看待审批的单子",
    "approve": "同意审批",
    "reject": "驳回审批",
    "transfer_approval": "转交审批",
    "withdraw_application": "撤回申请",
    "ask_application_status": "查申请进度",
    "find_file": "找文件",
    "find_message": "找聊天记录",
    "read_image": "读图里的字",
}
_AHEAD = frozenset({"create_reminder", "snooze_reminder", "subscribe_report", "submit_application"})


class NotYet(BotBayAction):
    action = "action_not_yet"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        feature = entity(tracker, "feature") or ""
        if feature not in _WORDS:
            dispatcher.utter_message(text="这句我没接上前面的话，说全一点好吗？想知道我会什么，发「帮助」。")
            return []
        text = str(tracker.latest_message.get("text") or "")
        parts = [part for part in (self._time(context, text, feature), await self._room(context, text)) if part]
        about = f"{'、'.join(parts)}的{_WORDS[feature]}" if parts else _WORDS[feature]
        dispatcher.utter_message(text=f"明白：{about}。这个功能还没有开通，开通了就能直接用。")
        return []

    def _time(self, context: Context, text: str, feature: str) -> str:
        base = now().astimezone(context.settings.zone).replace(tzinfo=None)
        found = [t for t in parse(text, base, "future" if feature in _AHEAD else "past") if t.kind != "none"]
        return describe(found[0], base) if found else ""

    async def _room(self, context: Context, text: str) -> str:
        audience = Audience(room_id=context.room.id if context.room is not None else None)
        rooms = await context.session.scalars(readable_rooms(Subject.of_contact(context.contact), audience))
        named = [room.topic for room in rooms if room.topic and (room.topic in text or room.topic.rstrip("群") in text)]
        return max(named, key=len) if named else ""
