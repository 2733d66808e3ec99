"""Minutes in chat: a short version, the whole as a link or a document, and by mail."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import minutes_words, request_times
from actions.base import Context, slots
from actions.letters import Letter
from actions.request_times import local_now, span_of
from actions.requests import Request
from botbay import storage
from botbay.chat import gaps, handing
from botbay.chat.access import Audience, Subject
from botbay.chat.models import Room
from botbay.db import now
from workers.mail import service as mail
from workers.mail.service import Attachment
from workers.minutes import docx, forgetting, html, parts, service, spans
from workers.minutes.service import MinutesError, Nothing, Stored

#: A talk that is told by its hour began up to so long before it, and went on for so long.
_BEFORE, _TALK = timedelta(minutes=15), timedelta(hours=3)
_SHORT = timedelta(hours=1)
#: Who never said a word that was kept is told of this much.
_UNHEARD = timedelta(days=1)
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What was asked for, found: the request with its span written down, the room, and the minutes."""

    request: Request
    room: Room
    stored: Stored


async def answer(
    context: Context, tracker: Tracker, request: Request, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    """Says the short version; the whole goes with it as a link, or else as a document."""
    asked = await _find(context, request, dispatcher)
    if asked is None:
        return []
    url = context.settings.public_url
    link = f"{url}/minutes/{asked.stored.id}" if url and context.private else None
    custom = None if link else await _document(context, asked)
    deaf = await _deaf(context, asked)
    if context.private:
        text = minutes_words.private(
            asked.stored.document,
            _shown(request),
            deaf,
            link,
            file=custom is not None,
            mail=mail.is_set_up(context.settings),
        )
    else:
        text = minutes_words.in_room(asked.stored.document, _shown(request), deaf, file=custom is not None)
    dispatcher.utter_message(text=text)
    if custom is not None:
        dispatcher.utter_message(json_message=custom)
    return slots(answered_request=asked.request.as_slot())


async def letter(context: Context, request: Request, dispatcher: CollectingDispatcher) -> Letter | None:
    """The minutes as a mail, with the document; None after saying why there are none."""
    asked = await _find(context, request, dispatcher)
    if asked is None:
        return None
    document = asked.stored.document
    url = context.settings.public_url
    link = f"{url}/minutes/{asked.stored.id}" if url else None
    content = await asyncio.to_thread(docx.render, document)
    return Letter(
        request=asked.request,
        about=minutes_words.about(document),
        holds="群里说过的话",
        subject=f"{parts.title(document)}（{parts.span(document.since, document.until)}）",
        html=html.render(document, link),
        text=html.plain(document, link),
        attachments=[Attachment(name=parts.file_name(document, "docx"), mime=_DOCX, content=content)],
        key=str(asked.stored.id),
        sources=forgetting.sources(document),
        here=lambda: _document(context, asked),
    )


# --- the minutes -------------------------------------------------------------------------------------------


async def _find(context: Context, request: Request, dispatcher: CollectingDispatcher) -> _Asked | None:
    """The minutes that were asked for; None where there are none, after saying why."""
    room = await context.session.get(Room, int(request.parts["room"]["id"]))
    subject, audience = _who(context)
    if room is None:
        dispatcher.utter_message(text=minutes_words.GONE)
        return None
    since, until = await _span(context, request, room)
    try:
        stored = await service.minutes_of(context.session, subject, audience, room.id, since, until)
    except Nothing as nothing:
        address = str(request.parts.get("email") or "") if request.intent == "mail_minutes" else ""
        text = minutes_words.nothing(
            room,
            nothing,
            _shown(request),
            since,
            context.settings.zone,
            private=context.private,
            address=address,
        )
        dispatcher.utter_message(text=text)
        return None
    except MinutesError as error:
        dispatcher.utter_message(text=str(error))
        return None
    return _Asked(request=_settled(request, room, since, until), room=room, stored=stored)


def _who(context: Context) -> tuple[Subject, Audience]:
    return Subject.of_contact(context.contact), Audience(room_id=context.room.id if context.room is not None else None)


def _shown(request: Request) -> str:
    """The time as it was asked for; empty where none was."""
    return str(request.parts["time"]["shown"]) if request.parts.get("time") else ""


def _settled(request: Request, room: Room, since: datetime, until: datetime | None) -> Request:
    """The request with its span as it was found: 也发我邮箱 is about the same one, though minutes were made since."""
    said = request.parts.get("time")
    if not said or "from" not in said:
        return request
    span = {"room": room.id, "since": since.isoformat(), "until": until.isoformat() if until is not None else None}
    return replace(request, parts={**request.parts, "time": {**said, "span": span}})


async def _span(context: Context, request: Request, room: Room) -> tuple[datetime, datetime | None]:
    """From when until when (itself outside; None: now); today where no time was said."""
    zone = context.settings.zone
    today = datetime.combine(local_now(context).date(), time(), zone)
    said: Mapping[str, Any] = request.parts.get("time") or {}
    subject, audience = _who(context)
    if (span := said.get("span")) and span["room"] == room.id:
        return datetime.fromisoformat(span["since"]), datetime.fromisoformat(span["until"]) if span["until"] else None
    match said.get("from"):
        case request_times.SINCE_MINUTES:
            since = await spans.reached(context.session, subject, audience, room.id)
            return since or today, None
        case request_times.SINCE_SPOKEN:
            since = await spans.spoke_last(context.session, subject, audience, room.id)
            return since or now() - _UNHEARD, None
    since, until = span_of(said, context) if said else (today, today + timedelta(days=1))
    if since is None:
        if until is None:
            return today, today + timedelta(days=1)
        local = (until - timedelta(microseconds=1)).astimezone(zone)
        since = datetime.combine(local.date(), time(), zone)  # 中午以前 means of that day
    if said.get("talk"):
        end = until or now()
        if end - since <= _SHORT:
            middle = since + (end - since) / 2
            since, end = middle - _BEFORE, middle + _TALK
        since, until = await spans.stretch(context.session, subject, audience, room.id, since, end)
    return since, until


async def _deaf(context: Context, asked: _Asked) -> str:
    """What may be missing, in one short line; empty where nothing is."""
    document, zone, at = asked.stored.document, context.settings.zone, now()
    missed = await gaps.gaps_of(context.session, [asked.room.id], document.since, document.until)
    told = [gaps.words(span, zone, at) for span in missed[:1]]
    if len(missed) > 1:
        told[0] += f"（这样的时间共 {len(missed)} 段）"
    began = asked.room.recording_at
    if began is not None and document.since < began < document.until:
        told.append(minutes_words.began(began, zone))
    return "；".join(told)


async def _document(context: Context, asked: _Asked) -> dict[str, Any] | None:
    """The minutes as a document to be handed over; None where storage is away just now."""
    document = asked.stored.document
    content = await asyncio.to_thread(docx.render, document)
    try:
        return await handing.prepare(
            context.session,
            context.turn.id,
            content,
            of=service.made_key(asked.stored.id),
            name=parts.file_name(document, "docx"),
            rooms=[asked.room.id],
        )
    except storage.StorageError:
        return None
