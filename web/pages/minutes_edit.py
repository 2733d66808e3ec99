"""Minutes on their page while somebody edits them: every line a field, todos with who and by when."""

from collections.abc import Callable
from datetime import datetime, time
from typing import Any

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from botbay.settings import load_settings
from web.layout import card, text
from workers.minutes.editing import ADDABLE, LONGEST, Draft, Line

_TITLES = {
    "summary": "摘要",
    "decisions": "决定",
    "todos": "待办",
    "questions": "待解决的问题",
    "highlights": "重点",
    "links": "链接",
    "files": "文件",
}
#: A day without an hour lasts until its end.
_END = time(23, 59, 59)


class Editor:
    """The fields of a draft; what is typed is in the draft at once."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    def build(self) -> None:
        draft = self._draft
        with card(mark="edit-title"):
            field = ui.input("标题", value=draft.title, on_change=self._titled)
            field.props("outlined dense maxlength=200 data-testid=title").classes("w-full")
        for part, name in _TITLES.items():
            if draft.lines[part] or part in ADDABLE:
                with card(name, mark=f"edit-{part}"):
                    if part == "highlights":
                        self._topics()
                    self._lines(part)

    def _titled(self, event: ValueChangeEventArguments[Any]) -> None:
        self._draft.title = str(event.value or "")

    def _topics(self) -> None:
        for number, title in enumerate(self._draft.topics):

            def named(event: ValueChangeEventArguments[Any], number: int = number) -> None:
                self._draft.topics[number] = str(event.value or "")

            field = ui.input(f"话题 {number + 1}", value=title, on_change=named)
            field.props("outlined dense maxlength=200").classes("w-full")

    def _lines(self, part: str) -> None:
        with ui.element("div").classes("mi-rows").style("gap: 10px") as rows:
            for line in self._draft.lines[part]:
                _Row(part, line)
        if part in ADDABLE:

            def add() -> None:
                with rows:
                    _Row(part, self._draft.add(part))

            ui.button("加一条", icon="add", color=None, on_click=add).props(
                f"flat dense no-caps data-testid=add-{part}"
            ).classes("self-start")


class _Row:
    """One line: its fields and the way to take it out, or that it is out and the way back."""

    def __init__(self, part: str, line: Line) -> None:
        self._part = part
        self._line = line
        self._row = ui.element("div").classes("mi-line").props("data-testid=line")
        self._paint()

    def _paint(self) -> None:
        self._row.clear()
        with self._row:
            if self._line.gone:
                text(self._line.text, "mi-gone")
                _button("undo", "留着", "keep", lambda: self._go(False))
                return
            if self._part == "todos":
                with ui.element("div").classes("mi-edit-task"):
                    self._text("做什么")
                    self._todo()
            else:
                self._text("")
            _button("delete_outline", "删掉这一条", "remove", lambda: self._go(True))

    def _go(self, gone: bool) -> None:
        self._line.gone = gone
        self._paint()

    def _text(self, label: str) -> None:
        def typed(event: ValueChangeEventArguments[Any]) -> None:
            self._line.text = str(event.value or "")

        field = ui.textarea(label or None, value=self._line.text, on_change=typed)
        field.props(f"outlined dense autogrow maxlength={LONGEST} data-testid=text")

    def _todo(self) -> None:
        def named(event: ValueChangeEventArguments[Any]) -> None:
            self._line.who = str(event.value or "")

        zone = load_settings().zone
        due = None if self._line.due is None else self._line.due.astimezone(zone)
        ui.input("谁", value=self._line.who, on_change=named).props("outlined dense maxlength=64 data-testid=who")
        day = ui.input("哪天之前", value="" if due is None else f"{due:%Y-%m-%d}")
        hour = ui.input("几点（可不填）", value="" if due is None or due.time() >= time(23, 59) else f"{due:%H:%M}")

        def moved() -> None:
            self._line.due = _moment(str(day.value or ""), str(hour.value or ""))

        for field, kind, mark in ((day, "date", "day"), (hour, "time", "hour")):
            field.props(f"type={kind} outlined dense stack-label data-testid=due-{mark}")
            field.on_value_change(moved)


def _button(icon: str, words: str, mark: str, do: Callable[[], object]) -> None:
    ui.button(icon=icon, color=None, on_click=do).props(f'flat round dense aria-label="{words}" data-testid={mark}')


def _moment(day: str, hour: str) -> datetime | None:
    """The moment of the two fields in the set time zone; None without a day."""
    try:
        at = datetime.fromisoformat(day)
        clock = time.fromisoformat(hour) if hour else _END
    except ValueError:
        return None
    return datetime.combine(at.date(), clock, load_settings().zone)
