"""What is said when a reminder is due: its words, who asked, its time where that was missed, and what to answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from botbay.chat.lines import flat
from workers.reminders.slots import in_words, point_in_words

#: Later than this it is told which time was meant.
LATE = timedelta(minutes=2)
_NEXT = "做完回「完成」，等会儿再说回「晚10分钟」，不用了回「取消」。"
_NEXT_OF_SEVERAL = "回「完成 1」「2 晚10分钟」「取消 3」这样就行，都做完了回「都完成了」。"
_NEXT_IN_ROOM = "@我 回「完成」「晚10分钟」或「取消」。"
_NEXT_OF_SEVERAL_IN_ROOM = "@我 回「完成 1」「2 晚10分钟」这样就行。"
_LONGEST = 60  # characters of each, where several are told in a room


@dataclass(frozen=True, kw_only=True)
class Due:
    """A reminder that is due: ``by`` is empty where one asked for it oneself, ``missed`` counts the slots before."""

    what: str
    by: str
    slot: datetime
    missed: int = 0
    rule: str | None = None
    first: datetime | None = None


def private(due: Sequence[Due], zone: ZoneInfo, now: datetime) -> str:
    """In a private conversation."""
    if len(due) == 1:
        (one,) = due
        about = _about(one, zone, now)
        asked = f"{one.by}让我提醒你的" if one.by else "你让我这时候提醒的"
        return f"⏰ {flat(one.what)}\n{asked}{f'，{about}' if about else ''}。{_NEXT}"
    lines = [f"{number}. {flat(one.what)}（{_listed(one, zone, now)}）" for number, one in enumerate(due, 1)]
    return "\n".join([_lead(due, now), *lines, _NEXT_OF_SEVERAL])


def in_room(due: Sequence[Due], zone: ZoneInfo, now: datetime, *, everybody: bool) -> str:
    """In a room, at most three lines; who is meant is addressed before it, unless all are."""
    call = "大家注意 " if everybody else ""
    if len(due) == 1:
        (one,) = due
        asked = f"{one.by}让我提醒的" if one.by else "你让我这时候提醒的"
        about = _about(one, zone, now)
        tail = "" if everybody else f"\n{_NEXT_IN_ROOM}"
        return f"{call}⏰ {flat(one.what)}\n{asked}{f'，{about}' if about else ''}。{tail}"
    said = "；".join(f"{number}. {_cut(one.what)}（{_listed(one, zone, now)}）" for number, one in enumerate(due, 1))
    return f"{call}{_lead(due, now)}{said}{'' if everybody else f'{chr(10)}{_NEXT_OF_SEVERAL_IN_ROOM}'}"


def undelivered(what: str, whom: str, why: str) -> str:
    """To the asker: nobody was told."""
    return f"没能提醒{whom or '大家'}「{flat(what)}」：{why}。"


def _lead(due: Sequence[Due], now: datetime) -> str:
    if any(now - one.slot > LATE for one in due):
        return f"⏰ 有 {len(due)} 条提醒我没能按时说，一起补上："
    return f"⏰ {len(due)} 条提醒到点了："


def _about(one: Due, zone: ZoneInfo, now: datetime) -> str:
    """How it recurs, and what was missed."""
    told = [in_words(one.rule, one.first)] if one.rule is not None and one.first is not None else []
    if now - one.slot > LATE:
        told.append(f"本来是{point_in_words(one.slot, zone, now)}，我晚了{_length(now - one.slot)}")
    if one.missed:
        told.append(f"前面还错过了 {one.missed} 次")
    return "，".join(told)


def _listed(one: Due, zone: ZoneInfo, now: datetime) -> str:
    missed = f"，错过 {one.missed} 次" if one.missed else ""
    by = f"，{one.by}让提醒的" if one.by else ""
    return f"{point_in_words(one.slot, zone, now)}{missed}{by}"


def _length(late: timedelta) -> str:
    minutes = round(late.total_seconds() / 60)
    if minutes < 60:
        return f" {minutes} 分钟"
    return f" {round(minutes / 60)} 小时" if minutes < 48 * 60 else f" {round(minutes / 1440)} 天"


def _cut(text: str) -> str:
    text = flat(text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
