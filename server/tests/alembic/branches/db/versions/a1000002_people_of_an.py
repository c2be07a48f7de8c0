"""People of an account

Revision ID: a1000002
Revises: a1000001

"""
from typing import Sequence, Union

import sqlalchemy as sa
from alembic import op

revision: str = 'a1000002'
down_revision: Union[str, Sequence[str], None] = 'a1000001'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    op.create_table('people', sa.Column("id", sa.Integer(), primary_key=True))


def downgrade() -> None:
    op.drop_table('people')
