"""The dialog in which one file is looked at."""

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import quote

from nicegui import ui

from botbay.chat import readings
from botbay.chat.access import PRIVATE, Subject
from botbay.chat.files import SAFE_INLINE
from botbay.chat.models import Account, FileKind, FileState, Reading
from botbay.storage import StorageError
from botbay.zh.masking import masked
from web.layout import empty, local_time, note, text, told
from web.pages import read_text
from web.pages.drive_words import facts, kind_icon, kind_name, picture, place_name, shown_name, state_words
from web.pages.marking import marked, spans
from web.session import acting
from workers.archive import service
from workers.archive.repository import Entry

Some = Callable[[Sequence[Entry]], object]
#: Seconds after which a file that has not been read is looked at again.
_PACE = 2.0
#: What is shown as its text, once that has been read.
_WRITTEN = (FileKind.DOCUMENT, FileKind.SHEET, FileKind.SLIDES)


class Preview:
    """Shows a file, and those before and after it in the list; what is not given to be done with it is not offered."""

    def __init__(
        self,
        account: Account,
        *,
        retry: Callable[[Entry], Awaitable[None]] | None = None,
        share: Some | None = None,
        throw_away: Callable[[Sequence[Entry]], Awaitable[bool]] | None = None,
    ) -> None:
        self._account = account
        self._retry = retry
        self._share = share
        self._throw_away = throw_away
        self._entries: list[Entry] = []
        self._at = 0
        self._mark: Sequence[str] = ()
        with ui.dialog() as self._dialog, ui.card().classes("dr-preview").props("data-testid=preview") as self._card:
            pass
        self._dialog.on("hide", self._card.clear)  # what plays stops

    async def open(self, entry: Entry, entries: Sequence[Entry], *, mark: Sequence[str] = ()) -> None:
        """Show one of the entries; the words of ``mark`` are tinted where they stand in it."""
        self._entries = list(entries)
        self._at = next(at for at, each in enumerate(self._entries) if each.id == entry.id)
        self._mark = mark
        await self._show()
        self._dialog.open()

    async def _step(self, by: int) -> None:
        self._at += by
        await self._show()

    async def _read(self, entry: Entry) -> tuple[Entry | None, Reading | None]:
        """The file as it is now, None when it is gone, and what was read in it."""
        async with acting(self._account) as (session, account):
            found = await service.find(session, account, [entry.id])
            reading = await readings.of_file(session, Subject.of_account(account), PRIVATE, entry.id)
            return (found[0] if found else None), reading

    async def _show(self) -> None:
        entry, reading = self._entries[self._at], None
        there: Entry | None = entry
        with told():
            there, reading = await self._read(entry)
        self._card.clear()
        with self._card:
            with ui.element("div").classes("bb-row"):
                text(shown_name(entry), "dr-title bb-grow", tag="h2").props("data-testid=preview-name")
                ui.button(icon="close", color=None, on_click=self._dialog.close).props(
                    'flat round dense aria-label="关上" data-testid=close-preview'
                )
            if there is None:
                with empty("link_off", "这份文件已经不在了。"):
                    text("它可能被撤回、删掉或清除了，或者你已经不在那个群里。", "bb-small")
                return
            self._entries[self._at] = entry = there
            about = (entry.sender, place_name(entry), local_time(entry.sent_at), kind_name(entry.kind), facts(entry))
            text(" · ".join(filter(None, about)), "bb-soft bb-small")
            with ui.element("div").classes("dr-stage"):
                layer = await self._stage(entry, reading)
            if entry.stored and entry.kind in readings.JOBS and entry.kind != FileKind.TEXT:
                self._writing(entry, reading, layer)
            self._buttons(entry)

    async def _stage(self, entry: Entry, reading: Reading | None) -> ui.element | None:
        """Shows the file itself; tells the layer of a picture's writing."""
        address, opens = f"/files/{entry.id}", entry.mime in SAFE_INLINE
        if not entry.stored:
            self._absent(entry)
        elif entry.kind == FileKind.IMAGE and opens:
            if reading is not None and reading.lines and reading.width and reading.height:
                return read_text.picture(reading, address, shown_name(entry), self._mark, _hide(entry))
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
        elif entry.kind in _WRITTEN and reading is not None and reading.text.strip():
            read_text.document(reading, self._mark, _hide(entry))
        else:
            self._first_page(entry, entry.problem or "这种文件网页里看不了，下载后打开。")
        return None

    def _writing(self, entry: Entry, reading: Reading | None, layer: ui.element | None) -> None:
        """What can be done with the text of the file, or why there is none."""
        if words := read_text.state_words(entry.kind, reading):
            text(words, "bb-soft bb-small").props("data-testid=read-state role=status")
        elif reading is not None and entry.kind not in _WRITTEN:
            read_text.below(entry.kind, reading, layer, self._mark, _hide(entry))
        if reading is None:

            async def look() -> None:
                with told():
                    there, now_read = await self._read(entry)
                    if there is None or now_read is not None:
                        await self._show()

            ui.timer(_PACE, look, immediate=False)

    def _absent(self, entry: Entry) -> None:
        ui.icon(kind_icon(entry.kind)).classes("dr-big")
        text(state_words(entry))
        if entry.state == FileState.FAILED and (again := self._retry) is not None:

            async def retry() -> None:
                self._dialog.close()
                await again(entry)

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
        with ui.element("pre").classes("dr-text").props("data-testid=preview-text tabindex=0"):
            marked(words or "（空的）", spans(words, self._mark))
        if cut:
            text("只显示了开头，完整的请下载。", "bb-soft bb-small")

    def _buttons(self, entry: Entry) -> None:
        with ui.element("div").classes("dr-buttons"):
            steps = (("chevron_left", -1, "上一个"), ("chevron_right", 1, "下一个"))
            for icon, by, words in steps if len(self._entries) > 1 else ():
                step = ui.button(icon=icon, color=None, on_click=lambda by=by: self._step(by))
                step.props(f'flat round dense aria-label="{words}"')
                step.set_enabled(0 <= self._at + by < len(self._entries))
            ui.space()
            if entry.mine and (throw := self._throw_away) is not None:

                async def throw_away() -> None:
                    if await throw([entry]):
                        self._dialog.close()

                ui.button(icon="delete_outline", color=None, on_click=throw_away).props(
                    'flat round dense aria-label="放进回收站" data-testid=preview-throw-away'
                )
            if not entry.stored:
                return
            if (share := self._share) is not None:
                ui.button(icon="share", color=None, on_click=lambda: share([entry])).props(
                    'flat round dense aria-label="分享" data-testid=preview-share'
                )
            if entry.mime in SAFE_INLINE:
                ui.button("打开", icon="open_in_new", color=None).props(
                    f"flat dense no-caps href=/files/{entry.id} target=_blank rel=noopener data-testid=preview-open"
                )
            ui.button("下载", icon="download").props(
                f"unelevated dense no-caps href=/files/{entry.id}?download=1 data-testid=preview-download"
            )


def _hide(entry: Entry) -> read_text.Hide:
    """What was sent to a room has left it here; what was sent in private is one's own."""
    return str if entry.room_id is None else masked
