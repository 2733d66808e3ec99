"""Mailing what was asked for: to one's own address, or to another after a yes to that very address."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import minutes, report
from actions.base import Context, slots
from actions.heard import Heard
from actions.letters import Letter, Writer
from actions.request_parts import own_account
from actions.requests import Request
from actions.yes_no import agrees
from botbay.chat.models import Account
from workers.mail import service as mail
from workers.mail.service import Leave, MailError

_ADDRESSES = re.compile(r"[,，、;；\s]+")
_WRITERS: Mapping[str, Writer] = {"mail_minutes": minutes.letter, "mail_report": report.letter}


async def answer(
    context: Context, tracker: Tracker, request: Request, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    """Mails it; an address that is neither the asker's own nor allowed is asked about first."""
    letter = await _WRITERS[request.intent](context, request, dispatcher)
    if letter is None:
        return []
    settled = slots(answered_request=letter.request.as_slot())
    words = letter.request.feature.words
    if not mail.is_set_up(context.settings):
        custom = await letter.here()
        dispatcher.utter_message(text=f"{mail.NOT_SET_UP}{f'{words}先发在这里。' if custom is not None else ''}")
        if custom is not None:
            dispatcher.utter_message(json_message=custom)
        return settled
    account = await own_account(context.session, context)
    addresses = _addresses(request, account)
    if not addresses:
        dispatcher.utter_message(text=f"发到哪个邮箱？把地址和「{words}发到」一起说给我就行。")
        return settled
    try:
        strange = [each for each in addresses if mail.may_mail(context.settings, account, each) == Leave.ASK]
    except MailError as error:
        dispatcher.utter_message(text=str(error))
        return slots(answered_request=_without_email(letter.request).as_slot())
    if strange:
        how = "" if context.private else "@我 "
        to = "、".join(strange) if context.private else "你说的邮箱"
        dispatcher.utter_message(
            text=f"要发到 {to} 吗？这不是你自己的邮箱，{letter.about}里有{letter.holds}。{how}回「好」就发，不发回「不用」。"
        )
        waits = replace(letter.request, choices=({"confirm": addresses},), told=context.turn.id)
        return slots(answered_request=waits.as_slot())
    await _send(context, letter, addresses, account, dispatcher)
    return settled


async def confirmed(
    context: Context, tracker: Tracker, heard: Heard, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]] | None:
    """What a yes or a no means to an address that was asked about just before; None where none was."""
    request = Request.of_slot(tracker.get_slot("answered_request"))
    if request is None or request.intent not in _WRITERS or not request.choices:
        return None
    said = [event for event in tracker.events if event["event"] == "user"][-2:]
    yes = agrees(heard)
    if yes is None or len(said) < 2 or (said[0].get("metadata") or {}).get("turn_id") != request.told:
        return None
    waited = float(said[1].get("timestamp") or 0) - float(said[0].get("timestamp") or 0)
    rested = replace(request, choices=(), told=None)
    if not yes:
        dispatcher.utter_message(text="好，不发了。")
        return slots(answered_request=_without_email(rested).as_slot())
    if waited > context.settings.question_minutes * 60:
        words = request.feature.words
        dispatcher.utter_message(text=f"隔得有点久，我怕弄错：再说一遍要把哪份{words}发给谁吧。")
        return slots(answered_request=rested.as_slot())
    letter = await _WRITERS[request.intent](context, rested, dispatcher)
    if letter is not None:
        account = await own_account(context.session, context)
        await _send(context, letter, list(request.choices[0]["confirm"]), account, dispatcher)
    return slots(answered_request=rested.as_slot())


def _addresses(request: Request, account: Account | None) -> list[str]:
    """Where it is to go: one's own where nothing was said (an address of one's own is not kept in a room's request)."""
    said = [each for each in _ADDRESSES.split(str(request.parts.get("email") or "")) if each]
    return list(dict.fromkeys(said or ([account.email] if account is not None and account.email else [])))


def _without_email(request: Request) -> Request:
    parts = {name: value for name, value in request.parts.items() if name not in ("email", "addressee")}
    return replace(request, parts=parts)


async def _send(
    context: Context, letter: Letter, addresses: list[str], account: Account | None, dispatcher: CollectingDispatcher
) -> None:
    try:
        for address in addresses:
            await mail.send(
                context.session,
                to=address,
                subject=letter.subject,
                html=letter.html,
                text=letter.text,
                attachments=letter.attachments,
                conversation_id=context.conversation.id,
                key=f"turn:{context.turn.id}:{letter.key}:{address}",
                sources=letter.sources,
            )
    except MailError as error:
        dispatcher.utter_message(text=str(error))
        return
    own = account.email if account is not None else None
    # An address is nobody else's business.
    to = addresses if context.private else ["你的邮箱" if each == own else "你说的邮箱" for each in addresses]
    dispatcher.utter_message(text=f"好，{letter.about}正在发到 {'、'.join(to)}，发到了告诉你。")
