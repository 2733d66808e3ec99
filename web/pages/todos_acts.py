"""What can be done with a todo on its page: done, put off, changed, taken back; each act looks at the rights anew."""

from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from nicegui import ui
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.access import PRIVATE, Subject
from botbay.chat.models import Account
from botbay.db import now
from web.layout import text, told
from web.pages import todos_items
from web.pages.todos_items import Entry
from web.pages.todos_sentence import TimeField, shown, understand
from web.session import acting
from workers.minutes import service as minutes
from workers.reminders import service
from workers.reminders.models import ReminderState
from workers.reminders.service import LONGEST, New, ReminderError, When

_GONE = "这件待办已经不在了。"
_MORNING = time(9)


class Acts:
    """For one open page; ``after`` shows anew what has changed."""

    def __init__(self, account: Account, zone: ZoneInfo, after: Callable[[], Awaitable[None]]) -> None:
        self._account = account
        self._zone = zone
        self._after = after
        with ui.dialog() as self._dialog, ui.card().classes("mi-dialog td-dialog").props("data-testid=todo-dialog"):
            self._body = ui.element("div").classes("mi-body")

    async def _do(self, words: str, act: Callable[[AsyncSession, Subject], Awaitable[object]]) -> bool:
        """Whether it was done; what stands in its way is told."""
        done = False
        with told():
            try:
                async with acting(self._account) as (session, account):
                    await act(session, Subject.of_account(account))
            except ReminderError as problem:
                ui.notify(str(problem), type="warning", position="top", multi_line=True)
            else:
                done = True
                self._dialog.close()
                ui.notify(words, type="positive", position="top")
            await self._after()
        return done

    # --- at once ---

    async def add(self, sentence: str) -> bool:
        """Sets a reminder for oneself, told in private."""

        async def act(session: AsyncSession, subject: Subject) -> None:
            found = understand(sentence, self._zone, now())
            place, me = await service.own_place(session, subject)
            new = New(conversation_id=place, asker_id=me, contact_id=me, what=found.what, when=found.when)
            await service.create(session, new, self._zone, by=subject)

        return await self._do("记下了，到时候私聊你。", act)

    async def complete(self, entry: Entry) -> None:
        async def act(session: AsyncSession, subject: Subject) -> None:
            if entry.kind == "reminder":
                await service.complete(session, subject, PRIVATE, entry.id)
            elif not await minutes.close_todo(session, subject, PRIVATE, entry.id, done=True):
                raise ReminderError(_GONE)

        words = "这次记完成了，下次照常提醒。" if entry.series is not None else "完成了 ✅"
        await self._do(words, act)

    async def _cancel(self, entry: Entry) -> None:
        async def act(session: AsyncSession, subject: Subject) -> None:
            if entry.kind == "reminder":
                await service.cancel(session, subject, PRIVATE, entry.id)
            elif not await minutes.close_todo(session, subject, PRIVATE, entry.id, done=False):
                raise ReminderError(_GONE)

        await self._do("以后都不提醒了。" if entry.series is not None else "取消了。", act)

    async def _skip(self, entry: Entry) -> None:
        assert entry.at is not None
        slot = entry.at
        await self._do(
            "只取消了这一次，以后照常提醒。",
            lambda session, subject: service.skip(session, subject, PRIVATE, entry.id, slot),
        )

    async def _put_off(self, entry: Entry, at: datetime) -> None:
        async def act(session: AsyncSession, subject: Subject) -> None:
            if entry.kind == "reminder":
                await service.snooze(session, subject, PRIVATE, entry.id, at, self._zone)
                return
            open_ones = await todos_items.open_entries(session, self._account)
            todo = next((each for each in open_ones if each.key == entry.key), None)
            if todo is None:
                raise ReminderError(_GONE)
            place, me = await service.own_place(session, subject)
            when = When(at=at)
            new = New(conversation_id=place, asker_id=me, contact_id=me, what=todo.what, when=when, todo_id=todo.id)
            await service.create(session, new, self._zone, by=subject)

        await self._do(f"好，{shown(When(at=at), self._zone, now())} 再提醒。", act)

    # --- asked before ---

    def ask_cancel(self, entry: Entry) -> None:
        self._body.clear()
        with self._body:
            text(f"取消「{entry.what}」？", "mi-panel-title", tag="h2")
            if entry.series is not None and entry.state == ReminderState.WAITING:
                following = todos_items.when(entry, self._zone, now())
                text(f"它会重复提醒（{todos_items.rule(entry)}），下一次是{following}。", "bb-soft")
                self._choice(f"只取消{following} 这一次", "skip", lambda: self._skip(entry))
                self._choice("以后都不要了", "cancel-all", lambda: self._cancel(entry), strong=True)
            else:
                self._choice("取消它", "cancel-it", lambda: self._cancel(entry), strong=True)
            self._close("留着")
        self._dialog.open()

    def ask_later(self, entry: Entry) -> None:
        moment = now()
        begin = max(entry.at, moment) if entry.at is not None and entry.told is None and not entry.all_day else moment
        tomorrow = datetime.combine(moment.astimezone(self._zone).date() + timedelta(days=1), _MORNING, self._zone)
        self._body.clear()
        with self._body:
            text(f"推迟「{entry.what}」", "mi-panel-title", tag="h2")
            with ui.element("div").classes("td-choices"):
                for words, mark, at in (
                    ("10 分钟", "later-10", begin + timedelta(minutes=10)),
                    ("1 小时", "later-60", begin + timedelta(hours=1)),
                    ("明天 9:00", "later-tomorrow", tomorrow),
                ):
                    self._choice(words, mark, lambda at=at: self._put_off(entry, at))  # type: ignore[misc]
            field = ui.input("选时间").props("outlined stack-label type=datetime-local data-testid=later-at")
            field.classes("w-full")
            self._choice("推迟到这个时间", "later-then", lambda: self._put_off_to(entry, str(field.value or "")))
            self._close("不推迟")
        self._dialog.open()

    async def _put_off_to(self, entry: Entry, value: str) -> None:
        try:
            at = datetime.fromisoformat(value).replace(tzinfo=self._zone)
        except ValueError:
            ui.notify("先选好哪天几点。", type="warning", position="top")
            return
        await self._put_off(entry, at)

    def ask_change(self, entry: Entry) -> None:
        words: ui.input | None = None
        own = entry.own_words

        async def save() -> None:
            what = None if words is None or words.value == own else str(words.value or "").strip()
            if what == "":
                ui.notify("要做什么不能空着。", type="warning", position="top")
                return
            when = None
            if field.said:
                try:
                    when = field.understood().when
                except ReminderError as problem:
                    field.tell(str(problem), good=False)
                    return
            if when is None and what is None:
                self._dialog.close()
                return
            await self._do(
                "改好了。",
                lambda session, subject: service.change(
                    session, subject, PRIVATE, entry.id, self._zone, when=when, what=what
                ),
            )

        self._body.clear()
        with self._body:
            text("改提醒", "mi-panel-title", tag="h2")
            if own is not None:
                words = ui.input("做什么", value=own).props(f"outlined maxlength={LONGEST} data-testid=change-what")
                words.classes("w-full")
            else:
                text(entry.what, "bb-strong")
                text("字只有设它的人能改。", "bb-soft bb-small")
            now_at = todos_items.rule(entry) or todos_items.when(entry, self._zone, now())
            field = TimeField(
                self._zone, f"改到什么时候（现在是{now_at}）", "比如：周五下午三点，每天早上八点",
                mark="change-when", with_what=False, in_room=entry.in_room,
            )  # fmt: skip
            field.input.classes("w-full")
            with ui.element("div").classes("bb-row"):
                ui.space()
                ui.button("不改了", color=None, on_click=self._dialog.close).props("flat data-testid=drop-change")
                ui.button("保存", on_click=save).props("unelevated data-testid=save-change")
        self._dialog.open()

    def _choice(self, words: str, mark: str, do: Callable[[], Awaitable[None]], *, strong: bool = False) -> None:
        button = ui.button(words, color="primary" if strong else None, on_click=do)
        button.props(f"{'unelevated' if strong else 'outline'} no-caps data-testid={mark}").classes("td-choice")

    def _close(self, words: str) -> None:
        ui.button(words, color=None, on_click=self._dialog.close).props("flat no-caps data-testid=close-todo")
