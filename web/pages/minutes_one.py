"""``/minutes/{id}``: the minutes of one talk, to read, to check against what was said, to mend and to send on."""

from nicegui import ui

from botbay.chat.access import Subject
from botbay.chat.models import Account
from web.layout import STATIC, frame, link, local_time, note, text, told
from web.minutes_files import stored_for
from web.pages.minutes_edit import Editor
from web.pages.minutes_history import HistoryDialog, made_by
from web.pages.minutes_mail import MailDialog
from web.pages.minutes_view import show, show_head
from web.pages.source_panel import SourcePanel
from web.session import SignedIn, acting
from workers.minutes import parts, service
from workers.minutes.editing import Draft, EditError
from workers.minutes.service import Stored

CSS = (STATIC / "minutes.css").read_text(encoding="utf-8")
_FORMATS = (
    ("docx", "Word 文档（.docx）", "description"),
    ("pdf", "PDF", "picture_as_pdf"),
    ("md", "Markdown", "notes"),
)


class _Page:
    """One open page."""

    def __init__(self, account: Account, stored: Stored) -> None:
        self._account = account
        self._stored = stored
        self._draft: Draft | None = None

    @property
    def _old(self) -> bool:
        return self._stored.version != self._stored.current

    def build(self) -> None:
        with frame(parts.title(self._stored.document)):
            self._source = SourcePanel(self._account)
            self._history = HistoryDialog(self._account, self._stored.id, self._restore)
            self._mail = MailDialog(self._account, self._stored.id)
            self._head = ui.element("div").classes("mi-tools")
            self._body = ui.element("div").classes("mi-days").props("data-testid=minutes")
            with ui.element("div").classes("mi-bar").props("role=toolbar") as self._bar:
                text("正在改", "bb-strong")
                ui.space()
                ui.button("不改了", color=None, on_click=self._drop).props("flat no-caps data-testid=drop")
                ui.button("保存", icon="check", on_click=self._save).props("unelevated no-caps data-testid=save")
            self._paint()

    # --- what is shown ---

    def _paint(self) -> None:
        self._head.clear()
        self._body.clear()
        self._bar.visible = self._draft is not None
        with self._head:
            self._tools()
        with self._body:
            if self._draft is not None:
                Editor(self._draft).build()
                return
            if self._old:
                note(f"这是第 {self._stored.version} 版（{made_by(self._stored.edited_by)}），不是现在的。").props(
                    "data-testid=old-version"
                )
            show_head(self._stored.document)
            show(self._stored.document, lambda ids: self._source.open(self._stored.room_id, ids))

    def _tools(self) -> None:
        made = f"{made_by(self._stored.edited_by)}，{local_time(self._stored.made_at)}"
        text(made, "bb-soft bb-small bb-grow").props("data-testid=made")
        if self._draft is not None:
            return
        if self._old:
            link("看现在的", f"/minutes/{self._stored.id}").props("data-testid=newest")
            self._tool("恢复这一版", "restore", "restore-this", lambda: self._restore(self._stored.version))
        else:
            self._tool("编辑", "edit", "edit", self._edit)
        self._tool("改动记录", "history", "history", self._history.open)
        with ui.button("导出", icon="download", color=None).props("outline no-caps data-testid=export"), ui.menu():
            version = f"?version={self._stored.version}" if self._old else ""
            for extension, name, icon in _FORMATS:
                path = f"/minutes/{self._stored.id}/export/{extension}{version}"
                with ui.item().props(f"href={path} download data-testid=export-{extension}"):
                    with ui.item_section().props("avatar"):
                        ui.icon(icon)
                    with ui.item_section():
                        ui.item_label(name)
        if not self._old:
            self._tool("发到邮箱", "mail_outline", "mail", self._mail.open)

    def _tool(self, words: str, icon: str, mark: str, do: object) -> None:
        ui.button(words, icon=icon, color=None, on_click=do).props(  # type: ignore[arg-type]
            f"outline no-caps data-testid={mark}"
        )

    # --- what is done ---

    def _edit(self) -> None:
        self._draft = Draft.of(self._stored.document)
        self._paint()

    def _drop(self) -> None:
        self._draft = None
        self._paint()

    async def _save(self) -> None:
        assert self._draft is not None
        with told():
            try:
                edited = self._draft.document()
                if edited != self._stored.document:
                    async with acting(self._account) as (session, account):
                        self._stored = await service.save(
                            session, Subject.of_account(account), self._stored.id, edited, seen=self._stored.version
                        )
                    ui.notify("已保存。", type="positive", position="top")
            except service.Conflict as error:
                self._conflict(str(error))
            except (EditError, service.MinutesError) as error:
                ui.notify(str(error), type="warning", position="top", multi_line=True)
            else:
                self._drop()

    def _conflict(self, words: str) -> None:
        """Somebody was quicker: what was typed stays on the page, beside a way to what they wrote."""
        with ui.dialog(value=True), ui.card().classes("mi-dialog").props("data-testid=conflict"):
            text(words)
            text("你改的还在这一页上。先在新窗口里看看别人改了什么，把要留的抄过去。", "bb-soft")
            ui.link("看现在的", f"/minutes/{self._stored.id}", new_tab=True).classes("bb-link")

    async def _restore(self, number: int) -> None:
        with told():
            try:
                async with acting(self._account) as (session, account):
                    subject = Subject.of_account(account)
                    await service.restore(session, subject, self._stored.id, number, seen=self._stored.current)
            except service.MinutesError as error:
                ui.notify(str(error), type="warning", position="top", multi_line=True)
                return
            ui.navigate.to(f"/minutes/{self._stored.id}")


def register() -> None:
    @ui.page("/minutes/{minutes_id:int}")
    async def one(account: SignedIn, minutes_id: int, version: int = 0) -> None:
        ui.add_css(CSS)
        stored = await stored_for(account, minutes_id, version)
        _Page(account, stored).build()
