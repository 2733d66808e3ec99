"""``/todos``: what one has to do, as a list and as a calendar, with what can be done with it and ways to take it along."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from nicegui import ui
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Account
from botbay.db import now, transaction
from web.layout import STATIC, card, empty, frame, link, text, told
from web.live import follow
from web.pages import todos_rows
from web.pages.todos_acts import Acts
from web.pages.todos_calendar import MonthView
from web.pages.todos_items import Entry, ended_entries, group_of, open_entries, zone_of
from web.pages.todos_month import AHEAD, BACK, moved
from web.pages.todos_sentence import TimeField
from web.pages.todos_subscribe import SubscribeDialog
from web.session import SignedIn, acting
from workers.archive.service import standing
from workers.reminders.service import ReminderError

_CSS = "\n".join((STATIC / name).read_text(encoding="utf-8") for name in ("minutes.css", "todos.css"))
_VIEWS = {"list": "清单", "calendar": "日历", "ended": "结束了的"}
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


class _Page:
    """One open page."""

    def __init__(self, account: Account, view: str, month: date, *, bound: bool) -> None:
        self._account = account
        self._zone: ZoneInfo = zone_of(account)
        self._view = view
        self._month = month
        self._bound = bound
        self._shown: object = None
        self._calendar: MonthView | None = None

    async def build(self) -> None:
        with frame("待办", subtitle="提醒和待办都在这里，到点它在微信里叫你。", wide=self._view == "calendar"):
            if not self._bound:
                with empty("link_off", "还不知道哪个微信是你：绑定以后，你的提醒和待办会出现在这里。"):
                    link("去绑定", "/bind")
                return
            self._acts = Acts(self._account, self._zone, self._load)
            if self._view != "ended":
                self._form()
            self._tools()
            self._body = ui.element("div").classes("mi-days").props("data-testid=todos")
            if self._view == "calendar":
                with self._body:
                    self._calendar = MonthView(self._month, self._zone, self._acts)
        await self._load()
        follow(self._look)

    def _form(self) -> None:
        with card(mark="add"):
            with ui.element("div").classes("td-add"):
                self._field = TimeField(
                    self._zone,
                    "加一条提醒",
                    "明天下午三点交报告，每周五下午五点交周报",
                    mark="sentence",
                    with_what=True,
                )
                button = ui.button("添加", icon="add", on_click=self._add)
                button.props("unelevated no-caps data-testid=add-it")
            self._field.input.on("keydown.enter", self._add)

    async def _add(self) -> None:
        sentence = self._field.said
        if not sentence:
            self._field.tell("写上什么时候、做什么，比如「明天下午三点交报告」。", good=False)
            return
        try:
            self._field.understood()
        except ReminderError as problem:
            self._field.tell(str(problem), good=False)
            return
        self._field.clear()  # at once: a second touch of the button sets no second one
        if not await self._acts.add(sentence):
            self._field.input.value = sentence

    def _tools(self) -> None:
        subscribing = SubscribeDialog(self._account, str(ui.context.client.request.base_url).rstrip("/"))
        with ui.element("div").classes("mi-tools td-tools"):
            view = ui.toggle(_VIEWS, value=self._view).props("no-caps unelevated data-testid=view")
            view.on_value_change(lambda event: ui.navigate.to(f"/todos?view={event.value}"))
            ui.space()
            ui.button("导出", icon="download", color=None).props(
                "outline no-caps href=/todos.ics download=todos.ics data-testid=export"
            )
            ui.button("订阅", icon="event_repeat", color=None, on_click=subscribing.open).props(
                "outline no-caps data-testid=subscribe"
            )

    # --- what is shown ---

    async def _read(self, session: AsyncSession, account: Account) -> list[Entry]:
        return await (ended_entries if self._view == "ended" else open_entries)(session, account)

    async def _load(self) -> None:
        with told():
            async with acting(self._account) as (session, account):
                entries = await self._read(session, account)
            await self._take(entries)

    async def _look(self) -> None:
        """Show what has changed since, and what has come by itself."""
        async with transaction() as session:
            entries = await self._read(session, self._account)
        if self._state(entries, now()) != self._shown:
            await self._take(entries)

    def _state(self, entries: Sequence[Entry], moment: datetime) -> object:
        today = moment.astimezone(self._zone).date()
        return today, [(group_of(entry, self._zone, moment), entry) for entry in entries]

    async def _take(self, entries: Sequence[Entry]) -> None:
        moment = now()
        self._shown = self._state(entries, moment)
        if self._calendar is not None:
            await self._calendar.show(entries, moment)
            return
        self._body.clear()
        with self._body:
            if not entries:
                self._nothing()
            elif self._view == "ended":
                todos_rows.ended(entries, self._zone)
            else:
                todos_rows.groups(entries, self._zone, moment, self._acts)

    def _nothing(self) -> None:
        if self._view == "ended":
            with empty("task_alt", "还没有结束了的提醒。"):
                pass
        else:
            with empty("task_alt", "没有等着的提醒和待办，挺清闲。"):
                text("在上面写一句，或者在微信里跟机器人说「明天下午三点提醒我开会」。", "bb-small")


def _month(value: str, today: date) -> date:
    """The month that an address names, as far as calendars go; this one where it names none."""
    this = today.replace(day=1)
    if (match := _MONTH.fullmatch(value)) is None:
        return this
    return min(max(date(int(match[1]), int(match[2]), 1), moved(this, -BACK)), moved(this, AHEAD))


def register() -> None:
    @ui.page("/todos")
    async def todos(account: SignedIn, view: str = "list", month: str = "") -> None:
        ui.add_css(_CSS)
        async with transaction() as session:
            found = await standing(session, account)
        today = now().astimezone(zone_of(account)).date()
        view = view if view in _VIEWS else "list"
        await _Page(account, view, _month(month, today), bound=found.bound).build()
