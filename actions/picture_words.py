"""What is said of a picture that was read, and why one could not be."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from actions.words import day_said
from botbay.chat.models import FileKind, FileState, Reading
from botbay.zh.masking import masked
from workers.archive.finding import FoundFile

#: Characters of one message in private, and how many of them there are at most.
_LONG, _MOST = 1_500, 3
#: In a room so many lines of a picture are told, of so many characters at most.
_ROOM_LINES, _ROOM_LONG = 2, 60
_LONGEST_TOPIC = 16

READING = "还在读，读好了马上告诉你。"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where it is answered, and to whom; ``topic`` is the room's, None in private. ``moment`` is theirs, on the wall."""

    contact_id: int
    topic: str | None
    zone: tzinfo
    moment: datetime


def told(place: Place, file: FoundFile, reading: Reading, *, plain: bool) -> list[str]:
    """The messages that tell what a picture says, or why nothing. ``plain``: it is clear which picture is meant."""
    about = about_of(place, file, plain=plain)
    if reading.problem:
        return [f"{about}的字读不了：{reading.problem}。"]
    # A room's picture told in private leaves its conversation.
    text = reading.text if place.topic is not None or file.room_id is None else masked(reading.text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return [f"{about}没有文字。"]
    if place.topic is not None:
        return [_in_room(place.topic, about, lines, file, whole=not reading.cut)]
    return _in_private(about, lines, whole=not reading.cut)


def _in_room(topic: str, about: str, lines: list[str], file: FoundFile, *, whole: bool) -> str:
    if whole and len(lines) <= _ROOM_LINES and all(len(line) <= _ROOM_LONG for line in lines):
        return f"{about}写着：{lines[0]}" if len(lines) == 1 else "\n".join([f"{about}写着：", *lines])
    first, *more = (f"{line[:_ROOM_LONG]}…" if len(line) > _ROOM_LONG else line for line in lines[:_ROOM_LINES])
    how = f"{topic[:_LONGEST_TOPIC]}那张图写了什么" if file.kind == FileKind.IMAGE else "引用的文件写了什么"
    return "\n".join([f"{about}写着：{first}", *more, f"…共 {len(lines)} 行，看全部就私聊我说「{how}」。"])


def _in_private(about: str, lines: list[str], *, whole: bool) -> list[str]:
    messages = [f"{about}写着："]
    for line in lines:
        while line:
            room = _LONG - len(messages[-1]) - 1
            if room < min(len(line), _LONG // 3):
                messages.append("")
                continue
            messages[-1] += ("\n" if messages[-1] else "") + line[:room]
            line = line[room:]
    if len(messages) > _MOST or not whole:
        messages = messages[:_MOST]
        messages[-1] += "\n……太长了，先给你这些，其余的在网盘里打开看。"
    return messages


def about_of(place: Place, file: FoundFile, *, plain: bool) -> str:
    """小王今天 10:32 发的图上, 图上, 「合同.pdf」里."""
    if file.kind != FileKind.IMAGE:
        return f"「{masked(file.name)}」里" if file.name else "文件里"
    if plain:
        return "图上"
    who = "你" if file.talker_id == place.contact_id else file.who
    when = day_said(file.sent_at.astimezone(place.zone).replace(tzinfo=None), place.moment)
    where = f"在{file.room}" if place.topic is None and file.room else ""
    gap = " " if when[-1].isdigit() else ""
    return f"{who}{when}{gap}{where}发的图上"


def problem_of(file: FoundFile) -> str:
    """Why its bytes are not there; empty where they are, or are still to come."""
    thing = "图" if file.kind == FileKind.IMAGE else "文件"
    match file.state:
        case FileState.FAILED:
            return f"这个{thing}没能取下来，请再发一次。" if thing == "文件" else "这张图没能取下来，请再发一次。"
        case FileState.DELETED:
            return "这张图已经删掉了。" if thing == "图" else "这个文件已经删掉了。"
        case FileState.PENDING | FileState.STORED:
            return ""
