"""Billing needs accounts

Revision ID: b7000002
Revises: b7000001

"""
from typing import Sequence, Union

import sqlalchemy as sa
from alembic import op

revision = 'b7000002'
down_revision = 'b7000001'
branch_labels = None
depends_on = 'a1000002'


def upgrade() -> None:
    op.create_table('payers', sa.Column("id", sa.Integer(), primary_key=True))


def downgrade() -> None:
    op.drop_table('payers')
