"""Billing ends

Revision ID: b7000004
Revises: b7000003

"""
from typing import Sequence, Union

import sqlalchemy as sa
from alembic import op

revision = 'b7000004'
down_revision = 'b7000003'
branch_labels = None
depends_on = 'e5000001'


def upgrade() -> None:
    op.create_table('closing', sa.Column("id", sa.Integer(), primary_key=True))


def downgrade() -> None:
    op.drop_table('closing')
