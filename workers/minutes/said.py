"""What was said, made ready for cues: the words without quotes and mentions, who is addressed, sentence by sentence."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from workers.minutes import cues
from workers.minutes.about import numbers, pairs
from workers.minutes.assignees import People
from workers.minutes.talk import Line, Talk

_QUOTE = re.compile(
    r"\A「(?P<name>[^：:\n]{0,64})[：:](?P<quoted>.*?)」\s*\n?(?:[-—]\s*){3,}\n?(?P<text>.*)\Z", re.DOTALL
)
_MENTION = re.compile(r"[@＠]([^\s@＠\u2005，。！？,!?：:；;]{1,24})[\s\u2005]?")
_ALL = re.compile(r"[@＠](?:所有人|全体成员|all)[\s\u2005]?", re.IGNORECASE)
#: Before a mention these make it an object of the sentence: 发给@小赵.
_OBJECT = re.compile(
    r"(?:给|找|跟|和|与|问|让|由|叫|请|派|向|到|对|联系|通知|转告|告诉|提醒|等|是|归|听|及|、|把|比|帮|为|替|陪|带|@)$"
)
_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;\n]*")
_SIGNS = re.compile(r"\[[\w\u4e00-\u9fff ]{1,8}\]|[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d]")
#: One who wrote is still speaking within this time, whoever wrote between.
TURN = timedelta(minutes=4)
#: Characters of a message that are read: what people settle is said in few.
_LONGEST = 1000
_HEARD = frozenset({"text", "voice"})


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a line. ``to`` are the keys of those whom it addresses by mention, ``to_all`` whether it is all."""

    text: str
    to: tuple[str, ...] = ()
    to_all: bool = False


@dataclass(frozen=True)
class Said:
    """A line that counts. ``place`` is its place among those; ``quoted`` the key of the one it answers to by quote."""

    place: int
    line: Line
    text: str
    sentences: tuple[Sentence, ...]
    quoted: str = ""
    quoted_text: str = ""

    @cached_property
    def plain(self) -> str:
        """The text without emoticons at its ends."""
        return bare(self.text)

    @cached_property
    def about(self) -> set[str]:
        return pairs(self.plain)

    @cached_property
    def numbers(self) -> set[str]:
        return numbers(self.text)

    @cached_property
    def agrees(self) -> bool:
        return cues.agrees(self.plain) or cues.agrees(self.text)

    @cached_property
    def asks(self) -> bool:
        return cues.asks(self.plain)

    @cached_property
    def rejects(self) -> bool:
        return cues.rejects(self.plain)

    @cached_property
    def proposes(self) -> bool:
        return cues.proposes(self.plain)

    def shows(self, pattern: re.Pattern[str]) -> bool:
        """Whether the plain text holds what a pattern of a module seeks; looked up once, whoever asks."""
        found = self._shown.get(id(pattern))
        if found is None:
            found = self._shown[id(pattern)] = pattern.search(self.plain) is not None
        return found

    @cached_property
    def _shown(self) -> dict[int, bool]:
        return {}

    @property
    def who(self) -> str:
        return self.line.who

    @property
    def to(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(key for each in self.sentences for key in each.to))

    @property
    def to_all(self) -> bool:
        return any(each.to_all for each in self.sentences)


class Scene:
    """All that was said in a talk, with its people."""

    def __init__(self, talk: Talk) -> None:
        self.people = People(talk)
        self.said: list[Said] = []
        self.tasks: dict[int, Sequence[Any]] = {}  # of ``tasks.within``, by the place of what was said
        self.telling: Sequence[Any] | None = None  # of ``task_ends``: the lines that may tell of the end of a task
        self.by_who: dict[str, list[Said]] = {}
        self.files = [line for line in talk.lines if line.file_name and not line.by_bot]
        by_id = {line.id: line for line in talk.lines}
        for line in talk.lines:
            if line.to_bot or line.by_bot or line.kind not in _HEARD or not line.text.strip():
                continue
            self.said.append(self._heard(line, by_id))

    def _heard(self, line: Line, by_id: dict[int, Line]) -> Said:
        text, quoted, quoted_text = line.text[:_LONGEST].strip(), "", ""
        if found := _QUOTE.match(text):
            text, quoted, quoted_text = found["text"].strip(), self.people.key(found["name"]), found["quoted"]
        if line.replies_to is not None and line.replies_to in by_id:
            quoted, quoted_text = by_id[line.replies_to].who, by_id[line.replies_to].text
        sentences = tuple(self._sentences(text, line))
        clean = " ".join(each.text for each in sentences)
        return Said(len(self.said), line, clean, sentences, quoted, quoted_text)

    def _sentences(self, text: str, line: Line) -> Iterator[Sentence]:
        """The text cut at every mention that addresses somebody, and at the ends of sentences."""
        to: list[str] = []
        to_all = False
        piece = ""
        at = 0
        pieces: list[tuple[str, tuple[str, ...], bool]] = []
        for found in _MENTION.finditer(text):
            before = text[at : found.start()]
            at = found.end()
            piece += before
            if _ALL.match(found[0]):
                key, everyone = "", True
            else:
                key, everyone = self.people.key(found[1]), False
                if not key:
                    key, at = self._longest(text, found.start() + 1, line)
                    if not key:  # an outsider, or a name with a space in it
                        at = found.end()
            if _OBJECT.search(piece.rstrip()) and piece.strip():
                piece += self.people.name(key) if key else found[1].strip()
                continue
            if piece.strip():
                pieces.append((piece, tuple(to), to_all))
                piece, to, to_all = "", [], False
            if key:
                to.append(key)
            to_all = to_all or everyone
        piece += text[at:]
        if piece.strip() or not pieces:
            pieces.append((piece, tuple(to), to_all))
        elif to or to_all:  # …好吗 @小赵: said to the one named at the end
            last, last_to, last_all = pieces[-1]
            pieces[-1] = (last, (*last_to, *to), last_all or to_all)
        if not any(each[1] or each[2] for each in pieces) and (line.mentions or line.all_mentioned) and "@" not in text:
            first, _, _ = pieces[0]
            pieces[0] = (first, line.mentions, line.all_mentioned)
        for content, keys, everyone in pieces:
            for sentence in _SENTENCE.findall(content):
                if sentence.strip():
                    yield Sentence(sentence.strip(), keys, everyone or (line.all_mentioned and not keys))

    def _longest(self, text: str, start: int, line: Line) -> tuple[str, int]:
        """A mention whose name holds spaces or goes on without one, by the names of those mentioned."""
        for key, name in self.people.names.items():
            if name and text.startswith(name, start):
                end = start + len(name)
                return key, end + (text[end : end + 1] in (" ", "\u2005"))
        return "", start

    def after(self, said: Said, lines: int, minutes: float) -> Iterator[Said]:
        """What was said next, at most so many lines and minutes later."""
        for other in self.said[said.place + 1 : said.place + 1 + lines]:
            if (other.line.at - said.line.at).total_seconds() > minutes * 60:
                return
            yield other

    def before(self, said: Said, lines: int, minutes: float) -> Iterator[Said]:
        """What was said before, the nearest first."""
        for other in reversed(self.said[max(0, said.place - lines) : said.place]):
            if (said.line.at - other.line.at).total_seconds() > minutes * 60:
                return
            yield other


def bare(text: str) -> str:
    """The text without emoticons and emoji at its ends."""
    return _SIGNS.sub("", text).strip(" \u2005，,、~～.…。")
