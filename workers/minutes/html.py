"""Minutes as a mail: HTML that mail programs leave as it is, and the same as plain text."""

import functools

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from workers.mail import frame
from workers.minutes import parts
from workers.minutes.document import OPEN, Minutes

_FOOTER = "由 BotBay 从群聊里摘出，细节以原话为准。没说清的写作「待确认」，没有的写作「未发现」。"

#: Rows of a mail's HTML. Gmail cuts what is larger than 102 KB; the document that goes with the mail holds all.
_MOST = 80


@functools.cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("workers.minutes"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["pieces"] = parts.pieces
    return environment.get_template("mail.html")


def render(minutes: Minutes, link: str | None) -> str:
    """A whole HTML document; ``link`` is the address of the minutes' page, None where there is none to give."""
    body = _template().render(
        facts=parts.facts(minutes),
        gaps=parts.gaps(minutes),
        sections=parts.shortened(parts.sections(minutes), _MOST),
        link=link,
        open=OPEN,
        font=frame.FONT,
        text=frame.TEXT,
        muted=frame.MUTED,
        accent=frame.ACCENT,
        line=frame.LINE,
        box=frame.BOX,
    )
    return frame.frame(parts.title(minutes), body, _FOOTER)


def plain(minutes: Minutes, link: str | None) -> str:
    """The mail's text for programs that show no HTML."""
    lines = [parts.title(minutes), ""]
    lines += [f"{name}：{value}" for name, value in parts.facts(minutes)]
    lines += parts.gaps(minutes)
    if link:
        lines.append(f"网页版：{link}")
    for section in parts.sections(minutes):
        lines += ["", f"【{section.title}】", *_under(section)]
        for chapter in section.chapters:
            lines += ["", f"{chapter.title}（{chapter.about}）", *_under(chapter)]
    return "\n".join([*lines, "", "--", _FOOTER, ""])


def _under(section: parts.Section) -> list[str]:
    lines = [f"- {task.who}：{task.what} · {task.due}" for task in section.tasks]
    lines += [f"- {row.text}（{row.about}）" if row.about else f"- {row.text}" for row in section.rows]
    if section.words:
        lines.append("、".join(section.words))
    return lines or ([section.nothing] if section.nothing else [])
