"""The dialogs of the page ``/drive`` in which links are made and taken back."""

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Account
from botbay.db import transaction
from botbay.settings import load_settings
from web.layout import empty, local_time, text
from workers.archive import shares

Do = Callable[[Callable[[AsyncSession, Account], Awaitable[object]]], Awaitable[bool]]

# A page that came by plain HTTP has no clipboard to write to, but may copy what it has marked.
_COPY = """
const field = document.querySelector('[data-testid="link-address"]');
const range = document.createRange(); range.selectNodeContents(field);
const marked = getSelection(); marked.removeAllRanges(); marked.addRange(range);
document.execCommand('copy');
"""


class ShareDialog:
    """Makes a link to some files; ``origin`` is the page's own, for where no public address is set."""

    def __init__(self, do: Do, origin: str) -> None:
        self._do = do
        self._base = load_settings().public_url or origin
        self._ids: list[int] = []
        with ui.dialog() as self._dialog, ui.card().classes("dr-dialog").props("data-testid=sharing"):
            self._body = ui.element("div").classes("dr-body")

    def open(self, ids: Sequence[int]) -> None:
        self._ids = list(ids)
        self._body.clear()
        with self._body:
            text("分享" if len(ids) == 1 else f"分享 {len(ids)} 个文件", "dr-title", tag="h2")
            text("拿到链接的人不用登录就能看和下载。随时可以在「分享的链接」里收回。", "bb-soft")
            days = ui.toggle({each: f"{each} 天" for each in shares.DAYS}, value=7).props("no-caps unelevated")
            days.props("data-testid=share-days")
            with ui.element("div").classes("dr-buttons"):
                ui.space()
                ui.button("取消", color=None, on_click=self._dialog.close).props("flat")
                ui.button("生成链接", on_click=lambda: self._create(days.value or 7)).props(
                    "unelevated data-testid=create-link"
                )
        self._dialog.open()

    async def _create(self, days: int) -> None:
        token = ""

        async def rule(session: AsyncSession, account: Account) -> None:
            nonlocal token
            token = await shares.create(session, account, self._ids, days)

        if not await self._do(rule):
            return
        self._body.clear()
        with self._body:
            text("链接好了", "dr-title", tag="h2")
            text(f"{self._base}/s/{token}", "bb-code").props("data-testid=link-address")
            text(f"{days} 天内有效。它只在这里显示一次，先复制再关上。", "bb-soft")
            with ui.element("div").classes("dr-buttons"):
                ui.space()
                ui.button("关上", color=None, on_click=self._dialog.close).props("flat data-testid=close-sharing")
                ui.button("复制", icon="content_copy", on_click=self._copy).props("unelevated data-testid=copy-link")

    def _copy(self) -> None:
        ui.run_javascript(_COPY)
        ui.notify("复制好了。", position="top")


class LinksDialog:
    """Lists one's own links that still open."""

    def __init__(self, do: Do, account: Account) -> None:
        self._do = do
        self._account = account
        with ui.dialog() as self._dialog, ui.card().classes("dr-dialog").props("data-testid=own-links"):
            self._body = ui.element("div").classes("dr-body")

    async def open(self) -> None:
        await self._show()
        self._dialog.open()

    async def _show(self) -> None:
        async with transaction() as session:
            own = await shares.own(session, self._account)
        self._body.clear()
        with self._body:
            text("分享的链接", "dr-title", tag="h2")
            if not own:
                with empty("link_off", "没有还开着的链接。"):
                    text("选中文件，点「分享」，就有一个。", "bb-small")
            with ui.element("div").classes("bb-list"):
                for share in own:
                    self._line(share)
            with ui.element("div").classes("dr-buttons"):
                ui.space()
                ui.button("关上", color=None, on_click=self._dialog.close).props("flat data-testid=close-links")

    def _line(self, share: shares.Shared) -> None:
        async def revoke() -> None:
            await self._do(lambda session, account: shares.revoke(session, account, share.id))
            await self._show()

        with ui.element("div").classes("bb-row").props("data-testid=own-link"):
            with ui.element("div").classes("bb-grow"):
                more = f" 等 {share.count} 个文件" if share.count > 1 else ""
                text(f"{share.name or '文件'}{more}" if share.count else "里面的文件已经看不到了", "bb-strong")
                text(f"{local_time(share.expires_at)} 到期 · 打开过 {share.opened} 次", "bb-soft bb-small")
            ui.button("收回", color=None, on_click=revoke).props("flat dense data-testid=revoke")
