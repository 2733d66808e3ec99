"""The dialog in which one file is looked at."""

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import quote

from nicegui import ui

from botbay.chat.files import SAFE_INLINE
from botbay.chat.models import FileKind, FileState
from botbay.storage import StorageError
from web.layout import local_time, note, text
from web.pages.drive_words import facts, kind_icon, kind_name, picture, place_name, shown_name, state_words
from workers.archive import service
from workers.archive.repository import Entry

Some = Callable[[Sequence[Entry]], object]


class Preview:
    """Shows a file, and those before and after it in the list."""

    def __init__(
        self,
        retry: Callable[[Entry], Awaitable[None]],
        share: Some,
        throw_away: Callable[[Sequence[Entry]], Awaitable[bool]],
    ) -> None:
        self._retry = retry
        self._share = share
        self._throw_away = throw_away
        self._entries: Sequence[Entry] = []
        self._at = 0
        with ui.dialog() as self._dialog, ui.card().classes("dr-preview").props("data-testid=preview") as self._card:
            pass
        self._dialog.on("hide", self._card.clear)  # what plays stops

    async def open(self, entry: Entry, entries: Sequence[Entry]) -> None:
        self._entries = list(entries)
        self._at = next(at for at, each in enumerate(self._entries) if each.id == entry.id)
        await self._show()
        self._dialog.open()

    async def _step(self, by: int) -> None:
        self._at += by
        await self._show()

    async def _show(self) -> None:
        entry = self._entries[self._at]
        self._card.clear()
        with self._card:
            with ui.element("div").classes("bb-row"):
                text(shown_name(entry), "dr-title bb-grow", tag="h2").props("data-testid=preview-name")
                ui.button(icon="close", color=None, on_click=self._dialog.close).props(
                    'flat round dense aria-label="关上" data-testid=close-preview'
                )
            about = (entry.sender, place_name(entry), local_time(entry.sent_at), kind_name(entry.kind), facts(entry))
            text(" · ".join(filter(None, about)), "bb-soft bb-small")
            with ui.element("div").classes("dr-stage"):
                await self._stage(entry)
            self._buttons(entry)

    async def _stage(self, entry: Entry) -> None:
        address, opens = f"/files/{entry.id}", entry.mime in SAFE_INLINE
        if not entry.stored:
            self._absent(entry)
        elif entry.kind == FileKind.IMAGE and opens:
            ui.element("img").props(f"src={address} data-testid=preview-image").props["alt"] = shown_name(entry)
        elif entry.kind == FileKind.AUDIO and (opens or entry.play_key is not None):
            ui.element("audio").props(f"controls preload=metadata src={address}/play data-testid=preview-audio")
        elif entry.kind == FileKind.VIDEO and opens:
            video = ui.element("video").props(f"controls playsinline preload=metadata src={address}")
            video.props("data-testid=preview-video")
            if small := picture(entry, "/files"):
                video.props(f"poster={small}")
        elif entry.mime == "application/pdf":
            # Phones show no PDF inside of a page: there it is its first page, and opens on its own.
            ui.element("iframe").props(
                f"src={address}/{quote(shown_name(entry), safe='')} loading=lazy data-testid=preview-pdf"
            ).classes("gt-sm").props["title"] = shown_name(entry)
            with ui.element("div").classes("lt-md dr-first"):
                self._first_page(entry, "点下面的「打开」看全部。")
        elif entry.kind == FileKind.TEXT:
            await self._text(entry)
        else:
            self._first_page(entry, entry.problem or "这种文件网页里看不了，下载后打开。")

    def _absent(self, entry: Entry) -> None:
        ui.icon(kind_icon(entry.kind)).classes("dr-big")
        text(state_words(entry))
        if entry.state == FileState.FAILED:

            async def retry() -> None:
                self._dialog.close()
                await self._retry(entry)

            ui.button("再取一次", icon="refresh", on_click=retry).props("outline data-testid=retry")

    def _first_page(self, entry: Entry, words: str) -> None:
        if small := picture(entry, "/files"):
            ui.element("img").props(f'src={small} alt=""')
        else:
            ui.icon(kind_icon(entry.kind)).classes("dr-big")
        text(words, "bb-soft")

    async def _text(self, entry: Entry) -> None:
        try:
            words, cut = await service.text_of(entry)
        except StorageError:
            note("存储暂时不通，文件没有丢。过一会儿再看。")
            return
        text(words or "（空的）", "dr-text", tag="pre").props("data-testid=preview-text tabindex=0")
        if cut:
            text("只显示了开头，完整的请下载。", "bb-soft bb-small")

    def _buttons(self, entry: Entry) -> None:
        with ui.element("div").classes("dr-buttons"):
            for icon, by, words in (("chevron_left", -1, "上一个"), ("chevron_right", 1, "下一个")):
                step = ui.button(icon=icon, color=None, on_click=lambda by=by: self._step(by))
                step.props(f'flat round dense aria-label="{words}"')
                step.set_enabled(0 <= self._at + by < len(self._entries))
            ui.space()
            if entry.mine:

                async def throw_away() -> None:
                    if await self._throw_away([entry]):
                        self._dialog.close()

                ui.button(icon="delete_outline", color=None, on_click=throw_away).props(
                    'flat round dense aria-label="放进回收站" data-testid=preview-throw-away'
                )
            if not entry.stored:
                return
            ui.button(icon="share", color=None, on_click=lambda: self._share([entry])).props(
                'flat round dense aria-label="分享" data-testid=preview-share'
            )
            if entry.mime in SAFE_INLINE:
                ui.button("打开", icon="open_in_new", color=None).props(
                    f"flat dense no-caps href=/files/{entry.id} target=_blank rel=noopener data-testid=preview-open"
                )
            ui.button("下载", icon="download").props(
                f"unelevated dense no-caps href=/files/{entry.id}?download=1 data-testid=preview-download"
            )
