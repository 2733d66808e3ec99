"""Times in Chinese sentences: ``parse`` finds them, ``describe`` says back what was understood."""

from botbay.zh.time.describe import describe, no_such_time, question
from botbay.zh.time.model import Grain, Kind, Prefer, TimeExpression
from botbay.zh.time.parser import parse

__all__ = ["Grain", "Kind", "Prefer", "TimeExpression", "describe", "no_such_time", "parse", "question"]
