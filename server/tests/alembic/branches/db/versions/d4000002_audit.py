"""Audit

Revision ID: d4000002
Revises: d4000001

"""
from typing import Sequence, Union

import sqlalchemy as sa
from alembic import op

revision = 'd4000002'
down_revision = 'd4000001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('audit', sa.Column("id", sa.Integer(), primary_key=True))


def downgrade() -> None:
    op.drop_table('audit')
