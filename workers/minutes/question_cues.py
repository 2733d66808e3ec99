"""What tells whether a question stands open: its kind, who speaks next and what of, and whether it was settled."""

import re
from collections.abc import Callable, Mapping

from workers.minutes import cues
from workers.minutes.about import pairs
from workers.minutes.document import Item
from workers.minutes.said import Said, Scene

#: Lines and minutes after a question in which its answer is looked for.
_ANSWERS = 14
_MINUTES = 360.0
_FAR = 500  # lines after which nobody comes back to it
_PROMPT_MINUTES = 120.0  # in which what comes next may be an answer without a word in common
_AT_ONCE_MINUTES = 30.0  # and in which even an answer of any kind may be

#: A statement that tells that something is not known.
UNKNOWN = re.compile(
    r"(?:([\u4e00-\u9fff])不\1|多少|怎么|谁|什么时候|啥时候|哪|几)[^，,。]{0,8}(?:没说|不清楚|没定|没确定|说不清|没人说|没人知道|还不知道)|没头绪|没个准"
)
WH = re.compile(
    r"谁|哪|几[个号点楼人份天月米]|多少|怎么|咋|什么|啥|(?:[\u4e00-\u9fff])呢(?=[\s，,?？]|$)|([\u4e00-\u9fff])不\1"
)
CHOICE = re.compile(r"(?P<a>[^，,。?？\s]{1,12})\s?还是\s?(?P<b>[^，,。?？\s]{1,14})")
_WONDER = re.compile(
    r"不(?:知道|晓得|清楚|太清楚|确定|懂|好说|归我)|没(?:见着|见到|看到|听说|听见|通知|注意|印象|人说|说清|消息|定|回|问(?!题))|我也(?:想问|不|没|在等|想知道)|同问|我?问(?:一?下|问|过)|等(?:通知|消息|回复|一下|我问)|回头|到时候|看情况|查(?:一?下|查)|核实|确认一?下|没人管|离职|没准|说不好|再商量|再看|再议|要是有|不是我|谁知道|^我没有|^我也没|问.{1,6}都?不回|帮你问"
)
_NEW_TOPIC = re.compile(
    r"^(?:说个|另外|对了|还有|顺便|话说|问下|问一下|通知|各位|大家好|有没有人|有个|插一句|那个啥|先吃|吃饭|开饭|早|晚安)"
)
_EMPTY = re.compile(r"^(?:哈|呵|嘿|啊+$|额|呃|\+1|同问|问得好|收到$|谢|科技|6+$|牛)")
_ACCEPTS = re.compile(r"^(?:好|哦|噢|嗯|知道|明白|懂|谢|ok|行|可|原来|了解|收到|那就|那行|得|要得)", re.IGNORECASE)
_TIMED = re.compile(r"什么时候|啥时候|几点|几号|哪天|几时|何时|几月")
_TIME = re.compile(
    r"\d+\s*[号日点月:：]|\d\.\d|周[一二三四五六日天末]|星期|礼拜|今|明[天早晚]|后天|下午|上午|晚上|早上|月底|[一二三四五六七八九十]+[点号月]|[天周月]后|[天周月]内|马上|刚"
)
_I_CAN = re.compile(r"^我(?:有|来|去|知道|这儿?有|可以|会|在|负责|管|记得|能|行|[今明下上晚]|这就|马上|待会|等)")
_POLL = re.compile(
    r"想法|意见|觉得|怎么样|咋样|如何|好不好|行不行|(?:去|报|做|吃|买|送|搞|玩|选|喝|穿|定|弄|带)(?:什么|啥|哪)|怎么(?:办|弄|搞|分|算|安排|走|去)|谁(?:去|来|做|写|负责|能|有空|愿意|报名)|定(?:多少|几)|哪(?:天|儿|家|个)(?:好|合适|去)|到底(?:哪|什么时候|几)"
)
_AMOUNT = re.compile(r"多少|几[个号点楼人份天月米]|多久|什么时候|啥时候|哪天|几时|何时|多大|多长|多远")
_WHO = re.compile(r"谁|哪位")
_YES_NO = re.compile(
    r"吗|么[?？]?$|(?:没|不)[呀啊]?[?？]?$|有没有|能不能|要不要|是不是|可不可以|会不会|用不用|需不需要|(?P<v>[\u4e00-\u9fff])不(?P=v)|没有[?？]?$"
)
_EITHER = re.compile(r"(?P<v>[\u4e00-\u9fff])不(?P=v)")
_YES = re.compile(
    r"^(?:有|没|能|不|可以|要|会|是|对|行|好|得|需要|应该|肯定|当然|包|含|都|已经|早|还没|早就|在|买|测|到|收|[\u4e00-\u9fff]{1,2}了)"
)
_NUMBER = re.compile(
    r"\d|[一二两三四五六七八九十百千万半][个号点楼人份天月米块元次周岁小千万百]|周[一二三四五六日天末]|今|明|后天|下午|上午|晚上|早上|月底|没有|不知"
)
_WAITED = re.compile(
    r"没人(?:回|说|管|知道)|没回|问了|打架|不一|说不清|没说|没定|没消息|答不上|糊涂|客[人户]|家长|有人问|上次|到底|催|几天了|还没|通知"
)
_ELSEWHERE = re.compile(
    r"厂家|设备科|总部|公司|领导|医院|医保|学校|物业|酒店|客户|甲方|财务|法务|供应商|保险|老板|总部|平台|银行|交警|社区|街道|局|科教|人事|快递|海关|景区|房东|检测|报告|发票|押金|证"
)
_ASKS_DEED = re.compile(
    r"(?:^|[，,。\s])(?:你|您|你们|你那边|帮|麻烦)[^，,。]{0,4}(?:能不能|可以|能|帮|看)|帮[忙我]?看|跟我换|行吗|行不[?？]?$|可以吗|好吗|[你您](?:来|去)[?？]"
)


def shown(said: Said, text: str, scene: Scene, settled: Mapping[int, Item]) -> frozenset[str]:
    """The cues of a question that stands open, of what it asks and of what follows.

    ``settled`` are the decisions by the lines that make them.
    """
    words = pairs(text)
    fits = _fitting(text, scene)
    tests = {
        "answered": _answered(said, text, scene),
        "settled": _settled(said, text, scene, settled),
        "unknown": UNKNOWN.search(text),
        "choice": CHOICE.search(text),
        "amount": _AMOUNT.search(text),
        "timed": _TIMED.search(text),
        "who": _WHO.search(text),
        "yes_no": _YES_NO.search(text),
        "poll": _POLL.search(text),
        "mark": re.search(r"[?？]", said.text),
        "waited": _WAITED.search(said.text),
        "elsewhere": _ELSEWHERE.search(text),
        "deed": _ASKS_DEED.search(text),
        "to_one": said.to,
        "you": re.search(r"[你您](?!们)", text),
        "laughs": cues.laughs(said.line.text),
        "brief": len(text) <= 9,
        "more_said": len(said.plain) >= len(text) + 6,
        "asks_twice": len(re.findall(r"[?？]", said.text)) >= 2,
    }
    found = {name for name, true in tests.items() if true}
    return frozenset(found | _followed(said, words, fits, scene))


def _followed(said: Said, words: set[str], fits: Callable[[Said, bool, bool], bool], scene: Scene) -> set[str]:
    """The cues of what was said next: by whom, how soon, and whether it is about the same."""
    found: set[str] = set()
    others: list[Said] = []
    own_gone = False
    for other in scene.after(said, _ANSWERS, _MINUTES):
        told = other.plain
        if other.who == said.who:
            if others and len(others) <= 3 and _ACCEPTS.search(told):
                found.add("accepted")
            if not others and not words & other.about and len(told) >= 6:
                own_gone = True
            continue
        others.append(other)
        number = len(others)
        if number > 6:
            break
        shares = bool(words & other.about)
        if other.quoted == said.who or said.who in other.to:
            found.add("aimed")
        if number <= 2 and _WONDER.search(told):
            found.add("wondered")
        if shares:
            found.add(f"shared_{'next' if number == 1 else 'soon' if number <= 3 else 'late'}")
        if len(words & other.about) >= 2 and not other.asks:
            found.add("shared_much")
        if not other.asks and number <= 3 and fits(other, True, False):
            found.add(f"fits_{'next' if number == 1 else 'soon'}")
        if other.who in said.to:
            found.add("asked_one_speaks")
        if shares and other.asks:
            found.add("asked_back")
    if own_gone:
        found.add("went_on")
    if not others:
        found.add("silence")
        return found
    first = others[0]
    minutes = (first.line.at - said.line.at).total_seconds() / 60
    if not _WONDER.search(first.plain):  # 不知道诶, however quick, answers nothing
        found.add("at_once" if minutes <= 2 else "soon" if minutes <= 15 else "later" if minutes <= 60 else "hours")
    if first.place == said.place + 1:
        found.add("next_line")
    if first.asks:
        found.add("next_asks")
    if cues.laughs(first.line.text) or _EMPTY.search(first.plain):
        found.add("next_laughs")
    if _NEW_TOPIC.search(first.plain) or first.to or len(first.plain) > 30:
        found.add("next_elsewhere")
    if _YES.search(first.plain) and not first.asks:
        found.add("next_yes")
    return found


def _answered(said: Said, text: str, scene: Scene) -> bool:
    """Whether somebody told what was asked, by the lines that follow, by a quote or by a mention."""
    fits = _fitting(text, scene)
    words = pairs(text)
    answers: list[Said] = []
    asked = set(said.to)
    either = _EITHER.search(text)
    strangers = 0  # lines by others that have nothing to do with it
    for other in scene.after(said, _ANSWERS, _MINUTES):
        told = other.plain
        if other.who == said.who:
            if answers and other.place - answers[-1].place <= 2 and _ACCEPTS.search(told):
                return True
            if re.search(r"知道了|找到了|解决了|问到了", told):
                return True
            asked |= set(other.to)
            if other.asks and not other.to and not words & other.about:  # the asker goes on to something else
                strangers, answers = strangers + 3, []
            continue
        aimed = other.quoted == said.who or said.who in other.to or (other.who in asked and strangers < 3)
        if _WONDER.search(told) and (len(told) <= 16 or not words & other.about):
            strangers += 3  # who does not know, or will ask, leaves it open
            continue
        if not told or cues.supposes(told) or (_EMPTY.search(told) and not aimed):
            continue
        if aimed and not other.asks:
            return True
        minutes = (other.line.at - said.line.at).total_seconds() / 60
        if _NEW_TOPIC.search(told):
            strangers += 3
        if (_WHO.search(text) and cues.takes(told)) or (either and told.startswith((either["v"], "不" + either["v"]))):
            return True
        prompt = strangers < 3 and minutes <= _PROMPT_MINUTES
        if not other.asks or (_POLL.search(text) and not WH.search(told)):
            at_once = prompt and strangers < 2 and minutes <= _AT_ONCE_MINUTES and not cues.laughs(other.line.text)
            if fits(other, prompt, at_once):
                return True
            if prompt:
                answers.append(other)
        strangers += 1
    if any(_tells(other, said, words, fits) for other in scene.said[said.place + _ANSWERS : said.place + _FAR]):
        return True
    return any(
        other.quoted == said.who and other.quoted_text[:6] == said.line.text[:6] and not _WONDER.search(other.text)
        for other in scene.said[said.place + 1 : said.place + _FAR]
    )


def _tells(other: Said, said: Said, words: set[str], fits: Callable[[Said, bool, bool], bool]) -> bool:
    """Whether a much later line answers after all: on the same things, in the way wanted."""
    told = other.plain
    return len(words & other.about) >= 2 and not other.asks and not _WONDER.search(told) and fits(other, False, False)


def _fitting(text: str, scene: Scene) -> Callable[[Said, bool, bool], bool]:
    """Tells whether an answer is of the kind that the question wants: one of two, a number, a person, yes or no."""
    words = pairs(text)
    choice = CHOICE.search(text)
    options = (
        set(re.findall(r"[\u4e00-\u9fff\w]", choice["a"][-3:] + choice["b"][:3])) - set("的了是要吃个有不")
        if choice
        else set()
    )

    def fits(other: Said, prompt: bool, at_once: bool) -> bool:
        told = other.plain
        shares = len(words & other.about) >= (1 if prompt else 2)
        if _POLL.search(text):
            return shares or at_once
        if options:
            return shares or (prompt and bool(options & set(told)))
        if _AMOUNT.search(text):
            wanted = _TIME if _TIMED.search(text) else _NUMBER
            return bool(wanted.search(told)) and (shares or prompt)
        if _WHO.search(text):
            named = next(iter(scene.people.within(told)), None) is not None or _I_CAN.search(told) is not None
            return shares or (prompt and named)
        if _YES_NO.search(text):
            return shares or (prompt and bool(_YES.search(told)))
        return shares or at_once

    return fits


def _settled(said: Said, text: str, scene: Scene, settled: Mapping[int, Item]) -> bool:
    """Whether the group settled it soon after."""
    words = pairs(text)
    own = settled.get(said.line.id)
    if own is not None and words & pairs(own.text):
        return True
    for other in scene.after(said, _ANSWERS + 6, _MINUTES):
        if other.line.id in settled:
            shared = len(words & pairs(other.text + settled[other.line.id].text))
            if shared >= 2 or (shared and other.place - said.place <= 8):
                return not UNKNOWN.search(text)
    return False
