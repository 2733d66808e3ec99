"""``/applications/new``: an application is written by page: its kind, its fields, a last look, and off it goes."""

import contextlib
from collections.abc import Sequence
from urllib.parse import quote
from uuid import uuid4

from nicegui import ui

from botbay.chat.models import Account
from botbay.db import transaction
from botbay.storage import StorageError
from web.layout import card, frame, link, note, text, told
from web.pages import applications_words
from web.pages.applications_fields import Input, Pictures, made
from web.pages.applications_one import CSS
from web.session import SignedIn, acting
from workers.approvals import catalogue, fields, pictures, service
from workers.approvals.catalogue import ChainStep
from workers.approvals.errors import ApprovalError
from workers.approvals.fields import FieldProblem
from workers.approvals.kinds import FieldType, Kind


class _Form:
    """One open page. Its key makes what is submitted from it one application, however often."""

    def __init__(self, account: Account, kind: Kind, problem: str, *, can_bring: bool) -> None:
        self._account = account
        self._kind = kind
        self._problem = problem
        self._can_bring = can_bring
        self._key = f"page:{uuid4().hex}"
        self._values: dict[str, object] = {}
        self._busy = False

    def build(self) -> None:
        with frame(f"提{self._kind.name}申请"):
            if self._problem:
                note(self._problem).props("data-testid=problem")
                link("换一种", "/applications/new")
                return
            with card(mark="form") as self._form:
                self._inputs = [made(spec, can_bring=self._can_bring) for spec in self._kind.fields]
                with ui.element("div").classes("bb-row"):
                    link("换一种", "/applications/new")
                    ui.space()
                    ui.button("下一步", on_click=self._next).props("unelevated no-caps data-testid=next")
            with card("看一眼，没错就提交", mark="preview") as self._preview:
                self._shown = ui.element("div").classes("ap-body")
                with ui.element("div").classes("bb-row"):
                    ui.button("回去改", color=None, on_click=self._back).props("flat no-caps data-testid=back")
                    ui.space()
                    self._button = ui.button("提交", icon="send", on_click=self._submit)
                    self._button.props("unelevated no-caps data-testid=submit")
            self._preview.visible = False
            ui.context.client.on_delete(self._drop)

    def _checked(self) -> bool:
        """Whether all fields are right; each that is not says so beside itself."""
        good, self._values = True, {}
        for one in self._inputs:
            try:
                value = one.value()
            except FieldProblem:
                good = False
                continue
            if value is not None:
                self._values[one.spec.name] = value
        return good

    async def _next(self) -> None:
        if not self._checked():
            ui.notify("有几项要改，看红字。", type="warning", position="top")
            return
        with told():
            try:
                async with acting(self._account) as (session, account):
                    chain = await catalogue.chain(session, self._kind, self._values, account.id)
            except ApprovalError as error:
                ui.notify(str(error), type="warning", position="top", multi_line=True)
                return
            self._shown.clear()
            with self._shown:
                self._look(chain)
            self._form.visible, self._preview.visible = False, True
            ui.run_javascript("window.scrollTo(0, 0)")

    def _look(self, chain: Sequence[ChainStep]) -> None:
        with ui.element("dl").classes("ap-values"):
            for one in self._inputs:
                shown = _shown(one, self._values)
                if shown:
                    text(one.spec.name, tag="dt")
                    text(shown, tag="dd").props["data-testid"] = f"preview-{one.spec.name}"
        with ui.element("div").classes("bb-soft").props("data-testid=preview-chain"):
            steps = [f"{step.spec.name}（{applications_words.names(step.approvers)}）" for step in chain]
            text(f"批的人：{' → '.join(steps)}")

    def _back(self) -> None:
        self._form.visible, self._preview.visible = True, False

    async def _submit(self) -> None:
        if self._busy:  # clicked twice
            return
        self._busy = True
        self._button.props("loading")
        try:
            with told():
                async with acting(self._account) as (session, account):
                    values = dict(self._values)
                    for one in self._pictures():
                        if one.taken:
                            values[one.spec.name] = await pictures.keep(session, account, one.taken)
                    application = await service.submit(
                        session, account=account, kind=self._kind.name, values=values, key=self._key, via="page"
                    )
                for one in self._pictures():
                    one.taken = []  # they belong to the application
                ui.navigate.to(f"/applications/{application.id}")
                return  # and the button stays as it is
        except ApprovalError as error:
            ui.notify(str(error), type="warning", position="top", multi_line=True)
        self._busy = False
        self._button.props(remove="loading")

    def _pictures(self) -> list[Pictures]:
        return [one for one in self._inputs if isinstance(one, Pictures)]

    async def _drop(self) -> None:
        """The page was left without submitting."""
        for one in self._pictures():
            for picture in one.taken:
                with contextlib.suppress(StorageError):  # then it goes with what is left over
                    await pictures.drop(picture)


def _shown(one: Input, values: dict[str, object]) -> str:
    if isinstance(one, Pictures):
        return f"{len(one.taken)} 张" if one.taken else ""
    return fields.shown(one.spec, values[one.spec.name]) if one.spec.name in values else ""


def _choose(kinds: Sequence[Kind]) -> None:
    with frame("提申请", subtitle="要申请什么？"), ui.element("div").classes("bb-grid"):
        for kind in kinds:
            with ui.element("a").classes("bb-card ap-kind") as box:
                box.props["href"] = f"/applications/new?kind={quote(kind.name, safe='')}"
                box.props["data-testid"] = f"kind-{kind.name}"
                text(kind.name, "bb-strong")
                text(applications_words.field_names(kind), "bb-soft bb-small")


def register() -> None:
    @ui.page("/applications/new")
    async def new(account: SignedIn, kind: str = "") -> None:
        ui.add_css(CSS)
        problem = ""
        async with transaction() as session:
            kinds = await service.kinds(session)
            chosen = kinds.get(kind)
            if chosen is not None:
                try:
                    await service.ready(session, chosen, account)
                except ApprovalError as error:
                    problem = str(error)
            brings = chosen is not None and any(field.type == FieldType.PICTURE for field in chosen.fields)
            can_bring = brings and await pictures.can_bring(session, account)
        if chosen is None:
            _choose(list(kinds.values()))
        else:
            _Form(account, chosen, problem, can_bring=can_bring).build()
