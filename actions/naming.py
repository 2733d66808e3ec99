"""The name that a person gives the bot."""

import re
import unicodedata
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.base import BotBayAction, BotBayForm, Context, slots
from actions.heard import Heard, answers
from botbay.chat import contacts, rooms

_MAX_LENGTH = 12
_FRAME = re.compile(
    r"^(?:那)?(?:你)?(?:就|以后)?(?:就)?(?:叫你?|名字(?:叫|是)|改名叫?|取名叫?|起名叫?)(?P<name>.+?)(?:吧|好了|好吗|如何|怎么样)?$"
)
_EDGES = " \t\n「」『』“”\"'《》,，。.!！?？~～、:：@＠"
_GREETING = re.compile(r"好|嗨|哈喽|在[吗么不]|早安|晚安|hi|hello|hey", re.IGNORECASE)
_NO_NAME = re.compile(r"随便|随你|不知道|都行|都可以|无所谓|你定|没想好|什么")
#: Words that would make it answer when nobody called it.
_TAKEN = frozenset(
    {"我", "你", "他", "她", "它", "我们", "你们", "大家", "所有人", "好", "好的", "嗯", "是", "不", "没有"}
)


def clean_nickname(text: str) -> str:
    """The name in what was said: 就叫小贝吧 -> 小贝."""
    name = unicodedata.normalize("NFKC", text).strip(_EDGES)
    match = _FRAME.match(name)
    return (match["name"] if match else name).strip(_EDGES)


class ValidateNameBotForm(BotBayForm):
    action = "validate_name_bot_form"

    async def extract_bot_nickname(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        if not answers(tracker, "bot_nickname"):
            return {}
        heard = Heard.of(tracker)
        named = heard.first("nickname")
        if named is not None:
            return {"bot_nickname": named}
        # 小早 sounds like a greeting, and is a name.
        greets = heard.intent == "greet" and _GREETING.search(heard.text) is not None
        if heard.intent == "deny" or greets or heard.commands("choose", "greet"):
            return {}
        return {"bot_nickname": heard.text}

    async def validate_bot_nickname(
        self, value: str, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        name = clean_nickname(str(value))
        problem = await self._problem(name)
        if problem is not None:
            dispatcher.utter_message(text=problem)
            return {"bot_nickname": None}
        return {"bot_nickname": name}

    async def _problem(self, name: str) -> str | None:
        if not name or not any(char.isalnum() for char in name):
            return "名字里要有字才好叫，比如「小贝」。"
        if len(name) > _MAX_LENGTH:
            return f"这个名字有点长，{_MAX_LENGTH} 个字以内吧。"
        if _NO_NAME.search(name):
            return "名字由你定～ 比如「小贝」；不想起就说「算了」。"
        if name in _TAKEN:
            return f"叫「{name}」的话，别人随口一说我就以为在叫我了，换一个吧。"
        room = self.context.room
        if room is not None and name in await rooms.names_in(self.context.session, room.id):
            return f"群里已经有人叫「{name}」了，换一个吧，免得喊错人。"
        return None


class NameBot(BotBayAction):
    action = "action_name_bot"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        name = str(tracker.get_slot("bot_nickname"))
        await contacts.name_bot(context.session, context.contact.id, name)
        if context.private:
            text = f"好呀，以后我就叫{name}。你好，我是你的专属助手{name}，想知道我会什么，发「帮助」。"
        else:
            text = f"好呀，以后你叫我{name}就行，在群里以「{name}」开头就能叫到我。"
        dispatcher.utter_message(text=text)
        return slots(bot_nickname=None, named=True)
