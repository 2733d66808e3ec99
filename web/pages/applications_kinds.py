"""``/applications/kinds``: what kinds of application there are and who approves, for maintainers to read."""

from nicegui import ui

from botbay.chat.models import Account
from botbay.db import transaction
from web.layout import card, frame, note, pill, text
from web.pages import applications_words
from web.pages.applications_one import CSS
from web.session import Maintainer
from workers.approvals import catalogue, repository, words
from workers.approvals.kinds import Kind
from workers.approvals.models import OutsideSystem


def _kind(kind: Kind, holders: dict[str, list[Account]]) -> None:
    with card(mark="kind"):
        text(kind.name, tag="h2")
        missing = sorted({role for role in _roles(kind) if not holders.get(role)})
        if missing:
            note(f"还没有人是{'、'.join(missing)}，走到那一步就没人能批。").props("data-testid=missing")
        with ui.element("dl").classes("ap-values"):
            for field in kind.fields:
                text(field.name, tag="dt")
                text(applications_words.field_rule(field), tag="dd")
        with ui.element("ol").classes("ap-rules"):
            for step in kind.steps:
                with ui.element("li"):
                    text(step.name, "bb-strong", tag="span")
                    text(applications_words.step_rule(kind, step), "bb-soft ap-beside", tag="span")
        to = (
            "" if kind.hand_on_to is None else f"，{kind.hand_on_hours:g} 小时后转给{kind.hand_on_to.partition(':')[2]}"
        )
        text(f"问了 {kind.remind_hours:g} 小时没回就提醒{to}。", "bb-soft bb-small")


def _roles(kind: Kind) -> list[str]:
    return [one.partition(":")[2] for step in kind.steps for one in step.by if one.startswith("role:")]


def _people(holders: dict[str, list[Account]]) -> None:
    with card("谁是什么", mark="roles"):
        if not holders:
            note("还没有人有角色，申请就没人能批。")
        else:
            with ui.element("dl").classes("ap-values"):
                for role, accounts in holders.items():
                    text(role, tag="dt")
                    with ui.element("dd"):
                        for account in accounts:
                            gone = "（已停用）" if account.disabled_at is not None else ""
                            text(f"{words.name(account)}（{account.name}）{gone}")
        text("在服务器上改：", "bb-soft bb-small")
        text("botbay approvals role 主管 账号", "bb-code")


def _systems(systems: list[OutsideSystem]) -> None:
    with card("外面的系统", mark="systems"):
        if not systems:
            text("还没有。", "bb-soft")
        with ui.element("div").classes("bb-list"):
            for system in systems:
                with ui.element("div").classes("bb-row"):
                    with ui.element("div").classes("bb-grow"):
                        text(system.name, "bb-strong")
                        text(system.url or "不回调", "bb-soft bb-small")
                    pill("停用了", "") if system.off_at is not None else pill("在用", "good")
        text("在服务器上加：", "bb-soft bb-small")
        text("botbay approvals system oa --url https://oa.example.com/hook", "bb-code")


def register() -> None:
    @ui.page("/applications/kinds")
    async def kinds(account: Maintainer) -> None:
        ui.add_css(CSS)
        async with transaction() as session:
            found = await catalogue.kinds(session)
            systems = list(await repository.systems(session))
            holders: dict[str, list[Account]] = {}
            for role, holder in await repository.all_roles(session):
                holders.setdefault(role, []).append(holder)
        living = {role: [each for each in some if each.disabled_at is None] for role, some in holders.items()}
        with frame("种类和审批人", subtitle="这里只看；要改就在服务器上用命令收一份 YAML。"):
            _people(holders)
            for kind in found.values():
                _kind(kind, living)
            _systems(systems)
