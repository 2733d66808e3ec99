"""``botbay up``: the whole stack with one command, and ``botbay migrate``."""

import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import entry_points

import click

from botbay import rasa, schema
from botbay.cli import Failure, run_async
from botbay.db import database_url, dispose
from botbay.postgres import EmbeddedPostgres, PostgresError
from botbay.processes import made_by
from botbay.settings import Settings, load_settings
from botbay.supervisor import AlreadyRunning, Event, EventKind, Process, Supervisor, only_instance


def _database_process(database: EmbeddedPostgres) -> Process:
    async def ready() -> bool:
        return await asyncio.to_thread(database.is_ready)

    return Process(
        name="postgres",
        title="数据库",
        command=database.command(),
        running=database.pid,
        ready=ready,
        healthy=ready,
        stop_signal=signal.SIGINT,  # SIGTERM would wait for every client to leave
        stop_timeout=30,
    )


def _check_ports(settings: Settings) -> None:
    """A port that is taken is better said now than found in a log."""
    for name, host, port in (
        ("BOTBAY_WEB_PORT", settings.web_host, settings.web_port),
        ("BOTBAY_RASA_PORT", settings.rasa_host, settings.rasa_port),
        ("BOTBAY_ACTIONS_PORT", settings.actions_host, settings.actions_port),
    ):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise Failure(
                    f"端口 {port} 用不了（{error.strerror}）：停掉占用它的程序，或用 {name} 换一个。"
                ) from None


class _Announcer:
    """Tells on the terminal what the stack is doing."""

    def __init__(self, processes: Sequence[Process]) -> None:
        self._waiting = {process.name for process in processes}
        self.all_ready = asyncio.Event()

    def __call__(self, event: Event) -> None:
        title = event.process.title
        match event.kind:
            case EventKind.READY:
                click.echo(f"  ✓ {title} 好了" + (f"（{event.seconds:.1f} 秒）" if event.seconds >= 0.05 else ""))
                self._waiting.discard(event.process.name)
                if not self._waiting:
                    self.all_ready.set()
            case EventKind.DIED:
                last = event.tail[-1].strip() if event.tail else ""
                click.echo(f"  ✗ {title} 停了" + (f"：{last}" if last else ""), err=True)
            case EventKind.UNHEALTHY:
                click.echo(f"  ✗ {title} 没有反应 {event.seconds:.0f} 秒了，正在重启", err=True)
            case EventKind.RESTARTING:
                click.echo(f"  … {title} {event.seconds:.1f} 秒后重新启动", err=True)
            case _:
                pass


async def _up(settings: Settings, started: float, *, demo: bool) -> None:
    entries = sorted(entry_points(group="botbay.processes"))
    processes = [process for entry in entries for process in made_by(entry, settings)]
    if settings.database_url is None:
        database = EmbeddedPostgres(settings.data_dir / "postgres")
        # Everything starts after the database, and so is stopped before it.
        processes = [replace(process, after=(*process.after, "postgres")) for process in processes]
        processes.insert(0, _database_process(database))
    announcer = _Announcer(processes)
    supervisor = Supervisor(processes, announcer, settings.data_dir / "logs")
    loop = asyncio.get_running_loop()

    async def welcome() -> None:
        await announcer.all_ready.wait()
        try:
            await greet()
        except Exception as error:
            click.echo(
                f"botbay：起来了，但网址没能打印出来（{type(error).__name__}）。运行 botbay login-link。", err=True
            )

    async def greet() -> None:
        if demo:
            for entry in entry_points(group="botbay.demo"):
                await entry.load()()
        click.echo(f"\nBotBay 准备好了（{time.monotonic() - started:.1f} 秒）。")
        for entry in sorted(entry_points(group="botbay.welcome")):
            for line in await entry.load()(settings):
                click.echo(line)
        click.echo("日志在 " + str(settings.data_dir / "logs") + "，按 Ctrl-C 停止。")
        await dispose()

    greeting = loop.create_task(welcome())
    try:
        await supervisor.run()
    finally:
        greeting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await greeting


@click.command()
@click.option("--demo", is_flag=True, help="放一个示例群、几个账号和文件，随便玩。")
def command(demo: bool) -> None:
    """启动全部：数据库、对话引擎、机器人、网页。"""
    started = time.monotonic()
    settings = load_settings()
    settings.secret()
    if (problem := rasa.check()) is not None:
        raise Failure(problem)
    rasa.settle()
    try:
        with only_instance(settings.data_dir / "up.lock"):
            _check_ports(settings)
            if settings.database_url is None:
                EmbeddedPostgres(settings.data_dir / "postgres").start()
            run_async(schema.migrate())
            database_url()
            asyncio.run(_up(settings, started, demo=demo))
    except (AlreadyRunning, PostgresError) as error:
        raise Failure(str(error)) from None


@click.command()
def migrate() -> None:
    """把数据库更新到这个版本。"""
    load_settings()
    run_async(schema.migrate())
    click.echo("数据库已是这个版本。")
