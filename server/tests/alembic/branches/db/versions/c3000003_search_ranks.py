"""Search ranks

Revision ID: c3000003
Revises: c3000002

"""
from typing import Sequence, Union

import sqlalchemy as sa
from alembic import op

revision = 'c3000003'
down_revision = 'c3000002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('ranks', sa.Column("id", sa.Integer(), primary_key=True))


def downgrade() -> None:
    op.drop_table('ranks')
