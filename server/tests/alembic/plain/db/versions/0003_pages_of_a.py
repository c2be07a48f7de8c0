"""Pages of a book

Revision ID: 0003
Revises: 0002

"""
from typing import Sequence, Union

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("books", sa.Column("pages", sa.Integer(), nullable=True))
    op.execute("UPDATE books SET pages = 0 WHERE pages IS NULL")


def downgrade() -> None:
    op.drop_column("books", "pages")
