"""What was found on ``/search``: the answer, then one hit below the other; each opens."""

from collections.abc import Awaitable, Callable, Mapping

from nicegui import ui

from botbay.chat.models import FileKind
from web.layout import pill, text
from web.pages.drive_words import clock, day_words, kind_icon, picture
from web.pages.marking import marked
from workers.archive.repository import Entry
from workers.search.service import Hit, Kind

Open = Callable[[Hit], Awaitable[None]]

_ICONS = {Kind.TEXT: "chat_bubble_outline", Kind.LINK: "link"}
#: Where it was found, as far as that is not plain to see.
_FOUND_IN = {Kind.PICTURE: "图片里的字", Kind.DOCUMENT: "文档里的字"}


class Hits:
    """``open_`` shows what a hit is, ``open_around`` what was said around it."""

    def __init__(self, open_: Open, open_around: Open) -> None:
        self._open = open_
        self._around = open_around

    def answer(self, hit: Hit, files: Mapping[int, Entry]) -> None:
        """The line that answers a question, with where it comes from."""
        with ui.element("section").classes("se-answer").props("data-testid=answer"):
            with ui.element("div").classes("se-answer-head"):
                ui.icon("lightbulb")
                text("答案", tag="h2")
            self._hit(hit, files, "answer-hit")

    def hit(self, hit: Hit, files: Mapping[int, Entry]) -> None:
        self._hit(hit, files, "hit")

    def _hit(self, hit: Hit, files: Mapping[int, Entry], mark: str) -> None:
        file = None if hit.file_id is None else files.get(hit.file_id)
        with ui.element("div").classes("se-hit").props(f"data-testid={mark}"):
            opens = ui.element("button").classes("se-open").props("type=button data-testid=open-hit")
            opens.on("click", lambda: self._open(hit))
            with opens:
                if file is not None and (small := picture(file, "/files")) is not None:
                    ui.element("img").props(f'src={small} loading=lazy alt=""').classes("se-thumb")
                else:
                    ui.icon(_ICONS.get(hit.kind) or kind_icon(hit.file_kind or FileKind.OTHER)).classes("se-sign")
                with ui.element("span").classes("se-said"):
                    with ui.element("span").classes("se-words").props("data-testid=snippet"):
                        marked(hit.snippet, hit.marks)
                    if hit.kind in _FOUND_IN and hit.file_name:
                        text(hit.file_name, "se-file", tag="span")
                    place = "私聊" if hit.room_id is None else hit.place or "没有名字的群"
                    about = f"{hit.sender or '有人'} · {place} · {day_words(hit.sent_at)} {clock(hit.sent_at)}"
                    text(about, "se-about", tag="span").props("data-testid=about")
            if hit.kind in _FOUND_IN:
                pill(_FOUND_IN[hit.kind])
            if hit.file_id is not None:
                ui.button(icon="forum", color=None, on_click=lambda: self._around(hit)).props(
                    'flat round dense aria-label="看前后的话" title="看前后的话" data-testid=open-around'
                )
