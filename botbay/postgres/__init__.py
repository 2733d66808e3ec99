"""The PostgreSQL that BotBay brings along, so that one command is enough on a laptop.

`EmbeddedPostgres` is all that others need; `python -m botbay.postgres DIRECTORY` is the foreground server
that it starts and that a supervisor may start as well.
"""

from botbay.postgres.errors import PostgresError
from botbay.postgres.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "PostgresError"]
