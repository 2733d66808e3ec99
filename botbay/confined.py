"""The inner side of a child that decodes what strangers sent: what it may take. Imports next to nothing."""

import resource
import signal
import warnings
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """``memory``: bytes of address space; ``cpu`` seconds; ``wall`` seconds, for a child whose parent is gone;
    ``output``: bytes of a file that it writes.
    """

    memory: int
    cpu: int
    wall: int
    output: int


def confine(limits: Limits) -> None:
    """Take no more than this from now on."""
    for what, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, limits.cpu),
        (resource.RLIMIT_FSIZE, limits.output),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        _, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))
    signal.alarm(limits.wall)
    warnings.simplefilter("ignore")
