"""Reading the parts of a request out of a sentence: its time, room, person, address, and what it is about."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from actions.base import Context
from actions.heard import Heard
from actions.meaning import meant
from actions.request_rooms import as_part, find_rooms
from actions.request_times import changed_time, read_time
from actions.requests import ABOUT_ROOMS, KINDS, MAILED
from botbay.chat.models import Account, Room
from botbay.zh.time import parse

_MAIL = re.compile(r"邮箱|邮件|信箱|e-?mail|mail", re.IGNORECASE)
_REPORT = re.compile(r"日报|报表|统计")
_MINUTES = re.compile(r"纪要|总结|会议记录")
_EVERYBODY = re.compile(r"大家|全群|所有人|全体|群里(?:所有|全部)?人?|每个人")
_WHOM = re.compile(r"(?:提醒|通知|叫|喊)(?:一下|一声)?[@＠]?$|[@＠]$")
_LEAD = re.compile(
    r"^(?:嗯+|[哎诶喂唉啊呃额哦]|那个|就是|好的?|那|请|麻烦你?|帮我|帮忙|给我|替我|到时候?|到点|记得|别忘了?|不要忘了?|设置?|设定|定|订|建|加|弄|来|记|添加|新增|创建|安排|一?个|一?条"
    r"|一下|一声|下|提醒|闹钟|闹铃|待办|日程|任务|叫|喊|通知|我们?|你|大家|所有人|让|要|得|remind me(?: to)?|[@＠:：,，。.;；!！\s])"
)
_TAIL = re.compile(
    r"(?:的?(?:提醒|闹钟|闹铃|待办|日程)|(?:记得|到时候?)?(?:提醒|叫|喊|通知)(?:一下|一声)?(?:我们?|大家)?(?:一下|一声)?|一下|一声|好吗|好不好|行吗|可以吗"
    r"|就(?:好|行|可以)了?|谢谢你?|吧|啊|哦|呗|哈|啦|了哦|[,，。.!！~～\s])$"
)
_ALARM = re.compile(r"闹钟|闹铃|起床")
_POLITE = re.compile(r"^(?:就|嗯|那|找|是|叫|关于|那个|[，,\s])+|(?:吧|的|啊|哦|[。.！!，,\s])+$")
_FIND = ("find_file", "find_message")


async def own_account(session: AsyncSession, context: Context) -> Account | None:
    """The asker's account; None where there is none or it is disabled."""
    if context.contact.account_id is None:
        return None
    account = await session.get(Account, context.contact.account_id)
    return account if account is not None and account.disabled_at is None else None


def changed_intent(intent: str, text: str, addressed: bool) -> str:
    """What 也发到邮箱 or 是日报 makes of the intent before it; ``addressed`` when an address was given."""
    text = meant(text)
    if intent in ABOUT_ROOMS:
        mailed = intent in MAILED.values()
        if _REPORT.search(text):
            intent = "mail_report" if mailed else "ask_daily_report"
        elif _MINUTES.search(text):
            intent = "mail_minutes" if mailed else "ask_minutes"
        if _MAIL.search(text) or addressed:
            intent = MAILED.get(intent, intent)
    return intent


def read_parts(
    heard: Heard, intent: str, rooms: Sequence[Room], moment: datetime, before: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The parts that a sentence gives for a request; a room that could be several is left out.

    ``before``: the parts of the request that a follow-up or a correction changes.
    """
    changes = heard.intent in ("correct", "follow_up")
    text = meant(heard.text) if heard.intent == "correct" else heard.text
    parts: dict[str, Any] = {}
    if time := read_time(heard, text, intent, moment):
        parts["time"] = changed_time((before or {}).get("time"), time, intent, moment) if changes else time
    near = find_rooms(heard, text, rooms, loose=intent in ABOUT_ROOMS)
    if len(near) == 1:
        parts["room"] = as_part(near[0])
    for name in ("email", "amount", "query", "file_kind", "person", "ordinal"):
        if values := [value for value in heard.all(name) if value in text]:
            parts[name] = values[0]
    if intent == "submit_application" and (kind := find_kind(text)):
        parts["kind"] = kind
    if intent == "create_reminder" and not changes:
        parts |= _reminder(heard, text, moment)
    # What is to be done or looked for is corrected where nothing else is.
    if heard.intent == "correct" and not parts:
        if intent == "create_reminder" and (what := what_of(text, moment)):
            parts["what"] = what
        if intent in _FIND and (words := free_words(text)):
            parts["query"] = words
    return parts


def find_kind(text: str) -> str | None:
    """The kind of application that a sentence names."""
    found = [(named.start(), kind) for kind, words in KINDS.items() if (named := words.search(text))]
    return min(found)[1] if found else None


def what_of(text: str, moment: datetime) -> str:
    """What is to be done, without when and whom: 明天三点提醒我交报告 -> 交报告; empty where nothing is left."""
    for time in reversed([one for one in parse(text, moment, "future") if one.kind != "none"]):
        text = f"{text[: time.start]} {text[time.end :]}"
    text = text.strip()
    while True:
        shorter = _TAIL.sub("", _LEAD.sub("", text)).strip()
        if shorter == text:
            return text if len(text) > 1 else ""
        text = shorter


def free_words(text: str) -> str:
    """An answer in a person's own words, without what only frames it."""
    return _POLITE.sub("", text.strip()).strip()


def named_in(heard: Heard) -> list[dict[str, Any]]:
    """The name that a correction gives, as the entity that naming reads: 不是小北，是小贝."""
    return [{"entity": "nickname", "value": meant(heard.text)}]


def _reminder(heard: Heard, text: str, moment: datetime) -> Mapping[str, Any]:
    parts: dict[str, Any] = {}
    person = heard.first("person")
    if person is not None and (found := re.search(re.escape(str(person)), text)):
        if _WHOM.search(text[: found.start()]):
            text = text[: found.start()] + text[found.end() :]
        else:
            parts["person"] = None  # it is about them, not for them
    elif everybody := _EVERYBODY.search(text):
        parts["person"] = everybody[0]
    what = what_of(text, moment)
    if not what and _ALARM.search(text):
        what = "（闹钟）"
    if what:
        parts["what"] = what
    return parts
