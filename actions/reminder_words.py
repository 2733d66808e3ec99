"""What is said of reminders in chat: that they are set, moved, done, and the list of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from actions.reminder_items import Item
from botbay.chat.lines import flat
from workers.reminders.repository import Row
from workers.reminders.slots import in_words, point_in_words

_ROOM_LINES = 2
_LINES = 10
_NAME, _NAME_IN_ROOM = 60, 24
_VERBS = {"complete_todo": "完成", "cancel_reminder": "取消", "snooze_reminder": "晚点再提醒"}


def created(what: str, shown: str, first: str, whom: str, place: str, *, moved: bool) -> str:
    """``first`` is the first slot where it recurs, ``whom`` empty for the asker, ``place`` where it is told if not here."""
    lead = "改好了，" if moved else "好，"
    first = f"第一次是{first}。" if first else ""
    said = f"{lead}{shown} {f'在这里提醒{whom}' if whom else '提醒你'}：{flat(what)}。{first}"
    return f"{said}{f'{place}。' if place else ''}\n时间不对就说「改到四点」，不要了说「取消」。"


def listed(items: Sequence[Item], zone: ZoneInfo, now: datetime, *, private: bool, about: str) -> str:
    """With numbers; in a room three lines."""
    most = _LINES if private else _ROOM_LINES
    lines = [f"{number}. {entry(each, zone, now, private=private)}" for number, each in enumerate(items[:most], 1)]
    left = len(items) - len(lines)
    if private:
        more = f"还有 {left} 条，说个时间看其余的，比如「下周的提醒」。" if left else ""
        tail = f"{more}回「完成 1」「取消 2」「1 晚半小时」都行。"
        return "\n".join([f"{about}有 {len(items)} 条：", *lines, tail])
    more = "，其余的私聊我看" if left else ""
    return "\n".join([f"{about}有 {len(items)} 条{more}，@我 回「完成 1」「取消 2」就行：", *lines])


def entry(item: Item, zone: ZoneInfo, now: datetime, *, private: bool) -> str:
    """交报告（明天（周三）15:00）."""
    name = cut(item.name, _NAME if private else _NAME_IN_ROOM)
    if item.todo is not None:
        room = f"，{flat(item.todo.room)}" if private and item.todo.room else ""
        return f"{name}（待办{f'，{item.todo.shown}' if item.todo.shown else ''}{room}）"
    assert item.row is not None
    return f"{whom(item.row)}{name}（{when(item.row, zone, now)}{_where(item.row, private=private)}）"


def whom(row: Row) -> str:
    """Before the words, where it is for somebody else."""
    reminder = row.reminder
    if reminder.contact_id is None:
        return "提醒大家："
    return f"提醒{flat(row.whom)}：" if reminder.contact_id != reminder.asker_id else ""


def when(row: Row, zone: ZoneInfo, now: datetime) -> str:
    """Its next slot, and that it was told and waits for a word."""
    reminder = row.reminder
    if reminder.rule is not None:
        local = reminder.at.astimezone(zone).replace(tzinfo=None)
        shown = f"{in_words(reminder.rule, local)}，下次{point_in_words(reminder.at, zone, now)}"
    else:
        shown = point_in_words(reminder.at, zone, now)
    return f"{shown}，已提醒" if reminder.told_slot is not None else shown


def _where(row: Row, *, private: bool) -> str:
    return f"，{flat(row.room.topic)}" if private and row.room is not None and row.room.topic else ""


def ask(intent: str, among: Sequence[Item], zone: ZoneInfo, now: datetime, problem: str, *, private: bool) -> str:
    """Which one is meant."""
    verb = _VERBS[intent]
    how = "回编号就行" if private else "@我 回编号就行"
    if private:
        lines = [f"{number}. {entry(each, zone, now, private=True)}" for number, each in enumerate(among, 1)]
        return "\n".join([f"{problem}要{verb}哪一条？", *lines, f"{how}。"])
    some = "；".join(f"{number}. {cut(each.name, _NAME_IN_ROOM)}" for number, each in enumerate(among[:4], 1))
    return f"{problem}要{verb}哪一条？{some}。{how}。"


def ask_all(intent: str, items: Sequence[Item], *, private: bool) -> str:
    """Before several are done with at once."""
    names = "、".join(f"「{cut(each.name, _NAME_IN_ROOM)}」" for each in items[:5])
    more = f"等 {len(items)} 条" if len(items) > 5 else f"这 {len(items)} 条"
    return f"{names}{more}都要{_VERBS[intent]}吗？{'' if private else '@我 '}回「好」就办，不办回「不用」。"


def names(items: Sequence[Item]) -> str:
    return "、".join(f"「{cut(each.name, _NAME)}」" for each in items[:5]) + (
        f"等 {len(items)} 条" if len(items) > 5 else ""
    )


def completed(items: Sequence[Item], zone: ZoneInfo, now: datetime) -> str:
    """A recurring one says when it comes again."""
    if len(items) == 1 and items[0].row is not None and items[0].rule is not None:
        return f"{names(items)}这次记完成了，下次{point_in_words(items[0].row.reminder.at, zone, now)}。"
    return f"好，{names(items)}完成了 ✅"


def cancelled(items: Sequence[Item]) -> str:
    if len(items) == 1 and items[0].rule is not None:
        return f"好，{names(items)}以后都不提醒了。"
    return f"好，{names(items)}取消了。"


def what_with(number: int, choice: Mapping[str, Any], *, private: bool) -> str:
    """A number alone says not what to do."""
    call = "" if private else "@我 "
    return f"「{choice['name']}」要怎么办？{call}回「完成 {number}」「取消 {number}」或「{number} 晚半小时」。"


def cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
