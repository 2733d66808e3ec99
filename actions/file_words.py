"""What is said of found files: how they lead in, a line for each, and why one cannot be sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from actions.base import Context
from actions.request_times import local_now
from actions.requests import Request
from actions.words import day_said
from botbay.chat.models import FileKind, FileState
from botbay.zh.masking import masked
from botbay.zh.sizes import size_words
from workers.archive.finding import MOST, Found, FoundFile
from workers.archive.finding_tables import FoundTable

_KIND_NAMES = {FileKind.IMAGE: "图片", FileKind.VIDEO: "视频", FileKind.AUDIO: "语音"}


@dataclass(frozen=True, kw_only=True)
class Hits:
    """What fits a request: the tables first, then the files."""

    tables: Sequence[FoundTable]
    found: Found

    @property
    def total(self) -> int:
        return len(self.tables) + self.found.total

    @property
    def all(self) -> list[FoundTable | FoundFile]:
        return [*self.tables, *self.found.files]


def lead_of(request: Request, hits: Hits) -> str:
    """How a list begins, without its colon."""
    parts, found = request.parts, hits.found
    if found.near:
        return f"没有正好叫「{parts.get('query')}」的，名字相近的有"
    match found.relaxed:
        case () if parts.get("unknown_room"):
            return f"没有叫「{parts['unknown_room']}」的群，你所在的群里有{_count(hits)}"
        case ():
            return f"找到{_count(hits)}"
        case ("time",):
            return f"{parts['time']['shown']}没有，这是最近的"
        case ("person",):
            who = "你" if parts["person"] == "我" else parts["person"]
            return f"没找到{who}发的，这是别人发的"
        case ("kind",):
            return f"没有{parts['file_kind']}，这是别的"
        case ("room",):
            return f"{parts['room']['name']}里没有，别处有"
        case _:
            return "没有全对上的，这些比较接近"


def _count(hits: Hits) -> str:
    return f" {hits.total} 个" if hits.total < MOST else "很多"


def line_of(context: Context, file: FoundTable | FoundFile) -> str:
    """采购合同-终稿.pdf（老李，10月12日，产品群，1.2 MB）."""
    when = day_said(_local(context, at_of(file)), local_now(context))
    if isinstance(file, FoundTable):
        about = ("接龙", f"{file.entries} 条", when, file.room if context.private else "")
        return f"{file.title or '接龙'}（{'，'.join(part for part in about if part)}）"
    who = "你" if file.talker_id == context.contact.id else file.who
    where = (file.room if file.room_id is not None else "私聊") if context.private else ""
    match file.state:
        case FileState.PENDING:
            state = "还在取"
        case FileState.FAILED:
            state = f"没取到：{file.reason}" if file.reason else "没取到"
        case FileState.STORED:
            state = size_words(file.size) if file.size is not None else ""
        case FileState.DELETED:
            state = "已删除"
    return f"{name_of(file)}（{'，'.join(part for part in (who, when, where, state) if part)}）"


def problem_of(file: FoundTable | FoundFile) -> str:
    """Why it cannot be sent now; empty where it can."""
    if isinstance(file, FoundTable):
        return ""
    match file.state:
        case FileState.PENDING:
            return "文件还在取，过一会儿再要。"
        case FileState.FAILED:
            return "文件没能取下来，请发的人再发一次吧。"
        case FileState.DELETED:
            return "文件已经删掉了。"
        case FileState.STORED:
            return ""


def at_of(one: FoundTable | FoundFile) -> datetime:
    """When it was sent, or written to last."""
    return one.updated_at if isinstance(one, FoundTable) else one.sent_at


def name_of(file: FoundTable | FoundFile) -> str:
    """What it is called, with the numbers of people in it starred: it may be told outside of its room."""
    if isinstance(file, FoundTable):
        return masked(file.title) or "接龙"
    return masked(file.name) or _KIND_NAMES.get(file.kind, "文件")


def _local(context: Context, moment: datetime) -> datetime:
    return moment.astimezone(context.settings.zone).replace(tzinfo=None)


def nothing(context: Context, request: Request) -> str:
    """What is said where nothing was found: what was looked for, and what to try."""
    parts = request.parts
    time, room = parts.get("time"), parts.get("room") if context.private else None
    where = room["name"] if room else parts.get("unknown_room")
    looked = [time and time["shown"], where, parts.get("person"), parts.get("query"), parts.get("file_kind")]
    what = "、".join(str(part) for part in looked if part)
    if context.private:
        hint = "换文件名里的几个字试试。我只有「开始记录」之后、你所在的群里的文件。"
        return f"没找到：{what}。{hint}"
    return f"这个群里没找到：{what}。换文件名里的几个字试试，别的群的私聊我找。"
