"""Books

Revision ID: 0002
Revises: 0001

"""
from typing import Sequence, Union

import sqlalchemy as sa
from alembic import op

revision: str = '0002'
down_revision: Union[str, Sequence[str], None] = '0001'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    op.create_table(
        "books",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(200), server_default="", nullable=False),
        sa.Column("price", sa.Numeric(10, 2)),
        sa.Column("added", sa.DateTime(), server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name="fk_books_author", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_books"),
        sa.UniqueConstraint("author_id", "title", name="uq_books_title"),
    )


def downgrade() -> None:
    op.drop_table("books")
