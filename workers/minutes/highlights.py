"""Which lines matter most: the importance of what they say, and what a chat shows besides."""

import math
import re
import statistics
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from workers.minutes import noise
from workers.minutes.talk import Line

#: Characters of the middle line from which on a talk is a meeting's transcript and no chat.
_TRANSCRIPT = 18
_SHARE, _MOST = 0.12, 12  # what is picked where nobody says how much
_ALIKE = 0.6
_NEAR = 2  # lines before and after in whose company a line is
_ACKNOWLEDGED = 6  # lines in which people say 收到

_NUMBER = re.compile(r"\d|[一二两三四五六七八九十百千万]+(?:点|号|天|个|块|元|人|万|千|百|次|份|套|台|米|吨|斤)")
_TIME = re.compile(
    r"\d{1,2}[:：]\d{2}|\d{1,2}[点号日月]|周[一二三四五六日天末]|星期|礼拜|今[天晚早]|明[天晚早儿]|后天|月底|月初|年底|下周|上午|中午|下午|晚上|凌晨|之前|以前|截止"
)
_CUE = re.compile(
    r"注意|重要|通知|务必|必须|一定要|截止|截至|改[到为成在]|延[期后]|推迟|提前|取消|停[用止服工业课]|涨|降价|费用|预算|定金|结论|原因|风险|出事|事故|上线|发布|漏|坏|故障|"
    r"验收|检查|签|合同|报名|集合|开会|交[给到]|提交|统一|负责|分工|安排|方案|决定|确定|规定|要求"
)
_QUESTION = re.compile(r"[?？]|[吗么]\s*$|怎么|谁|哪|几|多少|啥|什么")

#: What is listed with the links and files has less need to be a highlight, by half where it is a document that was read.
_BRINGING = frozenset({"link", "file", "mini_program", "merged", "video"})

#: Fitted to marked chats by tests/bench/train_highlights.py, rounded by hand.
WEIGHTS: Mapping[str, float] = {
    "importance": 0.8,
    "decision": 2.2,
    "decision more": 0.0,
    "todo": 1.7,
    "todo more": 0.2,
    "question": 1.8,
    "question more": 0.1,
    "number": 0.3,
    "time": 1.0,
    "cue": 0.4,
    "asking": 0.2,
    "length": 1.2,
    "terms": 0.6,
    "mentions": 0.6,
    "everybody": 0.5,
    "acknowledged": 1.0,
    "replies": 0.3,
    "light": -1.8,
    "company": -0.5,
    "brings": -1.2,
}


def is_transcript(lines: Sequence[Line]) -> bool:
    """Whether these are the sentences of a meeting: long ones, unlike a chat's."""
    lengths = [len(line.text) for line in lines if line.kind == "text" and line.text]
    return bool(lengths) and statistics.median(lengths) >= _TRANSCRIPT


def wanted(share: int | float | None, lines: int, counted: int) -> int:
    """How many lines to pick: so many, such a share of all lines, or where nothing is said a few of those counted."""
    if share is None:
        return min(_MOST, math.ceil(_SHARE * counted))
    if isinstance(share, int):
        return share
    return max(1, math.floor(share * lines + 0.5)) if lines else 0


def signals(
    lines: Sequence[Line],
    noisy: Collection[int],
    importance: Mapping[int, float],
    marks: Mapping[int, Collection[str]],
    terms: Callable[[Line], float],
) -> dict[int, dict[str, float]]:
    """What speaks for each line of a chat that is no noise, by its id and the signal's name; about 0 to 1 each.

    ``importance`` and ``marks`` (decision, todo, question, each with `` more`` where a line merely belongs to one)
    are by id; ``terms`` tells how telling a line's words are, from 0 to 1.
    """
    replies = Counter(line.replies_to for line in lines)
    light = [noise.lightness(line) for line in lines]
    found = {}
    for number, line in enumerate(lines):
        if line.id in noisy:
            continue
        found[line.id] = {
            **dict.fromkeys(marks.get(line.id, ()), 1.0),
            **_signals(line),
            "importance": importance.get(line.id, 0.0),
            "terms": terms(line),
            "replies": min(2, replies[line.id]) / 2,
            "light": light[number],
            "company": _mean(light[max(0, number - _NEAR) : number] + light[number + 1 : number + 1 + _NEAR]),
            "acknowledged": _acknowledged(lines, number, noisy),
        }
    return found


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def weight(found: Mapping[str, float]) -> float:
    """How much a line matters by its signals: more is better, nothing else is said."""
    # Signals come in any order, and must add up to the same.
    return math.fsum(WEIGHTS[name] * value for name, value in found.items())


def _signals(line: Line) -> dict[str, float]:
    text = line.text
    return {
        "number": float(_NUMBER.search(text) is not None),
        "time": float(_TIME.search(text) is not None),
        "cue": min(2, len(_CUE.findall(text))) / 2,
        "asking": float(_QUESTION.search(text) is not None),
        "length": min(1.0, math.log1p(len(noise.plain(text))) / math.log1p(40)),
        "mentions": min(2, len(line.mentions)) / 2,
        "everybody": float(line.all_mentioned),
        "brings": (0.5 if _says(line) else 1.0) if line.kind in _BRINGING else 0.0,
    }


def _says(line: Line) -> bool:
    return line.kind == "file" and bool(line.text) and line.text != line.file_name


def _acknowledged(lines: Sequence[Line], number: int, noisy: Collection[int]) -> float:
    """How many others say 收到 right after a line, from 0 to 1 for three and more."""
    said = lines[number]
    people = set()
    for line in lines[number + 1 : number + 1 + _ACKNOWLEDGED]:
        if line.id not in noisy and line.who != said.who:
            break
        if line.id in noisy and line.kind == "text" and line.who != said.who and not line.by_bot:
            people.add(line.who)
    return min(3, len(people)) / 3


def pick(lines: Sequence[Line], scores: Mapping[int, float], count: int) -> list[Line]:
    """The best lines that have a score, in their order; of those that say nearly the same, the best."""
    chosen: list[Line] = []
    grams: list[frozenset[str]] = []
    for line in sorted((line for line in lines if line.id in scores), key=lambda each: (-scores[each.id], each.id)):
        if len(chosen) >= count:
            break
        own = _grams(line.text)
        if not any(_alike(own, other) for other in grams):
            chosen.append(line)
            grams.append(own)
    return sorted(chosen, key=lambda line: (line.at, line.id))


def best(lines: Sequence[Line], scores: Mapping[int, float], count: int) -> list[Line]:
    """Exactly so many lines, as far as there are any: the best ones in their order."""
    ranked = sorted(lines, key=lambda each: (-scores.get(each.id, 0.0), each.id))
    chosen = {line.id for line in ranked[: max(0, count)]}
    return [line for line in lines if line.id in chosen]


def _grams(text: str) -> frozenset[str]:
    said = noise.plain(text)
    return frozenset(said[at : at + 2] for at in range(len(said) - 1)) or frozenset({said})


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= _ALIKE * len(one | other)
