"""Names and scopes that a command carries in its own sentence, found by how people phrase them."""

import re
from typing import Any, ClassVar

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from rasa_project.components.text import LONGEST, simplify

_QUOTES = "“”\"「」『』《》'‘’"
_NAME = rf"[{_QUOTES}]?(?P<value>[^\s{_QUOTES}，。！？,!?：:；;]{{1,20}}?)[{_QUOTES}]?"
_TAIL = (
    r"(?:好不好|好吗|好么|行吗|行不行|可以吗|可以不|怎么样|如何|好嘞|好啦|好了|得了|算了|吧|啦|了|哦|喔|呗|哈|哟|啊|呀|嘛)*"
    r"[\s。.！!～~，,？?…\]]*$"
)
_CALL = r"(?:叫做|叫作|称作|称呼|叫|喊|唤)"
_SOON = (
    r"(?:以后|今后|往后|从今天起|从今往后|从现在起|从现在开始|现在|这次|那|我|我们|大家|就|都|要|想|来"
    r"|改|还是|给|,|，|\s)*"
)
_NICKNAME = [
    re.compile(pattern)
    for pattern in (
        rf"{_CALL}(?:你|您)(?:做|作|为|成|一声)?{_NAME}{_TAIL}",
        rf"(?:你|您){_SOON}(?:改名|改名字|名字|名)?(?:就)?(?:叫做|叫作|叫成|叫){_NAME}{_TAIL}",
        rf"(?:你|您)(?:的|以后的|新的|新)*(?:名字|昵称|名儿|外号){_SOON}(?:叫做|叫|是|用|定为|为|换成|改成|改为|设为|设成|设置为){_NAME}{_TAIL}",
        rf"(?:起|取|改|换|想|来|定|安)(?:了|好)?(?:个|一个)?(?:新)?(?:名字|名儿|名|昵称|外号)"
        rf"(?:给(?:你|您))?[,，:：\s]*(?:就)?(?:叫做|叫|为|成|是|[:：]){_NAME}{_TAIL}",
        rf"(?:名字|昵称)(?:给我)?(?:换成|改成|改为|换为|设为|设成|设置为|设置成|定为|就叫|就用|叫)[:：\s]*{_NAME}{_TAIL}",
        rf"(?:名字|名儿|名|昵称)[^，,:：]{{0,6}}[，,:：\s]+(?:那|我|以后|就|你)*(?:叫做|叫){_NAME}{_TAIL}",
        rf"(?:改名|改叫|更名)(?:为|成|叫|:|：)?{_NAME}{_TAIL}",
        rf"^(?:那|嗯|好|,|，|\s)*(?:我想|我要)?就?(?:叫做|叫){_NAME}{_TAIL}",
        rf"(?:call you|your name is|name you|rename to)\s+{_NAME}{_TAIL}",
    )
]
_NO_NICKNAME = re.compile(
    r"什么|啥|哪个|哪|谁|怎么|名字|昵称|一下|一声|我$|^我|^你|^您|^他|^她|^个|^去|^过来|起床|吃饭|^好$|^的$|^不|^别|^做$"
)
_ACCOUNT = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:账号|帐号|账户|帐户|用户名|账号名|账户名|帐号名|account)(?:名)?(?:是|叫|为|就是|用|:|：|\s)+"
        r"(?P<value>[^\s，。！？,!?：:]{1,40}?)(?:吧|啦|了|哦|哈)?[\s。.！!～~]*$",
        r"(?:绑定|绑)(?:账号|帐号|账户|帐户|一下|到)?[:：\s]*(?P<value>[A-Za-z0-9][A-Za-z0-9._@-]{1,39})[\s。.！!～~]*$",
    )
]
_SCOPES = (
    (
        "all",
        re.compile(r"所有的?群|每个群|各个群|任何群|全部|所有的?地方|任何地方|哪里都|哪儿都|到处|所有聊天|所有对话"),
    ),
    ("room", re.compile(r"全群|整个群|整群|这个群|这群|本群|群里|大家|所有人|全体|在群|对谁都|每个人")),
)


def find_nickname(text: str) -> str | None:
    """The name that a sentence gives the bot (以后叫你小贝吧 -> 小贝), as it was typed; None when it gives none."""
    return _first(_NICKNAME, text, _NO_NICKNAME)


def find_account(text: str) -> str | None:
    """The account that a sentence names (我的账号是 porbello -> porbello), as it was typed."""
    return _first(_ACCOUNT, text, re.compile(r"什么|啥|哪|谁|多少|吗|怎么|没有"))


def find_scope(text: str) -> str | None:
    """`all` for every conversation, `room` for the whole room, None for the speaker alone."""
    simplified = simplify(text[:LONGEST])
    return next((scope for scope, words in _SCOPES if words.search(simplified)), None)


def _first(patterns: "list[re.Pattern[str]]", text: str, refused: "re.Pattern[str]") -> str | None:
    text = text[:LONGEST].strip()
    simplified = simplify(text)
    if len(simplified) != len(text):
        simplified = text
    for pattern in patterns:
        match = pattern.search(simplified)
        if match and not refused.search(match["value"]):
            start, end = match.span("value")
            return text[start:end]
    return None


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class CommandEntities(GraphComponent):
    """Adds `nickname`, `account` and `scope` where the sentence carries them."""

    FINDERS: ClassVar = {"nickname": find_nickname, "account": find_account, "scope": find_scope}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "CommandEntities":
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            found = [
                {"entity": name, "value": value, "extractor": "CommandEntities"}
                for name, find in self.FINDERS.items()
                if (value := find(text)) is not None
            ]
            message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages
