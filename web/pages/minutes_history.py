"""The versions of minutes: who wrote which and when, to look at and to bring back."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from botbay.chat.access import Subject
from botbay.chat.models import Account
from web.layout import link, local_time, pill, text, told
from web.session import acting
from workers.minutes import service


class HistoryDialog:
    """``restore`` brings the version of a number back."""

    def __init__(self, account: Account, minutes_id: int, restore: Callable[[int], Awaitable[None]]) -> None:
        self._account = account
        self._minutes_id = minutes_id
        self._restore = restore
        with ui.dialog() as self._dialog, ui.card().classes("mi-dialog").props("data-testid=history-dialog"):
            self._body = ui.element("div").classes("mi-body")

    async def open(self) -> None:
        with told():
            async with acting(self._account) as (session, account):
                versions = await service.versions(session, Subject.of_account(account), self._minutes_id)
            self._body.clear()
            with self._body:
                text("改动记录", "mi-panel-title", tag="h2")
                with ui.element("div").classes("bb-list"):
                    for place, version in enumerate(versions):
                        self._line(version, newest=place == 0)
                with ui.element("div").classes("bb-row"):
                    ui.space()
                    ui.button("关上", color=None, on_click=self._dialog.close).props("flat data-testid=close-history")
            self._dialog.open()

    def _line(self, version: service.Version, *, newest: bool) -> None:
        with ui.element("div").classes("bb-row bb-wrap").props(f"data-testid=version-{version.number}"):
            with ui.element("div").classes("bb-grow"):
                text(made_by(version.edited_by), "bb-strong")
                text(f"第 {version.number} 版 · {local_time(version.made_at)}", "bb-soft bb-small")
            if newest:
                pill("现在的", "good")
                return
            link("看看", f"/minutes/{self._minutes_id}?version={version.number}")

            async def restore() -> None:
                self._dialog.close()
                await self._restore(version.number)

            ui.button("恢复", color=None, on_click=restore).props("flat dense data-testid=restore")


def made_by(name: str | None) -> str:
    """Who made a version."""
    return f"{name}改的" if name else "按聊天记录整理的"
