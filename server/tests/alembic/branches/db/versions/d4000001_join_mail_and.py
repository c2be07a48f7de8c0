"""Join mail and search

Revision ID: d4000001
Revises: ('b2000002', 'c3000003')

"""
from typing import Sequence, Union

import sqlalchemy as sa
from alembic import op

revision = 'd4000001'
down_revision = ('b2000002', 'c3000003')
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
