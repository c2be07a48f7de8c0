"""Add user activation

Revision ID: b8e2af51d3c9
Create Date: 2023-10-10 06:00:00
"""
from alembic import op
import sqlalchemy as sa

revision = "b8e2af51d3c9"
down_revision = "a7d19e40c2b8"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("users", sa.Column("activated_at", sa.DateTime(timezone=True)))


def downgrade():
    op.drop_column("users", "activated_at")
