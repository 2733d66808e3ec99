"""What one writes with in the simulator: text, mentions, a quote, pictures and files."""

import asyncio

from nicegui import events, ui
from sqlalchemy.ext.asyncio import AsyncSession

from botbay import storage
from botbay.chat import simulator
from botbay.chat.simulator_phone import ChatHead, Line, digest
from web.layout import text
from web.pages.simulator_parts import face
from web.pages.simulator_phone import Phone, Screen

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
#: What else can be sent; what is written is its content.
SPECIAL = {
    "link": "链接",
    "card": "名片",
    "emoticon": "表情",
    "location": "位置",
    "transfer": "转账",
    "red_packet": "红包",
}
_VOICES = (".amr", ".silk", ".slk")

#: Enter sends, Shift+Enter is a new line; the Enter that ends a Chinese input method's word does neither. What is sent
#: is gone here at once: an order to empty the box that comes later would take what is typed meanwhile.
_ON_KEY = """(e) => {
  if (e.key !== 'Enter' || e.shiftKey || e.isComposing || e.keyCode === 229) return;
  e.preventDefault();
  if (!e.target.value.trim()) return;
  emit(e.target.value);
  e.target.value = '';
  e.target.dispatchEvent(new Event('input'));
}"""


def kind_of(name: str, content_type: str) -> str:
    """As what WeChat would send a file: image, video, voice or file."""
    if content_type in PICTURES:
        return "image"
    if content_type.startswith("video/"):
        return "video"
    return "voice" if name.lower().endswith(_VOICES) else "file"


class Composer:
    def __init__(self, phone: Phone) -> None:
        self._phone = phone
        self._members: object = None
        self._chat: object = None
        self._sending = asyncio.Lock()
        self._box = ui.element("div").classes("sim-compose")
        self._box.visible = False
        with self._box:
            self._quoting = ui.element("div").classes("sim-quoting").props("data-testid=quoting")
            self._quoting.visible = False
            self._uploading = text("正在上传…", "bb-soft bb-small").props("role=status")
            self._uploading.visible = False
            with ui.element("div").classes("sim-tools"):
                pictures = self._upload("image/*,video/*", "upload-picture")
                files = self._upload("", "upload-file")
                self._at = ui.button(icon="alternate_email", color=None).props(
                    'flat round data-testid=at aria-label="提到某人"'
                )
                with self._at:
                    self._menu = ui.menu().classes("sim-choices")
                self._pick(pictures, "image", "图片或视频", "pick-picture")
                self._pick(files, "attach_file", "文件", "pick-file")
                more = ui.button(icon="add", color=None).props('flat round data-testid=more aria-label="把写的发成…"')
                with more, ui.menu().classes("sim-choices"):
                    for kind, name in SPECIAL.items():
                        item = ui.menu_item(f"发成{name}", lambda _, kind=kind: self._send_special(kind))
                        item.props(f"data-testid=send-{kind}")
                self._input = ui.textarea().props("borderless dense autogrow rows=1 data-testid=input")
                self._input.props["aria-label"] = "消息"
                self._input.on("keydown", self._enter, js_handler=_ON_KEY)
                send = ui.button("发送", on_click=self._send_written)
                send.props("unelevated data-testid=send").classes("sim-send")

    def _upload(self, accept: str, mark: str) -> ui.upload:
        upload = ui.upload(auto_upload=True, multiple=True, on_upload=self._uploaded).classes("hidden")
        upload.on("start", lambda: self._uploading.set_visibility(True))
        upload.on("finish", lambda: self._uploading.set_visibility(False))
        upload.on("rejected", lambda: ui.notify("这个文件不能从这里发。", type="warning", position="top"))
        return upload.props(f"data-testid={mark}" + (f' accept="{accept}"' if accept else ""))

    def _pick(self, upload: ui.upload, icon: str, name: str, mark: str) -> None:
        button = (
            ui.button(icon=icon, color=None).props(f'flat round data-testid={mark} aria-label="{name}"').tooltip(name)
        )
        # In the browser: it opens a file dialog only right after a click.
        button.on("click", js_handler=f"() => getElement({upload.id}).$refs.qRef.pickFiles()")

    # --- drawing ---

    def show(self, screen: Screen, head: ChatHead | None) -> None:
        """Be there for the open chat; gone when there is none to write in."""
        self._box.visible = head is not None
        if head is None:
            return
        place = (self._phone.me, head.chat)
        if place != self._chat:
            self._chat = place
            self._input.set_value("")
            self._paint_quote()
        self._at.visible = head.is_room
        members = [(seat.id, seat.shown) for seat in screen.seats if seat.id != self._phone.me]
        if members != self._members:
            self._members = members
            self._menu.clear()
            with self._menu:
                for seat in screen.seats:
                    if seat.id != self._phone.me:
                        with ui.menu_item(on_click=lambda _, who=seat: self._mention(who.id, who.shown)) as item:
                            item.props("data-testid=mention")
                            with ui.element("div").classes("sim-flex"):
                                face(seat.id, seat.name, bot=seat.is_bot, small=True)
                                text(seat.shown)

    def quote(self, line: Line) -> None:
        self._phone.quoting = line
        self._paint_quote()
        self._input.run_method("focus")

    def _paint_quote(self) -> None:
        line = self._phone.quoting
        self._quoting.clear()
        self._quoting.visible = line is not None
        if line is not None:
            with self._quoting:
                about = digest(line.kind, line.text, line.file_name, recalled=False)
                text(f"{line.talker}：{about}", "sim-cut sim-grow")
                close = ui.button(icon="close", color=None, on_click=self._unquote)
                close.props('flat round dense size=sm aria-label="不引用了"')

    def _unquote(self) -> None:
        self._phone.quoting = None
        self._paint_quote()

    # --- writing ---

    def _mention(self, contact_id: str, name: str) -> None:
        token = f"@{name}\u2005"
        self._phone.mentions[token] = contact_id
        self._input.set_value((self._input.value or "") + token)
        self._input.run_method("focus")

    async def _enter(self, event: events.GenericEventArguments) -> None:
        await self._send(str(event.args))

    async def _send_written(self) -> None:
        words = str(self._input.value or "")
        self._input.set_value("")
        await self._send(words)

    async def _send(self, words: str) -> None:
        """Say what was written, which is no longer in the box; it comes back where it could not be said."""
        phone, chat, me = self._phone, self._phone.chat, self._phone.me
        if chat is None or me is None or not words.strip():
            return
        # Only what the @ button put in carries ids; a name typed by hand does not, as on many puppets.
        mentioned = {token: who for token, who in phone.mentions.items() if token in words}
        ids, quoted = list(dict.fromkeys(mentioned.values())), phone.quoting
        phone.mentions.clear()
        self._unquote()

        async def work(session: AsyncSession) -> bool:
            quoted_id = None if quoted is None else quoted.id
            await simulator.say(session, chat, me, words.rstrip("\n"), mention_ids=ids, quoted_id=quoted_id)
            return True

        async with self._sending:  # in the order in which they were written
            said = await phone.do(work)
        if not said:
            self._input.set_value(words + str(self._input.value or ""))
            phone.mentions |= mentioned
            phone.quoting = quoted
            self._paint_quote()
        await phone.look()

    async def _send_special(self, kind: str) -> None:
        phone, chat, me, words = self._phone, self._phone.chat, self._phone.me, str(self._input.value or "")
        if chat is None or me is None:
            return

        async def work(session: AsyncSession) -> bool:
            await simulator.say_special(session, chat, me, kind, words.strip())
            return True

        if await phone.do(work):
            self._input.set_value("")
        await phone.look()

    async def _uploaded(self, event: events.UploadEventArguments) -> None:
        phone, chat, me, upload = self._phone, self._phone.chat, self._phone.me, event.file
        if chat is None or me is None:
            return

        file = await phone.attempt(lambda: simulator.keep_file(upload.name, upload.iterate()))
        if file is not None:
            kind = kind_of(upload.name, upload.content_type)
            sent = await phone.do(lambda session: simulator.say_file(session, chat, me, kind, file))
            if sent is None:
                await phone.attempt(lambda: storage.delete(file.key))
        if isinstance(event.sender, ui.upload):
            event.sender.reset()
        await phone.look()
