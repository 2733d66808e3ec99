"""The dialog of ``/todos`` in which calendars get an address to read from, and lose it again."""

from nicegui import ui

from botbay.chat.models import Account
from botbay.settings import load_settings
from web.layout import local_time, note, text, told
from web.session import acting
from workers.reminders import links
from workers.reminders.models import TodoLink
from workers.reminders.service import ReminderError

# A page that came by plain HTTP has no clipboard to write to, but may copy what it has marked.
_COPY = """
const range = document.createRange(); range.selectNodeContents(getHtmlElement(%d));
const marked = getSelection(); marked.removeAllRanges(); marked.addRange(range);
document.execCommand('copy');
"""


class SubscribeDialog:
    """``origin`` is the page's own, for where no public address is set."""

    def __init__(self, account: Account, origin: str) -> None:
        self._account = account
        self._base = load_settings().public_url or origin
        with ui.dialog() as self._dialog, ui.card().classes("mi-dialog").props("data-testid=subscribing"):
            text("在日历里订阅", "mi-panel-title", tag="h2")
            text(
                "把地址加进手机或电脑的日历（「订阅日历」「通过网址添加」），提醒和待办会自己更新。"
                "知道这个地址的人都能看到它们，别发到群里。",
                "bb-soft",
            )
            if load_settings().public_url is None:
                text("还没有设公网地址（BOTBAY_PUBLIC_URL）：只有打得开这个网页的设备才能订阅。", "bb-soft bb-small")
            self._new = ui.element("div")
            self._own = ui.element("div").classes("bb-list")
            with ui.element("div").classes("bb-row"):
                ui.space()
                ui.button("关上", color=None, on_click=self._dialog.close).props("flat data-testid=close-subscribing")
                ui.button("生成地址", on_click=self._create).props("unelevated data-testid=create-address")

    async def open(self) -> None:
        with told():
            self._new.clear()
            await self._show()
            self._dialog.open()

    async def _create(self) -> None:
        with told():
            try:
                async with acting(self._account) as (session, account):
                    token = await links.create(session, account)
            except ReminderError as problem:
                ui.notify(str(problem), type="warning", position="top")
                return
            self._new.clear()
            with self._new:
                note("地址只显示这一次，现在就复制好。", "good")
                address = text(f"{self._base}/todos/{token}.ics", "bb-code").props("data-testid=address")
                ui.button("复制", icon="content_copy", color=None, on_click=lambda: _copy(address)).props(
                    "flat dense data-testid=copy-address"
                )
            await self._show()

    async def _revoke(self, link_id: int) -> None:
        with told():
            async with acting(self._account) as (session, account):
                await links.revoke(session, account, link_id)
            self._new.clear()
            await self._show()
            ui.notify("地址收回了，日历读不到了。", position="top")

    async def _show(self) -> None:
        async with acting(self._account) as (session, account):
            own = await links.own(session, account)
        self._own.clear()
        with self._own:
            for link in own:
                self._line(link)

    def _line(self, link: TodoLink) -> None:
        with ui.element("div").classes("bb-row").props("data-testid=own-address"):
            read = f"最近读过：{local_time(link.read_at)}" if link.read_at is not None else "还没有日历来读过"
            text(f"{local_time(link.created_at)} 生成 · {read}", "bb-soft bb-small bb-grow")
            revoke = ui.button("收回", color=None, on_click=lambda: self._revoke(link.id))
            revoke.props("flat dense data-testid=revoke-address")


def _copy(address: ui.label) -> None:
    ui.run_javascript(_COPY % address.id)
    ui.notify("复制好了。", position="top")
