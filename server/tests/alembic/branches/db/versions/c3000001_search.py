"""Search

Revision ID: c3000001
Revises: a1000002

"""
from typing import Sequence, Union

import sqlalchemy as sa
from alembic import op

revision: str = 'c3000001'
down_revision: Union[str, Sequence[str], None] = 'a1000002'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    op.create_table('search', sa.Column("id", sa.Integer(), primary_key=True))


def downgrade() -> None:
    op.drop_table('search')
