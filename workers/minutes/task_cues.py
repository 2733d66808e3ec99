"""What a clause shows of a task: a verb of doing, a time, a plea, and what speaks against it."""

import re

from workers.minutes import cues
from workers.minutes.said import Said

TO_ME = re.compile(
    r"(?:给|发|交|转|传|找|告诉|私聊?|私信|通知|回|教|联系|拿给|报给|带给|帮|等)(?:一下|下|到)?(?:我|咱|俺)(?!们?家)"
)
TO_YOU = re.compile(r"(?:给|发|放|找|跟|带|还|转|送|拿|传|寄|陪|帮|告诉|通知|回复?|教)(?:你|您|群里|到群里|大家)")
GATHER = re.compile(r"集合|碰头|碰面|到场|到齐|不见不散|准时到")
_CANNOT = re.compile(r"没空|没时间|做不了|来不及|来不了|去不了|走不开|不一定|不敢保证|再说")
_STATE = re.compile(
    r"^(?:[^，,]{0,8})(?:有事|有课|请个?一?天?假|要?值班|出差|要?上[课班]|请假|有空|没空|没时间|休息|在外|不在|在家|放假|加班|有约|有会|要考试|有考试|在忙|走不开|到[了家]|回来|回老家|可以$|都行|都可以|方便|来不了)"
)
_ADMONISH = re.compile(
    r"重视|注意(?:安全|身体|休息|点|一下|保暖|卫生)|配合|理解|支持|小心|上点心|克服|加油|抓紧点|低调|珍惜|包涵|见谅|放心|不要(?:慌|急|吵)|安静"
)
_DEADLINE = re.compile(r"(?:之?前|以前|截止|为止|(?<!小时)(?<!分钟)(?<!钟头)以?内)(?![面天台端任后几段者期提])")
TIME = re.compile(
    r"今[天晚儿早]|明[天晚儿早]|后[天儿]|周[一二三四五六日天末]|星期|礼拜|下周|这周|本周|\d+\s*[号日点]|[一二两三四五六七八九十]+(?:点|号)|下午|上午|晚上|中午|早上|月[底初中]|月\d|下班|凌晨|\d{1,2}[:：]\d\d"
)
_VAGUE_TIME = re.compile(
    r"这两天|尽快|回头|晚点|一会儿?|待会|等会|等下|马上|现在|立刻|这就|抽空|有空|稍后|赶紧|抓紧|赶快"
)
_ENDS_DONE = re.compile(r"(?:了|过)(?:[吧哈啊呀哦~～。！!\s]|\[[^\]]+\])*$")
_BA = re.compile(r"把|将(?!来|军|近)")
_BIT = re.compile(r"一下|一遍|一份|一版|一眼|一声|下子")
_SOFT_END = re.compile(r"(?:吧|哈|哦|啊|呀|噢|咯|呗|嘛)[~～。！!\s]*$")
_FREE = re.compile(r"你自己|你?(?:随便|慢慢|就行|都行|不用|可以(?:去|看|用|直接))|可以(?:测|用|看|吃|来|走)了|不急")
_IMPERATIVE = re.compile(
    r"请|麻烦|记得|别忘|务必|把|先|再|抓紧|赶紧|尽快|需要|注意|提前|按|统一|[^，,我]{0,10}(?:之?前|截止)[^，,我你他]{0,4}"
)
_OFFER = re.compile(r"谁(?:要|想|有)|需要的|有需要|想[去来要买参]|感兴趣|有意")


def promises(text: str) -> bool:
    """Whether an answer says that something will be done: 晚点看，明天给你."""
    return (_VAGUE_TIME.search(text) or TIME.search(text)) is not None and cues.does(text) and not cues.asks(text)


def shown(said: Said, clause: str, rest: str) -> set[str]:
    """The cues of a clause; ``rest`` is what follows the one who is to act."""
    future = TIME.search(clause) is not None
    found = content(rest) | ({"time"} if future else set()) | ({"deadline"} if _DEADLINE.search(clause) else set())
    tests = {
        "no_verb": not cues.does(clause) and not cues.takes(clause),
        "time_near": not future and TIME.search(said.text) is not None,
        "polite": cues.polite(clause),
        "remind": cues.reminds(clause),
        "ask": cues.asks(clause) and not cues.requests(clause),
        "request": cues.requests(clause),
        "done": not future
        and _VAGUE_TIME.search(clause) is None
        and (cues.done(clause) or _ENDS_DONE.search(clause) is not None),
        "past": cues.past(clause),
        "if": cues.supposes(said.text[: said.text.find(clause) + len(clause)][-len(clause) - 16 :]),
        "opinion": cues.opines(rest),
        "to_me": TO_ME.search(clause) is not None,
        "gather": GATHER.search(clause) is not None,
        "cannot": _CANNOT.search(said.text) is not None,
        "state": _STATE.search(rest) is not None,
        "admonish": _ADMONISH.search(clause) is not None,
        "was": re.search(r"(?<!有)的[~～。啊呀哈]*$|^(?:今天|刚刚?|昨[天晚]|自己)[\u4e00-\u9fff]{1,2}的", rest)
        is not None,
        "laugh": cues.laughs(said.line.text),
        "small": cues.small_talk(clause),
        "not": cues.negates(rest),
        "short": len(rest) < 2,
        "long": len(clause) > 24,
        "soft": _SOFT_END.search(clause) is not None,
        "free": _FREE.search(clause) is not None,
        "offer": _OFFER.search(clause) is not None,
        "imperative": _IMPERATIVE.match(clause) is not None,
        "verb_first": cues.VERB.match(rest.lstrip()) is not None,
    }
    return found | {name for name, true in tests.items() if true}


def together(found: frozenset[str]) -> frozenset[str]:
    """The cues with what some of them mean side by side."""
    more = set(found)
    for kind in ("self", "named", "you", "mention", "all", "bare", "let"):
        if kind in found:
            more |= {f"{kind}+{other}" for other in ("time", "verb", "deadline") if other in found}
    if found & {"all", "bare"} and not found & {
        "imperative",
        "polite",
        "remind",
        "must",
        "deadline",
        "ba",
        "hands",
        "bit",
    }:
        more.add("plain_news")
    if "self" in found and "past" in found:
        more.add("self+past")
    if "self" in found and "bit" in found:
        more.add("self+bit")
    if "to_me" in found:
        more.add("self+to_me" if "self" in found else "asks_for")
    if "self" in found and not found & {"commits", "takes"}:
        more.add("self_only")
    return frozenset(more)


def content(text: str) -> set[str]:
    """Cues of a task itself, wherever in it they stand."""
    tests = {
        "verb": cues.does(text),
        "time": TIME.search(text) is not None,
        "deadline": _DEADLINE.search(text) is not None,
        "soon": _VAGUE_TIME.search(text) is not None,
        "must": cues.must(text),
        "hands": cues.hands(text),
        "ba": _BA.search(text) is not None,
        "bit": _BIT.search(text) is not None,
    }
    return {name for name, true in tests.items() if true}
