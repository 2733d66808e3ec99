"""How much the drive holds, on the page ``/drive``."""

from collections import defaultdict

from nicegui import ui

from botbay.chat.models import Account
from botbay.db import transaction
from botbay.zh.sizes import size_words
from web.layout import empty, text
from web.pages.drive_words import kind_name
from workers.archive import service
from workers.archive.repository import Used


class UsageDialog:
    def __init__(self, account: Account) -> None:
        self._account = account
        with ui.dialog() as self._dialog, ui.card().classes("dr-dialog").props("data-testid=usage-dialog"):
            self._body = ui.element("div").classes("dr-body")

    async def open(self) -> None:
        async with transaction() as session:
            used = await service.usage(session, self._account)
        self._body.clear()
        with self._body:
            self._show(used)
        self._dialog.open()

    def _show(self, used: list[Used]) -> None:
        text("用量", "dr-title", tag="h2")
        if not used:
            with empty("pie_chart_outline", "还没有文件。"):
                pass
        else:
            count, size = sum(each.count for each in used), sum(each.size for each in used)
            text(f"你能看到 {count} 个文件，共 {size_words(size)}。", "bb-soft").props("data-testid=usage-total")
        places: dict[tuple[int | None, str], list[Used]] = defaultdict(list)
        for each in used:
            places[each.room_id, each.place].append(each)
        largest = max((sum(each.size for each in parts) for parts in places.values()), default=0)
        for (room_id, topic), parts in sorted(places.items(), key=lambda item: -sum(each.size for each in item[1])):
            size = sum(each.size for each in parts)
            with ui.element("div").classes("dr-used").props("data-testid=used"):
                with ui.element("div").classes("bb-row"):
                    text("私聊" if room_id is None else topic or "没有名字的群", "bb-strong bb-grow")
                    text(size_words(size), "bb-soft")
                with ui.element("div").classes("dr-meter"):
                    ui.element("div").style(f"width: {100 * size / largest if largest else 0:.1f}%")
                kinds = sorted(parts, key=lambda each: -each.size)
                words = [f"{kind_name(each.kind)} {each.count} 个 {size_words(each.size)}" for each in kinds]
                text(" · ".join(words), "bb-soft bb-small")
        with ui.element("div").classes("dr-buttons"):
            ui.space()
            ui.button("关上", color=None, on_click=self._dialog.close).props("flat data-testid=close-usage")
