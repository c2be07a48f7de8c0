"""Mail, first part

Revision ID: b2000001
Revises: a1000002

"""
from typing import Sequence, Union

import sqlalchemy as sa
from alembic import op

revision = 'b2000001'
down_revision = 'a1000002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('mail', sa.Column("id", sa.Integer(), primary_key=True))


def downgrade() -> None:
    op.drop_table('mail')
