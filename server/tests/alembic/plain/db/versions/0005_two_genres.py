"""Two genres

Revision ID: 0005
Revises: 0004

"""
from typing import Sequence, Union

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    genres = op.create_table(
        "genres", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String(40), nullable=False)
    )
    op.bulk_insert(genres, [{"id": 1, "name": "Crime"}, {"id": 2, "name": "Children's"}])
    for table in ("authors", "books"):
        op.add_column(table, sa.Column("genre_id", sa.Integer(), nullable=True))


def downgrade() -> None:
    for table in ("books", "authors"):
        op.drop_column(table, "genre_id")
    op.drop_table("genres")
