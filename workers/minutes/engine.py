"""Minutes of a talk: what mattered, what was decided, who does what. People's own words, cut by rule at most."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property

from botbay.zh.keywords import Keywords, Told, told
from workers.minutes import decisions, highlights, importance, noise, questions, sentences, todos, topics
from workers.minutes.document import Chapter, Item, Minutes, Todo
from workers.minutes.said import Scene
from workers.minutes.shorten import bare, clipped, shorten
from workers.minutes.talk import Line, Talk
from workers.minutes.words import words

_KEYWORDS, _SURE_KEYWORDS = 8, 5
_TITLE_WORDS = 3
_SUMMARY = 4  # sentences
_SUMMARY_LENGTH, _ITEM_LENGTH, _HIGHLIGHT_LENGTH, _TITLE_LENGTH = 60, 80, 200, 16
_TELLS = 6  # plain characters from which on a line can stand alone
_SETTLED = 1.2  # what a decision weighs more in the summary
_ITEMS_OF_CHAPTER = 5
_ADDRESS = re.compile(r"https?://[^\s\u2005\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+", re.I)
_WITH_GAP = re.compile(rf"\s*{_ADDRESS.pattern}", re.I)


def make(
    talk: Talk,
    *,
    since: datetime,
    until: datetime,
    highlights: int | float | None = None,
    background: Mapping[str, int] | None = None,
) -> Minutes:
    """The minutes of a talk, which holds the lines from ``since`` to ``until``.

    ``highlights`` is how many lines to pick as such: a number, or a share (0..1) of all lines; a few where it is
    None. ``background`` counts the words that the room said before (see ``importance``).
    """
    return _Making(talk, background).minutes(since, until, highlights)


def signals(talk: Talk, background: Mapping[str, int] | None = None) -> Mapping[int, Mapping[str, float]]:
    """What speaks for each line of a chat that counts, by its id and the signal's name."""
    return _Making(talk, background).signals()


class _Making:
    """What is known of a talk on the way to its minutes."""

    def __init__(self, talk: Talk, background: Mapping[str, int] | None) -> None:
        self._talk = noise.bots_marked(talk)
        self._background = background
        self._scene = Scene(self._talk)
        self._lines = list(self._talk.lines)
        self._noisy = noise.noisy(self._talk)
        self._counted = [line for line in self._lines if line.id not in self._noisy]
        self._by_id = {line.id: line for line in self._lines}
        self._names = {person.key: person.name for person in talk.people}
        self._told: dict[int, Told] = {line.id: told(bare(line.text)) for line in self._counted}
        self._keywords = Keywords(
            [name for person in talk.people for name in (person.name, *person.others)], background
        )

    def minutes(self, since: datetime, until: datetime, share: int | float | None) -> Minutes:
        chapters = self._chapters()
        return Minutes(
            room=self._talk.room,
            title=self._title(chapters),
            since=since,
            until=until,
            people=self._people(),
            messages=len(self._counted),
            summary=self._summary(chapters),
            chapters=tuple(self._chapter(lines) for lines in chapters),
            highlights=self._highlights(share),
            decisions=self._decisions,
            todos=self._todos,
            questions=self._questions,
            links=self._links(),
            files=self._files(),
            keywords=tuple(self._best_words(_KEYWORDS)),
        )

    # --- what is found -------------------------------------------------------------------------------------

    @cached_property
    def _decisions(self) -> tuple[Item, ...]:
        return tuple(decisions.find(self._talk, self._scene))

    @cached_property
    def _todos(self) -> tuple[Todo, ...]:
        return tuple(todos.find(self._talk, self._scene))

    @cached_property
    def _questions(self) -> tuple[Item, ...]:
        return tuple(questions.find(self._talk, self._decisions, self._scene))

    @cached_property
    def _transcript(self) -> bool:
        return highlights.is_transcript(self._lines)

    @cached_property
    def _importance(self) -> dict[int, float]:
        """The importance of each line that says something, by id: that of its weightiest sentence."""
        draws = Counter(line.replies_to for line in self._lines if line.replies_to is not None)
        given = []
        for number, line in enumerate(self._lines):
            if line.to_bot or line.by_bot:
                continue
            for text in sentences.split(bare(line.text)):
                given.append(
                    sentences.Sentence(
                        text=text,
                        words=words(text),
                        speaker=line.who,
                        at=line.at.timestamp(),
                        line=number,
                        replies=draws[line.id],
                        is_reply=line.replies_to is not None,
                        mentions=len(line.mentions),
                    )
                )
        found: defaultdict[int, float] = defaultdict(float)
        for sentence, score in zip(given, importance.scores(given, background=self._background), strict=True):
            key = self._lines[sentence.line].id
            found[key] = max(found[key], score)
        return found

    @cached_property
    def _scores(self) -> Mapping[int, float]:
        """The weight of each line that counts, by id."""
        if self._transcript:
            return {line.id: self._importance.get(line.id, 0.0) for line in self._counted}
        return {key: highlights.weight(found) for key, found in self.signals().items()}

    def signals(self) -> dict[int, dict[str, float]]:
        marks: defaultdict[int, set[str]] = defaultdict(set)
        for name, items in (("decision", self._decisions), ("todo", self._todos), ("question", self._questions)):
            for item in items:
                for place, source in enumerate(item.source):
                    marks[source].add(name if place == 0 else f"{name} more")
        return highlights.signals(self._lines, self._noisy, self._importance, marks, self._telling)

    def _telling(self, line: Line) -> float:
        """How much the words of a line tell, of which the whole talk speaks; 1 is much."""
        weights = sorted((self._word_weights[word] for word in set(self._told[line.id].words)), reverse=True)
        return min(1.0, sum(weights[:4]))

    @cached_property
    def _word_weights(self) -> dict[str, float]:
        counts = Counter(word for line in self._told.values() for word in set(line.words))
        weights = {word: number**0.5 * self._keywords.weight(word) for word, number in counts.items()}
        top = sorted(weights.values(), reverse=True)[:_KEYWORDS]
        full = 2 * sum(top) / len(top) if top and sum(top) > 0 else 1.0
        return {word: weight / full for word, weight in weights.items()}

    # --- highlights and summary ----------------------------------------------------------------------------

    def _highlights(self, share: int | float | None) -> tuple[Item, ...]:
        count = highlights.wanted(share, len(self._lines), len(self._counted))
        if self._transcript and isinstance(share, float):
            chosen = highlights.best(self._lines, self._importance, count)
        else:
            chosen = highlights.pick(self._counted, self._scores, count)
        return tuple(self._item(line, _HIGHLIGHT_LENGTH) for line in chosen)

    def _item(self, line: Line, limit: int) -> Item:
        text = shorten(line.text, limit) or line.file_name or line.title or line.link
        if line.kind == "image" and line.text:
            text = f"图上写着：{text}"
        elif line.kind == "file" and line.text and line.text != line.file_name:
            text = f"《{line.file_name}》里写着：{text}" if line.file_name else f"文件里写着：{text}"
        return Item(text=text, source=(line.id,), who=self._names.get(line.who, ""), at=line.at)

    def _summary(self, chapters: Sequence[Sequence[Line]]) -> tuple[Item, ...]:
        """The weightiest line of each of the weightiest chapters; of few chapters, several lines each."""
        able = [
            [line for line in lines if len(noise.plain(line.text)) >= _TELLS and line.id not in self._asked]
            for lines in chapters
        ]
        ranked = [sorted(lines, key=lambda each: (-self._leading[each.id], each.id)) for lines in able if lines]
        ranked.sort(key=lambda lines: -sum(self._leading[each.id] for each in lines[:3]))
        chosen: list[Line] = []
        for turn in range(2 if len(ranked) > 1 else _SUMMARY):
            if turn == 0 or len(chosen) < 2 or len(ranked) == 1:
                chosen += [lines[turn] for lines in ranked if len(lines) > turn]
        count = min(_SUMMARY, max(2, len(self._counted) // 8))
        best = highlights.pick(chosen[:count], self._leading, count)
        return tuple(self._item(line, _SUMMARY_LENGTH) for line in best)

    @cached_property
    def _leading(self) -> Mapping[int, float]:
        """How well a line tells alone what it was about: what was settled tells more than what somebody will do."""
        settled = {item.source[0] for item in self._decisions if item.source}
        return {key: score + (_SETTLED if key in settled else 0.0) for key, score in self._scores.items()}

    @cached_property
    def _asked(self) -> frozenset[int]:
        return frozenset(source for item in self._questions for source in item.source)

    # --- chapters and words --------------------------------------------------------------------------------

    def _chapters(self) -> list[list[Line]]:
        place = {line.id: number for number, line in enumerate(self._counted)}
        ranges = topics.break_up(
            [self._told[line.id].words for line in self._counted],
            [line.at.timestamp() for line in self._counted],
            [None if line.replies_to is None else place.get(line.replies_to) for line in self._counted],
            self._keywords.weight,
        )
        return [[self._counted[number] for number in each] for each in ranges]

    def _chapter(self, lines: Sequence[Line]) -> Chapter:
        own = {line.id for line in lines}
        others = [each for key, each in self._told.items() if key not in own]
        count = max(1, min(_ITEMS_OF_CHAPTER, round(len(lines) / 5)))
        items = highlights.pick(lines, self._scores, count)
        best = max(lines, key=lambda line: (self._leading[line.id], -line.id))
        telling = self._keywords.best([self._told[line.id] for line in lines], 2, elsewhere=others, least=2)
        title = "、".join(telling) or clipped(self._item(best, _ITEM_LENGTH).text, _TITLE_LENGTH)
        return Chapter(
            title=title,
            since=lines[0].at,
            until=lines[-1].at,
            messages=len(lines),
            items=tuple(self._item(line, _ITEM_LENGTH) for line in items),
            source=tuple(line.id for line in lines),
        )

    def _best_words(self, limit: int) -> list[str]:
        """Words of several lines; where those are few, of one line too."""
        lines = [each for each in self._told.values() if each.words]
        found = self._keywords.best(lines, limit, least=2)
        if len(found) >= _SURE_KEYWORDS:
            return found
        more = self._keywords.best(lines, limit)
        return list(dict.fromkeys([*found, *more]))[:_SURE_KEYWORDS]

    def _title(self, chapters: Sequence[Sequence[Line]]) -> str:
        what = "、".join(self._best_words(_TITLE_WORDS)[:_TITLE_WORDS])
        return f"{self._talk.room} · {what}" if what else self._talk.room

    def _people(self) -> tuple[str, ...]:
        said = Counter(line.who for line in self._lines if line.kind != "notice" and not line.by_bot)
        return tuple(self._names.get(key, key) for key, _ in said.most_common())

    # --- links and files -----------------------------------------------------------------------------------

    def _links(self) -> tuple[Item, ...]:
        """Each address once, with the title that a link has or the words around an address."""
        found: dict[str, Item] = {}
        for line in self._lines:
            if line.by_bot or line.kind == "recall":
                continue
            said = [(line.link, line.title)] if line.link else []
            said += [(each[0], _WITH_GAP.sub("", line.text)) for each in _ADDRESS.finditer(line.text)]
            for address, title in said:
                address = address.rstrip(".,;:!?)'\"")
                text = f"{shorten(title, _ITEM_LENGTH)} {address}".strip()
                if address not in found:
                    found[address] = self._whole(line, text)
        return tuple(found.values())

    def _files(self) -> tuple[Item, ...]:
        lines = (line for line in self._lines if line.kind == "file" and line.file_name and not line.by_bot)
        return tuple(self._whole(line, line.file_name) for line in lines)

    def _whole(self, line: Line, text: str) -> Item:
        return Item(text=text, source=(line.id,), who=self._names.get(line.who, ""), at=line.at)
