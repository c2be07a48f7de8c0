"""Billing

Revision ID: b7000001
Revises: None

"""
from typing import Sequence, Union

import sqlalchemy as sa
from alembic import op

revision = 'b7000001'
down_revision = None
branch_labels = ('billing',)
depends_on = None


def upgrade() -> None:
    op.create_table('bills', sa.Column("id", sa.Integer(), primary_key=True))


def downgrade() -> None:
    op.drop_table('bills')
