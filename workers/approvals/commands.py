"""``botbay approvals``: kinds of application, who holds a role, and outside systems."""

import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import click
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Account
from botbay.cli import Failure, run_async
from botbay.db import now, transaction
from workers.accounts import service as accounts
from workers.approvals import catalogue, hooks, repository
from workers.approvals.errors import ApprovalError
from workers.approvals.kinds import KindError, load

Work = Callable[[AsyncSession], Coroutine[Any, Any, None]]


def _run(work: Work) -> None:
    async def whole() -> None:
        async with transaction() as session:
            await work(session)

    try:
        run_async(whole())
    except (ApprovalError, KindError) as error:
        raise Failure(str(error)) from None


async def _account(session: AsyncSession, name: str) -> Account:
    account = await accounts.find_account(session, name)
    if account is None:
        raise ApprovalError(f"没有账号「{name}」，或者已经停用。", "unknown")
    return account


@click.group()
def approvals() -> None:
    """审批：有哪些申请、谁来批、外面的系统。"""


@approvals.command()
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def kinds(as_json: bool) -> None:
    """有哪些申请，各走哪几步。"""

    async def work(session: AsyncSession) -> None:
        found = await catalogue.kinds(session)
        if as_json:
            data = [kind.model_dump(mode="json", exclude_defaults=True) for kind in found.values()]
            click.echo(json.dumps(data, ensure_ascii=False))
            return
        for kind in found.values():
            steps = " → ".join(
                f"{step.name}（{'、'.join(step.by)}{f'，{step.of}超过 {step.above}' if step.of else ''}）"
                for step in kind.steps
            )
            click.echo(f"{kind.name}：{'、'.join(field.name for field in kind.fields)}；{steps}")

    _run(work)


@approvals.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def load_kinds(file: Path) -> None:
    """收下 YAML 文件 FILE 里的申请种类，同名的换掉。"""

    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Failure(f"{file} 不是 UTF-8 的文本") from None

    async def work(session: AsyncSession) -> None:
        changed = load(text)
        await catalogue.save(session, changed)
        click.echo(f"收下了：{'、'.join(kind.name for kind in changed)}")

    _run(work)


@approvals.command()
@click.argument("kind")
def off(kind: str) -> None:
    """不再收 KIND 这种申请。"""

    async def work(session: AsyncSession) -> None:
        await catalogue.turn_off(session, kind)
        click.echo(f"不再收「{kind}」的申请。")

    _run(work)


@approvals.command()
@click.argument("name", required=False)
@click.argument("account", required=False)
@click.option("--remove", is_flag=True, help="收回。")
def role(name: str | None, account: str | None, remove: bool) -> None:
    """让账号 ACCOUNT 担任 NAME（主管、财务……）；什么都不写就列出谁是什么。"""

    async def work(session: AsyncSession) -> None:
        if name is None or account is None:
            for each, holder in await repository.all_roles(session):
                off_duty = "（已停用）" if holder.disabled_at is not None else ""
                click.echo(f"{each}：{holder.name} {holder.display_name}{off_duty}")
            return
        who = await _account(session, account)
        if not remove:
            await catalogue.give_role(session, name, who)
        elif not await catalogue.take_role(session, name, who):
            raise ApprovalError(f"{who.name} 本来就不是「{name}」。", "unknown")
        click.echo(f"{who.name} {'不再是' if remove else '现在是'}「{name}」。")

    _run(work)


@approvals.command()
@click.argument("name", required=False)
@click.option("--url", default="", metavar="地址", help="回调的地址。")
@click.option("--all", "all_of_them", is_flag=True, help="不是它提的也告诉它。")
@click.option("--off", "turn_off", is_flag=True, help="停用。")
def system(name: str | None, url: str, all_of_them: bool, turn_off: bool) -> None:
    """加一个外面的系统 NAME，打印它的密钥；不写名字就列出来。"""

    async def work(session: AsyncSession) -> None:
        if name is None:
            for each in await repository.systems(session):
                click.echo(f"{each.name}\t{each.url or '-'}\t{'off' if each.off_at is not None else 'on'}")
        elif turn_off:
            found = await repository.system(session, name)
            if found is None:
                raise ApprovalError(f"没有系统「{name}」。", "unknown")
            found.off_at = now()
            click.echo(f"系统「{name}」停用了。")
        else:
            click.echo(hooks.secret_of(await hooks.add_system(session, name, url, all_of_them=all_of_them)))

    _run(work)
