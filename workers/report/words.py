"""How a report's facts are said: its span, its numbers, and how they changed."""

from datetime import date, datetime, timedelta

from workers.report.document import Kind, Report

_WEEKDAYS = "一二三四五六日"
_KINDS: dict[Kind, str] = {
    "text": "文字",
    "image": "图片",
    "voice": "语音",
    "video": "视频",
    "file": "文件",
    "link": "链接",
    "other": "其他",
}
_DAYS = {0: "今天", 1: "昨天", 2: "前天"}
_BEFORE = {"week": "上周", "month": "上月", "span": "前一段"}


def title(report: Report) -> str:
    """今天（11月23日 周一）的日报, 上周（11月16日–22日）的周报, 11月的月报, 11月1日–10日的统计."""
    match report.grain:
        case "day":
            day, said = _date(report.since.date(), report), span(report)
            weekday = _weekday(report.since.date())
            return f"{said}（{weekday if said == day else f'{day} {weekday}'}）的日报"
        case "week":
            return f"{span(report)}（{_range(report)}）的周报"
        case "month":
            return f"{span(report)}的月报"
        case "span":
            return f"{span(report)}的统计"


def span(report: Report) -> str:
    """今天, 昨天, 11月20日, 这周, 上周, 11月, 11月1日–10日: when it is of, as said where the report was made."""
    made, first = report.made_at.date(), report.since.date()
    match report.grain:
        case "day":
            return _DAYS.get((made - first).days) or _date(first, report)
        case "week":
            weeks = (made - first).days // 7
            return {0: "这周", 1: "上周"}.get(weeks) or f"{_date(first, report)}那周"
        case "month":
            year = "" if first.year == made.year else f"{first.year}年"
            return f"{year}{first.month}月"
        case "span":
            return _range(report)


def change(report: Report) -> str:
    """比昨天多 12 条; empty where there is nothing to compare with."""
    if report.before is None:
        return ""
    match report.grain:
        case "day":
            before = {0: "昨天", 1: "前天"}.get((report.made_at.date() - report.since.date()).days, "前一天")
        case grain:
            before = _BEFORE[grain] if grain != "week" or span(report) == "这周" else "前一周"
            before = before if grain != "month" or report.open else "前一个月"
    more = report.total - report.before
    same = "同时段" if report.open else ""
    if more == 0:
        return f"和{before}{same}一样"
    return f"比{before}{same}{'多' if more > 0 else '少'} {number(abs(more))} 条"


def busiest(report: Report) -> str:
    """15 点，164 条; empty where nobody said anything."""
    most = max(report.hours)
    return f"{report.hours.index(most)} 点，{number(most)} 条" if most else ""


def calls(report: Report) -> str:
    """3 次，2 次还没回: how often the reader was called by @; empty where nobody did."""
    if not report.mentions:
        return ""
    waiting = sum(not each.answered for each in report.mentions)
    return f"{number(len(report.mentions))} 次，{f'{number(waiting)} 次还没回' if waiting else '都回了'}"


def kind(of: Kind) -> str:
    return _KINDS[of]


def number(of: int) -> str:
    """1,234."""
    return f"{of:,}"


def until(report: Report) -> str:
    """截至 18:20, of a span that had not ended when the report was made; else empty."""
    return f"截至 {report.made_at:%H:%M}" if report.open else ""


def _date(day: date, report: Report) -> str:
    year = "" if day.year == report.made_at.year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日"


def _weekday(day: date) -> str:
    return f"周{_WEEKDAYS[day.weekday()]}"


def _range(report: Report) -> str:
    """11月1日–10日, or with the hours where it does not begin and end with days."""
    first, end = report.since, report.until
    if (first.hour, first.minute, end.hour, end.minute) != (0, 0, 0, 0):
        day = _date(first.date(), report)
        same = first.date() == (end - timedelta(microseconds=1)).date()
        return f"{day} {first:%H:%M}–{'' if same else f'{_date(end.date(), report)} '}{_clock(end, same=same)}"
    last = (end - timedelta(microseconds=1)).date()
    if last == first.date():
        return _date(last, report)
    if last.year != first.year:
        return f"{first.year}年{first.month}月{first.day}日–{last.year}年{last.month}月{last.day}日"
    shown = f"{last.day}日" if last.month == first.month else f"{last.month}月{last.day}日"
    return f"{_date(first.date(), report)}–{shown}"


def _clock(end: datetime, *, same: bool) -> str:
    return "24:00" if same and (end.hour, end.minute) == (0, 0) else f"{end:%H:%M}"
