"""``botbay rasa``: Rasa's own commands in the project, with the stack's model, database and actions."""

import json
import os
import socket
import sys
from collections.abc import Sequence

import click

from botbay import rasa
from botbay.chat.console import Console, open_console
from botbay.cli import Failure, run_async
from botbay.db import database_url, transaction
from botbay.processes import answers
from botbay.rasa.project import bare_environment, project, require_python
from botbay.settings import Settings, load_settings


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """运行 Rasa 自己的命令：botbay rasa shell、shell nlu、interactive、test nlu …"""
    settings = load_settings()
    try:
        require_python()
    except rasa.RasaError as error:
        raise Failure(str(error)) from None
    rasa.settle()  # a link to a model that was removed would end every one of Rasa's commands in a traceback
    environment = bare_environment()
    if _talks(arguments):
        speaker = run_async(_console(settings))
        told = {"turn_id": speaker.turn_id, "audience": "private", "bound": speaker.bound, "named": speaker.named}
        environment = {**rasa.environment(settings, database_url()), "BOTBAY_CONSOLE": json.dumps(told)}
        arguments = _with(arguments, "--conversation-id", speaker.sender_id)
        arguments = _with(arguments, "--endpoints", "endpoints.yml")
        arguments = _with(arguments, "--port", str(_free_port()), short="-p")
        if arguments[0] == "shell":
            arguments = _with(arguments, "--interface", "127.0.0.1", short="-i")
    if arguments[:1] in (("shell",), ("interactive",), ("test",)) and not _asks_for_help(arguments):
        if (problem := rasa.check()) is not None:
            raise Failure(problem)
        arguments = _with(arguments, "--model", str(rasa.model_path()), short="-m")
    if arguments[:1] == ("interactive",):
        # The picture is a page of its own, whose scripts come from elsewhere.
        arguments = _with(arguments, "--skip-visualization")
    os.chdir(project())
    sys.stdout.flush()
    program = str(rasa.PYTHON)
    os.execve(
        program,
        [program, "-m", "rasa_project.tools.console", *arguments],
        {**os.environ, **environment},
    )


def _asks_for_help(arguments: Sequence[str]) -> bool:
    return "--help" in arguments or "-h" in arguments


def _talks(arguments: Sequence[str]) -> bool:
    """Whether it holds a conversation, for which the stack has to run."""
    if _asks_for_help(arguments):
        return False
    return arguments[:1] == ("interactive",) or (arguments[:1] == ("shell",) and "nlu" not in arguments)


async def _console(settings: Settings) -> Console:
    if not await answers(settings.actions_url.removesuffix("/webhook") + "/health")():
        raise Failure("动作服务没有回应：先在另一个终端运行 make run 或 botbay up。")
    async with transaction() as session:
        return await open_console(session, settings.bots[0].name)


def _with(arguments: tuple[str, ...], option: str, *value: str, short: str = "") -> tuple[str, ...]:
    """The arguments, and the option where it was not given."""
    given = {argument.partition("=")[0] for argument in arguments}
    return arguments if {option, short} & given else (*arguments, option, *value)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
