"""``botbay search``: what was said and sent in the rooms that are kept, for whoever runs the service."""

import json
from typing import TYPE_CHECKING, Any

import click

from botbay.cli import Failure, run_async
from botbay.settings import load_settings

if TYPE_CHECKING:  # loaded where it is needed: --help and a bad use need none of it
    from workers.search.service import Hit, Results

_KINDS = {"text": "", "link": "[链接] ", "picture": "[图片] ", "document": "[文档] ", "file": "[文件] "}
_MOST = 50


@click.command("search")
@click.argument("text")
@click.option("--room", metavar="群名", help="只在这个群里找；重名时用 #号码。")
@click.option("--limit", type=click.IntRange(1, 1000), default=_MOST, show_default=True, help="最多列出几条。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，一条一行，字段见上。")
def search(text: str, room: str | None, limit: int, as_json: bool) -> None:
    """在各群保存下来的消息、文件名、图片和文档里找 TEXT；私聊不在内。

    TEXT 可以是几个词，用空格隔开，都要有；也可以是一句问话，答案排在最前。

    \b
    --json 的每一行：
      message_id, file_id       消息和文件的号码（没有文件为 null）
      kind                      text link picture document file：在哪里找到的
      room, who, at             群名、群里的名字、ISO 时间
      text, marks               那一段话，和词在其中的位置 [[起, 止], …]
      file_name                 文件名（没有为空）
      answer                    true：这一条回答了问话，排在最前
    """
    found = _find(text, room, limit)
    told = ([found.answer] if found.answer else []) + [hit for hit in found.hits if not _same(hit, found.answer)]
    for hit in told[:limit]:
        click.echo(json.dumps(row(hit, hit is found.answer), ensure_ascii=False) if as_json else line(hit))
    if not as_json and found.more:
        click.echo(f"只列出了最前面的 {len(told[:limit])} 条，加一个词或 --limit 看更多。", err=True)


def _find(text: str, room: str | None, limit: int) -> "Results":
    from botbay.db import is_away, transaction
    from workers.search import service
    from workers.search.service import Query

    if not service.words_of(text):
        raise click.UsageError("要找什么？给一个词。")

    async def work() -> "Results":
        async with transaction() as session:
            rooms = await service.rooms_for_operator(session, room)
            if not rooms:
                raise Failure("这里还没有任何群。" if room is None else f"没有叫「{room}」的群。")
            return await service.search_for_operator(session, rooms, Query(words=text), limit=limit)

    try:
        found = run_async(work())
    except Exception as error:
        if not is_away(error):
            raise
        raise Failure("数据库连不上了。先运行 botbay doctor 看看。") from None
    if not found.hits and found.answer is None:
        raise Failure(f"没有找到「{text}」。")
    return found


def _same(hit: "Hit", other: "Hit | None") -> bool:
    return other is not None and hit.message_id == other.message_id


def row(hit: "Hit", answers: bool) -> dict[str, Any]:
    """What is printed as JSON."""
    return {
        "message_id": hit.message_id,
        "file_id": hit.file_id,
        "kind": hit.kind.value,
        "room": hit.place,
        "who": hit.sender,
        "at": hit.sent_at.astimezone(load_settings().zone).isoformat(),
        "text": hit.snippet,
        "marks": [list(span) for span in hit.marks],
        "file_name": hit.file_name,
        "answer": answers,
    }


def line(hit: "Hit") -> str:
    """产品群  2026-11-20 10:00  李建国：[图片] 停车券（IMG_001.png）."""
    at = hit.sent_at.astimezone(load_settings().zone)
    name = f"（{hit.file_name}）" if hit.file_name and hit.file_name != hit.snippet else ""
    return f"{hit.place}  {at:%Y-%m-%d %H:%M}  {hit.sender}：{_KINDS[hit.kind.value]}{hit.snippet}{name}"
