"""What a reminder must know before it is set: its slot, whom it is for, and what was quoted or pointed at."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from actions import reminder_moves
from actions.base import Context
from actions.heard import Heard
from actions.meaning import meant
from actions.request_parts import what_of
from actions.request_rooms import rooms_of, without_rooms
from actions.request_times import local_now
from actions.requests import Request
from botbay.chat import contacts
from botbay.chat.access import Audience, Subject, readable_messages
from botbay.chat.lines import line
from botbay.chat.models import Message
from botbay.chat.people import called
from botbay.db import now
from botbay.zh.masking import masked
from workers.reminders import service, times
from workers.reminders.service import ReminderError, When
from workers.reminders.times import Read, Unclear

#: Whom all of a room may be called by: see ``request_parts``.
_EVERYBODY = re.compile(r"大家|全群|所有人|全体|群里|每个人")
#: What only points at something: 处理这个, 看一下这条消息.
_POINTS = re.compile(
    r"^(?P<verb>[\u4e00-\u9fff]{0,4}?)(?:一下|下)?(?:引用的?)?"
    r"(?:这(?:个|条|件|项|些|里|事儿?)?|它|上面(?:这|那)?[个条]?)(?:消息|事情|事儿?|问题|文件|图|东西)?$"
)
_LONGEST_QUOTE = 60
_AT = re.compile(r"[@＠]")
#: Somebody is called at the beginning, and told what to do.
_CALLED_OUT = re.compile(r"[@＠](?P<name>[^\s@＠,，:：]{1,20})")


async def settle(context: Context, heard: Heard, parts: dict[str, Any], before: Request | None) -> None:
    """Works out, in ``parts``: ``slot`` (see ``as_when``) with ``time``, or ``why``, the question that its time leaves;
    ``for``, the members whom it is for ([{"id", "name"}], "all"; absent for the asker).

    Raises ReminderError where it cannot be set at all.
    """
    if heard.intent == "create_reminder" and not heard.triggered:
        _uncalled(context, parts)
        _pointed_at(heard, parts, before)
        await _whom(context, heard, parts)
        await _quoted(context, parts)
    if parts.get("what") and _POINTS.match(str(parts["what"])):
        parts.pop("what")  # it points at nothing that is known here
        parts["pointed"] = True
    await _when(context, heard, parts)


def as_when(slot: Mapping[str, Any]) -> When:
    return When(at=datetime.fromisoformat(slot["at"]), rule=slot["rule"], workdays=bool(slot["workdays"]))


# --- when --------------------------------------------------------------------------------------------------


async def _when(context: Context, heard: Heard, parts: dict[str, Any]) -> None:
    said, unreal, open_time = parts.get("time"), parts.pop("unreal", None), parts.pop("half", None)
    old = parts.get("slot")
    if said and old and old["of"] == said["text"]:
        return  # as it was before: half an hour from then on, not from now
    if not said and not unreal:
        if open_time is not None:
            parts["half"] = open_time
        return
    words = str(said["text"]) if said else str(unreal)
    sentence = words
    if open_time is not None and (whole := times.with_half(str(open_time), words)):
        sentence = whole
    elif heard.intent == "create_reminder" and words in heard.text:
        sentence = without_rooms(heard, heard.text, await rooms_of(context))
    zone = await service.zone_of(context.session, context.contact.id)
    for known in ("why", "slot", "time"):
        parts.pop(known, None)
    try:
        read = _changed(heard, old, zone) if old and heard.intent in ("correct", "follow_up") else None
        if open_time is not None and sentence is words and said:
            read = _instead(str(open_time), heard.text, zone)
        read = read or times.read(sentence, zone, now(), asked=open_time is not None)
        if read is None:
            return
        when = service.check(read.when, zone, in_room=bool(parts.get("for")))
    except Unclear as question:
        parts["why"] = str(question)
        if question.half:
            parts["half"] = sentence
        return
    except ReminderError as problem:
        parts["why"] = str(problem)
        return
    parts["time"] = {"text": words, "shown": times.shown(when, zone, now())}
    parts["slot"] = {"of": words, "at": when.at.isoformat(), "rule": when.rule, "workdays": when.workdays}
    if read.ahead:
        parts["slot"]["ahead"] = read.ahead.total_seconds()


def _changed(heard: Heard, old: Mapping[str, Any], zone: ZoneInfo) -> Read | None:
    """What a correction makes of the slot; 提前一小时 goes on to hold for the new time."""
    ahead = timedelta(seconds=float(old.get("ahead") or 0))
    event = as_when(old)
    read = reminder_moves.moved(meant(heard.text), replace(event, at=event.at + ahead), zone, now())
    if read is None or not ahead or read.when.rule is not None:
        return read
    return replace(read, when=replace(read.when, at=read.when.at - ahead), ahead=ahead)


def _instead(open_time: str, text: str, zone: ZoneInfo) -> Read | None:
    """Another time than the one whose half of the day was asked for: of its day, where none is said."""
    asked = times.read(open_time, zone, now(), asked=True)
    if asked is None or asked.when.rule is not None:
        return None
    return reminder_moves.moved(meant(text), asked.when, zone, now())


def by_clock_of(zone: ZoneInfo, context: Context) -> str:
    """Whose clock it is, where that is not everybody's here."""
    return "" if zone == context.settings.zone else f"（按 {zone.key} 的时间）"


# --- whom --------------------------------------------------------------------------------------------------


async def _whom(context: Context, heard: Heard, parts: dict[str, Any]) -> None:
    person = str(parts.get("person") or "")
    parts.pop("for", None)
    if person == "我":
        person = ""
    if context.room is None:
        if person:
            whom = "大家" if _EVERYBODY.search(person) else person
            raise ReminderError(
                f"提醒{whom}要在群里说：@我「提醒{whom}…」，我到时候在群里叫。要我提醒你自己去说，就说「提醒我告诉{whom}…」。"
            )
        return
    if _EVERYBODY.search(person):
        parts["for"] = "all"
        return
    members = await service.members(context.session, context.room.id)
    found, rest = _mentioned(heard.text, members)
    called_out = _CALLED_OUT.match(heard.text.strip())
    if found and (person or called_out):
        # The sentence without them says what: @小赵 后天十点交方案.
        parts["what"] = what_of(rest, local_now(context))
    elif called_out and not found:
        person = called_out["name"]
        found = _called(person, members)
    elif person:
        found = _called(person, members)
    else:
        return
    if not parts.get("what"):
        parts.pop("what", None)
    others = [each for each in found if each != context.contact.id]
    if not others:
        return
    session, room_id = context.session, context.room.id
    parts["for"] = [{"id": each, "name": await contacts.shown_name(session, each, room_id)} for each in others]
    for each in others:
        await service.conversation_for(session, context.bot.id, room_id, context.contact.id, each)


def _mentioned(text: str, members: Mapping[int, set[str]]) -> tuple[list[int], str]:
    """The members who are called with an @ (the longest name that fits is meant), and the text without them."""
    found: list[int] = []
    rest, end = "", 0
    for mark in _AT.finditer(text):
        behind = text[mark.end() :]
        fits = [(len(name), contact) for contact, names in members.items() for name in names if behind.startswith(name)]
        if fits:
            length, contact = max(fits)
            found.append(contact)
            rest, end = f"{rest}{text[end : mark.start()]} ", mark.end() + length
    return list(dict.fromkeys(found)), (rest + text[end:]).replace("\u2005", " ").strip()


def _called(person: str, members: Mapping[int, set[str]]) -> list[int]:
    likely = {who: how for who, names in members.items() if (how := called(person, names)) is not None}
    best = min(likely.values(), default=None)
    found = [who for who, how in likely.items() if how == best]
    if not found:
        raise ReminderError(f"群里没找到「{person}」，看看名字对不对？直接 @ TA 也行。")
    if len(found) > 1:
        names = "、".join(sorted(min(members[who]) for who in found)[:5])
        raise ReminderError(f"叫「{person}」的有 {len(found)} 位：{names}。说全名，或者直接 @ TA。")
    return found


# --- what --------------------------------------------------------------------------------------------------


def _uncalled(context: Context, parts: dict[str, Any]) -> None:
    """嗯那个小贝啊你帮我记一下去复查: the bot's own name is not what to do."""
    names = [name for name in (context.contact.nickname, context.bot.wechat_name) if name]
    what = str(parts.get("what") or "")
    for name in names:
        if what.startswith(name) and (rest := what_of(what[len(name) :].lstrip("啊呀哎，, "), local_now(context))):
            parts["what"] = rest


def _pointed_at(heard: Heard, parts: dict[str, Any], before: Request | None) -> None:
    """第二个明天上午提醒我: of a list that was told."""
    number = heard.first("ordinal", "number")
    what = str(parts.get("what") or "")
    if before is None or before.intent != "list_todos" or not isinstance(number, int):
        return
    ordinal = str(heard.first("ordinal"))
    rest = what.replace(ordinal, "").strip("，, 那这的")
    if (rest and not _POINTS.match(rest)) or not 0 < abs(number) <= len(before.choices):
        return
    chosen = before.choices[number - 1 if number > 0 else number]
    parts["what"] = str(chosen["name"])
    if chosen["kind"] == "todo":
        parts["todo"] = chosen["id"]


async def _quoted(context: Context, parts: dict[str, Any]) -> None:
    """提醒我处理这个, said to a message that was quoted."""
    said = None if context.turn.message_id is None else await context.session.get(Message, context.turn.message_id)
    if said is None or said.quoted_source_id is None:
        return
    here = Message.room_id == said.room_id if said.room_id is not None else Message.peer_id == said.peer_id
    audience = Audience(room_id=context.room.id if context.room is not None else None)
    readable = readable_messages(Subject.of_contact(context.contact), audience)
    quoted = await context.session.scalar(
        readable.where(
            here,
            Message.bot_id == said.bot_id,
            Message.source_id == said.quoted_source_id,
            Message.recalled_at.is_(None),
            Message.by_bot.is_(False),
        )
    )
    if quoted is None:
        return
    words = line(quoted)
    if quoted.room_id is not None:
        words = masked(words)
    words = words if len(words) <= _LONGEST_QUOTE else f"{words[: _LONGEST_QUOTE - 1]}…"
    who = ""
    if quoted.talker_id is not None and quoted.talker_id != context.contact.id:
        who = f"（{await contacts.shown_name(context.session, quoted.talker_id, quoted.room_id)}）"
    what = str(parts.get("what") or "")
    if points := _POINTS.match(what) if what else None:
        parts["what"] = f"{points['verb']}「{words}」{who}"
    elif what:
        parts["what"] = f"{what}——「{words}」{who}"
    else:
        parts["what"] = f"「{words}」{who}"
    parts["quoted"] = quoted.id


async def quoted_outbox(context: Context) -> str | None:
    """The source id of the message that was quoted, as it may be one of the bot's own; None where none was."""
    if context.turn.message_id is None:
        return None
    found: str | None = await context.session.scalar(
        select(Message.quoted_source_id).where(Message.id == context.turn.message_id)
    )
    return found
