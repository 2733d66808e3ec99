"""Loads every table that the installed parts bring, so that ``Base.metadata`` is whole."""

from importlib.metadata import entry_points

from sqlalchemy import MetaData

from botbay.db import Base


def load_metadata() -> MetaData:
    for entry in entry_points(group="botbay.models"):
        entry.load()
    return Base.metadata
