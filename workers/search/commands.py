"""``botbay search``: what was said, sent and read, for whoever runs the service."""

import json
from typing import TYPE_CHECKING, Any

import click

from botbay.cli import Failure, run_async
from botbay.settings import load_settings

if TYPE_CHECKING:  # loaded where it is needed: --help needs no database
    from workers.search.service import Hit

_LIMIT = 50


@click.command("search")
@click.argument("text")
@click.option("--room", metavar="群名", help="只在这个群里找。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，一条一行，最新的在前。")
def search(text: str, room: str | None, as_json: bool) -> None:
    """找消息和文件：说过的话、图里和文档里的字、文件名。TEXT 里空格隔开的几个词都要有。"""
    if not text.strip():
        raise click.UsageError("要找什么？")
    hits = _found(text, room)
    for hit in hits:
        click.echo(json.dumps(row(hit), ensure_ascii=False) if as_json else readable(hit))
    if not hits and not as_json:
        click.echo(f"没找到：{text}", err=True)


def _found(text: str, room: str | None) -> "list[Hit]":
    from botbay.db import is_away, transaction
    from workers.search import service

    async def work() -> "list[Hit]":
        async with transaction() as session:
            hits = await service.of_operator(session, text, room, limit=_LIMIT)
        if hits is None:
            raise Failure(f"没有叫「{room}」的群。")
        return hits

    try:
        return run_async(work())
    except Failure:
        raise
    except Exception as error:
        if not is_away(error):
            raise
        raise Failure("数据库连不上了。先运行 botbay doctor 看看。") from None


def row(hit: "Hit") -> dict[str, Any]:
    """A hit as JSON: ``room talker at kind text file marks source``."""
    return {
        "room": hit.place,
        "talker": hit.sender,
        "at": hit.sent_at.astimezone(load_settings().zone).isoformat(timespec="seconds"),
        "kind": hit.kind.value,
        "text": hit.snippet,
        "file": hit.file_name or None,
        "marks": [list(mark) for mark in hit.marks],
        "source": hit.message_id,
    }


def readable(hit: "Hit") -> str:
    when = hit.sent_at.astimezone(load_settings().zone)
    name = f"（{hit.file_name}）" if hit.file_name and hit.file_name != hit.snippet else ""
    return f"{when:%Y-%m-%d %H:%M} {hit.place} {hit.sender}：{hit.snippet}{name}"
