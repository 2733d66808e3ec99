"""``botbay user …`` and ``botbay login-link``."""

import json
import sys

import click

from botbay.chat.models import Role
from botbay.cli import Failure, run_async
from botbay.db import transaction
from workers.accounts import service


@click.group()
def user() -> None:
    """账号。"""


@user.command()
@click.argument("name")
@click.option("--email", metavar="地址", help="邮箱，纪要和日报发到这里。")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.MEMBER.value, show_default=True)
@click.option("--password-stdin", is_flag=True, help="从标准输入读密码；不给就打印一次性登录链接。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def add(name: str, email: str | None, role: str, password_stdin: bool, as_json: bool) -> None:
    """新增账号 NAME。"""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None

    async def work() -> dict[str, object]:
        async with transaction() as session:
            account = await service.add_account(session, name, email=email, role=Role(role), password=password)
            link = None
            if password is None:
                link = service.login_url(await service.issue_login_link(session, account))
            return {
                "id": account.id,
                "name": account.name,
                "role": account.role,
                "email": account.email,
                "link": link,
            }

    try:
        added = run_async(work())
    except service.AccountError as error:
        raise Failure(str(error)) from None
    if as_json:
        click.echo(json.dumps(added, ensure_ascii=False))
        return
    click.echo(f"已添加账号 {added['name']}。")
    if added["link"]:
        click.echo(f"登录链接（30 分钟内有效，只能用一次）：\n{added['link']}")


@click.command("login-link")
@click.argument("name", default=service.ADMIN)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def login_link(name: str, as_json: bool) -> None:
    """打印账号 NAME（默认 admin）的一次性登录链接。"""

    async def work() -> tuple[str, str]:
        async with transaction() as session:
            if name == service.ADMIN:
                account = await service.ensure_admin(session)
            elif (found := await service.find_account(session, name)) is not None:
                account = found
            else:
                raise service.AccountError(f"没有账号「{name}」，或它已停用。")
            return account.name, service.login_url(await service.issue_login_link(session, account))

    try:
        found_name, link = run_async(work())
    except service.AccountError as error:
        raise Failure(str(error)) from None
    if as_json:
        click.echo(json.dumps({"name": found_name, "link": link}, ensure_ascii=False))
    else:
        click.echo(f"{found_name} 的登录链接（30 分钟内有效，只能用一次）：\n{link}")
