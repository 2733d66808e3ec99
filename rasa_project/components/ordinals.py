"""Which one of a list a sentence names: 第二个, 最后一张, 待办1和4, 底下那张, a bare 2."""

import re

from rasa_project.components.spans import Span

_DIGITS = {each: value for value, each in enumerate("零一二三四五六七八九十")} | {"两": 2, "俩": 2, "首": 1}
_COUNT = r"(?:\d{1,3}|[一二三四五六七八九十两首]{1,3})"
_SORT = r"(?:个|条|份|张|项|封|件|单|笔|段|篇|则|款|种|支|选项|位|号|组|版|行)"
_ORDINAL = re.compile(
    rf"倒数第(?P<last>{_COUNT})\s*(?:{_SORT}|(?=$|[\s,.!吧]))|第\s*(?P<nth>{_COUNT})(?:\s*{_SORT}(?!月)|(?=$|[\s,.!?;:吧呢的啊呀和跟\0]|就|也|那|不|通过|同意|驳|拒|打回|退|批[准了掉]|转|撤|取消|删|完成|做|搞定|推迟|ok))"
    rf"|(?P<end>最后[一那]?{_SORT}|末尾那?{_SORT}|最末[一那]?{_SORT}|最下[面边]的?那?{_SORT}?|最后[面边]的?那?{_SORT}?|最底下的?那?{_SORT}?)|(?P<first>前者|最上[面边头]的?那?{_SORT}?|最前[面边]的?那?{_SORT}?|[上前][面边头](?:那|的那)一?{_SORT}|头一?{_SORT}|前一{_SORT})"
    rf"|(?P<behind>后者|(?:[下后][面边头]|底下)(?:那|的那)一?{_SORT}|后一{_SORT})|(?P<middle>中间的?(?:那|一)?{_SORT})"
)
#: Where something is chosen, less says which one.
_CHOICE = re.compile(
    rf"(?P<end>最新的?(?:那{_SORT})?|最晚的?(?:那{_SORT})?|最末尾的?|(?<![a-z])last(?![a-z]))|(?P<first>[上前](?:[面边头]|一)(?:的|一?{_SORT})|顶上的?那?{_SORT}?|打头的?那?{_SORT}?|开头的?那?{_SORT}?|最早的?(?:那{_SORT})?|最老的?(?:那{_SORT})?)"
    rf"|(?P<behind>(?:[下后][面边头]|底下|末尾|下一)(?:的|一?{_SORT}))|(?P<middle>(?:正?中间|当中|居中)的?(?:那|一)?{_SORT}?)"
)
_PLACES = {"end": -1, "first": 1, "behind": -1, "middle": 2}
_ENGLISH = re.compile(
    r"(?<![a-z])(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|(?P<nth>\d{1,2})(?:st|nd|rd|th))(?![a-z])"
)
_ENGLISH_NAMES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_NUMERALS = "[一二三四五六七八九十两]"
_PICK = rf"(?:\d{{1,2}}|{_NUMERALS}{{1,3}})"
_BARE = re.compile(
    r"[\s,.]*(?:(?:我?就?[选要挑]|那?就|好|嗯|那|行|我|是|发|看|用|来|第|编号|序号|no\.?|选项|选择|还是)[\s,]*)*"
    rf"(?P<one>{_PICK}(?:\ufe0f?\u20e3)?(?:号|个)?)(?:[\s,和跟与、]+(?P<two>{_PICK}(?:号|个)?)|)"
    r"(?:那?[个份条张]|的)?[\s,]*(?:吧|谢谢|谢了|了|啦|哈|好了|就行|就好|可以|行|啊|呀|哦|呗)*[\s,.!~]*$"
)
_NUMBERED = re.compile(
    r"(?<![\d.第a-z])(?P<one>\d{1,2}号|[一二三四五六七八九十]{1,2}号)(?=那[个份条张单]|这[个份条张单])"
)
_SMALL = r"(?<![\d.:a-z])[1-9]\d?(?![\d.:：%点月年日天分秒时小万千百元块个条份张次人k])"
_JOIN = r"[\s,和跟与及/]{1,2}"
#: 待办1和4, 编号3: numbers behind what they count.
_OF_LIST = re.compile(
    rf"(?:待办|任务|提醒|申请|单子?|审批|编号|序号|no\.?|#)\s?(?={_SMALL})(?:{_SMALL}号?{_JOIN}){{0,5}}{_SMALL}(?!号[^,.\s]|楼)"
)
#: 2 不过, 1和3同意: numbers at the beginning, and what is done with them.
_DECIDED = re.compile(
    rf"^[\s,]*(?:(?:把|那|给|嗯|,|\s)*)(?:{_SMALL}号?{_JOIN}){{0,5}}{_SMALL}号?"
    r"(?=[\s,]*(?:都|也|全|就|先|可以|给|我)?[\s,]*(?:不[批过行同准通]|通过|同意|批|驳|拒|过|准|打回|退|否|毙|取消|删|去掉|划|勾|完成|做完|搞定|办完|弄完|弄好|做好|办好|好了|ok|done|pass|approve|reject|转|撤|推迟|延|晚点))"
)
#: 同意2, 删掉1和3: numbers at the end.
_DECIDING = re.compile(
    rf"(?:同意|批准?了?|通过|准了?|驳回|拒绝?|打回|退回|删[掉除]?了?|取消|去掉|划掉|完成|搞定|勾掉?|撤[回销掉]?|转|过|ok|approve|reject|pass|done|complete|delete|cancel)\s?(?:{_SMALL}号?{_JOIN}){{0,5}}{_SMALL}号?(?=[吧了呢啦\s.!,]*$)"
)
_NUMBERED_ITEM = re.compile(
    r"(?<![\d.第a-z月初])(?:\d{1,2}|[一二三四五六七八九十]{1,2})号(?=单|待办$|申请单|那[个份条张单笔项]|这[个份条张单笔项])"
)
_EACH = re.compile(r"[1-9]\d?号?")
_ITEMS = frozenset(
    {"approve", "reject", "transfer_approval", "withdraw_application", "ask_application_status", "list_approvals"}
    | {"cancel_reminder", "complete_todo", "snooze_reminder"}
)
#: A place in the conversation, not in a list: 上面那张图.
_NOT_CHOOSING = frozenset(
    {"read_image", "find_file", "find_message", "ask_minutes", "ask_daily_report", "create_reminder", "mail_minutes"}
    | {"mail_report", "submit_application", "subscribe_report"}
)


def find_numbers(text: str, intent: str | None) -> list[Span]:
    """Numbers of a clean text that stand for one of a list by where they stand: 3号单子 and not the third of a month.

    To be looked for before times are. `number` counts from 1.
    """
    if intent == "choose":
        return find_ordinals(text, intent)
    if intent not in _ITEMS:
        return []
    spans: dict[int, Span] = {}
    for found in _NUMBERED_ITEM.finditer(text):
        if number := _number(found[0].rstrip("号")):
            spans[found.start()] = Span("ordinal", *found.span(), {"number": number})
    for pattern in (_OF_LIST, _DECIDED, _DECIDING):
        for found in pattern.finditer(text):
            for each in _EACH.finditer(text, *found.span()):
                spans[each.start()] = Span("ordinal", *each.span(), {"number": int(each[0].rstrip("号"))})
    return list(spans.values())


def find_ordinals(text: str, intent: str | None) -> list[Span]:
    """Which one of a list; `number` counts from 1, from the end where negative. A number may be all that is said."""
    spans = [
        Span("ordinal", *found.span(), {"number": number})
        for found in _ORDINAL.finditer(text)
        if (number := _place(found))
        and not (intent in _NOT_CHOOSING and found[0][0] in "上下前后底中" and found[0][-1] != "者")
    ]
    if not spans and intent == "choose":
        spans = [
            Span("ordinal", *found.span(), {"number": _PLACES[found.lastgroup]}) for found in _CHOICE.finditer(text)
        ]
        spans = spans or [
            Span("ordinal", *found.span(), {"number": int(found["nth"] or _ENGLISH_NAMES.index(found[0]) + 1)})
            for found in _ENGLISH.finditer(text)
        ]
    if spans:
        return spans
    alone = _BARE.match(text) if len(text) < 20 else None
    if alone is None and "号" in text:
        alone = _NUMBERED.search(text)
    if alone is None:
        return []
    for name in ("one", "two"):
        word = alone.groupdict().get(name)
        if word and (number := _number(word.rstrip("号个\ufe0f\u20e3"))):
            spans.append(Span("ordinal", *alone.span(name), {"number": number}))
    return spans


def _place(found: "re.Match[str]") -> int:
    if word := found["nth"]:
        return _number(word)
    if word := found["last"]:
        return -_number(word)
    return next(place for name, place in _PLACES.items() if found[name])


def _number(word: str) -> int:
    """3, 三, 十二, 二十 as a number; 0 where it is none."""
    if word.isdecimal():
        return int(word)
    tens, ten, ones = word.rpartition("十")
    if any(each not in _DIGITS for each in tens + ones) or len(tens) > 1 or len(ones) > 1:
        return 0
    return (10 * (_DIGITS[tens] if tens else 1) if ten else 0) + (_DIGITS[ones] if ones else 0)
