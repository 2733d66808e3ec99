"""The most telling words of a talk: said often in it, and seldom elsewhere."""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import rjieba

#: Parts of speech that can be what a talk is about, with how well they tell it.
_TELLING = {
    "n": 1.0, "nz": 1.1, "ns": 1.0, "nt": 1.1, "nr": 0.6, "nrt": 0.6, "vn": 0.9, "j": 0.9, "l": 0.5, "i": 0.3, "v": 0.65,
    "an": 0.6,
}  # fmt: skip
_ADDRESS = re.compile(r"(?:https?://|www\.)[\w./?=&%#:+~-]+|\b[\w-]+(?:\.[\w-]+)+/[\w./?=&%#-]*")
#: Somebody addressed by what they are: 王经理, 孙工.
_TITLE = re.compile(
    r"^[\u4e00-\u9fff]{0,2}(?:总|姐|哥|老师|工|导|叔|阿姨|姨|爷爷|奶奶|师傅|主任|经理|老板|妈妈?|爸爸?|嫂|教授|医生|教练|店长|班长|院长|校长|书记)$|^[老小阿][\u4e00-\u9fff]$"
)
_NAME = re.compile(r"[a-z][a-z0-9.+#-]*[a-z0-9]$", re.I)
_HAN = re.compile(r"^[\u4e00-\u9fff]+$")
_ALL = 5_000_000  # words behind the frequencies of the dictionary; only their proportion weighs
#: Words to which the dictionary gives a part of speech that they have not.
_TAGGED = {"合同": "n"}
_COMMON = 25_000  # times that a word stands there from which on it tells nothing
#: Words that stand for anything, and how people address each other.
_DULL = """
这版 那版 这次 那次 上次 下次 问下 说下 带上 好看 发错 不错 上面 下面 里面 外面 之前 之后 以前 以后 大家 咱们 今天 明天 昨天
后天 上午 下午 晚上 中午 早上 时候 现在 时间 事情 东西 问题 情况 感觉 方面 部分 地方 老师 家长 老板 同学 朋友 师傅 经理 大佬
兄弟 小时 分钟 礼拜 星期 左右 意思 样子 办法 消息 图片 视频 语音 表情 文件 链接 群里 私聊 收到 谢谢 哈哈 哈哈哈 可以 没有 知道
觉得 看看 辛苦 麻烦 直接 差不多 有点 一下 一点 不用 不要 记得 需要 应该 可能 估计 确定 确认 通知 提醒 发现 开始 结束 到时候
孩子 人员 单位 帮忙 有人 没人 回来 回去 过来 过去 出来 下来 起来 上来 告诉 发给 准备 安排 负责 同意 支持 反对 没法 不行 不好
不能 还有 说话 月底 周末 周一 周二 周三 周四 周五 周六 周日 ok okay haha 小贝 http https www com
"""

_DULL_WORDS = frozenset(_DULL.split())


@dataclass(frozen=True, slots=True)
class Told:
    """What a line is about: its telling words in their order, and pairs of them that stood side by side.

    ``weights`` say how well a word of its kind can name a topic, from 0 to about 1.
    """

    words: tuple[str, ...]
    weights: tuple[float, ...]
    pairs: tuple[tuple[str, str], ...]


def told(text: str) -> Told:
    """The telling words of a line. The words of a pair joined are a piece of the text."""
    words: list[str] = []
    weights: list[float] = []
    pairs: list[tuple[str, str]] = []
    before = ""
    for word, tag in rjieba.tag(_ADDRESS.sub(" ", text)):
        word = word.lower()
        weight = _telling(word, tag)
        if weight > 0:
            if before:
                pairs.append((before, word))
            words.append(word)
            weights.append(weight)
        before = word if weight > 0 else ""
    return Told(tuple(words), tuple(weights), tuple(pairs))


@lru_cache(maxsize=50_000)
def _telling(word: str, tag: str) -> float:
    if len(word) < 2 or word in _DULL_WORDS:
        return 0.0
    if not _HAN.match(word):
        return 0.8 if _NAME.match(word) else 0.0
    tag = _TAGGED.get(word, tag)
    weight = _TELLING.get(tag, _TELLING.get(tag[:1], 0.0))
    return weight if weight and rjieba.suggest_freq(word) < _COMMON and not _TITLE.match(word) else 0.0


def rarity(word: str, background: Mapping[str, int] | None = None, messages: int = 0) -> float:
    """How much a word tells: that it is seldom said in the language, and in the room's own history.

    ``background`` counts words in ``messages`` earlier messages (their sum is taken where 0).
    """
    general = math.log(_ALL / (rjieba.suggest_freq(word) + 20))
    if not background:
        return general
    total = messages or sum(background.values())
    own = math.log((total + 50) / (background.get(word, 0) + 5))
    return general * 0.6 + own * 0.4


class Keywords:
    """Weighs the words of a talk. ``names`` are no keywords: those who speak, and what they are called."""

    def __init__(self, names: Collection[str] = (), background: Mapping[str, int] | None = None) -> None:
        names = {name.lower() for name in names}
        self._all_names = "\n".join(names)
        self._names = {name for name in names if len(name) > 1}
        self._background = background
        self._messages = sum(background.values()) if background else 0
        self._rarity: dict[str, float] = {}

    def weight(self, word: str) -> float:
        found = self._rarity.get(word)
        if found is None:
            found = self._rarity[word] = 0.0 if self._is_name(word) else rarity(word, self._background, self._messages)
        return found

    def _is_name(self, word: str) -> bool:
        if word in self._all_names:
            return True
        return any(word[at : at + length] in self._names for length in range(2, len(word)) for at in range(len(word)))

    def best(self, lines: Sequence[Told], limit: int, *, elsewhere: Iterable[Told] = (), least: int = 1) -> list[str]:
        """The most telling words and pairs of words of some lines, the best first.

        ``elsewhere`` are lines beside these, whose words tell less. ``least`` is how many lines a word stands in.
        """
        counts = Counter(word for line in lines for word in set(line.words))
        kinds = {word: weight for line in lines for word, weight in zip(line.words, line.weights, strict=True)}
        others = Counter(word for line in elsewhere for word in set(line.words))
        pairs = Counter(pair for line in lines for pair in set(line.pairs))
        scores: dict[str, float] = {}
        for word, count in counts.items():
            if count >= least:
                spread = count / (count + 0.5 * others[word])
                scores[word] = (
                    (count**0.8) * self.weight(word) * kinds[word] * spread * (1.0 if len(word) < 3 else 1.15)
                )
        parts: dict[str, tuple[str, str]] = {}
        for (first, second), count in pairs.items():
            known = scores.get(first, 0.0) > 0 and scores.get(second, 0.0) > 0
            if known and first != second and count >= 2 and count >= 0.5 * min(counts[first], counts[second]):
                joined = first + second
                if len(joined) <= 8 and _HAN.match(joined):
                    scores[joined] = 1.1 * max(scores[first], scores[second])
                    parts[joined] = (first, second)
        chosen: list[str] = []
        for word in sorted(scores, key=lambda each: (-scores[each], each)):
            if len(chosen) == limit or scores[word] <= 0:
                break
            if not any(word in other or other in word for other in chosen):
                chosen.append(word)
        return chosen
