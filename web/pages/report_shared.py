"""``/r/…``: a report that somebody shared, for people without an account: figures and charts, nothing that was said."""

from fastapi.responses import Response
from nicegui import ui

from botbay.chat.lines import flat
from botbay.db import transaction
from botbay.zh.masking import masked
from web.layout import local_time, text
from web.pages import report_look
from web.pages.drive_link import ended_page
from web.pages.report_view import View
from web.report_links import share_of
from workers.report import shares, words

_HEAD = '<meta name="robots" content="noindex, nofollow"><meta name="referrer" content="no-referrer">'


def register() -> None:
    @ui.page("/r/{token}")
    async def shared(token: str) -> Response | None:
        opened = None
        if (share_id := share_of(token)) is not None:
            async with transaction() as session:
                opened = await shares.look(session, share_id)
        if opened is None:
            return ended_page()
        report = opened.report
        ui.add_head_html(_HEAD)
        report_look.put_on()
        ui.page_title(f"{words.title(report)} · BotBay")
        with ui.element("main").classes("bb-page rp-page"):
            with ui.element("div").classes("bb-brand"):
                ui.element("img").props('src=/static/mark.svg alt=""')
                text("BotBay", tag="span")
            with ui.element("div"):
                text(words.title(report), "bb-title", tag="h1")
                place = report.title or "所有群"
                text(" · ".join(filter(None, (masked(flat(place)), words.until(report)))), "bb-sub", tag="p")
                text(f"{opened.maker} 分享给你，{local_time(opened.expires_at)} 前有效", "bb-sub bb-small", tag="p")
            view = View(report, None)
            if report.total:
                view.show()
            else:
                view.gaps()
                text("这段时间没有人说话。", "bb-soft")
                if any(each.count for each in report.trend):
                    view.trend()
        return None
