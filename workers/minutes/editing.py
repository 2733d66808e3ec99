"""Minutes under somebody's pen: lines that are changed, added and taken out, and the document that this makes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from workers.minutes import parts
from workers.minutes.document import Item, Minutes, Todo

#: Parts to which a line can be added.
ADDABLE = ("decisions", "todos", "questions")
LONGEST = 2000  # characters of a line

_PLAIN = ("summary", "decisions", "questions", "links", "files")


class EditError(Exception):
    """What was written cannot stand so. The text is for people and says why."""


@dataclass
class Line:
    """A line as it is being edited; ``item`` is what it was, None if it was added. ``text`` of a todo is what to do."""

    item: Item | None
    text: str
    who: str = ""
    due: datetime | None = None
    gone: bool = False

    @property
    def changed(self) -> bool:
        return self.item is None or self != line_of(self.item)


def line_of(item: Item) -> Line:
    if isinstance(item, Todo):
        return Line(item=item, text=item.what, who=item.who, due=item.due)
    return Line(item=item, text=item.text, who=item.who)


@dataclass
class Draft:
    """An edit of one document. ``lines`` are by part; those of the topics and the highlights are one part."""

    minutes: Minutes
    title: str = ""
    topics: list[str] = field(default_factory=list)
    lines: dict[str, list[Line]] = field(default_factory=dict)

    @classmethod
    def of(cls, minutes: Minutes) -> "Draft":
        lines = {name: [line_of(item) for item in getattr(minutes, name)] for name in (*_PLAIN, "todos")}
        shown = next((each for each in parts.sections(minutes) if each.key == "highlights"), None)
        rows = () if shown is None else (*(row for each in shown.chapters for row in each.rows), *shown.rows)
        lines["highlights"] = [line_of(row.item) for row in rows]
        return cls(minutes, minutes.title, [chapter.title for chapter in minutes.chapters], lines)

    def line(self, part: str, item: Item) -> Line:
        """The line that an item of this part has become."""
        return next(line for line in self.lines[part] if line.item == item)

    def add(self, part: str) -> Line:
        line = Line(item=None, text="")
        self.lines[part].append(line)
        return line

    def document(self) -> Minutes:
        """The edited document. Raises EditError where a line says nothing, or too much."""
        for line in (line for lines in self.lines.values() for line in lines if not line.gone):
            _check(line)
        if not self.title.strip() or not all(title.strip() for title in self.topics):
            raise EditError("标题不能空着。")
        whole = self.minutes
        changed: dict[str, object] = {name: tuple(self._items(name)) for name in _PLAIN}
        changed["title"] = self.title.strip()
        changed["todos"] = tuple(self._todos())
        changed["highlights"] = self._highlights(whole.highlights)
        chapters = []
        for chapter, title in zip(whole.chapters, self.topics, strict=True):
            items = self._highlights(chapter.items)
            if items or not chapter.items:
                chapters.append(chapter.model_copy(update={"title": title.strip(), "items": items}))
        changed["chapters"] = tuple(chapters)
        return whole.model_copy(update=changed)

    def _highlights(self, items: Sequence[Item]) -> tuple[Item, ...]:
        """What these have become; a highlight may stand in several places, told in more or fewer words."""
        lines = {parts.same(line.item): line for line in self.lines["highlights"] if line.item is not None}
        left = [(item, lines[parts.same(item)]) for item in items if not lines[parts.same(item)].gone]
        return tuple(
            item.model_copy(update={"text": line.text.strip()}) if line.changed else item for item, line in left
        )

    def _items(self, part: str) -> list[Item]:
        return [_item(line) for line in self.lines[part] if not _absent(line)]

    def _todos(self) -> list[Todo]:
        keys = {todo.who: todo.who_key for todo in self.minutes.todos}
        todos = []
        for line in self.lines["todos"]:
            if _absent(line):
                continue
            text, who = line.text.strip(), line.who.strip()
            was = line.item if isinstance(line.item, Todo) else Todo(text=text, what=text)
            update: dict[str, object] = {"what": text, "who": who, "due": line.due}
            if who != was.who:
                update["who_key"] = keys.get(who, "")
            if line.due != was.due:
                update["shown"] = ""  # nobody said it so
            todos.append(was.model_copy(update=update))
        return todos


def _absent(line: Line) -> bool:
    """Taken out, or added and left blank."""
    return line.gone or (line.item is None and not line.text.strip())


def _item(line: Line) -> Item:
    text = line.text.strip()
    if line.item is None:
        return Item(text=text)
    return line.item if text == line.item.text else line.item.model_copy(update={"text": text})


def _check(line: Line) -> None:
    if line.item is not None and not line.text.strip() and parts.clean(line_of(line.item).text):
        raise EditError("有一条空着：写点什么，或者把它删掉。")
    if max(len(line.text), len(line.who)) > LONGEST:
        raise EditError(f"有一条太长了，最多 {LONGEST} 个字。")
