"""``/reports``: what happened in one's rooms on a day, in a week, a month or any span; every figure opens what it counts."""

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from fastapi import HTTPException
from nicegui import ui

from botbay.chat.access import PRIVATE, Subject
from botbay.chat.models import Account, Room
from botbay.db import now, transaction
from botbay.settings import load_settings
from web.layout import empty, frame, link, local_time, text
from web.pages import report_look, report_shared, report_wanted
from web.pages.report_behind import BehindPanel
from web.pages.report_share import ShareDialog
from web.pages.report_view import View, Ways
from web.pages.report_wanted import Wanted
from web.session import SignedIn
from workers.archive.service import Standing, standing
from workers.report import service, words
from workers.report.document import Report
from workers.report.service import ReportError

_GRAINS = {"day": "日", "week": "周", "month": "月", "span": "自选"}


class _Page:
    """One open page. ``report`` is None where the span lies ahead, or no WeChat is bound."""

    def __init__(
        self, account: Account, standing: Standing, wanted: Wanted, zone: ZoneInfo, report: Report | None
    ) -> None:
        self._account = account
        self._standing = standing
        self._wanted = wanted
        self._zone = zone
        self._report = report
        self._today = now().astimezone(zone).date()

    def build(self) -> None:
        report = self._report
        title = "日报" if report is None else words.title(report)
        with frame(title, subtitle=self._about(), wide=True):
            if self._standing.rooms:
                self._controls()
            if report is None or not report.total:
                self._nothing()
            else:
                self._view(report).show()

    def _about(self) -> str:
        room = self._room
        place = "所有群" if room is None else room.topic or "没有名字的群"
        until = "" if self._report is None else words.until(self._report)
        return f"{place} · {until}" if until else place

    @property
    def _room(self) -> Room | None:
        return next((room for room in self._standing.rooms if room.id == self._wanted.room_id), None)

    def _view(self, report: Report) -> View:
        def day(of: date) -> str:
            return replace(self._wanted, grain="day", day=of, last=of).path

        return View(report, Ways(behind=BehindPanel(self._account, report), day=day))

    # --- which report ---

    @property
    def _of_today(self) -> str:
        return replace(self._wanted, grain="day", day=self._today).path

    def _controls(self) -> None:
        with ui.element("div").classes("rp-controls rp-screen"):
            grain = ui.toggle(_GRAINS, value=self._wanted.grain).props("no-caps unelevated data-testid=grain")
            grain.on_value_change(lambda event: self._go(self._wanted.changed(event.value, self._zone, self._today)))
            with ui.element("div").classes("rp-step"):
                self._step("chevron_left", "更早", "earlier", self._wanted.moved(-1, self._zone))
                self._days()
                self._step("chevron_right", "更晚", "later", self._wanted.moved(1, self._zone))
                first, last = self._wanted.days(self._zone)
                if self._wanted.grain != "span" and not first <= self._today <= last:
                    ui.button("今天", color=None).props(f"flat dense href={self._of_today} data-testid=today")
            if len(self._standing.rooms) > 1:
                rooms = {0: "所有群", **{room.id: room.topic or "没有名字的群" for room in self._standing.rooms}}
                room = ui.select(rooms, value=self._wanted.room_id or 0, label="哪个群")
                room.props("outlined dense data-testid=room").classes("rp-room")
                room.on_value_change(lambda event: self._go(replace(self._wanted, room_id=event.value or None)))
            if self._report is not None and self._report.total:
                self._tools(self._report)

    def _step(self, icon: str, name: str, mark: str, to: Wanted) -> None:
        button = ui.button(icon=icon, color=None).props(f'flat round dense aria-label="{name}" data-testid={mark}')
        first, _ = to.days(self._zone)
        if first > self._today or first.year < report_wanted.FIRST.year:
            button.disable()
        else:
            button.props(f"href={to.path}")

    def _days(self) -> None:
        if self._wanted.grain != "span":
            field = ui.input(value=self._wanted.day.isoformat()).props('type=date aria-label="哪一天" data-testid=on')
            field.props(f"outlined dense max={self._today.isoformat()}")
            field.on_value_change(lambda event: self._on(str(event.value or "")))
            return
        since = ui.input(value=self._wanted.day.isoformat()).props('aria-label="从哪天" data-testid=since')
        text("到", "bb-soft", tag="span")
        until = ui.input(value=self._wanted.last.isoformat()).props('aria-label="到哪天" data-testid=until')
        for field in (since, until):
            field.props("type=date outlined dense")
            field.on_value_change(lambda: self._between(str(since.value or ""), str(until.value or "")))

    def _on(self, value: str) -> None:
        if (day := report_wanted.day_of(value)) is not None and day != self._wanted.day:
            self._go(replace(self._wanted, day=day))

    def _between(self, since: str, until: str) -> None:
        """Somebody who types a date passes through years that nobody means: those wait."""
        first, last = report_wanted.day_of(since), report_wanted.day_of(until)
        if first is None or last is None or (first, last) == (self._wanted.day, self._wanted.last):
            return
        if first > last:
            ui.notify("开始要早于结束。", type="warning", position="top")
        elif (last - first).days >= report_wanted.LONGEST:
            ui.notify("一次最多看一年，把开始的日子往后挪一挪。", type="warning", position="top")
        else:
            self._go(replace(self._wanted, day=first, last=last))

    def _go(self, wanted: Wanted) -> None:
        ui.navigate.to(wanted.path)

    def _tools(self, report: Report) -> None:
        sharing = ShareDialog(self._account, report, str(ui.context.client.request.base_url).rstrip("/"))
        with ui.element("div").classes("mi-tools rp-tools"):
            ui.button("分享", icon="share", color=None, on_click=sharing.open).props(
                "outline no-caps data-testid=share"
            )
            ui.button("打印", icon="print", color=None).props("outline no-caps data-testid=print").on(
                "click", js_handler="() => window.print()"
            )

    # --- nothing to show ---

    def _nothing(self) -> None:
        """Says why there is nothing, and what to do about it."""
        if not self._standing.bound:
            with empty("link_off", "还不知道哪个微信是你：绑定以后，你在的群的日报会出现在这里。"):
                link("去绑定", "/bind")
            return
        if self._report is None:
            with empty("event", "那天还没到，到时候再来看。"):
                link("看今天的", self._of_today)
            return
        view = self._view(self._report)
        view.gaps()
        self._quiet(self._report)
        if any(each.count for each in self._report.trend):
            view.trend()

    def _quiet(self, report: Report) -> None:
        room = self._room
        rooms = [room] if room is not None else self._standing.rooms
        begun = min((each.recording_at for each in rooms if each.recording_at is not None), default=None)
        if begun is None:
            where = "还没有记录任何群，也就没有日报。" if room is None else "这个群没有在记录，也就没有日报。"
            with empty("groups", where):
                how = "把机器人拉进群，" if room is None else ""
                text(f"{how}由群主或拉它进群的人说「开始记录」，之后这里就有了。", "bb-small")
        elif begun >= report.until:
            with empty("history_toggle_off", "那时还没有开始记录。"):
                text(f"从 {local_time(begun)} 起才有记录。", "bb-small")
        else:
            still = "还" if report.open else ""
            with empty("chat_bubble_outline", f"这段时间{still}没有人说话，没什么可报的。"):
                pass


async def _report(account: Account, wanted: Wanted, zone: ZoneInfo) -> Report | None:
    """The one that is wanted; None where it lies ahead. A room that may not be read is no room: 404."""
    span = wanted.span(zone)
    if span.since > now():
        return None
    async with transaction() as session:
        if wanted.room_id is None:
            return (await service.of_person(session, account, span)).report
        try:
            subject = Subject.of_account(account)
            return (await service.of_room(session, subject, PRIVATE, wanted.room_id, span)).report
        except ReportError:
            raise HTTPException(404) from None


def register() -> None:
    report_shared.register()

    @ui.page("/reports")
    async def reports(
        account: SignedIn, grain: str = "day", day: str = "", since: str = "", until: str = "", room: int = 0
    ) -> None:
        report_look.put_on()
        zone = ZoneInfo(account.timezone) if account.timezone else load_settings().zone
        async with transaction() as session:
            found = await standing(session, account)
        room_id = room if room in {each.id for each in found.rooms} else None
        wanted = report_wanted.read(grain, day, since, until, room_id, now().astimezone(zone).date())
        report = await _report(account, wanted, zone) if found.bound else None
        _Page(account, found, wanted, zone, report).build()

    @ui.page("/reports/{report_id:int}")
    async def stored(account: SignedIn, report_id: int) -> None:
        report_look.put_on()
        async with transaction() as session:
            found = await standing(session, account)
            kept = None
            if 0 < report_id < 2**63:
                kept = await service.get(session, Subject.of_account(account), PRIVATE, report_id)
        if kept is None:
            raise HTTPException(404)
        report = kept.report
        _Page(account, found, report_wanted.of_report(report), ZoneInfo(report.zone), report).build()
