"""接龙: a list that goes round in a group, each adding a line to what was there. Read out of one message's text.

WeChat's own begins with ``#接龙``; then a title, a description, an example (``例 …``), and numbered lines of a name and
what that person wants. People also write ``接龙：周五聚餐`` or ``【接龙】…`` themselves, and number as they like.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

_HEADS = (
    re.compile(r"[#＃]\s*(?:群)?接龙\s*[:：]?\s*(?P<title>.*)\Z"),
    re.compile(r"[【\[](?:群)?接龙[】\]]\s*[:：]?\s*(?P<title>.*)\Z"),
    re.compile(r"(?:群)?接龙(?:\s*[:：]\s*(?P<title>.*))?\Z"),
    re.compile(r"(?P<title>(?!谁).{1,60}(?<![没别不要快])接龙)\s*[:：]?\Z"),
)
_NUMBER = re.compile(r"(?P<number>[0-9０-９]{1,4})(?:\s*(?P<mark>[.．、)）:：]|\ufe0f?\u20e3)\s*|\s*\Z)")
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_EXAMPLE = re.compile(r"例(?:如|子)?(?:\s+|\s*[:：]\s*)(?P<example>.*)\Z")
#: Between the name and the rest: a space or a sign, or nothing before +1.
_PARTED = re.compile(r"[\s:：,，、;；]+|(?=[+＋][0-9])")


@dataclass(frozen=True)
class Solitaire:
    """``entries`` are who and what, in the order of the list; ``what`` is empty where only a name stands.

    ``description`` is whatever stands between the title and the first entry, the example apart; in lines.
    """

    title: str
    entries: tuple[tuple[str, str], ...]
    description: str = ""
    example: str = ""


def parse(text: str, names: Collection[str] = ()) -> Solitaire | None:
    """The list in a text, None when it is none. ``names`` are known people's: names with spaces are then kept whole.

    A line among the entries that is none itself belongs to the entry before it.
    """
    lines = [line for line in map(str.strip, text.splitlines()) if line]
    if not lines:
        return None
    head = next((found for pattern in _HEADS if (found := pattern.match(lines[0]))), None)
    if head is None:
        return None
    title, example = (head["title"] or "").strip(), ""
    described: list[str] = []
    entries: list[tuple[str, str]] = []
    last = 0
    by_length = sorted(filter(None, names), key=len, reverse=True)
    for line in lines[1:]:
        number, said = _numbered(line, last)
        if number:
            last = number
            if said:
                entries.append(_parted(said, by_length))
        elif entries:
            who, what = entries[-1]
            entries[-1] = (who, f"{what}\n{line}" if what else line)
        elif (found := _EXAMPLE.match(line)) and not example:
            example = found["example"].strip()
        elif not title:
            title = line
        else:
            described.append(line)
    if not entries and not lines[0].startswith(("#", "＃")):
        return None
    return Solitaire(title or "接龙", tuple(entries), "\n".join(described), example)


def _numbered(line: str, last: int) -> tuple[int, str]:
    """The number that a line begins with, and the rest; 0 when it begins with none."""
    if line[0] in _CIRCLED:
        return _CIRCLED.index(line[0]) + 1, line[1:].lstrip(" .．、)）:：")
    found = _NUMBER.match(line)
    if found is None:
        return 0, ""
    number, rest = int(found["number"]), line[found.end() :]
    # 1.5公斤起订 is no entry, and neither is 12:30; 2.3班小王 after a first one is.
    tight = found["mark"] is not None and rest[:1].isdecimal() and not line[: found.end()].endswith((" ", "\u3000"))
    if tight and (last == 0 or number != last + 1):
        return 0, ""
    return number, rest


def _parted(said: str, names: Collection[str]) -> tuple[str, str]:
    for name in names:
        if said == name or (said.startswith(name) and _PARTED.match(said, len(name))):
            return name, said[len(name) :].lstrip(" \t\u3000:：,，、;；")
    who, *rest = _PARTED.split(said, maxsplit=1)
    return (who, rest[0].strip() if rest else "") if who else (said, "")
