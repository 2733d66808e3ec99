"""``/todos.ics``: what somebody has to do as a calendar (RFC 5545), to download, and by a secret address to subscribe to."""

import asyncio
import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from fastapi import APIRouter, HTTPException
from fastapi.responses import Response
from icalendar import Calendar, Event, Timezone, Todo, vDuration, vRecur

from botbay.chat.models import Account
from botbay.db import now, transaction
from botbay.settings import load_settings
from web.file_answers import disposition
from web.pages.todos_items import Entry, open_entries, rule, zone_of
from web.session import SignedIn
from workers.reminders import links
from workers.reminders.slots import Series

router = APIRouter()
_READ = ["GET", "HEAD"]
#: What is under an address is nobody else's to know: not where it came from, not to robots.
_QUIET = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow, noarchive"}
_TYPE = "text/calendar; charset=utf-8"
#: How often calendars should look again.
_PACE = timedelta(minutes=30)
_SHOWN = timedelta(minutes=15)
#: For so long the holidays that a rule leaves out are named.
_HORIZON = timedelta(days=400)
_RDATE = "RDATE:"
_YEARS_AHEAD = 11


@router.api_route("/todos.ics", methods=_READ)
async def download(account: SignedIn) -> Response:
    headers = {"Content-Disposition": disposition("todos.ics", inline=False), "Cache-Control": "private, no-cache"}
    return Response(await _of(account), media_type=_TYPE, headers=headers)


@router.api_route("/todos/{token}.ics", methods=_READ)
async def subscribed(token: str) -> Response:
    async with transaction() as session:
        account = await links.reader(session, token)
    if account is None:
        raise HTTPException(404)
    headers = {"Content-Disposition": disposition("todos.ics", inline=True), "Cache-Control": "private, no-cache"}
    return Response(await _of(account), media_type=_TYPE, headers={**headers, **_QUIET})


async def _of(account: Account) -> bytes:
    async with transaction() as session:
        entries = await open_entries(session, account)
    return await asyncio.to_thread(render, entries, zone_of(account), now())


def render(entries: Sequence[Entry], zone: ZoneInfo, moment: datetime) -> bytes:
    """The calendar file: what has a time is an event, by the clock of ``zone``; what has none is a todo."""
    calendar = Calendar()
    calendar.add("prodid", "-//BotBay//todos//ZH")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", "BotBay 待办")
    calendar.add("x-wr-timezone", zone.key)
    calendar.add("refresh-interval", vDuration(_PACE), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(_PACE))
    for entry in entries:
        calendar.add_component(_component(entry, zone, moment))
    _add_zones(calendar, min([moment, *(entry.at for entry in entries if entry.at is not None)]), moment)
    data: bytes = calendar.to_ical()
    return data


def _add_zones(calendar: Calendar, since: datetime, moment: datetime) -> None:
    """What the zones that are used mean, for as long as reminders may lie ahead."""
    first, last = date(since.year - 1, 1, 1), date(moment.year + _YEARS_AHEAD, 1, 1)
    for zone in sorted(calendar.get_missing_tzids()):
        component = Timezone.from_tzid(zone, first_date=first, last_date=last)
        for change in component.subcomponents:
            # The library says when the clocks show after the change; RFC 5545 asks for what they show before it.
            gap = change.TZOFFSETTO - change.TZOFFSETFROM
            if gap > timedelta():
                change.DTSTART -= gap
                if (more := change.pop("RDATE", None)) is not None:
                    change.add("rdate", [each.dt - gap for each in more.dts])
        calendar.subcomponents.insert(0, component)


def _component(entry: Entry, zone: ZoneInfo, moment: datetime) -> Event | Todo:
    component = Todo() if entry.at is None else _event(entry, entry.at, zone)
    if entry.at is None:
        component.add("status", "NEEDS-ACTION")
    component.add("uid", f"{entry.key}@{_installation()}.botbay")
    component.add("dtstamp", moment.astimezone(UTC))
    component.add("summary", entry.what)
    component.add("description", "\n".join(filter(None, (rule(entry), entry.who, entry.place))))
    return component


def _event(entry: Entry, at: datetime, zone: ZoneInfo) -> Event:
    event = Event()
    event.add("transp", "TRANSPARENT")
    if entry.all_day:
        event.add("dtstart", at.astimezone(zone).date())
        return event
    if entry.series is None:
        event.add("dtstart", at.astimezone(zone))
    else:
        _recur(event, entry.series, at)
    event.add("duration", _SHOWN)
    return event


def _recur(event: Event, series: Series, at: datetime) -> None:
    """The times of a series from the slot ``at`` on, by the clock on the wall that it goes by."""
    wall = series.wall
    local = at.astimezone(wall).replace(tzinfo=None)
    if series.rule.startswith(_RDATE):
        slots = [slot.astimezone(wall) for slot in series.slots(at)]
        event.add("dtstart", local.replace(tzinfo=wall))
        if slots:
            event.add("rdate", slots)
    elif series.workdays:
        _workdays(event, series, at)
    else:
        # Where the clocks leave 2:30 out the slot is 3:30; the event begins with what the rule itself says.
        ahead = rrulestr(series.counted, dtstart=series.first).xafter(local - timedelta(hours=3), inc=True)
        same = (each for each in ahead if each.replace(tzinfo=wall).timestamp() >= at.timestamp())
        event.add("dtstart", next(same, local).replace(tzinfo=wall))
        event.add("rrule", _rule(series.counted, wall))


def _workdays(event: Event, series: Series, at: datetime) -> None:
    """Monday to Friday, less the holidays, and with the weekends that are worked: those that are known by now."""
    end = at.astimezone(series.zone) + _HORIZON
    local = at.astimezone(series.zone).replace(tzinfo=None)
    weekdays = rrulestr(series.rule, dtstart=series.first - timedelta(days=7))
    begin = weekdays.before(local, inc=True) or local
    ruled = {
        each.replace(tzinfo=series.zone).timestamp(): each
        for each in weekdays.between(begin, end.replace(tzinfo=None), inc=True)
    }
    worked = {
        slot.timestamp(): slot.astimezone(series.zone)
        for slot in takewhile(lambda each: each <= end, series.slots(at - timedelta(seconds=1)))
    }
    event.add("dtstart", begin.replace(tzinfo=series.zone))
    event.add("rrule", _rule(series.rule, series.zone))
    if left_out := [each.replace(tzinfo=series.zone) for key, each in ruled.items() if key not in worked]:
        event.add("exdate", left_out)
    if beside := [each for key, each in worked.items() if key not in ruled]:
        event.add("rdate", beside)


def _rule(text: str, wall: ZoneInfo) -> vRecur:
    """As RFC 5545 wants it: an UNTIL is in UTC where the start has a zone."""
    recur: vRecur = vRecur.from_ical(text)
    if until := recur.get("UNTIL"):
        recur["UNTIL"] = [each.replace(tzinfo=wall).astimezone(UTC) for each in until]
    return recur


def _installation() -> str:
    """Tells our entries from those of others; a child of the secret, which it does not tell."""
    return hmac.new(load_settings().secret().encode(), b"todo-calendar", hashlib.sha256).hexdigest()[:16]
