"""The inbox on the page ``/training``: the sentences, and the dialog in which one is looked at closely."""

import re
from collections.abc import Awaitable, Callable

from nicegui import ui

from web.layout import card, empty, local_time, note, pill, text
from workers.training.export import Entity
from workers.training.intents import LABELS, OTHERS
from workers.training.models import Reason, Sentence
from workers.training.repository import Counted
from workers.training.service import entities_of

Label = Callable[[int, str, list[Entity]], Awaitable[bool]]
Act = Callable[[int], Awaitable[None]]

_REASONS = {
    Reason.UNSURE: ("拿不准", "warn"),
    Reason.UNKNOWN: ("没听懂", ""),
    Reason.WRONG: ("理解错了", "bad"),
}
_NAMES = {**LABELS, **OTHERS}
#: What may be said with one tap.
_OFFERED = 3
#: A letter of Chinese is a word here; letters and digits that belong together are one.
_WORD = re.compile(r"[0-9A-Za-z._%+@-]+|\S|\s")


def name_of(intent: str) -> str:
    """An intent in people's words."""
    return _NAMES.get(intent, intent)


def _likely(sentence: Sentence) -> list[str]:
    """What the sentence may mean, likeliest first: what the person did next, then what the bot thought."""
    guesses = [sentence.suggestion, *(intent for intent, _ in sentence.ranking)]
    return list(dict.fromkeys(intent for intent in guesses if intent in _NAMES))[:_OFFERED]


def waiting_list(
    listed: list[Counted], total: int, label: Label, look_closely: Callable[[Sentence], None], dismiss: Act
) -> None:
    if not listed:
        with empty("mark_chat_read", "没有等着处理的话。"):
            text(
                "它拿不准、没听懂或理解错的话会出现在这里，只收同意保存的人说的，人名、电话这些都已经换掉。", "bb-small"
            )
        return
    for item in listed:
        _waiting(item, label, look_closely, dismiss)
    if total > len(listed):
        text(f"还有 {total - len(listed)} 句，处理完这些就看得到。", "bb-soft")


def _waiting(item: Counted, label: Label, look_closely: Callable[[Sentence], None], dismiss: Act) -> None:
    sentence = item.sentence
    with card(mark=f"sentence-{sentence.id}"):
        _head(item)
        if sentence.problem:
            note(sentence.problem)
        thoughts = [f"{_NAMES[intent]} {share:.0%}" for intent, share in sentence.ranking if intent in _NAMES]
        if thoughts:
            text("它以为：" + "，".join(thoughts[:_OFFERED]), "bb-soft bb-small").props("data-testid=thought")
        with ui.element("div").classes("tr-choices"):
            for intent in _likely(sentence):

                async def choose(intent: str = intent) -> None:
                    await label(sentence.id, intent, entities_of(sentence))

                hinted = intent == sentence.suggestion
                button = ui.button(name_of(intent), on_click=choose).props(f"data-testid=choose-{intent}")
                button.props("unelevated" if hinted else "outline")
            ui.button("别的意思、标词…", icon="tune", color=None, on_click=lambda: look_closely(sentence)).props(
                "flat data-testid=more"
            )
            ui.button("忽略", icon="close", color=None, on_click=lambda: dismiss(sentence.id)).props(
                "flat data-testid=dismiss"
            )


def _head(item: Counted) -> None:
    text(item.sentence.text, "tr-said").props("data-testid=said")
    with ui.element("div").classes("bb-row bb-wrap").style("gap: 8px"):
        for reason in sorted(item.reasons):
            pill(*_REASONS[reason])
        if item.count > 1:
            pill(f"{item.count} 次").props("data-testid=count")
        text(local_time(item.last), "bb-soft bb-small")


def labelled_list(listed: list[Counted], total: int, look_closely: Callable[[Sentence], None], reopen: Act) -> None:
    if not listed:
        with empty("label", "没有等着训练的话。"):
            text("在「待处理」里说出一句话的意思，它就到这里，下次训练时学会。", "bb-small")
        return
    with card(mark="labelled"), ui.element("div").classes("bb-list"):
        for item in listed:
            _labelled(item.sentence, look_closely, reopen)
    if total > len(listed):
        text(f"还有 {total - len(listed)} 句，下次训练一起学。", "bb-soft")


def _labelled(sentence: Sentence, look_closely: Callable[[Sentence], None], reopen: Act) -> None:
    with ui.element("div").classes("bb-row").props(f"data-testid=sentence-{sentence.id}"):
        with ui.element("div").classes("bb-grow"):
            text(sentence.text, "bb-strong")
            marked = [sentence.text[entity.start : entity.end] for entity in entities_of(sentence)]
            words = name_of(sentence.intent or "") + (f" · 标了 {'、'.join(marked)}" if marked else "")
            text(words, "bb-soft bb-small").props("data-testid=label")
        ui.button(icon="edit", color=None, on_click=lambda: look_closely(sentence)).props(
            'flat round dense aria-label="改" data-testid=more'
        )
        _undo(sentence.id, reopen)


def dismissed_list(listed: list[Counted], total: int, reopen: Act) -> None:
    if not listed:
        return
    with (
        ui.expansion(f"忽略了 {total} 句").props("dense data-testid=dismissed").classes("w-full"),
        ui.element("div").classes("bb-list"),
    ):
        for item in listed:
            with ui.element("div").classes("bb-row").props(f"data-testid=sentence-{item.sentence.id}"):
                text(item.sentence.text, "bb-grow")
                _undo(item.sentence.id, reopen)


def _undo(sentence_id: int, reopen: Act) -> None:
    ui.button(icon="undo", color=None, on_click=lambda: reopen(sentence_id)).props(
        'flat round dense aria-label="撤回" data-testid=undo'
    )


class Fixing:
    """The dialog in which any meaning can be chosen and words be marked: tap the first, tap the last, say what it is."""

    def __init__(self, kinds: dict[str, str], label: Label) -> None:
        self._kinds = kinds
        self._label = label
        self._sentence: Sentence | None = None
        self._entities: list[Entity] = []
        self._picked: tuple[int, int] | None = None
        with ui.dialog() as self._dialog, ui.card().classes("tr-dialog").props("data-testid=fixing"):
            text("这句话是什么意思", "bb-title", tag="h2")
            self._said = text("", "tr-said")
            self._intent = (
                ui.select(_NAMES, label="意思", with_input=True)
                .props("outlined data-testid=intent behavior=menu hide-selected fill-input")
                .classes("w-full")
            )
            if kinds:
                text("要标词就点第一个字和最后一个字，再选它是什么。", "bb-soft bb-small")
                self._words()
            with ui.row().classes("w-full justify-end"):
                ui.button("取消", on_click=self._dialog.close, color=None).props("flat")
                ui.button("就是这个意思", on_click=self._save).props("unelevated data-testid=save-label")

    def open(self, sentence: Sentence) -> None:
        self._sentence, self._entities, self._picked = sentence, entities_of(sentence), None
        self._said.text = sentence.text
        self._intent.value = sentence.intent or next(iter(_likely(sentence)), None)
        self._words.refresh()
        self._dialog.open()

    async def _save(self) -> None:
        if self._sentence is None:
            return
        if not self._intent.value:
            ui.notify("先选它是什么意思。", type="warning", position="top")
            return
        if await self._label(self._sentence.id, self._intent.value, self._entities):
            self._dialog.close()

    @ui.refreshable_method
    def _words(self) -> None:
        if self._sentence is None:
            return
        said = self._sentence.text
        with ui.element("div").classes("tr-words").props("data-testid=words"):
            for match in _WORD.finditer(said):
                self._word(match[0], *match.span())
        if self._picked is not None:
            with ui.element("div").classes("tr-choices"):
                for kind, label in self._kinds.items():
                    ui.button(label, on_click=lambda kind=kind: self._mark(kind)).props(
                        f"outline dense data-testid=kind-{kind}"
                    )
        for entity in self._entities:
            with ui.element("div").classes("bb-row"):
                text(
                    f"{said[entity.start : entity.end]}：{self._kinds.get(entity.kind, entity.kind)}", "bb-grow"
                ).props("data-testid=marked")
                ui.button(icon="close", color=None, on_click=lambda entity=entity: self._unmark(entity)).props(
                    'flat round dense aria-label="去掉"'
                )

    def _word(self, word: str, start: int, end: int) -> None:
        if word.isspace():
            return
        element = text(word, "tr-word", tag="span")
        if self._picked is not None and self._picked[0] <= start < self._picked[1]:
            element.classes("tr-picked")
        elif any(entity.start <= start < entity.end for entity in self._entities):
            element.classes("tr-marked")
        element.on("click", lambda: self._pick(start, end))

    def _pick(self, start: int, end: int) -> None:
        """The first tap picks a word, the second one everything between, the third begins anew."""
        one_word = self._picked is not None and self._sentence is not None and self._is_word(*self._picked)
        if self._picked is not None and one_word and (start, end) != self._picked:
            self._picked = min(start, self._picked[0]), max(end, self._picked[1])
        else:
            self._picked = None if self._picked == (start, end) else (start, end)
        self._words.refresh()

    def _is_word(self, start: int, end: int) -> bool:
        assert self._sentence is not None
        return _WORD.fullmatch(self._sentence.text[start:end]) is not None

    def _mark(self, kind: str) -> None:
        if self._picked is None:
            return
        start, end = self._picked
        apart = [entity for entity in self._entities if entity.end <= start or entity.start >= end]
        self._entities = sorted([*apart, Entity(start=start, end=end, kind=kind)], key=lambda entity: entity.start)
        self._picked = None
        self._words.refresh()

    def _unmark(self, entity: Entity) -> None:
        self._entities.remove(entity)
        self._words.refresh()
