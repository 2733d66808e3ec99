"""links to reports"""

import sqlalchemy as sa
from alembic import op


revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('report_shares',
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('room_id', sa.BigInteger(), nullable=True),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('zone', sa.String(), nullable=False),
    sa.Column('words', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('opened', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_report_shares_account_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['room_id'], ['rooms.id'], name=op.f('fk_report_shares_room_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report_shares'))
    )
    op.create_index(op.f('ix_report_shares_account_id'), 'report_shares', ['account_id'], unique=False)
    op.create_index(op.f('ix_report_shares_room_id'), 'report_shares', ['room_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_report_shares_room_id'), table_name='report_shares')
    op.drop_index(op.f('ix_report_shares_account_id'), table_name='report_shares')
    op.drop_table('report_shares')
