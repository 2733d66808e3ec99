"""The calendar of ``/todos``: a month in a grid where there is room, else its days one below the other."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from nicegui import ui

from botbay.db import now
from web.layout import text
from web.pages import todos_rows
from web.pages.todos_acts import Acts
from web.pages.todos_items import Entry, group_of
from web.pages.todos_month import AHEAD, BACK, Slot, by_day, moved, weeks_of

_WEEKDAYS = "一二三四五六日"
#: So many lines of a day are shown in the month, and in the list.
_IN_CELL, _IN_LIST = 3, 6


def title(month: date) -> str:
    return f"{month.year}年{month.month}月"


def path_of(month: date) -> str:
    return f"/todos?view=calendar&month={month:%Y-%m}"


class MonthView:
    """One month. ``day_dialog`` lists a day; it stays open while what is behind it changes."""

    def __init__(self, month: date, zone: ZoneInfo, acts: Acts) -> None:
        self._month = month
        self._zone = zone
        self._acts = acts
        self._days: Mapping[date, Sequence[Slot]] = {}
        self._open: date | None = None
        self._body = ui.element("div").classes("td-month").props("data-testid=calendar")
        with (
            ui.dialog().on("hide", self._closed) as self._dialog,
            ui.card().classes("mi-dialog td-day-dialog").props("data-testid=day-dialog"),
        ):
            self._listed = ui.element("div").classes("mi-body")

    async def show(self, entries: Sequence[Entry], moment: datetime) -> None:
        weeks = weeks_of(self._month)
        self._days = await asyncio.to_thread(by_day, entries, weeks[0][0], weeks[-1][-1], self._zone)
        today = moment.astimezone(self._zone).date()
        self._body.clear()
        with self._body:
            self._steps(today)
            self._grid(weeks, today, moment)
            self._list(today, moment)
        if self._open is not None:
            self._fill(self._open, moment)

    def _steps(self, today: date) -> None:
        this = today.replace(day=1)
        with ui.element("div").classes("bb-row td-steps"):
            self._step("chevron_left", "上个月", "earlier", moved(self._month, -1), moved(this, -BACK))
            text(title(self._month), "td-month-name bb-strong").props("data-testid=month")
            self._step("chevron_right", "下个月", "further", moved(self._month, 1), moved(this, AHEAD))
            if self._month != this:
                ui.button("这个月", color=None).props(f"flat dense href={path_of(this)} data-testid=this-month")

    def _step(self, icon: str, name: str, mark: str, to: date, end: date) -> None:
        button = ui.button(icon=icon, color=None).props(f'flat round dense aria-label="{name}" data-testid={mark}')
        beyond = to < end if mark == "earlier" else to > end
        if beyond:
            button.disable()
        else:
            button.props(f"href={path_of(to)}")

    def _grid(self, weeks: Sequence[Sequence[date]], today: date, moment: datetime) -> None:
        with ui.element("div").classes("td-grid"):
            for name in _WEEKDAYS:
                text(name, "td-weekday")
            for week in weeks:
                for day in week:
                    self._cell(day, today, moment)

    def _cell(self, day: date, today: date, moment: datetime) -> None:
        slots = self._days.get(day, [])
        kind = "" if day.month == self._month.month else " td-other"
        cell = ui.element("button").classes(f"td-cell{kind}{' td-today' if day == today else ''}")
        cell.props(f'type=button data-testid=day-{day} aria-label="{day.month}月{day.day}日，{len(slots)} 件"')
        cell.on("click", lambda: self._show_day(day))
        with cell:
            text(str(day.day), "td-number", tag="span")
            for slot in slots[:_IN_CELL]:
                self._line(slot, moment)
            if len(slots) > _IN_CELL:
                text(f"还有 {len(slots) - _IN_CELL} 件", "td-more", tag="span")

    def _line(self, slot: Slot, moment: datetime) -> None:
        late = slot.entry.series is None and group_of(slot.entry, self._zone, moment) == "过期"
        with ui.element("span").classes(f"td-line{' td-late' if late else ''}"):
            if clock := slot.clock(self._zone):
                text(clock, "td-clock", tag="span")
            text(slot.entry.what, "td-what", tag="span")

    def _list(self, today: date, moment: datetime) -> None:
        days = [day for day in sorted(self._days) if day.month == self._month.month]
        with ui.element("div").classes("td-agenda").props("data-testid=agenda"):
            if not days:
                text("这个月还没有安排。", "bb-soft td-nothing")
            for number, day in enumerate(days):
                if number == 0 or day.isocalendar().week != days[number - 1].isocalendar().week:
                    monday = day.fromordinal(day.toordinal() - day.weekday())
                    sunday = day.fromordinal(monday.toordinal() + 6)
                    text(
                        f"{monday.month}月{monday.day}日到{sunday.month}月{sunday.day}日",
                        "mi-heading td-week",
                        tag="h2",
                    )
                self._agenda_day(day, today, moment)

    def _agenda_day(self, day: date, today: date, moment: datetime) -> None:
        slots = self._days[day]
        button = ui.element("button").classes(f"td-agenda-day{' td-today' if day == today else ''}")
        button.props(f"type=button data-testid=agenda-{day}").on("click", lambda: self._show_day(day))
        with button:
            with ui.element("span").classes("td-date"):
                text(str(day.day), "td-number", tag="span")
                text(f"周{_WEEKDAYS[day.weekday()]}", "bb-soft bb-small", tag="span")
            with ui.element("span").classes("td-lines"):
                for slot in slots[:_IN_LIST]:
                    self._line(slot, moment)
                if len(slots) > _IN_LIST:
                    text(f"还有 {len(slots) - _IN_LIST} 件", "td-more", tag="span")

    # --- a day ---

    def _show_day(self, day: date) -> None:
        self._open = day
        self._fill(day, now())
        self._dialog.open()

    def _closed(self) -> None:
        self._open = None

    def _fill(self, day: date, moment: datetime) -> None:
        slots = self._days.get(day, [])
        self._listed.clear()
        with self._listed:
            with ui.element("div").classes("bb-row"):
                text(f"{day.month}月{day.day}日 周{_WEEKDAYS[day.weekday()]}", "mi-panel-title bb-grow", tag="h2")
                ui.button(icon="close", color=None, on_click=self._dialog.close).props(
                    'flat round dense aria-label="关上" data-testid=close-day'
                )
            if not slots:
                text("这天没有安排。", "bb-soft").props("data-testid=free-day")
                return
            with ui.element("div").classes("mi-list"):
                for slot in slots:
                    clock = slot.clock(self._zone)
                    todos_rows.row(slot.entry, "" if slot.often else clock or "全天", self._zone, moment, self._acts)
