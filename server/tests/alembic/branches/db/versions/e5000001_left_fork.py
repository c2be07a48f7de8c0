"""Left fork

Revision ID: e5000001
Revises: d4000002

"""
from typing import Sequence, Union

import sqlalchemy as sa
from alembic import op

revision = 'e5000001'
down_revision = 'd4000002'
branch_labels = 'left'
depends_on = None


def upgrade() -> None:
    op.create_table('left_fork', sa.Column("id", sa.Integer(), primary_key=True))


def downgrade() -> None:
    op.drop_table('left_fork')
