"""Right fork, on

Revision ID: f6000002
Revises: f6000001

"""
from typing import Sequence, Union

import sqlalchemy as sa
from alembic import op

revision = 'f6000002'
down_revision = 'f6000001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('right_two', sa.Column("id", sa.Integer(), primary_key=True))


def downgrade() -> None:
    op.drop_table('right_two')
