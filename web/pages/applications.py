"""``/applications``: what waits for one's answer, what one has asked for, and what one has answered."""

from collections.abc import Sequence
from dataclasses import dataclass

from nicegui import ui
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Account, Role
from botbay.db import transaction
from web.layout import empty, frame, link, local_time, pill, text, told
from web.live import follow
from web.pages import applications_kinds, applications_new, applications_one, applications_words
from web.pages.applications_one import CSS
from web.session import SignedIn, acting
from workers.approvals import seeing, service, words
from workers.approvals.flow import Answer, State
from workers.approvals.listing import Listed

_PAGE = 30
_TABS = {"waiting": "等我批的", "own": "我提交的", "answered": "我批过的"}


@dataclass(frozen=True, kw_only=True)
class _Lists:
    """``answers``: of what one has answered, by number. ``more``: the tabs of which older ones are not shown."""

    waiting: Sequence[Listed]
    own: Sequence[Listed]
    answered: Sequence[Listed]
    answers: dict[int, Answer]
    more: frozenset[str]

    def of(self, tab: str) -> Sequence[Listed]:
        return {"waiting": self.waiting, "own": self.own, "answered": self.answered}[tab]

    def mark(self) -> object:
        """Equal for what looks the same."""
        return (
            [
                (one.application.id, one.application.state, one.application.at, applications_words.where(one))
                for tab in _TABS
                for one in self.of(tab)
            ],
            self.answers,
            self.more,
        )


async def _read(session: AsyncSession, account: Account, count: int) -> _Lists:
    own = await seeing.submitted_by(session, account, limit=count + 1)
    answered = await seeing.answered_by(session, account, limit=count + 1)
    more = {"own": len(own) > count, "answered": len(answered) > count}
    return _Lists(
        waiting=await service.waiting_for(session, account),
        own=own[:count],
        answered=[listed for listed, _ in answered[:count]],
        answers={listed.application.id: answer for listed, answer in answered},
        more=frozenset(tab for tab, there in more.items() if there),
    )


class _Page:
    """One open page."""

    def __init__(self, account: Account, lists: _Lists, tab: str) -> None:
        self._account = account
        self._lists = lists
        self._tab = tab
        self._count = _PAGE

    def build(self) -> None:
        with frame("申请", subtitle="请假、报销、采购……提了到哪儿了，谁批的，都在这里。"):
            with ui.element("div").classes("ap-tools"):
                self._tabs = ui.element("div").classes("ap-tabs").props("role=tablist")
                with ui.element("div").classes("ap-doing"):
                    if self._account.role == Role.MAINTAINER:
                        link("种类和审批人", "/applications/kinds").props("data-testid=kinds")
                    ui.button("提申请", icon="add", on_click=lambda: ui.navigate.to("/applications/new")).props(
                        "unelevated no-caps data-testid=new"
                    )
            self._body = ui.element("div").classes("ap-body")
            self._paint()
        follow(self._look)

    def _choose(self, tab: str) -> None:
        self._tab = tab
        ui.navigate.history.replace(f"/applications?tab={tab}")
        self._paint()

    async def _more(self) -> None:
        self._count += _PAGE
        with told():
            async with acting(self._account) as (session, account):
                self._lists = await _read(session, account, self._count)
            self._paint()

    async def _look(self) -> None:
        """Show what has changed since."""
        async with transaction() as session:
            lists = await _read(session, self._account, self._count)
        if lists.mark() != self._lists.mark():
            self._lists = lists
            self._paint()

    def _paint(self) -> None:
        self._tabs.clear()
        with self._tabs:
            for tab, name in _TABS.items():
                waiting = len(self._lists.waiting) if tab == "waiting" else 0
                button = ui.button(color=None, on_click=lambda _, tab=tab: self._choose(tab))
                button.props(f"flat no-caps role=tab data-testid=tab-{tab}").classes("ap-tab")
                button.props["aria-selected"] = "true" if tab == self._tab else "false"
                with button:
                    text(name, tag="span")
                    if waiting:
                        text(str(waiting), "ap-count", tag="span").props("data-testid=waiting-count")
        self._body.clear()
        with self._body:
            found = self._lists.of(self._tab)
            if not found:
                self._nothing()
                return
            with ui.element("div").classes("ap-list").props(f"data-testid=list-{self._tab}"):
                for listed in found:
                    self._entry(listed)
            if self._tab in self._lists.more:
                ui.button("看更早的", icon="expand_more", on_click=self._more).props("flat data-testid=more")

    def _entry(self, listed: Listed) -> None:
        application = listed.application
        address = f"/applications/{application.id}"
        with ui.element("a").classes("ap-entry").props(f"href={address} data-testid=application-{application.id}"):
            with ui.element("div").classes("bb-grow"):
                mine = listed.applicant.id == self._account.id
                text(words.head(application) if mine else f"{words.name(listed.applicant)}的 {words.head(application)}")
                about = (
                    f"{local_time(application.created_at)} 提的",
                    "等你批" if self._tab == "waiting" else applications_words.where(listed),
                )
                text(" · ".join(filter(None, about)), "bb-soft bb-small")
            with ui.element("div").classes("ap-pills"):
                answer = self._lists.answers.get(application.id)
                if self._tab == "answered" and answer is not None:
                    pill(f"我：{applications_words.ANSWERS[answer][0]}", "")
                if self._tab != "waiting":
                    pill(*applications_words.STATES[State(application.state)])
            ui.icon("chevron_right")

    def _nothing(self) -> None:
        match self._tab:
            case "waiting":
                with empty("task_alt", "没有等你批的。有人提了要你批的，会在微信私聊里问你，也会出现在这里。"):
                    pass
            case "own":
                with empty("edit_note", "你还没有提过申请。"):
                    text("点「提申请」，或者在微信里跟我说「我要请假」。", "bb-small")
            case _:
                with empty("inventory", "你还没有批过申请。"):
                    pass


def register() -> None:
    applications_new.register()
    applications_kinds.register()
    applications_one.register()

    @ui.page("/applications")
    async def applications(account: SignedIn, tab: str = "") -> None:
        ui.add_css(CSS)
        async with transaction() as session:
            lists = await _read(session, account, _PAGE)
        # What waits comes first; without that, what one has asked for.
        _Page(account, lists, tab if tab in _TABS else "waiting" if lists.waiting else "own").build()
