"""Alembic's environment: one connection, given by ``botbay.schema``."""

from typing import Any, Literal

from alembic import context

from botbay.db import UtcDateTime
from botbay.models import load_metadata


def render_item(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """Migrations name SQL types only: what has been released must not change with our classes."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=load_metadata(), compare_type=True, render_item=render_item)
with context.begin_transaction():
    context.run_migrations()
