"""Previews, made in a child process (``workers.archive.previews``)."""

from pathlib import Path
from typing import Any

from botbay import sandbox
from workers.archive import previews

#: Wall time of one child, in seconds; its CPU time and memory it limits itself.
TIME = 120.0
_LONGEST_ANSWER = 64 * 1024  # bytes


class Astray(Exception):
    """The child died, hung, or answered nonsense. The text is for people."""


async def preview(kind: str, mime: str, source: Path, out: Path, *, time: float = TIME) -> dict[str, Any]:
    """What ``previews.make`` found out about the file ``source``; what it made lies in the folder ``out``.

    Raises Astray.
    """
    arguments = [kind, mime, str(source), str(out)]
    try:
        return await sandbox.run(
            "workers.archive.previews", arguments, out / previews.FACTS, time=time, longest=_LONGEST_ANSWER
        )
    except sandbox.TooSlow:
        raise Astray("预览做不出来：太费时间了") from None
    except sandbox.Astray:
        raise Astray("预览做不出来：文件读不懂") from None
