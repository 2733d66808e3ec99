"""The files of the page ``/drive``, by day: small pictures of pictures and videos, and lines for all others."""

from collections.abc import Callable, Collection
from datetime import datetime

from nicegui import ui

from botbay.chat.gaps import GapSpan
from botbay.chat.models import FileKind, FileState
from botbay.settings import load_settings
from web.layout import note, text
from web.pages.drive_words import (
    clock,
    day_words,
    facts,
    kind_icon,
    length_words,
    picture,
    place_name,
    shown_name,
    state_words,
)
from workers.archive.repository import Entry
from workers.archive.service import Page

_TILES = (FileKind.IMAGE, FileKind.VIDEO)


class _Day:
    """A day's heading with its gaps, pictures and lines."""

    def __init__(self, words: str) -> None:
        self.words = words
        with ui.element("section").classes("dr-day").props("data-testid=day"):
            text(words, "dr-date", tag="h2")
            self.gaps = ui.element("div").classes("dr-gaps")
            self.tiles = ui.element("div").classes("dr-tiles")
            self.lines = ui.element("div").classes("dr-lines")


class FileList:
    """Shows files as they come; ``select`` and ``open_`` are called when one is ticked or clicked."""

    def __init__(self, select: Callable[[Entry, bool], None], open_: Callable[[Entry], object]) -> None:
        self._select = select
        self._open = open_
        self._days = ui.element("div").classes("dr-days")
        self._last: _Day | None = None

    def clear(self) -> None:
        self._days.clear()
        self._last = None

    def add(self, page: Page, selected: Collection[int]) -> None:
        """Show a page's files and gaps below those that are shown already."""
        events: list[tuple[datetime, Entry | GapSpan]] = [(entry.sent_at, entry) for entry in page.entries]
        events += [(gap.started_at, gap) for gap in page.gaps]
        for at, event in sorted(events, key=lambda each: each[0], reverse=True):
            day = self._day(day_words(at))
            if isinstance(event, GapSpan):
                with day.gaps:
                    note(gap_words(event)).props("data-testid=gap")
            elif event.kind in _TILES:
                with day.tiles:
                    self._tile(event, event.id in selected)
            else:
                with day.lines:
                    self._line(event, event.id in selected)

    def _day(self, words: str) -> _Day:
        if self._last is None or self._last.words != words:
            with self._days:
                self._last = _Day(words)
        return self._last

    def _tick(self, entry: Entry, selected: bool) -> None:
        tick = ui.checkbox(value=selected, on_change=lambda event: self._select(entry, bool(event.value)))
        tick.props('dense data-testid=tick aria-label="选"').classes("dr-tick")

    def _tile(self, entry: Entry, selected: bool) -> None:
        with ui.element("div").classes("dr-tile").props(f"data-testid=file-{entry.id}"):
            with ui.element("button").classes("dr-open").on("click", lambda: self._open(entry)) as button:
                button.props["type"], button.props["aria-label"] = "button", shown_name(entry)
                if small := picture(entry, "/files"):
                    ui.element("img").props(f'src={small} loading=lazy alt=""')
                else:
                    ui.icon(kind_icon(entry.kind))
                if state := state_words(entry):
                    _state(state, entry)
                elif entry.kind == FileKind.VIDEO:
                    ui.icon("play_circle").classes("dr-play")
                    if entry.seconds is not None:
                        text(length_words(entry.seconds), "dr-length", tag="span")
            self._tick(entry, selected)
            text(f"{entry.sender} {clock(entry.sent_at)}", "dr-under")

    def _line(self, entry: Entry, selected: bool) -> None:
        with ui.element("div").classes("dr-line").props(f"data-testid=file-{entry.id}"):
            self._tick(entry, selected)
            with ui.element("button").classes("dr-open").on("click", lambda: self._open(entry)) as button:
                button.props["type"] = "button"
                if (small := picture(entry, "/files")) is not None:
                    ui.element("img").props(f'src={small} loading=lazy alt=""').classes("dr-small")
                else:
                    ui.icon(kind_icon(entry.kind)).classes(f"dr-kind dr-is-{entry.kind}")
                with ui.element("div").classes("bb-grow"):
                    text(shown_name(entry), "dr-name").props("data-testid=file-name")
                    about = (entry.sender, place_name(entry), clock(entry.sent_at), facts(entry))
                    text(" · ".join(filter(None, about)), "bb-soft bb-small")
                    if state := state_words(entry):
                        _state(state, entry)
            if entry.stored:
                ui.button(icon="download", color=None).props(
                    f'flat round dense href=/files/{entry.id}?download=1 aria-label="下载" data-testid=download'
                )


def _state(words: str, entry: Entry) -> None:
    kind = "bb-bad" if entry.state == FileState.FAILED else ""
    text(words, f"dr-state bb-pill {kind}", tag="span").props("data-testid=state")


def gap_words(gap: GapSpan) -> str:
    """What a gap means to whoever looks for a file."""
    zone = load_settings().zone
    start = clock(gap.started_at)
    if gap.ended_at is None:
        when = f"从 {start} 起一直"
    elif gap.ended_at.astimezone(zone).date() == gap.started_at.astimezone(zone).date():
        when = f" {start}–{clock(gap.ended_at)} "
    else:
        when = f" {start} 到{day_words(gap.ended_at)} {clock(gap.ended_at)} "
    why = f"（{gap.reason}）" if gap.reason else ""
    return f"机器人{when}不在线{why}，这段时间的文件可能没收到。"
