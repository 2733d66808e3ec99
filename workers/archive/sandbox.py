"""Decoding what strangers sent, in a child process: with little memory, little time, and none of our secrets.

A decoder that is led astray takes the child with it and nobody else.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
import weakref
from pathlib import Path
from typing import Any

from workers.archive import previews

#: Wall time of one child, in seconds; its CPU time and memory it limits itself (``previews.main``).
TIME = 120.0
#: Children at once in one process: each may take a core and ``previews.MEMORY``.
_AT_ONCE = 2
_LONGEST_ANSWER = 64 * 1024  # bytes

_slots: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = weakref.WeakKeyDictionary()


class Astray(Exception):
    """The child died, hung, or answered nonsense. The text is for people."""


async def preview(kind: str, mime: str, source: Path, out: Path, *, time: float = TIME) -> dict[str, Any]:
    """What ``previews.make`` found out about the file ``source``; what it made lies in the folder ``out``.

    Raises Astray.
    """
    slot = _slots.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_AT_ONCE))
    async with slot:
        with tempfile.TemporaryDirectory(prefix="botbay-preview-") as folder:
            # Isolated, and with an empty environment: what takes it over finds no key and no address.
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-m",
                "workers.archive.previews",
                kind,
                mime,
                str(source),
                str(out),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                env={"LANG": "C.UTF-8", "TMPDIR": folder, "MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1"},
                cwd=folder,
                start_new_session=True,
            )
            try:
                async with asyncio.timeout(time):
                    code = await child.wait()
            except TimeoutError:
                raise Astray("预览做不出来：太费时间了") from None
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
                await child.wait()
    if code in (-signal.SIGXCPU, -signal.SIGALRM):
        raise Astray("预览做不出来：太费时间了")
    try:
        with (out / previews.FACTS).open("rb") as answer:
            found = json.loads(answer.read(_LONGEST_ANSWER))
    except (OSError, ValueError):
        found = None
    if code != 0 or not isinstance(found, dict):
        raise Astray("预览做不出来：文件读不懂")
    return found
