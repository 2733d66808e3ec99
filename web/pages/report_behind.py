"""The panel of ``/reports`` that lists the messages behind a figure; each opens among what was said around it."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from nicegui import ui

from botbay.chat.access import Subject
from botbay.chat.models import Account, FileKind
from web.layout import empty, note, text, told
from web.pages.drive_words import day_words
from web.pages.source_panel import SourcePanel
from web.session import acting
from workers.report import behind, words
from workers.report.behind import Figure, Line
from workers.report.document import Report


class BehindPanel:
    """Slides in from the right; on a phone it fills the screen."""

    def __init__(self, account: Account, report: Report) -> None:
        self._account = account
        self._report = report
        self._zone = ZoneInfo(report.zone)
        self._figure = Figure()
        self._last: Line | None = None
        self._day = ""
        with ui.dialog() as self._dialog:
            self._dialog.props("position=right full-height")
            with ui.card().classes("mi-panel").props("data-testid=behind"):
                with ui.element("div").classes("bb-row"):
                    with ui.element("div").classes("bb-grow"):
                        self._title = text("", "mi-panel-title", tag="h2")
                        self._count = text("", "bb-soft bb-small").props("data-testid=behind-count")
                    ui.button(icon="close", color=None, on_click=self._dialog.close).props(
                        'flat round dense aria-label="关上" data-testid=close-behind'
                    )
                self._body = ui.element("div").classes("mi-said")
        self._source = SourcePanel(account)

    async def open(self, title: str, figure: Figure) -> None:
        """List what a figure counts; ``title`` says which it is."""
        self._figure, self._last, self._day = figure, None, ""
        self._title.text = title
        self._body.clear()
        with told():
            await self._more()
            self._dialog.open()

    async def open_said(self, title: str, message_ids: Sequence[int]) -> None:
        """The messages of an entry: a single one at once among what was said around it."""
        figure = Figure(ids=tuple(message_ids))
        if len(message_ids) > 1:
            await self.open(title, figure)
            return
        with told():
            async with acting(self._account) as (session, account):
                found = await behind.messages(session, Subject.of_account(account), self._report, figure)
            if found.lines:
                await self._open_source(found.lines[0])
            else:
                ui.notify(
                    "这条消息现在看不到了：可能被撤回或清除了，或者你已经不在这个群里。", type="warning", position="top"
                )

    async def _more(self) -> None:
        async with acting(self._account) as (session, account):
            found = await behind.messages(
                session, Subject.of_account(account), self._report, self._figure, after=self._last
            )
        self._count.text = f"{words.number(found.total)} 条消息"
        with self._body:
            if self._last is None and found.unseen:
                note(f"其中 {words.number(found.unseen)} 条来自没有同意记录的人，只计数，看不到内容。").props(
                    "data-testid=unseen"
                )
            if self._last is None and not found.total:
                with empty("speaker_notes_off", "这些消息现在看不到了。"):
                    text("它们可能被撤回或清除了，或者你已经不在这个群里。", "bb-small")
            for line in found.lines:
                self._line(line)
            if found.more:
                self._last = found.lines[-1]
                with ui.element("div").classes("mi-rest") as rest:
                    ui.button("接着看", icon="expand_more", on_click=lambda: self._next(rest)).props(
                        "flat data-testid=more-behind"
                    )

    async def _next(self, rest: ui.element) -> None:
        with told():
            rest.delete()
            await self._more()

    def _line(self, line: Line) -> None:
        if (day := day_words(line.at)) != self._day:
            self._day = day
            text(day, "mi-day")
        element = ui.element("div").classes("mi-message mi-opens")
        element.props('data-testid=behind-message role=button tabindex=0 title="看前后的话"')
        with element:
            with ui.element("div").classes("mi-who"):
                place = "" if self._report.room_id is not None else f" · {line.room or '没有名字的群'}"
                text(f"{line.who or '有人'}{place}", "bb-grow", tag="span")
                text(f"{line.at.astimezone(self._zone):%H:%M}", tag="span")
            if line.file_id is not None and line.file_kind == FileKind.IMAGE:
                ui.element("img").props(f"src=/files/{line.file_id}/thumb loading=lazy").props["alt"] = line.text
            else:
                text(line.text, "mi-words")
        element.on("click", lambda: self._open_source(line)).on("keydown.enter", lambda: self._open_source(line))

    async def _open_source(self, line: Line) -> None:
        await self._source.open(line.room_id, [line.id])
