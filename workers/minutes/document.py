"""Minutes as a document: what is stored, shown, edited and exported. Every item says where it comes from."""

from pydantic import AwareDatetime, BaseModel, ConfigDict

#: What stands where a part has nothing in it.
NOTHING = "未发现"
#: What stands where a todo does not say who or by when.
OPEN = "待确认"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Item(_Part):
    """Something that was said. ``source`` are the ids of its messages, the one that says it first.

    ``who`` is the name of the one who said it, in a todo of the one who has to do it; empty when unknown.
    """

    text: str
    source: tuple[int, ...] = ()
    who: str = ""
    at: AwareDatetime | None = None


class Todo(Item):
    """``who`` has to do ``what`` until ``due``, which is the end of the day where only a day was said.

    ``who`` is empty and ``due`` None where nobody said. ``who_key`` is the key of the person in the talk, empty
    where it is nobody of the room. ``shown`` is the time as people say it (周五之前).
    """

    what: str
    who_key: str = ""
    due: AwareDatetime | None = None
    shown: str = ""


class Chapter(_Part):
    """A topic: ``messages`` is how many were said on it, ``items`` what mattered among them."""

    title: str
    since: AwareDatetime
    until: AwareDatetime
    messages: int
    items: tuple[Item, ...]
    source: tuple[int, ...] = ()


class Minutes(_Part):
    """``people`` are the names of those who spoke, who said most first; ``messages`` is how many were counted.

    ``gaps`` are the times in which the bot was deaf, in people's words: what was said then may be missing.
    Stored as ``model_dump(mode="json")``, read back by ``model_validate``.
    """

    room: str
    title: str
    since: AwareDatetime
    until: AwareDatetime
    people: tuple[str, ...]
    messages: int
    summary: tuple[Item, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    highlights: tuple[Item, ...] = ()
    decisions: tuple[Item, ...] = ()
    todos: tuple[Todo, ...] = ()
    questions: tuple[Item, ...] = ()
    links: tuple[Item, ...] = ()
    files: tuple[Item, ...] = ()
    keywords: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
