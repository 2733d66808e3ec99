"""``botbay import`` and ``botbay export``."""

import getpass
import json
import os
import sys
from collections.abc import Coroutine
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click

from botbay.chat.history import LineError, moment
from botbay.chat.models import Room
from botbay.cli import Failure, run_async
from botbay.db import is_away, now, transaction
from botbay.settings import Settings, load_settings
from botbay.storage import StorageError
from workers.archive import exporting, importing
from workers.archive.history_source import Source, SourceError

T = TypeVar("T")

_CLEAR = "\r\x1b[K"  # the line of progress goes
#: Who took which room out, and when: in the folder of the logs, without any content.
_EXPORTS = "exports.log"


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def import_history(file: Path, as_json: bool) -> None:
    """放入聊天记录：FILE 是 JSONL（一行一条），或 botbay export 写的 zip。放两次和放一次一样。"""
    lively = sys.stderr.isatty()

    def complain(number: int, reason: str) -> None:
        click.echo(f"{_CLEAR if lively else ''}第 {number} 行：{reason}", err=True)

    def progress(done: importing.Summary) -> None:
        if lively:
            click.echo(f"{_CLEAR}已读 {done.lines:,} 条…", err=True, nl=False)

    async def work() -> importing.Summary:
        source = Source(file)
        try:
            return await importing.Import(load_settings(), source, complain).run(progress)
        finally:
            source.close()

    done = _run(work(), "已经放入的不会重复，修好后再运行一次。")
    if lively:
        click.echo(_CLEAR, err=True, nl=False)
    if as_json:
        click.echo(json.dumps(asdict(done)))
    else:
        counted = f"（其中 {done.counted:,} 条只计数）" if done.counted else ""
        brought = f"，文件 {done.files:,} 个" if done.files else ""
        click.echo(f"放入 {done.added:,} 条{counted}{brought}，已有 {done.present:,} 条，{done.bad:,} 行有误。")
    if done.bad:
        raise SystemExit(1)


class _Moment(click.ParamType[datetime]):
    """An ISO time, as an aware one."""

    name = "iso"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            return moment(str(value), ZoneInfo(load_settings().timezone))
        except LineError as error:
            self.fail(str(error), param, ctx)


@click.command("export")
@click.option("--room", required=True, metavar="群名", help="群的名字；重名时用 #号码。")
@click.option("--since", type=_Moment(), metavar="ISO", help="从这时起，如 2026-11-01 或 2026-11-01T09:00。")
@click.option("--until", type=_Moment(), metavar="ISO", help="到这时为止（不含）。")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.zip", help="写到哪里。")
def export_room(room: str, since: datetime | None, until: datetime | None, out: Path | None) -> None:
    """导出一个群：聊天记录和文件，写成一个 zip，botbay import 认得它。"""
    if since is not None and until is not None and since >= until:
        raise click.UsageError("--since 要早于 --until。")
    settings = load_settings()

    async def work() -> tuple[Room, Path, exporting.Summary]:
        async with transaction() as session:
            found = await exporting.find_room(session, room)
        export = exporting.Export(settings, found, since, until)
        target = out or Path(export.default_name())
        return found, target, await export.run(target)

    found, target, done = _run(work(), "什么都没有写。")
    _note(settings, found, since, until, done)
    click.echo(f"已导出到 {target}：{done.messages:,} 条，文件 {done.files:,} 个。")
    if done.missing:
        click.echo(f"有 {len(done.missing):,} 个文件缺少，里面的 README.txt 写了是哪些、为什么。", err=True)


def _note(
    settings: Settings, room: Room, since: datetime | None, until: datetime | None, done: exporting.Summary
) -> None:
    """Write down that somebody took a room out."""
    line = (
        f"{now().isoformat(timespec='seconds')} user={_user()} room={room.id} wechat_id={room.wechat_id}"
        f" since={since and since.isoformat()} until={until and until.isoformat()}"
        f" messages={done.messages} files={done.files}\n"
    )
    path = settings.data_dir / "logs" / _EXPORTS
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as log:
            log.write(line)
    except OSError as error:
        click.echo(f"botbay：导出没能记进 {path}：{error.strerror}", err=True)


def _user() -> str:
    """The user of the operating system; by number where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _run(work: Coroutine[Any, Any, T], reassurance: str) -> T:
    try:
        return run_async(work)
    except (SourceError, exporting.ExportError) as error:
        raise Failure(str(error)) from None
    except StorageError as error:
        raise Failure(f"{error}。{reassurance}") from None
    except Exception as error:
        if not is_away(error):
            raise
        raise Failure(f"数据库连不上了。{reassurance}先运行 botbay doctor 看看。") from None
