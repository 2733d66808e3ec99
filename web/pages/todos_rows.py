"""The list of ``/todos``: in groups by time, each with what can be done with it."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from nicegui import ui

from web.layout import local_time, pill, text
from web.pages.todos_acts import Acts
from web.pages.todos_items import GROUPS, SHOWN, Entry, group_of, rule, when
from workers.reminders.models import ReminderState
from workers.reminders.slots import point_in_words


def groups(entries: Sequence[Entry], zone: ZoneInfo, moment: datetime, acts: Acts) -> None:
    by_group: dict[str, list[Entry]] = {name: [] for name in GROUPS}
    for entry in entries[:SHOWN]:
        by_group[group_of(entry, zone, moment)].append(entry)
    for name, some in by_group.items():
        if not some:
            continue
        with ui.element("section").props(f"data-testid=group-{GROUPS.index(name)}"):
            with ui.element("div").classes("td-heading"):
                text(name, f"mi-heading{' td-late' if name == '过期' else ''}", tag="h2")
                text(str(len(some)), "bb-soft bb-small", tag="span")
            with ui.element("div").classes("mi-list"):
                for entry in some:
                    row(entry, when(entry, zone, moment), zone, moment, acts)
    if (left := len(entries) - SHOWN) > 0:
        words = f"还有 {left} 条没列出来：做完或取消上面几条，它们就会出来；也可以切到「日历」按天看。"
        text(words, "bb-soft bb-small").props("data-testid=rest")


def row(entry: Entry, at: str, zone: ZoneInfo, moment: datetime, acts: Acts) -> None:
    """``at`` is its time in words; beside it stands its rule, if it recurs."""
    with ui.element("div").classes("td-row").props(f"data-testid={entry.key}"):
        with ui.element("div").classes("bb-grow"):
            text(entry.what, "mi-name")
            with ui.element("div").classes("td-facts"):
                late = entry.at is not None and entry.at <= moment
                if at:
                    text(at, f"td-when{' td-late' if late else ''}", tag="span").props("data-testid=when")
                if entry.series is not None:
                    pill(rule(entry), "good").props("data-testid=rule")
                if entry.told is not None:
                    told = "已提醒" if entry.series is None else f"{point_in_words(entry.told, zone, moment)} 已提醒"
                    pill(f"{told}，等你回", "warn")
                text(f"{entry.place} · {entry.who}", "bb-soft bb-small", tag="span").props("data-testid=from")
        if entry.changeable:
            _buttons(entry, acts)


def _buttons(entry: Entry, acts: Acts) -> None:
    # Of one that recurs only a time that was told can be done or put off; the others are skipped or changed.
    recurs = entry.series is not None and entry.told is None
    with ui.element("div").classes("td-acts"):
        if not recurs:
            _button("完成", "check", "complete", lambda: acts.complete(entry))
            _button("推迟", "snooze", "later", lambda: acts.ask_later(entry))
        if entry.kind == "reminder":
            _button("改", "edit", "change", lambda: acts.ask_change(entry))
        _button("取消", "close", "cancel", lambda: acts.ask_cancel(entry))


def _button(words: str, icon: str, mark: str, do: object) -> None:
    button = ui.button(words, icon=icon, color=None, on_click=do)  # type: ignore[arg-type]
    button.props(f"flat dense no-caps data-testid={mark}")


def ended(entries: Sequence[Entry], zone: ZoneInfo) -> None:
    """What is done or was cancelled, the last first."""
    with ui.element("div").classes("mi-list"):
        for entry in entries:
            with ui.element("div").classes("td-row").props(f"data-testid={entry.key}"):
                with ui.element("div").classes("bb-grow"):
                    text(entry.what, "mi-name td-ended")
                    at = local_time(entry.ended_at, zone) if entry.ended_at is not None else ""
                    text(f"{at} · {entry.place} · {entry.who}", "bb-soft bb-small")
                done = entry.state == ReminderState.DONE
                pill("完成了" if done else "取消了", "good" if done else "")
    if len(entries) == SHOWN:
        text(f"这里只列最近结束的 {SHOWN} 条。", "bb-soft bb-small").props("data-testid=rest")
