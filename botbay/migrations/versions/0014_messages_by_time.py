"""messages by time, whatever the room"""

from alembic import op


revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_messages_sent_at', 'messages', ['sent_at', 'id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_messages_sent_at', table_name='messages')
