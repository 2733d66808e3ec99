"""``/accounts``: who may sign in, as what; new accounts, and links for those who forgot their password."""

from collections.abc import Awaitable, Callable

from nicegui import ui
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Account, Role
from botbay.db import transaction
from web.layout import card, frame, pill, text, told
from web.live import follow
from web.session import Maintainer, acting
from workers.accounts import service
from workers.accounts.service import ListedAccount

_ROLES = {Role.MEMBER: "成员", Role.MAINTAINER: "维护者"}

Rule = Callable[[AsyncSession, Account], Awaitable[None]]


class _Page:
    """One open page: the list, and the dialogs that act on it."""

    def __init__(self, account: Account, listed: list[ListedAccount]) -> None:
        self._account = account
        self._site = str(ui.context.client.request.base_url).rstrip("/")  # as the maintainer reaches it
        self._listed = listed
        self._shown = _state(listed)
        self._link = self._link_dialog()
        self._adding = self._add_dialog()

    def build(self) -> None:
        with frame("账号", subtitle="能登录网页、能在微信里绑定的人。"):
            ui.button("添加账号", icon="person_add", on_click=self._adding.open).props(
                "unelevated data-testid=add-account"
            ).classes("self-start")
            with card(mark="accounts"):
                self._content()
        follow(self._look)

    @ui.refreshable_method
    def _content(self) -> None:
        with ui.element("div").classes("bb-list"):
            for item in self._listed:
                self._row(item)

    def _row(self, item: ListedAccount) -> None:
        account = item.account
        with ui.element("div").classes("bb-row").props(f"data-testid=account-{account.id}"):
            with ui.element("div").classes("bb-grow"):
                with ui.element("div").classes("bb-row bb-wrap").style("gap: 8px"):
                    text(account.display_name, "bb-strong")
                    pill(_ROLES[Role(account.role)], "good" if account.role == Role.MAINTAINER else "")
                    if account.disabled_at is not None:
                        pill("已停用", "bad")
                facts = [
                    account.name,
                    account.email,
                    f"绑定 {item.contacts} 个微信" if item.contacts else "没绑定微信",
                ]
                text(" · ".join(fact for fact in facts if fact), "bb-soft bb-small")
            more = ui.button(icon="more_vert", color=None)
            with (
                more.props('flat round dense aria-label="操作" data-testid=more'),
                ui.menu().props("auto-close"),
            ):
                self._actions(account)

    def _actions(self, account: Account) -> None:
        async def other_role() -> None:
            role = Role.MEMBER if account.role == Role.MAINTAINER else Role.MAINTAINER
            await self._change(account, lambda session, found: service.set_role(session, found, role))

        async def switch() -> None:
            await self._change(account, service.disable if account.disabled_at is None else service.enable)

        async def link() -> None:
            await self._show_link(account.id)

        if account.disabled_at is None:
            ui.menu_item("登录链接（重设密码）", link).props("data-testid=link")
            ui.menu_item("改为成员" if account.role == Role.MAINTAINER else "改为维护者", other_role).props(
                "data-testid=role"
            )
        ui.menu_item("停用" if account.disabled_at is None else "恢复", switch).props("data-testid=switch")

    async def _change(self, account: Account, rule: Rule) -> None:
        with told():
            async with acting(self._account, maintainer=True) as (session, _):
                found = await service.get_account(session, account.id)
                if found is not None:
                    await rule(session, found)
        await self._look()

    async def _look(self) -> None:
        async with transaction() as session:
            self._listed = list(await service.list_accounts(session))
        if (state := _state(self._listed)) != self._shown:
            self._shown = state
            self._content.refresh()

    # --- dialogs ---

    def _link_dialog(self) -> ui.dialog:
        with ui.dialog() as dialog, ui.card().classes("w-full").style("max-width: 480px"):
            text("登录链接", "bb-title", tag="h2")
            self._link_words = text("", "bb-soft")
            self._link_text = text("", "bb-code w-full", tag="code").props("data-testid=login-link")
            with ui.row().classes("w-full justify-end"):
                ui.button("好了", on_click=dialog.close).props("unelevated data-testid=link-done")
        return dialog

    async def _show_link(self, account_id: int) -> None:
        with told():
            async with acting(self._account, maintainer=True) as (session, _):
                found = await service.get_account(session, account_id)
                if found is None:
                    return
                url = service.login_url(await service.issue_login_link(session, found), self._site)
            self._link_words.text = f"发给 {found.display_name}：30 分钟内有效，只能用一次，进来后可以设密码。"
            self._link_text.text = url
            self._link.open()

    def _add_dialog(self) -> ui.dialog:
        with ui.dialog() as dialog, ui.card().classes("w-full").style("max-width: 420px"):
            text("添加账号", "bb-title", tag="h2")
            name = ui.input("账号名").props("outlined maxlength=32 autofocus data-testid=new-name").classes("w-full")
            shown = ui.input("显示名（可不填）").props("outlined maxlength=32 data-testid=new-shown").classes("w-full")
            email = ui.input("邮箱（可不填）").props("outlined type=email data-testid=new-email").classes("w-full")
            role = ui.select(_ROLES, value=Role.MEMBER, label="角色").props("outlined").classes("w-full")

            async def add() -> None:
                with told():
                    async with acting(self._account, maintainer=True) as (session, _):
                        added = await service.add_account(
                            session,
                            name.value or "",
                            display_name=shown.value,
                            email=email.value,
                            role=role.value,
                        )
                    for field in (name, shown, email):
                        field.value = ""
                    dialog.close()
                    await self._look()
                    await self._show_link(added.id)

            with ui.row().classes("w-full justify-end"):
                ui.button("取消", on_click=dialog.close, color=None).props("flat")
                ui.button("添加", on_click=add).props("unelevated data-testid=new-save")
        return dialog


def _state(listed: list[ListedAccount]) -> list[tuple[object, ...]]:
    """What is shown, to compare with what is shown already."""
    return [
        (
            item.account.id,
            item.account.display_name,
            item.account.email,
            item.account.role,
            item.account.disabled_at,
            item.contacts,
        )
        for item in listed
    ]


def register() -> None:
    @ui.page("/accounts")
    async def accounts(account: Maintainer) -> None:
        async with transaction() as session:
            listed = list(await service.list_accounts(session))
        _Page(account, listed).build()
