"""Reading the parts of a request out of a sentence: its time, room, person, address, and what it is about."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from actions import report_figures
from actions.base import Context
from actions.heard import Heard
from actions.meaning import meant, retold
from actions.request_rooms import as_part, find_rooms, without_rooms
from actions.request_times import changed_time, read_span, read_time
from actions.requests import ABOUT_ROOMS, KINDS, MAILED, MINUTES, REPORTS
from botbay.chat.models import Account, Room
from botbay.zh.time import parse
from botbay.zh.time.left_out import left_out_apart
from workers.reminders.choosing import so_long

_MAIL = re.compile(r"邮箱|邮件|信箱|e-?mail|mail", re.IGNORECASE)
_REPORT = re.compile(r"日报|报表|统计")
_MINUTES = re.compile(r"纪要|总结|会议记录")
_EVERYBODY = re.compile(r"大家|全群|所有人|全体|群里(?:所有|全部)?人?|每个人")
#: Directly before whom it is for: 提醒@小赵, 通知一下 大家.
_WHOM = re.compile(r"(?:提醒|通知|叫|喊)(?:一下|一声)?[@＠]?$|[@＠]$")
_CALL = re.compile(
    r"(?:提醒|通知|叫|喊)(?:一下|一声)?(?:我们?|咱们?|俺|大家|所有人|全体)(?:一下|一声)?|remind\s*me(?:\s+to\b)?|提醒(?:一下|一声)?(?![我的])",
    re.IGNORECASE,
)
_ME = re.compile(r"(?:提醒|通知|叫|喊)(?:一下|一声)?(?:我|俺|咱)")
#: Somebody who was named before: 小王明天出差，早上提醒他带护照.
_THEM = re.compile(r"(?:提醒|通知|叫|喊)(?:一下|一声)?(?P<whom>他|她|TA|ta)(?!们)")
_TO_WHOM = re.compile(r"(?:给|交|由|让|请|找|叫|转|到|归|是|换成?)[@＠]?$")
#: 提醒我一件事 does not say what.
_NOTHING = re.compile(
    r"^(?:再?一[次遍]|或者?|还是)$|^[有是]?(?:[一这两几]?[件个点])?事(?:情|儿)?$|^[我你他]$|^(?:设置?|设定|定|订|建|加|弄|来|搞|整|记|做|安排)一?[个条下]$"
)
#: 提前一小时叫我 says when, and not what.
_AHEAD = re.compile(
    r"[,，、。\s]*(?:然后|并且?|再|要|记得|你|请|帮我)*提前[\d零一二两三四五六七八九十半个刻]*(?:分钟?|小时|钟头?|天|一?点儿?)?半?"
    r"(?=(?:叫|喊|催|通知|告诉)(?:[我俺]|一[下声]|$)|提[醒型示星]|说一?声|$|[,，。\s]"
    r"|的?(?:凌晨|清?早|上午|中午|下午|傍晚|晚|\d{1,2}[点:：]|[一二两三四五六七八九十]{1,3}点))"
)
#: How 提醒 comes out of quick fingers and of speech.
_MISTYPED = re.compile(r"[提题][星型形行心惺](?=[我俺咱他她大]|一下|一声)|题醒")
_POLITELY = (
    r"嗯+|[哎诶喂唉啊呃额哦]|那个|就是|好的?(?=[，, ])|那(?=[，, ])|请(?!假|客|教|示)|麻烦(?:你|您)?|劳驾|帮我|帮忙|(?:给|替)我(?=设|定|建|加|弄|记|来|整|搞)|我?想(?=让|要|请|你|提醒|设|定|加|建)|让你|要你"
    r"|你(?=帮|给|提醒|记)|到时候?|到点|记得|别忘了?|不要忘了?|再(?=[加添来设定建弄])|还有(?=[，, ])|另外|顺便|对了|[@＠:：,，、。.;；!！\s]"
)
#: What asks for a reminder and names none: 帮我设个提醒, 加一条待办.
_MAKING = (
    r"(?:设置?|设定|定|订|建立?|新建|加|添加?|新增|弄|搞|整|来|记|做|创建|安排|要)(?:一?[个条下]|上)?(?:一?[个条])?(?:新的?)?"
    r"(?:提醒|闹钟|闹铃|待办|日程|备忘|todo)(?:事项)?|(?:记|备忘)(?:一?下|一笔|着)(?:[:：,，\s]|$)|(?:新)?(?:提醒|待办|日程|备忘|todo)(?:事项)?[:：,，\s]|提醒(?:事项)?$|(?:设置?|设定|定|订|建|加|弄|搞|整|来|安排|增加|添加)一?[个条项]\s+"
    r"|(?:设置|设定|增加|添加|新建|创建)(?:\s+|$)|[在为]\s+"
)
_LEAD = re.compile(rf"^(?:{_POLITELY}|{_MAKING})+", re.IGNORECASE)
_TAIL = re.compile(
    r"(?:的?(?:提醒|闹钟|闹铃|待办|日程)|的(?:时候|话)|到时候?|到点|记得|(?:再|来)?(?:提醒|叫|喊|通知)(?:一下|一声)?(?:我们?|大家)?(?:一下|一声)?|一下|一声|好吗|好不好|行吗|可以吗|行不"
    r"|就(?:好|行|可以)了?|谢谢你?|(?<![酒网贴])吧|啊|哦|呗|哈|啦|了哦|[,，、。.!！?？~～\s])$"
)
_PARTICLES = re.compile(
    r"(?:一下|一声|好吗|好不好|行吗|可以吗|行不|就(?:好|行|可以)了?|谢谢你?|(?<![酒网贴])吧|啊|哦|呗|哈|啦|的?(?:提醒|闹钟)|[,，、。.!！?？~～\s])$"
)
_PAUSE = re.compile(
    r"^(?:一下|一声|记得|别忘了?|不要忘了?|在\s+|要(?=[去给把交开买])|得(?=[去给把交开买])|[@＠:：,，、。.;；!！\s])+"
)
#: What joined two times, when both are gone: 9点和18点.
_BETWEEN = re.compile(r"\s+[和、及跟]\s+")
#: 面试，前一天晚上: the day beside it that a time is on.
_BESIDE = re.compile(r"[,，、\s]*(?:(?:[^,，、\s])?[前头]一?[天日]|[当那]天)$")
_IS_PART = re.compile(r"的(?!时候|提醒|闹钟|闹铃|待办|话|日程)")
_ALARM = re.compile(r"闹钟|闹铃|起床")
_POLITE = re.compile(r"^(?:就|嗯|那|找|是|叫|关于|那个|[，,\s])+|(?:吧|的|啊|哦|[。.！!，,\s])+$")
#: A name given without more: longer words are something else.
_SHORT_NAME = 4
_FIND = ("find_file", "find_message")
_WHAT_OF = re.compile(
    r"^(?:那|换成?|要)(?:个|份|一下)?(?P<what>[^的，,\s]{2,12}?)(?:呢|有吗|有没有|也要|也找找)[?？!！。]*$"
)
#: The asker's own: 我昨天发的表.
_BY_ME = re.compile(r"(?:^|[^给和跟对])我(?:自己)?[^,，。你他她我们给]{0,8}[发传]过?的")
#: All files are meant: 群文件有哪些, 最近的文件.
_ANY_FILE = re.compile(
    r"群文件|(?:有|发了?|传了?)(?:过|些|什么|哪些|啥)+文件|(?:最近|最新|所有|全部|列出?|看看|群里)的?(?:一下)?文件|文件(?:有哪些|列表|列一下)"
)


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
    if told := retold(heard.text):
        first, then = (read_parts(replace(heard, text=part), intent, rooms, moment, before) for part in told)
        if first.get("time") and then.get("time"):
            then["time"] = changed_time(first["time"], then["time"], intent, moment)
        return {**first, **then}
    changes = heard.intent in ("correct", "follow_up")
    text = meant(heard.text) if heard.intent == "correct" else heard.text
    parts: dict[str, Any] = {}
    plain = without_rooms(heard, text, rooms)
    time: Mapping[str, str] | None = read_time(heard, plain, intent, moment)
    if intent in MINUTES:
        time = read_span(text, plain, time)
    if time:
        parts["time"] = changed_time((before or {}).get("time"), time, intent, moment) if changes else time
    near = find_rooms(heard, text, rooms, loose=intent in ABOUT_ROOMS)
    if len(near) == 1:
        parts["room"] = as_part(near[0])
    for name in ("email", "amount", "query", "file_kind", "person", "ordinal"):
        values = [value for value in heard.all(name) if value in text]
        if name == "person" and intent == "transfer_approval":
            values = [value for value in values if _takes_over(value, text)]
        if values:
            parts[name] = "，".join(values) if name == "email" else values[0]
    others = [one for one in heard.all("person") if _is_addressee(one, text)]
    if intent in MAILED.values() and "email" not in parts and others:
        parts["addressee"] = others[0]
    if intent in ("find_file", "read_image") and "person" not in parts and _BY_ME.search(text):
        parts["person"] = "我"
    if intent == "find_file" and not parts.keys() & {"query", "person", "file_kind"} and _ANY_FILE.search(text):
        parts["file_kind"] = "文件"
    if intent == "find_message" and not changes:
        parts["asked"] = text
    if intent in REPORTS and (figure := report_figures.read(text, parts.pop("person", None))):
        parts |= figure | ({"asked": text} if "figure" in figure else {})
    if intent == "submit_application" and (kind := find_kind(text)):
        parts["kind"] = kind
    if intent == "create_reminder" and not changes:
        parts |= _reminder(heard, text, moment)
    if intent in ("create_reminder", "snooze_reminder") and not time and (unreal := _no_such_day(plain, moment)):
        parts["unreal"] = unreal
    if heard.intent == "follow_up" and intent in _FIND and not parts and (said := _WHAT_OF.match(text)):
        parts["query"] = said["what"]
    # What is to be done or looked for is corrected where nothing else is.
    if heard.intent == "correct" and not parts.keys() - {"person"} and intent == "create_reminder":
        reminder = _reminder(heard, text, moment)
        if (what := reminder.get("what")) and what != parts.get("person"):
            if reminder.get("person", "") is None:  # 给李总打电话 is not for him
                parts.pop("person", None)
            parts["what"] = what
    if heard.intent == "correct" and not parts and intent in _FIND and (words := free_words(text)):
        parts["query"] = words
    return parts


def _no_such_day(text: str, moment: datetime) -> str:
    """The day that a sentence names and no calendar has: 2月30号; empty where there is none."""
    return next((one.text for one in parse(text, moment, "future") if one.kind == "none"), "")


def _takes_over(person: str, text: str) -> bool:
    """Whether an approval goes to this person: 转给王总, or 王总 alone; not the 老李 of 老李那张单子."""
    before, _, after = text.partition(person)
    return _TO_WHOM.search(before) is not None or (not before and not after.startswith(("那", "这", "的")))


def _is_addressee(person: str, text: str) -> bool:
    """Whether mail is to go to this person: 发给李总, 发到李总邮箱; not the 老李 of 老李说的."""
    before, _, after = text.partition(person)
    return bool(_MAIL.match(after.removeprefix("的")) or (re.search(r"[给到]$", before) and not after.startswith("的")))


def find_kind(text: str) -> str | None:
    """The kind of application that a sentence names."""
    found = [(named.start(), kind) for kind, words in KINDS.items() if (named := words.search(text))]
    return min(found)[1] if found else None


def what_of(text: str, moment: datetime) -> str:
    """What is to be done, without when and whom: 明天三点提醒我交报告 -> 交报告; empty where nothing is left."""
    text = _AHEAD.sub(" ", _MISTYPED.sub("提醒", text))
    if rest := left_out_apart(text):
        text = f"{text[: rest[0]]} {text[rest[1] :]}"
    left = len(text)
    for time in reversed([one for one in parse(text, moment, "future") if one.kind != "none"]):
        # 整理上周的报表 is not to be done last week
        if time.end <= left and not _IS_PART.match(text[time.end :]):
            lasting = so_long(text, time)
            said = lasting[1] if lasting else slice(time.start, time.end)
            before = _BESIDE.sub("", text[: said.start])
            left, text = len(before), f"{before} {text[said.stop :]}"
    text = _BETWEEN.sub(" ", text).strip()
    if call := _CALL.search(text):
        # What follows 提醒我 is said as it is; before it stands when, or what, where nothing follows.
        if after := _trimmed(text[call.end() :], _PAUSE, _PARTICLES):
            return after
        text = text[: call.start()].removesuffix("的")
    return _trimmed(text, _LEAD, _TAIL)


def _trimmed(text: str, lead: re.Pattern[str], tail: re.Pattern[str]) -> str:
    while (shorter := tail.sub("", lead.sub("", text.strip())).strip()) != text:
        text = shorter
    return text if len(text) > 1 and not _NOTHING.match(text) else ""


def free_words(text: str) -> str:
    """An answer in a person's own words, without what only frames it."""
    return _POLITE.sub("", text.strip()).strip()


def named_in(heard: Heard) -> list[dict[str, Any]]:
    """The name that a correction gives, as the entity that naming reads: 不是小北，是小贝; none in 不对，我要看日报."""
    name = str(heard.first("nickname") or meant(heard.text))
    named = heard.first("nickname") is not None or (len(name) <= _SHORT_NAME and not heard.all("time"))
    return [{"entity": "nickname", "value": name}] if named else []


def _reminder(heard: Heard, text: str, moment: datetime) -> Mapping[str, Any]:
    parts: dict[str, Any] = {}
    person = heard.first("person")
    own = _ME.search(text)
    if person is not None and (found := re.search(re.escape(str(person)), text)):
        if _WHOM.search(text[: found.start()]) and (own is None or own.end() > found.start()):
            text = f"{text[: found.start()]}我{text[found.end() :]}"
        elif own is None and (them := _THEM.search(text)) and found.end() <= them.start():
            text = f"{text[: them.start('whom')]}我{text[them.end() :]}"
        else:
            parts["person"] = None  # it is about them, not for them
    elif (everybody := _EVERYBODY.search(text)) and own is None and _WHOM.search(text[: everybody.start()]):
        parts["person"] = everybody[0]
    what = what_of(text, moment)
    if not what and _ALARM.search(text):
        what = "（闹钟）"
    if what:
        parts["what"] = what
    return parts
