"""Questions, and the lines that answer them: WiFi密码多少 -> WiFi密码是 shuixiang2026.

By rule. The words of a question that ask say what kind of answer is wanted; the rest says about what. A line answers
where it holds the rest, asks nothing itself, and has in it what is wanted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import rjieba

from botbay.zh.text import halfwidth, simplified


class Wanted(StrEnum):
    NUMBER = "number"
    TIME = "time"
    PLACE = "place"
    PERSON = "person"
    LINK = "link"
    ANYTHING = "anything"


@dataclass(frozen=True, kw_only=True)
class Question:
    """``words``: what it is about, the most telling first. ``wanted``: what an answer must hold.

    ``asked``: by words that ask, and not by a bare name.
    """

    words: tuple[str, ...]
    wanted: Wanted
    asked: bool


#: What asks, and for what; the first that is found counts.
_ASKS = (
    (Wanted.LINK, r"(?:什么|哪个|哪)?(?:链接|网址|地址栏)(?:是(?:多少|什么|哪个?)|在哪里?|多少|给我|发我)?|哪个网站"),
    (Wanted.TIME, r"(?:是|在|到)?(?:什么时候|啥时候|何时|几点钟?|几号|哪一?天|星期几|周几|哪个月|几月|多久|多长时间)"),
    (
        Wanted.PLACE,
        r"(?:是)?(?:在|去|到|放)?(?:哪里|哪儿|什么地方|啥地方|几楼|几号楼|哪个(?:会议室|房间|教室|楼|厅|店))|在哪|去哪|放哪",
    ),
    (Wanted.PERSON, r"(?:是|由|归|找|问|给|该找|应该找)?(?:谁|哪位|哪个人|什么人)(?:来|在)?(?:负责|管|做|办|说了算)?"),
    (
        Wanted.NUMBER,
        r"(?:是|有|要|得|花|一共|总共|共)?(?:多少钱?|几[个块元毛人次天台份箱套件斤张间层岁米]|多大|多重|多高|多长|多远)",
    ),
    (Wanted.ANYTHING, r"(?:都?是|叫|有)?(?:什么|啥|哪些|哪个|哪种|怎么样?|咋样?|如何)(?:来着)?"),
)
_ASK_PATTERNS = [(wanted, re.compile(pattern)) for wanted, pattern in _ASKS]
#: Things that are known by what they are: asked for by name alone.
_NUMBERS = re.compile(
    r"密码|口令|账号|帐号|号码|电话|手机|单号|编号|会议号|房号|价|费|钱|金额|报价|预算|数量|税号|卡号|车牌|尺寸|版本"
)
_PLACES = re.compile(r"地址|地点|位置|会议室|集合点|停车")
_TIMES = re.compile(r"时间|日期|截止|期限|生日|开会|放假|几时")
_LINKS = re.compile(r"链接|网址|网站|二维码")
_PEOPLE = re.compile(r"负责人|联系人|对接人|值班")
_LOOKING = re.compile(r"^(?:请问|帮我)?(?:谁|有人|有谁|哪个|哪位)(?:说|提|讲|聊|发|问)过?(?:的|了)?")
#: They say nothing of what a question is about.
_FILLER = re.compile(
    r"请问|问一下|想问|有(?:没有)?人(?:知道|说过|提过)?|谁(?:知道|记得|说过|提过|有)|大家|帮我?(?:找|查|看)(?:一?下)?|找(?:一?下)|查(?:一?下)|告诉我|还记得"
    r"|来着|到底|现在|目前|咱们?|我们|你们|他们|那个|这个|群里|之前|上次|说的|发的|说过|提过|来|的|了|吗|呢|呀|啊|吧|嘛|么|我|是|在|有|就|都|要|得|会|给|把|被|和|跟|与|或|该|应该|可以|能|是不是|有没有|能不能"
)
_ASKING_LINE = re.compile(
    r"[?？]|[吗呢么]\s*[~。!！]*\s*$|多少|什么|[谁哪啥咋]|几[点号个]|怎么|如何|有人知道|有没有|能不能|是不是|求[一个]?|问一下|请问|发我(?:一下)?$|告诉我|来着"
)
_DIGIT = r"[0-9零一二三四五六七八九十百千万两半]"
_HOLDS = {
    Wanted.NUMBER: re.compile(
        r"\d|[零一二三四五六七八九十百千万两]{2,}|[零一二三四五六七八九十两百千万][个块元万千人次天台份箱套]|[a-z][a-z0-9@#_\-.!]{4,}"
    ),
    Wanted.TIME: re.compile(
        rf"{_DIGIT}+\s*(?:[点时号日月年]|分钟|小时|天|周|个月|:\d)|\d{{1,2}}[:：.]\d{{2}}|\d+[-/.]\d+|今[天晚早]|明[天晚早]|后天|大后天|昨[天晚]|上午|下午|中午|晚上|早上|凌晨"
        rf"|(?:下|这|本|上)?(?:周|星期|礼拜)[一二三四五六日天末]|月底|月初|年底|年后|节后|节前|国庆|春节|元旦|中秋|端午|清明|五一"
    ),
    Wanted.PLACE: re.compile(
        r"[路街巷弄道]\s*\d|\d+\s*[号楼层室栋座幢单元]|[一二三四五六七八九十]楼|[楼层室厅馆店区校园院库站场口门柜架箱抽屉桌盘]|酒店|饭店|公司|前台|大厦|广场|公园|地铁|机场|车站|文件夹|目录|隔壁|对面|楼下|楼上|[省市县镇村]|在[^，。,.\s]{2,}"
    ),
    Wanted.PERSON: re.compile(
        r"@|负责|找[^不，。,\s][^，。,\s]{0,5}|[老小][\u4e00-\u9fff]|[\u4e00-\u9fff](?:总|工|哥|姐|老师|经理|主任|医生|师傅|会计|律师)|由[^，。,\s]{2,6}|归[^，。,\s]{1,6}|是[^，。,\s]{2,6}|联系|我来|我负责|交给"
    ),
    Wanted.LINK: re.compile(r"https?://|www\.|\w+\.(?:com|cn|net|org|io|app|top)\b"),
}
_TELLS = re.compile(r"^\s*(?:就|改|换|定|都|已经?|还|应该|大概|暂)?(?:是|为|成|在|叫|到|[:：=]|→|->)")
#: How many lines at most are compared.
_MOST_WORDS = 6


def understand(text: str) -> Question | None:
    """What a sentence asks, or what a bare name (WiFi密码) would have told; None where it is neither."""
    rest = _LOOKING.sub("", plain(text))
    wanted = None
    for kind, pattern in _ASK_PATTERNS:
        match = pattern.search(rest)
        if match is not None:
            wanted = kind
            # 链接 is both what is asked for and what it is about.
            rest = f"{rest[: match.start()]} {rest[match.end() :]}"
            break
    asked = wanted is not None
    if wanted in (None, Wanted.ANYTHING):
        wanted = _by_name(rest) or wanted
    rest = re.sub(r"[?？!！。，,、;；:：~\"'“”「」()（）]+", " ", rest)
    words = _words(rest)
    if not words or wanted is None or (not asked and len("".join(words)) < 2):
        return None
    return Question(words=words, wanted=wanted, asked=asked)


def _by_name(text: str) -> Wanted | None:
    for wanted, pattern in (
        (Wanted.LINK, _LINKS),
        (Wanted.PERSON, _PEOPLE),
        (Wanted.PLACE, _PLACES),
        (Wanted.NUMBER, _NUMBERS),
        (Wanted.TIME, _TIMES),
    ):
        if pattern.search(text):
            return wanted
    return None


def _words(text: str) -> tuple[str, ...]:
    words: dict[str, None] = {}
    for run in text.split():
        for word in rjieba.cut(run):
            if word.strip() and not _FILLER.fullmatch(word) and re.search(r"\w", word):
                words[word] = None
    told = list(words)
    return tuple(sorted(told, key=lambda word: (-len(word), told.index(word)))[:_MOST_WORDS])


def plain(text: str) -> str:
    """Half-width, lower case, simplified: each character stays at its place."""
    return simplified(halfwidth(text))


def sureness(question: Question, line: str) -> float:
    """How surely a line answers, 0 to 1; from 0.5 on it is told as the answer."""
    told = plain(line)
    if _ASKING_LINE.search(told) or len(told) > 500:
        return 0.0
    places = [told.find(word) for word in question.words]
    missing = [word for word, at in zip(question.words, places, strict=True) if at < 0]
    found = len(places) - len(missing)
    if not found or len(missing) > (len(places) - 1) // 2:
        return 0.0
    rest = told
    for word in question.words:
        rest = rest.replace(word, " ")
    holds = _HOLDS.get(question.wanted)
    after = told[max(at + len(word) for at, word in zip(places, question.words, strict=True) if at >= 0) :]
    tells = _TELLS.match(after) is not None or re.search(r"是|改成|改到|改为|换成|定在|定了|[:：=]", rest) is not None
    if holds is not None:
        if not holds.search(rest):
            return 0.0
        sure = 0.6 + (0.1 if holds.search(after) else 0.0) + (0.15 if tells else 0.0)
    elif tells and len(rest.strip(" ，。,.:：=是为")) >= 2:
        sure = 0.6 + (0.1 if _TELLS.match(after) else 0.0)
    else:
        return 0.0
    return max(0.0, min(1.0, sure - 0.2 * len(missing) - (0.1 if len(told) > 120 else 0.0)))


def best(question: Question, lines: Sequence[str]) -> int | None:
    """The place of the line that answers, given the newest first; None where none does surely."""
    told = [sureness(question, line) for line in lines]
    most = max(told, default=0.0)
    return told.index(most) if most >= 0.5 else None
