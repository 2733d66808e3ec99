"""The report in chat: six to ten lines in private, three in a room, with one picture; one figure where one is asked for."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import report_words
from actions.base import Context, slots
from actions.letters import Letter
from actions.request_parts import own_account
from actions.request_rooms import as_part, rooms_of
from actions.request_times import local_now, span_of
from actions.requests import Request
from botbay import storage
from botbay.chat import handing
from botbay.chat.access import Audience, Subject
from botbay.chat.models import Account, Room
from botbay.db import now
from workers.mail import service as mail
from workers.mail.service import Attachment
from workers.report import card, evening, html, service, spans
from workers.report.document import Report
from workers.report.service import ReportError, Stored
from workers.report.spans import Span

_JUST_NOW = timedelta(minutes=1)
#: Nobody has said anything in a year before this.
_FIRST = 1970


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What was asked for, found. ``room`` is None for a report over all rooms, which are ``rooms``."""

    request: Request
    stored: Stored
    room: Room | None
    rooms: tuple[int, ...]

    @property
    def report(self) -> Report:
        return self.stored.report


async def answer(
    context: Context, tracker: Tracker, request: Request, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    """Says the figures, and hands the picture over; the page as a link."""
    asked = await _find(context, request, dispatcher)
    if asked is None:
        return []
    settled = slots(answered_request=asked.request.as_slot())
    report = asked.report
    if report.total == 0:
        dispatcher.utter_message(text=await _nothing(context, asked))
        return settled
    if what := request.parts.get("figure"):
        if what == "mentions" and report.room_id is not None:
            if (calls := await _of_the_room(context, asked, dispatcher)) is None:
                return settled
            report = calls
        of, question = str(request.parts.get("of") or ""), str(request.parts["asked"])
        text = report_words.figure(report, str(what), question, of, me=context.contact.id)
        dispatcher.utter_message(text=text)
        return settled
    url = context.settings.public_url
    if context.private:
        link = f"{url}/reports/{asked.stored.id}" if url else None
        text = report_words.private(report, link, mail=mail.is_set_up(context.settings))
    else:
        text = report_words.in_room(report)
    dispatcher.utter_message(text=text)
    if (picture := await _picture(context, asked)) is not None:
        dispatcher.utter_message(json_message=picture)
    return settled


async def letter(context: Context, request: Request, dispatcher: CollectingDispatcher) -> Letter | None:
    """The report as a mail, with its charts in it; None after saying why there is none."""
    asked = await _find(context, request, dispatcher)
    if asked is None:
        return None
    report, url = asked.report, context.settings.public_url
    if report.total == 0:
        dispatcher.utter_message(text=await _nothing(context, asked))
        return None
    link = f"{url}/reports/{asked.stored.id}" if url else None
    body, pictures = await asyncio.to_thread(html.render, report, link)
    return Letter(
        request=asked.request,
        about=html.heading(report),
        holds="群里的情况",
        subject=html.heading(report),
        html=body,
        text=html.plain(report, link),
        attachments=[
            Attachment(name=f"{cid}.png", mime="image/png", content=content, cid=cid)
            for cid, content in pictures.items()
        ],
        key=service.made_key(asked.stored.id),
        sources=_sources(report),
        here=lambda: _picture(context, asked),
    )


async def _nothing(context: Context, asked: _Asked) -> str:
    """Why there is nothing: where none of the asker's rooms is kept, that is why."""
    if asked.room is None and all(room.recording_at is None for room in await rooms_of(context)):
        why = report_words.NOT_KEPT
    else:
        why = report_words.nothing(asked.report, asked.room, private=context.private)
    address = str(asked.request.parts.get("email") or "") if asked.request.intent == "mail_report" else ""
    return f"{why}没往 {address} 发。" if address else why


async def _of_the_room(context: Context, asked: _Asked, dispatcher: CollectingDispatcher) -> Report | None:
    """A room's report with who called the asker by @, which only the asker's own tells; None after saying why not."""
    account = await own_account(context.session, context)
    if not context.private or account is None:
        words = report_words.CALLS_IN_PRIVATE if not context.private else report_words.CALLS_UNBOUND
        dispatcher.utter_message(text=words)
        return None
    room, zone = asked.report, ZoneInfo(asked.report.zone)
    own = (await service.of_person(context.session, account, spans.between(room.since, room.until, zone))).report
    return room.model_copy(update={"mentions": tuple(each for each in own.mentions if each.room_id == room.room_id)})


def _sources(report: Report) -> list[int]:
    """The messages whose words a mail of the report holds."""
    said = [each.source for each in report.todos] + [each.source for each in (*report.files, *report.links)]
    return [*(each.message_id for each in report.mentions), *(message for source in said for message in source)]


async def _find(context: Context, request: Request, dispatcher: CollectingDispatcher) -> _Asked | None:
    """The report that was asked for; None after saying why there is none."""
    account = await own_account(context.session, context)
    zone = context.settings.zone if account is None else evening.zone_of(account)
    span = _span(context, request, zone)
    if span.since.year < _FIRST:
        dispatcher.utter_message(text=report_words.TOO_EARLY)
        return None
    if span.since > now():
        dispatcher.utter_message(text=report_words.AHEAD)
        return None
    if request.parts.get("unknown_room"):
        dispatcher.utter_message(text=f"没找到「{request.parts['unknown_room']}」，你和我都在的群里没有它。")
        return None
    room_id = await _room_id(context, request, account)
    if room_id is None and account is None:
        dispatcher.utter_message(
            text="几个群合在一起的日报，要先绑定账号才能看：跟我说「绑定账号」就行。只看一个群不用，比如「产品群的日报」。"
        )
        return None
    if room_id is None:
        assert account is not None
        stored = await service.of_person(context.session, account, span)
        rooms = tuple(room.id for room in await rooms_of(context))
        return _Asked(request=request, stored=stored, room=None, rooms=rooms)
    room = await context.session.get(Room, room_id)
    audience = Audience(room_id=context.room.id if context.room is not None else None)
    try:
        stored = await service.of_room(context.session, Subject.of_contact(context.contact), audience, room_id, span)
    except ReportError as error:
        dispatcher.utter_message(text=str(error))
        return None
    return _Asked(request=request, stored=stored, room=room, rooms=(room_id,))


async def _room_id(context: Context, request: Request, account: Account | None) -> int | None:
    """The room that is meant; None for all. Who has no account and shares one room only means that one."""
    if context.room is not None:
        return context.room.id
    if request.parts.get("room"):
        return int(request.parts["room"]["id"])
    rooms = await rooms_of(context) if account is None else []
    return int(as_part(rooms[0])["id"]) if len(rooms) == 1 else None


def _span(context: Context, request: Request, zone: ZoneInfo) -> Span:
    """The whole days that are meant; today where no time was said."""
    today = local_now(context, zone).date()
    said: Mapping[str, Any] = request.parts.get("time") or {}
    if not said:
        match request.parts.get("grain"):
            case "week":
                return spans.week(today, zone)
            case "month":
                return spans.month(today, zone)
        return spans.day(today, zone)
    since, until = span_of(said, context, zone)
    if since is None and until is None:
        return spans.day(today, zone)
    end = datetime.combine(today + timedelta(days=1), time(), zone)
    if since is None:
        assert until is not None
        since = datetime.combine((until - timedelta(microseconds=1)).date(), time(), zone)  # 中午以前 means of that day
    if until is None or abs(until - now()) < _JUST_NOW:  # 最近三天: today is one of them
        whole = until is not None and since.time() == time()
        since, until = datetime.combine(since.date() + timedelta(days=whole), time(), zone), end
    return spans.between(since, max(until, since + timedelta(minutes=1)), zone)


async def _picture(context: Context, asked: _Asked) -> dict[str, Any] | None:
    """The card to be handed over; None where storage is away just now."""
    content = await asyncio.to_thread(card.render, asked.report)
    try:
        return await handing.prepare(
            context.session,
            context.turn.id,
            content,
            of=service.made_key(asked.stored.id),
            name="日报.png",
            rooms=asked.rooms,
        )
    except storage.StorageError:
        return None
