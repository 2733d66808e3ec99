"""What somebody may do with an application: approve it, reject it, hand it to somebody else, or take it back."""

import contextlib
from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Account
from web.database import UNREACHABLE
from web.layout import text, told
from web.session import acting
from workers.approvals import people, service, words
from workers.approvals.errors import ApprovalError
from workers.approvals.flow import State
from workers.approvals.seeing import Whole

Work = Callable[[AsyncSession, Account], Awaitable[object]]
_MOST_NAMED = 8
_LONGEST = 300


class Acts:
    """The buttons and their dialogs; ``look`` shows the application as it is now, whatever became of the act."""

    def __init__(self, account: Account, number: int, look: Callable[[], Awaitable[None]]) -> None:
        self._account = account
        self._number = number
        self._look = look
        self._busy = False
        self._step = 0
        with ui.dialog() as self._dialog, ui.card().classes("ap-dialog").props("data-testid=act") as self._card:
            pass

    def show(self, whole: Whole) -> None:
        """The buttons for what this account may do now."""
        application = whole.listed.application
        mine = application.account_id == self._account.id and application.state == State.OPEN
        if not mine and not whole.awaits(self._account):
            return
        with ui.element("div").classes("ap-bar" if mine else "ap-bar ap-asked").props("role=toolbar data-testid=acts"):
            if mine:
                _button("撤回", "undo", "withdraw", lambda: self._ask_withdraw(whole), main=False)
            else:
                _button("同意", "check", "approve", lambda: self._ask_words(whole, approve=True))
                _button("驳回", "close", "reject", lambda: self._ask_words(whole, approve=False), main=False)
                _button("转给…", "redo", "transfer", lambda: self._ask_whom(whole), main=False)

    # --- dialogs ---

    def _ask_words(self, whole: Whole, *, approve: bool) -> None:
        async def go() -> None:
            said = str(field.value or "").strip()
            if not approve and not said:
                field.error = "写一句原因，好让 TA 知道怎么改。"
                return

            async def work(session: AsyncSession, account: Account) -> None:
                await service.decide(
                    session, self._number, account, approve=approve, words_said=said, via="page", step=step
                )

            await self._do(work, "同意了，已经告诉 TA。" if approve else "没同意，原因已经告诉 TA。")

        step = whole.listed.application.at
        with self._open(f"{'同意' if approve else '驳回'}{_head(whole)}？"):
            field = ui.textarea("想说的（可以不写）" if approve else "原因").props("outlined autogrow counter")
            field.props(f"maxlength={_LONGEST} data-testid=words").classes("full-width")
            self._buttons("同意" if approve else "驳回", go, bad=not approve)

    def _ask_withdraw(self, whole: Whole) -> None:
        async def work(session: AsyncSession, account: Account) -> None:
            await service.withdraw(session, self._number, account, via="page")

        with self._open(f"撤回 {words.head(whole.listed.application)}？"):
            text("撤回后不用再批，也不能恢复；要的话再提一张。", "bb-soft")
            self._buttons("撤回", lambda: self._do(work, "撤回了。"), bad=True)

    def _ask_whom(self, whole: Whole) -> None:
        step = whole.listed.application.at

        async def find() -> None:
            said = str(field.value or "").strip()
            found.clear()
            if not said:
                field.error = "写上名字，比如「李建国」「李总」。"
                return
            field.error = None
            with told():
                async with acting(self._account) as (session, account):
                    named = (await people.named(session, said, account)).accounts
                with found:
                    self._candidates(named, said, step)

        with self._open(f"把{_head(whole)}转给谁？"):
            with ui.element("div").classes("bb-row"):
                field = ui.input("名字").props("outlined dense data-testid=whom").classes("bb-grow")
                field.on("keydown.enter", find)
                ui.button("找", on_click=find).props("unelevated no-caps data-testid=find")
            found = ui.element("div").classes("ap-found")
            self._buttons("", None)

    def _candidates(self, named: Sequence[Account], said: str, step: int) -> None:
        if not named:
            text(f"没有叫「{words.short(said, 20)}」的人，换个名字试试。", "bb-soft").props("data-testid=nobody")
        for to in named[:_MOST_NAMED]:
            name = words.name(to)

            async def work(session: AsyncSession, account: Account, to: Account = to) -> None:
                current = await session.get_one(Account, to.id)
                await service.transfer(session, self._number, account, current, via="page", step=step)

            button = ui.button(
                f"转给{name}（{to.name}）", color=None, on_click=lambda _, w=work, n=name: self._do(w, f"转给{n}了。")
            )
            button.props("outline no-caps align=left data-testid=candidate").classes("full-width")
        if len(named) > _MOST_NAMED:
            text("还有别人，把名字写全一点。", "bb-soft bb-small")

    def _open(self, title: str) -> ui.card:
        self._card.clear()
        self._dialog.open()
        with self._card:
            text(title, "ap-title", tag="h2")
        return self._card

    def _buttons(self, name: str, go: Callable[[], Awaitable[None]] | None, *, bad: bool = False) -> None:
        with ui.element("div").classes("bb-row"):
            ui.space()
            ui.button("算了", color=None, on_click=self._dialog.close).props("flat no-caps data-testid=never-mind")
            if go is not None:
                button = ui.button(name, color="negative" if bad else "primary", on_click=go)
                button.props("unelevated no-caps data-testid=go")

    # --- doing it ---

    async def _do(self, work: Work, done: str) -> None:
        if self._busy:  # clicked twice
            return
        self._busy = True
        try:
            with told():
                try:
                    async with acting(self._account) as (session, account):
                        await work(session, account)
                except ApprovalError as error:
                    ui.notify(f"{error} 这一页已经是最新的。", type="warning", position="top", multi_line=True)
                else:
                    ui.notify(done, type="positive", position="top")
                self._dialog.close()
        finally:
            self._busy = False
        with contextlib.suppress(*UNREACHABLE):
            await self._look()


def _button(name: str, icon: str, mark: str, do: Callable[[], None], *, main: bool = True) -> None:
    button = ui.button(name, icon=icon, color="primary" if main else None, on_click=do)
    button.props(f"no-caps {'unelevated' if main else 'outline'} data-testid={mark}")


def _head(whole: Whole) -> str:
    return f"{words.name(whole.listed.applicant)}的 {words.head(whole.listed.application)}"
