"""The name that a sentence gives the bot: 以后叫你小贝吧, 给你起个名，阿福, call you Max."""

import re

from rasa_project.components.spans import Span

_QUOTES = "“”\"「」『』《》'‘’【】"
_NAME = rf"\s*[{_QUOTES}\U0001f300-\U0001faff]?(?P<value>(?:(?![你您侬])[\w·&-]){{1,20}}?)[{_QUOTES}]?"
#: What asks or softens behind a name and is no part of it.
_SOFT = (
    r"(?:\s?(?:好不好|好吧|好吗|好么|好伐|好冇|行吗|行么|行不行|行不|要得不|得唔得|可以吗|可以吧|可以么|可以不|可不可以|可好|中不中|成不成|成不|怎么样|咋样|如何|好听|好记"
    r"|好嘞|好啦|好了|得了|得啦|算了|就好|就行|就得了|就是了|这个名字?|这名字?儿?|的名字?|ok|吗|吧|啦|了|哦|喔|呗|哈|哟|啊|呀|嘛|呢|嘞|喽|咯|啰|撒|不))*"
)
_TAIL = rf"{_SOFT}[\s.!~,?…\]-]*$"
#: A name may end before another clause: 你叫账房先生，记住喽.
_CLAUSE = rf"{_SOFT}(?=\s*(?:$|[^\w\s{_QUOTES}]|[你您侬])|\s+\S)"
_CALL = r"(?<![别不甭莫没])(?:叫做|叫作|称作|称呼|称|叫|喊|唤作?|call)"
_YOU = r"(?:你|您|侬|机器人)"
_SOON = (
    r"(?:以后|今后|往后|从今天起|从今往后|从现在起|从现在开始|现在|这次|那|我|我们|大家|就|都|要|想|来"
    r"|改|还是|给|,|\s)*"
)
_LATER = r"(?:以后|今后|往后|打今儿起|从今以后|从今往后|从(?:今天|今儿|现在|明天)(?:起|开始))"
_GIVE = r"(?:起|取|改|换|想|来|定|安|赐|赏|设|给你)(?:了|好)?(?:个|一个)?(?:新|小|好听的|英文|中文|花|艺)?"
_TITLE = r"(?:名字|名儿|名号|名称|名子|花名|英文名|艺名|大名|小名|名|昵称|外号|代号|称呼|name|nickname)"
_BECOME = r"(?:换成|改成|改为|改做|换为|换做|设为|设成|设置为|设置成|定为|变更为|缩成)"
#: What gives a name wherever it is said.
_PLAIN = tuple(
    rf"{pattern}{_NAME}"
    for pattern in (
        rf"{_CALL}{_YOU}(?:做|作|为|成|一声)?",
        rf"{_YOU}{_SOON}(?:改名|改名字|名字|名)?就?(?:叫做|叫作|叫成|改叫|叫)",
        rf"{_YOU}(?:的|以后的|新的|新)*{_TITLE}{_SOON}(?:叫做|叫|是|用|{_BECOME})",
        rf"{_GIVE}{_TITLE}(?:给{_YOU})?[,:\s]*就?(?:叫做|叫|为|成|是|:)",
        rf"{_TITLE}(?:给我)?(?:{_BECOME}|就叫|就用|叫)[:\s]*",
        rf"{_TITLE}[^,:]{{0,6}}[,:\s]+(?:那|我|以后|就|你)*(?:叫做|叫)",
        r"(?:改名(?!字)|改叫|更名)(?:为|成|叫|:)?",
        r"^(?:那|嗯|好|,|\s)*(?:我想|我要)?就?(?:叫做|叫)",
        r"(?:call you|your name is|name you|rename to)\s+",
    )
)
#: What gives a name where the sentence is known to give one.
_NAMING = (
    rf"(?:起名|取名|唤作|称作|命名{_YOU}(?=为)|命名|改名|更名|定名|赐名|名为|改叫|改称|换叫)(?!字)(?:为|成|叫做|叫|做|作|:|,|\s)*{_NAME}",
    rf"{_LATER}[,\s]*{_YOU}?(?:就|便|都)*(?:是|用|当|做|叫){_NAME}",
    rf"{_YOU}(?:就|便|现在)*是{_NAME}",
    rf"(?:用|拿|以){_NAME}(?:来)?(?:做|当|作为?|为){_YOU}?的?新?{_TITLE}",
    rf"{_TITLE}(?:就|以后)*(?:是|为|填|用|:|\s:?){_NAME}",
    rf"(?:{_BECOME}|改回|换回){_NAME}",
    rf"封{_YOU}(?:为|做){_NAME}",
    rf"(?<![别不甭莫没])(?:叫|喊){_NAME}",
    rf"(?:起|取|给你)(?:了|好)?(?:个|一个)?(?:英文|中文|花)?(?:名|外号|昵称)(?![字儿]){_NAME}",
)
_FIRST = (
    rf"^(?:就|那|嗯|,|\s)*{_NAME}[,\s]*(?:这|那|以后|从今天起)*(?:就|便)?(?:是|当|作为?|做){_YOU}(?:以后|今后)?的?新?{_TITLE}",
    rf"^(?:就|那|嗯|,|\s)*{_NAME}[,\s]*这个?名字?儿?[,\s]*(?:就)?(?:给你|送你|归你|是你|适合你|配你|挺?适合)",
    rf"^{_NAME}[,\s]*{_LATER}(?:我|我们|咱|咱们|大家)?(?:就|都)*(?:这么|这样|这)(?:叫|喊|称呼){_YOU}",
    rf"(?:听到|听见|喊|说){_NAME}(?:的时候)?{_YOU}?(?:就|要|得)+(?:是|应|答|知道|回)",
    rf"{_TITLE}(?:了|吧|呗|哈|呀)?[,\s]\s*[{_QUOTES}]?(?P<value>(?:(?![你您我换改太])[\w]){{1,4}}?)[{_QUOTES}]?{_TAIL}",
)
_ENGLISH = (
    r"(?:call(?:ing)? you|your (?:new )?name (?:is|will be)|name you|rename (?:you |yourself )?(?:to|as)?|you are|nickname:?)"
    r"\s+(?P<value>(?!to |as |is |the |a )[a-z][\w-]{0,19})"
)
_STRICT = [re.compile(pattern + _TAIL) for pattern in _PLAIN]
_LOOSE = [re.compile(pattern) for pattern in (*(each + _CLAUSE for each in (*_PLAIN, *_NAMING)), *_FIRST, _ENGLISH)]
_REFUSED = re.compile(
    r"什么|啥|哪个|哪|谁|怎么|名字|昵称|一下|一声|我$|^我|^你|^您|^他|^她|^个|^去|^过来|起床|吃饭|^好$|^的$|^不|^别|^做$"
    r"|^这个?$|^字|^吗$|^叫$|^[啊呗吧呢哈了]$|^记住$|^回$|^成$|的时候|^(?:换|改|设|定)[成为]|^那个|^一个|^原来|^以前|^之前|^新$"
)
#: Where a sentence that is taken for something else may still give a name: 不对，是叫小北.
_MAY_NAME = frozenset({None, "follow_up", "correct"})


def find_nicknames(text: str, intent: str | None) -> list[Span]:
    """The name that a clean text gives the bot; none or one. `intent` is None where it is not sure."""
    if intent == "name_bot":
        patterns = _STRICT + _LOOSE
    elif intent in _MAY_NAME:
        patterns = _STRICT
    else:
        return []
    for pattern in patterns:
        found = pattern.search(text)
        if found and not _REFUSED.search(found["value"]):
            return [Span("nickname", *found.span("value"))]
    return []
