"""The drive's words and signs: kinds, places, days, lengths."""

from datetime import datetime

from botbay.chat.files import SAFE_INLINE
from botbay.chat.models import FileKind, FileState
from botbay.db import now
from botbay.settings import load_settings
from botbay.zh.masking import masked
from botbay.zh.sizes import size_words
from workers.archive.repository import Entry

_WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_KINDS = {
    FileKind.IMAGE: ("图片", "image"),
    FileKind.AUDIO: ("音频", "graphic_eq"),
    FileKind.VIDEO: ("视频", "movie"),
    FileKind.PDF: ("PDF", "picture_as_pdf"),
    FileKind.DOCUMENT: ("文档", "description"),
    FileKind.SHEET: ("表格", "table_chart"),
    FileKind.SLIDES: ("幻灯片", "slideshow"),
    FileKind.TEXT: ("文本", "article"),
    FileKind.ARCHIVE: ("压缩包", "folder_zip"),
    FileKind.OTHER: ("其他", "insert_drive_file"),
}
#: A picture that has no small one yet is shown itself up to this size in bytes.
_SMALL = 2 * 1024 * 1024


def kind_name(kind: FileKind) -> str:
    return _KINDS[kind][0]


def kind_icon(kind: FileKind) -> str:
    return _KINDS[kind][1]


def shown_name(entry: Entry) -> str:
    """The file's name; voices and pictures often have none."""
    return masked(entry.name.strip()) or kind_name(entry.kind)


def place_name(entry: Entry) -> str:
    if entry.room_id is not None:
        return entry.place or "没有名字的群"
    return "私聊"


def day_words(at: datetime) -> str:
    """A day as a heading: 今天 周日, 昨天 周六, 11月3日 周一, 2025年11月3日 周一; in the set time zone."""
    zone = load_settings().zone
    day, today = at.astimezone(zone).date(), now().astimezone(zone).date()
    weekday = _WEEKDAYS[day.weekday()]
    if (today - day).days in (0, 1):
        return f"{('今天', '昨天')[(today - day).days]} {weekday}"
    words = f"{day.month}月{day.day}日 {weekday}"
    return words if day.year == today.year else f"{day.year}年{words}"


def clock(at: datetime) -> str:
    return f"{at.astimezone(load_settings().zone):%H:%M}"


def length_words(seconds: float) -> str:
    """A playing time: 0:07, 12:30, 1:02:03."""
    whole = max(0, round(seconds))
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def facts(entry: Entry) -> str:
    """Size, length and pages, as far as they are known."""
    words: list[str] = []
    if entry.stored and entry.size is not None:
        words.append(size_words(entry.size))
    if entry.seconds is not None:
        words.append(length_words(entry.seconds))
    if entry.pages is not None:
        words.append(f"{entry.pages} 页")
    return " · ".join(words)


def state_words(entry: Entry) -> str:
    """Why a file is not there; empty when it is."""
    if entry.state == FileState.FAILED:
        return f"没取到：{entry.reason}" if entry.reason else "没取到"
    return "" if entry.stored else "正在取…"


def picture(entry: Entry, base: str) -> str | None:
    """The address of a small picture of the file, below the one of all files; None where there is none."""
    if not entry.stored:
        return None
    if entry.thumb_key is not None:
        return f"{base}/{entry.id}/thumb"
    small = entry.size is not None and entry.size <= _SMALL
    return f"{base}/{entry.id}" if entry.kind == FileKind.IMAGE and entry.mime in SAFE_INLINE and small else None
