"""Minutes as Markdown (CommonMark, and GitHub's tables). What people said stays words, whatever it looks like."""

import re

from workers.minutes import parts
from workers.minutes.document import Minutes

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&#])")
#: What begins a list, a heading or a rule where a line begins.
_START = re.compile(r"^(?:([-+=])|(\d{1,9})([.)])(?=\s|$))")


def render(minutes: Minutes) -> str:
    lines = [f"# {escaped(parts.title(minutes))}", ""]
    lines += [f"- **{name}**：{escaped(value)}" for name, value in parts.facts(minutes)]
    lines += ["", *(f"> ⚠ {escaped(gap)}\n" for gap in parts.gaps(minutes))]
    for section in parts.sections(minutes):
        lines += _section(section, "##")
    return "\n".join(lines).rstrip() + "\n"


def _section(section: parts.Section, mark: str) -> list[str]:
    lines = [f"{mark} {escaped(section.title)}", ""]
    if section.about:
        lines += [f"*{escaped(section.about)}*", ""]
    if section.tasks:
        lines += ["| 谁 | 做什么 | 什么时候 |", "|---|---|---|"]
        lines += [f"| {_cell(task.who)} | {_cell(task.what)} | {_cell(task.due)} |" for task in section.tasks]
    lines += [f"- {_said(row)}" for row in section.rows]
    if section.words:
        lines.append("、".join(map(escaped, section.words)))
    if not (section.tasks or section.rows or section.words or section.chapters) and section.nothing:
        lines.append(section.nothing)
    if lines[-1]:
        lines.append("")
    for chapter in section.chapters:
        lines += _section(chapter, f"{mark}#")
    return lines


def _said(row: parts.Row) -> str:
    return f"{_linked(row.text)}（{escaped(row.about)}）" if row.about else _linked(row.text)


def _cell(text: str) -> str:
    return _linked(text) or " "


def _linked(text: str) -> str:
    """Escaped, with addresses as links."""
    first = True
    out = ""
    for words, address in parts.pieces(text):
        out += f"<{address}>" if address else escaped(words, starts=first)
        first = False
    return out


def escaped(text: str, *, starts: bool = True) -> str:
    """The text such that Markdown shows it as it is; ``starts``: it stands where a line begins."""
    out = _SPECIAL.sub(r"\\\1", text)
    if starts:
        out = _START.sub(lambda match: f"\\{match[1]}" if match[1] else f"{match[2]}\\{match[3]}", out)
    return out
