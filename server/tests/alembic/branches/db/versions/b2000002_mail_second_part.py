"""Mail, second part
with a line more

Revision ID: b2000002
Revises: b2000001

"""
from typing import Sequence, Union

import sqlalchemy as sa
from alembic import op

revision = 'b2000002'
down_revision = 'b2000001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('mail_parts', sa.Column("id", sa.Integer(), primary_key=True))


def downgrade() -> None:
    op.drop_table('mail_parts')
