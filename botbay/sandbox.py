"""Decoding what strangers sent, in a child process: with little memory, little time, and none of our secrets.

A decoder that is led astray takes the child with it and nobody else. The child limits itself (``botbay.confined``).
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

#: Children at once in one process: each may take a core and the memory that it allows itself.
_AT_ONCE = 2
#: Of what a child says that talks, in bytes.
LONGEST_LINE = 16 * 1024**2

_slots: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = weakref.WeakKeyDictionary()


class Astray(Exception):
    """The child died, hung, or answered nonsense."""


class TooSlow(Astray):
    """It took too long."""


async def start(
    module: str,
    arguments: Sequence[str],
    folder: Path,
    *,
    talks: bool = False,
    environment: Mapping[str, str] | None = None,
) -> asyncio.subprocess.Process:
    """``python -m module arguments…`` in a group of its own, at home in ``folder``; one that talks has stdin and stdout."""
    pipe = asyncio.subprocess.PIPE if talks else asyncio.subprocess.DEVNULL
    # Isolated, and with next to no environment: what takes it over finds no key and no address.
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-m",
        module,
        *arguments,
        stdin=pipe,
        stdout=pipe,
        stderr=asyncio.subprocess.DEVNULL,
        env={
            "LANG": "C.UTF-8",
            "TMPDIR": str(folder),
            "MALLOC_ARENA_MAX": "2",
            "OMP_NUM_THREADS": "1",
            **(environment or {}),
        },
        cwd=folder,
        start_new_session=True,
        limit=LONGEST_LINE,
    )


async def end(child: asyncio.subprocess.Process) -> None:
    """Kill a child with all that it started, if it is there yet."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    await child.wait()


async def run(module: str, arguments: Sequence[str], answer: Path, *, time: float, longest: int) -> dict[str, Any]:
    """What ``python -m module arguments…`` wrote into the file ``answer``: a JSON object of at most ``longest`` bytes.

    ``time`` is the wall time of the child, in seconds. Raises Astray.
    """
    slot = _slots.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_AT_ONCE))
    async with slot:
        with tempfile.TemporaryDirectory(prefix="botbay-child-") as folder:
            child = await start(module, arguments, Path(folder))
            try:
                async with asyncio.timeout(time):
                    code = await child.wait()
            except TimeoutError:
                raise TooSlow from None
            finally:
                await end(child)
    if code in (-signal.SIGXCPU, -signal.SIGALRM):
        raise TooSlow
    try:
        with answer.open("rb") as written:
            found = json.loads(written.read(longest))
    except (OSError, ValueError):
        found = None
    if code != 0 or not isinstance(found, dict):
        raise Astray
    return found
