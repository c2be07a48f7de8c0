"""Billing needs audit

Revision ID: b7000003
Revises: b7000002

"""
from typing import Sequence, Union

import sqlalchemy as sa
from alembic import op

revision: str = 'b7000003'
down_revision: Union[str, Sequence[str], None] = 'b7000002'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = ('d4000002',)


def upgrade() -> None:
    op.create_table('ledger', sa.Column("id", sa.Integer(), primary_key=True))


def downgrade() -> None:
    op.drop_table('ledger')
