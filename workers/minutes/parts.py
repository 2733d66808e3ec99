"""What all exports and the page show of minutes, in one order and in the same words."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from botbay.chat.lines import flat
from workers.minutes.document import NOTHING, OPEN, Chapter, Item, Minutes, Todo

_WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_NAMED = 30  # people; of more only the number is said
_END_OF_DAY = time(23, 59)
#: What no XML and no file name may hold, beside what ``flat`` takes out.
_ILLEGAL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_URL = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+", re.IGNORECASE)
_NOT_ITS_END = ".,;:!?'*~"
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]')
_NAME_LENGTH = 60  # characters; systems take 255 bytes


@dataclass(frozen=True, kw_only=True)
class Row:
    """Something said, in one line. ``about`` is who said it and when, as far as that is known."""

    text: str
    about: str
    item: Item


@dataclass(frozen=True, kw_only=True)
class Task:
    """A line of the table of todos; ``who`` and ``due`` are 待确认 where nobody said."""

    who: str
    what: str
    due: str
    item: Todo


@dataclass(frozen=True, kw_only=True)
class Section:
    """One heading and what stands under it; ``nothing`` is what stands there when there is nothing.

    ``key`` is the name of the part of the minutes; of a chapter it is ``chapters``. ``left_out`` is how many rows
    and tasks are not among these (see ``shortened``).
    """

    key: str
    title: str
    about: str = ""
    rows: tuple[Row, ...] = ()
    tasks: tuple[Task, ...] = ()
    words: tuple[str, ...] = ()
    chapters: tuple["Section", ...] = ()
    nothing: str = ""
    left_out: int = 0


def clean(text: str) -> str:
    """A text in one line that every format can hold: nothing unseen, no half characters."""
    return _ILLEGAL.sub("", flat(text))


def title(minutes: Minutes) -> str:
    return clean(minutes.title) or f"{clean(minutes.room)}纪要"


def facts(minutes: Minutes) -> list[tuple[str, str]]:
    """What stands under the title: names and values."""
    people = [clean(name) for name in minutes.people]
    named = "、".join(filter(None, people[:_NAMED]))
    if len(people) > _NAMED:
        named += f"等 {len(people)} 人"
    return [
        ("群聊", clean(minutes.room) or "没有名字的群"),
        ("时间", span(minutes.since, minutes.until)),
        ("发言", f"{named or '没有人'}（{minutes.messages} 条消息）"),
    ]


def gaps(minutes: Minutes) -> list[str]:
    """What may be missing, and when the bot was deaf: a sentence each."""
    told = [clean(gap).rstrip("。") for gap in minutes.gaps]
    return [f"机器人{' ' if gap[:1].isdigit() else ''}{gap}。" if "不在线" in gap else f"{gap}。" for gap in told]


def sections(minutes: Minutes) -> list[Section]:
    """The parts in their order. Decisions, todos and questions stand there even when there are none."""
    tasks = tuple(
        Task(who=clean(todo.who) or OPEN, what=clean(todo.what), due=due(todo, minutes.until), item=todo)
        for todo in minutes.todos
    )
    some = [
        Section(key="summary", title="摘要", rows=_rows(minutes.summary, minutes)),
        Section(key="decisions", title="决定", rows=_rows(minutes.decisions, minutes), nothing=NOTHING),
        Section(key="todos", title="待办", tasks=tasks, nothing=NOTHING),
        Section(key="questions", title="待解决的问题", rows=_rows(minutes.questions, minutes), nothing=NOTHING),
        _highlights(minutes),
        Section(key="links", title="链接", rows=_rows(minutes.links, minutes)),
        Section(key="files", title="文件", rows=_rows(minutes.files, minutes)),
        Section(key="keywords", title="关键词", words=tuple(filter(None, map(clean, minutes.keywords)))),
    ]
    return [each for each in some if each.rows or each.tasks or each.words or each.chapters or each.nothing]


def shortened(whole: Sequence[Section], most: int) -> list[Section]:
    """As much of the sections as ``most`` rows and tasks are, those that come first."""
    short = []
    for section in whole:
        rows, tasks = section.rows[:most], section.tasks[: max(0, most - len(section.rows))]
        most -= len(rows) + len(tasks)
        chapters = tuple(each for each in shortened(section.chapters, most) if each.rows)
        most -= sum(len(each.rows) for each in chapters)
        shown = len(rows) + len(tasks) + sum(len(each.rows) for each in chapters)
        left_out = len(section.rows) + len(section.tasks) + sum(len(each.rows) for each in section.chapters) - shown
        short.append(replace(section, rows=rows, tasks=tasks, chapters=chapters, left_out=left_out))
    return short


def _rows(items: Sequence[Item], minutes: Minutes) -> tuple[Row, ...]:
    return tuple(Row(text=clean(item.text), about=about(item, minutes), item=item) for item in items)


def about(item: Item, minutes: Minutes) -> str:
    """Who said it and when: 王芳 09:05; with the day where the minutes are of several: 王芳 3月5日 09:05."""
    said = ""
    if item.at is not None:
        at = item.at.astimezone(minutes.since.tzinfo)
        one_day = minutes.until.astimezone(at.tzinfo) - timedelta(microseconds=1)
        said = f"{at:%H:%M}" if minutes.since.date() == one_day.date() else f"{at.month}月{at.day}日 {at:%H:%M}"
    return " ".join(filter(None, (clean(item.who), said)))


def _highlights(minutes: Minutes) -> Section:
    """What mattered, each thing once: under its topic, or else under none."""
    left = {same(item): item for item in minutes.highlights}
    chapters = []
    for chapter in minutes.chapters:
        items = {same(item): item for item in chapter.items}
        for key, item in list(left.items()):
            if key in items or _within(item, chapter):
                items[key] = max(left.pop(key), items.get(key, item), key=lambda each: len(each.text))
        rows = _rows(sorted(items.values(), key=lambda item: (item.at is None, item.at)), minutes)
        about = f"{span(chapter.since, chapter.until, minutes.since)} · {chapter.messages} 条消息"
        chapters.append(Section(key="chapters", title=clean(chapter.title), about=about, rows=rows))
    return Section(key="highlights", title="重点", rows=_rows(tuple(left.values()), minutes), chapters=tuple(chapters))


def same(item: Item) -> object:
    """What tells a highlight from others: its message, in however many words it is told."""
    return item.source[0] if item.source else item.text


def _within(item: Item, chapter: Chapter) -> bool:
    if item.source and chapter.source:
        return item.source[0] in chapter.source
    return item.at is not None and chapter.since <= item.at <= chapter.until


# --- times, addresses, names -------------------------------------------------------------------------------


def span(since: datetime, until: datetime, day_of: datetime | None = None) -> str:
    """A span of time in its own zone: 2026年11月22日 周日 09:00–18:00. No day is named if it is ``day_of``'s."""
    until = until.astimezone(since.tzinfo)
    end = f"{until:%H:%M}"
    if until.time() == time() and until > since:
        until, end = until - timedelta(microseconds=1), "24:00"
    if day_of is not None and since.date() == until.date() == day_of.astimezone(since.tzinfo).date():
        return f"{since:%H:%M}" if since == until else f"{since:%H:%M}–{end}"
    if since.date() == until.date():
        hours = "全天" if (f"{since:%H:%M}", end) == ("00:00", "24:00") else f"{since:%H:%M}–{end}"
        return f"{_day(since, since.year if day_of else None)} {hours}"
    return f"{_day(since)} {since:%H:%M} 到{_day(until, since.year)} {end}"


def _day(at: datetime, year: int | None = None) -> str:
    words = f"{at.month}月{at.day}日 {_WEEKDAYS[at.weekday()]}"
    return words if at.year == year else f"{at.year}年{words}"


def due(todo: Todo, said: datetime) -> str:
    """By when: the date, and beside it the words that were said, 11月27日 周五（周五之前）; 待确认 if nobody said."""
    shown = clean(todo.shown)
    if todo.due is None:
        return shown or OPEN
    at = todo.due.astimezone(said.tzinfo)
    words = _day(at, said.year)
    if at.time() < _END_OF_DAY:
        words += f" {at:%H:%M}"
    return f"{words}（{shown}）" if shown and shown != words else words


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """A text in its parts: words, and the address that they are, or nothing."""
    at = 0
    for found in _URL.finditer(text):
        address = _ended(found[0])
        if address.endswith("//"):
            continue
        if found.start() > at:
            yield text[at : found.start()], ""
        yield address, address
        at = found.start() + len(address)
    if at < len(text):
        yield text[at:], ""


def _ended(address: str) -> str:
    """The address without what belongs to the sentence around it."""
    while address and (
        address[-1] in _NOT_ITS_END
        or any(address[-1] == end and address.count(end) > address.count(start) for start, end in ("()", "[]"))
    ):
        address = address[:-1]
    return address


def file_name(minutes: Minutes, extension: str) -> str:
    """The name of a document of these minutes: 产品群 纪要 2026-11-22.docx."""
    room = " ".join(_NOT_IN_NAMES.sub(" ", clean(minutes.room))[:_NAME_LENGTH].split()).strip(" .")
    return f"{room or '群'} 纪要 {minutes.since:%Y-%m-%d}.{extension}"
