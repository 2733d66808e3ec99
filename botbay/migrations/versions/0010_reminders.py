"""reminders"""

import sqlalchemy as sa
from alembic import op


revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('reminders',
    sa.Column('conversation_id', sa.BigInteger(), nullable=False),
    sa.Column('asker_id', sa.BigInteger(), nullable=False),
    sa.Column('contact_id', sa.BigInteger(), nullable=True),
    sa.Column('what', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('rule', sa.String(), nullable=True),
    sa.Column('first', sa.String(), nullable=False),
    sa.Column('workdays', sa.Boolean(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('told_slot', sa.DateTime(timezone=True), nullable=True),
    sa.Column('told_key', sa.String(), nullable=True),
    sa.Column('missed', sa.BigInteger(), nullable=False),
    sa.Column('message_id', sa.BigInteger(), nullable=True),
    sa.Column('quoted_id', sa.BigInteger(), nullable=True),
    sa.Column('todo_id', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['asker_id'], ['contacts.id'], name=op.f('fk_reminders_asker_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['contact_id'], ['contacts.id'], name=op.f('fk_reminders_contact_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name=op.f('fk_reminders_conversation_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_reminders_message_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['quoted_id'], ['messages.id'], name=op.f('fk_reminders_quoted_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['todo_id'], ['todos.id'], name=op.f('fk_reminders_todo_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reminders'))
    )
    op.create_index(op.f('ix_reminders_asker_id'), 'reminders', ['asker_id'], unique=False)
    op.create_index(op.f('ix_reminders_contact_id'), 'reminders', ['contact_id'], unique=False)
    op.create_index('ix_reminders_conversation_id', 'reminders', ['conversation_id', 'at'], unique=False, postgresql_where=sa.text("state = 'waiting'"))
    op.create_index('ix_reminders_ended_at', 'reminders', ['ended_at'], unique=False, postgresql_where=sa.text('ended_at IS NOT NULL'))
    op.create_index(op.f('ix_reminders_message_id'), 'reminders', ['message_id'], unique=False)
    op.create_index(op.f('ix_reminders_quoted_id'), 'reminders', ['quoted_id'], unique=False)
    op.create_index(op.f('ix_reminders_todo_id'), 'reminders', ['todo_id'], unique=False)
    op.create_index('ix_reminders_told_key', 'reminders', ['told_key'], unique=False, postgresql_where=sa.text('told_key IS NOT NULL'))
    op.create_table('reminder_events',
    sa.Column('reminder_id', sa.BigInteger(), nullable=False),
    sa.Column('what', sa.String(), nullable=False),
    sa.Column('by_id', sa.BigInteger(), nullable=True),
    sa.Column('slot', sa.DateTime(timezone=True), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['contacts.id'], name=op.f('fk_reminder_events_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['reminder_id'], ['reminders.id'], name=op.f('fk_reminder_events_reminder_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reminder_events'))
    )
    op.create_index(op.f('ix_reminder_events_reminder_id'), 'reminder_events', ['reminder_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_reminder_events_reminder_id'), table_name='reminder_events')
    op.drop_table('reminder_events')
    op.drop_index('ix_reminders_told_key', table_name='reminders', postgresql_where=sa.text('told_key IS NOT NULL'))
    op.drop_index(op.f('ix_reminders_todo_id'), table_name='reminders')
    op.drop_index(op.f('ix_reminders_quoted_id'), table_name='reminders')
    op.drop_index(op.f('ix_reminders_message_id'), table_name='reminders')
    op.drop_index('ix_reminders_ended_at', table_name='reminders', postgresql_where=sa.text('ended_at IS NOT NULL'))
    op.drop_index('ix_reminders_conversation_id', table_name='reminders', postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index(op.f('ix_reminders_contact_id'), table_name='reminders')
    op.drop_index(op.f('ix_reminders_asker_id'), table_name='reminders')
    op.drop_table('reminders')
