"""Writes the migration that Alembic proposes for what the models say now: ``make migration M="what changes"``."""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.util.exc import CommandError
from sqlalchemy import create_engine

from botbay import schema
from botbay.postgres import EmbeddedPostgres


def make(message: str) -> None:
    """From an empty database of its own that holds the migrations so far."""
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres")
        server.start()
        try:
            url = server.url().replace("postgresql:", "postgresql+psycopg:")
            with create_engine(url).begin() as connection:
                config = schema.alembic_config()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                number = len(list(Path(__file__).parent.glob("versions/[0-9]*.py"))) + 1
                command.revision(config, message=message, autogenerate=True, rev_id=f"{number:04}")
        finally:
            server.stop()


if __name__ == "__main__":
    try:
        make(sys.argv[1])
    except (IndexError, CommandError) as error:
        sys.exit(f'make migration M="what changes": {error}')
