"""How a report is shown: figures, charts and lists; where it is the reader's own, each opens what it counts."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from nicegui import ui
from nicegui.events import EChartPointClickEventArguments

from botbay.chat.lines import flat as _flat
from botbay.zh.masking import masked
from web.layout import card, local_time, note, pill, text
from web.pages import report_charts
from web.pages.report_behind import BehindPanel
from workers.report import words
from workers.report.behind import Figure
from workers.report.document import FileEntry, Mention, Report, TodoEntry

#: Rooms and people that are shown before somebody asks for all.
_TOP = 15
_FILE_ICON, _LINK_ICON = "insert_drive_file", "link"


@dataclass(frozen=True, kw_only=True)
class Ways:
    """Where figures lead: ``behind`` lists their messages, ``day`` is the address of a day's report."""

    behind: BehindPanel
    day: Callable[[date], str]


class View:
    """``ways`` is None for whoever came by a link: there is nothing to open."""

    def __init__(self, report: Report, ways: Ways | None) -> None:
        self._report = report
        self._ways = ways
        self._zone = ZoneInfo(report.zone)

    def show(self) -> None:
        report = self._report
        self.gaps()
        self._totals()
        if report.mentions:
            self._mentions()
        with ui.element("div").classes("rp-two"):
            self._kinds()
            self._hours()
        self.trend()
        with ui.element("div").classes("rp-two"):
            with ui.element("div").classes("rp-stack"):
                if report.room_id is None:
                    self._rooms()
                if report.keywords:
                    self._keywords()
                if report.files:
                    self._brought("文件", "files", report.files, _FILE_ICON)
                if report.links:
                    self._brought("链接", "links", report.links, _LINK_ICON)
            self._people()
        with ui.element("div").classes("rp-two"):
            if report.todos:
                self._todos()
            if report.minutes:
                self._minutes()
            if report.joined:
                self._joined()

    def gaps(self) -> None:
        """When the bot was deaf."""
        for gap in self._report.gaps:
            note(f"{gap}。").props("data-testid=gap")

    # --- numbers ---

    def _totals(self) -> None:
        report = self._report
        with ui.element("section").classes("rp-totals").props("data-testid=totals"):
            self._total("messages", report.total, "条消息", words.change(report), Figure())
            self._total("people", report.people_count, "人说过话", goes="people")
            if report.room_id is None:
                self._total("rooms", len(report.rooms), "个群有人说话", goes="rooms")
            if report.mentions:
                waiting = sum(not each.answered for each in report.mentions)
                about = f"{waiting} 次还没回" if waiting else "都回了"
                self._total("mentions", len(report.mentions), "次 @ 我", about, goes="mentions")
            if report.todos:
                mine = sum(each.mine for each in report.todos)
                self._total("todos", len(report.todos), "件待办", f"{mine} 件是我的" if mine else "", goes="todos")

    def _total(
        self, mark: str, count: int, name: str, about: str = "", figure: Figure | None = None, *, goes: str = ""
    ) -> None:
        with ui.element("a" if goes else "div").classes("rp-total").props(f"data-testid=total-{mark}") as element:
            with ui.element("div"):
                text(words.number(count), "rp-number", tag="span")
                text(name, "rp-unit", tag="span")
            if about:
                text(about, "bb-soft bb-small")
        if goes:
            element.props(f"href=#report-{goes}")
        elif figure is not None and count:
            self._opens(element, "全部消息", figure)

    def _kinds(self) -> None:
        counts = [each for each in self._report.kinds if each.count]
        with card("发的是什么", mark="kinds"), ui.element("div").classes("rp-kinds"):
            self._chart(
                report_charts.kinds(counts),
                "rp-ring",
                lambda place: self._list(f"{words.kind(counts[place].kind)}", Figure(kind=counts[place].kind)),
            )
            with ui.element("div").classes("rp-legend"):
                for each in counts:
                    with ui.element("div").classes("rp-line").props(f"data-testid=kind-{each.kind}") as element:
                        ui.element("i").style(f"background: {report_charts.COLOURS[each.kind]}")
                        text(words.kind(each.kind), "bb-grow", tag="span")
                        text(words.number(each.count), "rp-count", tag="span")
                        share = round(100 * each.count / self._report.total)
                        text(f"{share}%" if share else "<1%", "rp-share", tag="span")
                    self._opens(element, words.kind(each.kind), Figure(kind=each.kind))

    def _hours(self) -> None:
        hours = self._report.hours
        with card("几点在说", mark="hours"):
            self._chart(
                report_charts.hours(hours),
                "rp-columns",
                lambda place: self._list(f"{place} 点到 {place + 1} 点", Figure(hour=place)) if hours[place] else None,
            )

    def trend(self) -> None:
        """The days of the report, and those before; each leads to its own report."""
        days = self._report.trend
        first = self._report.since.astimezone(self._zone).date()
        last = (self._report.until - timedelta(microseconds=1)).astimezone(self._zone).date()
        marked = [place for place, each in enumerate(days) if first <= each.day <= last]

        def go(place: int) -> None:
            assert self._ways is not None
            ui.navigate.to(self._ways.day(days[place].day))

        with card("每天多少条", mark="trend"):
            self._chart(report_charts.trend(days, marked=marked), "rp-columns", go)

    def _chart(
        self, options: report_charts.Options, shape: str, open_: Callable[[int], Awaitable[None] | None]
    ) -> None:
        """``open_`` is called with the place of the part that was touched."""

        def touched(event: EChartPointClickEventArguments) -> Awaitable[None] | None:
            return open_(event.data_index)

        chart = ui.echart(options, on_point_click=touched if self._ways else None, renderer="svg")
        chart.classes(f"rp-chart {shape}")

    # --- rooms and people ---

    def _rooms(self) -> None:
        with _anchored("哪个群热闹", "rooms"):
            self._bars(
                [
                    (_shown(each.name) or "没有名字的群", each.count, Figure(room_id=each.room_id))
                    for each in self._report.rooms
                ],
                "个群",
            )

    def _people(self) -> None:
        with _anchored("谁说得多", "people"):
            self._bars(
                [
                    (
                        _shown(each.name) or "有人",
                        each.count,
                        None if each.contact_id is None else Figure(person_id=each.contact_id),
                    )
                    for each in self._report.people
                ],
                "人",
            )

    def _bars(self, entries: Sequence[tuple[str, int, Figure | None]], unit: str) -> None:
        """Names with their counts; those without a figure are only counted."""
        top = max((count for _, count, _ in entries), default=1)
        rest = entries[_TOP:]
        with ui.element("div").classes("rp-bars") as bars:
            for entry in entries[:_TOP]:
                self._bar(*entry, top)
        if not rest:
            return

        def all_() -> None:
            button.delete()
            with bars:
                for entry in rest:
                    self._bar(*entry, top)

        button = ui.button(f"还有 {len(rest)} {unit}", icon="expand_more", color=None, on_click=all_)
        button.props("flat dense no-caps data-testid=all-bars").classes("self-start")

    def _bar(self, name: str, count: int, figure: Figure | None, top: int) -> None:
        with ui.element("div").classes("rp-bar").props("data-testid=bar") as element:
            text(name, "rp-name", tag="span")
            text(words.number(count), "rp-count", tag="span")
            with ui.element("div").classes("rp-track"):
                kind = "" if figure is not None else "rp-unnamed"
                ui.element("div").classes(kind).style(f"width: {max(100 * count / top, 0.8):.1f}%")
        if figure is not None:
            self._opens(element, name, figure)

    # --- what was said and brought ---

    def _mentions(self) -> None:
        with _anchored("@ 我的", "mentions"), ui.element("div").classes("rp-rows"):
            for each in sorted(self._report.mentions, key=lambda each: each.answered):
                self._mention(each)

    def _mention(self, mention: Mention) -> None:
        with ui.element("div").classes("rp-row").props("data-testid=mention") as element:
            with ui.element("div").classes("bb-grow"):
                text(_shown(mention.text) or "@ 了你", "rp-said")
                where = " · ".join(
                    filter(None, (_shown(mention.who), _shown(mention.room), local_time(mention.at, self._zone)))
                )
                text(where, "bb-soft bb-small")
            if mention.answered:
                pill("回了")
            else:
                pill("还没回", "warn")
        self._opens_said(element, "@ 我的", [mention.message_id])

    def _keywords(self) -> None:
        with card("在聊什么", mark="keywords"), ui.element("div").classes("rp-cloud"):
            for each in self._report.keywords:
                size = 14 + 16 * min(max(each.weight, 0), 1)
                word = text(each.word, "rp-word", tag="span").style(f"font-size: {size:.1f}px")
                word.props("data-testid=keyword")
                self._opens(word, f"说到「{each.word}」", Figure(word=each.word))

    def _brought(self, title: str, mark: str, entries: Sequence[FileEntry], icon: str) -> None:
        with card(title, mark=mark), ui.element("div").classes("rp-rows"):
            for each in entries:
                with ui.element("div").classes("rp-row").props("data-testid=brought"):
                    ui.icon(icon).classes("rp-icon")
                    with ui.element("div").classes("bb-grow"):
                        self._name(each)
                        often = f"{each.count} 次" if each.count > 1 else ""
                        about = (_shown(each.who), _shown(each.room), local_time(each.at, self._zone), often)
                        text(" · ".join(filter(None, about)), "bb-soft bb-small")
                    self._look(each.name, each.source)

    def _name(self, entry: FileEntry) -> None:
        """The name, which opens the file in the drive or the link itself."""
        name = _shown(entry.name)
        if self._ways is None or not (entry.url or entry.file_id):
            text(name)
        elif entry.url:
            ui.link(name, entry.url, new_tab=True).classes("bb-link").props("rel='noopener noreferrer'")
        else:
            ui.link(name, f"/drive?file={entry.file_id}").classes("bb-link").props("data-testid=in-drive")

    def _todos(self) -> None:
        with _anchored("待办", "todos"), ui.element("div").classes("rp-rows"):
            for each in self._report.todos:
                self._todo(each)

    def _todo(self, todo: TodoEntry) -> None:
        with ui.element("div").classes("rp-row").props("data-testid=todo") as element:
            with ui.element("div").classes("bb-grow"):
                text(_shown(todo.what), "rp-said")
                about = (_shown(todo.who) or "没说谁做", todo.due, _shown(todo.room))
                text(" · ".join(filter(None, about)), "bb-soft bb-small")
            if todo.mine:
                pill("我的", "good")
        self._opens_said(element, "待办", todo.source)

    def _minutes(self) -> None:
        with card("纪要", mark="minutes"), ui.element("div").classes("rp-rows"):
            for each in self._report.minutes:
                since, until = each.since.astimezone(self._zone), each.until.astimezone(self._zone)
                end = f"{until:%H:%M}" if since.date() == until.date() else local_time(until, self._zone)
                with ui.element("a").classes("rp-row rp-opens").props(f"href=/minutes/{each.minutes_id}") as element:
                    with ui.element("div").classes("bb-grow"):
                        text(_shown(each.title) or "纪要", "rp-said")
                        text(f"{_shown(each.room)} · {local_time(since, self._zone)}–{end}", "bb-soft bb-small")
                    ui.icon("chevron_right").classes("rp-icon")
                element.props("data-testid=minutes-entry")

    def _joined(self) -> None:
        with card("新来的人", mark="joined"), ui.element("div").classes("rp-rows"):
            for each in self._report.joined:
                with ui.element("div").classes("rp-row"):
                    text(_shown(each.name), "bb-grow")
                    about = (_shown(each.room) if self._report.room_id is None else "", local_time(each.at, self._zone))
                    text(" · ".join(filter(None, about)), "bb-soft bb-small")

    # --- ways ---

    async def _list(self, title: str, figure: Figure) -> None:
        assert self._ways is not None
        await self._ways.behind.open(title, figure)

    def _opens(self, element: ui.element, title: str, figure: Figure) -> None:
        """A touch on the element lists the messages of a figure."""
        if (ways := self._ways) is not None:
            _button(element, lambda: ways.behind.open(title, figure))

    def _opens_said(self, element: ui.element, title: str, message_ids: Sequence[int]) -> None:
        if (ways := self._ways) is not None and message_ids:
            _button(element, lambda: ways.behind.open_said(title, message_ids))

    def _look(self, title: str, message_ids: Collection[int]) -> None:
        """A small button to the messages of an entry whose name leads elsewhere."""
        if (ways := self._ways) is not None and message_ids:
            ids = list(message_ids)
            button = ui.button(icon="forum", color=None, on_click=lambda: ways.behind.open_said(title, ids))
            button.props('flat round dense aria-label="看原话" data-testid=said').classes("rp-screen rp-icon")


def _shown(text: str) -> str:
    """What people call themselves, a room or a file, as it may be shown outside its room."""
    return masked(_flat(text))


@contextmanager
def _anchored(title: str, mark: str) -> Iterator[None]:
    """A card to which a total leads."""
    with card(title, mark=mark) as element:
        element.props(f"id=report-{mark}").classes("rp-anchored")
        yield


def _button(element: ui.element, do: Callable[[], Awaitable[None]]) -> None:
    element.classes("rp-opens").props("role=button tabindex=0 title=看原话")
    element.on("click", do).on("keydown.enter", do)
