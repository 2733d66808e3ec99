"""What a sentence shows by which its importance is guessed: a row of numbers each, beside its neighbours in the talk.

Numbers of a kind that grows with the talk are compared within it (how far from its mean, in its deviations), so that a
short chat and a long meeting are weighed alike.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import rjieba

from workers.minutes.sentences import Sentence

Row = npt.NDArray[np.float64]

#: Counted in a sentence.
_CUES = {
    "enum": r"第[一二三四五六七八1-9]|首先|其次|再次|[一二三四五六]是|一个是|另外一个|另一个|还有一个|一方面|最后一|其一|其二",
    "concl": r"所以|因此|总之|总的来|总体|综上|归根|可见|由此|结果|这样的话|这就|从而",
    "opinion": r"我觉得|我认为|我个人|我想|我们认为|我们觉得|在我看来|我的观点|观点",
    "key": r"最重要|重要|关键|核心|本质|根本|必须|一定要|需要|应该|要求|重点|主要|主题|目标|问题|挑战|机会|优势|价值|意义|作用|特点|趋势|原则|理念",
    "eg": r"比如|例如|像|举个例子|举例|譬如|好比|假如|你说|比方",
    "contrast": r"但是|而是|不过|然而|其实|实际上|反而|却",
    "filler": r"这个|那个|就是说|就是|对吧|是吧|嗯|呃|啊|然后|的话|怎么说|等于说|什么的|哎|呢",
    "thanks": r"谢谢|感谢|有请|掌声|欢迎|大家好|各位|主持人|老师好|嘉宾|请问|接下来|下面|时间",
    "q": r"[？?]",
    "qw": r"什么|怎么|如何|为什么|哪|是否|是不是|吗|呢",
    "num": r"\d+|百分之|[一二三四五六七八九十百千万亿]{2,}",
    "me": r"我",
    "we": r"我们|咱们",
    "you": r"你|您",
    "he": r"他|她|它",
    "past": r"当时|那时|以前|记得|有一次|后来|刚才|刚刚|昨天|今天上午|去年",
    "how": r"通过|利用|采用|采取|建立|构建|形成|实现|提升|提高|促进|推动|加强|推进|打造|开展|结合|围绕|根据|针对|为了",
    "latin": r"[A-Za-z]{2,}",
    "neg": r"不|没",
    "comma": r"[，,]",
    "de": r"的",
}
#: Of these the share in the words counts too.
_SHARES = ("filler", "comma", "de", "neg", "me", "you", "he", "we")
#: How a sentence begins.
_STARTS = {
    "enum": r"(?:那么?|然后|所以|同时|OK)?\s*(?:我觉得|我想)?(?:第[一二三四五六七八1-9]|首先|其次|再次|[一二三四五六]是|一个是|另外|还有|再一个|最后|其一|除此)",
    "so": r"(?:所以|因此|总之|那所以|总的|综上|因而)",
    "but": r"(?:但是|但|不过|然而|可是)",
    "and": r"(?:然后|而且|同时|并且|包括|还有)",
    "eg": r"(?:比如|例如|像|譬如|举|你比如|你像|那比如|假如|比方|你看)",
    "because": r"(?:因为|由于|为什么|这是因为)",
    "then": r"(?:那么|那|这样)",
    "this": r"(?:这个|这是|这|它|他|她)",
    "me": r"我",
    "we": r"(?:我们|咱们)",
    "you": r"(?:你|您)",
    "yes": r"(?:对|是的|好|嗯|OK|ok|行|没错)",
    "thanks": r"(?:谢谢|感谢|非常感谢|好的?，?谢谢|有请|欢迎)",
    "really": r"(?:其实|实际上|事实上)",
    "def": r".{0,12}(?:就是|是指|叫做?|指的是)",
    "think": r".{0,4}(?:我觉得|我认为|我个人)",
}
_CUE = {name: re.compile(pattern) for name, pattern in _CUES.items()}
_START = {name: re.compile(rf"\s*{pattern}") for name, pattern in _STARTS.items()}
#: Kinds of words (ICTCLAS tags) whose share is looked at; one letter stands for all that begin with it.
_KINDS = ("n", "v", "a", "d", "m", "r", "c", "u", "nr", "ns", "p", "y", "q", "l", "vn", "eng", "t")
_APART = frozenset({"nr", "ns", "vn"})
#: The words of the dictionary's own corpus.
_CORPUS = 60e6
#: Sentences that are near, and those that begin and end a talk.
_NEAR, _NEARER, _FAR, _EDGE = 5, 3, 8, 3


def features(sentences: Sequence[Sentence], background: Mapping[str, int] | None = None) -> dict[str, Row]:
    """By name a number for each sentence of one stretch of talk; ``background``: see ``importance.scores``."""
    tags = [rjieba.tag(sentence.text) for sentence in sentences]
    found = {f"t_{name}": _within(row) for name, row in _texts(sentences, tags).items()}
    found |= {f"s_{name}": _matches(sentences, pattern) for name, pattern in _START.items()}
    found |= {f"w_{name}": _within(row) for name, row in _terms(sentences, background or {}).items()}
    return found | _turns(sentences) | _places(sentences)


def _within(row: Row) -> Row:
    deviation = float(row.std())
    return (row - row.mean()) / deviation if deviation > 1e-9 else row * 0


def _matches(sentences: Sequence[Sentence], pattern: re.Pattern[str]) -> Row:
    return np.array([1.0 if pattern.match(sentence.text) else 0.0 for sentence in sentences])


@lru_cache(maxsize=1 << 16)
def _rarity(word: str) -> float:
    """How rare a word is in general, 0 to 1, by the segmenter's dictionary."""
    return math.log(_CORPUS / max(2, rjieba.suggest_freq(word))) / math.log(_CORPUS)


# --- the text of a sentence itself -------------------------------------------------------------------------


def _texts(sentences: Sequence[Sentence], tags: Sequence[Sequence[tuple[str, str]]]) -> dict[str, Row]:
    count = np.array([max(1, len(each)) for each in tags], float)
    said = np.array([len(each.words) for each in sentences], float)
    several = np.array([len(set(each.words)) for each in sentences], float)
    found = {
        "length": np.log1p([len(each.text) for each in sentences]),
        "words": np.log1p(said),
        "words_share": said / count,
        "different": np.log1p(several),
        "different_share": several / np.maximum(1, said),
        "stutter": np.array([sum(a[0] == b[0] for a, b in pairwise(each)) for each in tags]) / count,
    }
    for name, pattern in _CUE.items():
        number = np.array([len(pattern.findall(each.text)) for each in sentences], float)
        found[name] = np.log1p(number)
        if name in _SHARES:
            found[f"{name}_share"] = number / np.maximum(5, count)
    kinds = [Counter(kind for _, tag in each for kind in _kinds(tag)) for each in tags]
    for kind in _KINDS:
        found[f"kind_{kind}"] = np.array([each[kind] for each in kinds], float) / np.maximum(4, count)
    return found


@lru_cache(maxsize=256)
def _kinds(tag: str) -> tuple[str, ...]:
    """What a tag counts as: 30 or so tags there are."""
    return tuple(kind for kind in _KINDS if tag == kind or (len(kind) == 1 and tag[:1] == kind and tag not in _APART))


# --- its words among those of the others -------------------------------------------------------------------


def _terms(sentences: Sequence[Sentence], background: Mapping[str, int]) -> dict[str, Row]:
    said = [each.words for each in sentences]
    total = len(said)
    in_lines = Counter(word for words in said for word in set(words))
    place = {word: number for number, word in enumerate(sorted(in_lines))}
    often = np.zeros((total, max(1, len(place))))
    for number, words in enumerate(said):
        for word, times in Counter(words).items():
            often[number, place[word]] = 1 + math.log(times)
    there = (often > 0).astype(float)
    lines = np.array([in_lines[word] for word in place] or [1], float)
    # What the room always speaks of tells little about today.
    rare = np.array([_rarity(word) / (1 + 0.3 * math.log1p(background.get(word, 0))) for word in place] or [0.0])
    key = np.log1p(lines - 1) * rare**2
    shared = np.argsort(-(lines * rare**2 * (lines > 1)), kind="stable")
    several = np.maximum(1, there.sum(1))
    found = {
        "tfidf": (often * np.log((total + 1) / (lines + 0.5))).sum(1),
        "rare": (there * rare).sum(1),
        "rare_mean": (there * rare).sum(1) / several,
        "key": (there * key).sum(1),
        "key_mean": (there * key).sum(1) / np.maximum(2, several),
        "key_most": (there * key).max(1),
        "top8": there[:, shared[:8]].sum(1),
        "top20": there[:, shared[:20]].sum(1),
    }
    return found | _alike(often * rare) | _news(sentences, in_lines)


def _alike(weighed: Row) -> dict[str, Row]:
    """How like the others each is: rows of weighed words, compared by the cosine between them."""
    total = len(weighed)
    length = np.linalg.norm(weighed, axis=1, keepdims=True)
    unit = weighed / np.where(length > 0, length, 1)
    cosine = unit @ unit.T
    np.fill_diagonal(cosine, 0)
    apart = np.abs(np.subtract.outer(np.arange(total), np.arange(total)))
    middle = weighed.sum(0)
    near = (apart <= _NEAR) & (apart > 0)
    later = np.triu(cosine, 1)

    def mean(chosen: npt.NDArray[np.bool_]) -> Row:
        return np.asarray((cosine * chosen).sum(1) / np.maximum(1, chosen.sum(1)))

    return {
        "rank": _rank(cosine),
        "centroid": unit @ (middle / (np.linalg.norm(middle) or 1)),
        "like_all": cosine.mean(1),
        "like_one": cosine.max(1),
        "like_nearer": mean((apart <= _NEARER) & (apart > 0)),
        "like_near": mean((apart <= _FAR) & (apart > 0)),
        "like_far": mean(apart > _FAR),
        "taken_up": (later * near).sum(1),
        "takes_up": (later.T * near).sum(1),
        "like_first": cosine[:, :_EDGE].max(1),
        "like_last": cosine[:, -_EDGE:].max(1),
    }


def _rank(cosine: Row, damping: float = 0.85, rounds: int = 40) -> Row:
    """TextRank (Mihalcea and Tarau 2004) by power iteration; 1 is the mean."""
    total = len(cosine)
    sums = cosine.sum(1, keepdims=True)
    share = np.where(sums > 0, cosine / np.where(sums > 0, sums, 1), 1 / total)
    rank = np.full(total, 1 / total)
    for _ in range(rounds):
        rank = (1 - damping) / total + damping * (rank @ share)
    return rank * total


def _news(sentences: Sequence[Sentence], in_lines: Mapping[str, int]) -> dict[str, Row]:
    """What is said for the first time, what again, and what others speak of too."""
    speakers: dict[str, set[str]] = {}
    for sentence in sentences:
        for word in sentence.words:
            speakers.setdefault(word, set()).add(sentence.speaker)
    seen: set[str] = set()
    found: dict[str, list[float]] = {"begins": [], "again": [], "new": [], "shared": []}
    for sentence in sentences:
        words = sorted(set(sentence.words))
        weight = {word: _rarity(word) ** 2 for word in words}
        fresh = [word for word in words if word not in seen]
        found["begins"].append(sum(weight[word] * math.log(in_lines[word]) for word in fresh if in_lines[word] > 1))
        found["new"].append(sum(weight[word] for word in fresh))
        found["again"].append(sum(weight[word] for word in words if word in seen))
        found["shared"].append(sum(weight[word] for word in words if len(speakers[word]) > 1))
        seen.update(words)
    return {name: np.array(row) for name, row in found.items()}


# --- where it stands ---------------------------------------------------------------------------------------


def _turns(sentences: Sequence[Sentence]) -> dict[str, Row]:
    """Its place in what its speaker says at a stretch, and the speaker's part in the talk."""
    who = [each.speaker for each in sentences]
    length = np.array([len(each.text) for each in sentences], float)
    turn = np.cumsum([number > 0 and who[number] != who[number - 1] for number in range(len(who))])
    first = np.searchsorted(turn, turn)
    size = np.bincount(turn)[turn].astype(float)
    since = np.arange(len(who)) - first
    left = size - 1 - since
    said = Counter[str]()
    for speaker, characters in zip(who, length, strict=True):
        said[speaker] += int(characters)
    turns = Counter(who[number] for number in sorted(set(first.tolist())))
    return {
        "turn_since": np.log1p(since),
        "turn_left": np.log1p(left),
        "turn_size": np.log1p(size),
        "turn_place": since / np.maximum(1, size - 1),
        "turn_first": (since == 0) * 1.0,
        "turn_last": (left == 0) * 1.0,
        "turn_short": (size <= 2) * 1.0,
        "turn_length": np.log1p(np.bincount(turn, weights=length)[turn]),
        "speaker_share": np.array([said[each] for each in who]) / max(1.0, float(length.sum())),
        "speakers": np.full(len(who), math.log(len(said))),
        "speaker_first": np.array([each == who[0] for each in who], float),
        "speaker_turns": np.array([turns[each] for each in who]) / turns.total(),
        "speaker_mean": np.log1p([said[each] / turns[each] for each in who]),
    }


def _places(sentences: Sequence[Sentence]) -> dict[str, Row]:
    """Its place in the talk, and how long ago somebody asked, or began to count up."""
    total = len(sentences)
    place = np.arange(total)
    asked, asked_at, counting, count = [], -99, [], 0.0
    for number, sentence in enumerate(sentences):
        asked.append(min(20, number - asked_at))
        if sentence.text[-1:] in "？?":
            asked_at = number
        counting.append(math.log1p(count))
        count = count * 0.8 + bool(_START["enum"].match(sentence.text))
    share = place / max(1, total - 1)
    return {
        "place": share,
        "place_edge": (share - 0.5) ** 2,
        "head": np.exp(-place / 3),
        "tail": np.exp(-(total - 1 - place) / 3),
        "head_long": np.exp(-place / 10),
        "tail_long": np.exp(-(total - 1 - place) / 10),
        "sentences": np.full(total, math.log(total)),
        "since_question": np.log1p(asked),
        "counting": np.array(counting),
    }
