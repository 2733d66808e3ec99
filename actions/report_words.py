"""What is said of a report in chat: the figures at a glance, one of them alone, and why there are none."""

from collections.abc import Sequence

from botbay.chat.lines import flat
from botbay.chat.models import Room
from botbay.zh.masking import masked
from workers.report import html, words
from workers.report.document import Kind, Report

GONE = "这个群我找不到了，换一个群试试。"
TOO_EARLY = "那么早还没有微信，换个日子吧。"
NOT_KEPT = "你的群都没有在记录，日报做不了。请群主或拉我进群的人在群里 @我 说「开始记录」，之后就有了。"
CALLS_IN_PRIVATE = "谁 @了你，私聊问我就告诉你。"
CALLS_UNBOUND = "要先绑定账号，我才能告诉你谁 @了你：跟我说「绑定账号」就行。"
AHEAD = "那天还没到呢，到时候再问我。"
_TOP, _WORDS = 3, 6
_LINE = 30  # characters of what somebody said


def private(report: Report, link: str | None, *, mail: bool) -> str:
    """Six to ten lines."""
    lines = [f"{html.heading(report)}{_until(report)}", _total(report), _kinds(report)]
    lines += filter(None, (_busiest(report), _rooms(report), _people(report), _mentions(report), _keywords(report)))
    lines += filter(None, (_brought(report), _gaps(report)))
    other = "昨天" if words.span(report) == "今天" else "今天"
    next_step = "回「发我邮箱」就寄给你" if mail else f"回「{other}的呢」看{other}的"
    lines.append(f"{f'全部：{link} ，' if link else ''}{next_step}。")
    if len(lines) > 10:  # what the picture shows anyway
        lines = [*lines[:2], *lines[3:]]
    return "\n".join(lines)


def in_room(report: Report) -> str:
    """Three lines at most; in its own room it needs no name."""
    lines = [f"{words.title(report)}{_until(report)}：{_total(report)}"]
    lines += filter(None, (_people(report), _gaps(report) or _busiest(report)))
    return "\n".join(lines[:3])


def figure(report: Report, what: str, text: str, of: str, *, me: int) -> str:
    """One figure, in a sentence or two. ``text`` is the question, ``of`` whose figure it is, ``me`` the asker's contact."""
    when = f"{words.span(report)}{_where(report)}"
    match what:
        case "people":
            named = [each for each in report.people if each.contact_id is not None]
            if not named:
                return f"{when}一共 {words.number(report.total)} 条消息，说话的人都没有同意记录，不好排名。"
            if "最少" in text and len(named) > 1:
                least = named[-1]
                return (
                    f"{when}说过话的 {len(named)} 人里，话最少的是{_name(least.name)}，{words.number(least.count)} 条。"
                )
            best = named[0]
            rest = "、".join(f"{_name(each.name)} {words.number(each.count)}" for each in named[1:_TOP])
            return f"{when}话最多的是{_name(best.name)}，{words.number(best.count)} 条。{f'后面是{rest}。' if rest else ''}"
        case "rooms":
            rest = "、".join(f"{_name(each.name)} {words.number(each.count)}" for each in report.rooms[1:_TOP])
            best_room = report.rooms[0]
            more = f"后面是{rest}。" if rest else ""
            return f"{when}最热闹的是「{flat(best_room.name)}」，{words.number(best_room.count)} 条。{more}"
        case "hours":
            return f"{when}{_busiest(report) or '各个时段都差不多'}。"
        case "speakers":
            return f"{when}有 {report.people_count} 人说过话，一共 {words.number(report.total)} 条。"
        case "change":
            change = words.change(report)
            return f"{when} {words.number(report.total)} 条消息，{change or '之前没有记录，没法比'}。"
        case "kinds":
            asked = [kind for kind in _asked(text) if kind]
            counts = {each.kind: each.count for each in report.kinds}
            told = "，".join(
                f"{words.kind(kind)} {words.number(counts.get(kind, 0))}{_MEASURES[kind]}" for kind in asked
            )
            return f"{when}：{told}。" if told else f"{when}：{_kinds(report)}。"
        case "mentions":
            return _calls(report, when)
        case "person":
            return _of(report, when, of, me)
        case _:
            return f"{when} {_total(report)}。"


def nothing(report: Report, room: Room | None, *, private: bool) -> str:
    """Nobody said anything: why, and what to do."""
    if room is not None and room.recording_at is None:
        say = "在群里 @我 说「开始记录」" if private else "@我 说「开始记录」"
        where = f"「{flat(room.topic) or '这个群'}」" if private else "这个群"
        return f"{where}没有在记录，{words.span(report)}的日报做不了。请群主或拉我进群的人{say}，之后就有了。"
    deaf = f"\n注意：{report.gaps[0]}。" if report.gaps else ""
    where = (
        f"「{flat(report.title)}」" if room is not None and private else "这个群" if room is not None else "你的群里"
    )
    return (
        f"{where}{words.span(report)}还没有人说话，日报没什么可写的。{deaf}"
        if report.open
        else (f"{where}{words.span(report)}没有人说话，日报没什么可写的。{deaf}")
    )


# --- lines -------------------------------------------------------------------------------------------------


def _until(report: Report) -> str:
    return f"，{words.until(report)}" if report.open else ""


def _where(report: Report) -> str:
    return f"「{flat(report.title)}」" if report.room_id is not None and report.title else ""


def _total(report: Report) -> str:
    rooms = ""
    if report.room_id is None:
        rooms = f"「{flat(report.rooms[0].name)}」" if len(report.rooms) == 1 else f"{len(report.rooms)} 个群 "
    change = words.change(report)
    people = f"，{report.people_count} 人说话" if report.people_count else ""
    return f"{rooms}{words.number(report.total)} 条消息{f'（{change}）' if change else ''}{people}"


def _kinds(report: Report) -> str:
    return " · ".join(f"{words.kind(each.kind)} {words.number(each.count)}" for each in report.kinds if each.count)


def _busiest(report: Report) -> str:
    most = max(report.hours)
    if most == 0:
        return ""
    return f"最热闹是 {report.hours.index(most)} 点，{words.number(most)} 条"


def _rooms(report: Report) -> str:
    if report.room_id is not None or len(report.rooms) < 2:
        return ""
    return f"群：{_listed([(each.name, each.count) for each in report.rooms])}"


def _people(report: Report) -> str:
    named = [(each.name, each.count) for each in report.people if each.contact_id is not None]
    return f"话多的：{_listed(named)}" if named else ""


def _listed(counts: Sequence[tuple[str, int]]) -> str:
    return "、".join(f"{_name(name)} {words.number(count)}" for name, count in counts[:_TOP])


def _mentions(report: Report) -> str:
    if not report.mentions:
        return ""
    waiting = [each for each in report.mentions if not each.answered]
    if not waiting:
        return f"@你 {len(report.mentions)} 次，都回了"
    first = waiting[0]
    return f"@你 {len(report.mentions)} 次，{len(waiting)} 次还没回：{_name(first.who)}（{flat(first.room)}）{_cut(first.text)}"


def _keywords(report: Report) -> str:
    return f"在聊：{'、'.join(each.word for each in report.keywords[:_WORDS])}" if report.keywords else ""


def _brought(report: Report) -> str:
    parts = []
    files = next((each.count for each in report.kinds if each.kind == "file"), 0)
    if files and report.files:
        parts.append(f"文件 {files} 个（{_cut(report.files[0].name)}{' 等' if files > 1 else ''}）")
    if report.todos:
        mine = sum(each.mine for each in report.todos)
        parts.append(f"待办 {len(report.todos)} 条{f'，{mine} 条是你的' if mine else ''}")
    if report.joined:
        parts.append(f"新来 {len(report.joined)} 人")
    return "；".join(parts)


def _gaps(report: Report) -> str:
    if not report.gaps:
        return ""
    more = f"（这样的时间共 {len(report.gaps)} 段）" if len(report.gaps) > 1 else ""
    return f"注意：{report.gaps[0]}{more}"


# --- one figure --------------------------------------------------------------------------------------------

_ASKED: dict[Kind, str] = {"image": "图照截", "voice": "语音", "video": "视频", "file": "文件", "link": "链接"}
_MEASURES: dict[Kind, str] = {
    "text": " 条",
    "image": " 张",
    "voice": " 条",
    "video": " 个",
    "file": " 个",
    "link": " 个",
    "other": " 条",
}


def _asked(text: str) -> list[Kind]:
    """The kinds that a question names, in its order."""
    found: list[tuple[int, Kind]] = []
    for kind, names in _ASKED.items():
        places = [text.find(name) for name in ([*names] if kind == "image" else [names])]
        if any(place >= 0 for place in places):
            found.append((min(place for place in places if place >= 0), kind))
    return [kind for _, kind in sorted(found)]


def _calls(report: Report, when: str) -> str:
    if not report.mentions:
        return f"{when}没有人 @你。"
    lines = [f"{when}有 {len(report.mentions)} 次 @你："]
    for each in sorted(report.mentions, key=lambda each: each.answered)[:5]:
        state = "" if each.answered else "（还没回）"
        lines.append(f"· {_name(each.who)}，{flat(each.room)}：{_cut(each.text)}{state}")
    return "\n".join(lines)


def _of(report: Report, when: str, of: str, me: int) -> str:
    named = [each for each in report.people if each.contact_id is not None]
    if of == "我":
        match = next((each for each in named if each.contact_id == me), None)
    else:
        match = next((each for each in named if flat(each.name) == of), None)
        match = match or next((each for each in named if of in each.name), None)
    who = "你" if of == "我" else of
    if match is None:
        return f"{when}{who}还没说过话。" if report.open else f"{when}{who}没有说过话。"
    place = named.index(match) + 1
    return f"{when}{who}说了 {words.number(match.count)} 条，在 {len(named)} 人里排第 {place}。"


def _name(name: str) -> str:
    return masked(flat(name)) or "没名字"


def _cut(text: str) -> str:
    text = masked(flat(text))
    return text if len(text) <= _LINE else f"{text[: _LINE - 1]}…"
