"""What was read in a file: the writing in a picture, laid over it to select and copy, and the text of a document."""

import hashlib
import math
from collections.abc import Callable, Sequence
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from botbay.chat.models import FileKind, Reading
from web.layout import STATIC, text
from web.pages.marking import marked, spans, spans_of

#: How a text is shown: as it is, or with stars for numbers where it has left its conversation. Its length stays.
Hide = Callable[[str], str]

_SCRIPT_VERSION = hashlib.sha256((STATIC / "read_text.js").read_bytes()).hexdigest()[:12]
_SCRIPT = f'<script src="/static/read_text.js?v={_SCRIPT_VERSION}"></script>'
#: A picture that is so much higher than wide is shown as wide as there is room, to scroll through.
_TALL = 2
#: A line that is so much higher than wide is written from top to bottom.
_UPRIGHT = 1.5


def put_on() -> None:
    """What a page needs on which pictures are shown with their writing."""
    ui.add_head_html(_SCRIPT)


def picture(reading: Reading, address: str, name: str, mark: Sequence[str], hide: Hide) -> ui.element:
    """The picture with the writing over it, not to be seen, and the marked words tinted; tells the writing's layer."""
    assert reading.width and reading.height
    shape = reading.width / reading.height
    width = (
        f"min(100%, {reading.width}px)" if shape < 1 / _TALL else f"min(100%, {reading.width}px, {68 * shape:.3f}dvh)"
    )
    with ui.element("div").classes("rt-picture").style(f"width: {width}; aspect-ratio: {shape:.6f}"):
        ui.element("img").props(f"src={address} data-testid=preview-image").props["alt"] = name
        # Whoever listens to the page hears the plain text below.
        with ui.element("read-text").props("aria-hidden=true data-testid=read-lines") as layer:
            lines = [line for line in reading.lines if line["text"].strip()]
            marks = spans_of([line["text"] for line in lines], mark)
            for line, here in zip(lines, marks, strict=True):
                if (place := _place(line["box"], reading.width, reading.height)) is not None:
                    with ui.element("div").classes("rt-line").style(place), ui.element("span").classes("rt-words"):
                        marked(hide(line["text"]), here)
    return layer


def _place(box: Sequence[Sequence[Any]], width: int, height: int) -> str | None:
    """Where a line stands, in the style's words; None for one that is nowhere."""
    (left, top), (right, across), _, (below, down) = ((float(x), float(y)) for x, y in box)
    long, high = math.hypot(right - left, across - top), math.hypot(below - left, down - top)
    if not (math.isfinite(long + high) and long >= 1 and high >= 1):
        return None
    turn = math.degrees(math.atan2(across - top, right - left))
    style = f"left: {left / width:.4%}; top: {top / height:.4%}; width: {long / width:.4%}; height: {high / height:.4%}"
    style += f"; transform: rotate({turn:.2f}deg)" if abs(turn) > 0.1 else ""
    return style + ("; writing-mode: vertical-rl" if high > _UPRIGHT * long else "")


def document(reading: Reading, mark: Sequence[str], hide: Hide) -> None:
    """The text of a document that nothing else shows."""
    with ui.element("div").classes("rt-document rt-copy-from"):
        _plain(reading, mark, hide)
        _copy_button()


def below(kind: FileKind, reading: Reading, layer: ui.element | None, mark: Sequence[str], hide: Hide) -> None:
    """What can be done with the text of what is shown already, and the text as people read it, in a fold."""
    with ui.element("div").classes("rt-below rt-copy-from"):
        with ui.element("div").classes("rt-tools"):
            if layer is not None:
                switch = ui.switch("显示文字").props("dense data-testid=show-text")
                switch.on_value_change(lambda: layer.classes(toggle="rt-shown"))
            _copy_button()
        with ui.element("details").classes("rt-fold").props("data-testid=read-fold"):
            text("图里的文字" if kind == FileKind.IMAGE else "里面的文字", tag="summary")
            _plain(reading, mark, hide)


def _plain(reading: Reading, mark: Sequence[str], hide: Hide) -> None:
    with ui.element("pre").classes("dr-text rt-plain").props("data-testid=read-text tabindex=0"):
        marked(hide(reading.text), spans(reading.text, mark))
    if reading.cut:
        text("只显示了开头，完整的请下载。", "bb-soft bb-small")


def _copy_button() -> None:
    """Copies the text that stands in the same ``rt-copy-from``."""

    def told(event: GenericEventArguments) -> None:
        if event.args:
            ui.notify("复制好了。", type="positive", position="top")
        else:
            ui.notify("浏览器不让复制，长按或拖动选中文字再复制。", type="warning", position="top")

    button = ui.button("复制全部文字", icon="content_copy", color=None).props(
        "flat dense no-caps data-testid=copy-text"
    )
    button.on("click", told, js_handler="async (event) => emit(await copyRead(event))")


def state_words(kind: FileKind, reading: Reading | None) -> str:
    """Why there is no text; empty when there is."""
    image = kind == FileKind.IMAGE
    if reading is None:
        return "还在读这张图，读完这里会有文字。" if image else "还在读这份文件，读完这里会有文字。"
    if reading.problem:
        return f"{'图里' if image else '里面'}的文字没读出来：{reading.problem}"
    return "" if reading.text.strip() else "图里没有文字。" if image else "里面没有文字。"
