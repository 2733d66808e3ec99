"""``/minutes``: the minutes of one's rooms, those made or edited last first, and a way to new ones."""

from datetime import date, datetime, time, timedelta

from nicegui import ui
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.access import Subject
from botbay.chat.models import Account
from botbay.db import transaction
from botbay.settings import load_settings
from web.layout import empty, frame, link, local_time, pill, text, told
from web.live import follow
from web.pages import minutes_one
from web.pages.drive_words import day_words
from web.pages.minutes_history import made_by
from web.pages.minutes_new import NewForm
from web.session import SignedIn, acting
from workers.archive.service import Standing, standing
from workers.minutes import parts, service
from workers.minutes.service import Stored

_PAGE = 30


class _Page:
    """One open page."""

    def __init__(self, account: Account, standing: Standing, room_id: int | None) -> None:
        self._account = account
        self._standing = standing
        self._room_id = room_id
        self._day: date | None = None
        self._shown: list[Stored] = []
        self._more = False

    async def build(self) -> None:
        with frame("纪要", subtitle="群里说定了什么、谁要做什么、还有什么没答。每一条都能点开看原话。"):
            if self._standing.recording:
                rooms = [room for room in self._standing.rooms if room.recording_at is not None]
                NewForm(self._account, rooms, self._room_id)
            if self._standing.rooms:
                self._filters()
            self._days = ui.element("div").classes("mi-days")
            self._rest = ui.element("div").classes("mi-rest")
        await self._load()
        follow(self._look)

    def _filters(self) -> None:
        names = {0: "所有群", **{room.id: room.topic or "没有名字的群" for room in self._standing.rooms}}
        with ui.element("div").classes("mi-filters"):
            room = ui.select(names, value=self._room_id or 0, label="哪个群").props("outlined dense")
            room.props("data-testid=filter-room").on_value_change(lambda event: self._go(room_id=event.value or None))
            day = ui.input("从哪天往前看").props("type=date stack-label clearable outlined dense")
            day.props("data-testid=filter-day").on_value_change(lambda event: self._go(day=_day(event.value)))

    async def _go(self, **change: object) -> None:
        self._room_id = change.get("room_id", self._room_id)  # type: ignore[assignment]
        self._day = change.get("day", self._day)  # type: ignore[assignment]
        await self._load()

    # --- what is shown ---

    async def _read(self, session: AsyncSession, account: Account, count: int) -> list[Stored]:
        """As many, and one more if there are older ones."""
        before = None
        if self._day is not None:
            before = datetime.combine(self._day + timedelta(days=1), time(), load_settings().zone)
        return await service.list_of(
            session, Subject.of_account(account), self._room_id, before=before, limit=count + 1
        )

    async def _load(self, count: int = _PAGE) -> None:
        with told():
            async with acting(self._account) as (session, account):
                self._take(await self._read(session, account, count), count)

    async def _look(self) -> None:
        """Show what has changed since."""
        count = max(_PAGE, len(self._shown))
        async with transaction() as session:
            found = await self._read(session, self._account, count)
        if _ordered(found[:count]) != self._shown:
            self._take(found, count)

    def _take(self, found: list[Stored], count: int) -> None:
        self._shown, self._more = _ordered(found[:count]), len(found) > count
        self._days.clear()
        self._rest.clear()
        by_day: dict[str, list[Stored]] = {}
        for stored in self._shown:
            by_day.setdefault(day_words(stored.made_at), []).append(stored)
        with self._days:
            for words, some in by_day.items():
                with ui.element("section").props("data-testid=day"):
                    text(words, "mi-heading", tag="h2")
                    with ui.element("div").classes("mi-list"):
                        for stored in some:
                            _entry(stored)
        with self._rest:
            if self._more:
                ui.button("看更早的", icon="expand_more", on_click=lambda: self._load(len(self._shown) + _PAGE)).props(
                    "flat data-testid=more"
                )
            elif not self._shown:
                self._nothing()

    def _nothing(self) -> None:
        """Says why there is nothing, and what to do about it."""
        if not self._standing.bound:
            with empty("link_off", "还不知道哪个微信是你：绑定以后，你在的群的纪要会出现在这里。"):
                link("去绑定", "/bind")
        elif not self._standing.recording:
            with empty("groups", "还没有记录任何群，也就没有纪要。"):
                text("把机器人拉进群，由群主或拉它进群的人说「开始记录」。", "bb-small")
        elif self._day is not None:
            with empty("event_busy", "那一天和之前都没有纪要。"):
                pass
        else:
            with empty("summarize", "还没有人要过纪要。"):
                text("在群里 @我 说「今天的纪要」，或者就在上面点「出纪要」。", "bb-small")


def _ordered(found: list[Stored]) -> list[Stored]:
    """Those made or edited last first."""
    return sorted(found, key=lambda stored: (stored.made_at, stored.id), reverse=True)


def _entry(stored: Stored) -> None:
    minutes = stored.document
    with ui.element("a").classes("mi-entry").props(f"href=/minutes/{stored.id} data-testid=minutes-{stored.id}"):
        with ui.element("div").classes("bb-grow"):
            text(parts.title(minutes), "mi-name")
            text(f"{parts.clean(minutes.room)} · {parts.span(minutes.since, minutes.until)}", "bb-soft bb-small")
            with ui.element("div").classes("mi-counts"):
                for count, name in (
                    (len(minutes.decisions), "个决定"),
                    (len(minutes.todos), "件待办"),
                    (len(minutes.questions), "个问题"),
                ):
                    if count:
                        pill(f"{count} {name}", "good" if name == "件待办" else "")
                if minutes.gaps:
                    pill("中间掉过线", "warn")
                if stored.edited_by:
                    pill(f"{made_by(stored.edited_by)}，{local_time(stored.made_at)}")
        ui.icon("chevron_right")


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def register() -> None:
    minutes_one.register()

    @ui.page("/minutes")
    async def minutes(account: SignedIn, room: int = 0) -> None:
        ui.add_css(minutes_one.CSS)
        async with transaction() as session:
            found = await standing(session, account)
        room_id = room if room in {each.id for each in found.rooms} else None
        await _Page(account, found, room_id).build()
