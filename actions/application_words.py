"""What the sentence that asks for something tells in one's own words: 请假，回老家 has its reason, 采购一台打印机 its thing."""

import re
from collections.abc import Sequence
from datetime import datetime

from botbay.zh.time import parse
from workers.approvals.kinds import FieldType, Kind

_CLAUSE = re.compile(r"[，,。；;！!、\n\s]+")
#: What asks for it in whatever words: 我想申请一下…的流程.
_FRAME = (
    r"[我俺咱]们?|你好|您好|在吗|[嗯哦啊呃额哎]|那个|就是|想要?|打算|准备|需要|得|要|申请|提交?|写|填|走|报|请|休|买|一下|帮忙?|麻烦|劳驾"
    r"|[给替]|[一两]?[个张份条]|半天|单子?|流程|假条?|的|了$|吧|谢谢你?|因为|由于|事由|原因|理由|用途|是|为了|[总一]?共|大概|大约|左右|花了?|钱|[:：～~]"
)
_ASKS = re.compile(r"[吗?？]|怎么|能不能|行不|如何|多少|什么|谁|哪")
_SHORTEST = 2
_AWAY = re.compile(r"^[去到飞]")
_PLACE = 5  # characters: longer, it also says what for


def own_words(kind: Kind, text: str, amount: str | None, moment: datetime) -> dict[str, str]:
    """The values of the text fields that a sentence gives, in their order; ``amount`` is how it names the sum."""
    names = [field.name for field in kind.fields if field.type == FieldType.TEXT]
    clauses = _clauses(kind, text, amount, moment)
    if not names or not clauses:
        return {}
    if len(names) > 1 and _AWAY.match(clauses[0]):
        if len(clauses[0]) > _PLACE:
            return {}
        clauses[0] = clauses[0][1:]
    given, rest = clauses[: len(names) - 1], clauses[len(names) - 1 :]
    values = dict(zip(names, given, strict=False))
    if rest:
        values[names[len(given)]] = "，".join(rest)
    return values


def _clauses(kind: Kind, text: str, amount: str | None, moment: datetime) -> list[str]:
    """What is left of each clause without when, how much, which and what only frames it."""
    for time in reversed(parse(text, moment, "future")):
        text = f"{text[: time.start]} {text[time.end :]}"
    known: Sequence[str] = [choice for field in kind.fields for choice in field.choices]
    for words in sorted((*known, *([amount] if amount else [])), key=len, reverse=True):
        text = text.replace(words, " ")
    frame = "|".join([*(re.escape(word) for word in sorted((kind.name, *kind.words), key=len, reverse=True)), _FRAME])
    lead, tail = re.compile(rf"^(?:{frame})+"), re.compile(rf"(?:{frame})+$")
    found = [tail.sub("", lead.sub("", clause)) for clause in _CLAUSE.split(text) if not _ASKS.search(clause)]
    return [clause for clause in found if len(clause) >= _SHORTEST]
