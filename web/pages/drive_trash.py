"""The trash of the page ``/drive``."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from math import ceil

from nicegui import ui

from botbay.chat.models import Account
from botbay.db import now, transaction
from web.layout import empty, text
from web.pages.drive_shares import Do
from web.pages.drive_words import facts, kind_icon, place_name, shown_name
from workers.archive import trash
from workers.archive.repository import Entry


class TrashDialog:
    """Lists what one may take back, or delete for good; ``changed`` is called after either."""

    def __init__(self, do: Do, account: Account, changed: Callable[[], Awaitable[None]]) -> None:
        self._do = do
        self._account = account
        self._changed = changed
        with ui.dialog() as self._dialog, ui.card().classes("dr-dialog").props("data-testid=trash-dialog"):
            self._body = ui.element("div").classes("dr-body")

    async def open(self) -> None:
        await self._show()
        self._dialog.open()

    async def _show(self) -> None:
        async with transaction() as session:
            entries = await trash.listed(session, self._account)
        self._body.clear()
        with self._body:
            text("回收站", "dr-title", tag="h2")
            text(f"放进来 {trash.DAYS} 天后彻底删除。谁能放进来，谁就能恢复。", "bb-soft")
            if not entries:
                with empty("delete_outline", "回收站是空的。"):
                    pass
            with ui.element("div").classes("bb-list"):
                for entry in entries:
                    self._line(entry)
            with ui.element("div").classes("dr-buttons"):
                if entries:
                    ui.button("清空", color=None, on_click=lambda: self._erase(entries)).props(
                        "flat text-color=negative data-testid=erase-all"
                    )
                ui.space()
                ui.button("关上", color=None, on_click=self._dialog.close).props("flat data-testid=close-trash")

    def _line(self, entry: Entry) -> None:
        assert entry.trashed_at is not None
        left = ceil((entry.trashed_at + timedelta(days=trash.DAYS) - now()) / timedelta(days=1))
        with ui.element("div").classes("bb-row").props(f"data-testid=trashed-{entry.id}"):
            ui.icon(kind_icon(entry.kind)).classes("dr-kind")
            with ui.element("div").classes("bb-grow"):
                text(shown_name(entry), "dr-name")
                about = (place_name(entry), facts(entry), f"{left} 天后删除" if left > 1 else "明天前删除")
                text(" · ".join(filter(None, about)), "bb-soft bb-small")

            async def restore() -> None:
                await self._do(lambda session, account: trash.restore(session, account, [entry.id]))
                await self._after()

            ui.button("恢复", color=None, on_click=restore).props("flat dense data-testid=restore")
            ui.button(icon="delete_forever", color=None, on_click=lambda: self._erase([entry])).props(
                'flat round dense aria-label="彻底删除" data-testid=erase'
            )

    async def _erase(self, entries: Sequence[Entry]) -> None:
        what = f"「{shown_name(entries[0])}」" if len(entries) == 1 else f"这 {len(entries)} 个文件"
        with ui.dialog(value=True) as asked, ui.card().classes("dr-dialog").props("data-testid=confirm-erase"):
            text(f"彻底删除{what}？", "dr-title", tag="h2")
            text("删了就找不回来了。聊天记录里只留下「这里有过一个文件」。", "bb-soft")
            with ui.element("div").classes("dr-buttons"):
                ui.space()
                ui.button("不删", color=None, on_click=asked.close).props("flat")
                ui.button("彻底删除", color="negative", on_click=lambda: asked.submit(True)).props(
                    "unelevated data-testid=really-erase"
                )
        sure = await asked
        asked.delete()
        if sure:
            ids = [entry.id for entry in entries]
            await self._do(lambda session, account: trash.erase(session, account, ids))
            await self._after()

    async def _after(self) -> None:
        await self._show()
        await self._changed()
