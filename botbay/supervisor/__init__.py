"""Keeps the stack's processes running: in order of readiness, restarted when they die, stopped cleanly."""

from botbay.supervisor.instance import AlreadyRunning, only_instance
from botbay.supervisor.process import Event, EventKind, Process
from botbay.supervisor.supervisor import Supervisor

__all__ = ["AlreadyRunning", "Event", "EventKind", "Process", "Supervisor", "only_instance"]
