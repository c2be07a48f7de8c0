"""Accounts

Revision ID: a1000001
Revises: None

"""
from typing import Sequence, Union

import sqlalchemy as sa
from alembic import op

revision = 'a1000001'
down_revision = None
branch_labels = ('core',)
depends_on = None


def upgrade() -> None:
    op.create_table('accounts', sa.Column("id", sa.Integer(), primary_key=True))


def downgrade() -> None:
    op.drop_table('accounts')
