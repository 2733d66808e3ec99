"""What a clause shows of a task: a verb of doing, a time, a plea, and what speaks against it."""

import re
from collections.abc import Iterator

from workers.minutes import cues
from workers.minutes.said import Said

TO_ME = re.compile(
    r"(?:给|发|交|转|传|找|告诉|私聊?|私信|通知|回|教|联系|拿给|报给|带给|帮|等)(?:一下|下|到)?(?:我|咱|俺)(?!们?家)"
)
TO_YOU = re.compile(r"(?:给|发|放|找|跟|带|还|转|送|拿|传|寄|陪|帮|告诉|通知|回复?|教)(?:你|您|群里|到群里|大家)")
GATHER = re.compile(r"集合(?!时间|地点|点)|碰头|碰面|到场|到齐|不见不散|准时到")
_CANNOT = re.compile(r"没空|没时间|做不了|来不及|来不了|去不了|走不开|不一定|不敢保证|再说")
_STATE = re.compile(
    r"^(?:[^，,]{0,8})(?:有事|有课|请个?一?天?假|要?值班|出差|要?上[课班]|请假|有空|没空|没时间|休息|在外|不在|在家|放假|加班|有约|有会|要考试|有考试|在忙|走不开|到[了家]|回来(?!让|叫|给|再)|回老家|可以$|都行|都可以|方便|来不了)(?!之?[前后]|写|弄|做)"
)
_ADMONISH = re.compile(
    r"重视|注意(?:安全|身体|休息|点|一下|保暖|卫生)|配合|理解|支持|小心|上点心|克服|加油|抓紧点|低调|珍惜|包涵|见谅|放心|不要(?:慌|急|吵)|安静"
)
#: 发出去之前 and 周五之前 are to come, 我之前 is past.
_BY = re.compile(r"(?<=[\u4e00-\u9fff\d])(?<![我你他她它们是跟和])之前")
DEADLINE = re.compile(r"(?:之?前|以前|截止|(?<=[天日周月号])[之以]?内)(?![面天台端任后几段者期提头两三四五\d])")
TIME = re.compile(
    r"今[天晚儿早日]|[明听][天晚儿早日]|后[天儿日]|周[一二三四五六日天末]|星期|礼拜|下周|这周|本周|\d+\s*[号日点]|[一二两三四五六七八九十]+(?:点|号)|下午|上午|晚上|中午|早上|[上下]昼|月[底初中]|月\d|下班|凌晨|\d{1,2}[:：]\d\d"
)
_VAGUE_TIME = re.compile(
    r"这两天|尽快|回头|晚点|一会儿?|待会|等会|等下|马上|现在|立刻|这就|抽空|有空|稍后|赶紧|抓紧|赶快|顺手|顺便|顺路"
)
_ENDS_DONE = re.compile(r"(?:了|过)(?:[吧哈啊呀哦~～。！!\s]|\[[^\]]+\])*$")
_BA = re.compile(r"把|将(?!来|军|近)")
_BIT = re.compile(
    r"一下|一遍|一份|一版|一眼|一声|下子|[问看查改催说跟发找约弄核测报理拍算](?:下(?![午周个月次班一了来去])|哈子?(?=[\u4e00-\u9fff]))"
)
_SOFT_END = re.compile(r"(?:吧|哈|哦|啊|呀|噢|咯|呗|嘛)[~～。！!\s]*$")
_FREE = re.compile(r"你自己|你?(?:随便|慢慢|就行|都行|不用|可以(?:去|看|用|直接))|可以(?:测|用|看|吃|来|走)了|不急")
_IMPERATIVE = re.compile(
    r"请|麻烦|记得|别忘|务必|把|先|再|抓紧|赶紧|尽快|需要|注意|提前|按|统一|[^，,我]{0,10}(?:之?前|截止)[^，,我你他]{0,4}"
)
_OFFER = re.compile(r"谁(?:要|想|有)|需要的|有需要|想[去来要买参]|感兴趣|有意")
#: Verbs of doing that are too loose for other uses, and those of dialects.
_VERB_TOO = re.compile(
    r"放(?!假|心|学|弃|松|大|到一边)|给$|攞|畀|揾|匀|描|喷|搬|拎|整(?![天个体])|开始|统一|重新|起草|腾|贴|收|搞[掂定]"
)
_SUGGESTS = re.compile(r"建议|提议|倾向|投[一1票]|我看[行可还]|更?喜欢")
_GOES = re.compile(
    r"^[^，,]{0,10}?(?:去|回(?=[老家去来]))(?!(?:一趟|一下)?(?:跟|找|问|把|给|帮|和|看|催|接|对|说|谈|要))(?=[\u4e00-\u9fff])"
)
_DONT = re.compile(r"[你您]?(?:就)?(?:别|不要|少)(?!忘|迟到|落|的)")
_QUERY = re.compile(r"请问|问(?:一?下|问)(?:[，,：:\s]|就是|这|那|大家|各位|$)")
#: What is done as it is said: 我看下，我试试.
_AT_ONCE = re.compile(r"^(?:就|先|再|去|这就)?(?:[看试记想听瞅点](?:一?[下看试哈]|看看)|发一?下)")
_HAPPENED = re.compile(r"被|(?<!别)(?<!不要)[\u4e00-\u9fff]了(?=$|[，,])")
_MUST = re.compile(r"必须|务必|一定|抓紧|赶紧|尽快|赶快|优先|需要")
_THINK_UP = re.compile(r"想(?=[\d一两三几个]|办法|一想)")
_WISH = re.compile(r"^(?:[^，,]{0,4})(?:还|也|就|得|这边)*(?:缺|差|想要|得要|需要|要(?=人|\d|[一两二三几]个))")
_VIEW = re.compile(
    r"[你您]们?(?:再)?(?:看|觉得|说)[^，,]{0,14}(?:行|可以|成|好|合适|对|怎么样|如何)(?:吗|不|么|嘛|[?？])|^[你您]好|[你您]再?(?:看看|想想|考虑考虑)$"
)
_POLL = re.compile(r"投票|投一?下|扣[1１一]|选[ABab1]")
_RULING = re.compile(
    r"一律|统统|不再|暂停|恢复|取消|不(?:收|算|做|搞|升级|对外)|照旧|为准|改[到成为]|推迟|延期|顺延|定下来|定[在了]|闭[园馆店]|算(?=第|是|作|在)"
)
_LEAVES = re.compile(
    r"(?:走|下班|回家|上班|上课|下课|下夜|休息)了?$|[^，,]{0,3}(?:下夜|小夜|大夜|夜班|白班|早班|晚班)$"
)
_WHEN = re.compile(
    r"几[号点]|哪[天日]|什么时候|啥时候|多久|有空|方便|时间|能来|能到|能去|在[吗不]|还是.{0,4}[号日周天]|行[吗不]"
)


def asks_when(text: str) -> bool:
    """Whether a question is after a time that suits, so that answers tell of plans rather than of tasks."""
    return _WHEN.search(text) is not None


def clauses(text: str) -> Iterator[str]:
    """The parts between commas; those too short to stand alone go with the next."""
    held = ""
    for part in cues.CLAUSE.findall(cues.SPACED.sub("，", text)):
        held += part
        if len(held.strip(" ，,、")) >= 3 or held.endswith(("。", "！", "!")):
            yield held.strip(" ，,、；;。")
            held = ""
    if held.strip(" ，,、；;。"):
        yield held.strip(" ，,、；;。")


def does(text: str) -> bool:
    """Whether a verb of doing stands in it."""
    return cues.does(text) or _VERB_TOO.search(text) is not None


def gives(text: str) -> bool:
    """Whether an answer says when it comes: 中午发你，明天之前给你."""
    return TO_YOU.search(text) is not None and not cues.asks(text)


def promises(text: str) -> bool:
    """Whether an answer says that something will be done: 晚点看，明天给你."""
    return (_VAGUE_TIME.search(text) or TIME.search(text)) is not None and cues.does(text) and not cues.asks(text)


def shown(said: Said, clause: str, rest: str) -> set[str]:
    """The cues of a clause; ``rest`` is what follows the one who is to act."""
    future = TIME.search(clause) is not None
    found = content(rest) | ({"time"} if future else set()) | ({"deadline"} if DEADLINE.search(clause) else set())
    tests = {
        "no_verb": not does(clause) and not cues.takes(clause),
        "time_near": not future and TIME.search(said.text) is not None,
        "polite": cues.polite(clause),
        "remind": cues.reminds(clause) and re.search(r"还记得|我记得", clause) is None,
        "ask": cues.asks(clause) and not cues.requests(clause),
        "request": cues.requests(clause),
        "done": not future
        and _VAGUE_TIME.search(clause) is None
        and (cues.done(clause) or _ENDS_DONE.search(clause) is not None),
        "past": cues.past(_BY.sub("", clause)),
        "wish": _WISH.search(rest) is not None,
        "view": _VIEW.search(clause) is not None,
        "poll": _POLL.search(clause) is not None,
        "ruling": _RULING.search(clause) is not None,
        "leaves": _LEAVES.search(clause) is not None,
        "if": cues.supposes(said.text[: said.text.find(clause) + len(clause)][-len(clause) - 16 :]),
        "happened": _HAPPENED.search(clause) is not None,
        "at_once": _AT_ONCE.match(rest) is not None,
        "goes": (gone := _GOES.search(rest)) is not None and not does(cues.CLAUSE.findall(rest[gone.end() :])[0][:6]),
        "dont": _DONT.match(rest) is not None,
        "query": said.asks and _QUERY.search(clause) is not None,
        "opinion": cues.opines(_THINK_UP.sub("", rest)) or _SUGGESTS.search(rest) is not None,
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
        "short": len(rest) < 2 and len(clause) < 6,
        "long": len(clause) > 24,
        "soft": _SOFT_END.search(clause) is not None,
        "free": _FREE.search(clause) is not None,
        "offer": _OFFER.search(clause) is not None,
        "imperative": _IMPERATIVE.match(clause) is not None,
        "verb_first": cues.VERB.match(rest.lstrip()) is not None or _VERB_TOO.match(rest.lstrip()) is not None,
    }
    return found | {name for name, true in tests.items() if true}


#: Cues of a task for another, of an order, and of what is no promise.
_OTHERS = frozenset({"mention", "you", "named", "called", "let"})
_ORDERS = frozenset({"ba", "imperative", "bit", "polite", "remind", "hands"})
_NO_PROMISE = frozenset({"past", "done", "opinion", "not", "ask", "state", "was", "wish", "leaves", "if", "small"})


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
    if found & {"self", "you", "named", "let"}:
        more.discard("ruling")
    if "bare_taken" in found and found & {"remind", "polite", "ba", "to_me"}:
        more.add("bare_order_taken")
    if "happened" in found and not found & {"all", "bare"}:
        more.discard("happened")
    if "self" not in found:
        more -= {"leaves", "goes", "at_once", "wish"}
    if "welcomed" in found and found & {"takes", "so_self", "time", "deadline"}:
        more.add("welcomed_promise")
    if "self" in found and "past" in found:
        more.add("self+past")
    if "self" in found and "bit" in found:
        more.add("self+bit")
    if found & _OTHERS and found & _ORDERS and "ask" not in found:
        more.add("ordered")
    if found & {"mention", "called"} and not found & (
        _ORDERS | {"deadline", "verb_first", "request", "must", "you", "gather"}
    ):
        more.add("told_news")
    if "self" in found and "verb_first" in found and not found & _NO_PROMISE:
        more.add("self_does")
        if "was_asked" in found:
            more.add("self_does+was_asked")
    for kind in ("so_self", "yes_self"):
        more |= {f"{kind}+{other}" for other in ("head", "was_asked", "deadline") if kind in found and other in found}
    if {"asked_when", "time"} <= found and found & {"self", "yes_self"}:
        more.add("self+asked_when")
    if "to_me" in found:
        more.add("self+to_me" if "self" in found else "asks_for")
    if "self" in found and not found & {"commits", "takes"}:
        more.add("self_only")
    return frozenset(more - {"to_me", "asked_when", "gather_only"})


def content(text: str) -> set[str]:
    """Cues of a task itself, wherever in it they stand."""
    tests = {
        "verb": does(text),
        "time": TIME.search(text) is not None,
        "deadline": DEADLINE.search(text) is not None,
        "soon": _VAGUE_TIME.search(text) is not None,
        "must": _MUST.search(text) is not None,
        "hands": cues.hands(text),
        "ba": _BA.search(text) is not None,
        "bit": _BIT.search(text) is not None,
    }
    return {name for name, true in tests.items() if true}
