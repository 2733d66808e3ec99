"""The report as a mail: the card in it as a picture, what it counts as tables, and the same as plain text."""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from botbay.chat.lines import flat
from botbay.zh.masking import masked
from workers.mail import frame
from workers.report import card, words
from workers.report.document import Report

_CID = "report"
_FOOTER = "由 BotBay 数出来的：只数群里的人说的话，撤回的不算。没有同意记录的人只计数，不留名字。"
#: Rows of a section in HTML, and of days: Gmail cuts what is larger than 102 KB. The plain text holds all.
_MOST, _MOST_DAYS = 12, 31


@dataclass(frozen=True, kw_only=True)
class _Section:
    title: str
    rows: tuple[tuple[str, str], ...]
    most: int = _MOST


@functools.cache
def _template() -> Template:
    return Environment(
        loader=PackageLoader("workers.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("mail.html")


def render(report: Report, link: str | None) -> tuple[str, Mapping[str, bytes]]:
    """A whole HTML document, and the pictures (PNG) that it shows, by cid. ``link`` is its page's address, if any."""
    pictures = {
        _CID if place == 1 else f"{_CID}-{place}": content for place, content in enumerate(card.pieces(report), 1)
    }
    body = _template().render(
        cids=list(pictures),
        alt="；".join(f"{name} {value}" for name, value in _facts(report)),
        facts=_facts(report),
        gaps=[_text(gap) for gap in report.gaps],
        sections=[_shortened(section) for section in _sections(report) if section.rows],
        link=link,
        font=frame.FONT,
        text=frame.TEXT,
        muted=frame.MUTED,
        accent=frame.ACCENT,
        line=frame.LINE,
    )
    return frame.frame(heading(report), body, _FOOTER), pictures


def plain(report: Report, link: str | None) -> str:
    """The same for programs that show no HTML."""
    lines = [heading(report), "", *(f"{name}：{value}" for name, value in _facts(report))]
    lines += [f"注意：{_text(gap)}" for gap in report.gaps]
    if link:
        lines.append(f"网页版：{link}")
    for section in _sections(report):
        if section.rows:
            lines += ["", f"【{section.title}】"]
            lines += [f"- {left}  {right}".rstrip() for left, right in section.rows]
    return "\n".join([*lines, "", "--", _FOOTER, ""])


def heading(report: Report) -> str:
    """「产品群」今天（11月23日 周一）的日报."""
    room = f"「{_text(report.title) or '群聊'}」" if report.room_id is not None else ""
    return f"{room}{words.title(report)}"


def _facts(report: Report) -> list[tuple[str, str]]:
    change = words.change(report)
    facts = [("消息", f"{words.number(report.total)} 条{f'（{change}）' if change else ''}")]
    if report.people_count:
        facts.append(("说话的人", f"{words.number(report.people_count)} 个"))
    kinds = [f"{words.kind(each.kind)} {words.number(each.count)}" for each in report.kinds if each.count]
    if kinds:
        facts.append(("其中", "、".join(kinds)))
    if busiest := words.busiest(report):
        facts.append(("最热闹", busiest))
    if calls := words.calls(report):
        facts.append(("@我", calls))
    if until := words.until(report):
        facts.append(("数到", until.removeprefix("截至 ")))
    return facts


def _sections(report: Report) -> list[_Section]:
    waiting = [each for each in report.mentions if not each.answered]
    return [
        _Section(title="@我的，还没回", rows=tuple((_text(each.text), _of(each.who, each.room)) for each in waiting)),
        _Section(
            title="待办",
            rows=tuple(
                (_text(each.what), _of(f"{each.who or '待确认'}{'（我）' if each.mine else ''}", each.due))
                for each in report.todos
            ),
        ),
        _Section(
            title="各群",
            rows=_counts((each.name, each.count) for each in report.rooms) if report.room_id is None else (),
        ),
        _Section(title="各人", rows=_counts((each.name, each.count) for each in report.people)),
        _Section(
            title="每天",
            rows=tuple((f"{each.day:%m-%d}", words.number(each.count)) for each in reversed(report.trend)),
            most=_MOST_DAYS,
        ),
        _Section(title="每小时", rows=((hours, ""),) if (hours := _hours(report)) else ()),
        _Section(
            title="在聊",
            rows=(("、".join(_text(each.word) for each in report.keywords), ""),) if report.keywords else (),
        ),
        _Section(title="文件", rows=tuple((_text(each.name), _of(each.who, each.room)) for each in report.files)),
        _Section(title="链接", rows=tuple((_text(each.name), _of(each.who, each.room)) for each in report.links)),
        _Section(title="新来的人", rows=tuple((_text(each.name), _text(each.room)) for each in report.joined)),
        _Section(title="纪要", rows=tuple((_text(each.title), "") for each in report.minutes)),
    ]


def _counts(rows: Iterable[tuple[str, int]]) -> tuple[tuple[str, str], ...]:
    return tuple((_text(name) or "没名字", words.number(count)) for name, count in rows)


def _hours(report: Report) -> str:
    """9 点 126、10 点 143: the hours in which something was said."""
    return "、".join(f"{hour} 点 {words.number(count)}" for hour, count in enumerate(report.hours) if count)


def _shortened(section: _Section) -> _Section:
    more = len(section.rows) - section.most
    if more <= 1:
        return section
    return replace(section, rows=(*section.rows[: section.most], (f"还有 {words.number(more)} 行没列出来", "")))


def _of(*facts: str) -> str:
    return " · ".join(filter(None, map(_text, facts)))


def _text(text: str) -> str:
    return masked(flat(text))
