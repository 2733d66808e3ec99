"""links to calendars of todos"""

import sqlalchemy as sa
from alembic import op


revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('todo_links',
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('token_hash', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_todo_links_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_todo_links')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_todo_links_token_hash'))
    )
    op.create_index(op.f('ix_todo_links_account_id'), 'todo_links', ['account_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_todo_links_account_id'), table_name='todo_links')
    op.drop_table('todo_links')
