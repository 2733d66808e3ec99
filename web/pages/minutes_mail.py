"""Minutes by mail from their page: to one's own address, and what became of it."""

import asyncio
from uuid import uuid4

from nicegui import ui

from botbay.chat.access import PRIVATE, Subject
from botbay.chat.models import Account
from botbay.db import transaction
from botbay.settings import load_settings
from web.layout import link, note, text, told
from web.session import acting
from workers.mail import service as mail
from workers.mail.models import Mail, MailState
from workers.minutes import docx, forgetting, html, parts, service

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_PACE = 1.0  # seconds between looks at what became of a mail


class MailDialog:
    """Says where the mail will go, sends it once, and tells how that ended."""

    def __init__(self, account: Account, minutes_id: int) -> None:
        self._account = account
        self._minutes_id = minutes_id
        self._key = ""
        with ui.dialog() as self._dialog, ui.card().classes("mi-dialog").props("data-testid=mail-dialog"):
            self._body = ui.element("div").classes("mi-body")

    async def open(self) -> None:
        with told():
            async with acting(self._account) as (_, account):
                email = account.email
            self._key = f"minutes-page:{uuid4()}"
            self._body.clear()
            with self._body:
                text("发到我的邮箱", "mi-panel-title", tag="h2")
                if not mail.is_set_up(load_settings()):
                    note(mail.NOT_SET_UP).props("data-testid=mail-problem")
                elif not email:
                    text("还不知道你的邮箱。填好以后再来发。")
                    link("去「我的账号」填邮箱", "/me")
                else:
                    text(f"发到 {email}，附一份 Word 文档。").props("data-testid=mail-to")
                    self._told = ui.element("div")
                with ui.element("div").classes("bb-row"):
                    ui.space()
                    ui.button("关上", color=None, on_click=self._dialog.close).props("flat data-testid=close-mail")
                    if email and mail.is_set_up(load_settings()):
                        self._button = ui.button("发送", icon="send", on_click=self._send)
                        self._button.props("unelevated no-caps data-testid=send-mail")
            self._dialog.open()

    async def _send(self) -> None:
        self._button.set_enabled(False)
        with told():
            try:
                mail_id = await self._put()
            except (service.MinutesError, mail.MailError) as error:
                self._say(str(error), "bad")
            else:
                self._say("正在发…", "good")
                with self._body:
                    timer = ui.timer(_PACE, lambda: self._look(mail_id, timer))
                return
        self._button.set_enabled(True)

    async def _put(self) -> int:
        """Have it sent; the mail's id."""
        async with acting(self._account) as (session, account):
            stored = await service.get(session, Subject.of_account(account), PRIVATE, self._minutes_id)
        if stored is None:
            raise service.MinutesError("这份纪要现在看不到了。")
        minutes, base = stored.document, load_settings().public_url
        address = f"{base.rstrip('/')}/minutes/{stored.id}" if base else None
        paper = await asyncio.to_thread(docx.render, minutes)
        async with acting(self._account) as (session, account):
            sent = await mail.send(
                session,
                to=account.email or "",
                subject=parts.title(minutes),
                html=html.render(minutes, address),
                text=html.plain(minutes, address),
                attachments=[mail.Attachment(name=parts.file_name(minutes, "docx"), mime=_DOCX, content=paper)],
                conversation_id=None,
                key=self._key,
                sources=forgetting.sources(minutes),
            )
            return sent.id

    async def _look(self, mail_id: int, timer: ui.timer) -> None:
        """Tell how it ended, once it has."""
        async with transaction() as session:
            sent = await session.get(Mail, mail_id)
        if sent is None or sent.ended_at is None:
            if sent is not None and sent.reason:
                self._say(f"还没发出去：{sent.reason} 会自己再试。", "warn")
            return
        timer.deactivate()
        if sent.state == MailState.SENT:
            self._say(f"已发到 {sent.recipient}。", "good")
        elif sent.state == MailState.UNKNOWN:
            self._say("服务器没有回话，不知道到了没有。看一眼邮箱，没有就再发一次。", "warn")
        else:
            self._say(f"没发成：{sent.reason or '服务器不收。'}", "bad")

    def _say(self, words: str, kind: str) -> None:
        self._told.clear()
        with self._told:
            note(words, kind).props("data-testid=mail-fate")
