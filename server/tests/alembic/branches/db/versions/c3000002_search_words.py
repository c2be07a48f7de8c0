"""Search words

Revision ID: c3000002
Revises: c3000001

"""
from typing import Sequence, Union

import sqlalchemy as sa
from alembic import op

revision = 'c3000002'
down_revision = 'c3000001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('words', sa.Column("id", sa.Integer(), primary_key=True))


def downgrade() -> None:
    op.drop_table('words')
