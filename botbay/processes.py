"""The processes of the ground floor, and how every Python process of ours is described."""

import sys
from collections.abc import Mapping, Sequence

import httpx

from botbay.rasa import ROOT
from botbay.settings import Settings
from botbay.supervisor import Process
from botbay.supervisor.process import Probe


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


def worker(settings: Settings) -> Process:
    return python_process("worker", "后台任务", ["botbay.worker"])
