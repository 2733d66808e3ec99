"""What the simulator's page is made of: faces, times, small dialogs."""

import zlib
from datetime import datetime

from nicegui import ui

from botbay.db import now
from botbay.settings import load_settings
from web.layout import text

_DAYS = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")


def face(contact_id: str, name: str, *, bot: bool = False, small: bool = False) -> None:
    """A square with the last character of a name, in a colour that stays the contact's."""
    if bot:
        with _square("#0f766e", small):
            ui.icon("smart_toy")
        return
    hue = zlib.crc32(contact_id.encode()) % 360
    with _square(f"hsl({hue} 38% 52%)", small):
        text(name[-1:] or "？", tag="span")


def group_face() -> None:
    with _square("#8fa3ad", False):
        ui.icon("groups")


def _square(colour: str, small: bool) -> ui.element:
    square = ui.element("div").classes("sim-face sim-small" if small else "sim-face").props('aria-hidden="true"')
    return square.style(f"background: {colour}")


def clock(at: datetime) -> str:
    """A time as WeChat says it: 10:02, 昨天 10:02, 星期三 10:02, 11月3日 10:02, 2025年11月3日 10:02."""
    zone = load_settings().zone
    there, here = at.astimezone(zone), now().astimezone(zone)
    days = (here.date() - there.date()).days
    if days == 0:
        return f"{there:%H:%M}"
    if days == 1:
        return f"昨天 {there:%H:%M}"
    if 1 < days < 7:
        return f"{_DAYS[there.weekday()]} {there:%H:%M}"
    day = f"{there.month}月{there.day}日 {there:%H:%M}"
    return day if there.year == here.year else f"{there.year}年{day}"


async def ask(title: str, value: str = "", *, mark: str) -> str | None:
    """A line of text from a small dialog; None when it was closed."""
    with ui.dialog(value=True) as dialog, ui.card().classes("sim-dialog").props(f"data-testid={mark}"):
        text(title, tag="h2")
        field = ui.input(value=value).props("outlined dense autofocus maxlength=32")
        field.on("keydown.enter", lambda: dialog.submit(field.value))
        with ui.element("div").classes("sim-buttons"):
            ui.button("取消", on_click=dialog.close).props("flat")
            ui.button("好", on_click=lambda: dialog.submit(field.value)).props("unelevated data-testid=ok")
    answer = await dialog
    dialog.delete()
    return None if answer is None else str(answer)
