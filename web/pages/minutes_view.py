"""How minutes are shown on their page: part by part, every item a way to the message that it comes from."""

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from web.layout import card, note, pill, text
from workers.minutes import parts
from workers.minutes.document import OPEN, Item, Minutes

Open = Callable[[Sequence[int]], Awaitable[None]]


def show_head(minutes: Minutes) -> None:
    """When it was, who spoke, and when the bot was deaf."""
    with card(mark="facts"):
        with ui.element("div").classes("mi-facts"):
            for name, value in parts.facts(minutes):
                text(name)
                text(value)
        for gap in parts.gaps(minutes):
            note(gap).props("data-testid=gap")


def show(minutes: Minutes, open_: Open) -> None:
    for section in parts.sections(minutes):
        with card(section.title, mark=f"part-{section.key}"):
            _under(section, open_)
            for chapter in section.chapters:
                with ui.element("div").classes("mi-topic").props("data-testid=topic"):
                    with text(chapter.title, tag="h3"):
                        text(chapter.about, tag="span")
                    _under(chapter, open_)


def _under(section: parts.Section, open_: Open) -> None:
    if section.tasks:
        with ui.element("div").classes("mi-tasks"):
            with ui.element("div").classes("mi-task mi-head"):
                for words in ("谁", "做什么", "什么时候"):
                    text(words)
            for task in section.tasks:
                _task(task, open_)
    if section.rows:
        with ui.element("div").classes("mi-rows"):
            for row in section.rows:
                _row(row, open_)
    if section.words:
        with ui.element("div").classes("mi-words"):
            for words in section.words:
                pill(words)
    if section.nothing and not (section.tasks or section.rows):
        text(section.nothing, "mi-nothing").props("data-testid=nothing")


def _task(task: parts.Task, open_: Open) -> None:
    with ui.element("div").classes("mi-task").props("data-testid=todo") as element:
        text(task.who, "mi-open" if task.who == OPEN else "")
        with ui.element("div"):
            _said(task.what)
        text(task.due, "mi-open" if task.due == OPEN else "")
    _opens(element, task.item, open_)


def _row(row: parts.Row, open_: Open) -> None:
    element = ui.element("div").classes("mi-row").props("data-testid=item")
    with element, ui.element("div").classes("mi-text"):
        _said(row.text)
        if row.about:
            text(row.about, "mi-about", tag="span")
    _opens(element, row.item, open_)


def _said(words: str) -> None:
    """Somebody's words, with their addresses as links."""
    for shown, address in parts.pieces(words):
        if address:
            link = ui.link(shown, address, new_tab=True).classes("bb-link").props("rel='noopener noreferrer'")
            link.on("click", js_handler="(event) => event.stopPropagation()")
        else:
            text(shown, tag="span")


def _opens(element: ui.element, item: Item, open_: Open) -> None:
    if not item.source:
        return
    element.classes("mi-opens").props("role=button tabindex=0 title=看原话")
    element.on("click", lambda: open_(item.source)).on("keydown.enter", lambda: open_(item.source))
