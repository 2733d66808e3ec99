"""The panel in which a message stands among what was said around it."""

from collections.abc import Sequence
from urllib.parse import quote

from nicegui import ui

from botbay.chat.access import Subject
from botbay.chat.around import Said, around
from botbay.chat.models import Account, FileKind
from web.layout import empty, text, told
from web.pages.drive_words import clock, day_words
from web.pages.marking import marked, spans
from web.session import acting


class SourcePanel:
    """Slides in from the right; on a phone it fills the screen."""

    def __init__(self, account: Account) -> None:
        self._account = account
        with ui.dialog() as self._dialog:
            self._dialog.props("position=right full-height")
            with ui.card().classes("mi-panel").props("data-testid=source"):
                with ui.element("div").classes("bb-row"):
                    text("原话", "mi-panel-title bb-grow", tag="h2")
                    ui.button(icon="close", color=None, on_click=self._dialog.close).props(
                        'flat round dense aria-label="关上" data-testid=close-source'
                    )
                self._body = ui.element("div").classes("mi-said")

    async def open(self, room_id: int | None, message_ids: Sequence[int], *, mark: Sequence[str] = ()) -> None:
        """Show messages of a room, or of a private chat; the words of ``mark`` are tinted in them."""
        with told():
            async with acting(self._account) as (session, account):
                shown = await around(session, Subject.of_account(account), room_id, message_ids)
            self._body.clear()
            with self._body:
                self._messages(shown, set(message_ids), mark)
            self._dialog.open()
            if shown:
                ui.run_javascript(
                    "setTimeout(() => document.querySelector('.mi-this')?.scrollIntoView({block: 'center'}), 80)"
                )

    def _messages(self, shown: Sequence[Said], wanted: set[int], mark: Sequence[str]) -> None:
        if not shown:
            with empty("speaker_notes_off", "这条消息现在看不到了。"):
                text("它可能被撤回或清除了，或者你已经不在这个群里。", "bb-small")
            return
        day = ""
        for said in shown:
            if (words := day_words(said.at)) != day:
                day = words
                text(day, "mi-day")
            _message(said, mark if said.id in wanted else (), this=said.id in wanted)


def _message(said: Said, mark: Sequence[str], *, this: bool) -> None:
    with ui.element("div").classes("mi-message mi-this" if this else "mi-message") as element:
        element.props(f"data-testid={'source-message' if this else 'context-message'}")
        with ui.element("div").classes("mi-who"):
            text("机器人" if said.by_bot else said.who or "有人", "bb-grow", tag="span")
            text(clock(said.at), tag="span")
        if said.file_id is not None and said.file_kind == FileKind.IMAGE and said.small:
            with ui.element("a").props(f"href=/files/{said.file_id} target=_blank rel=noopener"):
                ui.element("img").props(f"src=/files/{said.file_id}/thumb loading=lazy").props["alt"] = said.text
        elif said.file_id is not None:
            ui.link(said.text, f"/files/{said.file_id}/{quote(said.text, safe='')}", new_tab=True).classes("bb-link")
        else:
            with ui.element("div").classes("mi-words"):
                marked(said.text, spans(said.text, mark))
