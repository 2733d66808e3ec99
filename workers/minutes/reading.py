"""A file of chat history as talks, one a room: what ``botbay minutes --file`` reads."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, tzinfo
from typing import IO

from botbay.chat import history
from workers.minutes.talk import Line, Person, Talk

#: What stands in ``mentions`` for everybody.
_EVERYBODY = frozenset({"所有人", "全体成员", "all", "everyone"})
_QUOTE = re.compile(r"^「(?P<name>[^：:」\n]{1,60})[：:](?P<said>.*?)」\s*\n?\s*-[- ]{2,}\s*", re.S)
#: The text of a message that has none: what WeChat shows for it.
_PLACEHOLDER = re.compile(r"^\s*\[(?:图片|视频|语音|文件|链接|动画表情|表情|位置|红包|转账)\]\s*")
_ADDRESS = re.compile(r"https?://[^\s\u4e00-\u9fff，。！？、）)】」]+")
_LOOK_BACK = 400  # lines among which a quoted one is looked for


def talks(
    stream: IO[bytes],
    zone: tzinfo,
    complain: Callable[[int, str], None],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Talk]:
    """The rooms of a file in the order in which they appear, each with its lines in order of time.

    A line's id is its number in the file, from 0. ``complain`` is told the number of each line that cannot be read,
    from 1 as editors count, and why. Lines outside of ``since`` and ``until`` (not included) are left out; without a
    zone of its own, a time is in ``zone``, and so are all times that come out.
    """
    rooms: defaultdict[tuple[str, str], list[tuple[int, history.Line]]] = defaultdict(list)
    for number, raw in _lines(stream):
        try:
            line = history.read(raw, zone)
        except history.LineError as error:
            complain(number + 1, str(error))
            continue
        rooms[line.room_id or "", line.room].append((number, line))
    found = []
    for (_, room), lines in rooms.items():
        wanted = [
            (number, line)
            for number, line in lines
            if (since is None or line.at >= since) and (until is None or line.at < until)
        ]
        wanted.sort(key=lambda each: (each[1].at, each[0]))
        found.append(_talk(room, wanted, [line for _, line in lines], zone))
    return found


def _lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Lines that hold something, numbered from 0; of one that is too long, as much as shows that."""
    number = -1
    while raw := stream.readline(history.LINE_LIMIT + 1):
        number += 1
        rest = raw
        while len(rest) > history.LINE_LIMIT and not rest.endswith(b"\n"):
            rest = stream.readline(history.LINE_LIMIT + 1)
        if raw.removeprefix(b"\xef\xbb\xbf").strip():
            yield number, raw


def _talk(
    room: str, lines: Iterable[tuple[int, history.Line]], everything: Iterable[history.Line], zone: tzinfo
) -> Talk:
    people = _people(everything)
    keys = {name: key for key, name in reversed(people.items())}
    by_id: dict[str, int] = {}
    made: list[Line] = []
    for number, line in lines:
        if not line.talker or line.withheld:
            continue
        text, answered = _without_quote(line, made, people)
        if line.quote is not None:
            answered = by_id.get(line.quote, answered)
        if line.id is not None:
            by_id[line.id] = number
        made.append(_line(number, line, text, answered, keys, zone))
    return Talk(room=room, lines=made, people=[Person(key=key, name=name) for key, name in people.items()])


def _people(lines: Iterable[history.Line]) -> dict[str, str]:
    """Names by key of those who speak or are mentioned, the first who speaks first."""
    people: dict[str, str] = {}
    mentioned: dict[str, str] = {}
    for line in lines:
        if line.talker:
            people[line.talker_id or line.talker] = line.talker
        ids = line.mention_ids or line.mentions
        mentioned |= {key: name for key, name in zip(ids, line.mentions, strict=True) if name not in _EVERYBODY}
    spoken = set(people.values())
    return people | {key: name for key, name in mentioned.items() if key not in people and name not in spoken}


def _line(number: int, line: history.Line, text: str, answered: int | None, keys: dict[str, str], zone: tzinfo) -> Line:
    ids = line.mention_ids or line.mentions
    named = [(key, name) for key, name in zip(ids, line.mentions, strict=True) if name not in _EVERYBODY]
    link, title = str(line.details.get("url") or ""), str(line.details.get("title") or "")
    if line.kind == "link" and not link:
        address = _ADDRESS.search(text)
        link = address[0] if address else ""
        title = title or (text.replace(link, "").strip() if link else text.strip())
    return Line(
        id=number,
        who=line.talker_id or line.talker,
        at=line.at.astimezone(zone),
        kind="recall" if line.recalled_at is not None else line.kind,
        text=text,
        mentions=tuple(keys.get(name, key) for key, name in named),
        all_mentioned=any(name in _EVERYBODY for name in line.mentions),
        replies_to=answered,
        file_name=_file_name(line, text),
        link=link,
        title=title,
        by_bot=line.by_bot,
    )


def _file_name(line: history.Line, text: str) -> str:
    if line.kind != "file":
        return ""
    path = line.file_name or line.file or text.strip()
    return path.replace("\\", "/").rpartition("/")[2][:255]


def _without_quote(line: history.Line, before: list[Line], people: dict[str, str]) -> tuple[str, int | None]:
    """The text without what merely shows its kind, and without the message that it quotes where that is there."""
    text = line.text
    quote = _QUOTE.match(text) if line.kind == "text" else None
    if quote is None:
        return (text if line.kind == "text" else _PLACEHOLDER.sub("", text)), None
    said, name = quote["said"].strip().rstrip("…."), quote["name"].strip()
    for candidate in reversed(before[-_LOOK_BACK:]):
        same = candidate.text.strip().startswith(said) if said else False
        if same and people.get(candidate.who, "") == name:
            return text[quote.end() :], candidate.id
    return text, None
