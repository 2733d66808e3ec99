"""What was asked and never answered."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workers.minutes import cues, decisions, question_cues, weighing
from workers.minutes.about import pairs
from workers.minutes.document import Item
from workers.minutes.said import Said, Scene, bare
from workers.minutes.talk import Talk

_LEAST = 6  # characters of a question

_RHETORICAL = re.compile(
    r"岂不|难道|不是[^，,。]{1,12}(?:吗|么|嘛)|不行吗|不好吗|至于吗|谁知道呢|凭什么|何必|怎么可能|什么鬼|干嘛|什么情况|是吧|对吧|呗|(?:^|[，, ])(?:好吗|行吗|可以吗|好不好|行不行)[?？]?$|你说呢|忘了[啊吗]|谁让|怪谁|算谁的|听[到见]没|(?:^|[，, ])你?知道吗|你知道[^，,。]{0,12}多少|你们?猜|猜猜"
    r"|会不会(?:太|占|显)|怎么(?:又|还|这么|那么|老|净)|啥叫|什么叫|[?？][!！]|能怪|还用说|[哪那]里[有敢会]|多(?:贵|难|好|大|亏)[?？]?$|有什么(?:办法|用|意思)|谁敢|谁不|[慌怕急愁]个?(?:啥|什么)"
)
_SMALL = re.compile(
    r"吃了[吗么没]|在吗|有人吗|睡了[吗没]|几点睡|起床|下班了|饿|奶茶|谁家|真的[假吗]|是吗|嗯[?？]|谁来替我|有人[^，,。]{0,8}(?:点|去|吃|喝|玩|拼)|要不要一起|中午吃|晚上吃|一起(?:吃|去|喝|玩)|我穿啥|红包|哈[?？]|(?:你|您)(?:吃|睡|醒|到家|干啥|咋|怎么)|^(?:为啥|为什么|什么|啥|谁|哪个|哪两|多少|几点|怎么了|咋了)[呀啊呢嘛]*[?？]*$"
)
_INDIRECT = re.compile(
    r"(?:确认|看看?|问问?|核对|检查|统计|通知|告诉|看下|问下|查下|了解|不管|无论)[^，,。]{0,10}(?:有没有|是不是|能不能|谁|多少|几|哪|什么|啥|怎么)(?![^，,。]*[?？吗])|(?:说|有|这|那|好|讲|就)几[个家天点件]|没什么|什么的|怎么都|谁都|啥都|什么都|几乎"
)
#: Asks without the usual signs, or in ways of the regions: 几时寄来, 能报伐, 识唔识, 还是系统里的啊，.
_REGIONAL = re.compile(
    r"几时|伐[?？]?$|([\u4e00-\u9fff])唔\1|[系有]冇|边个|边度|点算|点解|咩[?？]|咋(?:办|整|弄)|怎么办|好多(?:人|钱|个)[?？]|啷个|要得不|还是[^，,。？?]{1,10}[呀啊呢](?:[，,]|$)|\b(?:can|could|do|does|is|are|what|when|where|who|how|which)\b[^?？]*[?？]",
    re.IGNORECASE,
)
#: Looks like 收不收 and is no question: 不收不收, 一动不动.
_TWICE = re.compile(r"(?:不|一)([\u4e00-\u9fff])不\1")
_GAP = re.compile(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")
_ENDS_IN_CHOICE = re.compile(r"[^，,。?？\s吧了就]{1,12}\s?还是\s?[^，,。?？\s吧了]{1,14}[?？]*$")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line that asks something, with its cues and the chance that it stands open."""

    said: Said
    text: str
    cues: frozenset[str]
    chance: float


def find(talk: Talk, decided: Sequence[Item] | None = None, scene: Scene | None = None) -> list[Item]:
    """The questions that stand open at the end of the talk, in its order.

    ``decided`` are its decisions, where they have been looked for already, and ``scene`` is its own, if known.
    """
    scene = scene or Scene(talk)
    found: list[Item] = []
    last: Said | None = None
    for each in candidates(scene, decisions.find(talk, scene) if decided is None else decided):
        if each.chance < weighing.LIKELY:
            continue
        said, text = each.said, each.text
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


def candidates(scene: Scene, decided: Sequence[Item]) -> Iterator[Candidate]:
    """Every line that asks something that matters."""
    settled = {line: each for each in decided for line in each.source}
    for said in scene.said:
        text = _asked(said)
        if text:
            known = question_cues.shown(said, text, scene, settled)
            yield Candidate(said, text, known, weighing.chance("question", known))


def _asked(said: Said) -> str:
    """The question in a line, if it wants to know something that matters."""
    if cues.laughs(said.line.text) and not re.search(r"[?？]", said.text):
        return ""
    for text in (bare(piece) for sentence in said.sentences for piece in _pieces(sentence.text)):
        if question_cues.UNKNOWN.search(text):
            return cues.without_opener(text)
        if not _is_question(text):
            continue
        asked = cues.without_opener(text)
        if len(asked) < _LEAST and len(said.plain) < _LEAST + 6:
            continue
        return (asked or text) if len(asked) >= _LEAST else said.plain
    return ""


def _is_question(text: str) -> bool:
    """Whether it has the form of a question and is none of those that want no answer."""
    regional = _REGIONAL.search(text) is not None
    asks = regional or cues.asks(text)
    open_word = question_cues.WH.search(text) is not None
    choice = question_cues.CHOICE.search(text) is not None
    if not (asks or choice or (open_word and len(text) <= 24)):
        return False
    if _INDIRECT.search(text) and not re.search(r"[?？]$|吗$", text):
        return False
    if _RHETORICAL.search(text) or _SMALL.search(text) or _TWICE.search(text):
        return False
    if not regional and _is_proposal(text):
        return False
    if cues.requests(text) and re.search(r"麻烦|帮|请|你|谁能", text):
        return False
    if cues.supposes(text) and not re.search(r"怎么办|咋办|能不能|能退|[吗么][?？]?$", text):
        return False
    return asks or open_word or _ENDS_IN_CHOICE.search(text) is not None


def _pieces(sentence: str) -> list[str]:
    """A sentence whole, and where it asks in a part set off by a space, that part: 能委托吗 我婆婆在国外."""
    parts = _GAP.split(sentence)
    return [sentence] if len(parts) == 1 or cues.asks(bare(sentence)) else [sentence, *parts]


def _is_proposal(text: str) -> bool:
    """Whether it rather puts something forward: 涨到20？要不7点？"""
    return not re.search(r"谁|哪|几|多少|怎么|咋|什么|啥|吗|么|没|还是|不[?？]?$|([\u4e00-\u9fff])不\1|呢", text)
