"""The processes of the ground floor, and how every Python process of ours is described."""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import EntryPoint

import httpx

from botbay.rasa import ROOT
from botbay.settings import Settings
from botbay.supervisor import Process
from botbay.supervisor.process import Probe


def made_by(entry: EntryPoint, settings: Settings) -> list[Process]:
    """The processes of an entry point under ``botbay.processes``, which makes one or several."""
    make: Callable[[Settings], Process | list[Process]] = entry.load()
    made = make(settings)
    return [made] if isinstance(made, Process) else made


def python_process(
    name: str,
    title: str,
    module: Sequence[str],
    *,
    ready: Probe | None = None,
    after: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Process:
    """A process of the application's own environment that runs ``python -m module…``."""
    return Process(
        name=name,
        title=title,
        command=[sys.executable, "-m", *module],
        environment={"PYTHONPATH": str(ROOT), **(environment or {})},
        ready=ready,
        healthy=ready,
        after=after,
    )


def answers(url: str) -> Probe:
    """A probe: the URL answers 200."""

    async def probe() -> bool:
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            try:
                return (await client.get(url)).status_code == 200
            except httpx.HTTPError:
                return False

    return probe


def capability(name: str, title: str, count: int = 1) -> list[Process]:
    """So many processes of one capability: see ``botbay.capabilities``."""
    return [
        python_process(
            name if number == 1 else f"{name}-{number}",
            title if count == 1 else f"{title} {number}",
            ["botbay.capabilities", name],
        )
        for number in range(1, count + 1)
    ]


def worker(settings: Settings) -> Process:
    return python_process("worker", "后台任务", ["botbay.worker"])
