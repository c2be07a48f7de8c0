"""Activate pending users

Revision ID: c9f3b062e4da
Create Date: 2023-10-10 06:05:00
"""
from alembic import op
import sqlalchemy as sa

revision = "c9f3b062e4da"
down_revision = "b8e2af51d3c9"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("UPDATE users SET status = 'active', activated_at = created_at WHERE status = 'pending'")


def downgrade():
    op.execute(
        "UPDATE users SET status = 'pending', activated_at = NULL"
        " WHERE status = 'active' AND activated_at = created_at"
    )
