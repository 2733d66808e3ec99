"""The dialog of ``/reports`` in which links to a report are made and taken back."""

from nicegui import ui

from botbay.chat.models import Account
from botbay.settings import load_settings
from web import report_links
from web.layout import local_time, text, told
from web.session import acting
from workers.report import shares
from workers.report.document import Report
from workers.report.models import ReportShare

# A page that came by plain HTTP has no clipboard to write to, but may copy what it has marked.
_COPY = """
const range = document.createRange(); range.selectNodeContents(getHtmlElement(%d));
const marked = getSelection(); marked.removeAllRanges(); marked.addRange(range);
document.execCommand('copy');
"""


class ShareDialog:
    """``origin`` is the page's own, for where no public address is set."""

    def __init__(self, account: Account, report: Report, origin: str) -> None:
        self._account = account
        self._report = report
        self._base = load_settings().public_url or origin
        with ui.dialog() as self._dialog, ui.card().classes("mi-dialog").props("data-testid=sharing"):
            text("分享这份日报", "mi-panel-title", tag="h2")
            text(
                "拿到链接的人不用登录就能看数字、图表、群名和人名。群里说的话、谁 @ 了你、待办和纪要都不会给出去。",
                "bb-soft",
            )
            self._words = ui.checkbox("也给出关键词、文件名和链接的标题").props("dense data-testid=share-words")
            self._days = ui.toggle({each: f"{each} 天" for each in shares.DAYS}, value=7)
            self._days.props("no-caps unelevated data-testid=share-days")
            self._own = ui.element("div").classes("bb-list")
            with ui.element("div").classes("bb-row"):
                ui.space()
                ui.button("关上", color=None, on_click=self._dialog.close).props("flat data-testid=close-sharing")
                ui.button("生成链接", on_click=self._create).props("unelevated data-testid=create-link")

    async def open(self) -> None:
        with told():
            await self._show()
            self._dialog.open()

    async def _create(self) -> None:
        with told():
            async with acting(self._account) as (session, account):
                await shares.create(
                    session, account, self._report, int(self._days.value or 7), words=bool(self._words.value)
                )
            await self._show()

    async def _revoke(self, share_id: int) -> None:
        with told():
            async with acting(self._account) as (session, account):
                await shares.revoke(session, account, share_id)
            await self._show()
            ui.notify("链接收回了，打不开了。", position="top")

    async def _show(self) -> None:
        async with acting(self._account) as (session, account):
            own = await shares.own(session, account, self._report)
        self._own.clear()
        with self._own:
            for share in own:
                self._link(share)

    def _link(self, share: ReportShare) -> None:
        with ui.element("div").props("data-testid=own-link"):
            address = text(f"{self._base}/r/{report_links.token(share.id, share.expires_at)}", "bb-code")
            address.props("data-testid=link-address")
            with ui.element("div").classes("bb-row"):
                kind = "带关键词和文件名 · " if share.words else ""
                opened = f" · 打开过 {share.opened} 次" if share.opened else ""
                text(f"{kind}{local_time(share.expires_at)} 到期{opened}", "bb-soft bb-small bb-grow")
                revoke = ui.button("收回", color=None, on_click=lambda: self._revoke(share.id))
                revoke.props("flat dense data-testid=revoke")
                ui.button("复制", icon="content_copy", color=None, on_click=lambda: _copy(address)).props(
                    "flat dense data-testid=copy-link"
                )


def _copy(address: ui.label) -> None:
    ui.run_javascript(_COPY % address.id)
    ui.notify("复制好了。", position="top")
