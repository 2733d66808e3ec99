"""``botbay minutes``: the minutes of a file of history, without any server, or of a room that a bot keeps."""

import contextlib
import json
import re
from collections.abc import Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from botbay.chat.history import LineError, moment
from botbay.cli import Failure, run_async
from botbay.settings import load_settings

if TYPE_CHECKING:  # loaded where they are needed: --help and a bad use need none of it
    from workers.minutes.document import Item, Minutes, Todo
    from workers.minutes.talk import Talk

_SHARE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*[%％]")


class _Moment(click.ParamType[datetime]):
    """An ISO time, as an aware one."""

    name = "iso"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        zone = load_settings().zone
        try:
            return moment(str(value), zone).astimezone(zone)
        except LineError as error:
            self.fail(str(error), param, ctx)


class _Count(click.ParamType["int | float"]):
    """``12`` as a number, ``20%`` as a share of 1."""

    name = "count"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | float:
        text = str(value).strip()
        share = _SHARE.fullmatch(text)
        if share is not None and 0 < float(share["number"]) <= 100:
            return float(share["number"]) / 100
        if text.isdecimal() and text.isascii() and 0 < int(text) < 10**6:
            return int(text)
        self.fail(f"「{text[:20]}」应像 12 或 20%", param, ctx)


@click.command("minutes")
@click.option("--room", metavar="群名", help="只要这个群。")
@click.option("--since", type=_Moment(), metavar="ISO", help="从这时起，如 2026-11-01 或 2026-11-01T09:00。")
@click.option("--until", type=_Moment(), metavar="ISO", help="到这时为止（不含）。")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE.jsonl",
    help="读聊天记录文件（一行一条，和 botbay import 一样），不用启动任何服务。",
)
@click.option("--highlights", type=_Count(), metavar="N|P%", help="要点选多少条，或占全部消息的百分之几。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，一个群一行。")
def minutes(
    room: str | None,
    since: datetime | None,
    until: datetime | None,
    file: Path | None,
    highlights: int | float | None,
    as_json: bool,
) -> None:
    """纪要：要点、决定、待办、未决问题，每条都注明出自哪条消息。"""
    if since is not None and until is not None and since >= until:
        raise click.UsageError("--since 要早于 --until。")
    if file is None:
        found = _of_rooms(room, since, until, highlights)
    else:
        found = _of_file(file, room, since, until, highlights)
    for made in found:
        click.echo(json.dumps(row(made), ensure_ascii=False) if as_json else readable(made))


def _of_file(
    file: Path, room: str | None, since: datetime | None, until: datetime | None, highlights: int | float | None
) -> Sequence["Minutes"]:
    from workers.minutes import engine, reading

    bad = 0

    def complain(number: int, reason: str) -> None:
        nonlocal bad
        bad += 1
        click.echo(f"第 {number} 行：{reason}", err=True)

    zone = load_settings().zone
    try:
        with file.open("rb") as stream:
            talks = reading.talks(stream, zone, complain, since=since, until=until)
    except OSError as error:
        raise Failure(f"读不了 {file}：{error.strerror}") from None
    if not talks:
        raise Failure(f"{file} 里没有一条能读的消息。" if bad else f"{file} 是空的。")
    return [
        engine.make(talk, since=since or _first(talk, zone), until=until or _last(talk, zone), highlights=highlights)
        for talk in _chosen(talks, room)
    ]


def _of_rooms(
    room: str | None, since: datetime | None, until: datetime | None, highlights: int | float | None
) -> Sequence["Minutes"]:
    """Of the rooms that are kept: whoever runs the service may read them all."""
    from botbay.db import is_away, transaction
    from workers.minutes import service

    async def work() -> list["Minutes"]:
        async with transaction() as session:
            rooms = await service.rooms_for_operator(session, room)
            if not rooms:
                raise Failure("这里还没有任何群。" if room is None else f"没有叫「{room}」的群。")
            found = []
            for room_id, _ in rooms:
                with contextlib.suppress(service.Nothing):
                    found.append(
                        await service.of_room_for_operator(session, room_id, since, until, highlights=highlights)
                    )
            return [made for made in found if made is not None]

    try:
        found = run_async(work())
    except service.MinutesError as error:
        raise Failure(str(error)) from None
    except Exception as error:
        if not is_away(error):
            raise
        raise Failure("数据库连不上了。先运行 botbay doctor 看看。") from None
    if not found:
        raise Failure("这段时间里没有可以写进纪要的消息。")
    return found


def _chosen(talks: Sequence["Talk"], room: str | None) -> Sequence["Talk"]:
    """The talks of the room of this name, else of those in whose name it is; all where none is named."""
    if room is None:
        return talks
    same = [talk for talk in talks if talk.room == room] or [talk for talk in talks if room and room in talk.room]
    if not same:
        raise Failure(f"没有叫「{room}」的群。有：{'、'.join(talk.room for talk in talks[:10])}。")
    return same


def _first(talk: "Talk", zone: tzinfo) -> datetime:
    return talk.lines[0].at if talk.lines else datetime.now(zone)


def _last(talk: "Talk", zone: tzinfo) -> datetime:
    return talk.lines[-1].at if talk.lines else datetime.now(zone)


def row(made: "Minutes") -> dict[str, Any]:
    """What is printed as JSON. ``summary`` is one text, ``summary_source`` the sources of its sentences."""
    return {
        "room": made.room,
        "title": made.title,
        "since": made.since.isoformat(),
        "until": made.until.isoformat(),
        "people": list(made.people),
        "messages": made.messages,
        "summary": _joined(made.summary),
        "summary_source": [source for item in made.summary for source in item.source],
        "chapters": [
            {
                "title": chapter.title,
                "text": chapter.title,
                "since": chapter.since.isoformat(),
                "until": chapter.until.isoformat(),
                "messages": chapter.messages,
                "items": [_item(item) for item in chapter.items],
                "source": list(chapter.source),
            }
            for chapter in made.chapters
        ],
        "highlights": [_item(item) for item in made.highlights],
        "decisions": [_item(item) for item in made.decisions],
        "todos": [_todo(todo) for todo in made.todos],
        "questions": [_item(item) for item in made.questions],
        "links": [_item(item) for item in made.links],
        "files": [_item(item) for item in made.files],
        "keywords": list(made.keywords),
        "gaps": list(made.gaps),
    }


def _item(item: "Item") -> dict[str, Any]:
    return {
        "text": item.text,
        "source": list(item.source),
        "who": item.who,
        "at": item.at.isoformat() if item.at is not None else None,
    }


def _todo(todo: "Todo") -> dict[str, Any]:
    due = todo.due.isoformat() if todo.due is not None else None
    return _item(todo) | {"what": todo.what, "due": due, "shown": todo.shown}


def _joined(items: Sequence["Item"]) -> str:
    return "".join(item.text if item.text[-1:] in "。！？!?…" else f"{item.text}。" for item in items)


def readable(made: "Minutes") -> str:
    """The minutes as a text for a terminal."""
    from workers.minutes.document import NOTHING, OPEN

    def listed(items: Sequence["Item"]) -> list[str]:
        return [f"- {item.text}（{item.who or OPEN} {item.at:%m-%d %H:%M}）" for item in items] or [NOTHING]

    tasks = [f"- {todo.who or OPEN}：{todo.what}（{todo.shown or OPEN}）" for todo in made.todos] or [NOTHING]
    chapters = [
        line
        for chapter in made.chapters
        for line in (
            f"■ {chapter.title}（{chapter.since:%m-%d %H:%M}～{chapter.until:%H:%M}，{chapter.messages} 条）",
            *listed(chapter.items),
        )
    ] or [NOTHING]
    parts = {
        "摘要": [_joined(made.summary) or NOTHING],
        "决定": listed(made.decisions),
        "待办": tasks,
        "未决问题": listed(made.questions),
        "要点": listed(made.highlights),
        "章节": chapters,
        "链接": listed(made.links),
        "文件": listed(made.files),
        "关键词": ["、".join(made.keywords) or NOTHING],
    }
    head = [
        made.title,
        f"{made.since:%Y-%m-%d %H:%M} ～ {made.until:%Y-%m-%d %H:%M}，{made.messages} 条",
        f"参与：{'、'.join(made.people) or NOTHING}",
        *made.gaps,
    ]
    return "\n".join([*head, *(line for name, lines in parts.items() for line in ("", f"【{name}】", *lines)), ""])
