"""Right fork

Revision ID: f6000001
Revises: d4000002

"""
from typing import Sequence, Union

import sqlalchemy as sa
from alembic import op

revision = 'f6000001'
down_revision = 'd4000002'
branch_labels = ['right', 'starboard']
depends_on = None


def upgrade() -> None:
    op.create_table('right_fork', sa.Column("id", sa.Integer(), primary_key=True))


def downgrade() -> None:
    op.drop_table('right_fork')
