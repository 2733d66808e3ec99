"""``botbay report``: the figures of a day, of one room or of all."""

import json
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from botbay.cli import Failure, run_async
from botbay.settings import load_settings

if TYPE_CHECKING:  # loaded where it is needed: --help and a bad use need none of it
    from workers.report.document import Report

_FIRST, _LAST = 1970, 2100


@click.command("report")
@click.option("--date", "of", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="哪一天；不写就是今天。")
@click.option("--room", metavar="群名", help="只要这个群；不写就是所有群合在一起。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def report(of: datetime | None, room: str | None, as_json: bool) -> None:
    """日报：一天里多少消息、哪些时段、哪些群、谁说得多、哪些词、哪些文件。"""
    if of is not None and not _FIRST <= of.year < _LAST:
        raise click.BadParameter(f"日子要在 {_FIRST} 年到 {_LAST - 1} 年之间。", param_hint="--date")
    made = _made(of.date() if of is not None else None, room)
    if as_json:
        click.echo(json.dumps(made.model_dump(mode="json"), ensure_ascii=False))
    else:
        from workers.report import html

        click.echo(html.plain(made, None))


def _made(of: date | None, room: str | None) -> "Report":
    from botbay.db import is_away, now, transaction
    from workers.report import service, spans

    zone = load_settings().zone
    span = spans.day(of or now().astimezone(zone).date(), zone)

    async def work() -> "Report":
        async with transaction() as session:
            if room is None:
                return await service.for_operator(session, span)
            rooms = await service.rooms_for_operator(session, room)
            if not rooms:
                raise Failure(f"没有叫「{room}」的群。")
            if len(rooms) > 1:
                names = "、".join(f"{name or '没有名字的群'}（#{key}）" for key, name in rooms[:10])
                raise Failure(f"「{room}」可能是这几个群：{names}。用 --room '#编号' 指定一个。")
            return await service.for_operator(session, span, rooms[0][0])

    try:
        return run_async(work())
    except Exception as error:
        if not is_away(error):
            raise
        raise Failure("数据库连不上了。先运行 botbay doctor 看看。") from None
