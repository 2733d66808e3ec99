"""What the supervisor is told of a process, and what it tells of it."""

import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

Probe = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, kw_only=True)
class Process:
    """A long-running process. All times are in seconds."""

    # Short and unique: names the log file.
    name: str
    # What people see.
    title: str
    command: Sequence[str]
    # Added to the supervisor's own environment.
    environment: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    # Names of processes that must be ready before this one starts. They are stopped after it.
    after: Sequence[str] = ()
    # Asked until it says yes; one that raises says no. Without it, started means ready.
    ready: Probe | None = None
    # One that is not ready by then is stopped and started anew.
    ready_timeout: float = 60.0
    # Asked once it is ready; after `unhealthy_after` without a yes the process hangs and is started anew.
    healthy: Probe | None = None
    unhealthy_after: float = 30.0
    stop_signal: signal.Signals = signal.SIGTERM
    # Granted after `stop_signal`; then its whole process group is killed.
    stop_timeout: float = 10.0
    # For one that may outlive the supervisor: the process id of the one that runs already, whoever started it.
    # That one is then watched instead of a new one. Without it, a process dies with its supervisor.
    running: Callable[[], int | None] | None = None


class EventKind(StrEnum):
    STARTING = "starting"
    ADOPTED = "adopted"  # found running
    READY = "ready"
    UNHEALTHY = "unhealthy"  # not ready in time, or hung; it is being stopped
    DIED = "died"
    RESTARTING = "restarting"
    STOPPED = "stopped"  # as asked


@dataclass(frozen=True, kw_only=True)
class Event:
    kind: EventKind
    process: Process
    # READY: since its start. UNHEALTHY: for how long it gave no sign. RESTARTING: until the next start.
    seconds: float = 0.0
    # DIED: negative for a signal; None when it never started, or is not our child.
    exit_code: int | None = None
    # DIED: the last lines that it wrote, or why it could not be started.
    tail: Sequence[str] = ()
