"""What is said of minutes in chat: the short version, and why there are none."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from botbay.chat.models import Room
from botbay.db import now
from botbay.zh.masking import masked
from workers.minutes import parts
from workers.minutes.document import NOTHING, OPEN, Item, Minutes, Todo
from workers.minutes.service import Nothing

GONE = "这个群我找不到了，换一个群试试。"
_LINE = 46  # characters of what somebody said
_SUMMARY, _DECISIONS, _TODOS = 3, 2, 3
_PEOPLE, _PEOPLE_IN_ROOM = 6, 3


def about(minutes: Minutes) -> str:
    """「产品群」11月22日 周日 09:00–11:00 的纪要."""
    return f"「{parts.clean(minutes.room) or '群聊'}」{_span(minutes)}的纪要"


def private(minutes: Minutes, shown: str, deaf: str, link: str | None, *, file: bool, mail: bool) -> str:
    """About twelve lines; ``shown`` is the time as it was asked for, empty for today."""
    lines = [
        f"「{parts.clean(minutes.room) or '群聊'}」{shown or '今天'}的纪要",
        f"{_span(minutes).strip()}，{_people(minutes, _PEOPLE)}，{minutes.messages} 条消息",
    ]
    lines += [f"· {_cut(item.text)}" for item in (minutes.summary or minutes.highlights)[:_SUMMARY]]
    lines += _part("决定", [_said(item) for item in minutes.decisions], _DECISIONS) or [f"决定：{NOTHING}"]
    lines += _part("待办", [_task(todo, minutes) for todo in minutes.todos], _TODOS) or [f"待办：{NOTHING}"]
    lines += _part("没定的", [_said(item) for item in minutes.questions], 1)
    if deaf:
        lines.append(f"注意：{deaf}")
    next_step = "回「发我邮箱」就寄给你" if mail else "回「昨天的呢」看昨天的"
    if link:
        lines += [f"全文：{link}", f"{next_step}。"]
    else:
        lines.append(f"{'全文在文件里。' if file else ''}{next_step}。")
    return "\n".join(lines)


def in_room(minutes: Minutes, shown: str, deaf: str, *, file: bool) -> str:
    """Three lines; what is said in its own room needs not name it."""
    people = f"{_people(minutes, _PEOPLE_IN_ROOM)}，{minutes.messages} 条消息"
    first = f"{shown or '今天'}的纪要（{_span(minutes).strip()}）：{people}"
    items = minutes.decisions or minutes.summary or minutes.highlights
    lead = "决定" if minutes.decisions else "要点"
    more = f"（另有 {len(minutes.decisions) - 1} 条）" if len(minutes.decisions) > 1 else ""
    second = f"{lead}：{_cut(items[0].text)}{more}" if items else f"决定：{NOTHING}"
    counts = [f"待办 {len(minutes.todos)} 条" if minutes.todos else f"待办{NOTHING}"]
    counts += [f"没定的 {len(minutes.questions)} 条"] if minutes.questions else []
    third = "，".join([*counts, *(["全文在文件里"] if file else [])])
    return "\n".join([first, second, f"{third}。{deaf}"])


def nothing(
    room: Room, why: Nothing, shown: str, since: datetime, zone: tzinfo, *, private: bool, address: str = ""
) -> str:
    """Why there are no minutes, and what to do; ``address`` is where they were to be mailed."""
    where = f"「{parts.clean(room.topic) or '这个群'}」" if private else "这个群"
    unsent = f"，就没往 {address} 发" if address else ""
    if room.recording_at is None:
        say = "在群里 @我 说「开始记录」" if private else "@我 说「开始记录」"
        return f"{where}没有在记录，{shown or '今天'}的纪要做不了{unsent}。请群主或拉我进群的人{say}，之后就有了。"
    if why.noise:
        return f"{where}{shown or '今天'}只有打招呼、表情这些，没什么要写进纪要的{unsent}。"
    if since < room.recording_at:
        return f"{where}{began(room.recording_at, zone)}：{shown or '今天'}的纪要做不了{unsent}。"
    hint = "" if shown else "看昨天的，回「昨天的呢」。"
    return f"{where}{shown or '今天'}没人说话，没有纪要{unsent}。{hint}"


def began(at: datetime, zone: tzinfo) -> str:
    """From when the room is kept."""
    local, today = at.astimezone(zone), now().astimezone(zone)
    day = "今天" if local.date() == today.date() else f"{local.month}月{local.day}日"
    return f"从{day} {local:%H:%M} 才开始记录，之前的没有"


def _span(minutes: Minutes) -> str:
    """When it was, without the year where it is this one."""
    since = minutes.since
    year = f"{since.year}年" if since.year == now().astimezone(since.tzinfo).year else ""
    words = parts.span(since, minutes.until).removeprefix(year)
    return words if words.endswith("全天") else f"{words} "


def _people(minutes: Minutes, most: int) -> str:
    names = [name for name in map(parts.clean, minutes.people) if name]
    shown = "、".join(names[:most])
    return f"{shown} 等 {len(names)} 人" if len(names) > most else shown or "没有人"


def _part(name: str, lines: Sequence[str], most: int) -> list[str]:
    """A few lines under a name; how many more there are stands behind the last."""
    shown = [f"{f'{name}：' if number == 0 else '　· '}{line}" for number, line in enumerate(lines[:most])]
    if len(lines) > most:
        shown[-1] += f"（另有 {len(lines) - most} 条）"
    return shown


def _said(item: Item) -> str:
    who = parts.clean(item.who)
    return f"{_cut(item.text)}{f'（{who}）' if who else ''}"


def _task(todo: Todo, minutes: Minutes) -> str:
    """谁 · 什么 · 什么时候."""
    return f"{parts.clean(todo.who) or OPEN} · {_cut(todo.what)} · {parts.due(todo, minutes.until)}"


def _cut(text: str) -> str:
    text = masked(parts.clean(text))
    return text if len(text) <= _LINE else f"{text[: _LINE - 1]}…"
