"""Authors

Revision ID: 0001
Revises: None

"""
from typing import Sequence, Union

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "authors",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("born", sa.Date(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
    )
    op.create_index("ix_authors_name", "authors", ["name"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_authors_name", table_name="authors")
    op.drop_table("authors")
