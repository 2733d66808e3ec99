"""The form of ``/minutes`` that asks for new ones: of which room, and from when to when."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from nicegui import ui

from botbay.chat.access import PRIVATE, Subject
from botbay.chat.models import Account, Room
from botbay.db import now
from botbay.settings import load_settings
from web.layout import card, told
from web.session import acting
from workers.minutes import service

_SPANS = {"today": "今天", "yesterday": "昨天", "three": "近三天", "own": "自选"}


class NewForm:
    def __init__(self, account: Account, rooms: Sequence[Room], room_id: int | None) -> None:
        self._account = account
        names = {room.id: room.topic or "没有名字的群" for room in rooms}
        with card("出一份纪要", mark="new"), ui.element("div").classes("mi-form"):
            self._room = ui.select(names, value=room_id if room_id in names else next(iter(names)), label="哪个群")
            self._room.props("outlined dense data-testid=new-room").classes("mi-room")
            self._span = ui.toggle(_SPANS, value="today").classes("mi-spans")
            self._span.props("no-caps unelevated toggle-color=primary color=grey-2 text-color=grey-9")
            self._span.props("data-testid=new-span")
            with ui.element("div").classes("mi-times") as own:
                today = datetime.combine(now().astimezone(load_settings().zone).date(), time())
                self._since = ui.input("从", value=f"{today:%Y-%m-%dT%H:%M}")
                self._until = ui.input("到（不填就到现在）")
                for field, mark in ((self._since, "since"), (self._until, "until")):
                    field.props(f"type=datetime-local outlined dense stack-label data-testid=new-{mark}")
            own.bind_visibility_from(self._span, "value", value="own")
            self._button = ui.button("出纪要", icon="summarize", on_click=self._make)
            self._button.props("unelevated no-caps data-testid=make")

    async def _make(self) -> None:
        self._button.props("loading")
        try:
            with told():
                since, until = self._times()
                async with acting(self._account) as (session, account):
                    made = await service.minutes_of(
                        session, Subject.of_account(account), PRIVATE, int(self._room.value), since, until
                    )
                ui.navigate.to(f"/minutes/{made.id}")
        except service.MinutesError as error:
            ui.notify(str(error), type="warning", position="top", multi_line=True)
        finally:
            self._button.props(remove="loading")

    def _times(self) -> tuple[datetime, datetime | None]:
        """From when to when; the second is None for now. Raises MinutesError."""
        zone = load_settings().zone
        today = datetime.combine(now().astimezone(zone).date(), time(), zone)
        match self._span.value:
            case "yesterday":
                return today - timedelta(days=1), today
            case "three":
                return today - timedelta(days=2), None
            case "own":
                return _own(str(self._since.value or ""), str(self._until.value or ""))
        return today, None


def _own(since: str, until: str) -> tuple[datetime, datetime | None]:
    zone = load_settings().zone
    try:
        start = datetime.fromisoformat(since).replace(tzinfo=zone)
        end = datetime.fromisoformat(until).replace(tzinfo=zone) if until else None
    except ValueError:
        raise service.MinutesError("时间没有填全：选好从哪天几点开始。") from None
    if start >= (end or now()):
        raise service.MinutesError("开始要早于结束。")
    return start, end
