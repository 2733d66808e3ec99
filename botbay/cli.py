"""The ``botbay`` command: its sub-commands come from the installed parts' entry points."""

import asyncio
import sys
from collections.abc import Coroutine
from importlib.metadata import entry_points
from typing import Any, TypeVar

import click

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
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            if not _is_told(error):
                raise
            raise Failure(str(error)) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="botbay", prog_name="botbay")
def main() -> None:
    """BotBay：住在微信群里的助手。"""


def _is_told(error: Exception) -> bool:
    """Whether the text of an error is one line for people. What knows it is loaded now: most commands need it not."""
    from botbay.db import DatabaseError
    from botbay.postgres import PostgresError
    from botbay.settings import SettingsError

    return isinstance(error, (SettingsError, DatabaseError, PostgresError))


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine and close the process's database connections after it."""

    async def whole() -> T:
        from botbay.db import dispose

        try:
            return await work
        finally:
            await dispose()

    try:
        return asyncio.run(whole())
    except KeyboardInterrupt:
        sys.exit(130)
