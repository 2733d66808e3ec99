"""What was asked and never answered."""

import re
from collections.abc import Callable, Sequence

from workers.minutes import cues, decisions
from workers.minutes.about import pairs
from workers.minutes.document import Item
from workers.minutes.said import Said, Scene, bare
from workers.minutes.talk import Talk

#: Lines and minutes after a question in which its answer is looked for.
_ANSWERS = 14
_MINUTES = 360.0
_FAR = 500  # lines after which nobody comes back to it
_PROMPT_MINUTES = 120.0  # in which what comes next may be an answer without a word in common
_AT_ONCE_MINUTES = 30.0  # and in which even an answer of any kind may be
_LEAST = 6  # characters of a question

_RHETORICAL = re.compile(
    r"岂不|难道|不是[^，,。]{1,12}(?:吗|么|嘛)|不行吗|不好吗|至于吗|谁知道呢|凭什么|何必|怎么可能|什么鬼|干嘛|什么情况|是吧|对吧|呗|(?:^|[，, ])(?:好吗|行吗|可以吗|好不好|行不行)[?？]?$|你说呢|忘了[啊吗]|谁让|怪谁|算谁的|听[到见]没|(?:^|[，, ])你?知道吗|你知道[^，,。]{0,12}多少|你们?猜|猜猜"
    r"|会不会(?:太|占|显)|怎么(?:又|还|这么|那么|老|净)|啥叫|什么叫|[?？][!！]|能怪|还用说|[哪那]里[有敢会]|多(?:贵|难|好|大|亏)[?？]?$|有什么(?:办法|用|意思)|谁敢|谁不|[慌怕急愁]个?(?:啥|什么)"
)
_SMALL = re.compile(
    r"吃了[吗么没]|在吗|有人吗|睡了[吗没]|几点睡|起床|下班了|饿|奶茶|谁家|真的[假吗]|是吗|嗯[?？]|谁来替我|有人[^，,。]{0,8}(?:点|去|吃|喝|玩|拼)|要不要一起|中午吃|晚上吃|一起(?:吃|去|喝|玩)|我穿啥|红包|哈[?？]|(?:你|您)(?:吃|睡|醒|到家|干啥|咋|怎么)|^(?:为啥|为什么|什么|啥|谁|哪个|哪两|多少|几点|怎么了|咋了)[呀啊呢嘛]*[?？]*$"
)
_WONDER = re.compile(
    r"不(?:知道|晓得|清楚|太清楚|确定|懂|好说|归我)|没(?:见着|见到|看到|听说|听见|通知|注意|印象|人说|说清|消息|定|回|问)|我也(?:想问|不|没|在等|想知道)|同问|我?问(?:一?下|问|过)|等(?:通知|消息|回复|一下|我问)|回头|到时候|看情况|查(?:一?下|查)|核实|确认一?下|没人管|离职|没准|说不好|再商量|再看|再议|要是有|不是我|谁知道|^我没有|^我也没|问.{1,6}都?不回|帮你问"
)
_NEW_TOPIC = re.compile(
    r"^(?:说个|另外|对了|还有|顺便|话说|问下|问一下|通知|各位|大家好|有没有人|有个|插一句|那个啥|先吃|吃饭|开饭|早|晚安)"
)
_EMPTY = re.compile(r"^(?:哈|呵|嘿|啊+$|额|呃|\+1|同问|问得好|收到$|谢|科技|6+$|牛)")
_ACCEPTS = re.compile(r"^(?:好|哦|噢|嗯|知道|明白|懂|谢|ok|行|可|原来|了解|收到|那就|那行|得|要得)", re.IGNORECASE)
_INDIRECT = re.compile(
    r"(?:确认|看看?|问问?|核对|检查|统计|通知|告诉|看下|问下|查下|了解|不管|无论)[^，,。]{0,10}(?:有没有|是不是|能不能|谁|多少|几|哪|什么|啥|怎么)(?![^，,。]*[?？吗])|(?:说|有|这|那|好|讲|就)几[个家天点件]|没什么|什么的|怎么都|谁都|啥都|什么都|几乎"
)
#: A statement that tells that something is not known.
_UNKNOWN = re.compile(
    r"(?:([\u4e00-\u9fff])不\1|多少|怎么|谁|什么时候|啥时候|哪|几)[^，,。]{0,8}(?:没说|不清楚|没定|没确定|说不清|没人说|没人知道|还不知道)"
)
_WH = re.compile(
    r"谁|哪|几[个号点楼人份天月米]|多少|怎么|咋|什么|啥|(?:[\u4e00-\u9fff])呢(?=[\s，,?？]|$)|([\u4e00-\u9fff])不\1"
)
_TIMED = re.compile(r"什么时候|啥时候|几点|几号|哪天|几时|何时|几月")
_TIME = re.compile(
    r"\d+\s*[号日点月:：]|\d\.\d|周[一二三四五六日天末]|星期|礼拜|今|明[天早晚]|后天|下午|上午|晚上|早上|月底|[一二三四五六七八九十]+[点号月]|[天周月]后|[天周月]内|马上|刚"
)
_GAP = re.compile(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")
_I_CAN = re.compile(r"^我(?:有|来|去|知道|这儿?有|可以|会|在|负责|管|记得|能|行|[今明下上晚]|这就|马上|待会|等)")
_POLL = re.compile(
    r"想法|意见|觉得|怎么样|咋样|如何|好不好|行不行|(?:去|报|做|吃|买|送|搞|玩|选|喝|穿|定|弄|带)(?:什么|啥|哪)|怎么(?:办|弄|搞|分|算|安排|走|去)|谁(?:去|来|做|写|负责|能|有空|愿意|报名)|定(?:多少|几)|哪(?:天|儿|家|个)(?:好|合适|去)|到底(?:哪|什么时候|几)"
)
_CHOICE = re.compile(r"(?P<a>[^，,。?？\s]{1,12})\s?还是\s?(?P<b>[^，,。?？\s]{1,14})")
_ENDS_IN_CHOICE = re.compile(r"[^，,。?？\s吧了就]{1,12}\s?还是\s?[^，,。?？\s吧了]{1,14}[?？]*$")
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


def find(talk: Talk, decided: Sequence[Item] | None = None) -> list[Item]:
    """The questions that stand open at the end of the talk, in its order.

    ``decided`` are its decisions, where they have been looked for already.
    """
    scene = Scene(talk)
    settled = {line: each for each in (decisions.find(talk) if decided is None else decided) for line in each.source}
    found: list[Item] = []
    last: Said | None = None
    for said in scene.said:
        text = _asked(said)
        if not text or _answered(said, text, scene) or _settled(said, text, scene, settled):
            continue
        if (
            last is not None
            and said.place - last.place <= 2
            and (last.who == said.who or pairs(last.text) & pairs(text))
        ):
            found[-1] = found[-1].model_copy(update={"source": (*found[-1].source, said.line.id)})
            continue
        found.append(Item(text=text, source=(said.line.id,), who=scene.people.name(said.who), at=said.line.at))
        last = said
    return found


def _asked(said: Said) -> str:
    """The question in a line, if it wants to know something that matters."""
    if cues.laughs(said.line.text) and not re.search(r"[?？]", said.text):
        return ""
    for text in (bare(piece) for sentence in said.sentences for piece in _pieces(sentence.text)):
        if _UNKNOWN.search(text):
            return cues.without_opener(text)
        if not cues.asks(text) and not _CHOICE.search(text) and not (_WH.search(text) and len(text) <= 24):
            continue
        if _INDIRECT.search(text) and not re.search(r"[?？]$|吗$", text):
            continue
        if _RHETORICAL.search(text) or _SMALL.search(text) or len(cues.without_opener(text)) < _LEAST:
            continue
        if (
            _is_proposal(text)
            or (cues.requests(text) and re.search(r"麻烦|帮|请|你|谁能", text))
            or cues.supposes(text)
        ):
            continue
        if _CHOICE.search(text) and not _ENDS_IN_CHOICE.search(text) and not _WH.search(text) and not cues.asks(text):
            continue
        return cues.without_opener(text) or text
    return ""


def _pieces(sentence: str) -> list[str]:
    """A sentence whole, and where it asks in a part set off by a space, that part: 能委托吗 我婆婆在国外."""
    parts = _GAP.split(sentence)
    return [sentence] if len(parts) == 1 or cues.asks(bare(sentence)) else [sentence, *parts]


def _is_proposal(text: str) -> bool:
    """Whether it rather puts something forward: 涨到20？要不7点？"""
    return not re.search(r"谁|哪|几|多少|怎么|咋|什么|啥|吗|么|没|还是|不[?？]?$|([\u4e00-\u9fff])不\1|呢", text)


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
        if not other.asks or (_POLL.search(text) and not _WH.search(told)):
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
    choice = _CHOICE.search(text)
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


def _settled(said: Said, text: str, scene: Scene, settled: dict[int, Item]) -> bool:
    """Whether the group settled it soon after."""
    words = pairs(text)
    own = settled.get(said.line.id)
    if own is not None and words & pairs(own.text):
        return True
    for other in scene.after(said, _ANSWERS + 6, _MINUTES):
        if other.line.id in settled:
            shared = len(words & pairs(other.text + settled[other.line.id].text))
            if shared >= 2 or (shared and other.place - said.place <= 8):
                return not _UNKNOWN.search(text)
    return False
