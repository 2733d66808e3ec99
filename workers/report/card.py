"""The report as one picture, to be read on a phone: what WeChat shows without opening anything."""

from collections.abc import Sequence
from datetime import date

from botbay.chat.lines import flat
from botbay.zh.font import showable
from botbay.zh.masking import masked
from workers.report import words
from workers.report.canvas import ACCENT, INK, LINE, MUTED, PALE, Canvas, clipped, measure, wrapped
from workers.report.document import Kind, Report

_WIDTH, _MARGIN = 1080, 72
_TITLE, _BIG, _HEAD, _BODY, _SMALL = 52, 128, 36, 36, 30
_GAP = 60  # between sections
_TOP = 5
_BAR, _ROW = 26, 68
_COLORS: dict[Kind, str] = {
    "text": ACCENT,
    "image": "#e0a526",
    "voice": "#7c9cd0",
    "video": "#c8695c",
    "file": "#56a3a6",
    "link": "#9b7fb8",
    "other": "#b8c4c2",
}
_WEEKDAYS = "一二三四五六日"
_FEW_DAYS = 8
_LONG_TREND = 62
#: Outlook cuts the top off what is higher than 1728 pixels.
_HIGHEST_MAILED = 1700


def render(report: Report) -> bytes:
    """A PNG, 1080 pixels wide and as high as it needs to be."""
    return _drawn(report).png(_MARGIN)


def pieces(report: Report) -> Sequence[bytes]:
    """The same as PNGs to be set below each other in a mail, none too high for mail programs."""
    return _drawn(report).pngs(_MARGIN, _HIGHEST_MAILED)


def _drawn(report: Report) -> Canvas:
    canvas = Canvas(_WIDTH, _MARGIN)
    _head(canvas, report)
    if report.total:
        _kinds(canvas, report)
        _hours(canvas, report)
    if len(report.trend) > 1 and any(each.count for each in report.trend):
        _trend(canvas, report)
    if report.room_id is None:
        _ranking(canvas, "群", [(each.name, each.count) for each in report.rooms])
    _ranking(canvas, "谁说得多", [(each.name, each.count) for each in report.people if each.contact_id is not None])
    _keywords(canvas, report)
    _facts(canvas, report)
    _gaps(canvas, report)
    return canvas


def _name(text: str, lacking: str = "没名字") -> str:
    """What people call themselves, a room or a file, as it may be shown outside its room and the font can show it.

    Each by itself: beside other words, one that is signs only would vanish.
    """
    return showable(masked(flat(text))) or lacking


def _head(canvas: Canvas, report: Report) -> None:
    room = _name(report.title, "群聊") if report.room_id is not None else "我的群"
    canvas.bar(canvas.left, canvas.y + 6, canvas.left + 10, canvas.y + 62, ACCENT, 5)
    title = clipped(words.title(report), _TITLE, canvas.width - 34, bold=True)
    canvas.text(canvas.left + 34, canvas.y, title, _TITLE, bold=True)
    canvas.y += 82
    about = "，".join(filter(None, (room, words.until(report))))
    canvas.text(canvas.left + 34, canvas.y, clipped(about, _SMALL, canvas.width - 34), _SMALL, color=MUTED)
    canvas.y += 74
    if not report.total:
        canvas.text(canvas.left, canvas.y, "没有人说话", _TITLE, color=MUTED)
        canvas.y += 84
        return
    total, unit, base = words.number(report.total), "条消息", canvas.y + 148
    room_left = canvas.width - measure(unit, _BODY) - 18
    size = min(_BIG, int(_BIG * room_left / measure(total, _BIG, bold=True)))
    width = canvas.text(canvas.left, base, total, size, bold=True, color=ACCENT, anchor="ls")
    canvas.text(canvas.left + width + 18, base, unit, _BODY, color=INK, anchor="ls")
    canvas.y += 178
    people = f"{words.number(report.people_count)} 人说话" if report.people_count else ""
    canvas.text(canvas.left, canvas.y, "，".join(filter(None, (people, words.change(report)))), _SMALL, color=MUTED)
    canvas.y += 48


def _section(canvas: Canvas, title: str, aside: str = "") -> None:
    canvas.y += _GAP - 18
    canvas.cut()
    canvas.bar(canvas.left, canvas.y, canvas.right, canvas.y + 2, LINE, 0)
    canvas.y += 30
    canvas.text(canvas.left, canvas.y, title, _HEAD, bold=True)
    if aside:
        room = canvas.width - measure(title, _HEAD, bold=True) - 40
        canvas.text(canvas.right, canvas.y + 4, clipped(aside, _SMALL, room), _SMALL, color=MUTED, anchor="ra")
    canvas.y += 68


def _kinds(canvas: Canvas, report: Report) -> None:
    """One bar cut in parts, and what the parts are."""
    x, shown = float(canvas.left), [each for each in report.kinds if each.count]
    if not shown:
        return
    canvas.y += 24
    everything = sum(each.count for each in shown)
    for each in shown:
        end = x + canvas.width * each.count / everything
        canvas.draw.rectangle((x, canvas.y, max(x + 2, end - 3), canvas.y + 34), fill=_COLORS[each.kind])
        x = end
    canvas.y += 58
    x = canvas.left
    for each in shown:
        label = f"{words.kind(each.kind)} {words.number(each.count)}"
        width = 36 + measure(label, _SMALL) + 40
        if x + width - 40 > canvas.right:
            x, canvas.y = canvas.left, canvas.y + 48
        canvas.bar(x, canvas.y + 9, x + 22, canvas.y + 31, _COLORS[each.kind], 5)
        canvas.text(x + 34, canvas.y, label, _SMALL)
        x += width
    canvas.y += 48


def _hours(canvas: Canvas, report: Report) -> None:
    busiest = words.busiest(report)
    if not busiest:
        return
    _section(canvas, "什么时候", f"最热闹 {busiest}")
    labels = [str(hour) if hour % 6 == 0 or hour == 23 else "" for hour in range(24)]
    _bars(canvas, list(report.hours), labels, {report.hours.index(max(report.hours))})


def _trend(canvas: Canvas, report: Report) -> None:
    days = report.trend[-_LONG_TREND:]
    few = len(days) <= _FEW_DAYS
    which = "最后" if len(days) < len(report.trend) else "近" if report.grain == "day" else ""
    _section(canvas, f"{which} {len(days)} 天".strip())
    every = 5 if len(days) <= 31 else 10
    labels = [_day(each.day, few=few) if few or place % every == 0 else "" for place, each in enumerate(days)]
    here = {place for place, each in enumerate(days) if report.since.date() <= each.day}
    _bars(canvas, [each.count for each in days], labels, here, numbers=few)


def _day(day: date, *, few: bool) -> str:
    return f"周{_WEEKDAYS[day.weekday()]}" if few else f"{day.month}/{day.day}"


def _bars(
    canvas: Canvas, counts: Sequence[int], labels: Sequence[str], strong: set[int], *, numbers: bool = False
) -> None:
    """Standing bars over a line; ``strong`` are the places of those that matter."""
    height, most = 190, max(counts) or 1
    step = canvas.width / len(counts)
    wide = min(step * 0.68, 76)
    numbers = numbers and all(measure(words.number(count), _SMALL - 4) < step - 8 for count in counts)
    top = canvas.y + (44 if numbers else 6)
    base = top + height
    for place, count in enumerate(counts):
        middle = canvas.left + step * (place + 0.5)
        rise = max(height * count / most, 4 if count else 0)
        color = ACCENT if place in strong else PALE
        canvas.bar(middle - wide / 2, base - rise, middle + wide / 2, base, color, 8)
        if numbers and count:
            canvas.text(middle, base - rise - 8, words.number(count), _SMALL - 4, color=MUTED, anchor="md")
        if label := labels[place]:
            half = measure(label, _SMALL - 4) / 2
            inside = min(max(middle, canvas.left + half), canvas.right - half)
            canvas.text(inside, base + 14, label, _SMALL - 4, color=MUTED, anchor="ma")
    canvas.draw.line((canvas.left, base + 1, canvas.right, base + 1), fill=LINE, width=2)
    canvas.y = int(base + 56)


def _ranking(canvas: Canvas, title: str, rows: Sequence[tuple[str, int]]) -> None:
    """Lying bars, the longest first."""
    if not rows:
        return
    _section(canvas, title, f"{words.number(len(rows))} 个群有人说话" if len(rows) > _TOP and title == "群" else "")
    most = max(count for _, count in rows[:_TOP]) or 1
    names = 300
    beside = max(130, 18 + max(measure(words.number(count), _SMALL) for _, count in rows[:_TOP]))
    for name, count in rows[:_TOP]:
        shown = clipped(_name(name), _BODY, names)
        canvas.text(canvas.left, canvas.y, shown, _BODY)
        begin, end = canvas.left + names + 30, canvas.right - beside
        length = max(8, (end - begin) * count / most)
        canvas.bar(begin, canvas.y + 14, begin + length, canvas.y + 14 + _BAR, ACCENT, 10)
        canvas.text(begin + length + 18, canvas.y + 4, words.number(count), _SMALL, color=MUTED)
        canvas.y += _ROW


def _keywords(canvas: Canvas, report: Report) -> None:
    """Words in sizes, set line by line."""
    chosen = report.keywords[:14]
    if not chosen:
        return
    _section(canvas, "在聊什么")
    x, line = float(canvas.left), 70
    for place, each in enumerate(chosen):
        size = 34 + round(26 * each.weight)
        word = clipped(_name(each.word), size, canvas.width, bold=place < 3)
        width = measure(word, size, bold=place < 3)
        if x + width > canvas.right:
            x, canvas.y = canvas.left, canvas.y + line
        color = ACCENT if place < 3 else INK if place < 8 else MUTED
        canvas.text(x, canvas.y + 56, word, size, bold=place < 3, color=color, anchor="ls")
        x += width + 34
    canvas.y += line + 6


def _facts(canvas: Canvas, report: Report) -> None:
    mine = sum(each.mine for each in report.todos)
    files = next((each.count for each in report.kinds if each.kind == "file"), 0)
    facts = [
        ("@我", words.calls(report), report.mentions),
        ("待办", f"{len(report.todos)} 条{f'，{mine} 条是我的' if mine else ''}", report.todos),
        ("文件", f"{words.number(files)} 个：{'、'.join(_name(each.name) for each in report.files[:3])}", report.files),
        ("新来", "、".join(_name(each.name) for each in report.joined[:6]), report.joined),
        ("纪要", f"{len(report.minutes)} 份", report.minutes),
    ]
    shown = [(name, value) for name, value, there in facts if there]
    if not shown:
        return
    _section(canvas, "还有")
    for name, value in shown:
        canvas.text(canvas.left, canvas.y, name, _BODY, color=MUTED)
        canvas.text(canvas.left + 120, canvas.y, clipped(value, _BODY, canvas.width - 120), _BODY)
        canvas.y += 58


def _gaps(canvas: Canvas, report: Report) -> None:
    if not report.gaps:
        return
    canvas.y += 30
    canvas.cut()
    told = [f"注意：{each}" for each in report.gaps[:2]]
    if len(report.gaps) > 2:
        told.append(f"这样的时间共 {len(report.gaps)} 段")
    for each in told:
        for line in wrapped(each, _SMALL, canvas.width, 3):
            canvas.text(canvas.left, canvas.y, line, _SMALL, color=MUTED)
            canvas.y += 46
