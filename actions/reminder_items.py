"""Which of one's reminders and todos a sentence means: by number, by its words, by its time, or the one just told."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from typing import Any

from rasa_sdk import Tracker

from actions.base import Context
from actions.heard import Heard, said_before
from actions.reminder_parts import quoted_outbox
from actions.requests import Request
from botbay.chat.access import Audience, Subject
from botbay.chat.lines import flat
from botbay.chat.people import called
from botbay.db import now
from botbay.zh.masking import masked
from botbay.zh.time import Grain, TimeExpression, parse
from workers.minutes import service as minutes
from workers.minutes.found import OpenTodo
from workers.reminders import service
from workers.reminders.repository import Row

#: These act on what is listed, or list it.
OWN = ("list_todos", "complete_todo", "cancel_reminder", "snooze_reminder")
#: Seconds for which the numbers of a list hold, and what was told is what a bare 完成 is about.
_HOLDS, _HOLDS_TOLD = 30 * 60, 12 * 3600
_ALL = re.compile(
    r"所有|全部|全都|统统|通通|清空|全(?=给?我?(?:完成|做完|搞定|取消|删|撤|清|停|不[要用]))|都(?:给我)?(?=完成|做完|搞定|干完|弄[完好]|办[完好妥]|好了|取消|删|不要|不用|撤|停|晚|推)"
)
_NUMBER = re.compile(
    r"(?:取消|删掉?|删除|完成|搞定|做完)\s*第?(\d{1,2})(?!\d|[点分号日月:：小天个]*[点分时])"
    r"|^\s*第?(\d{1,2})(?![\d点:：])[个条号]?[,，、\s]*(?:已经|也|都|就)?(?=不[要用]|取消|删|完成|做完|搞定|弄[完好]|办[完好]|好了|ok|改|晚|推)"
)
#: What of a sentence says only what to do, and nothing of which.
_COMMAND = re.compile(
    r"取消|删除|删|去掉|拿掉|关掉?|不要|不用|不需要|别|撤销|撤|停掉?|完成|搞定|搞掂|(?:做|弄|办|干|忙|写|交|发|处理)(?:完|好|妥)|done|ok|标记?[成为]|打勾|勾|划掉|置为"
    r"|提醒|提示|闹[钟铃]|待办|事项|事情|任务|todo|推迟|延后|延迟|顺延|往后|挪|改|换|晚点儿?|稍后|等会儿?|一会儿?|过会儿?|再|以后|所有|全部|全都|都|已经|已|帮我|帮|麻烦|请"
    r"|第[一二三四五六七八九十\d]+[个条项件]?|[那这][个条项件]?|[叫喊说到成把的了吧啦呀啊哦嗯好我你给先去]|一下|一声|时间|分钟|小时|刚才|刚刚|[\s，,。.!！?？~:：、✅]",
    re.IGNORECASE,
)
_ALIKE = 2  # characters in a row
_MOST = 9


@dataclass(frozen=True, kw_only=True)
class Item:
    """A reminder or a todo of the minutes; one of ``row`` and ``todo`` is there."""

    row: Row | None = None
    todo: OpenTodo | None = None
    mine: bool = True  # asked for by the person, or for them

    @property
    def kind(self) -> str:
        return "todo" if self.row is None else "reminder"

    @property
    def id(self) -> int:
        if self.row is not None:
            return self.row.reminder.id
        assert self.todo is not None
        return self.todo.id

    @property
    def name(self) -> str:
        if self.row is not None:
            return flat(self.row.reminder.what)
        assert self.todo is not None
        return masked(flat(self.todo.what))

    @property
    def at(self) -> datetime | None:
        return self.row.reminder.at if self.row is not None else self.todo.due if self.todo is not None else None

    @property
    def rule(self) -> str | None:
        return self.row.reminder.rule if self.row is not None else None

    @property
    def told(self) -> bool:
        """Whether it was told, and nobody has said what became of it."""
        return self.row is not None and self.row.reminder.told_slot is not None

    def as_choice(self) -> dict[str, Any]:
        return {"kind": self.kind, "id": self.id, "name": self.name}


@dataclass(frozen=True, kw_only=True)
class Meant:
    """What is meant; else ``among`` what one has to choose, or ``problem``: for people, why there is nothing."""

    items: Sequence[Item] = ()
    among: Sequence[Item] = ()
    problem: str = ""
    all: bool = False


def who(context: Context) -> tuple[Subject, Audience]:
    return Subject.of_contact(context.contact), Audience(room_id=context.room.id if context.room is not None else None)


async def open_items(context: Context) -> list[Item]:
    """All that may be spoken of here: what was told and waits for a word first, then by time, then the todos."""
    subject, audience = who(context)
    session = context.session
    own = await service.own_contacts(session, subject)
    items = []
    for row in await service.list_of(session, subject, audience):
        mine = bool(own & {row.reminder.asker_id, row.reminder.contact_id})
        if mine or not context.private:
            items.append(Item(row=row, mine=mine))
    items.sort(key=lambda each: (not each.told, each.at))
    reminded = {each.row.reminder.todo_id for each in items if each.row is not None}
    todos = await minutes.open_todos(session, subject, audience, who=own)
    return [*items, *(Item(todo=todo) for todo in todos if todo.id not in reminded)]


def standing(tracker: Tracker) -> Request | None:
    """The request whose answer told reminders or todos with numbers, or the telling of what was due, while it holds."""
    request = Request.of_slot(tracker.get_slot("answered_request"))
    if request is None or request.intent not in (*OWN, "create_reminder") or not request.choices:
        return None
    holds = _HOLDS_TOLD if request.parts.get("told") else _HOLDS
    if request.intent == "create_reminder" and not follows(tracker, request):
        return None  # what was set is meant by the next sentence only
    for event in reversed(tracker.events):
        if event["event"] == "user" and (event.get("metadata") or {}).get("turn_id") == request.told:
            said_at = event.get("timestamp")
            return request if said_at is None or float(said_at) > time.time() - holds else None
    return None


def follows(tracker: Tracker, request: Request) -> bool:
    """Whether the sentence follows the request's answer directly."""
    before = said_before(tracker)
    return before is not None and (before.get("metadata") or {}).get("turn_id") == request.told


async def meant(context: Context, tracker: Tracker, heard: Heard, request: Request) -> Meant:
    """What a sentence that completes, cancels or puts off is about."""
    items = await open_items(context)
    listed = standing(tracker)
    if not items:
        return Meant(problem=_nothing(context))
    if numbers := numbers_in(heard):
        if listed is None:
            return Meant(among=[each for each in items if each.mine][:_MOST] or items[:_MOST])
        return by_numbers(numbers, listed, items)
    mine = [each for each in items if each.mine] or items
    found = _told_together(await quoted_outbox(context), mine) or _of(listed, items)
    if _ALL.search(heard.text):
        several = found if len(found) > 1 else [each for each in mine if each.told] or mine
        return Meant(items=several, all=len(several) > 1)
    narrowed = _by_person(mine, str(request.parts.get("person") or ""))
    words = _core(heard.text)
    if len(words) >= _ALIKE:
        alike = _by_words(narrowed, words)
        timed = _by_time(alike, request, context) if alike else []
        if alike:
            return _one_of(timed or alike)
        if len(words) > _ALIKE:
            return Meant(among=mine[:_MOST], problem=f"没找到和「{words}」有关的。")
    if request.intent != "snooze_reminder" and (timed := _by_time(narrowed, request, context)):
        return _one_of(timed)
    if request.parts.get("time") and request.intent == "cancel_reminder":
        return Meant(among=mine[:_MOST], problem=f"{request.parts['time']['shown']}没有提醒。")
    if listed is not None and (listed.parts.get("told") or listed.intent == "create_reminder") and found:
        return _one_of(found)
    if told := [each for each in narrowed if each.told]:
        return _one_of(told)
    return _one_of(narrowed)


def by_numbers(numbers: Sequence[int], listed: Request, items: Sequence[Item]) -> Meant:
    """The items that stand at these places of a list (from the end where negative)."""
    count = len(listed.choices)
    if any(number == 0 or abs(number) > count for number in numbers):
        return Meant(problem=f"只有 {count} 条，说 1 到 {count} 就行。" if count > 1 else "只有 1 条，说 1 就行。")
    open_ones = {(each.kind, each.id): each for each in items}
    chosen = [listed.choices[number - 1 if number > 0 else number] for number in dict.fromkeys(numbers)]
    found = [open_ones[key] for one in chosen if (key := _key(one)) in open_ones]
    if not found:
        return Meant(problem=f"「{chosen[0]['name']}」已经不在了，说「我的提醒」看看现在有哪些。")
    return Meant(items=found)


def numbers_in(heard: Heard) -> list[int]:
    """The numbers that a sentence names, in its order."""
    numbers = [one.get("number") for one in heard.entities if one.get("entity") == "ordinal"]
    found = [number for number in numbers if isinstance(number, int)]
    return found or [int(each[1] or each[2]) for each in _NUMBER.finditer(heard.text)]


def _key(choice: Mapping[str, Any]) -> tuple[str, int]:
    return str(choice.get("kind")), int(choice.get("id") or 0)


def _of(listed: Request | None, items: Sequence[Item]) -> list[Item]:
    """What of a list is still open."""
    keys = [] if listed is None else [_key(each) for each in listed.choices]
    return [each for key in keys for each in items if (each.kind, each.id) == key]


def _told_together(quoted: str | None, items: Sequence[Item]) -> list[Item]:
    """What the bot's message that is quoted told."""
    if quoted is None:
        return []
    return [each for each in items if each.row is not None and each.row.told_by == quoted]


def _one_of(items: Sequence[Item]) -> Meant:
    return Meant(items=items) if len(items) == 1 else Meant(among=items[:_MOST])


def _nothing(context: Context) -> str:
    if context.private:
        return "现在没有等着的提醒和待办。想要的话说「明天下午三点提醒我开会」。"
    return "这个群里没有等着的提醒和待办。你自己的，私聊我看。"


# --- by what is said of it ---------------------------------------------------------------------------------


def named(items: Sequence[Item], text: str, context: Context) -> Item | None:
    """The one whose words, or else whose time, a sentence names; None where none does, or several could be meant."""
    words = _core(text)
    if len(words) >= _ALIKE:
        found = _by_words(items, words)
    else:
        base = now().astimezone(context.settings.zone).replace(tzinfo=None)
        said = next((one for one in parse(text, base, "future") if one.at is not None), None)
        found = [] if said is None else [each for each in items if at_time(each, said, context)]
    return found[0] if len(found) == 1 else None


def _core(text: str) -> str:
    """The words of a sentence that say which: 把明天交报告的提醒取消 -> 交报告."""
    for time_ in reversed(parse(text, now().replace(tzinfo=None), "future")):
        text = f"{text[: time_.start]} {text[time_.end :]}"
    return _COMMAND.sub("", text)


def _by_words(items: Sequence[Item], words: str) -> list[Item]:
    lengths = {(each.kind, each.id): _shared(words, each.name) for each in items}
    best = max(lengths.values(), default=0)
    return [each for each in items if lengths[each.kind, each.id] == best] if best >= _ALIKE else []


def _shared(words: str, name: str) -> int:
    return SequenceMatcher(None, words.lower(), name.lower(), autojunk=False).find_longest_match().size


def _by_person(items: Sequence[Item], person: str) -> Sequence[Item]:
    if not person:
        return items
    theirs = [each for each in items if each.row is not None and called(person, [each.row.whom]) is not None]
    return theirs or items


def _by_time(items: Sequence[Item], request: Request, context: Context) -> list[Item]:
    """Those at the time that was said, or of its day."""
    if request.intent == "snooze_reminder" or not request.parts.get("time"):
        return []
    zone = context.settings.zone
    base = now().astimezone(zone).replace(tzinfo=None)
    said = next((one for one in parse(str(request.parts["time"]["text"]), base, "future") if one.at is not None), None)
    return [] if said is None else [each for each in items if at_time(each, said, context)]


def at_time(item: Item, said: TimeExpression, context: Context) -> bool:
    """Whether an item comes at a time that was said: at its minute, or within its day, week or other span."""
    if said.rrule is not None:
        return item.rule is not None and item.rule.partition(";BYHOUR")[0] == said.rrule.partition(";BYHOUR")[0]
    if item.at is None or said.at is None:
        return False
    local = item.at.astimezone(context.settings.zone).replace(tzinfo=None)
    if said.until is not None:
        return said.at <= local < said.until
    if said.precision >= Grain.DAY:
        return said.at.date() == local.date()
    if said.precision == Grain.PART:
        return timedelta(0) <= local - said.at < timedelta(hours=6)
    same_half = local.replace(second=0, microsecond=0) == said.at.replace(second=0, microsecond=0)
    other_half = said.ambiguous and abs(local.replace(second=0, microsecond=0) - said.at) == timedelta(hours=12)
    return same_half or other_half
