"""The inner side of a child that decodes what strangers sent: what it may take. Imports next to nothing."""

import resource
import signal
import warnings
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """``memory``: bytes of address space; ``cpu`` seconds, None is as many as it likes; ``wall`` seconds, for a child
    whose parent is gone; ``output``: bytes of a file that it writes; ``files`` that it may open.
    """

    memory: int
    cpu: int | None
    wall: int
    output: int
    files: int = 64


def confine(limits: Limits) -> None:
    """Take no more than this from now on."""
    for what, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, limits.cpu),
        (resource.RLIMIT_FSIZE, limits.output),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, limits.files),
    ):
        if most is None:
            continue
        _, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))
    signal.alarm(limits.wall)
    warnings.simplefilter("ignore")
