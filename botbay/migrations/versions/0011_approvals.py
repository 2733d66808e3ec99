"""approvals"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('approval_kinds',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('definition', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('off', sa.Boolean(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_approval_kinds'))
    )
    op.create_table('approval_systems',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('url', sa.String(), nullable=False),
    sa.Column('all_of_them', sa.Boolean(), nullable=False),
    sa.Column('off_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval_systems')),
    sa.UniqueConstraint('name', name=op.f('uq_approval_systems_name'))
    )
    op.create_table('applications',
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('definition', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('values', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('chain', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('system_id', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_applications_account_id')),
    sa.ForeignKeyConstraint(['system_id'], ['approval_systems.id'], name=op.f('fk_applications_system_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_applications')),
    sa.UniqueConstraint('key', name=op.f('uq_applications_key'))
    )
    op.create_index('ix_applications_account_id', 'applications', ['account_id', 'id'], unique=False)
    op.create_table('approval_roles',
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_approval_roles_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('role', 'account_id', name=op.f('pk_approval_roles'))
    )
    op.create_table('application_events',
    sa.Column('application_id', sa.BigInteger(), nullable=False),
    sa.Column('what', sa.String(), nullable=False),
    sa.Column('step', sa.BigInteger(), nullable=False),
    sa.Column('by_id', sa.BigInteger(), nullable=True),
    sa.Column('to_id', sa.BigInteger(), nullable=True),
    sa.Column('words', sa.String(), nullable=False),
    sa.Column('via', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['application_id'], ['applications.id'], name=op.f('fk_application_events_application_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['by_id'], ['accounts.id'], name=op.f('fk_application_events_by_id')),
    sa.ForeignKeyConstraint(['to_id'], ['accounts.id'], name=op.f('fk_application_events_to_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_application_events'))
    )
    op.create_index(op.f('ix_application_events_application_id'), 'application_events', ['application_id'], unique=False)
    op.create_table('approval_seats',
    sa.Column('application_id', sa.BigInteger(), nullable=False),
    sa.Column('step', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('answer', sa.String(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reminded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_approval_seats_account_id')),
    sa.ForeignKeyConstraint(['application_id'], ['applications.id'], name=op.f('fk_approval_seats_application_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval_seats'))
    )
    op.create_index('ix_approval_seats_account_id', 'approval_seats', ['account_id', 'application_id'], unique=False)
    op.create_index(op.f('ix_approval_seats_application_id'), 'approval_seats', ['application_id'], unique=False)
    op.create_index('ix_approval_seats_waiting', 'approval_seats', ['account_id'], unique=False, postgresql_where=sa.text("answer = 'waiting'"))
    op.create_table('approval_deliveries',
    sa.Column('system_id', sa.BigInteger(), nullable=False),
    sa.Column('event_id', sa.BigInteger(), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('attempts', sa.BigInteger(), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['application_events.id'], name=op.f('fk_approval_deliveries_event_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['system_id'], ['approval_systems.id'], name=op.f('fk_approval_deliveries_system_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval_deliveries')),
    sa.UniqueConstraint('system_id', 'event_id', name='uq_approval_deliveries_event')
    )
    op.create_index(op.f('ix_approval_deliveries_event_id'), 'approval_deliveries', ['event_id'], unique=False)
    op.create_index('ix_approval_deliveries_open', 'approval_deliveries', ['next_at'], unique=False, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_table('approval_delivery_tries',
    sa.Column('delivery_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('milliseconds', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.BigInteger(), nullable=True),
    sa.Column('problem', sa.String(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['delivery_id'], ['approval_deliveries.id'], name=op.f('fk_approval_delivery_tries_delivery_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval_delivery_tries'))
    )
    op.create_index(op.f('ix_approval_delivery_tries_delivery_id'), 'approval_delivery_tries', ['delivery_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_approval_delivery_tries_delivery_id'), table_name='approval_delivery_tries')
    op.drop_table('approval_delivery_tries')
    op.drop_index('ix_approval_deliveries_open', table_name='approval_deliveries', postgresql_where=sa.text('ended_at IS NULL'))
    op.drop_index(op.f('ix_approval_deliveries_event_id'), table_name='approval_deliveries')
    op.drop_table('approval_deliveries')
    op.drop_index('ix_approval_seats_waiting', table_name='approval_seats', postgresql_where=sa.text("answer = 'waiting'"))
    op.drop_index(op.f('ix_approval_seats_application_id'), table_name='approval_seats')
    op.drop_index('ix_approval_seats_account_id', table_name='approval_seats')
    op.drop_table('approval_seats')
    op.drop_index(op.f('ix_application_events_application_id'), table_name='application_events')
    op.drop_table('application_events')
    op.drop_table('approval_roles')
    op.drop_index('ix_applications_account_id', table_name='applications')
    op.drop_table('applications')
    op.drop_table('approval_systems')
    op.drop_table('approval_kinds')
