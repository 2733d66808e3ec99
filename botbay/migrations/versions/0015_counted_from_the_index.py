"""messages are counted from their index alone"""

from alembic import op


revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index('ix_messages_room_id_sent_at', table_name='messages')
    op.create_index('ix_messages_room_id_sent_at', 'messages', ['room_id', 'sent_at'], unique=False, postgresql_include=['id', 'talker_id', 'kind', 'by_bot', 'withheld', 'recalled_at'])


def downgrade() -> None:
    op.drop_index('ix_messages_room_id_sent_at', table_name='messages')
    op.create_index('ix_messages_room_id_sent_at', 'messages', ['room_id', 'sent_at'], unique=False)
