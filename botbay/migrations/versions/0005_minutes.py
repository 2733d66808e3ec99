"""Minutes, their versions, and the todos found in them"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "minutes",
        sa.Column("room_id", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("newest_id", sa.BigInteger(), nullable=False),
        sa.Column("speakers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name=op.f("fk_minutes_room_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_minutes")),
        sa.UniqueConstraint("room_id", "since", "until", name="uq_minutes_span", postgresql_nulls_not_distinct=True),
    )
    op.create_index("ix_minutes_made_at", "minutes", ["made_at"], unique=False)
    op.create_table(
        "minutes_versions",
        sa.Column("minutes_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("edited", sa.Boolean(), nullable=False),
        sa.Column("edited_by", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["edited_by"], ["accounts.id"], name=op.f("fk_minutes_versions_edited_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["minutes_id"], ["minutes.id"], name=op.f("fk_minutes_versions_minutes_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("minutes_id", "number", name=op.f("pk_minutes_versions")),
    )
    op.create_table(
        "todos",
        sa.Column("room_id", sa.BigInteger(), nullable=False),
        sa.Column("minutes_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("sources", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("who_contact_id", sa.BigInteger(), nullable=True),
        sa.Column("who_name", sa.String(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("edited", sa.Boolean(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_todos_message_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["minutes_id"], ["minutes.id"], name=op.f("fk_todos_minutes_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name=op.f("fk_todos_room_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["who_contact_id"], ["contacts.id"], name=op.f("fk_todos_who_contact_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_todos")),
        sa.UniqueConstraint("room_id", "message_id", "place", name="uq_todos_source"),
    )
    op.create_index(op.f("ix_todos_message_id"), "todos", ["message_id"], unique=False)
    op.create_index(op.f("ix_todos_minutes_id"), "todos", ["minutes_id"], unique=False)
    op.create_index(op.f("ix_todos_who_contact_id"), "todos", ["who_contact_id"], unique=False)
    op.create_index("ix_todos_sources", "todos", ["sources"], unique=False, postgresql_using="gin")


def downgrade() -> None:
    for table in ("todos", "minutes_versions", "minutes"):
        op.drop_table(table)
