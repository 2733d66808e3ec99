"""The ``botbay`` command: its sub-commands come from the installed parts' entry points."""

import asyncio
import sys
from collections.abc import Coroutine
from importlib.metadata import entry_points
from typing import Any, TypeVar

import click

from botbay.db import DatabaseError, dispose
from botbay.postgres import PostgresError
from botbay.settings import SettingsError

T = TypeVar("T")


class Failure(click.ClickException):
    """Something went wrong: one line on stderr, exit code 1."""

    def show(self, file: Any = None) -> None:
        click.echo(f"botbay：{self.format_message()}", err=True)


class _Commands(click.Group):
    """Finds sub-commands by entry points; turns known errors into one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(entry.name for entry in entry_points(group="botbay.commands"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for entry in entry_points(group="botbay.commands", name=cmd_name):
            command = entry.load()
            assert isinstance(command, click.Command)
            return command
        return None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (SettingsError, DatabaseError, PostgresError) as error:
            raise Failure(str(error)) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="botbay", prog_name="botbay")
def main() -> None:
    """BotBay：住在微信群里的助手。"""


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine and close the process's database connections after it."""

    async def whole() -> T:
        try:
            return await work
        finally:
            await dispose()

    try:
        return asyncio.run(whole())
    except KeyboardInterrupt:
        sys.exit(130)
